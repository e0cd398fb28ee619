/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_figure_build.c - rows of figures, from a small results file whose numbers are
 * known by hand.
 *
 * Two protocols ("old", "new"), x = 10, 20, 40 ns, 4 and 8 CPUs: 12 points of 4 trials.
 * Under "old" x/10 of the 4 trials are violated; a trial takes 1000 cycles, under "new"
 * 1500.  Each trial has one shootdown of x cycles, and one exposure of 5000 + x.
 * Links: results report
 */
#include "figure/figure.h"
#include "results/store.h"

#include <CUnit/Basic.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 1e-9)

static char path[] = "/tmp/test_figure_XXXXXX";
static struct results *results;
static struct points points;

/* In the making of a suite CUnit knows no assertions. */
static void must(enum status status)
{
    if (status)
        abort();
}

static void put_trial(uint64_t point, uint64_t trial, bool violated, uint64_t x,
                      bool is_new)
{
    struct err err;
    uint64_t latency = x, exposure = 5000 + x;
    struct results_trial t = {
        .point = point,
        .trial = trial,
        .seed = 1 + trial,
        .end = "done",
        .message = "",
        .distributions = {{"shootdown_latency", &latency, 1},
                          {"exposure", &exposure, 1},
                          {"stale_age", NULL, 0}},
    };
    t.counts[RESULTS_UNDER_LOCK] = violated;
    t.counts[RESULTS_CYCLES] = is_new ? 1500 : 1000;
    t.counts[RESULTS_COW_COPY] = 2;
    t.counts[RESULTS_UPGRADE] = is_new ? 2 : 0;
    must(results_put_trial(results, &t, &err));
}

static void put_point(uint64_t id, const char *protocol, uint64_t x, uint64_t cores)
{
    struct err err;
    char value[16], hash[16];
    snprintf(value, sizeof value, "%" PRIu64, x);
    snprintf(hash, sizeof hash, "point %" PRIu64, id);
    const struct results_param params[] = {
        {.key = "ipi.delivery_ns", .value = value, .unit = "ns", .is_number = true},
        {.key = "protocol", .value = protocol, .unit = ""},
    };
    const struct results_point p = {.id = id,
                                    .cores = cores,
                                    .first_seed = 1,
                                    .trials_planned = 4,
                                    .core_mhz = 1000,
                                    .xxh3 = hash,
                                    .machine = "m",
                                    .protocol = protocol,
                                    .shootdown = "s",
                                    .engine = "native",
                                    .params_json = "{}",
                                    .config_xxh3 = "c",
                                    .params = params,
                                    .n_params = 2};
    bool is_new = strcmp(protocol, "new") == 0;
    must(results_put_point(results, &p, &err));
    for (uint64_t t = 0; t < 4; t++)
        put_trial(id, t, !is_new && t < x / 10, x, is_new);
    must(results_end_point(results, id, "trials", 3, &err));
}

static int make_results(void)
{
    static const uint64_t xs[] = {40, 10, 20}; /* Not in order: axes are sorted. */
    struct err err;
    bool is_new;
    uint64_t id = 0;
    int fd = mkstemp(path);
    close(fd);
    unlink(path);
    results = results_open(path, &is_new, &err);
    if (!results)
        return 1;
    const struct results_trace trace = {0, 3, 100, "g.trace", "hash"};
    if (results_put_trace(results, &trace, &err))
        return 1;
    for (unsigned p = 0; p < 2; p++)
        for (unsigned i = 0; i < 3; i++)
            for (unsigned c = 4; c <= 8; c += 4)
                put_point(id++, p ? "new" : "old", xs[i], c);
    return points_load(&points, results, &err) != STATUS_OK;
}

static int drop_results(void)
{
    points_free(&points);
    results_close(results);
    unlink(path);
    return 0;
}

static struct figure *build(const struct figure_spec *spec)
{
    struct figure *f = NULL;
    struct err err = {0};
    CU_ASSERT_EQUAL_FATAL(figure_build(spec, &points, results, &f, &err), STATUS_OK);
    return f;
}

