/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_random_guests.c - what holds for every guest without data races.
 *
 * How to look at a failing seed: tests/support/random_world.h.
 */
#include <CUnit/Basic.h>

#include "random_world.h"

static void open_guest(struct world *w, uint64_t seed, bool kills)
{
    struct machine_config config;
    char *text = random_draw(seed, kills, N_RANDOM_CORRECT, &config);
    world_open_trace(w, &config, world_trace(text), &engine_native);
    free(text);
}

static bool fine(const struct world *w, uint64_t seed)
{
    bool ok = w->out.end == MACHINE_END_DONE && world_violations(w) == 0;
    if (!ok)
        fprintf(stderr, "seed %llu: end %d, %llu violations; %s\n",
                (unsigned long long)seed, (int)w->out.end,
                (unsigned long long)world_violations(w), w->out.message);
    const struct check_result *result = check_result(w->check);
    for (uint32_t i = 0; !ok && i < result->n_violations && i < 3; i++)
        fprintf(stderr, "  %s\n", result->violations[i].sentence);
    return ok;
}

static void is_never_violated(uint64_t seed)
{
    struct world w;
    open_guest(&w, seed, false);
    w.keep = false;
    world_run(&w, seed);
    CU_ASSERT(fine(&w, seed));
    CU_ASSERT(world_checked(&w)->races == 0 || !random_is_quiet(seed));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    CU_ASSERT_EQUAL(w.out.stats.ops, trace_n_ops(w.trace));
    world_close(&w);
}

static void correct_protocols_are_never_violated_and_all_operations_run(void)
{
    for_random_seeds(is_never_violated, 5);
}

static void ends_cleanly(uint64_t seed)
{
    struct world w;
    open_guest(&w, seed, true);
    w.keep = false;
    world_run(&w, seed);
    CU_ASSERT(fine(&w, seed));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void processes_that_are_killed_leave_nothing(void)
{
    for_random_seeds(ends_cleanly, 3);
}

static CU_TestInfo tests[] = {
    {"correct protocols are never violated and all operations run",
     correct_protocols_are_never_violated_and_all_operations_run},
    {"processes that are killed leave nothing",
     processes_that_are_killed_leave_nothing},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "random guests", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
