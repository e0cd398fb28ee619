/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_tlb_hierarchy.c - the two levels of a core's TLBs (src/tlb/tlb.h).
 *
 * The last tests run random calls on the hierarchy and on the slowest correct
 * version of it: lists of entries with the time of their last use, searched
 * from end to end.  They must give the same answers, victims and counts.
 */
#include "base/rng.h"
#include "tlb/policy.h"
#include "tlb/tlb.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

struct world {
    struct arena *arena;
    struct tlb *tlb;
    struct tlb_hierarchy_config config;
};

static struct tlb_config level(uint32_t sets, uint32_t ways, cycle_t hit)
{
    return (struct tlb_config){.sets = sets, .ways = ways, .hit = hit};
}

/* Two entries each in level 1, four in level 2. */
static struct tlb_hierarchy_config tiny(void)
{
    return (struct tlb_hierarchy_config){.l1d = level(1, 2, 0),
                                         .l1i = level(1, 2, 1),
                                         .l2d = level(2, 2, 7),
                                         .l2i = level(2, 2, 8),
                                         .l2 = TLB_L2_SPLIT};
}

static struct world create(const struct tlb_hierarchy_config *config)
{
    struct err err = {0};
    struct world world = {.arena = arena_create(&err), .config = *config};
    struct choice *choice =
        choice_init(arena_take(world.arena, ARENA_TIMING, 1, choice_bytes(1)), 1);
    world.tlb = tlb_create(world.arena, config, choice, 0);
    CU_ASSERT_EQUAL_FATAL(arena_freeze(world.arena, &err), STATUS_OK);
    return world;
}

static struct tlb_entry entry(uint64_t vpn, uint32_t frame)
{
    return (struct tlb_entry){.vpn = vpn, .frame = frame, .valid = 1, .user = 1};
}

static struct tlb_entry fill(struct world *world, enum tlb_side side, uint64_t vpn,
                             uint32_t frame, cycle_t now)
{
    struct tlb_entry e = entry(vpn, frame), evicted;
    tlb_fill(world->tlb, side, &e, now, &evicted);
    tlb_assert(world->tlb);
    return evicted;
}

/* The frame found, or NO_FRAME; 'cost' and 'filled_at' may be null. */
static uint32_t look(struct world *world, enum tlb_side side, uint64_t vpn,
                     cycle_t *cost, cycle_t *filled_at)
{
    cycle_t unused;
    const struct tlb_entry *e =
        tlb_lookup(world->tlb, side, (vpn_t){vpn}, cost ? cost : &unused,
                   filled_at ? filled_at : &unused);
    tlb_assert(world->tlb);
    return e ? e->frame : NO_FRAME;
}

static unsigned flush_pages(struct world *world, uint64_t first, uint32_t n,
                            uint32_t *frame)
{
    struct flush flush = {FLUSH_PAGES, n, {first}};
    unsigned dropped = tlb_invalidate(world->tlb, &flush, frame);
    tlb_assert(world->tlb);
    return dropped;
}

