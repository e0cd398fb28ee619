/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_witness_tikz.c - the picture of a violation for a paper, for all rules.
 *
 * A small reader of LaTeX checks what would stop pdflatex; that it compiles, in a
 * document, is for tests/report/test_paper.sh.  That labels do not meet is for
 * test_witness_svg.c, whose layout it is.
 *
 * Links: check report
 */
#include "test_witness_lines.h"
#include "witness/tikz.h"

#include "report/latex.h"

#include <CUnit/Basic.h>
#include <ctype.h>

static char *draw(const struct witness *w, double core_mhz)
{
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    CU_ASSERT_EQUAL(witness_tikz(file, w, core_mhz, NULL), STATUS_OK);
    fclose(file);
    return text;
}

/* Calls 'test' with the witness and the picture of each line. */
typedef void (*picture_test)(const struct witness *w, const char *tikz);

static void draw_line(const char *line, void *context)
{
    picture_test *test = context;
    struct witness w;
    CU_ASSERT_EQUAL_FATAL(witness_read(&w, line, NULL), STATUS_OK);
    char *tikz = draw(&w, 3400);
    (*test)(&w, tikz);
    free(tikz);
    witness_free(&w);
}

static void each_picture(picture_test test)
{
    struct lines_seen seen;
    lines_each(draw_line, &test, &seen);
}

