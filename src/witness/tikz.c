/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz.c - draws a violation for a paper; see witness.h.
 *
 * The same scene as svg.c draws, with the same layout, but what matters only: the
 * time that the first view shows, no title to point at, the verdict on a line of
 * its own.  The file has the picture twice, for the page and for a column, and
 * LaTeX takes the one that fits.
 */
#include "witness/tikz.h"

#include "report/latex.h"

#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text. ---- */

static void put_text(const struct tikz_pen *p, const char *style, double x, double y,
                     const char *text)
{
    fprintf(p->file, "\\node[witness text%s] at (%.1f,%.1f) {", style, x, y);
    report_latex(p->file, text);
    fputs("};\n", p->file);
}

/* "4\,318", with a true minus. */
static void put_cycles(const struct tikz_pen *p, int64_t t)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64,
                     t < 0 ? 0 - (uint64_t)t : (uint64_t)t);
    if (t < 0)
        fputs("$-$", p->file);
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && n > 4)
            fputs("\\,", p->file);
        fputc(digits[i], p->file);
    }
}

/* ---- Names. ---- */

static void put_caption(const struct tikz_pen *p, double y, const char *text)
{
    put_text(p, TIKZ_RIGHT TIKZ_GREY, p->measures->left - 6, y, text);
}

/* "CPU 2, thread 3: reads" on one line; the thread is left out if it is too long. */
static void put_name_above(const struct tikz_pen *p, const struct svg_lane *lane)
{
    const struct scene_lane *who = &p->scene->lanes[lane->lane];
    char cpu[16], thread[32] = "", role[96] = "";
    snprintf(cpu, sizeof cpu, "CPU %u", who->cpu);
    if (who->role[0])
        snprintf(role, sizeof role, ": %s", who->role);
    if (who->tid != NO_THREAD)
        snprintf(thread, sizeof thread, ", thread %" PRIu32, who->tid);
    double width = p->measures->text_width(cpu, SVG_FONT) * p->measures->bold +
                   p->measures->text_width(thread, SVG_FONT) +
                   p->measures->text_width(role, SVG_FONT);
    fprintf(p->file, "\\node[witness text] at (0,%.1f) {\\textbf{%s}%s%s};\n",
            lane->top + 12, cpu, width > p->width ? "" : thread, role);
}

static void put_name_beside(const struct tikz_pen *p, const struct svg_lane *lane)
{
    const struct scene_lane *who = &p->scene->lanes[lane->lane];
    char text[96];
    double y = lane->top + 14;
    snprintf(text, sizeof text, "CPU %u", who->cpu);
    put_text(p, TIKZ_BOLD, 0, y, text);
    if (who->tid != NO_THREAD) {
        snprintf(text, sizeof text, "thread %" PRIu32, who->tid);
        put_text(p, "", 0, y += SVG_TAG_HEIGHT, text);
    }
    for (const char *at = who->role; *at;) {
        const char *end = strstr(at, ", ");
        size_t n = end ? (size_t)(end - at) : strlen(at);
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        put_text(p, TIKZ_GREY, 0, y += SVG_TAG_HEIGHT, text);
        at = end ? end + 2 : at + n;
    }
}

static void put_lane_names(const struct tikz_pen *p, const struct svg_lane *lane)
{
    fprintf(p->file, "\\draw[witness rule] (0,%.1f) -- (%.1f,%.1f);\n", lane->top,
            p->measures->right, lane->top);
    if (p->measures->names_above)
        put_name_above(p, lane);
    else
        put_name_beside(p, lane);
    if (lane->has_code)
        put_caption(p, lane->code + 4, "code");
    if (lane->has_kernel)
        put_caption(p, lane->kernel + 14, "kernel");
    if (lane->apart)
        put_caption(p, lane->handler + 14, "irq");
    if (lane->has_tlb)
        put_caption(p, lane->tlb + 13, "TLB");
}

static void put_names(const struct tikz_pen *p)
{
    bool above = p->measures->names_above;
    if (p->svg->has_pte)
        put_text(p, above ? TIKZ_RIGHT TIKZ_GREY : "",
                 above ? p->measures->left - 6 : 0, p->svg->pte + 13,
                 above ? "PTE" : "page table entry");
    if (p->svg->has_owner)
        put_text(p, above ? TIKZ_RIGHT TIKZ_GREY : "",
                 above ? p->measures->left - 6 : 0, p->svg->owner + 13,
                 above ? "lock" : "owner of the lock");
    for (uint32_t i = 0; i < p->svg->n_lanes; i++)
        put_lane_names(p, &p->svg->lanes[i]);
}

/* ---- The axis. ---- */

