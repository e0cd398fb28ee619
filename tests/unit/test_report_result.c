/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_report_result.c - intervals, JSON, adding up, summary and comparison.
 *
 * The reference values of the intervals were computed with exact binomial sums
 * in 60-digit decimal arithmetic: no code and no method in common.
 */
#include "report/json.h"
#include "report/report.h"
#include "report/stats.h"
#include "test_check_script.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL(a, b, 2e-13)

static void clopper_pearson_matches_exact_sums(void)
{
    static const struct {
        uint64_t k, n;
        double low, high;
    } known[] = {
        {0, 10, 0, 0.3084971078187608},
        {1, 10, 0.0025285785444618, 0.4450161170281954},
        {5, 10, 0.1870860284473985, 0.8129139715526015},
        {10, 10, 0.6915028921812392, 1},
        {17, 200, 0.0502959186302573, 0.1326051658295524},
        {3, 1000, 0.0006190999316496, 0.0087420232384783},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double low, high;
        stats_clopper_pearson(known[i].k, known[i].n, 0.95, &low, &high);
        NEAR(low, known[i].low);
        NEAR(high, known[i].high);
    }
}

static void wilson_matches_its_formula(void)
{
    static const struct {
        uint64_t k, n;
        double low, high;
    } known[] = {
        {0, 10, 0, 0.2775327998628893},
        {1, 10, 0.0178762130950729, 0.4041500267952385},
        {5, 10, 0.2365930905125640, 0.7634069094874360},
        {17, 200, 0.0537457501774756, 0.1318958707156557},
        {10, 10, 0.7224672001371107, 1},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double low, high;
        stats_wilson(known[i].k, known[i].n, 0.95, &low, &high);
        NEAR(low, known[i].low);
        NEAR(high, known[i].high);
    }
}

static void no_trials_say_nothing(void)
{
    double low, high;
    stats_clopper_pearson(0, 0, 0.95, &low, &high);
    CU_ASSERT(low == 0 && high == 1);
    stats_wilson(0, 0, 0.95, &low, &high);
    CU_ASSERT(low == 0 && high == 1);
    CU_ASSERT(stats_zero_bound(0, 0.95) == 1);
}

