/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cache.h - the private caches of one core: which lines it holds, and how.
 *
 * Finite: L1 and L2 as arrays of tags.  L2 includes L1; a line has the same
 * state in both.  Ideal: two bits for every line of the machine, touched only
 * where a line was ever held; everything that is held hits in L1.
 *
 * States of a line and what changes them:
 *
 *   absent    --grant-->             shared or exclusive
 *   shared    --grant exclusive-->   exclusive
 *   exclusive --downgrade-->         shared
 *   any       --invalidate, victim-> absent
 *   absent    --downgrade, invalidate-> absent   (a snoop crossed a victim)
 *
 * A victim leaves without a message of its own.  The core remembers it as a
 * notice, and its next request carries the notice to the directory.  Notices
 * are a courtesy: when there are too many, the oldest is forgotten, and the
 * directory will send a snoop that finds nothing.
 */
#ifndef MEM_CACHE_H
#define MEM_CACHE_H

#include "mem/mem.h"
#include "mem/tags.h"

#define MEM_NOTICES 16u

/* A line that left the core's caches at cycle 'at'. */
struct mem_notice {
    uint64_t line;
    cycle_t at;
};

/* The part of a core's cache that changes; all zero at first. */
struct mem_cache_state {
    uint64_t l1_hits, l2_hits;
    uint32_t first_notice, n_notices;
    struct mem_notice notices[MEM_NOTICES];
};

struct mem_cache {
    bool ideal;
    cycle_t l1_hit, l2_hit;
    struct mem_tags l1, l2;           /* Finite. */
    struct mem_line_bits *frame_bits; /* Ideal: [frames] */
    struct mem_cache_state *state;
};

/* A bit for each line of one frame. */
struct mem_line_bits {
    uint64_t held, own;
};
_Static_assert(LINES_PER_PAGE == 64, "the lines of a frame are the bits of a word");

void mem_cache_init(struct mem_cache *cache, struct arena *arena,
                    const struct mem_config *config);

/* See mem_access and mem_peek. 'line' is a line number. */
bool mem_cache_access_slowly(struct mem_cache *cache, uint64_t line,
                             enum line_want want, cycle_t *cost);
bool mem_cache_has(const struct mem_cache *cache, uint64_t line, enum line_want want);

/* What messages do to a line. */
void mem_cache_grant(struct mem_cache *cache, uint64_t line, bool own, cycle_t now);
void mem_cache_downgrade(struct mem_cache *cache, uint64_t line);
void mem_cache_invalidate(struct mem_cache *cache, uint64_t line);

/* Takes the oldest notice out. Returns false if there is none. */
bool mem_cache_next_notice(struct mem_cache *cache, struct mem_notice *notice);

/* The common case in line: the line is the newest of its L1 set. */
static inline bool mem_cache_access(struct mem_cache *cache, uint64_t line,
                                    enum line_want want, cycle_t *cost)
{
    if (!cache->ideal) {
        /* Equal if the state is just enough, one more if it is better. */
        mem_tag_t above = *mem_tags_set(&cache->l1, line) - mem_tag_make(line, want);
        if (above == 0 || (above == 1 && want == LINE_SHARED)) {
            cache->state->l1_hits++;
            *cost = cache->l1_hit;
            return true;
        }
    }
    return mem_cache_access_slowly(cache, line, want, cost);
}

#endif
