/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * level.h - one translation lookaside buffer: sets, ways, one policy.
 *
 * A hierarchy (tlb.c) is made of these.  The tags lie apart from the entries,
 * so that a search reads few host cache lines.  A set of many ways is not
 * searched way by way but through an index of chains; a chain is kept in the
 * order of its slots, so that equal contents have equal bytes however they
 * came about (the explorer compares states by their bytes).
 *
 *   slot = set * ways + way
 *   tags[slot]    = page number + 1, or 0 if the slot is empty
 *   bucket[hash]  = first slot of the chain + 1, or 0
 *   chain[slot]   = next slot of the chain + 1, or 0
 *
 * Everything that says which translations are there is architectural and
 * all zero where there are none.  'filled_at', the policy's state and 'last'
 * are not: they may lie about entries that the explorer has loaded, so
 * nothing but a choice among valid entries depends on them.
 */
#ifndef TLB_LEVEL_H
#define TLB_LEVEL_H

#include "tlb/order.h"
#include "tlb/policy.h"
#include "tlb/tlb.h"

#define TLB_NO_SLOT 0xffffffffu

struct tlb_level {
    /* Fixed at creation. */
    uint32_t sets, ways; /* sets = 0: this level is not there. */
    uint32_t hash_shift;
    bool indexed;  /* Searched through the index. */
    bool lru;      /* The policy is lru: order.h is called directly. */
    cycle_t hit;   /* Extra cycles of a hit. */
    uint32_t unit; /* Stream of draws for a policy that needs them. */
    struct choice *choice;
    const struct tlb_policy *policy;
    size_t state_stride; /* Bytes from one set's policy state to the next. */

    /* Architectural. */
    uint64_t *tags;
    struct tlb_entry *entries;
    uint32_t *n_valid; /* [sets], then one for the whole level. */
    uint32_t *bucket, *chain;

    /* Timing. */
    cycle_t *filled_at;
    uint8_t *state;
    uint32_t *last; /* The slot that was hit or filled last. */
};

/* Makes a level of the geometry of 'config'. */
void tlb_level_init(struct tlb_level *level, struct arena *arena,
                    const struct tlb_config *config, struct choice *choice,
                    unsigned unit);

/* Puts 'entry', which must not be there, into its set.  '*evicted' gets the
 * entry given up, valid = 0 if none.  Returns the slot. */
uint32_t tlb_level_insert(struct tlb_level *level, const struct tlb_entry *entry,
                          cycle_t filled_at, struct tlb_entry *evicted);

/* Overwrites the entry of the same page in 'slot'; the use is noted. */
void tlb_level_replace(struct tlb_level *level, uint32_t slot,
                       const struct tlb_entry *entry, cycle_t filled_at);

/* Empties 'slot', which must be full. */
void tlb_level_remove(struct tlb_level *level, uint32_t slot);

/* Removes the 'n' pages from 'first' on, or everything.  Returns how many
 * entries were removed; '*frame' gets the frame of one of them. */
unsigned tlb_level_drop_pages(struct tlb_level *level, vpn_t first, uint32_t n,
                              uint32_t *frame);
unsigned tlb_level_drop_all(struct tlb_level *level, uint32_t *frame);

/* Orders the entries of each set by page, so that it does not show which came
 * first.  For exploration; a level that is searched through its index stays as
 * it is.  Returns false if some set is full: what is replaced next depends on
 * the past. */
bool tlb_level_canonical(struct tlb_level *level);

/* Asserts TLB1 and TLB2 and that counts and index agree with the tags. */
void tlb_level_assert(const struct tlb_level *level);

static inline uint32_t tlb_level_set(const struct tlb_level *level, vpn_t vpn)
{
    return (uint32_t)vpn.v & (level->sets - 1);
}

static inline uint32_t tlb_level_hash(const struct tlb_level *level, uint64_t tag)
{
    return (uint32_t)((tag * UINT64_C(0x9e3779b97f4a7c15)) >> level->hash_shift);
}

/* The slot that holds 'vpn', or TLB_NO_SLOT. Leaves no trace. */
static inline uint32_t tlb_level_find(const struct tlb_level *level, vpn_t vpn)
{
    uint64_t tag = vpn.v + 1;
    if (level->indexed) {
        uint32_t link = level->bucket[tlb_level_hash(level, tag)];
        while (link && level->tags[link - 1] != tag)
            link = level->chain[link - 1];
        return link - 1; /* 0 - 1 is TLB_NO_SLOT */
    }
    uint32_t first = tlb_level_set(level, vpn) * level->ways;
    for (uint32_t way = 0; way < level->ways; way++) {
        if (level->tags[first + way] == tag)
            return first + way;
    }
    return TLB_NO_SLOT;
}

static inline void *tlb_level_state(const struct tlb_level *level, uint32_t set)
{
    return level->state + set * level->state_stride;
}

/* Notes a look-up that found 'vpn' in 'slot'. */
static inline void tlb_level_touch(struct tlb_level *level, vpn_t vpn, uint32_t slot)
{
    uint32_t set = tlb_level_set(level, vpn);
    uint32_t way = slot - set * level->ways;
    *level->last = slot;
    if (level->lru)
        order_to_front(tlb_level_state(level, set), level->ways, way);
    else
        level->policy->hit(tlb_level_state(level, set), level->ways, way);
}

#endif
