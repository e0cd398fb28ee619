/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mem_cache.c - what a core's private caches keep and give up
 * (src/mem/cache.h), seen through the world of mem_world.h: L1 has 4 sets of
 * 2 ways, L2 8 sets of 4.
 */
#include "mem_world.h"

#include "mem/request.h"

#include <CUnit/Basic.h>

#define READER LINE_SHARED
#define WRITER LINE_EXCLUSIVE

static struct mem_world *fresh(void)
{
    struct mem_config config = mem_world_config();
    return mem_world_create(&config);
}

/* The i-th line that lies in L2 set 1 (and L1 set 1). */
static uint64_t line_of_set_1(uint64_t i)
{
    return (1 + i * 8) * LINE_BYTES;
}

/* The cost of an access that must hit. */
static cycle_t cost_of(struct mem_world *world, unsigned core, uint64_t pa)
{
    cycle_t cost = 999;
    CU_ASSERT(mem_access(world->mem, core, (pa_t){pa}, READER, &cost));
    return cost;
}

static void l1_gives_up_the_line_unused_for_longest_and_l2_keeps_it(void)
{
    struct mem_world *world = fresh();
    for (uint64_t i = 0; i < 3; i++)
        mem_world_get(world, 0, line_of_set_1(i), READER);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(1)), world->config.l1_hit);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(0)), world->config.l2_hit);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(0)), world->config.l1_hit);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(1)), world->config.l1_hit);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(2)), world->config.l2_hit);
    struct mem_stats stats = mem_stats_of(world->mem, 0);
    CU_ASSERT_EQUAL(stats.l1_hits, 3);
    CU_ASSERT_EQUAL(stats.l2_hits, 2);
    CU_ASSERT_EQUAL(stats.misses, 3);
    CU_ASSERT_EQUAL(stats.from_dram, 3);
    mem_world_destroy(world);
}

static void a_victim_of_l2_leaves_l1_too(void)
{
    struct mem_world *world = fresh();
    cycle_t cost;
    mem_world_get(world, 0, line_of_set_1(0), READER);
    for (uint64_t i = 1; i <= 4; i++) {
        mem_world_get(world, 0, line_of_set_1(i), READER);
        if (i < 4) /* Newest of L1, but L2 does not see that. */
            CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(0)), world->config.l1_hit);
        CU_ASSERT_EQUAL(mem_world_has(world, 0, line_of_set_1(0), READER), i < 4);
    }
    CU_ASSERT(!mem_access(world->mem, 0, (pa_t){line_of_set_1(0)}, READER, &cost));
    mem_world_destroy(world);
}

static void peeking_leaves_no_trace(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 0, line_of_set_1(0), READER);
    mem_world_get(world, 0, line_of_set_1(1), READER);
    CU_ASSERT(mem_world_has(world, 0, line_of_set_1(0), READER));
    CU_ASSERT_EQUAL(mem_stats_of(world->mem, 0).l1_hits, 0);
    mem_world_get(world, 0, line_of_set_1(2), READER);
    CU_ASSERT_EQUAL(cost_of(world, 0, line_of_set_1(1)), world->config.l1_hit);
    mem_world_destroy(world);
}

static void a_reader_cannot_write_what_it_shares(void)
{
    struct mem_world *world = fresh();
    cycle_t cost;
    mem_world_get(world, 0, 0x40, READER);
    mem_world_get(world, 1, 0x40, READER);
    CU_ASSERT(!mem_access(world->mem, 1, (pa_t){0x40}, WRITER, &cost));
    CU_ASSERT(mem_access(world->mem, 1, (pa_t){0x40}, READER, &cost));
    mem_world_get(world, 1, 0x40, WRITER);
    CU_ASSERT(mem_access(world->mem, 1, (pa_t){0x40}, WRITER, &cost));
    mem_world_destroy(world);
}

