/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_witness_svg.c - the picture of a violation, for all rules.
 *
 * A small reader of XML takes the picture apart again; colours are taken from
 * the CSS as it is, and their contrast computed as WCAG 2 defines it.
 *
 * Links: check report
 */
#include "test_witness_lines.h"
#include "witness/tikz.h"

#include <CUnit/Basic.h>
#include <ctype.h>
#include <math.h>

static char *draw(const struct witness *w, const char *prefix)
{
    struct witness_svg_options options = {.id_prefix = prefix, .core_mhz = 3400};
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    CU_ASSERT_EQUAL(witness_svg(file, w, &options, NULL), STATUS_OK);
    fclose(file);
    return text;
}

/* Calls 'test' with the witness and the picture of each line. */
typedef void (*picture_test)(const struct witness *w, const char *svg);

static void draw_line(const char *line, void *context)
{
    picture_test *test = context;
    struct witness w;
    CU_ASSERT_EQUAL_FATAL(witness_read(&w, line, NULL), STATUS_OK);
    char *svg = draw(&w, "p1");
    (*test)(&w, svg);
    free(svg);
    witness_free(&w);
}

static void each_picture(picture_test test)
{
    struct lines_seen seen;
    lines_each(draw_line, &test, &seen);
}

/* The value of an attribute of the element that begins at 'at', or false. */
static bool attribute(const char *at, const char *name, char *value, size_t n)
{
    char key[64];
    const char *end = strchr(at, '>');
    snprintf(key, sizeof key, " %s=\"", name);
    const char *found = strstr(at, key);
    if (!found || !end || found > end)
        return false;
    found += strlen(key);
    snprintf(value, n, "%.*s", (int)strcspn(found, "\""), found);
    return true;
}

static double number(const char *at, const char *name)
{
    char value[64];
    CU_ASSERT_FATAL(attribute(at, name, value, sizeof value));
    char *end;
    double result = strtod(value, &end);
    CU_ASSERT(*end == '\0' && end != value);
    return result;
}

#define DEPTH_MAX 32

static void is_well_formed(const struct witness *w, const char *svg)
{
    char open[DEPTH_MAX][16];
    unsigned depth = 0;
    (void)w;
    for (const char *at = svg; (at = strchr(at, '<')); at++) {
        char name[16] = "";
        bool closes = at[1] == '/';
        sscanf(at + 1 + closes, "%15[a-zA-Z]", name);
        const char *end = strchr(at, '>');
        CU_ASSERT_FATAL(name[0] && end);
        if (closes) {
            CU_ASSERT_FATAL(depth > 0);
            CU_ASSERT_STRING_EQUAL(open[--depth], name);
        } else if (end[-1] != '/') {
            CU_ASSERT_FATAL(depth < DEPTH_MAX);
            memcpy(open[depth++], name, sizeof name);
        }
        at = end;
    }
    CU_ASSERT_EQUAL(depth, 0);
    for (const char *at = svg; (at = strchr(at, '&')); at++)
        CU_ASSERT(strncmp(at, "&lt;", 4) == 0 || strncmp(at, "&gt;", 4) == 0 ||
                  strncmp(at, "&amp;", 5) == 0 || strncmp(at, "&quot;", 6) == 0);
}

static void every_picture_is_well_formed(void)
{
    each_picture(is_well_formed);
}

static void has_no_colour(const struct witness *w, const char *svg)
{
    (void)w;
    CU_ASSERT_PTR_NULL(strstr(svg, "style="));
    for (const char *at = svg; (at = strstr(at, "fill=\"")); at++)
        CU_ASSERT(strncmp(at, "fill=\"url(#p1-", 14) == 0);
    CU_ASSERT_PTR_NULL(strstr(svg, "stroke=\""));
}

static void colours_are_in_the_css_only(void)
{
    each_picture(has_no_colour);
}

static void has_prefix(const struct witness *w, const char *svg)
{
    (void)w;
    for (const char *at = svg; (at = strstr(at, " id=\"")); at++)
        CU_ASSERT(strncmp(at, " id=\"p1-", 8) == 0);
    for (const char *at = svg; (at = strstr(at, "url(#")); at++) {
        char id[64];
        CU_ASSERT(strncmp(at, "url(#p1-", 8) == 0);
        snprintf(id, sizeof id, "id=\"%.*s\"", (int)strcspn(at + 5, ")"), at + 5);
        CU_ASSERT_PTR_NOT_NULL(strstr(svg, id));
    }
}

static void ids_begin_with_the_prefix_and_are_all_there(void)
{
    each_picture(has_prefix);
}

