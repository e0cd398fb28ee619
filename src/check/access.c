/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - judges one load or store of a watched word.
 *
 * The question is always the same: which stores to these bytes had to be seen?
 * The answer, in 'struct check_access', is what the rules look at.
 *
 * A record is about one word; an access that crosses a word comes as several.
 */
#include "check/grow.h"
#include "check/rules.h"

static uint8_t byte_mask(const struct obs *record)
{
    unsigned first = (unsigned)(record->va % WORD_BYTES);
    unsigned n =
        record->id < WORD_BYTES - first ? (unsigned)record->id : WORD_BYTES - first;
    return (uint8_t)(((1u << n) - 1) << first);
}

/* A translation that is older than the present life of its frame. */
static bool is_reused(const struct check *check, const struct check_access *access)
{
    const struct obs *record = access->record;
    const struct check_frame *frame = check_frame_find(check, record->a);
    if (!access->off_table || !frame)
        return false;
    return frame->free || record->d < frame->since || frame->page != access->page->page;
}

/* Fills in what loads and stores have in common. False: not watched. */
static bool begin(struct check *check, const struct obs *record,
                  struct check_access *access)
{
    uint64_t number = record->va >> PAGE_SHIFT;
    struct check_page *page = check_page_find(check, record->space, number);
    if (!page && check->all)
        page = check_page_get(check, record->space, number);
    if (!page || !check_page_active(check, page))
        return false;
    *access = (struct check_access){
        .record = record,
        .page = page,
        .thread = check_thread_get(check, record->tid),
        .word = (uint16_t)(record->va % PAGE_BYTES / WORD_BYTES),
        .mask = byte_mask(record),
        .off_table = page->known && page->current != record->a,
    };
    access->reused = is_reused(check, access);
    return true;
}

static struct check_seen *seen_find(const struct check_access *access)
{
    struct check_thread *thread = access->thread;
    for (uint32_t i = 0; i < thread->n_seen; i++) {
        struct check_seen *seen = &thread->seen[i];
        if (seen->page == access->page && seen->word == access->word &&
            (seen->mask & access->mask))
            return seen;
    }
    return NULL;
}

/* A version that another process wrote after the fork: the page is shared
 * between the two, and the order of their stores is not known here.  What it
 * wrote before the fork is older than all that this process has written. */
static bool from_elsewhere(struct check *check, const struct check_access *access)
{
    uint32_t writer = ver_thread((ver_t){access->record->b});
    if (writer == NO_THREAD || writer >= check->n_threads)
        return false;
    uint32_t space = check->threads[writer].space;
    if (space == access->page->space || space == NO_SPACE)
        return false;
    struct check_page *page = check_page_find(check, space, access->page->page);
    const struct check_word *word = page ? check_word_find(page, access->word) : NULL;
    for (uint32_t i = 0; word && i < word->n; i++) {
        const struct check_store *store = check_word_at(word, i);
        if (store->version.bits == access->record->b &&
            store->frame == access->record->a)
            return !check_happens_before(access->thread, store->tid, store->op,
                                         access->record->tid, access->record->c);
    }
    return false;
}

/* Looks for stores that are newer than the version read. */
static void judge(struct check *check, struct check_access *access)
{
    const struct check_word *word = check_word_find(access->page, access->word);
    const struct obs *record = access->record;
    uint32_t newer = word ? word->n : 0;
    while (newer > 0 && check_word_at(word, newer - 1)->version.bits != record->b)
        newer--;
    if (newer == 0 && from_elsewhere(check, access))
        return;
    for (uint32_t i = word ? word->n : 0; i-- > newer;) {
        const struct check_store *store = check_word_at(word, i);
        if (!(store->mask & access->mask))
            continue;
        if (check_happens_before(access->thread, store->tid, store->op, record->tid,
                                 record->c)) {
            access->missed = store;
            return;
        }
        access->unordered = true;
    }
}

static void count_stale(struct check *check, const struct check_access *access)
{
    if (access->missed || access->reused)
        access->page->harmful = true;
    else if (access->unordered)
        check->result.counts.unordered++;
    else if (access->off_table)
        check->result.counts.harmless++;
}

/* Remembers the load until the critical section ends. */
static void remember(const struct check_access *access)
{
    struct check_thread *thread = access->thread;
    struct check_seen *seen = seen_find(access);
    if (!seen) {
        if (!thread->seen)
            thread->seen = check_take(CHECK_SEEN_MAX, sizeof *thread->seen);
        if (thread->n_seen < CHECK_SEEN_MAX) {
            seen = &thread->seen[thread->n_seen++];
        } else { /* Full: gives up one, in turn. */
            seen = &thread->seen[thread->next_seen];
            thread->next_seen = (thread->next_seen + 1) % CHECK_SEEN_MAX;
        }
    }
    *seen = (struct check_seen){
        .record = *access->record,
        .page = access->page,
        .word = access->word,
        .mask = access->mask,
        .stale = access->missed != NULL,
    };
    if (access->missed)
        seen->missed = *access->missed;
}

void check_load(struct check *check, const struct obs *record)
{
    struct check_access access;
    if ((record->flags & OBS_FORWARDED) || !begin(check, record, &access))
        return;
    check_ring_put(check, &check->accesses, record);
    check->result.counts.loads++;
    judge(check, &access);
    access.earlier = access.thread->n_held ? seen_find(&access) : NULL;
    count_stale(check, &access);
    for (const struct check_rule *const *rule = check_rules; *rule; rule++)
        if ((*rule)->on_load)
            (*rule)->on_load(check, &access);
    check_race_load(check, &access);
    if (access.thread->n_held)
        remember(&access);
}

/* An own store: a later load may well return something else. */
static void forget_seen(const struct check_access *access)
{
    struct check_thread *thread = access->thread;
    struct check_seen *seen;
    while ((seen = seen_find(access)))
        *seen = thread->seen[--thread->n_seen];
}

static struct check_store as_store(const struct check_access *access)
{
    const struct obs *record = access->record;
    return (struct check_store){
        .cycle = record->cycle,
        .version = {record->b},
        .va = record->va,
        .op = record->c,
        .filled = record->d,
        .tid = record->tid,
        .frame = (uint32_t)record->a,
        .bytes = (uint32_t)record->id,
        .cpu = record->cpu,
        .flags = record->flags,
        .mask = access->mask,
        .locks = access->thread->locks,
    };
}

void check_stored(struct check *check, const struct obs *record)
{
    struct check_access access;
    if (!begin(check, record, &access))
        return;
    check_ring_put(check, &check->accesses, record);
    check->result.counts.stores++;
    access.earlier = access.thread->n_held ? seen_find(&access) : NULL;
    if (access.reused || (access.off_table && !access.page->dropped))
        access.page->harmful = true;
    for (const struct check_rule *const *rule = check_rules; *rule; rule++)
        if ((*rule)->on_store)
            (*rule)->on_store(check, &access);
    check_race_store(check, &access);
    struct check_store store = as_store(&access);
    check_store_put(check, access.page, access.word, &store);
    forget_seen(&access);
}
