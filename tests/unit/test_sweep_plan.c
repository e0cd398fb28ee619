/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sweep_plan.c - axes, points and when a point is precise enough
 * (src/sweep/plan.h); buckets of distributions (src/results/store.h).
 * Links: results report
 */
#include "report/stats.h"
#include "results/store.h"
#include "sweep/plan.h"

#include <CUnit/Basic.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct sweep_plan one_guest(void)
{
    struct sweep_plan p = {.n_traces = 1, .trials = 10};
    return p;
}

static void a_list_a_range_and_a_series_are_axes(void)
{
    struct sweep_plan p = one_guest();
    struct err err;
    CU_ASSERT_EQUAL(sweep_vary(&p, "kernel.shootdown=freebsd2018,freebsd2020", &err),
                    STATUS_OK);
    CU_ASSERT_EQUAL(sweep_vary(&p, "ipi.delivery_ns=50:200:50", &err), STATUS_OK);
    CU_ASSERT_EQUAL(sweep_vary(&p, "mem.copy_lines=1:64:x4", &err), STATUS_OK);
    CU_ASSERT_EQUAL(p.axes[0].n, 2);
    CU_ASSERT_EQUAL(p.axes[1].n, 4);
    CU_ASSERT_EQUAL(p.axes[2].n, 4);
    CU_ASSERT_STRING_EQUAL(p.axes[1].values[3], "200");
    CU_ASSERT_STRING_EQUAL(p.axes[2].values[2], "16");
    CU_ASSERT_STRING_EQUAL(p.axes[1].unit, "ns");
    CU_ASSERT_STRING_EQUAL(p.axes[2].unit, "");
    sweep_plan_free(&p);
}

/* 0.1 is not exact in binary: its multiples must be all the same. */
static void a_range_of_tenths_ends_where_it_should(void)
{
    struct sweep_plan p = one_guest();
    struct err err;
    CU_ASSERT_EQUAL(sweep_vary(&p, "machine.clock_ghz=0.1:1:0.1", &err), STATUS_OK);
    CU_ASSERT_EQUAL(p.axes[0].n, 10);
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[2], "0.3");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[9], "1");
    sweep_plan_free(&p);
}

static void a_logarithmic_range_has_its_ends_and_equal_factors(void)
{
    struct sweep_plan p = one_guest();
    struct err err;
    CU_ASSERT_EQUAL(sweep_vary(&p, "ipi.delivery_ns=0.7:1234.5:log9", &err), STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(p.axes[0].n, 9);
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[0], "0.7");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[8], "1234.5");
    double factor = pow(1234.5 / 0.7, 1.0 / 8);
    for (unsigned i = 0; i < 8; i++)
        CU_ASSERT_DOUBLE_EQUAL(strtod(p.axes[0].values[i + 1], NULL) /
                                   strtod(p.axes[0].values[i], NULL),
                               factor, 1e-4);
    sweep_plan_free(&p);
}

static void a_comma_inside_json_is_the_values(void)
{
    struct sweep_plan p = one_guest();
    struct err err;
    CU_ASSERT_EQUAL(
        sweep_vary(&p,
                   "a.b={\"x\":[1,2],\"y,\":\"},\"},[3,4],\"a,\\\",b\",word,\"two\"",
                   &err),
        STATUS_OK);
    CU_ASSERT_EQUAL_FATAL(p.axes[0].n, 5);
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[0], "{\"x\": [1, 2], \"y,\": \"},\"}");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[1], "[3, 4]");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[2], "\"a,\\\",b\"");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[3], "word");
    CU_ASSERT_STRING_EQUAL(p.axes[0].values[4], "two");
    sweep_plan_free(&p);
}

/* Whole clusters, then whole dies, then as many sockets as it takes. */
static void cores_fill_clusters_then_dies_then_sockets(void)
{
    static const struct {
        uint64_t n;
        struct topology_config is; /* No sockets: cannot be built. */
    } cases[] = {
        {1, {0, 0, 0, 0, 0}},  {2, {1, 1, 1, 1, 2}},  {6, {1, 1, 1, 3, 2}},
        {7, {0, 0, 0, 0, 0}},  {8, {1, 1, 1, 4, 2}},  {12, {0, 0, 0, 0, 0}},
        {16, {1, 1, 2, 4, 2}}, {24, {1, 1, 3, 4, 2}}, {48, {1, 2, 3, 4, 2}},
        {72, {0, 0, 0, 0, 0}}, {96, {2, 2, 3, 4, 2}}, {144, {3, 2, 3, 4, 2}},
        {0, {0, 0, 0, 0, 0}},
    };
    for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct topology_config t = {1, 2, 3, 4, 2};
        CU_ASSERT_EQUAL(sweep_topology(&t, cases[i].n), cases[i].is.sockets > 0);
        if (cases[i].is.sockets)
            CU_ASSERT_EQUAL(memcmp(&t, &cases[i].is, sizeof t), 0);
    }
}

