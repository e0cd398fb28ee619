/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mem_cost.c - when a line arrives, at the edge of each rule
 * (src/mem/directory.h). Numbers come from the world's own configuration.
 */
#include "mem_world.h"

#include "mem/latency.h"

#include <CUnit/Basic.h>

#define PA     UINT64_C(0x3040)
#define READER LINE_SHARED
#define WRITER LINE_EXCLUSIVE

static struct mem_world *fresh(void)
{
    struct mem_config config = mem_world_config();
    return mem_world_create(&config);
}

static void a_line_is_not_there_at_n_minus_1_but_at_n(void)
{
    struct mem_world *world = fresh();
    cycle_t n = world->config.dram_local;
    mem_world_ask(world, 0, PA, READER);
    mem_world_run(world, n - 1);
    CU_ASSERT(!mem_world_has(world, 0, PA, READER));
    mem_world_run(world, n);
    CU_ASSERT(mem_world_has(world, 0, PA, READER));
    mem_world_destroy(world);
}

static void memory_of_another_die_costs_dram_remote(void)
{
    struct mem_world *world = fresh();
    CU_ASSERT_EQUAL(mem_world_get(world, 4, PA, READER), world->config.dram_remote);
    mem_world_destroy(world);
}

static void the_clusters_l3_costs_l3_hit(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 4, PA, READER);
    mem_world_get(world, 0, PA, READER);
    CU_ASSERT_EQUAL(mem_world_get(world, 1, PA, READER), world->config.l3_hit);
    mem_world_destroy(world);
}

static void another_clusters_l3_costs_a_transfer(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 2, PA, READER);
    mem_world_get(world, 3, PA, READER); /* Nobody owns it now. */
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA, READER), world->config.c2c_die.base);
    mem_world_destroy(world);
}

/* Core 0 takes the line from 'owner' in a world of its own. */
static cycle_t cost_from(unsigned owner, enum line_want want)
{
    struct mem_world *world = fresh();
    mem_world_get(world, owner, PA, WRITER);
    cycle_t cost = mem_world_get(world, 0, PA, want);
    mem_world_destroy(world);
    return cost;
}

static void the_nearest_of_several_l3s_answers(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 8, PA, READER);
    mem_world_get(world, 2, PA, READER);
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA, READER), world->config.c2c_die.base);
    mem_world_destroy(world);
}

static void a_writer_empties_the_l3s_of_the_other_clusters(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 2, PA, READER);
    mem_world_get(world, 0, PA, WRITER);
    for (uint64_t i = 1; i <= 4; i++) /* The line leaves core 0, with a notice. */
        mem_world_get(world, 0, PA + i * 8 * LINE_BYTES, READER);
    mem_world_get(world, 0, 0x1000, READER);
    CU_ASSERT_EQUAL(mem_world_get(world, 3, PA, READER), world->config.c2c_die.base);
    mem_world_destroy(world);
}

static void an_owners_line_costs_a_transfer_over_their_distance(void)
{
    struct mem_config config = mem_world_config();
    for (enum line_want want = READER; want <= WRITER; want++) {
        CU_ASSERT_EQUAL(cost_from(1, want), config.c2c_cluster.base);
        CU_ASSERT_EQUAL(cost_from(2, want), config.c2c_die.base);
        CU_ASSERT_EQUAL(cost_from(4, want), config.c2c_socket.base);
        CU_ASSERT_EQUAL(cost_from(8, want), config.c2c_machine.base);
    }
}

static void a_line_homed_on_another_die_costs_more_within_the_die(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 6, PA, WRITER); /* Homed on die 0; 4 and 6 are on die 1. */
    CU_ASSERT_EQUAL(mem_world_get(world, 4, PA, READER),
                    world->config.c2c_die_remote_home.base);
    mem_world_destroy(world);
}

static void a_frame_allocated_by_a_core_is_homed_on_its_die(void)
{
    struct mem_world *world = fresh();
    mem_set_home(world->mem, pa_frame((pa_t){PA}), 4);
    CU_ASSERT_EQUAL(mem_world_get(world, 4, PA, READER), world->config.dram_local);
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA + LINE_BYTES, READER),
                    world->config.dram_remote);
    mem_world_destroy(world);
}

