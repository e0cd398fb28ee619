/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_slurm_script.c - words reach a shell as they are, and come from a line as a
 * shell would cut it (src/slurm/script.h).
 *
 * The judge of quoting is /bin/sh itself.
 */
#include "slurm/script.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[] = {
    "plain",       "",      "two words",       "it's",       "'",
    "\"double\"",  "$HOME", "`date`",          "a\\b",       "*",
    "line\nbreak", "~",     "--vary=a=1:9:x2", "a;b&c|d>e",  "\\'\\''",
    "#comment",    "!",     "{a,b}",           "ends in \\", "(x)",
};

/* What /bin/sh makes of 'line', as argument of printf. */
static void ask_shell(const char *quoted, char *answer, size_t room)
{
    char command[400];
    snprintf(command, sizeof command, "printf '<%%s>' %s", quoted);
    FILE *shell = popen(command, "r");
    size_t n = shell ? fread(answer, 1, room - 1, shell) : 0;
    answer[n] = '\0';
    if (shell)
        pclose(shell);
}

static void a_quoted_word_is_one_word_to_a_shell(void)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        struct text text = {0};
        char expected[100], answer[100];
        script_add_quoted(&text, words[i]);
        ask_shell(text_get(&text), answer, sizeof answer);
        snprintf(expected, sizeof expected, "<%s>", words[i]);
        CU_ASSERT_STRING_EQUAL(answer, expected);
        text_free(&text);
    }
}

static void a_line_is_cut_at_blanks_outside_of_quotes(void)
{
    static const char *const expected[] = {"-p", "long", "--comment=a b", "--x=c'd",
                                           ""};
    const char *found[8];
    uint32_t n = 0;
    struct err err;
    char *block = script_split("args", "  -p long\t--comment='a b' --x=\"c'd\" '' ",
                               found, &n, 8, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    CU_ASSERT_EQUAL_FATAL(n, 5);
    for (uint32_t i = 0; i < n; i++)
        CU_ASSERT_STRING_EQUAL(found[i], expected[i]);
    free(block);
}

static void nothing_in_a_line_is_expanded(void)
{
    const char *found[4];
    uint32_t n = 0;
    struct err err;
    char *block = script_split("args", "$HOME `date` *", found, &n, 4, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(block);
    CU_ASSERT_EQUAL(n, 3);
    CU_ASSERT_STRING_EQUAL(found[0], "$HOME");
    CU_ASSERT_STRING_EQUAL(found[1], "`date`");
    free(block);
}

static void an_open_quote_is_an_error(void)
{
    const char *found[4];
    uint32_t n = 0;
    struct err err;
    CU_ASSERT_PTR_NULL(script_split("args", "-p 'long", found, &n, 4, &err));
    CU_ASSERT_EQUAL(err.status, STATUS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "a quote is not closed"));
}

static void as_many_words_as_there_is_room_for_and_no_more(void)
{
    const char *found[2];
    uint32_t n = 0;
    struct err err;
    char *block = script_split("args", "a b", found, &n, 2, &err);
    CU_ASSERT_PTR_NOT_NULL(block);
    free(block);
    n = 0;
    CU_ASSERT_PTR_NULL(script_split("args", "a b c", found, &n, 2, &err));
    CU_ASSERT_EQUAL(err.status, STATUS_USAGE);
}

/* Resubmitted shards come alone, so N must not be the number of tasks. */
static void the_number_of_shards_stands_in_the_script(void)
{
    static const char *const command[] = {"/opt/sim", "sweep", "--trials=3", NULL};
    static const char *const guests[] = {"my guest.trace", NULL};
    const struct script script = {"/work dir", "/out/r.slurm", command, guests, 12};
    struct text text = {0};
    script_write(&script, &text);
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&text), "--shard \"$shard/12\""));
    CU_ASSERT_PTR_NULL(strstr(text_get(&text), "TASK_COUNT"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&text), "cd -- '/work dir' || exit"));
    CU_ASSERT_PTR_NOT_NULL(strstr(text_get(&text), "'my guest.trace'\n"));
    text_free(&text);
}

#define TEST(function, sentence) \
    {                            \
        sentence, function       \
    }

static CU_TestInfo tests[] = {
    TEST(a_quoted_word_is_one_word_to_a_shell, "a quoted word is one word to a shell"),
    TEST(a_line_is_cut_at_blanks_outside_of_quotes,
         "a line is cut at blanks outside of quotes"),
    TEST(nothing_in_a_line_is_expanded, "nothing in a line is expanded"),
    TEST(an_open_quote_is_an_error, "an open quote is an error"),
    TEST(as_many_words_as_there_is_room_for_and_no_more,
         "as many words as there is room for, and no more"),
    TEST(the_number_of_shards_stands_in_the_script,
         "the number of shards stands in the script"),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"script", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() || CU_register_suites(suites))
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 100 ? 100 : (int)failures;
}
