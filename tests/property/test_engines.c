/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_engines.c - the engine changes no record, and machines never meet.
 */
#include <CUnit/Basic.h>

#include "random_world.h"

#ifdef SD_SYSTEMC
#include "systemc/systemc.h"
#endif

static uint64_t run_under(const struct machine_config *config, const char *text,
                          uint64_t seed, const struct engine_kind *engine)
{
    struct world w;
    world_open_trace(&w, config, world_trace(text), engine);
    world_run(&w, seed);
    uint64_t hash = world_hash(&w);
    world_close(&w);
    return hash;
}

static void is_the_same_under_systemc(uint64_t seed)
{
#ifdef SD_SYSTEMC
    struct machine_config config;
    char *text = random_draw(seed, true, N_RANDOM_PROTOCOLS, &config);
    CU_ASSERT_EQUAL(run_under(&config, text, seed, &engine_native),
                    run_under(&config, text, seed, &engine_systemc));
    free(text);
#else
    (void)seed;
    (void)run_under;
#endif
}

static void native_and_systemc_give_the_same_records(void)
{
    for_random_seeds(is_the_same_under_systemc, 5);
}

static void is_the_same_again(uint64_t seed)
{
    struct machine_config config;
    char *text = random_draw(seed, true, N_RANDOM_PROTOCOLS, &config);
    struct world w;
    world_open_trace(&w, &config, world_trace(text), &engine_native);
    world_run(&w, seed);
    uint64_t first = world_hash(&w);
    world_run(&w, seed + 1);
    world_run(&w, seed);
    CU_ASSERT_EQUAL(world_hash(&w), first);
    world_close(&w);
    free(text);
}

static void a_seed_gives_the_same_records_twice(void)
{
    for_random_seeds(is_the_same_again, 2);
}

/* The run of machine 'inner' happens in the middle of that of another. */
struct intruder {
    struct world inner;
    uint64_t n_records, hash;
};

static void intrude(void *context, const struct obs *record)
{
    struct intruder *intruder = context;
    (void)record;
    if (++intruder->n_records != 100)
        return;
    world_run(&intruder->inner, 7);
    intruder->hash = world_hash(&intruder->inner);
}

static void does_not_meet(uint64_t seed)
{
    struct machine_config a, b;
    char *text_a = random_draw(seed, true, N_RANDOM_PROTOCOLS, &a);
    char *text_b = random_draw(seed + 1, true, N_RANDOM_PROTOCOLS, &b);
    struct world outer;
    struct intruder intruder = {.n_records = 0};
    world_open_trace(&outer, &a, world_trace(text_a), &engine_native);
    world_open_trace(&intruder.inner, &b, world_trace(text_b), &engine_native);
    struct obs_listener listener = {.context = &intruder, .on_record = intrude};
    obs_listen(machine_obs(outer.machine), listener, ~UINT64_C(0));
    world_run(&outer, seed);
    CU_ASSERT_EQUAL(world_hash(&outer), run_under(&a, text_a, seed, &engine_native));
    CU_ASSERT_EQUAL(intruder.hash, run_under(&b, text_b, 7, &engine_native));
    world_close(&outer);
    world_close(&intruder.inner);
    free(text_a);
    free(text_b);
}

static void two_machines_in_one_process_never_meet(void)
{
    for_random_seeds(does_not_meet, 2);
}

static CU_TestInfo tests[] = {
    {"native and systemc give the same records",
     native_and_systemc_give_the_same_records},
    {"a seed gives the same records twice", a_seed_gives_the_same_records_twice},
    {"two machines in one process never meet", two_machines_in_one_process_never_meet},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "engines", .pTests = tests},
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
