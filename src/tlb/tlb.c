/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb.c - the TLB hierarchy of one core.
 *
 *      data  --> l1d --+--> l2d             split: each side its own level 2
 *      code  --> l1i --+--> l2i, or l2d     unified: both use l2d
 *
 * The levels neither include nor exclude each other: a fill goes into both,
 * and each gives up its own victim.  The levels themselves are level.c.
 *
 * tlb_lookup is the hottest call of the simulator.  Most look-ups ask for the
 * page that the same side found last; that one comparison comes first and
 * needs no recency update, because the entry is the most recent one (POL3).
 */
#include "tlb/level.h"

#include <assert.h>

#define N_SIDES 2

struct side_counters {
    uint64_t l1_hits, l1_misses, l2_hits, l2_misses;
};

struct side {
    struct tlb_level l1;
    struct tlb_level *l2; /* Null if there is none. */
    struct side_counters *counters;
};

struct tlb {
    struct side sides[N_SIDES];
    struct tlb_level l2d, l2i;
};

static void init_side(struct side *side, struct arena *arena,
                      const struct tlb_config *l1, struct tlb_level *l2,
                      struct choice *choice, unsigned unit)
{
    assert(l1->sets > 0);
    tlb_level_init(&side->l1, arena, l1, choice, unit);
    side->l2 = l2->sets ? l2 : NULL;
    side->counters = arena_take(arena, ARENA_TIMING, 1, sizeof *side->counters);
}

struct tlb *tlb_create(struct arena *arena, const struct tlb_hierarchy_config *config,
                       struct choice *choice, unsigned unit)
{
    bool unified = config->l2 == TLB_L2_UNIFIED;
    struct tlb *tlb = arena_take(arena, ARENA_FIXED, 1, sizeof *tlb);
    tlb_level_init(&tlb->l2d, arena, &config->l2d, choice, unit);
    if (!unified)
        tlb_level_init(&tlb->l2i, arena, &config->l2i, choice, unit);
    init_side(&tlb->sides[TLB_DATA], arena, &config->l1d, &tlb->l2d, choice, unit);
    init_side(&tlb->sides[TLB_CODE], arena, &config->l1i,
              unified ? &tlb->l2d : &tlb->l2i, choice, unit);
    return tlb;
}

/* Level 1 missed: asks level 2, which fills level 1. */
static const struct tlb_entry *lookup_l2(struct side *side, vpn_t vpn, cycle_t *cost,
                                         cycle_t *filled_at)
{
    struct tlb_level *l2 = side->l2;
    struct tlb_entry given_up;
    side->counters->l1_misses++;
    if (!l2)
        return NULL;
    uint32_t slot = tlb_level_find(l2, vpn);
    if (slot == TLB_NO_SLOT) {
        side->counters->l2_misses++;
        return NULL;
    }
    side->counters->l2_hits++;
    tlb_level_touch(l2, vpn, slot);
    *cost = l2->hit;
    *filled_at = l2->filled_at[slot];
    uint32_t copy =
        tlb_level_insert(&side->l1, &l2->entries[slot], *filled_at, &given_up);
    return &side->l1.entries[copy];
}

const struct tlb_entry *tlb_lookup(struct tlb *tlb, enum tlb_side which, vpn_t vpn,
                                   cycle_t *cost, cycle_t *filled_at)
{
    struct side *side = &tlb->sides[which];
    struct tlb_level *l1 = &side->l1;
    uint32_t slot = *l1->last;
    if (l1->tags[slot] != vpn.v + 1) {
        slot = tlb_level_find(l1, vpn);
        if (slot == TLB_NO_SLOT)
            return lookup_l2(side, vpn, cost, filled_at);
        tlb_level_touch(l1, vpn, slot);
    }
    side->counters->l1_hits++;
    *cost = l1->hit;
    *filled_at = l1->filled_at[slot];
    return &l1->entries[slot];
}

const struct tlb_entry *tlb_peek(const struct tlb *tlb, enum tlb_side which, vpn_t vpn)
{
    const struct side *side = &tlb->sides[which];
    uint32_t slot = tlb_level_find(&side->l1, vpn);
    if (slot != TLB_NO_SLOT)
        return &side->l1.entries[slot];
    slot = side->l2 ? tlb_level_find(side->l2, vpn) : TLB_NO_SLOT;
    return slot == TLB_NO_SLOT ? NULL : &side->l2->entries[slot];
}

static void fill_level(struct tlb_level *level, const struct tlb_entry *entry,
                       cycle_t now, struct tlb_entry *evicted)
{
    uint32_t slot = tlb_level_find(level, (vpn_t){entry->vpn});
    evicted->valid = 0;
    if (slot == TLB_NO_SLOT)
        tlb_level_insert(level, entry, now, evicted);
    else
        tlb_level_replace(level, slot, entry, now);
}

void tlb_fill(struct tlb *tlb, enum tlb_side which, const struct tlb_entry *entry,
              cycle_t now, struct tlb_entry *evicted)
{
    struct side *side = &tlb->sides[which];
    struct tlb_entry given_up;
    assert(entry->valid);
    fill_level(&side->l1, entry, now, &given_up);
    if (side->l2)
        fill_level(side->l2, entry, now, &given_up);
    if (evicted)
        *evicted = given_up;
}

static unsigned drop(struct tlb_level *level, const struct flush *flush,
                     uint32_t *frame)
{
    switch (flush->kind) {
    case FLUSH_PAGES:
        return tlb_level_drop_pages(level, flush->first, flush->n_pages, frame);
    case FLUSH_ALL:
        return tlb_level_drop_all(level, frame);
    }
    assert(false && "a flush has one of the kinds of base/flush.h");
    return 0;
}

unsigned tlb_invalidate(struct tlb *tlb, const struct flush *flush, uint32_t *frame)
{
    uint32_t found = NO_FRAME;
    unsigned n = drop(&tlb->l2i, flush, &found);
    n += drop(&tlb->l2d, flush, &found);
    n += drop(&tlb->sides[TLB_CODE].l1, flush, &found);
    n += drop(&tlb->sides[TLB_DATA].l1, flush, &found); /* Its frame counts. */
    bool one_page = flush->kind == FLUSH_PAGES && flush->n_pages == 1;
    if (frame)
        *frame = one_page ? found : NO_FRAME;
    return n;
}

struct tlb_stats tlb_stats_of(const struct tlb *tlb)
{
    const struct side_counters *data = tlb->sides[TLB_DATA].counters;
    const struct side_counters *code = tlb->sides[TLB_CODE].counters;
    return (struct tlb_stats){
        .l1d_hits = data->l1_hits,
        .l1d_misses = data->l1_misses,
        .l1i_hits = code->l1_hits,
        .l1i_misses = code->l1_misses,
        .l2d_hits = data->l2_hits,
        .l2d_misses = data->l2_misses,
        .l2i_hits = code->l2_hits,
        .l2i_misses = code->l2_misses,
    };
}

bool tlb_canonical(struct tlb *tlb)
{
    bool room = tlb_level_canonical(&tlb->l2d);
    room = tlb_level_canonical(&tlb->l2i) && room;
    for (unsigned i = 0; i < N_SIDES; i++)
        room = tlb_level_canonical(&tlb->sides[i].l1) && room;
    return room;
}

void tlb_assert(const struct tlb *tlb)
{
    tlb_level_assert(&tlb->l2d);
    tlb_level_assert(&tlb->l2i);
    for (int i = 0; i < N_SIDES; i++)
        tlb_level_assert(&tlb->sides[i].l1);
}
