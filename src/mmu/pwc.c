/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pwc.c - see pwc.h.
 */
#include "mmu/pwc.h"

#include "base/pte.h"

#include <assert.h>
#include <string.h>

static unsigned tag_shift(unsigned index)
{
    return PT_INDEX_BITS * (index + 1);
}

static void level_init(struct pwc_level *level, struct arena *arena, uint32_t n)
{
    level->n = n;
    if (n == 0)
        return;
    level->entry = arena_take(arena, ARENA_ARCH, n, sizeof *level->entry);
    level->used = arena_take(arena, ARENA_TIMING, n, sizeof *level->used);
}

void pwc_init(struct pwc *pwc, struct arena *arena, const struct mmu_config *config)
{
    level_init(&pwc->level[0], arena, config->pde_cache);
    level_init(&pwc->level[1], arena, config->pdpte_cache);
    level_init(&pwc->level[2], arena, config->pml4e_cache);
    pwc->clock = arena_take(arena, ARENA_TIMING, 1, sizeof *pwc->clock);
}

/* The place of the valid entry with 'tag', or level->n. */
static uint32_t find_tag(const struct pwc_level *level, uint64_t tag)
{
    uint32_t i = 0;
    while (i < level->n && !(level->entry[i].valid && level->entry[i].tag == tag))
        i++;
    return i;
}

const struct pwc_entry *pwc_find(struct pwc *pwc, uint64_t key, unsigned *level)
{
    for (unsigned c = 0; c < PWC_N; c++) {
        struct pwc_level *cache = &pwc->level[c];
        uint32_t i = find_tag(cache, key >> tag_shift(c));
        if (i == cache->n)
            continue;
        cache->used[i] = ++*pwc->clock;
        *level = c + 1;
        return &cache->entry[i];
    }
    return NULL;
}

/* The place to fill: a free one, else the one unused for longest. */
static uint32_t victim(const struct pwc_level *level)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < level->n; i++) {
        if (!level->entry[i].valid)
            return i;
        if (level->used[i] < level->used[best])
            best = i;
    }
    return best;
}

void pwc_fill(struct pwc *pwc, uint64_t key, unsigned level, pfn_t table,
              struct perms perms)
{
    assert(level > 0);
    if (level > PWC_N || pwc->level[level - 1].n == 0)
        return;
    struct pwc_level *cache = &pwc->level[level - 1];
    uint64_t tag = key >> tag_shift(level - 1);
    uint32_t i = find_tag(cache, tag);
    if (i == cache->n)
        i = victim(cache);
    /* Zero first, so that padding never tells two equal states apart. */
    struct pwc_entry *entry = &cache->entry[i];
    memset(entry, 0, sizeof *entry);
    entry->tag = tag;
    entry->table = table.v;
    entry->perms = perms;
    entry->valid = 1;
    cache->used[i] = ++*pwc->clock;
}

static void drop(struct pwc_entry *entry)
{
    memset(entry, 0, sizeof *entry);
}

void pwc_drop_paths(struct pwc *pwc, uint64_t first, uint32_t n)
{
    for (unsigned c = 0; c < PWC_N; c++) {
        struct pwc_level *cache = &pwc->level[c];
        uint64_t low = first >> tag_shift(c);
        uint64_t high = (first + n - 1) >> tag_shift(c);
        for (uint32_t i = 0; n > 0 && i < cache->n; i++)
            if (cache->entry[i].tag - low <= high - low)
                drop(&cache->entry[i]);
    }
}

static bool is_one_of(uint64_t space, const uint64_t *spaces, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (spaces[i] == space)
            return true;
    return false;
}

/* Drops the entries whose being one of 'spaces' is 'one_of'. */
static void drop_spaces(struct pwc *pwc, unsigned shift, const uint64_t *spaces,
                        unsigned n, bool one_of)
{
    assert(shift >= tag_shift(PWC_N - 1));
    for (unsigned c = 0; c < PWC_N; c++) {
        struct pwc_level *cache = &pwc->level[c];
        for (uint32_t i = 0; i < cache->n; i++) {
            uint64_t space = cache->entry[i].tag >> (shift - tag_shift(c));
            if (is_one_of(space, spaces, n) == one_of)
                drop(&cache->entry[i]);
        }
    }
}

void pwc_drop_space(struct pwc *pwc, unsigned shift, uint64_t space)
{
    drop_spaces(pwc, shift, &space, 1, true);
}

void pwc_drop_others(struct pwc *pwc, unsigned shift, const uint64_t *kept, unsigned n)
{
    drop_spaces(pwc, shift, kept, n, false);
}

static void assert_entry(const struct pwc_level *level, uint32_t i)
{
    static const struct pwc_entry none;
    const struct pwc_entry *entry = &level->entry[i];
    if (entry->valid)
        assert(find_tag(level, entry->tag) == i); /* PWC1 */
    else
        assert(memcmp(entry, &none, sizeof none) == 0); /* PWC2 */
}

void pwc_assert(const struct pwc *pwc)
{
    for (unsigned c = 0; c < PWC_N; c++)
        for (uint32_t i = 0; i < pwc->level[c].n; i++)
            assert_entry(&pwc->level[c], i);
}