/* Core 0 owns a line and evicts it by four others. */
static struct mem_world *with_a_victim(void)
{
    struct mem_world *world = fresh();
    for (uint64_t i = 0; i <= 4; i++)
        mem_world_get(world, 0, line_of_set_1(i), WRITER);
    CU_ASSERT(!mem_world_has(world, 0, line_of_set_1(0), READER));
    return world;
}

static void a_snoop_for_a_line_that_has_left_is_ignored(void)
{
    struct mem_world *world = with_a_victim();
    cycle_t cost = mem_world_get(world, 1, line_of_set_1(0), READER);
    CU_ASSERT_EQUAL(world->n_snoops, 1);
    CU_ASSERT_EQUAL(cost, world->config.c2c_cluster.base);
    mem_world_destroy(world);
}

static void a_victims_notice_spares_the_next_reader_the_snoop(void)
{
    struct mem_world *world = with_a_victim();
    mem_world_get(world, 0, 0x2000, READER); /* Carries the notice. */
    cycle_t cost = mem_world_get(world, 1, line_of_set_1(0), READER);
    CU_ASSERT_EQUAL(world->n_snoops, 0);
    CU_ASSERT_EQUAL(cost, world->config.l3_hit);
    CU_ASSERT(mem_world_has(world, 1, line_of_set_1(0), WRITER));
    mem_world_destroy(world);
}

static void a_notice_that_crosses_a_new_grant_is_ignored(void)
{
    struct mem_world *world = with_a_victim();
    cycle_t asked = world->now;
    mem_world_ask(world, 0, 0x2000, READER);
    struct msg late = inbox_pop(&world->inbox); /* The notice waits on its way. */
    mem_world_get(world, 0, line_of_set_1(0), WRITER);
    late.arrival = world->now;
    struct mem_request request = mem_request_unpack(&late);
    CU_ASSERT(request.flags & REQUEST_NOTICE);
    CU_ASSERT_EQUAL(request.notice_line, line_of_set_1(0) / LINE_BYTES);
    request.notice_age += late.arrival - asked - world->lookahead; /* As evicted. */
    mem_request_pack(&request, &late);
    mem_directory(world->mem, &late);
    mem_world_settle(world);
    mem_assert_line(world->mem, (pa_t){line_of_set_1(0)}); /* MEM2 */
    mem_world_get(world, 1, line_of_set_1(0), WRITER);
    CU_ASSERT_EQUAL(world->n_snoops, 1);
    CU_ASSERT(!mem_world_has(world, 0, line_of_set_1(0), READER));
    mem_world_destroy(world);
}

static void too_many_notices_only_cost_needless_snoops(void)
{
    struct mem_config config = mem_world_config();
    config.l2_sets = config.l2_ways = config.l1_sets = config.l1_ways = 1;
    struct mem_world *world = mem_world_create(&config);
    mem_request(world->mem, 0, 0, (pa_t){0}, 64, WRITER, 0, world->now);
    mem_world_settle(world);
    CU_ASSERT(mem_world_has(world, 0, 0, WRITER)); /* The first line stays. */
    for (uint64_t i = 0; i < 64; i++) {
        mem_world_get(world, 1, i * LINE_BYTES, WRITER);
        CU_ASSERT(mem_world_has(world, 1, i * LINE_BYTES, WRITER));
        mem_assert_line(world->mem, (pa_t){i * LINE_BYTES});
    }
    mem_world_destroy(world);
}

static void ideal_caches_forget_nothing(void)
{
    struct mem_config config = mem_world_config();
    config.caches = CACHE_IDEAL;
    struct mem_world *world = mem_world_create(&config);
    for (uint64_t pa = 0; pa < config.frames * PAGE_BYTES; pa += LINE_BYTES)
        mem_world_get(world, 3, pa, WRITER);
    for (uint64_t pa = 0; pa < config.frames * PAGE_BYTES; pa += LINE_BYTES)
        CU_ASSERT_EQUAL(cost_of(world, 3, pa), config.l1_hit);
    CU_ASSERT_EQUAL(mem_world_get(world, 2, 0, READER), config.c2c_cluster.base);
    CU_ASSERT(!mem_world_has(world, 3, 0, WRITER) &&
              mem_world_has(world, 3, 0, READER));
    mem_world_destroy(world);
}

