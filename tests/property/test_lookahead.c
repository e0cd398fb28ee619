/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_lookahead.c - how far cores run ahead changes no record.
 *
 * All protocols, the broken ones too: what a stale translation reads must not
 * depend on it either.
 */
#include <CUnit/Basic.h>

#include "random_world.h"

static uint64_t run_ahead(const struct machine_config *config, const char *text,
                          uint64_t seed, uint32_t lookahead)
{
    struct machine_config limited = *config;
    limited.core.lookahead = lookahead;
    struct world w;
    world_open_trace(&w, &limited, world_trace(text), &engine_native);
    world_run(&w, seed);
    uint64_t hash = world_hash(&w);
    world_close(&w);
    return hash;
}

static void is_the_same(uint64_t seed)
{
    struct machine_config config;
    char *text = random_draw(seed, true, N_RANDOM_PROTOCOLS, &config);
    uint64_t far = run_ahead(&config, text, seed, 0);
    bool same = run_ahead(&config, text, seed, 1) == far &&
                run_ahead(&config, text, seed, 3) == far;
    if (!same)
        fprintf(stderr, "seed %llu differs\n", (unsigned long long)seed);
    CU_ASSERT(same);
    free(text);
}

static void lookahead_1_and_L_give_the_same_records(void)
{
    for_random_seeds(is_the_same, 8);
}

static CU_TestInfo tests[] = {
    {"lookahead 1 and L give the same records",
     lookahead_1_and_L_give_the_same_records},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "look-ahead", .pTests = tests},
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
