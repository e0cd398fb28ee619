/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.c - the private caches of one core: see cache.h.
 */
#include "mem/cache.h"

#include <assert.h>

_Static_assert(LINE_SHARED == 0 && LINE_EXCLUSIVE == 1,
               "a want is the bit TAG_OWN of the tag that satisfies it");

void mem_cache_init(struct mem_cache *cache, struct arena *arena,
                    const struct mem_config *config)
{
    *cache = (struct mem_cache){.ideal = config->caches == CACHE_IDEAL,
                                .l1_hit = config->l1_hit,
                                .l2_hit = config->l2_hit};
    cache->state = arena_take(arena, ARENA_TIMING, 1, sizeof *cache->state);
    if (cache->ideal) {
        cache->frame_bits =
            arena_take(arena, ARENA_TIMING, config->frames, sizeof *cache->frame_bits);
        return;
    }
    mem_tags_init(&cache->l1, arena, config->l1_sets, config->l1_ways);
    mem_tags_init(&cache->l2, arena, config->l2_sets, config->l2_ways);
}

static struct mem_line_bits *bits_of(const struct mem_cache *cache, uint64_t line)
{
    return &cache->frame_bits[line / LINES_PER_PAGE];
}

static uint64_t bit_of(uint64_t line)
{
    return UINT64_C(1) << (line % LINES_PER_PAGE);
}

static bool ideal_has(const struct mem_cache *cache, uint64_t line, enum line_want want)
{
    const struct mem_line_bits *bits = bits_of(cache, line);
    return ((want == LINE_EXCLUSIVE ? bits->own : bits->held) & bit_of(line)) != 0;
}

static bool tag_suffices(const mem_tag_t *tag, enum line_want want)
{
    return tag && (*tag & TAG_OWN) >= (mem_tag_t)want;
}

bool mem_cache_has(const struct mem_cache *cache, uint64_t line, enum line_want want)
{
    if (cache->ideal)
        return ideal_has(cache, line, want);
    return tag_suffices(mem_tags_find(&cache->l2, line), want);
}

static bool l1_access(struct mem_cache *cache, uint64_t line, enum line_want want)
{
    mem_tag_t *tag = mem_tags_find(&cache->l1, line);
    if (!tag_suffices(tag, want))
        return false;
    mem_tags_use(&cache->l1, line, tag);
    return true;
}

/* An L2 hit fills L1; what L1 gives up for it stays in L2. */
static bool l2_access(struct mem_cache *cache, uint64_t line, enum line_want want)
{
    mem_tag_t *tag = mem_tags_find(&cache->l2, line);
    if (!tag_suffices(tag, want))
        return false;
    tag = mem_tags_use(&cache->l2, line, tag);
    mem_tags_insert(&cache->l1, line, *tag & TAG_OWN);
    return true;
}

bool mem_cache_access_slowly(struct mem_cache *cache, uint64_t line,
                             enum line_want want, cycle_t *cost)
{
    if (!cache->ideal) /* Seldom in the host's cache, and needed at every miss. */
        __builtin_prefetch(mem_tags_set(&cache->l2, line));
    if (cache->ideal ? ideal_has(cache, line, want) : l1_access(cache, line, want)) {
        cache->state->l1_hits++;
        *cost = cache->l1_hit;
        return true;
    }
    if (cache->ideal || !l2_access(cache, line, want))
        return false;
    cache->state->l2_hits++;
    *cost = cache->l2_hit;
    return true;
}

static void add_notice(struct mem_cache_state *state, uint64_t line, cycle_t now)
{
    if (state->n_notices == MEM_NOTICES) {
        state->first_notice++;
        state->n_notices--;
    }
    uint32_t at = (state->first_notice + state->n_notices) % MEM_NOTICES;
    state->notices[at] = (struct mem_notice){line, now};
    state->n_notices++;
}

bool mem_cache_next_notice(struct mem_cache *cache, struct mem_notice *notice)
{
    struct mem_cache_state *state = cache->state;
    if (state->n_notices == 0)
        return false;
    *notice = state->notices[state->first_notice % MEM_NOTICES];
    state->first_notice++;
    state->n_notices--;
    return true;
}

/* Puts 'line' in front of 'tags'. A line that is held keeps the better state. */
static mem_tag_t put(const struct mem_tags *tags, uint64_t line, bool own)
{
    mem_tag_t *tag = mem_tags_find(tags, line);
    if (!tag)
        return mem_tags_insert(tags, line, own);
    *mem_tags_use(tags, line, tag) |= own;
    return 0;
}

static void put_finite(struct mem_cache *cache, uint64_t line, bool own, cycle_t now)
{
    mem_tag_t victim = put(&cache->l2, line, own);
    if (victim) {
        mem_tags_remove(&cache->l1, mem_tag_line(victim));
        add_notice(cache->state, mem_tag_line(victim), now);
    }
    put(&cache->l1, line, own);
}

void mem_cache_grant(struct mem_cache *cache, uint64_t line, bool own, cycle_t now)
{
    if (!cache->ideal) {
        put_finite(cache, line, own, now);
        return;
    }
    bits_of(cache, line)->held |= bit_of(line);
    if (own)
        bits_of(cache, line)->own |= bit_of(line);
}

static void disown(const struct mem_tags *tags, uint64_t line)
{
    mem_tag_t *tag = mem_tags_find(tags, line);
    if (tag)
        *tag &= ~TAG_OWN;
}

void mem_cache_downgrade(struct mem_cache *cache, uint64_t line)
{
    if (cache->ideal) {
        bits_of(cache, line)->own &= ~bit_of(line);
        return;
    }
    disown(&cache->l1, line);
    disown(&cache->l2, line);
}

void mem_cache_invalidate(struct mem_cache *cache, uint64_t line)
{
    if (cache->ideal) {
        bits_of(cache, line)->held &= ~bit_of(line);
        bits_of(cache, line)->own &= ~bit_of(line);
        return;
    }
    mem_tags_remove(&cache->l1, line);
    mem_tags_remove(&cache->l2, line);
}