static void a_writer_pays_for_the_farthest_reader(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 0, PA, READER);
    mem_world_get(world, 9, PA, READER);
    mem_world_get(world, 1, PA, READER);
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA, WRITER),
                    world->config.c2c_machine.base);
    CU_ASSERT(!mem_world_has(world, 1, PA, READER));
    CU_ASSERT(!mem_world_has(world, 9, PA, READER));
    mem_world_destroy(world);
}

static void writing_to_a_line_that_is_here_alone_costs_no_request(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 0, PA, READER);
    CU_ASSERT(mem_world_has(world, 0, PA, WRITER));
    mem_world_destroy(world);
}

static void a_second_reader_leaves_the_first_one_a_shared_line(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 0, PA, WRITER);
    mem_world_get(world, 5, PA, READER);
    CU_ASSERT_EQUAL(world->last_snoop.kind, MSG_LINE_DOWNGRADE);
    CU_ASSERT(mem_world_has(world, 0, PA, READER) &&
              !mem_world_has(world, 0, PA, WRITER));
    CU_ASSERT(mem_world_has(world, 5, PA, READER) &&
              !mem_world_has(world, 5, PA, WRITER));
    cycle_t cost;
    CU_ASSERT(!mem_access(world->mem, 0, (pa_t){PA}, WRITER, &cost));
    CU_ASSERT(mem_access(world->mem, 0, (pa_t){PA}, READER, &cost));
    mem_world_destroy(world);
}

static void a_grant_follows_the_last_snoop_by_at_least_the_lookahead(void)
{
    for (unsigned owner = 1; owner < WORLD_CORES; owner++) {
        struct mem_world *world = fresh();
        mem_world_get(world, owner, PA, WRITER);
        mem_world_get(world, 0, PA, WRITER);
        CU_ASSERT_EQUAL(world->last_snoop.to, owner);
        CU_ASSERT(world->last_grant.arrival >=
                  world->last_snoop.arrival + world->lookahead);
        mem_world_destroy(world);
    }
}

static void a_line_under_way_is_not_snooped_before_its_hold_is_over(void)
{
    struct mem_world *world = fresh();
    cycle_t granted = world->config.dram_local;
    mem_world_ask(world, 0, PA, WRITER);
    mem_world_ask(world, 1, PA, WRITER);
    mem_world_run(world, granted + MEM_HOLD_CYCLES - 1);
    CU_ASSERT(mem_world_has(world, 0, PA, WRITER));
    mem_world_run(world, granted + MEM_HOLD_CYCLES);
    CU_ASSERT(!mem_world_has(world, 0, PA, READER));
    CU_ASSERT(!mem_world_has(world, 1, PA, READER));
    mem_world_settle(world);
    CU_ASSERT(mem_world_has(world, 1, PA, WRITER));
    mem_world_destroy(world);
}

static void several_lines_cost_the_slowest_and_a_little_for_each_further_one(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 1, PA + LINE_BYTES, WRITER);
    cycle_t asked = world->now;
    mem_request(world->mem, 0, 7, (pa_t){PA}, 4, WRITER, 77, asked);
    mem_world_settle(world);
    CU_ASSERT_EQUAL(world->last_grant.arrival - asked,
                    world->config.dram_local + 3 * MEM_PIPELINE_CYCLES);
    CU_ASSERT_EQUAL(world->last_grant.c, 77);
    CU_ASSERT_EQUAL(world->last_grant.cpu, 7);
    for (unsigned i = 0; i < 4; i++)
        CU_ASSERT(mem_world_has(world, 0, PA + i * LINE_BYTES, WRITER));
    mem_world_destroy(world);
}

static void an_upgrade_with_nobody_else_costs_an_answer_without_data(void)
{
    struct mem_world *world = fresh();
    mem_world_get(world, 0, PA, WRITER);
    mem_world_get(world, 8, PA, READER);
    mem_world_get(world, 8, PA, WRITER); /* Takes it from 0. */
    mem_world_get(world, 0, PA, READER); /* 0 and 8 share. */
    for (uint64_t i = 1; i <= 4; i++)    /* 8's copy leaves: 4 ways a set. */
        mem_world_get(world, 8, PA + i * 8 * LINE_BYTES, READER);
    CU_ASSERT(!mem_world_has(world, 8, PA, READER));
    mem_world_get(world, 8, 0x1000, READER); /* Carries the notice. */
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA, WRITER), world->config.l3_hit);
    mem_world_destroy(world);
}

