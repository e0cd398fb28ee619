/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_publish_words.c - numbers and texts as a page and a paper have them.
 */
#include "base/program.h"
#include "publish/publication.h"

#include "report/latex.h"

#include <CUnit/Basic.h>
#include <stdlib.h>
#include <string.h>

/* What 'write' makes of a text, from malloc. */
static char *written(void (*write)(FILE *out, const char *text), const char *text)
{
    char *bytes = NULL;
    size_t n;
    FILE *out = open_memstream(&bytes, &n);
    write(out, text);
    fclose(out);
    return bytes;
}

static void a_share_has_as_many_digits_as_its_size_deserves(void)
{
    char text[32];
    CU_ASSERT_STRING_EQUAL(publish_percent(0, text), "0");
    CU_ASSERT_STRING_EQUAL(publish_percent(1, text), "100");
    CU_ASSERT_STRING_EQUAL(publish_percent(0.9, text), "90.0");
    CU_ASSERT_STRING_EQUAL(publish_percent(0.0123, text), "1.23");
    CU_ASSERT_STRING_EQUAL(publish_percent(0.00004, text), "0.004");
}

static void digits_are_grouped_from_five_on(void)
{
    char text[64];
    CU_ASSERT_STRING_EQUAL(publish_number(9999, "\\,", text), "9999");
    CU_ASSERT_STRING_EQUAL(publish_number(1234567, "\\,", text), "1\\,234\\,567");
    CU_ASSERT_STRING_EQUAL(publish_number(UINT64_MAX, " ", text),
                           "18 446 744 073 709 551 615");
}

static void a_macro_has_letters_only(void)
{
    char name[96];
    publish_macro_name("single_stage", name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "SingleStage");
    publish_macro_name("order-79", name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "OrderSevenNine");
    publish_macro_name("{}\\", name, sizeof name);
    CU_ASSERT_STRING_EQUAL(name, "");
}

static void a_long_name_fits(void)
{
    char name[16];
    publish_macro_name("a_very_long_name_with_99999_digits", name, sizeof name);
    CU_ASSERT(strlen(name) < sizeof name);
}

static void nothing_of_a_text_is_markup(void)
{
    char *html = written(publish_html, "<a href=\"x\">&'");
    CU_ASSERT_PTR_NULL(strpbrk(html, "<>\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(html, "&lt;a href=&quot;x&quot;&gt;&amp;"));
    free(html);
    char *latex = written(report_latex, "a_b%c#d&e${f}");
    CU_ASSERT_STRING_EQUAL(latex, "a\\_b\\%c\\#d\\&e\\$\\{f\\}");
    free(latex);
}

static void a_program_answers_with_its_exit_code(void)
{
    const char *three[] = {"sh", "-c", "exit 3", NULL};
    const char *killed[] = {"sh", "-c", "kill -9 $$", NULL};
    const char *nothing[] = {"no-program-of-this-name", NULL};
    CU_ASSERT_EQUAL(program_run(NULL, three, NULL), 3);
    CU_ASSERT_EQUAL(program_run(NULL, killed, NULL), -1);
    CU_ASSERT_EQUAL(program_run(NULL, nothing, NULL), PROGRAM_NOT_THERE);
    CU_ASSERT_EQUAL(program_run("/no/directory", three, NULL), 126);
}

int main(void)
{
    CU_initialize_registry();
    CU_pSuite suite = CU_add_suite("publish_words", NULL, NULL);
#define ADD(rule) CU_add_test(suite, #rule, rule)
    ADD(a_share_has_as_many_digits_as_its_size_deserves);
    ADD(digits_are_grouped_from_five_on);
    ADD(a_macro_has_letters_only);
    ADD(a_long_name_fits);
    ADD(nothing_of_a_text_is_markup);
    ADD(a_program_answers_with_its_exit_code);
#undef ADD
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures != 0;
}
