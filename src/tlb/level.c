/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * level.c - one translation lookaside buffer: see level.h.
 */
#include "tlb/level.h"

#include <assert.h>
#include <string.h>

/* Up to this many ways, comparing all tags of a set is faster than the index. */
#define SCAN_WAYS 16u

/* Buckets per slot: chains then hold hardly ever more than one entry. */
#define BUCKETS_PER_SLOT 4u

_Static_assert(TLB_WAYS_MAX < UINT16_MAX, "a way fits into an order_link");

static void take_index(struct tlb_level *level, struct arena *arena, uint32_t n_slots)
{
    unsigned bits = 1;
    while ((UINT64_C(1) << bits) < (uint64_t)n_slots * BUCKETS_PER_SLOT)
        bits++;
    level->indexed = true;
    level->hash_shift = 64 - bits;
    level->bucket = arena_take(arena, ARENA_ARCH, (size_t)1 << bits, sizeof(uint32_t));
    level->chain = arena_take(arena, ARENA_ARCH, n_slots, sizeof(uint32_t));
}

static void take_policy(struct tlb_level *level, struct arena *arena)
{
    size_t bytes = level->policy->state_bytes(level->ways);
    level->lru = level->policy == &tlb_policy_lru;
    level->state_stride = (bytes + 7) & ~(size_t)7;
    level->state =
        arena_take(arena, ARENA_TIMING, level->sets, level->state_stride + 8);
    for (uint32_t set = 0; set < level->sets; set++)
        level->policy->init(tlb_level_state(level, set), level->ways);
}

void tlb_level_init(struct tlb_level *level, struct arena *arena,
                    const struct tlb_config *config, struct choice *choice,
                    unsigned unit)
{
    uint32_t n_slots = config->sets * config->ways;
    *level = (struct tlb_level){.sets = config->sets,
                                .ways = config->ways,
                                .hit = config->hit,
                                .unit = unit,
                                .choice = choice,
                                .policy = tlb_policies[config->policy]};
    if (config->sets == 0)
        return;
    assert((config->sets & (config->sets - 1)) == 0);
    assert(config->ways >= 1 && config->ways <= TLB_WAYS_MAX);
    level->tags = arena_take(arena, ARENA_ARCH, n_slots, sizeof *level->tags);
    level->entries = arena_take(arena, ARENA_ARCH, n_slots, sizeof *level->entries);
    level->n_valid =
        arena_take(arena, ARENA_ARCH, config->sets + 1, sizeof *level->n_valid);
    level->filled_at = arena_take(arena, ARENA_TIMING, n_slots, sizeof(cycle_t));
    level->last = arena_take(arena, ARENA_TIMING, 1, sizeof *level->last);
    if (config->ways > SCAN_WAYS)
        take_index(level, arena, n_slots);
    take_policy(level, arena);
}

static void index_add(struct tlb_level *level, uint64_t tag, uint32_t slot)
{
    uint32_t *link = &level->bucket[tlb_level_hash(level, tag)];
    while (*link && *link - 1 < slot)
        link = &level->chain[*link - 1];
    level->chain[slot] = *link;
    *link = slot + 1;
}

static void index_remove(struct tlb_level *level, uint64_t tag, uint32_t slot)
{
    uint32_t *link = &level->bucket[tlb_level_hash(level, tag)];
    while (*link != slot + 1) {
        assert(*link);
        link = &level->chain[*link - 1];
    }
    *link = level->chain[slot];
    level->chain[slot] = 0;
}

/* Field by field, so that no padding of the caller's gets into the state. */
static void write_entry(struct tlb_entry *to, const struct tlb_entry *from)
{
    to->vpn = from->vpn;
    to->frame = from->frame;
    to->valid = 1;
    to->write = from->write;
    to->user = from->user;
    to->exec = from->exec;
    to->dirty = from->dirty;
}

static void clear_slot(struct tlb_level *level, uint32_t slot)
{
    if (level->indexed)
        index_remove(level, level->tags[slot], slot);
    level->tags[slot] = 0;
    memset(&level->entries[slot], 0, sizeof level->entries[slot]);
}

void tlb_level_remove(struct tlb_level *level, uint32_t slot)
{
    assert(level->tags[slot]);
    vpn_t vpn = {level->entries[slot].vpn};
    clear_slot(level, slot);
    level->n_valid[tlb_level_set(level, vpn)]--;
    level->n_valid[level->sets]--;
}

static void note_fill(struct tlb_level *level, uint32_t set, uint32_t slot)
{
    uint32_t way = slot - set * level->ways;
    *level->last = slot;
    if (level->lru)
        order_to_front(tlb_level_state(level, set), level->ways, way);
    else
        level->policy->fill(tlb_level_state(level, set), level->ways, way);
}

static uint32_t free_slot(const struct tlb_level *level, uint32_t set)
{
    uint32_t slot = set * level->ways;
    while (level->tags[slot])
        slot++;
    return slot;
}

static uint32_t victim_slot(struct tlb_level *level, uint32_t set)
{
    uint64_t chance = 0;
    if (level->policy->chance)
        chance = choice_pick(level->choice, level->unit, CHOICE_POLICY, level->ways);
    unsigned way = level->lru ? order_oldest(tlb_level_state(level, set), level->ways)
                              : level->policy->victim(tlb_level_state(level, set),
                                                      level->ways, chance);
    assert(way < level->ways);
    return set * level->ways + way;
}