static void has_times(const struct witness *w, const char *svg)
{
    double from = number(svg, "data-from"), to = number(svg, "data-to");
    double view_from = number(svg, "data-view-from");
    double view_to = number(svg, "data-view-to");
    double left = number(svg, "data-left"), right = number(svg, "data-right");
    unsigned n = 0;
    (void)w;
    CU_ASSERT(from <= view_from && view_from < view_to && view_to <= to);
    for (const char *at = svg; (at = strstr(at, " data-t0=")); at++) {
        const char *start = at;
        while (*start != '<')
            start--;
        double t0 = number(start, "data-t0"), t1 = number(start, "data-t1");
        bool arrow = strncmp(start, "<line", 5) == 0;
        CU_ASSERT(t0 <= t1 || arrow);
        CU_ASSERT(t0 >= from && t1 <= to);
        if (strncmp(start, "<rect", 5) != 0)
            continue;
        double x = left + (t0 - view_from) / (view_to - view_from) * (right - left);
        CU_ASSERT_DOUBLE_EQUAL(number(start, "x"), x, 0.06);
        n++;
    }
    CU_ASSERT(n > 0);
}

static void what_lies_on_the_axis_says_its_times(void)
{
    each_picture(has_times);
}

static void tells_the_verdict(const struct witness *w, const char *svg)
{
    char verdict[160], quoted[256] = ">", *at = quoted + 1;
    scene_verdict(&w->v, verdict, sizeof verdict);
    snprintf(at, sizeof quoted - 1, "%s</text>", verdict);
    const char *text = strstr(svg, quoted);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    while (*text != '<')
        text--;
    char hidden[16];
    CU_ASSERT_FALSE(attribute(text, "visibility", hidden, sizeof hidden));
    CU_ASSERT_PTR_NOT_NULL(strstr(svg, "wt-ring"));
    /* An arrow from the missed store, if there was one, besides the legend's. */
    unsigned n = 0;
    for (at = strstr((char *)(uintptr_t)svg, "class=\"wt-missed\""); at;
         at = strstr(at + 1, "class=\"wt-missed\""))
        n++;
    CU_ASSERT_EQUAL(n, w->v.has_missed ? 2 : 1);
}

static void the_verdict_is_marked_and_in_words(void)
{
    each_picture(tells_the_verdict);
}

static void has_the_sentence(const struct witness *w, const char *svg)
{
    char label[4096];
    CU_ASSERT_PTR_NOT_NULL(strstr(svg, "role=\"img\""));
    CU_ASSERT_FATAL(attribute(svg, "aria-label", label, sizeof label));
    CU_ASSERT(strlen(label) >= strlen(w->sentence));
    CU_ASSERT_EQUAL(strncmp(label, w->sentence, 12), 0);
}

static void a_screen_reader_gets_the_sentence(void)
{
    each_picture(has_the_sentence);
}

static bool apart(const struct svg_tag *a, const struct svg_tag *b)
{
    double a0 = a->left ? a->x - 5 - a->width : a->x, a1 = a0 + a->width + 5;
    double b0 = b->left ? b->x - 5 - b->width : b->x, b1 = b0 + b->width + 5;
    return a->row != b->row || a1 <= b0 || b1 <= a0;
}

/* True if the line that rises to 'a' runs through 'b'. */
static bool crosses(const struct svg_tag *a, const struct svg_tag *b)
{
    double b0 = b->left ? b->x - 5 - b->width : b->x + 1;
    double b1 = b->left ? b->x - 1 : b->x + 5 + b->width;
    return a->row > b->row && a->x > b0 && a->x < b1;
}

static unsigned n_placed;

static void check_strip(const struct svg_strip *strip)
{
    for (uint32_t i = 0; i < strip->n_tags; i++) {
        const struct svg_tag *a = &strip->tags[i];
        n_placed += a->placed;
        for (uint32_t k = 0; k < strip->n_tags; k++) {
            const struct svg_tag *b = &strip->tags[k];
            if (i == k || !a->placed || !b->placed)
                continue;
            CU_ASSERT(apart(a, b));
            CU_ASSERT_FALSE(crosses(a, b));
        }
    }
}

static void labels_are_apart(const struct witness *w, const char *svg)
{
    static const struct svg_measures *const measures[] = {&svg_screen, &tikz_wide,
                                                          &tikz_narrow};
    struct svg *layout = calloc(1, sizeof *layout);
    struct scene *scene = scene_create(w);
    (void)svg;
    for (unsigned m = 0; m < sizeof measures / sizeof *measures; m++) {
        svg_layout(layout, scene, measures[m]);
        for (uint32_t i = 0; i < layout->n_lanes; i++) {
            check_strip(&layout->lanes[i].above_code);
            check_strip(&layout->lanes[i].above_kernel);
        }
    }
    scene_destroy(scene);
    free(layout);
}

static void no_label_lies_on_another(void)
{
    n_placed = 0;
    each_picture(labels_are_apart);
    CU_ASSERT(n_placed > 150);
}

static void hostile_names_stay_text(void)
{
    struct witness w = {.v = {.rule = CHECK_STALE, .kind = OBS_LOAD}};
    snprintf(w.sentence, sizeof w.sentence, "\"><script>&\x01\xff");
    char *svg = draw(&w, "p1");
    CU_ASSERT_PTR_NOT_NULL(strstr(
        svg, "aria-label=\"&quot;&gt;&lt;script&gt;&amp;\xef\xbf\xbd\xef\xbf\xbd\""));
    CU_ASSERT_PTR_NULL(strstr(svg, "<script"));
    is_well_formed(&w, svg);
    free(svg);
}

