/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_report_intervals.c - the intervals of src/report/stats.h.
 *
 * With arguments K N ... it prints them instead, for tests/sweep/test_intervals.sh:
 *   K N wilson_low wilson_high exact_low exact_high
 *
 * Links: report
 */
#include "report/stats.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The interval's ends are where the score statistic is 1.96, which is another way to
 * define it: |k - n p| = z sqrt(n p (1 - p)). */
static void wilsons_interval_ends_where_the_score_test_does(void)
{
    static const uint64_t cases[][2] = {
        {1, 10}, {5, 10}, {17, 100}, {559, 1000}, {3, 1000000}};
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double k = (double)cases[i][0], n = (double)cases[i][1], ends[2];
        stats_wilson(cases[i][0], cases[i][1], 0.95, &ends[0], &ends[1]);
        for (unsigned e = 0; e < 2; e++) {
            double z = fabs(k - n * ends[e]) / sqrt(n * ends[e] * (1 - ends[e]));
            CU_ASSERT_DOUBLE_EQUAL(z, 1.959963984540054, 1e-9);
        }
        CU_ASSERT(ends[0] < k / n && k / n < ends[1]);
    }
}

static void an_interval_at_the_edge_stays_within_0_and_1(void)
{
    double low, high;
    stats_wilson(0, 20, 0.95, &low, &high);
    CU_ASSERT_EQUAL(low, 0);
    CU_ASSERT_DOUBLE_EQUAL(high, 3.841458820694124 / 23.841458820694124, 1e-12);
    stats_wilson(20, 20, 0.95, &low, &high);
    CU_ASSERT_EQUAL(high, 1);
    stats_wilson(0, 0, 0.95, &low, &high);
    CU_ASSERT(low == 0 && high == 1);
}

static CU_TestInfo tests[] = {
    {"Wilson's interval ends where the score test does",
     wilsons_interval_ends_where_the_score_test_does},
    {"an interval at the edge stays within 0 and 1",
     an_interval_at_the_edge_stays_within_0_and_1},
    CU_TEST_INFO_NULL,
};

static int print_intervals(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t k = strtoull(argv[i], NULL, 10), n = strtoull(argv[i + 1], NULL, 10);
        double wilson[2], exact[2];
        stats_wilson(k, n, 0.95, &wilson[0], &wilson[1]);
        stats_clopper_pearson(k, n, 0.95, &exact[0], &exact[1]);
        printf("%" PRIu64 " %" PRIu64 " %.17g %.17g %.17g %.17g\n", k, n, wilson[0],
               wilson[1], exact[0], exact[1]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    CU_SuiteInfo suites[] = {{"intervals", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    if (argc > 1)
        return print_intervals(argc, argv);
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