static bool arch_is_zero(const struct world *world)
{
    const uint8_t *bytes = arena_base(world->arena, ARENA_ARCH);
    for (size_t i = 0; i < arena_used(world->arena, ARENA_ARCH); i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static void a_hit_tells_when_the_entry_was_filled_and_costs_its_level(void)
{
    struct tlb_hierarchy_config config = tiny();
    struct world world = create(&config);
    cycle_t cost = 99, filled_at = 99;
    fill(&world, TLB_DATA, 0, 100, 5);
    CU_ASSERT_EQUAL(look(&world, TLB_DATA, 0, &cost, &filled_at), 100);
    CU_ASSERT(cost == 0 && filled_at == 5);
    fill(&world, TLB_DATA, 1, 101, 6);
    fill(&world, TLB_DATA, 3, 103, 7); /* Level 1 gives 0 up. */
    CU_ASSERT_EQUAL(look(&world, TLB_DATA, 0, &cost, &filled_at), 100);
    CU_ASSERT(cost == config.l2d.hit && filled_at == 5);
    CU_ASSERT_EQUAL(look(&world, TLB_DATA, 0, &cost, &filled_at), 100);
    CU_ASSERT(cost == 0 && filled_at == 5);
    arena_destroy(world.arena);
}

static void the_sides_know_nothing_of_each_other_unless_level_2_is_unified(void)
{
    struct tlb_hierarchy_config config = tiny();
    cycle_t cost = 0;
    struct world split = create(&config);
    fill(&split, TLB_DATA, 4, 40, 1);
    CU_ASSERT_EQUAL(look(&split, TLB_CODE, 4, NULL, NULL), NO_FRAME);
    arena_destroy(split.arena);
    config.l2 = TLB_L2_UNIFIED;
    struct world unified = create(&config);
    fill(&unified, TLB_DATA, 4, 40, 1);
    CU_ASSERT_EQUAL(look(&unified, TLB_CODE, 4, &cost, NULL), 40);
    CU_ASSERT_EQUAL(cost, config.l2d.hit);
    CU_ASSERT_EQUAL(tlb_stats_of(unified.tlb).l2i_hits, 1);
    CU_ASSERT_EQUAL(tlb_stats_of(unified.tlb).l2d_hits, 0);
    arena_destroy(unified.arena);
}

static void without_level_2_the_victim_of_level_1_is_told(void)
{
    struct tlb_hierarchy_config config = tiny();
    config.l2d.sets = 0;
    struct world world = create(&config);
    CU_ASSERT_EQUAL(fill(&world, TLB_DATA, 0, 10, 1).valid, 0);
    CU_ASSERT_EQUAL(fill(&world, TLB_DATA, 1, 11, 1).valid, 0);
    struct tlb_entry evicted = fill(&world, TLB_DATA, 2, 12, 1);
    CU_ASSERT(evicted.valid && evicted.vpn == 0 && evicted.frame == 10);
    CU_ASSERT_EQUAL(look(&world, TLB_DATA, 0, NULL, NULL), NO_FRAME);
    arena_destroy(world.arena);
}

static void a_fill_replaces_the_entry_of_the_same_page(void)
{
    struct tlb_hierarchy_config config = tiny();
    struct world world = create(&config);
    cycle_t filled_at = 0;
    fill(&world, TLB_DATA, 6, 60, 1);
    CU_ASSERT_EQUAL(fill(&world, TLB_DATA, 6, 61, 2).valid, 0);
    CU_ASSERT_EQUAL(look(&world, TLB_DATA, 6, NULL, &filled_at), 61);
    CU_ASSERT_EQUAL(filled_at, 2);
    CU_ASSERT_EQUAL(flush_pages(&world, 6, 1, NULL), 2); /* One a level. */
    arena_destroy(world.arena);
}

static void an_invalidation_drops_the_named_pages_and_no_other(void)
{
    struct tlb_hierarchy_config config = tiny();
    config.l1d = config.l1i = level(1, 64, 0);
    config.l2d = config.l2i = level(4, 12, 7);
    for (uint32_t n = 1; n <= 40; n++) {
        struct world world = create(&config);
        for (uint64_t vpn = 0; vpn < 30; vpn++)
            fill(&world, vpn % 2 ? TLB_CODE : TLB_DATA, vpn, (uint32_t)vpn, 1);
        unsigned inside = n < 30 - 7 ? n : 30 - 7;
        CU_ASSERT_EQUAL(flush_pages(&world, 7, n, NULL), 2 * inside);
        for (uint64_t vpn = 0; vpn < 30; vpn++) {
            bool there =
                tlb_peek(world.tlb, vpn % 2 ? TLB_CODE : TLB_DATA, (vpn_t){vpn});
            CU_ASSERT_EQUAL(there, vpn < 7 || vpn >= 7 + n);
        }
        arena_destroy(world.arena);
    }
}

static void a_flush_of_one_page_tells_the_frame_that_it_dropped(void)
{
    struct tlb_hierarchy_config config = tiny();
    struct world world = create(&config);
    uint32_t frame = 0;
    fill(&world, TLB_CODE, 9, 90, 1);
    fill(&world, TLB_CODE, 10, 91, 1);
    CU_ASSERT_EQUAL(flush_pages(&world, 8, 1, &frame), 0);
    CU_ASSERT_EQUAL(frame, NO_FRAME);
    CU_ASSERT_EQUAL(flush_pages(&world, 9, 1, &frame), 2);
    CU_ASSERT_EQUAL(frame, 90);
    CU_ASSERT_EQUAL(flush_pages(&world, 9, 5, &frame), 2);
    CU_ASSERT_EQUAL(frame, NO_FRAME);
    arena_destroy(world.arena);
}

static void peeking_leaves_no_trace(void)
{
    struct tlb_hierarchy_config config = tiny();
    struct world world = create(&config);
    fill(&world, TLB_DATA, 0, 10, 1);
    fill(&world, TLB_DATA, 1, 11, 1);
    CU_ASSERT_EQUAL(tlb_peek(world.tlb, TLB_DATA, (vpn_t){0})->frame, 10);
    struct tlb_stats stats = tlb_stats_of(world.tlb);
    CU_ASSERT(stats.l1d_hits == 0 && stats.l1d_misses == 0);
    fill(&world, TLB_DATA, 3, 13, 1); /* 0 is still the oldest of level 1. */
    cycle_t cost = 0;
    look(&world, TLB_DATA, 1, &cost, NULL);
    CU_ASSERT_EQUAL(cost, 0);
    arena_destroy(world.arena);
}

static void an_emptied_tlb_has_the_bytes_of_a_new_one(void)
{
    struct tlb_hierarchy_config config = tiny();
    config.l1d = level(1, 64, 0);
    struct world world = create(&config);
    struct flush all = {.kind = FLUSH_ALL};
    CU_ASSERT(arch_is_zero(&world));
    CU_ASSERT_EQUAL(tlb_invalidate(world.tlb, &all, NULL), 0);
    for (uint64_t vpn = 0; vpn < 200; vpn++)
        fill(&world, vpn % 3 ? TLB_DATA : TLB_CODE, vpn * 5, (uint32_t)vpn, vpn);
    CU_ASSERT_FALSE(arch_is_zero(&world));
    CU_ASSERT_EQUAL(tlb_invalidate(world.tlb, &all, NULL), 64 + 2 + 4 + 4);
    CU_ASSERT(arch_is_zero(&world));
    arena_destroy(world.arena);
}

/* Equal contents in equal slots have equal bytes, whatever came before. */
static void the_index_does_not_remember_the_past(void)
{
    struct tlb_hierarchy_config config = tiny();
    config.l1d = level(1, 64, 0);
    config.l2d.sets = 0;
    struct world plain = create(&config), past = create(&config);
    for (uint64_t vpn = 0; vpn < 64; vpn++)
        fill(&plain, TLB_DATA, vpn * vpn, 1, 1);
    for (uint64_t vpn = 0; vpn < 64; vpn++)
        fill(&past, TLB_DATA, vpn * vpn, 1, 1);
    for (uint64_t i = 0; i < 200; i++) {
        uint64_t vpn = rng_draw(1, 1, i) % 64;
        flush_pages(&past, vpn * vpn, 1, NULL); /* Leaves the only free slot. */
        fill(&past, TLB_DATA, vpn * vpn, 1, 1);
    }
    size_t n = arena_used(plain.arena, ARENA_ARCH);
    CU_ASSERT_EQUAL(memcmp(arena_base(plain.arena, ARENA_ARCH),
                           arena_base(past.arena, ARENA_ARCH), n),
                    0);
    arena_destroy(plain.arena);
    arena_destroy(past.arena);
}

/* ---- The slowest correct version ---- */

struct naive_level {
    uint32_t sets, ways;
    bool fifo;
    unsigned n;
    struct naive_entry {
        struct tlb_entry entry;
        cycle_t filled_at;
        uint64_t used;
    } entries[256];
};

static struct naive_entry *naive_find(struct naive_level *l, uint64_t vpn)
{
    for (unsigned i = 0; i < l->n; i++) {
        if (l->entries[i].entry.vpn == vpn)
            return &l->entries[i];
    }
    return NULL;
}

static struct tlb_entry naive_remove(struct naive_level *l, struct naive_entry *e)
{
    struct tlb_entry gone = e->entry;
    *e = l->entries[--l->n];
    return gone;
}

static struct tlb_entry naive_insert(struct naive_level *l,
                                     const struct tlb_entry *entry, cycle_t filled_at,
                                     uint64_t clock)
{
    struct naive_entry *oldest = NULL, *old = naive_find(l, entry->vpn);
    struct tlb_entry gone = {.valid = 0};
    unsigned n_in_set = 0;
    if (old)
        naive_remove(l, old);
    for (unsigned i = 0; i < l->n; i++) {
        struct naive_entry *e = &l->entries[i];
        if (e->entry.vpn % l->sets != entry->vpn % l->sets)
            continue;
        n_in_set++;
        oldest = !oldest || e->used < oldest->used ? e : oldest;
    }
    if (n_in_set == l->ways)
        gone = naive_remove(l, oldest);
    l->entries[l->n++] = (struct naive_entry){*entry, filled_at, clock};
    return gone;
}

static unsigned naive_drop(struct naive_level *l, const struct flush *flush)
{
    unsigned n = 0;
    for (unsigned i = l->n; i-- > 0;) {
        uint64_t offset = l->entries[i].entry.vpn - flush->first.v;
        if (flush->kind == FLUSH_ALL || offset < flush->n_pages) {
            naive_remove(l, &l->entries[i]);
            n++;
        }
    }
    return n;
}

struct naive {
    struct naive_level l1[2], l2;
    uint64_t clock;
};

static uint32_t naive_lookup(struct naive *naive, unsigned side, uint64_t vpn,
                             cycle_t *filled_at)
{
    struct naive_entry *e = naive_find(&naive->l1[side], vpn);
    if (!e) {
        e = naive_find(&naive->l2, vpn);
        if (e)
            naive_insert(&naive->l1[side], &e->entry, e->filled_at, naive->clock);
    }
    if (!e)
        return NO_FRAME;
    bool in_l2 = e >= naive->l2.entries && e < naive->l2.entries + 256;
    if (!(in_l2 ? naive->l2.fifo : naive->l1[side].fifo))
        e->used = naive->clock;
    *filled_at = e->filled_at;
    return e->entry.frame;
}

/* One random call on both; all that they say must agree. */
static void compare_step(struct world *world, struct naive *naive, uint64_t i,
                         uint64_t n_pages)
{
    unsigned side = (unsigned)(rng_draw(11, 1, i) % 2);
    uint64_t what = rng_draw(11, 2, i) % 100, vpn = rng_draw(11, 3, i) % n_pages;
    cycle_t cost, filled_at = 0, naive_filled_at = 0;
    naive->clock++;
    if (what < 70) {
        const struct tlb_entry *e =
            tlb_lookup(world->tlb, side, (vpn_t){vpn}, &cost, &filled_at);
        uint32_t frame = naive_lookup(naive, side, vpn, &naive_filled_at);
        CU_ASSERT_EQUAL(e ? e->frame : NO_FRAME, frame);
        CU_ASSERT(!e || (e->vpn == vpn && filled_at == naive_filled_at));
    } else if (what < 95) {
        struct tlb_entry e = entry(vpn, (uint32_t)i), evicted;
        tlb_fill(world->tlb, side, &e, i, &evicted);
        naive_insert(&naive->l1[side], &e, i, naive->clock);
        struct tlb_entry gone = naive_insert(&naive->l2, &e, i, naive->clock);
        CU_ASSERT_EQUAL(evicted.valid, gone.valid);
        CU_ASSERT(!gone.valid || evicted.vpn == gone.vpn);
    } else {
        struct flush flush = {what == 99 ? FLUSH_ALL : FLUSH_PAGES,
                              (uint32_t)(rng_draw(11, 4, i) % n_pages),
                              {vpn}};
        unsigned n =
            naive_drop(&naive->l1[0], &flush) + naive_drop(&naive->l1[1], &flush);
        n += naive_drop(&naive->l2, &flush);
        CU_ASSERT_EQUAL(tlb_invalidate(world->tlb, &flush, NULL), n);
    }
}

static struct naive_level naive_level(const struct tlb_config *config)
{
    return (struct naive_level){.sets = config->sets,
                                .ways = config->ways,
                                .fifo =
                                    tlb_policies[config->policy] == &tlb_policy_fifo};
}

static void compare(struct tlb_config l1, struct tlb_config l2, uint64_t n_pages)
{
    struct tlb_hierarchy_config config = {
        .l1d = l1, .l1i = l1, .l2d = l2, .l2 = TLB_L2_UNIFIED};
    struct world world = create(&config);
    struct naive *naive = calloc(1, sizeof *naive);
    naive->l1[0] = naive->l1[1] = naive_level(&l1);
    naive->l2 = naive_level(&l2);
    for (uint64_t i = 0; i < 6000; i++) {
        compare_step(&world, naive, i, n_pages);
        if (i % 16 == 0)
            tlb_assert(world.tlb);
    }
    free(naive);
    arena_destroy(world.arena);
}

static void lru_levels_do_what_the_slowest_version_does(void)
{
    compare(level(1, 2, 0), level(2, 2, 7), 12);
    compare(level(1, 17, 0), level(4, 12, 7), 80);
    compare(level(1, 64, 0), level(8, 16, 7), 200);
    compare(level(4, 1, 0), level(1, 100, 7), 150);
    compare(level(4, 20, 0), level(4, 20, 7), 150);
}

static void fifo_levels_do_what_the_slowest_version_does(void)
{
    struct tlb_config l1 = level(1, 24, 0), l2 = level(4, 12, 7);
    while (tlb_policies[l1.policy] != &tlb_policy_fifo)
        l1.policy++;
    compare(l1, l2, 90);
    l2.policy = l1.policy;
    compare(l1, l2, 90);
}

static CU_TestInfo tests[] = {
    {"a hit tells when the entry was filled and costs its level",
     a_hit_tells_when_the_entry_was_filled_and_costs_its_level},
    {"the sides know nothing of each other unless level 2 is unified",
     the_sides_know_nothing_of_each_other_unless_level_2_is_unified},
    {"without level 2 the victim of level 1 is told",
     without_level_2_the_victim_of_level_1_is_told},
    {"a fill replaces the entry of the same page",
     a_fill_replaces_the_entry_of_the_same_page},
    {"an invalidation drops the named pages and no other",
     an_invalidation_drops_the_named_pages_and_no_other},
    {"a flush of one page tells the frame that it dropped",
     a_flush_of_one_page_tells_the_frame_that_it_dropped},
    {"peeking leaves no trace", peeking_leaves_no_trace},
    {"an emptied TLB has the bytes of a new one",
     an_emptied_tlb_has_the_bytes_of_a_new_one},
    {"the index does not remember the past", the_index_does_not_remember_the_past},
    {"lru levels do what the slowest version does",
     lru_levels_do_what_the_slowest_version_does},
    {"fifo levels do what the slowest version does",
     fifo_levels_do_what_the_slowest_version_does},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"tlb_hierarchy", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failed;
}