static void the_last_axis_runs_fastest(void)
{
    struct sweep_plan p = one_guest();
    const char *protocols[] = {"a", "b", NULL};
    struct err err;
    uint64_t n;
    p.protocols = protocols;
    p.n_protocols = 2;
    sweep_vary(&p, "x.y=1,2", &err);
    sweep_vary(&p, "x.z=5,6,7", &err);
    CU_ASSERT_EQUAL(sweep_count(&p, &n, &err), STATUS_OK);
    CU_ASSERT_EQUAL(n, 12);
    struct sweep_place place = sweep_place_of(&p, 4);
    CU_ASSERT_STRING_EQUAL(place.protocol, "a");
    CU_ASSERT_STRING_EQUAL(place.values[0], "2");
    CU_ASSERT_STRING_EQUAL(place.values[1], "6");
    CU_ASSERT_STRING_EQUAL(sweep_place_of(&p, 6).protocol, "b");
    sweep_plan_free(&p);
}

static void zipped_axes_go_along_side_by_side(void)
{
    struct sweep_plan p = one_guest();
    struct err err;
    uint64_t n;
    p.zip = true;
    sweep_vary(&p, "x.y=1,2,3", &err);
    sweep_vary(&p, "x.z=5,6,7", &err);
    CU_ASSERT_EQUAL(sweep_count(&p, &n, &err), STATUS_OK);
    CU_ASSERT_EQUAL(n, 3);
    CU_ASSERT_STRING_EQUAL(sweep_place_of(&p, 2).values[0], "3");
    CU_ASSERT_STRING_EQUAL(sweep_place_of(&p, 2).values[1], "7");
    sweep_plan_free(&p);
}

static void precision_is_asked_after_100_trials_and_each_tenth_more(void)
{
    static const uint64_t looks[] = {100, 110, 121, 134, 148, 163, 180, 198};
    unsigned n_looks = 0;
    for (uint64_t n = 1; n <= 200; n++)
        if (sweep_is_precise(0.49, n, 0)) {
            CU_ASSERT_EQUAL_FATAL(n, looks[n_looks]);
            n_looks++;
        }
    CU_ASSERT_EQUAL(n_looks, sizeof looks / sizeof looks[0]);
    CU_ASSERT(!sweep_is_precise(0, 100, 0));
    CU_ASSERT(!sweep_is_precise(0.05, 100, 50));
}

#define MOST_TRIALS 1200u /* A precision of 3 points needs no more. */

/* Where the rule stops with 'k' of 'n', and the interval there. */
struct stop {
    bool stops;
    double low, high;
};

/* [n][k], as one block; the caller frees. */
static struct stop *list_stops(double precision)
{
    struct stop *all = calloc((MOST_TRIALS + 1) * (MOST_TRIALS + 1), sizeof *all);
    for (unsigned n = 1; n <= MOST_TRIALS; n++)
        for (unsigned k = 0; k <= n; k++) {
            struct stop *s = &all[n * (MOST_TRIALS + 1) + k];
            s->stops = sweep_is_precise(precision, n, k);
            if (s->stops)
                stats_wilson(k, n, 0.95, &s->low, &s->high);
        }
    return all;
}

/* What the rule does to a coin, added up exactly: 'at[k]' is the probability that the
 * sweep goes on and has seen 'k' violated of 'n'. */