uint32_t tlb_level_insert(struct tlb_level *level, const struct tlb_entry *entry,
                          cycle_t filled_at, struct tlb_entry *evicted)
{
    uint32_t set = tlb_level_set(level, (vpn_t){entry->vpn});
    uint32_t slot;
    evicted->valid = 0;
    if (level->n_valid[set] < level->ways) {
        slot = free_slot(level, set);
        level->n_valid[set]++;
        level->n_valid[level->sets]++;
    } else {
        slot = victim_slot(level, set);
        *evicted = level->entries[slot];
        if (level->indexed)
            index_remove(level, level->tags[slot], slot);
    }
    level->tags[slot] = entry->vpn + 1;
    if (level->indexed)
        index_add(level, level->tags[slot], slot);
    write_entry(&level->entries[slot], entry);
    level->filled_at[slot] = filled_at;
    note_fill(level, set, slot);
    return slot;
}

void tlb_level_replace(struct tlb_level *level, uint32_t slot,
                       const struct tlb_entry *entry, cycle_t filled_at)
{
    assert(level->tags[slot] == entry->vpn + 1);
    write_entry(&level->entries[slot], entry);
    level->filled_at[slot] = filled_at;
    note_fill(level, tlb_level_set(level, (vpn_t){entry->vpn}), slot);
}

/* Goes through the sets that are not empty: a flush of a nearly empty TLB
 * must cost next to nothing. */
static unsigned drop_range(struct tlb_level *level, uint64_t first, uint64_t n,
                           uint32_t *frame)
{
    unsigned dropped = 0;
    for (uint32_t set = 0; set < level->sets && level->n_valid[level->sets]; set++) {
        uint32_t slot = set * level->ways;
        for (uint32_t left = level->n_valid[set]; left > 0; slot++) {
            if (!level->tags[slot])
                continue;
            left--;
            if (level->entries[slot].vpn - first >= n)
                continue;
            *frame = level->entries[slot].frame;
            tlb_level_remove(level, slot);
            dropped++;
        }
    }
    return dropped;
}

unsigned tlb_level_drop_pages(struct tlb_level *level, vpn_t first, uint32_t n,
                              uint32_t *frame)
{
    if (level->sets == 0 || level->n_valid[level->sets] == 0)
        return 0;
    if (n > level->n_valid[level->sets])
        return drop_range(level, first.v, n, frame);
    unsigned dropped = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t slot = tlb_level_find(level, (vpn_t){first.v + i});
        if (slot == TLB_NO_SLOT)
            continue;
        *frame = level->entries[slot].frame;
        tlb_level_remove(level, slot);
        dropped++;
    }
    return dropped;
}

unsigned tlb_level_drop_all(struct tlb_level *level, uint32_t *frame)
{
    if (level->sets == 0)
        return 0;
    return drop_range(level, 0, UINT64_MAX, frame);
}

/* Insertion sort of one set; empty ways go to the end. */
static void sort_set(struct tlb_level *level, uint32_t first)
{
    uint64_t *tags = level->tags + first;
    struct tlb_entry *entries = level->entries + first;
    for (uint32_t i = 1; i < level->ways; i++) {
        uint64_t tag = tags[i];
        struct tlb_entry entry = entries[i];
        uint32_t at = i;
        for (; tag && at > 0 && (tags[at - 1] == 0 || tags[at - 1] > tag); at--) {
            tags[at] = tags[at - 1];
            entries[at] = entries[at - 1];
        }
        tags[at] = tag;
        entries[at] = entry;
    }
}

bool tlb_level_canonical(struct tlb_level *level)
{
    bool room = true;
    for (uint32_t set = 0; set < level->sets; set++) {
        if (!level->indexed && level->n_valid[set])
            sort_set(level, set * level->ways);
        room = room && level->n_valid[set] < level->ways;
    }
    return room;
}

static void assert_slot(const struct tlb_level *level, uint32_t set, uint32_t slot)
{
    const struct tlb_entry *entry = &level->entries[slot];
    if (!level->tags[slot]) {
        assert(!entry->valid && !entry->vpn && !entry->frame);
        return;
    }
    assert(entry->valid == 1 && level->tags[slot] == entry->vpn + 1);
    assert(tlb_level_set(level, (vpn_t){entry->vpn}) == set); /* TLB2 */
    for (uint32_t other = set * level->ways; other < slot; other++)
        assert(level->tags[other] != level->tags[slot]); /* TLB1 */
    assert(tlb_level_find(level, (vpn_t){entry->vpn}) == slot);
}

void tlb_level_assert(const struct tlb_level *level)
{
    uint32_t total = 0;
    for (uint32_t set = 0; set < level->sets; set++) {
        uint32_t valid = 0;
        for (uint32_t way = 0; way < level->ways; way++) {
            uint32_t slot = set * level->ways + way;
            assert_slot(level, set, slot);
            valid += level->tags[slot] != 0;
        }
        assert(level->n_valid[set] == valid);
        total += valid;
    }
    assert(level->sets == 0 || level->n_valid[level->sets] == total);
}