static void zero_hits_follow_the_rule_of_three(void)
{
    CU_ASSERT_DOUBLE_EQUAL(stats_zero_bound(1000, 0.95), 0.0029912, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(stats_zero_bound(1000000, 0.95), 2.9957e-6, 1e-9);
}

static void large_counts_converge(void)
{
    double low, high;
    stats_clopper_pearson(17, 100000, 0.95, &low, &high);
    CU_ASSERT(low > 9e-5 && low < 17e-5 && high > 17e-5 && high < 3e-4);
    stats_clopper_pearson(500000000, 1000000000, 0.95, &low, &high);
    CU_ASSERT(low > 0.49996 && low < 0.5 && high > 0.5 && high < 0.50004);
}

static char *text_of(FILE *file)
{
    static char text[65536];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void json_escapes_and_keeps_all_digits(void)
{
    FILE *file = tmpfile();
    struct report_json json = report_json_begin(file, true);
    report_json_object(&json, NULL);
    report_json_string(&json, "a\"b\\", "tab\t nl\n bell\a caf\xc3\xa9 bad\xff \xc3");
    report_json_u64(&json, "max", UINT64_MAX);
    report_json_double(&json, "tenth", 0.1);
    report_json_double(&json, "none", 1.0 / 0.0);
    report_json_hex(&json, "va", 0x5008);
    report_json_list(&json, "list");
    report_json_bool(&json, NULL, true);
    report_json_bool(&json, NULL, false);
    report_json_close(&json);
    report_json_object(&json, "empty");
    report_json_close(&json);
    report_json_close(&json);
    CU_ASSERT_STRING_EQUAL(
        text_of(file),
        "{\"a\\\"b\\\\\":\"tab\\t nl\\n bell\\u0007 caf\xc3\xa9 bad\\ufffd \\ufffd\","
        "\"max\":18446744073709551615,\"tenth\":0.1,\"none\":null,\"va\":\"0x5008\","
        "\"list\":[true,false],\"empty\":{}}\n");
}

/* A trial of the single-stage protocol with a torn read. */
static struct script torn_trial(struct tally *tally,
                                void (*also)(void *, const struct obs *))
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    s.also = also;
    s.context = tally;
    entry_changes(&s);
    acknowledge(&s, B, OLD);
    lock(&s, B);
    uint64_t x = store(&s, B, NEW);
    unlock(&s, B);
    lock(&s, C);
    load(&s, C, OLD, 0);
    acknowledge(&s, C, OLD);
    copy_ends(&s);
    load(&s, C, NEW, x);
    unlock(&s, C);
    return s;
}

static void take(void *context, const struct obs *record)
{
    tally_record(context, record);
}

static struct run_result one_trial(void)
{
    struct tally *tally = tally_create(NULL, NULL);
    struct script s = torn_trial(tally, take);
    tally_end_run(tally, s.now);
    struct run_result one = {
        .machine = "ryzen16",
        .protocol = "single_stage",
        .shootdown = "freebsd2018",
        .engine = "native",
        .seed = 1,
        .cores = 16,
        .core_mhz = 3400,
        .ops = 25,
        .cycles = 12345,
    };
    run_result_take(&one, s.check, tally);
    tally_destroy(tally);
    script_end(&s);
    return one;
}

static void packed_results_add_up_as_unpacked_ones(void)
{
    struct run_result one = one_trial(), here = one_trial(), there = one_trial();
    for (unsigned i = 0; i < 3; i++) {
        run_result_add(&here, &one);
        size_t n;
        void *bytes = run_result_pack(&one, &n);
        struct run_result copy = {0};
        CU_ASSERT(run_result_unpack(&copy, bytes, n));
        run_result_add(&there, &copy);
        run_result_clear(&copy);
        CU_ASSERT(!run_result_unpack(&copy, bytes, n - 1));
        run_result_clear(&copy);
        free(bytes);
    }
    FILE *a = tmpfile(), *b = tmpfile();
    CU_ASSERT_EQUAL(report_result_json(a, &here, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(report_result_json(b, &there, NULL), STATUS_OK);
    char *first = strdup(text_of(a));
    CU_ASSERT_STRING_EQUAL(first, text_of(b));
    CU_ASSERT_PTR_NOT_NULL(strstr(first, "\"trials\": 4"));
    free(first);
    run_result_clear(&one);
    run_result_clear(&here);
    run_result_clear(&there);
}

static void result_json_has_the_promised_names(void)
{
    struct run_result one = one_trial();
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(report_result_json(file, &one, NULL), STATUS_OK);
    const char *text = text_of(file);
    static const char *const names[] = {
        "\"schema\"",
        "\"machine\"",
        "\"protocol\"",
        "\"shootdown\"",
        "\"engine\"",
        "\"seed\"",
        "\"trials\"",
        "\"cores\"",
        "\"trials_violated\": 1",
        "\"rate\": 1",
        "\"rate_ci95\"",
        "\"violations\"",
        "\"total\": 2",
        "\"under_lock\": 2",
        "\"STALE\": 1",
        "\"TORN\": 1",
        "\"LOST\": 0",
        "\"MUTEX\": 0",
        "\"REUSE\": 0",
        "\"stale_reads\"",
        "\"harmless\"",
        "\"unordered\"",
        "\"races\"",
        "\"faults\"",
        "\"cow_copy\": 1",
        "\"upgrade\"",
        "\"spurious\"",
        "\"soft\"",
        "\"not_present\"",
        "\"sleeps_on_busy\"",
        "\"shootdowns\"",
        "\"count\"",
        "\"ipis\": 2",
        "\"skipped_clean\"",
        "\"latency_cycles\"",
        "\"p50\"",
        "\"p90\"",
        "\"p99\"",
        "\"max\"",
        "\"exposure_cycles\"",
        "\"tlb\"",
        "\"l1d\"",
        "\"l1i\"",
        "\"l2d\"",
        "\"l2i\"",
        "\"hits\"",
        "\"misses\"",
        "\"walks\"",
        "\"cycles\": 12345",
        "\"ops\": 25",
        "\"host_seconds\"",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CU_ASSERT_PTR_NOT_NULL(strstr(text, names[i]));
    run_result_clear(&one);
}

static void violations_are_one_line_each(void)
{
    struct script s = torn_trial(NULL, NULL);
    struct run_result one = {.protocol = "single_stage"};
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(
        report_violations_jsonl(file, &one, 7, check_result(s.check), NULL, NULL),
        STATUS_OK);
    const char *text = text_of(file);
    unsigned lines = 0;
    for (const char *at = text; *at; at++)
        lines += *at == '\n';
    CU_ASSERT_EQUAL(lines, 2);
    CU_ASSERT_EQUAL(strncmp(text, "{\"rule\":\"STALE\",\"under_lock\":true", 33), 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"trial\":7"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "\"kind\":\"PTE_WRITE\""));
    script_end(&s);
}

static void a_summary_says_the_verdict_and_draws_it(void)
{
    struct run_result one = one_trial();
    struct script s = torn_trial(NULL, NULL);
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(report_summary(file, &one, check_result(s.check), NULL, NULL),
                    STATUS_OK);
    const char *text = text_of(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "2 violations, 2 under lock: STALE 1, TORN 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "^ TORN: was 0"));
    CU_ASSERT_PTR_NULL(strchr(text, '\033'));
    run_result_clear(&one);
    script_end(&s);
}

static void a_clean_summary_gives_a_bound(void)
{
    struct run_result clean = {.trials = 1000, .machine = "m", .protocol = "two_stage"};
    FILE *file = tmpfile();
    report_summary(file, &clean, NULL, NULL, NULL);
    const char *text = text_of(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "No violation."));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "below 0.30 % with 95 % confidence"));
}

static void a_comparison_has_a_column_per_result(void)
{
    struct run_result a = one_trial(), b = {.protocol = "break_before_make",
                                            .trials = 1000,
                                            .cycles = 13000 * 1000};
    const struct run_result *both[] = {&a, &b};
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(report_compare(file, both, 2, NULL, NULL), STATUS_OK);
    const char *text = text_of(file);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "single_stage"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "break_before_make"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "+5.31 %"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "< 0.30 %"));
    run_result_clear(&a);
}