static void what_does_not_differ_is_no_dimension(void)
{
    CU_ASSERT_EQUAL(points.n, 12);
    CU_ASSERT_EQUAL(points.n_dims, 3);
    CU_ASSERT(points_dim(&points, "protocol") >= 0);
    CU_ASSERT(points_dim(&points, "cores") >= 0);
    CU_ASSERT_EQUAL(points_dim(&points, "trace"), -1);
}

static void numbers_are_sorted_and_words_are_not(void)
{
    const struct points_dim *x = &points.dims[points_dim(&points, "ipi.delivery_ns")];
    const struct points_dim *p = &points.dims[points_dim(&points, "protocol")];
    CU_ASSERT_STRING_EQUAL(x->values[0].text, "10");
    CU_ASSERT_STRING_EQUAL(x->values[2].text, "40");
    CU_ASSERT_STRING_EQUAL(p->values[0].text, "old");
}

static void a_line_has_a_panel_for_what_is_neither_x_nor_series(void)
{
    const struct figure_spec spec = {.name = "r",
                                     .kind = FIGURE_LINE,
                                     .x = "ipi.delivery_ns",
                                     .y = {"rate"},
                                     .n_y = 1,
                                     .log_x = -1,
                                     .log_y = -1};
    struct figure *f = build(&spec);
    CU_ASSERT_EQUAL(f->n_panels, 2);
    CU_ASSERT_STRING_EQUAL(f->panels[0].title, "4 CPUs");
    CU_ASSERT_EQUAL(f->panels[0].n_series, 2);
    CU_ASSERT_STRING_EQUAL(f->panels[0].series[0].label, "old");
    CU_ASSERT_EQUAL(f->panels[0].series[0].n, 3);
    CU_ASSERT_TRUE(f->log_x); /* 10, 20, 40. */
    CU_ASSERT_FALSE(f->pooled);
    figure_free(f);
}

