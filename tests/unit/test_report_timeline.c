/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_report_timeline.c - the picture of a witness, held against golden files.
 *
 * The files lie in tests/unit/golden.  With SD_GOLDEN=write in the environment
 * the program writes them anew instead; then look at them before committing.
 */
#include "report/report.h"
#include "test_check_script.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

static void name(void *context, uint32_t space, uint64_t va, char *text, size_t n)
{
    (void)context;
    (void)space;
    snprintf(text, n, "%s", va == L ? "shard.lock" : va == X ? "shard.count" : "?");
}

static const struct check_names names = {.name = name};

/* Section 1a of reference/cow-protocols.md: the read that is stale, then torn. */
static void torn_read(struct script *s)
{
    entry_changes(s);
    s->now += 130;
    acknowledge(s, B, OLD);
    s->now += 200;
    lock(s, B);
    uint64_t x = store(s, B, NEW);
    unlock(s, B);
    s->now += 60;
    lock(s, C);
    load(s, C, OLD, 0);
    s->now += 900;
    acknowledge(s, C, OLD);
    copy_ends(s);
    load(s, C, NEW, x);
    unlock(s, C);
}

static char *slurp(FILE *file, size_t *n)
{
    char *text = calloc(1, 65536);
    rewind(file);
    *n = fread(text, 1, 65535, file);
    return text;
}

/* True if what 'file' holds is the golden file. */
static void compare(FILE *file, const char *golden)
{
    char path[512];
    size_t n, m;
    snprintf(path, sizeof path, "%s/tests/unit/golden/%s", SD_SOURCE_DIR, golden);
    char *is = slurp(file, &n);
    const char *mode = getenv("SD_GOLDEN");
    if (mode && strcmp(mode, "write") == 0) {
        FILE *out = fopen(path, "wb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(out);
        fwrite(is, 1, n, out);
        fclose(out);
    }
    FILE *in = fopen(path, "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(in);
    char *must = slurp(in, &m);
    CU_ASSERT_EQUAL(n, m);
    CU_ASSERT_STRING_EQUAL(is, must);
    fclose(in);
    free(is);
    free(must);
}

static void draw(uint32_t which, struct report_style style, const char *golden)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    torn_read(&s);
    const struct check_result *result = check_result(s.check);
    CU_ASSERT_FATAL(result->n_violations > which);
    struct report_context context = {.style = style, .names = &names};
    FILE *file = tmpfile();
    CU_ASSERT_EQUAL(report_timeline(file, &result->violations[which], &context, NULL),
                    STATUS_OK);
    compare(file, golden);
    fclose(file);
    script_end(&s);
}

static void a_stale_read_is_drawn_as_in_the_golden_file(void)
{
    draw(0, (struct report_style){0}, "timeline_stale.txt");
}

static void a_torn_read_is_drawn_as_in_the_golden_file(void)
{
    draw(1, (struct report_style){0}, "timeline_torn.txt");
}

static void ascii_needs_no_special_characters(void)
{
    draw(0, (struct report_style){.ascii = true, .width = 80}, "timeline_ascii.txt");
}

static void colours_are_drawn_when_asked_for(void)
{
    draw(0, (struct report_style){.color = true}, "timeline_color.txt");
}

/* No line is wider than asked, whatever the names. */
static void no_line_is_wider_than_asked(void)
{
    for (unsigned width = 80; width <= 120; width += 10) {
        struct script s = script_start(CHECK_WATCH_WINDOWS);
        torn_read(&s);
        struct report_context context = {.style = {.width = width}};
        FILE *file = tmpfile();
        report_timeline(file, check_result(s.check)->violations, &context, NULL);
        char line[1024];
        rewind(file);
        for (unsigned i = 0; fgets(line, sizeof line, file); i++) {
            unsigned columns = 0;
            for (const char *at = line; *at && *at != '\n'; at++)
                columns += ((unsigned char)*at & 0xc0) != 0x80;
            if (strchr(line, '+') || i < 3)
                CU_ASSERT(columns <= width);
        }
        fclose(file);
        script_end(&s);
    }
}

/* C takes and releases the lock again and again before it reads. */
static void critical_sections_without_an_access_go_first(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    for (unsigned i = 0; i < 30; i++) {
        lock(&s, C);
        unlock(&s, C);
    }
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    lock(&s, C);
    load(&s, C, OLD, 0);
    FILE *file = tmpfile();
    report_timeline(file, check_result(s.check)->violations, NULL, NULL);
    size_t n;
    char *text = slurp(file, &n);
    unsigned n_unlocks = 0;
    for (const char *at = text; (at = strstr(at, "UNLOCK")); at++)
        n_unlocks++;
    CU_ASSERT_EQUAL(n_unlocks, 1); /* B's. */
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "STALE"));
    free(text);
    fclose(file);
    script_end(&s);
}

static void a_full_disk_is_a_status(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    torn_read(&s);
    struct err err = {0};
    FILE *full = fopen("/dev/full", "w");
    if (full) {
        CU_ASSERT_EQUAL(
            report_timeline(full, check_result(s.check)->violations, NULL, &err),
            STATUS_STORE);
        CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "cannot be written"));
        fclose(full);
    }
    script_end(&s);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(a_stale_read_is_drawn_as_in_the_golden_file),
    ROW(a_torn_read_is_drawn_as_in_the_golden_file),
    ROW(ascii_needs_no_special_characters),
    ROW(colours_are_drawn_when_asked_for),
    ROW(no_line_is_wider_than_asked),
    ROW(critical_sections_without_an_access_go_first),
    ROW(a_full_disk_is_a_status),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"report timeline", NULL, NULL, NULL, NULL, tests},
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