static void every_format_reports_a_full_disk(void)
{
    struct run_result one = one_trial();
    const struct run_result *list[] = {&one};
    struct script s = torn_trial(NULL, NULL);
    const struct check_result *check = check_result(s.check);
    for (unsigned format = 0; format < 5; format++) {
        FILE *full = fopen("/dev/full", "w");
        if (!full)
            break;
        enum status status =
            format == 0   ? report_result_json(full, &one, NULL)
            : format == 1 ? report_results_json(full, list, 1, NULL)
            : format == 2 ? report_summary(full, &one, check, NULL, NULL)
            : format == 3 ? report_compare(full, list, 1, NULL, NULL)
                          : report_violations_jsonl(full, &one, 0, check, NULL, NULL);
        CU_ASSERT_EQUAL(status, STATUS_STORE);
        fclose(full);
    }
    run_result_clear(&one);
    script_end(&s);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(clopper_pearson_matches_exact_sums),
    ROW(wilson_matches_its_formula),
    ROW(no_trials_say_nothing),
    ROW(zero_hits_follow_the_rule_of_three),
    ROW(large_counts_converge),
    ROW(json_escapes_and_keeps_all_digits),
    ROW(packed_results_add_up_as_unpacked_ones),
    ROW(result_json_has_the_promised_names),
    ROW(violations_are_one_line_each),
    ROW(a_summary_says_the_verdict_and_draws_it),
    ROW(a_clean_summary_gives_a_bound),
    ROW(a_comparison_has_a_column_per_result),
    ROW(every_format_reports_a_full_disk),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"report result", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