static void stop_early(const struct stop *stops, double rate, double *mean,
                       double *covered, double *trials)
{
    double at[MOST_TRIALS + 1] = {1}, left = 1;
    *mean = *covered = *trials = 0;
    for (unsigned n = 1; n <= MOST_TRIALS; n++) {
        for (unsigned k = n; k > 0; k--)
            at[k] = at[k] * (1 - rate) + at[k - 1] * rate;
        at[0] *= 1 - rate;
        for (unsigned k = 0; k <= n; k++) {
            const struct stop *s = &stops[n * (MOST_TRIALS + 1) + k];
            if (!s->stops)
                continue;
            *mean += at[k] * k / n;
            *trials += at[k] * n;
            *covered += s->low <= rate && rate <= s->high ? at[k] : 0;
            left -= at[k];
            at[k] = 0;
        }
    }
    CU_ASSERT(fabs(left) < 1e-9); /* It stopped, whatever came. */
}

/* How often Wilson's interval of 'n' trials covers 'rate', for comparison. */
static double fixed_coverage(unsigned n, double rate)
{
    double sum = 0;
    for (unsigned k = 0; k <= n; k++) {
        double low, high;
        stats_wilson(k, n, 0.95, &low, &high);
        double log_p = lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) +
                       k * log(rate) + (n - k) * log1p(-rate);
        sum += low <= rate && rate <= high ? exp(log_p) : 0;
    }
    return sum;
}

/* Stopping when one is sure moves the mean a little, and an interval that is chosen by
 * what it holds covers a little less often than one of a fixed number of trials.
 * docs/sweep.md has the numbers that this prints. */
static void stopping_early_costs_less_than_a_sixth_of_the_precision(void)
{
    static const double precisions[] = {0.10, 0.08, 0.05, 0.03};
    for (unsigned i = 0; i < 4; i++) {
        double bias = 0, worst = 1, sum = 0, fewest = 1e9, most = 0;
        struct stop *stops = list_stops(precisions[i]);
        for (unsigned percent = 1; percent < 100; percent++) {
            double mean, covered, trials, rate = percent / 100.0;
            stop_early(stops, rate, &mean, &covered, &trials);
            bias = fmax(bias, fabs(mean - rate));
            worst = fmin(worst, covered);
            fewest = fmin(fewest, trials);
            most = fmax(most, trials);
            sum += covered;
        }
        free(stops);
        printf("precision %.2f: bias at most %.4f, covered %.4f at least, %.4f mean, "
               "%.0f to %.0f trials\n",
               precisions[i], bias, worst, sum / 99, fewest, most);
        CU_ASSERT(bias < precisions[i] / 6);
        CU_ASSERT(worst > 0.92);
        CU_ASSERT(sum / 99 > 0.945);
    }
    double worst = 1, sum = 0;
    for (unsigned percent = 1; percent < 100; percent++) {
        double covered = fixed_coverage(100, percent / 100.0);
        worst = fmin(worst, covered);
        sum += covered;
    }
    printf("always 100 trials: covered %.4f at least, %.4f mean\n", worst, sum / 99);
}

static void a_bucket_is_at_most_a_64th_above(void)
{
    for (uint64_t v = 0; v < 4096; v++)
        CU_ASSERT_EQUAL(results_bucket(v), v);
    for (uint64_t v = 4096; v < UINT64_C(1) << 40; v = v * 9 / 8 + 1) {
        uint64_t b = results_bucket(v);
        CU_ASSERT(b >= v && b - v <= v / 64);
        CU_ASSERT_EQUAL(results_bucket(b), b);
    }
}

static CU_TestInfo tests[] = {
    {"a list, a range and a series are axes", a_list_a_range_and_a_series_are_axes},
    {"a range of tenths ends where it should", a_range_of_tenths_ends_where_it_should},
    {"a logarithmic range has its ends and equal factors",
     a_logarithmic_range_has_its_ends_and_equal_factors},
    {"a comma inside JSON is the value's", a_comma_inside_json_is_the_values},
    {"cores fill clusters, then dies, then sockets",
     cores_fill_clusters_then_dies_then_sockets},
    {"the last axis runs fastest", the_last_axis_runs_fastest},
    {"zipped axes go along side by side", zipped_axes_go_along_side_by_side},
    {"precision is asked after 100 trials and each tenth more",
     precision_is_asked_after_100_trials_and_each_tenth_more},
    {"stopping early costs less than a sixth of the precision",
     stopping_early_costs_less_than_a_sixth_of_the_precision},
    {"a bucket is at most a 64th above", a_bucket_is_at_most_a_64th_above},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"sweep_plan", NULL, NULL, NULL, NULL, tests},
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