static void mem_bytes_bounds_what_each_part_takes(void)
{
    for (uint32_t caches = CACHE_FINITE; caches <= CACHE_IDEAL; caches++) {
        struct mem_config config = mem_world_config();
        config.caches = caches;
        config.frames = 4096; /* The rest is small beside them. */
        struct mem_world *world = mem_world_create(&config);
        uint64_t bytes = mem_bytes(&config, WORLD_CORES, WORLD_CORES / 2);
        size_t arch = arena_used(world->arena, ARENA_ARCH);
        size_t timing = arena_used(world->arena, ARENA_TIMING);
        size_t larger = arch > timing ? arch : timing;
        CU_ASSERT(bytes <= larger && larger <= bytes + bytes / 50);
        mem_world_destroy(world);
    }
}

static void a_request_survives_its_packing(void)
{
    struct mem_request all = {.first_line = (UINT64_C(1) << 38) - 1,
                              .n_lines = 64,
                              .flags = REQUEST_OWN | REQUEST_HAS | REQUEST_HOME |
                                       REQUEST_NOTICE,
                              .notice_line = (UINT64_C(1) << 38) - 1,
                              .notice_age = REQUEST_AGE_MAX};
    struct mem_request one = {.first_line = 5, .n_lines = 1};
    struct msg msg = {0};
    mem_request_pack(&all, &msg);
    struct mem_request got = mem_request_unpack(&msg);
    CU_ASSERT(got.first_line == all.first_line && got.n_lines == 64 &&
              got.flags == all.flags && got.notice_line == all.notice_line &&
              got.notice_age == all.notice_age);
    mem_request_pack(&one, &msg);
    got = mem_request_unpack(&msg);
    CU_ASSERT(got.first_line == 5 && got.n_lines == 1 && got.flags == 0 &&
              got.notice_line == 0 && got.notice_age == 0);
}

static void a_reset_forgets_everything(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 4, 0x40, WRITER);
    mem_frame(world->mem, (pfn_t){0})[8] = 77;
    arena_reset(world->arena);
    CU_ASSERT(!mem_world_has(world, 4, 0x40, READER));
    CU_ASSERT_EQUAL(mem_frame(world->mem, (pfn_t){0})[8], 0);
    CU_ASSERT_EQUAL(mem_world_get(world, 4, 0x40, READER), world->config.dram_remote);
    CU_ASSERT_EQUAL(mem_stats_of(world->mem, 4).misses, 1);
    mem_world_destroy(world);
}

static CU_TestInfo tests[] = {
    {"L1 gives up the line unused for longest and L2 keeps it",
     l1_gives_up_the_line_unused_for_longest_and_l2_keeps_it},
    {"a victim of L2 leaves L1 too", a_victim_of_l2_leaves_l1_too},
    {"peeking leaves no trace", peeking_leaves_no_trace},
    {"a reader cannot write what it shares", a_reader_cannot_write_what_it_shares},
    {"a snoop for a line that has left is ignored",
     a_snoop_for_a_line_that_has_left_is_ignored},
    {"a victim's notice spares the next reader the snoop",
     a_victims_notice_spares_the_next_reader_the_snoop},
    {"a notice that crosses a new grant is ignored",
     a_notice_that_crosses_a_new_grant_is_ignored},
    {"too many notices only cost needless snoops",
     too_many_notices_only_cost_needless_snoops},
    {"ideal caches forget nothing", ideal_caches_forget_nothing},
    {"mem_bytes bounds what each part takes", mem_bytes_bounds_what_each_part_takes},
    {"a request survives its packing", a_request_survives_its_packing},
    {"a reset forgets everything", a_reset_forgets_everything},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"mem_cache", NULL, NULL, NULL, NULL, tests},
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