static void put_tick(const struct tikz_pen *p, int64_t t)
{
    double x = svg_x(p->svg, t), y = p->svg->axis;
    const char *anchor = x > p->measures->right - 15 ? "base east" : "base";
    fprintf(p->file, "\\draw[witness grid] (%.1f,%.1f) -- (%.1f,%.1f);\n", x, y, x,
            tikz_plot_end(p));
    fprintf(p->file, "\\node[witness text,anchor=%s] at (%.1f,%.1f) {", anchor, x,
            y - (p->core_mhz > 0 ? 19 : 5));
    put_cycles(p, t);
    fputs("};\n", p->file);
    if (p->core_mhz > 0) {
        double ns = (double)t * 1000 / p->core_mhz;
        fprintf(p->file,
                "\\node[witness text,anchor=%s" TIKZ_GREY
                "] at (%.1f,%.1f) {%s%.*f};\n",
                anchor, x, y - 5, ns < 0 ? "$-$" : "", ns > -10 && ns < 10 && t ? 1 : 0,
                ns < 0 ? -ns : ns);
    }
}

static void put_axis(const struct tikz_pen *p)
{
    const struct scene *scene = p->scene;
    double y = p->svg->axis;
    int64_t step = svg_tick_step(scene->view_to - scene->view_from,
                                 p->measures->names_above ? 5 : 9);
    int64_t t = scene->view_from / step * step;
    for (; t <= scene->view_to; t += step)
        if (t >= scene->view_from)
            put_tick(p, t);
    char title[64];
    const char *after = strchr(scene->zero_text, ' ');
    snprintf(title, sizeof title, "time%s", after ? after : "");
    put_text(p, "", 0, y - (p->core_mhz > 0 ? 19 : 5), "cycles");
    if (p->core_mhz > 0)
        put_text(p, TIKZ_GREY, 0, y - 5, "ns");
    put_text(p, TIKZ_RIGHT, p->measures->right, y - (p->core_mhz > 0 ? 33 : 19), title);
    fprintf(p->file, "\\draw[witness code] (%.1f,%.1f) -- (%.1f,%.1f);\n",
            p->measures->left, y, p->measures->right, y);
}

/* ---- The verdict, under the line that marks the moment. ---- */

/* Returns where it ends. */
static double put_verdict(const struct tikz_pen *p, double y)
{
    const struct check_violation *v = &p->scene->w->v;
    char verdict[160], text[200];
    scene_verdict(v, verdict, sizeof verdict);
    snprintf(text, sizeof text, "%s: %s", check_rule_name(v->rule), verdict);
    double width = p->measures->text_width(text, SVG_FONT) * p->measures->bold;
    double x = svg_x(p->svg, p->scene->verdict);
    double lines = width > p->width ? 2 : 1;
    if (lines > 1)
        fprintf(p->file,
                "\\node[witness text" TIKZ_BOLD
                ",witnessbad,anchor=north east,align=flush "
                "right,text width=%.1f*\\witnessunit] at (%.1f,%.1f) {",
                p->width, p->width, y + 5);
    else
        fprintf(p->file,
                "\\node[witness text" TIKZ_BOLD
                ",witnessbad,anchor=base] at (%.1f,%.1f) {",
                tikz_clamp(x, width / 2, p->width - width / 2), y + 14);
    report_latex(p->file, text);
    fputs("};\n", p->file);
    return y + 5 + SVG_TAG_HEIGHT * lines;
}

/* ---- The legend: what there is in this picture. ---- */

static const struct {
    const char *shape; /* In a field of 26 x 14 around (13,7). */
    const char *text;
} legend[TIKZ_N_ITEMS] = {
    [TIKZ_LOAD] = {"\\pic at (13,7) {witness load};", "load"},
    [TIKZ_STORE] = {"\\pic at (13,7) {witness store};", "store"},
    [TIKZ_SYNC] = {"\\pic at (13,7) {witness sync};", "synchronizes"},
    [TIKZ_HELD] = {"\\draw[witness held] (2,7) -- (24,7);\\pic at (2,7) {witness "
                   "lock};\\pic at (24,7) {witness unlock};",
                   "owns the lock"},
    [TIKZ_OLD] = {"\\path[witness old] (0,1) rectangle (26,13);", "old frame"},
    [TIKZ_NEW] = {"\\path[witness new] (0,1) rectangle (26,13);", "new frame"},
    [TIKZ_NOTHING] = {"\\path[witness nothing] (0,1) rectangle (26,13);", "no entry"},
    [TIKZ_WAITS] = {"\\path[witness waits] (0,1) rectangle (26,13);", "waits"},
    [TIKZ_IPI] = {"\\draw[witness ipi] (0,7) -- (26,7);", "interrupt"},
    [TIKZ_ACK] = {"\\draw[witness ack] (0,7) -- (26,7);", "ack"},
    [TIKZ_MISSED] = {"\\draw[witness missed] (0,7) -- (26,7);", "must have been seen"},
    [TIKZ_OPEN] = {"\\draw[witness open] (0,7) -- (26,7);", "interrupt on its way"},
    [TIKZ_INVAL] = {"\\pic at (13,7) {witness inval};", "TLB entry dropped"},
    [TIKZ_EVENT] = {"\\pic at (13,10) {witness event};", "kernel event"},
    [TIKZ_FRAME] = {"\\pic at (13,7) {witness frame};", "missed store"},
    [TIKZ_RING] = {"\\pic at (13,7) {witness ring};", "violating access"},
};

