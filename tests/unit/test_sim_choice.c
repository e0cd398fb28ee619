/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sim_choice.c - the one door for chance (src/sim/choice.h).
 *
 * Shapes are checked by a mean or a median of many draws, with bounds of five
 * standard deviations; the seeds are fixed, so the tests always say the same.
 */
#include "sim/choice.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdlib.h>

#define N_UNITS 3u
#define N       20000

static struct choice *seeded(uint64_t seed)
{
    void *memory = calloc(1, choice_bytes(N_UNITS));
    CU_ASSERT_PTR_NOT_NULL_FATAL(memory);
    struct choice *choice = choice_init(memory, N_UNITS);
    choice_seed(choice, seed);
    return choice;
}

static void a_fixed_latency_is_its_base(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_FIXED, .base = 77, .a = 5};
    for (int i = 0; i < 100; i++)
        CU_ASSERT_EQUAL(choice_latency(choice, 0, CHOICE_IPI, &dist), 77);
    free(choice);
}

static void a_uniform_latency_reaches_both_ends(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_UNIFORM, .base = 100, .a = 3};
    unsigned counts[4] = {0};
    for (int i = 0; i < N; i++) {
        cycle_t cycles = choice_latency(choice, 0, CHOICE_IPI, &dist);
        CU_ASSERT_FATAL(cycles >= 100 && cycles <= 103);
        counts[cycles - 100]++;
    }
    for (int i = 0; i < 4; i++)
        CU_ASSERT_DOUBLE_EQUAL(counts[i], N / 4.0, 5 * sqrt(N * 3 / 16.0));
    free(choice);
}

static void an_exponential_latency_has_its_mean(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_EXPONENTIAL, .base = 100, .a = 400};
    double sum = 0;
    for (int i = 0; i < N; i++) {
        cycle_t cycles = choice_latency(choice, 0, CHOICE_IPI, &dist);
        CU_ASSERT_FATAL(cycles >= 100);
        sum += (double)(cycles - 100);
    }
    CU_ASSERT_DOUBLE_EQUAL(sum / N, 400, 5 * 400 / sqrt(N));
    free(choice);
}

static void a_lognormal_latency_has_its_median_and_shape(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_LOGNORMAL, .base = 100, .a = 100000, .sigma = 0.5};
    int below = 0;
    double sum = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double extra = (double)(choice_latency(choice, 0, CHOICE_IPI, &dist) - 100);
        below += extra < 100000;
        double z = log(extra / 100000) / 0.5;
        sum += z;
        squares += z * z;
    }
    CU_ASSERT_DOUBLE_EQUAL(below, N / 2.0, 5 * sqrt(N / 4.0));
    CU_ASSERT_DOUBLE_EQUAL(sum / N, 0, 5 / sqrt(N));
    CU_ASSERT_DOUBLE_EQUAL(squares / N, 1, 5 * sqrt(2.0 / N));
    free(choice);
}

static void a_table_latency_uses_every_entry(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {
        .kind = DIST_TABLE, .base = 10, .n_table = 3, .table = {0, 5, 80}};
    unsigned counts[81] = {0};
    for (int i = 0; i < N; i++)
        counts[choice_latency(choice, 0, CHOICE_IPI, &dist) - 10]++;
    for (unsigned i = 0; i < 3; i++)
        CU_ASSERT_DOUBLE_EQUAL(counts[dist.table[i]], N / 3.0, 5 * sqrt(N * 2 / 9.0));
    free(choice);
}

static void no_jitter_exceeds_the_maximum(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_EXPONENTIAL, .base = 100, .a = 400, .max = 500};
    bool reached = false;
    for (int i = 0; i < N; i++) {
        cycle_t cycles = choice_latency(choice, 0, CHOICE_IPI, &dist);
        CU_ASSERT_FATAL(cycles <= 600);
        reached = reached || cycles == 600;
    }
    CU_ASSERT(reached);
    free(choice);
}

static void absurd_distributions_stay_in_range(void)
{
    struct choice *choice = seeded(1);
    struct dist dist = {.kind = DIST_LOGNORMAL, .a = CYCLE_NEVER, .sigma = 1e9};
    for (int i = 0; i < 100; i++)
        CU_ASSERT(choice_latency(choice, 0, CHOICE_IPI, &dist) <= UINT64_C(1) << 48);
    dist.kind = DIST_UNIFORM;
    CU_ASSERT(choice_latency(choice, 0, CHOICE_IPI, &dist) <= UINT64_C(1) << 48);
    free(choice);
}

