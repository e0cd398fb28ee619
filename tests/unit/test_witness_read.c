/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_witness_read.c - a violation comes back from its line as it was.
 *
 * Links: check report
 */
#include "test_witness_lines.h"

#include <CUnit/Basic.h>

static void compare_line(const char *line, void *context)
{
    struct witness w;
    struct err err = {0};
    (void)context;
    enum status status = witness_read(&w, line, &err);
    CU_ASSERT_EQUAL(status, STATUS_OK);
    if (status) {
        printf("%s\n", err.message);
        return;
    }
    char *again = lines_jsonl(&w);
    CU_ASSERT_STRING_EQUAL(again, line);
    free(again);
    witness_free(&w);
}

static void what_is_read_writes_itself_with_the_same_bytes(void)
{
    struct lines_seen seen;
    lines_each(compare_line, NULL, &seen);
}

static void keep_line(const char *line, void *context)
{
    char **kept = context;
    if (!*kept)
        *kept = strdup(line);
}

static char *a_line(void)
{
    char *line = NULL;
    lines_story(torn_story, true, keep_line, &line);
    CU_ASSERT_PTR_NOT_NULL_FATAL(line);
    return line;
}

static void the_text_timeline_is_that_of_the_run(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    torn_story(&s);
    const struct check_names names = {.name = lines_name};
    struct report_context context = {.names = &names};
    struct witness w;
    char *line = a_line(), *live, *stored;
    size_t n;
    CU_ASSERT_EQUAL_FATAL(witness_read(&w, line, NULL), STATUS_OK);
    FILE *file = open_memstream(&live, &n);
    report_timeline(file, check_result(s.check)->violations, &context, NULL);
    fclose(file);
    const struct check_names own = witness_names(&w);
    context.names = &own;
    file = open_memstream(&stored, &n);
    report_timeline(file, &w.v, &context, NULL);
    fclose(file);
    CU_ASSERT_STRING_EQUAL(live, stored);
    CU_ASSERT_PTR_NOT_NULL(strstr(stored, "table+0x8"));
    free(live);
    free(stored);
    free(line);
    witness_free(&w);
    script_end(&s);
}

static void only_the_word_and_the_lock_have_names(void)
{
    char *line = a_line(), text[64];
    struct witness w;
    CU_ASSERT_EQUAL_FATAL(witness_read(&w, line, NULL), STATUS_OK);
    struct check_names names = witness_names(&w);
    names.name(names.context, w.v.space, X, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "table+0x8");
    names.name(names.context, w.v.space, L, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "a<b>&\"lock\"");
    names.name(names.context, w.v.space, X + 8, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "0x5010");
    names.name(names.context, w.v.space + 1, X, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, "0x5008");
    witness_free(&w);
    free(line);
}

/* Reads 'line' and expects an error that has 'words'. */
static void refused(const char *line, const char *words)
{
    struct witness w;
    struct err err = {0};
    CU_ASSERT_EQUAL(witness_read(&w, line, &err), STATUS_STORE);
    CU_ASSERT_EQUAL(err.status, STATUS_STORE);
    CU_ASSERT_PTR_NULL(w.records);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, words));
    if (!strstr(err.message, words))
        printf("'%s' is not in: %s\n", words, err.message);
}

static void a_line_cut_anywhere_is_refused(void)
{
    char *line = a_line();
    size_t n = strlen(line) - 1; /* Without the newline, which may be missing. */
    for (size_t cut = 0; cut < n; cut++) {
        char after = line[cut];
        line[cut] = '\0';
        struct witness w;
        struct err err = {0};
        CU_ASSERT_EQUAL(witness_read(&w, line, &err), STATUS_STORE);
        line[cut] = after;
    }
    struct witness w;
    line[n] = '\0';
    CU_ASSERT_EQUAL(witness_read(&w, line, NULL), STATUS_OK);
    witness_free(&w);
    free(line);
}

/* Replaces the first 'before' of a good line by 'after'. */
static void with(const char *before, const char *after, const char *words)
{
    char *line = a_line(), *at = strstr(line, before), changed[1 << 16];
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - line), line, after,
             at + strlen(before));
    refused(changed, words);
    free(line);
}

static void an_error_says_which_key_is_wrong(void)
{
    with("\"rule\":\"STALE\"", "\"rule\":\"WRONG\"", "rule: is no rule");
    with("\"access\":\"LOAD\"", "\"access\":\"LAOD\"", "access: is no kind");
    with("\"kind\":\"FAULT_BEGIN\"", "\"kind\":\"?\"", "].kind: is no kind");
    with("\"under_lock\":true", "\"under_lock\":1", "under_lock: must be true or");
    with("\"trial\":7", "\"trial\":7.5", "trial: must be a whole number");
    with("\"trial\":7", "\"trial\":-7", "trial: must be a whole number");
    with("\"trial\":7", "\"trail\":7", "trail: is no key");
    with("\"trial\":7,", "", "trial: is missing");
    with("\"trial\":7", "\"trial\":7,\"trial\":7", "twice");
    with("\"cpu\":2", "\"cpu\":65536", "cpu: is out of range");
    with("\"va\":\"0x5008\"", "\"va\":20488", "va: must be a hexadecimal string");
    with("\"va\":\"0x5008\"", "\"va\":\"0x12345678123456789\"", "va: must be a hex");
    with("\"va\":\"0x5008\"", "\"va\":\"0x05008\"", "va: must be a hexadecimal");
    with("\"missed\":{\"version\"", "\"missed\":{\"vision\"", "missed.vision: is no");
    with("\"fault\":{\"number\":3,", "\"fault\":{", "fault.number: must say");
    with("\"lock_symbol\"", "\"look_symbol\"", "look_symbol: is no key");
    with("\"witness\":[", "\"witness\":[7,", "witness[0]");
}

static void records_must_be_in_the_order_of_time(void)
{
    with("\"witness\":[",
         "\"witness\":[{\"cycle\":99999,\"kind\":\"STEP\",\"va\":\"0x0\""
         ",\"a\":\"0x0\",\"b\":\"0x0\",\"c\":0,\"d\":0,\"id\":0,"
         "\"flags\":0},",
         "witness[1].cycle: is before");
}

static void more_records_than_a_witness_holds_are_refused(void)
{
    char *line = a_line(), *end = strstr(line, "\"witness\":[");
    struct err err = {0};
    struct witness w;
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    fprintf(file, "%.*s\"witness\":[", (int)(end - line), line);
    for (unsigned i = 0; i <= CHECK_WITNESS_MAX; i++)
        fprintf(file,
                "%s{\"cycle\":%u,\"kind\":\"STEP\",\"va\":\"0x0\",\"a\":\"0x0\","
                "\"b\":\"0x0\",\"c\":0,\"d\":0,\"id\":0,\"flags\":0}",
                i ? "," : "", i);
    fprintf(file, "]}\n");
    fclose(file);
    CU_ASSERT_EQUAL(witness_read(&w, text, &err), STATUS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "more than 256 records"));
    free(text);
    free(line);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(what_is_read_writes_itself_with_the_same_bytes),
    ROW(the_text_timeline_is_that_of_the_run),
    ROW(only_the_word_and_the_lock_have_names),
    ROW(a_line_cut_anywhere_is_refused),
    ROW(an_error_says_which_key_is_wrong),
    ROW(records_must_be_in_the_order_of_time),
    ROW(more_records_than_a_witness_holds_are_refused),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"witness read", NULL, NULL, NULL, NULL, tests},
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