struct place {
    double x, y;
};

/* Writes one thing of the legend where there is room for it. */
static void put_item(const struct tikz_pen *p, struct place *at, const char *picture,
                     const char *text)
{
    double begin = picture[0] ? 31 : 0;
    double width = begin + p->measures->text_width(text, SVG_FONT);
    if (at->x > 0 && at->x + width > p->width) {
        at->x = 0;
        at->y += 19;
    }
    fprintf(p->file,
            "\\begin{scope}[shift={(%.1f,%.1f)}]%s\\node[witness text] at (%.0f,11) {",
            at->x, at->y, picture, begin);
    report_latex(p->file, text);
    fputs("};\\end{scope}\n", p->file);
    at->x += width + 12;
}

/* What is not in the picture, and what "T2#5" means. */
static void put_notes(const struct tikz_pen *p, struct place *at)
{
    char text[96];
    uint32_t n = p->svg->n_left_out;
    if (p->used[TIKZ_LOAD] || p->used[TIKZ_STORE])
        put_item(p, at, "",
                 "T2#5: what operation 5 of thread 2 stored; 0: a fresh page");
    snprintf(text, sizeof text, "%" PRIu32 " more CPU%s of the witness %s not drawn.",
             n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
    if (n)
        put_item(p, at, "", text);
    if (p->scene->w->v.witness_cut)
        put_item(p, at, "", "The middle of the witness was not kept.");
}

/* Returns where it ends.  It does not stretch with the picture. */
static double put_legend(const struct tikz_pen *p, double y)
{
    struct place at = {0, y + 4};
    fprintf(p->file,
            "\\draw[witness rule] (0,%.1f) -- (%.1f,%.1f);\n"
            "\\begin{scope}[x=\\witnessunit]\n",
            y, p->measures->right, y);
    for (unsigned i = 0; i < TIKZ_N_ITEMS; i++)
        if (p->used[i])
            put_item(p, &at, legend[i].shape, legend[i].text);
    put_notes(p, &at);
    fputs("\\end{scope}\n", p->file);
    return at.y + 19;
}

/* ---- The whole. ---- */

static void put_picture(struct tikz_pen *p)
{
    fprintf(p->file,
            "\\edef\\witnessx{\\the\\dimexpr\\witnesswidth/%.0f\\relax}%%\n"
            "\\ifdim\\witnessx<\\witnessunit\\let\\witnessx\\witnessunit\\fi\n"
            "\\pgfmathsetmacro\\witnessscale{min(1,\\witnesswidth/(%.0f*\\witnessunit))"
            "}%%\n"
            "\\begin{tikzpicture}[witness,x=\\witnessx,scale=\\witnessscale,transform "
            "shape]\n",
            p->width, p->width);
    put_axis(p);
    put_names(p);
    double x = svg_x(p->svg, p->scene->verdict);
    fprintf(p->file, "\\draw[witness when] (%.1f,%.1f) -- (%.1f,%.1f);\n", x,
            p->svg->axis, x, tikz_plot_end(p) + 2);
    tikz_put_plot(p);
    double y = put_verdict(p, tikz_plot_end(p));
    y = put_legend(p, y + 4);
    fprintf(p->file,
            "\\pgfresetboundingbox\\path[use as bounding box] (0,0) rectangle "
            "(%.1f,%.1f);\n"
            "\\end{tikzpicture}%%\n",
            p->width, y);
}

static void put_layout(FILE *file, const struct scene *scene, struct svg *svg,
                       const struct svg_measures *measures, double width, double mhz)
{
    svg_layout(svg, scene, measures);
    struct tikz_pen pen = {.file = file,
                           .svg = svg,
                           .scene = scene,
                           .measures = measures,
                           .core_mhz = mhz,
                           .width = width};
    put_picture(&pen);
}

enum status witness_tikz(FILE *file, const struct witness *w, double core_mhz,
                         struct err *err)
{
    struct scene *scene = scene_create(w);
    struct svg *svg = calloc(1, sizeof *svg);
    if (!scene || !svg) {
        scene_destroy(scene);
        free(svg);
        return err_set(err, STATUS_INTERNAL, "out of memory");
    }
    tikz_head(file, w);
    fprintf(file, "\\ifdim\\witnesswidth<\\dimexpr\\witnessunit*%.0f\\relax\n",
            TIKZ_WIDE);
    put_layout(file, scene, svg, &tikz_narrow, TIKZ_NARROW, core_mhz);
    fputs("\\else\n", file);
    put_layout(file, scene, svg, &tikz_wide, TIKZ_WIDE, core_mhz);
    fputs("\\fi\n\\endgroup\n", file);
    free(svg);
    scene_destroy(scene);
    return report_flush(file, "the picture", err);
}
