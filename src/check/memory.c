/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - the logical memory: per watched word the stores since the watch
 * began, oldest first.  What was there before is "the base", older than all.
 *
 * The order of the list is the order in which stores left the store buffers.
 * For stores that are ordered by happens-before the two orders agree: a store
 * leaves before the release that follows it, and a thread acquires before it
 * stores.  For others any order is as good.
 */
#include "check/grow.h"
#include "check/state.h"

#include <string.h>

struct check_page *check_page_find(const struct check *check, uint32_t space,
                                   uint64_t page)
{
    uint32_t i = check_map_find(&check->page_map, space, page);
    return i == CHECK_MAP_NONE ? NULL : check->pages[i];
}

struct check_page *check_page_get(struct check *check, uint32_t space, uint64_t page)
{
    struct check_page *found = check_page_find(check, space, page);
    if (found)
        return found;
    struct check_page *fresh = check_take(1, sizeof *fresh);
    fresh->space = space;
    fresh->page = page;
    fresh->watch = CHECK_MAP_NONE;
    fresh->change.old_frame = NO_FRAME;
    fresh->change.cpu = NO_CPU;
    check->pages = check_grow(check->pages, &check->pages_capacity, check->n_pages + 1,
                              sizeof *check->pages);
    check_map_put(&check->page_map, space, page, check->n_pages);
    check->pages[check->n_pages++] = fresh;
    return fresh;
}

/* The content of the page is not what it was: nothing is known of it. */
void check_page_forget(struct check_page *page)
{
    for (uint32_t i = 0; i < page->words_capacity; i++)
        check_give(page->words[i].stores);
    check_give(page->words);
    page->words = NULL;
    page->n_words = page->words_capacity = 0;
    memset(page->index, 0, sizeof page->index);
}

struct check_word *check_word_find(struct check_page *page, unsigned word)
{
    return page->index[word] ? &page->words[page->index[word] - 1] : NULL;
}

struct check_word *check_word_get(struct check_page *page, unsigned word)
{
    if (!page->index[word]) {
        page->words = check_grow(page->words, &page->words_capacity, page->n_words + 1,
                                 sizeof *page->words);
        page->index[word] = (uint16_t)++page->n_words;
    }
    return &page->words[page->index[word] - 1];
}

const struct check_store *check_word_at(const struct check_word *word, uint32_t i)
{
    return &word->stores[(word->first + i) % word->capacity];
}

void check_store_put(struct check *check, struct check_page *page, unsigned index,
                     const struct check_store *store)
{
    struct check_word *word = check_word_get(page, index);
    uint32_t max = check->config.word_history;
    if (word->n < max && word->n == word->capacity) {
        uint32_t capacity = word->capacity ? word->capacity * 2 : 4;
        struct check_store *grown =
            check_take(capacity < max ? capacity : max, sizeof *grown);
        for (uint32_t i = 0; i < word->n; i++)
            grown[i] = *check_word_at(word, i);
        check_give(word->stores);
        word->stores = grown;
        word->first = 0;
        word->capacity = capacity < max ? capacity : max;
    }
    if (word->n == word->capacity) { /* Full: the oldest joins the base. */
        word->first = (word->first + 1) % word->capacity;
        word->n--;
    }
    word->stores[(word->first + word->n++) % word->capacity] = *store;
}

/* The child begins with a copy of the parent's logical memory.  With windows
 * there is nothing to copy: no watch of the child is open yet. */
void check_fork_pages(struct check *check, uint32_t parent, uint32_t child)
{
    if (!check->all)
        return;
    uint32_t n = check->n_pages;
    for (uint32_t i = 0; i < n; i++) {
        if (check->pages[i]->space != parent)
            continue;
        struct check_page *copy = check_page_get(check, child, check->pages[i]->page);
        check_page_forget(copy);
        struct check_page *from = check->pages[i];
        for (unsigned w = 0; w < WORDS_PER_PAGE; w++) {
            const struct check_word *word = check_word_find(from, w);
            for (uint32_t s = 0; word && s < word->n; s++)
                check_store_put(check, copy, w, check_word_at(word, s));
        }
    }
}

bool check_page_active(const struct check *check, const struct check_page *page)
{
    return check->all || page->n_watches > 0;
}

void check_memory_reset(struct check *check)
{
    for (uint32_t i = 0; i < check->n_pages; i++) {
        check_page_forget(check->pages[i]);
        check_give(check->pages[i]);
    }
    check->n_pages = 0;
    check_map_clear(&check->page_map);
}

void check_memory_free(struct check *check)
{
    check_memory_reset(check);
    check_give(check->pages);
    check_map_free(&check->page_map);
}