static void a_rate_has_wilsons_interval(void)
{
    const struct figure_spec spec = {.name = "r",
                                     .kind = FIGURE_LINE,
                                     .x = "ipi.delivery_ns",
                                     .y = {"rate"},
                                     .n_y = 1};
    struct figure *f = build(&spec);
    const double *v = f->panels[0].series[0].rows[1].v; /* x = 20: 2 of 4. */
    NEAR(v[0], 20);
    NEAR(v[1], 50);
    CU_ASSERT_DOUBLE_EQUAL(v[2], 15.0038990, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(v[3], 84.9961010, 1e-6);
    figure_free(f);
}

static void trials_that_meet_are_added_up_and_said(void)
{
    const struct figure_spec spec = {.name = "r",
                                     .kind = FIGURE_LINE,
                                     .x = "ipi.delivery_ns",
                                     .y = {"rate"},
                                     .n_y = 1,
                                     .series = "cores",
                                     .where = {{"protocol", "old"}},
                                     .n_where = 1};
    struct figure *f = build(&spec);
    CU_ASSERT_EQUAL(f->n_panels, 1);
    NEAR(f->panels[0].series[1].rows[2].v[1], 100);
    CU_ASSERT_FALSE(f->pooled);
    figure_free(f);
    const struct figure_spec all = {.name = "t",
                                    .kind = FIGURE_BARS,
                                    .y = {"rate", "faults_per_cow_page"},
                                    .n_y = 2};
    f = build(&all);
    CU_ASSERT_TRUE(f->pooled);
    /* (1 + 2 + 4) of 12 trials, twice. */
    NEAR(f->panels[0].series[0].rows[0].v[1], 100.0 * 14 / 24);
    NEAR(f->panels[1].series[1].rows[0].v[1], 2);
    figure_free(f);
}

static void relative_is_to_the_first_protocol_all_else_equal(void)
{
    const struct figure_spec spec = {.name = "c",
                                     .kind = FIGURE_BARS,
                                     .y = {"relative.mean_duration_cycles"},
                                     .n_y = 1};
    struct figure *f = build(&spec);
    NEAR(f->panels[0].series[0].rows[0].v[1], 1);
    NEAR(f->panels[0].series[1].rows[0].v[1], 1.5);
    figure_free(f);
}

static void an_ecdf_goes_from_0_to_1(void)
{
    const struct figure_spec spec = {.name = "e",
                                     .kind = FIGURE_ECDF,
                                     .y = {"exposure"},
                                     .n_y = 1,
                                     .where = {{"cores", "8"}},
                                     .n_where = 1};
    struct figure *f = build(&spec);
    CU_ASSERT_EQUAL(f->n_panels, 3); /* A panel per x. */
    const struct figure_series *s = &f->panels[0].series[0];
    NEAR(s->rows[0].v[1], 0);
    NEAR(s->rows[s->n - 1].v[1], 1);
    /* 5010 is counted at the upper end of its bucket, at most 1/64 above. */
    CU_ASSERT(s->rows[0].v[0] >= 5010 && s->rows[0].v[0] <= 5010 * (1 + 1.0 / 64));
    figure_free(f);
}

static void a_histogram_counts_every_value_once(void)
{
    const struct figure_spec spec = {.name = "h",
                                     .kind = FIGURE_HISTOGRAM,
                                     .y = {"shootdown_latency"},
                                     .n_y = 1,
                                     .where = {{"cores", "4"}, {"protocol", "old"}},
                                     .n_where = 2,
                                     .series = "ipi.delivery_ns"};
    struct figure *f = build(&spec);
    for (uint32_t s = 0; s < 3; s++) {
        double n = 0;
        for (uint32_t i = 0; i < f->panels[0].series[s].n; i++)
            n += f->panels[0].series[s].rows[i].v[2];
        NEAR(n, 4);
    }
    figure_free(f);
}

static void percentiles_are_series(void)
{
    const struct figure_spec spec = {
        .name = "l",
        .kind = FIGURE_LINE,
        .x = "cores",
        .y = {"shootdown_latency.p50", "shootdown_latency.p99"},
        .n_y = 2};
    struct figure *f = build(&spec);
    CU_ASSERT_STRING_EQUAL(f->panels[0].series[0].label, "p50");
    CU_ASSERT_STRING_EQUAL(f->panels[0].series[1].label, "p99");
    CU_ASSERT_EQUAL(f->n_panels, 6); /* Protocol and latency. */
    figure_free(f);
}

static void a_heat_map_has_a_cell_per_pair(void)
{
    const struct figure_spec spec = {.name = "m",
                                     .kind = FIGURE_HEAT,
                                     .x = "ipi.delivery_ns",
                                     .by = "cores",
                                     .y = {"rate"},
                                     .n_y = 1};
    struct figure *f = build(&spec);
    CU_ASSERT_EQUAL(f->n_panels, 2);
    CU_ASSERT_EQUAL(f->panels[0].series[0].n, 6);
    NEAR(f->panels[0].series[0].rows[0].v[2], 25);
    figure_free(f);
}

static void a_tornado_goes_from_the_lowest_mean_to_the_highest(void)
{
    const struct figure_spec spec = {
        .name = "t", .kind = FIGURE_TORNADO, .y = {"rate"}, .n_y = 1};
    struct figure *f = build(&spec);
    CU_ASSERT_EQUAL(f->n_panels, 1); /* Nothing moves "new". */
    CU_ASSERT_STRING_EQUAL(f->panels[0].title, "old");
    const struct figure_series *s = &f->panels[0].series[0];
    CU_ASSERT_EQUAL_FATAL(s->n, 2);
    NEAR(s->rows[1].v[1], 25);
    NEAR(s->rows[1].v[2], 100);
    CU_ASSERT_STRING_EQUAL(s->rows[1].label, "ipi.delivery_ns: 10, 40");
    NEAR(s->rows[0].v[2] - s->rows[0].v[1], 0); /* The cores do not matter. */
    figure_free(f);
}

static void a_wrong_description_is_refused_with_its_reason(void)
{
    static const struct {
        struct figure_spec spec;
        const char *says;
    } wrong[] = {
        {{.name = "a", .kind = FIGURE_LINE, .x = "nothing", .y = {"rate"}, .n_y = 1},
         "\"nothing\" does not differ"},
        {{.name = "a", .kind = FIGURE_LINE, .x = "protocol", .y = {"rate"}, .n_y = 1},
         "is no number"},
        {{.name = "a", .kind = FIGURE_LINE, .x = "cores", .y = {"; DROP"}, .n_y = 1},
         "there is no \"; DROP\""},
        {{.name = "a", .kind = FIGURE_ECDF, .y = {"rate"}, .n_y = 1},
         "is not a distribution"},
        {{.name = "a", .kind = FIGURE_LINE, .x = "cores", .y = {"exposure"}, .n_y = 1},
         "is a distribution"},
        {{.name = "a", .kind = FIGURE_HISTOGRAM, .y = {"stale_age"}, .n_y = 1},
         "nothing to show"},
        {{.name = "a",
          .kind = FIGURE_BARS,
          .y = {"rate"},
          .n_y = 1,
          .where = {{"cores", "5"}},
          .n_where = 1},
         "no point has cores=5"},
        {{.name = "a",
          .kind = FIGURE_HEAT,
          .x = "cores",
          .by = "cores",
          .y = {"rate"},
          .n_y = 1},
         "another dimension"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct figure *f;
        struct err err = {0};
        CU_ASSERT_EQUAL(figure_build(&wrong[i].spec, &points, results, &f, &err),
                        STATUS_CONFIG);
        CU_ASSERT_PTR_NULL(f);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, wrong[i].says));
    }
}