/* ---- Contrast. ---- */

/* The linear light of one of the three parts of "#rrggbb". */
static double linear(const char *color, unsigned part)
{
    char hex[3] = {color[1 + 2 * part], color[2 + 2 * part], '\0'};
    double c = (double)strtol(hex, NULL, 16) / 255;
    return c <= 0.04045 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(const char *color)
{
    return 0.2126 * linear(color, 0) + 0.7152 * linear(color, 1) +
           0.0722 * linear(color, 2);
}

static double contrast(const char *a, const char *b)
{
    double x = luminance(a), y = luminance(b);
    return x > y ? (x + 0.05) / (y + 0.05) : (y + 0.05) / (x + 0.05);
}

/* The colour 'name' of the theme whose rule begins at 'theme'. */
static const char *color_at(const char *theme, const char *name)
{
    char key[64];
    snprintf(key, sizeof key, "--wt-%s:#", name);
    const char *at = strstr(theme, key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(at);
    return at + strlen(key) - 1;
}

static void contrast_is_what_wcag_computes(void)
{
    CU_ASSERT_DOUBLE_EQUAL(contrast("#000000", "#ffffff"), 21, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(contrast("#777777", "#ffffff"), 4.48, 0.005);
}

static void check_theme(const char *theme)
{
    static const char *const grounds[] = {"bg", "kernel", "irq", "old", "new"};
    static const char *const texts[] = {"ink", "dim", "bad"};
    static const char *const lines[] = {
        "edge", "wait", "irq_edge", "old_edge", "new_edge", "bad", "ack",
        "t0",   "t1",   "t2",       "t3",       "t4",       "t5"};
    const char *bg = color_at(theme, "bg");
    for (unsigned i = 0; i < sizeof grounds / sizeof *grounds; i++)
        CU_ASSERT(contrast(color_at(theme, "ink"), color_at(theme, grounds[i])) >= 4.5);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
        CU_ASSERT(contrast(color_at(theme, texts[i]), bg) >= 4.5);
    for (unsigned i = 0; i < sizeof lines / sizeof *lines; i++)
        CU_ASSERT(contrast(color_at(theme, lines[i]), bg) >= 3);
    CU_ASSERT(contrast(color_at(theme, "old_edge"), color_at(theme, "old")) >= 3);
}

static void contrast_is_enough_in_every_theme(void)
{
    const char *css = witness_svg_css();
    static const char *const themes[] = {".wt{--wt-bg", "prefers-color-scheme:dark",
                                         "[data-theme=dark] .wt{", "@media print{.wt,"};
    for (unsigned i = 0; i < sizeof themes / sizeof *themes; i++) {
        const char *theme = strstr(css, themes[i]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(theme);
        check_theme(theme);
    }
}

static void uses_known_classes(const struct witness *w, const char *svg)
{
    const char *css = witness_svg_css();
    (void)w;
    for (const char *at = svg; (at = strstr(at, "class=\"")); at++) {
        char list[128], key[64];
        snprintf(list, sizeof list, "%.*s", (int)strcspn(at + 7, "\""), at + 7);
        for (char *name = strtok(list, " "); name; name = strtok(NULL, " ")) {
            /* Groups without a look of their own. */
            if (strcmp(name, "wt-mark") == 0 || strcmp(name, "wt-axis") == 0 ||
                strcmp(name, "wt-step-tag") == 0)
                continue;
            snprintf(key, sizeof key, ".%s", name);
            const char *rule = strstr(css, key);
            while (rule && (isalnum((unsigned char)rule[strlen(key)]) ||
                            rule[strlen(key)] == '-'))
                rule = strstr(rule + 1, key);
            CU_ASSERT_PTR_NOT_NULL(rule);
            if (!rule)
                printf("no rule for %s\n", name);
        }
    }
}

static void every_class_has_a_rule(void)
{
    each_picture(uses_known_classes);
}

static void a_full_disk_is_a_status(void)
{
    struct witness w = {.v = {.rule = CHECK_STALE, .kind = OBS_LOAD}};
    struct err err = {0};
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        return;
    CU_ASSERT_EQUAL(witness_svg(full, &w, NULL, &err), STATUS_STORE);
    CU_ASSERT_EQUAL(err.status, STATUS_STORE);
    fclose(full);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(every_picture_is_well_formed),
    ROW(colours_are_in_the_css_only),
    ROW(ids_begin_with_the_prefix_and_are_all_there),
    ROW(what_lies_on_the_axis_says_its_times),
    ROW(the_verdict_is_marked_and_in_words),
    ROW(a_screen_reader_gets_the_sentence),
    ROW(no_label_lies_on_another),
    ROW(hostile_names_stay_text),
    ROW(contrast_is_what_wcag_computes),
    ROW(contrast_is_enough_in_every_theme),
    ROW(every_class_has_a_rule),
    ROW(a_full_disk_is_a_status),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"witness svg", NULL, NULL, NULL, NULL, tests},
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