static void the_lookahead_is_the_shortest_leg_of_any_transfer(void)
{
    struct mem_config config = mem_world_config();
    CU_ASSERT_EQUAL(mem_lookahead(&config), config.l3_hit / 2);
    config.c2c_cluster.base = 30;
    CU_ASSERT_EQUAL(mem_lookahead(&config), 10);
    config.dram_local = 8;
    CU_ASSERT_EQUAL(mem_lookahead(&config), 4);
    config.c2c_die_remote_home.base = 0;
    CU_ASSERT_EQUAL(mem_lookahead(&config), 1);
}

static void even_free_transfers_take_a_cycle_a_leg(void)
{
    struct mem_config config = mem_world_config();
    config.c2c_cluster.base = config.l3_hit = config.dram_local = 0;
    struct mem_world *world = mem_world_create(&config);
    CU_ASSERT_EQUAL(mem_world_get(world, 0, PA, WRITER), MEM_LEGS);
    CU_ASSERT_EQUAL(mem_world_get(world, 1, PA, WRITER), MEM_LEGS_SNOOP);
    mem_world_destroy(world);
}

static void immediate_memory_always_hits_and_costs_nothing(void)
{
    struct mem_world *world = fresh();
    cycle_t cost = 99;
    mem_set_immediate(world->mem, true);
    CU_ASSERT(mem_access(world->mem, 3, (pa_t){PA}, WRITER, &cost));
    CU_ASSERT_EQUAL(cost, 0);
    CU_ASSERT_EQUAL(mem_stats_of(world->mem, 3).l1_hits, 0);
    mem_set_immediate(world->mem, false);
    CU_ASSERT(!mem_access(world->mem, 3, (pa_t){PA}, WRITER, &cost));
    mem_world_destroy(world);
}

static CU_TestInfo tests[] = {
    {"a line is not there at n-1 but at n", a_line_is_not_there_at_n_minus_1_but_at_n},
    {"memory of another die costs dram_remote",
     memory_of_another_die_costs_dram_remote},
    {"the cluster's L3 costs l3_hit", the_clusters_l3_costs_l3_hit},
    {"another cluster's L3 costs a transfer", another_clusters_l3_costs_a_transfer},
    {"the nearest of several L3s answers", the_nearest_of_several_l3s_answers},
    {"a writer empties the L3s of the other clusters",
     a_writer_empties_the_l3s_of_the_other_clusters},
    {"an owner's line costs a transfer over their distance",
     an_owners_line_costs_a_transfer_over_their_distance},
    {"a line homed on another die costs more within the die",
     a_line_homed_on_another_die_costs_more_within_the_die},
    {"a frame allocated by a core is homed on its die",
     a_frame_allocated_by_a_core_is_homed_on_its_die},
    {"a writer pays for the farthest reader", a_writer_pays_for_the_farthest_reader},
    {"writing to a line that is here alone costs no request",
     writing_to_a_line_that_is_here_alone_costs_no_request},
    {"a second reader leaves the first one a shared line",
     a_second_reader_leaves_the_first_one_a_shared_line},
    {"a grant follows the last snoop by at least the look-ahead",
     a_grant_follows_the_last_snoop_by_at_least_the_lookahead},
    {"a line under way is not snooped before its hold is over",
     a_line_under_way_is_not_snooped_before_its_hold_is_over},
    {"several lines cost the slowest and a little for each further one",
     several_lines_cost_the_slowest_and_a_little_for_each_further_one},
    {"an upgrade with nobody else costs an answer without data",
     an_upgrade_with_nobody_else_costs_an_answer_without_data},
    {"the look-ahead is the shortest leg of any transfer",
     the_lookahead_is_the_shortest_leg_of_any_transfer},
    {"even free transfers take a cycle a leg", even_free_transfers_take_a_cycle_a_leg},
    {"immediate memory always hits and costs nothing",
     immediate_memory_always_hits_and_costs_nothing},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"mem_cost", NULL, NULL, NULL, NULL, tests},
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