static void known_figures_say_why_they_are_not_there(void)
{
    struct figure_spec *specs = NULL;
    uint32_t n = 0;
    struct err err = {0};
    char *why = NULL;
    size_t bytes = 0;
    FILE *file = open_memstream(&why, &bytes);
    CU_ASSERT_EQUAL(figure_known(&points, results, &specs, &n, file, &err), STATUS_OK);
    fclose(file);
    CU_ASSERT_EQUAL(n, 7);
    CU_ASSERT_STRING_EQUAL(specs[0].name, "rate-ipi-delivery-ns");
    CU_ASSERT_PTR_NOT_NULL(strstr(why, "stale-age: no load missed a store"));
    free(specs);
    free(why);
}

/* Every writer, for every kind of figure. */
static void equal_figures_give_equal_bytes(void)
{
    typedef enum status write_fn(FILE *, const struct figure *, struct err *);
    static write_fn *const writers[] = {figure_write_dat, figure_write_gnuplot,
                                        figure_write_pgfplots};
    struct figure_spec *specs = NULL;
    uint32_t n = 0;
    struct err err = {0};
    figure_known(&points, results, &specs, &n, NULL, &err);
    for (uint32_t i = 0; i < n; i++)
        for (unsigned w = 0; w < 3; w++) {
            char *bytes[2] = {NULL, NULL};
            size_t sizes[2] = {0, 0};
            for (unsigned k = 0; k < 2; k++) {
                struct figure *f = build(&specs[i]);
                FILE *file = open_memstream(&bytes[k], &sizes[k]);
                CU_ASSERT_EQUAL(writers[w](file, f, &err), STATUS_OK);
                fclose(file);
                figure_free(f);
            }
            CU_ASSERT(sizes[0] > 100);
            CU_ASSERT_EQUAL(sizes[0], sizes[1]);
            CU_ASSERT_EQUAL(memcmp(bytes[0], bytes[1], sizes[0]), 0);
            free(bytes[0]);
            free(bytes[1]);
        }
    free(specs);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("figure_build", make_results, drop_results);
#define ADD(rule) CU_add_test(suite, #rule, rule)
    ADD(what_does_not_differ_is_no_dimension);
    ADD(numbers_are_sorted_and_words_are_not);
    ADD(a_line_has_a_panel_for_what_is_neither_x_nor_series);
    ADD(a_rate_has_wilsons_interval);
    ADD(trials_that_meet_are_added_up_and_said);
    ADD(relative_is_to_the_first_protocol_all_else_equal);
    ADD(an_ecdf_goes_from_0_to_1);
    ADD(a_histogram_counts_every_value_once);
    ADD(percentiles_are_series);
    ADD(a_heat_map_has_a_cell_per_pair);
    ADD(a_tornado_goes_from_the_lowest_mean_to_the_highest);
    ADD(a_wrong_description_is_refused_with_its_reason);
    ADD(known_figures_say_why_they_are_not_there);
    ADD(equal_figures_give_equal_bytes);
#undef ADD
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