/* The rule that makes results independent of how far a core ran ahead. */
static void what_others_draw_changes_no_draw(void)
{
    struct choice *alone = seeded(5), *crowded = seeded(5);
    for (int i = 0; i < 200; i++) {
        for (int others = i % 3; others > 0; others--) {
            choice_pick(crowded, 0, CHOICE_IPI, 10);
            choice_pick(crowded, 1, CHOICE_LINE, 10);
        }
        CU_ASSERT_EQUAL(choice_pick(alone, 1, CHOICE_IPI, 1000000),
                        choice_pick(crowded, 1, CHOICE_IPI, 1000000));
    }
    free(alone);
    free(crowded);
}

static void streams_of_units_purposes_and_seeds_differ(void)
{
    struct choice *a = seeded(5), *b = seeded(6);
    const uint64_t n = UINT64_MAX;
    uint64_t draws[4] = {
        choice_pick(a, 0, CHOICE_IPI, n), choice_pick(a, 1, CHOICE_IPI, n),
        choice_pick(a, 0, CHOICE_LINE, n), choice_pick(b, 0, CHOICE_IPI, n)};
    for (int i = 0; i < 4; i++) {
        for (int j = 0; j < i; j++)
            CU_ASSERT_NOT_EQUAL(draws[i], draws[j]);
    }
    free(a);
    free(b);
}

static void seeding_again_starts_again(void)
{
    struct choice *choice = seeded(5);
    uint64_t first = choice_pick(choice, 0, CHOICE_IPI, UINT64_MAX);
    CU_ASSERT_NOT_EQUAL(choice_pick(choice, 0, CHOICE_IPI, UINT64_MAX), first);
    choice_seed(choice, 5);
    CU_ASSERT_EQUAL(choice_pick(choice, 0, CHOICE_IPI, UINT64_MAX), first);
    free(choice);
}

static void a_pick_is_below_n(void)
{
    struct choice *choice = seeded(5);
    for (uint64_t n = 1; n < 200; n++)
        CU_ASSERT(choice_pick(choice, 0, CHOICE_POLICY, n) < n);
    free(choice);
}

/* Numbers that were drawn once: another machine must draw the same. */
static void draws_are_the_same_on_every_machine(void)
{
    struct choice *choice = seeded(12345);
    struct dist exponential = {.kind = DIST_EXPONENTIAL, .a = 1000000000};
    struct dist lognormal = {.kind = DIST_LOGNORMAL, .a = 1000000000, .sigma = 1};
    CU_ASSERT_EQUAL(choice_latency(choice, 2, CHOICE_KERNEL, &exponential), 450842396);
    CU_ASSERT_EQUAL(choice_latency(choice, 2, CHOICE_KERNEL, &lognormal), 962040911);
    CU_ASSERT_EQUAL(choice_pick(choice, 2, CHOICE_KERNEL, 1000000), 736064);
    free(choice);
}

static uint64_t pick_last(void *context, unsigned unit, enum choice_purpose purpose,
                          uint64_t n)
{
    *(uint64_t *)context += unit + purpose;
    return n - 1;
}

static void an_oracle_answers_instead_and_knows_no_jitter(void)
{
    struct choice *choice = seeded(5);
    uint64_t asked = 0;
    choice_ask_oracle(choice, (struct choice_oracle){&asked, pick_last});
    CU_ASSERT_EQUAL(choice_pick(choice, 2, CHOICE_POLICY, 8), 7);
    CU_ASSERT_EQUAL(asked, 2 + CHOICE_POLICY);
    struct dist dist = {.kind = DIST_EXPONENTIAL, .base = 100, .a = 400};
    CU_ASSERT_EQUAL(choice_latency(choice, 0, CHOICE_IPI, &dist), 100);
    free(choice);
}

static CU_TestInfo tests[] = {
    {"a fixed latency is its base", a_fixed_latency_is_its_base},
    {"a uniform latency reaches both ends", a_uniform_latency_reaches_both_ends},
    {"an exponential latency has its mean", an_exponential_latency_has_its_mean},
    {"a lognormal latency has its median and shape",
     a_lognormal_latency_has_its_median_and_shape},
    {"a table latency uses every entry", a_table_latency_uses_every_entry},
    {"no jitter exceeds the maximum", no_jitter_exceeds_the_maximum},
    {"absurd distributions stay in range", absurd_distributions_stay_in_range},
    {"what others draw changes no draw", what_others_draw_changes_no_draw},
    {"streams of units, purposes and seeds differ",
     streams_of_units_purposes_and_seeds_differ},
    {"seeding again starts again", seeding_again_starts_again},
    {"a pick is below n", a_pick_is_below_n},
    {"draws are the same on every machine", draws_are_the_same_on_every_machine},
    {"an oracle answers instead and knows no jitter",
     an_oracle_answers_instead_and_knows_no_jitter},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"choice", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