/* What 'text' is in LaTeX, from malloc. */
static char *escaped(const char *text)
{
    char *latex;
    size_t n;
    FILE *file = open_memstream(&latex, &n);
    report_latex(file, text);
    fclose(file);
    return latex;
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

/* ---- What would stop pdflatex. ---- */

/* The next character that counts: no comment, and nothing behind a backslash. */
static const char *next(const char *at)
{
    while (*at == '\\' || *at == '%') {
        if (*at == '\\')
            at += at[1] ? 2 : 1;
        else
            at += strcspn(at, "\n");
    }
    return at;
}

static void has_balanced_braces(const struct witness *w, const char *tikz)
{
    int curly = 0, square = 0;
    (void)w;
    for (const char *at = next(tikz); *at; at = next(at + 1)) {
        curly += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        square += *at == '[' ? 1 : *at == ']' ? -1 : 0;
        CU_ASSERT(curly >= 0 && square >= 0);
    }
    CU_ASSERT_EQUAL(curly, 0);
    CU_ASSERT_EQUAL(square, 0);
}

static void braces_are_balanced(void)
{
    each_picture(has_balanced_braces);
}

#define DEPTH_MAX 8

static void has_balanced_environments(const struct witness *w, const char *tikz)
{
    char open[DEPTH_MAX][32];
    unsigned depth = 0, n = 0;
    (void)w;
    for (const char *at = tikz; (at = strchr(at, '\\')); at++) {
        char name[32];
        if (sscanf(at, "\\begin{%31[a-z]}", name) == 1) {
            CU_ASSERT_FATAL(depth < DEPTH_MAX);
            memcpy(open[depth++], name, sizeof name);
            n++;
        } else if (sscanf(at, "\\end{%31[a-z]}", name) == 1) {
            CU_ASSERT_FATAL(depth > 0);
            CU_ASSERT_STRING_EQUAL(open[--depth], name);
        }
    }
    CU_ASSERT_EQUAL(depth, 0);
    CU_ASSERT(n > 4);
    CU_ASSERT_EQUAL(count(tikz, "\\begin{tikzpicture}"), 2);
    CU_ASSERT_EQUAL(count(tikz, "\\begingroup"), count(tikz, "\\endgroup"));
}

static void environments_are_balanced(void)
{
    each_picture(has_balanced_environments);
}

static void has_no_bare_special(const struct witness *w, const char *tikz)
{
    (void)w;
    for (const char *at = next(tikz); *at; at = next(at + 1)) {
        bool minus = strncmp(at, "$-$", 3) == 0;
        /* '<' compares, '>' ends an arrow: in code, never in text. */
        CU_ASSERT_PTR_NULL(strchr("_#&^~|\"`", *at));
        CU_ASSERT(*at != '$' || minus);
        CU_ASSERT(*at == '\n' || (*at >= 0x20 && *at < 0x7f));
        at += minus ? 2 : 0;
    }
}

static void no_special_character_stands_bare(void)
{
    each_picture(has_no_bare_special);
}

static void every_special_character_is_escaped(void)
{
    char *latex = escaped("a_b%c#d&e{f}g\\h^i~j$k");
    CU_ASSERT_STRING_EQUAL(latex, "a\\_b\\%c\\#d\\&e\\{f\\}g\\textbackslash{}h"
                                  "\\textasciicircum{}i\\textasciitilde{}j\\$k");
    free(latex);
    latex = escaped("<>|");
    CU_ASSERT_STRING_EQUAL(latex, "\\textless{}\\textgreater{}\\textbar{}");
    free(latex);
}

static void what_no_font_has_becomes_a_question_mark(void)
{
    char *latex = escaped("\xc3\xa9t\xe2\x82\xac\x01\n\x7f");
    CU_ASSERT_STRING_EQUAL(latex, "\xc3\xa9t????");
    free(latex);
}

/* ---- What it tells. ---- */

static void tells_the_verdict(const struct witness *w, const char *tikz)
{
    char verdict[160], text[200];
    scene_verdict(&w->v, verdict, sizeof verdict);
    snprintf(text, sizeof text, "%s: %s", check_rule_name(w->v.rule), verdict);
    char *latex = escaped(text);
    CU_ASSERT_EQUAL(count(tikz, latex), 2); /* For the page and for the column. */
    free(latex);
    /* The access, and the legend, in each of the two. */
    CU_ASSERT_EQUAL(count(tikz, "{witness ring};"), 4);
}

static void the_verdict_is_marked_and_in_words(void)
{
    each_picture(tells_the_verdict);
}

static void marks_the_missed_store(const struct witness *w, const char *tikz)
{
    struct scene *scene = scene_create(w);
    unsigned n = 0;
    for (uint32_t i = 0; i < scene->n_marks; i++)
        n += scene->marks[i].missed && scene->marks[i].t >= scene->view_from &&
             scene->marks[i].weight != SCENE_VERDICT;
    CU_ASSERT_EQUAL(count(tikz, "{witness frame};"), n ? 2 * (n + 1) : 0);
    scene_destroy(scene);
}

static void the_missed_store_is_marked(void)
{
    each_picture(marks_the_missed_store);
}

static void names_the_cpus(const struct witness *w, const char *tikz)
{
    char name[32];
    snprintf(name, sizeof name, "CPU %u}", w->v.cpu);
    CU_ASSERT(count(tikz, name) >= 2);
    if (!w->v.has_missed)
        return;
    snprintf(name, sizeof name, "CPU %u}", w->v.missed_cpu);
    CU_ASSERT(count(tikz, name) >= 2);
}

static void the_cpus_of_the_story_have_lanes(void)
{
    each_picture(names_the_cpus);
}

static void explains_patterns(const struct witness *w, const char *tikz)
{
    static const char *const items[][2] = {
        {"\\path[witness old]", "{old frame}"},
        {"\\path[witness new]", "{new frame}"},
        {"\\path[witness nothing]", "{no entry}"},
        {"\\path[witness waits]", "{waits}"},
        {"\\draw[witness ack]", "{ack}"},
        {"\\draw[witness missed]", "{must have been seen}"},
        {"\\draw[witness open]", "{interrupt on its way}"},
    };
    (void)w;
    for (unsigned i = 0; i < sizeof items / sizeof *items; i++) {
        /* In the legend, or nowhere. */
        CU_ASSERT_EQUAL(strstr(tikz, items[i][0]) != NULL,
                        strstr(tikz, items[i][1]) != NULL);
    }
}

static void the_legend_explains_what_is_drawn_and_nothing_else(void)
{
    each_picture(explains_patterns);
}

static void lies_inside(const struct witness *w, const char *tikz)
{
    const char *wide = strstr(tikz, "\n\\else\n");
    unsigned n = 0;
    (void)w;
    CU_ASSERT_PTR_NOT_NULL_FATAL(wide);
    for (const char *at = strstr(tikz, "\\begin{tikzpicture}"); (at = strchr(at, '('));
         at++) {
        double x, y, width = at < wide ? TIKZ_NARROW : TIKZ_WIDE;
        if (sscanf(at, "(%lf,%lf)", &x, &y) != 2)
            continue;
        /* Boxes end 4 units outside of the axis, behind a clip. */
        CU_ASSERT(x >= 0 && x <= width + 2);
        CU_ASSERT(y >= 0 && y < 1500);
        n++;
    }
    CU_ASSERT(n > 40);
}

static void nothing_lies_outside_of_the_picture(void)
{
    each_picture(lies_inside);
}

static void is_the_same_twice(const struct witness *w, const char *tikz)
{
    char *again = draw(w, 3400);
    CU_ASSERT_STRING_EQUAL(tikz, again);
    free(again);
}

static void equal_input_gives_equal_bytes(void)
{
    each_picture(is_the_same_twice);
}

static void has_both_units(const struct witness *w, const char *tikz)
{
    char *without = draw(w, 0);
    CU_ASSERT_EQUAL(count(tikz, "{cycles}"), 2);
    CU_ASSERT_EQUAL(count(tikz, "{ns}"), 2);
    CU_ASSERT_EQUAL(count(without, "{cycles}"), 2);
    CU_ASSERT_EQUAL(count(without, "{ns}"), 0);
    free(without);
}

static void nanoseconds_are_told_if_the_clock_is_known(void)
{
    each_picture(has_both_units);
}

static void a_full_disk_is_a_status(void)
{
    struct witness w = {.v = {.rule = CHECK_STALE, .kind = OBS_LOAD}};
    struct err err = {0};
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        return;
    CU_ASSERT_EQUAL(witness_tikz(full, &w, 0, &err), STATUS_STORE);
    CU_ASSERT_EQUAL(err.status, STATUS_STORE);
    fclose(full);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(braces_are_balanced),
    ROW(environments_are_balanced),
    ROW(no_special_character_stands_bare),
    ROW(every_special_character_is_escaped),
    ROW(what_no_font_has_becomes_a_question_mark),
    ROW(the_verdict_is_marked_and_in_words),
    ROW(the_missed_store_is_marked),
    ROW(the_cpus_of_the_story_have_lanes),
    ROW(the_legend_explains_what_is_drawn_and_nothing_else),
    ROW(nothing_lies_outside_of_the_picture),
    ROW(equal_input_gives_equal_bytes),
    ROW(nanoseconds_are_told_if_the_clock_is_known),
    ROW(a_full_disk_is_a_status),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"witness tikz", NULL, NULL, NULL, NULL, tests},
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
