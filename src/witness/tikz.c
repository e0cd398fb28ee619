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

#include "report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* What the legend may explain. */
enum item {
    ITEM_LOAD,
    ITEM_STORE,
    ITEM_SYNC,
    ITEM_HELD,
    ITEM_OLD,
    ITEM_NEW,
    ITEM_NOTHING,
    ITEM_WAITS,
    ITEM_IPI,
    ITEM_ACK,
    ITEM_MISSED,
    ITEM_OPEN,
    ITEM_INVAL,
    ITEM_EVENT,
    ITEM_FRAME,
    ITEM_RING,
    N_ITEMS
};

struct pen {
    FILE *file;
    const struct svg *svg;
    const struct scene *scene;
    const struct svg_measures *measures;
    double core_mhz, width;
    bool used[N_ITEMS];
};

static double x_of(const struct pen *p, int64_t t)
{
    return svg_x(p->scene, p->measures, t);
}

static bool in_view(const struct pen *p, int64_t t0, int64_t t1)
{
    return t1 >= p->scene->view_from && t0 <= p->scene->view_to;
}

/* ---- Text. ---- */

static void put_text(const struct pen *p, const char *style, double x, double y,
                     const char *text)
{
    fprintf(p->file, "\\node[witness text%s] at (%.1f,%.1f) {", style, x, y);
    tikz_escape(p->file, text);
    fputs("};\n", p->file);
}

#define BOLD  ",font=\\scriptsize\\bfseries"
#define RIGHT ",anchor=base east"
#define GREY  ",black!70"

/* "4\,318", with a true minus. */
static void put_cycles(const struct pen *p, int64_t t)
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

/* ---- Boxes. ---- */

struct box {
    double y, height;
    const char *style;
    const char *ground; /* Behind its text, which patterns and arrows would cross. */
};

/* A box is cut where the view ends: there it has no edge. */
static void put_box(const struct pen *p, int64_t t0, int64_t t1, const struct box *box)
{
    double x0 = x_of(p, t0), x1 = x_of(p, t1);
    x0 = x0 < p->measures->left - 4 ? p->measures->left - 4 : x0;
    x1 = x1 > p->measures->right + 4 ? p->measures->right + 4 : x1;
    x1 = x1 < x0 + 2 ? x0 + 2 : x1;
    fprintf(p->file, "\\path[witness %s] (%.1f,%.1f) rectangle (%.1f,%.1f);\n",
            box->style, x0, box->y, x1, box->y + box->height);
}

/* True if 'text' has room in what is visible of a box, which begins at '*x'. */
static bool has_room(const struct pen *p, const char *text, int64_t t0, int64_t t1,
                     double *x)
{
    double x1 = x_of(p, t1);
    *x = x_of(p, t0);
    *x = *x < p->measures->left ? p->measures->left : *x;
    x1 = x1 > p->measures->right ? p->measures->right : x1;
    return text[0] && x1 - *x >= p->measures->text_width(text, SVG_FONT) + 8;
}

static void put_inside(const struct pen *p, const struct scene_span *span, int64_t t1,
                       const struct box *box)
{
    double x;
    const char *text = span->label;
    if (!has_room(p, text, span->t0, t1, &x)) {
        text = span->brief;
        if (!has_room(p, text, span->t0, t1, &x))
            return;
    }
    fprintf(p->file, "\\node[witness label,fill=%s] at (%.1f,%.1f) {", box->ground,
            x + 3, box->y + box->height / 2 + 4);
    tikz_escape(p->file, text);
    fputs("};\n", p->file);
}

static struct box frame_box(struct pen *p, const struct scene_span *span, double y)
{
    static const struct box boxes[] = {
        [SCENE_NOTHING] = {0, SVG_BAND, "nothing", "white"},
        [SCENE_OLD] = {0, SVG_BAND, "old", "white"},
        [SCENE_NEW] = {0, SVG_BAND, "new", "witnessnew"},
        [SCENE_OTHER] = {0, SVG_BAND, "other", "white"},
    };
    struct box box = boxes[span->which];
    p->used[ITEM_NOTHING] |= span->which == SCENE_NOTHING;
    p->used[ITEM_OLD] |= span->which == SCENE_OLD;
    p->used[ITEM_NEW] |= span->which == SCENE_NEW;
    box.y = y;
    return box;
}

/* Where and how a span is drawn. False if it is not. */
static bool box_of(struct pen *p, const struct scene_span *span, struct box *box)
{
    const struct svg_lane *lane = svg_lane_of(p->svg, span->lane);
    if (!lane && span->kind != SCENE_PTE && span->kind != SCENE_OWNER)
        return false;
    switch (span->kind) {
    case SCENE_FAULT:
        *box = (struct box){lane->kernel, SVG_BOX, "fault", "black!6"};
        return true;
    case SCENE_STEP:
    case SCENE_SLEEP: {
        bool waits = span->wait || span->kind == SCENE_SLEEP;
        *box = (struct box){lane->kernel, SVG_BOX, waits ? "waits" : "step", "white"};
        p->used[ITEM_WAITS] |= waits;
        return true;
    }
    case SCENE_HANDLER:
        *box = (struct box){lane->handler, SVG_BOX, "irq", "black!25"};
        return true;
    case SCENE_SPIN:
        *box = (struct box){lane->code - 7, 14, "waits", "white"};
        p->used[ITEM_WAITS] = true;
        return true;
    case SCENE_TLB:
        *box = frame_box(p, span, lane->tlb);
        return span->t1 > span->t0;
    case SCENE_PTE:
        *box = frame_box(p, span, p->svg->pte);
        return true;
    case SCENE_OWNER:
        *box = (struct box){p->svg->owner +
                                (SVG_BAND + 3) * (span->row > 2 ? 2 : span->row),
                            SVG_BAND, "owner", "black!12"};
        return true;
    case SCENE_N_SPAN_KINDS:
        break;
    }
    return false;
}

static void put_spans(struct pen *p, bool names)
{
    for (unsigned kind = 0; kind < SCENE_N_SPAN_KINDS; kind++)
        for (uint32_t i = 0; i < p->scene->n_spans; i++) {
            const struct scene_span *span = &p->scene->spans[i];
            struct box box;
            if (span->kind != kind || !in_view(p, span->t0, span->t1) ||
                !box_of(p, span, &box))
                continue;
            if (!names)
                put_box(p, span->t0, span->t1, &box);
            else
                put_inside(p, span,
                           kind == SCENE_FAULT ? svg_name_end(p->scene, span)
                                               : span->t1,
                           &box);
        }
}

/* ---- Lines. ---- */

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* A line; what lies outside the view is cut off. False if nothing is left. */
static bool put_line(const struct pen *p, const char *style, double x0, double y0,
                     double x1, double y1)
{
    double left = p->measures->left, right = p->measures->right;
    if ((x0 < left && x1 < left) || (x0 > right && x1 > right))
        return false;
    double a = clamp(x0, left, right), b = clamp(x1, left, right);
    double slope = x1 - x0 > 0.01 || x0 - x1 > 0.01 ? (y1 - y0) / (x1 - x0) : 0;
    double ya = a == x0 ? y0 : y0 + (a - x0) * slope;
    double yb = b == x1 ? y1 : y0 + (b - x0) * slope;
    fprintf(p->file, "\\draw[witness %s%s] (%.1f,%.1f) -- (%.1f,%.1f);\n", style,
            b == x1 ? "" : ",witness cut", a, ya, b, yb);
    return true;
}

/* A thick line where the thread of this CPU owns the lock. */
static void put_held(struct pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        if (span->kind == SCENE_OWNER && span->tid == p->scene->lanes[lane->lane].tid &&
            put_line(p, "held", x_of(p, span->t0), lane->code, x_of(p, span->t1),
                     lane->code))
            p->used[ITEM_HELD] = true;
    }
}

static void put_arrow(struct pen *p, const struct scene_arrow *arrow)
{
    static const char *const style[] = {
        [SCENE_IPI] = "ipi", [SCENE_ACK] = "ack", [SCENE_MISSED] = "missed"};
    const struct svg_lane *from = svg_lane_of(p->svg, arrow->from);
    const struct svg_lane *to = svg_lane_of(p->svg, arrow->to);
    if (!from || !to)
        return;
    bool down = to->top > from->top, ack = arrow->kind == SCENE_ACK;
    double y0 = from->code, y1 = to->code, gap = 0;
    if (arrow->kind != SCENE_MISSED) {
        y0 = (ack ? from->handler : from->kernel) + (down ? SVG_BOX : 0);
        if (to->has_kernel)
            y1 = (ack ? to->kernel : to->handler) + (down ? 0 : SVG_BOX);
    } else if (from != to) { /* Not into the marks themselves. */
        y0 += down ? 9 : -9;
        y1 += down ? -10 : 10;
    } else {
        gap = 9;
    }
    if (arrow->open) /* It ends in between: it is still on its way. */
        y1 = y0 + 0.8 * (y1 - y0);
    if (put_line(p, arrow->open ? "open" : style[arrow->kind], x_of(p, arrow->t0) + gap,
                 y0, x_of(p, arrow->t1) - gap, y1))
        p->used[arrow->open ? ITEM_OPEN : ITEM_IPI + arrow->kind] = true;
}

/* ---- Marks. ---- */

static const char *shape(struct pen *p, const struct scene_mark *mark)
{
    static const struct {
        const char *name;
        enum item item;
    } shapes[] = {
        [SCENE_LOAD] = {"load", ITEM_LOAD},   [SCENE_STORE] = {"store", ITEM_STORE},
        [SCENE_LOCK] = {"lock", ITEM_HELD},   [SCENE_UNLOCK] = {"unlock", ITEM_HELD},
        [SCENE_SYNC] = {"sync", ITEM_SYNC},   [SCENE_INVAL] = {"inval", ITEM_INVAL},
        [SCENE_SEND] = {"event", ITEM_EVENT}, [SCENE_EVENT] = {"event", ITEM_EVENT},
    };
    assert(mark->kind < SCENE_N_MARK_KINDS);
    p->used[shapes[mark->kind].item] = true;
    return shapes[mark->kind].name;
}

static void put_label(const struct pen *p, bool bad, bool left, double x, double y,
                      const char *text)
{
    fprintf(p->file, "\\node[witness label%s%s] at (%.1f,%.1f) {", left ? RIGHT : "",
            bad ? BOLD : "", x + (left ? -3 : 3), y);
    tikz_escape(p->file, text);
    fputs("};\n", p->file);
}

/* The label of a mark at 'x', 'y' and the line that leads to it. */
static void put_tag(const struct pen *p, const struct svg_tag *tag, bool bad, double x,
                    double y, double above, const char *text)
{
    if (!tag || !tag->placed)
        return;
    double base = y - above - SVG_TAG_HEIGHT * tag->row;
    if (tag->row)
        fprintf(p->file, "\\draw[witness lead] (%.1f,%.1f) -- (%.1f,%.1f);\n", x,
                y - above + 3, x, base - 6);
    put_label(p, bad, tag->left, x, base, text);
}

static void put_tag_below(const struct pen *p, double x, double y, const char *text)
{
    double width = p->measures->text_width(text, SVG_FONT) * p->measures->bold;
    put_label(p, true, x + 5 + width > p->measures->right, x, y + 20, text);
}

static void put_mark(struct pen *p, const struct svg_lane *lane,
                     const struct scene_mark *mark)
{
    bool code = svg_on_code(mark), verdict = mark->weight == SCENE_VERDICT;
    bool bad = verdict || mark->missed;
    double x = x_of(p, mark->t), y = code ? lane->code : lane->kernel;
    const char *text = svg_label(p->svg, mark);
    if (!in_view(p, mark->t, mark->t) || mark->weight == SCENE_BORING)
        return;
    fprintf(p->file, "\\pic at (%.1f,%.1f) {witness %s};\n", x, y, shape(p, mark));
    if (bad)
        fprintf(p->file, "\\pic at (%.1f,%.1f) {witness %s};\n", x, y,
                verdict ? "ring" : "frame");
    p->used[ITEM_RING] |= verdict;
    p->used[ITEM_FRAME] |= bad && !verdict;
    if (svg_tag_below(p->scene, mark))
        put_tag_below(p, x, y, text);
    else
        put_tag(p, svg_tag_of(code ? &lane->above_code : &lane->above_kernel, mark),
                mark->weight <= SCENE_KEY, x, y, code ? 12 : 9, text);
}

/* Names of steps whose boxes are too narrow. */
static void put_step_tags(const struct pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        const struct svg_tag *tag = svg_tag_of(&lane->above_kernel, span);
        if (tag)
            put_tag(p, tag, tag->weight == SCENE_KEY, tag->x, lane->kernel, 9,
                    span->label);
    }
}

static void put_marks(struct pen *p, const struct svg_lane *lane)
{
    put_step_tags(p, lane);
    for (int weight = SCENE_PLAIN; weight >= SCENE_VERDICT; weight--)
        for (uint32_t i = 0; i < p->scene->n_marks; i++)
            if (p->scene->marks[i].lane == lane->lane &&
                (int)p->scene->marks[i].weight == weight)
                put_mark(p, lane, &p->scene->marks[i]);
}

/* ---- Names. ---- */

static void put_caption(const struct pen *p, double y, const char *text)
{
    put_text(p, RIGHT GREY, p->measures->left - 6, y, text);
}

/* "CPU 2, thread 3: reads" on one line; the thread is left out if it is too long. */
static void put_name_above(const struct pen *p, const struct svg_lane *lane)
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

static void put_name_beside(const struct pen *p, const struct svg_lane *lane)
{
    const struct scene_lane *who = &p->scene->lanes[lane->lane];
    char text[96];
    double y = lane->top + 14;
    snprintf(text, sizeof text, "CPU %u", who->cpu);
    put_text(p, BOLD, 0, y, text);
    if (who->tid != NO_THREAD) {
        snprintf(text, sizeof text, "thread %" PRIu32, who->tid);
        put_text(p, "", 0, y += SVG_TAG_HEIGHT, text);
    }
    for (const char *at = who->role; *at;) {
        const char *end = strstr(at, ", ");
        size_t n = end ? (size_t)(end - at) : strlen(at);
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        put_text(p, GREY, 0, y += SVG_TAG_HEIGHT, text);
        at = end ? end + 2 : at + n;
    }
}

static void put_lane_names(const struct pen *p, const struct svg_lane *lane)
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

static void put_names(const struct pen *p)
{
    bool above = p->measures->names_above;
    if (p->svg->has_pte)
        put_text(p, above ? RIGHT GREY : "", above ? p->measures->left - 6 : 0,
                 p->svg->pte + 13, above ? "PTE" : "page table entry");
    if (p->svg->has_owner)
        put_text(p, above ? RIGHT GREY : "", above ? p->measures->left - 6 : 0,
                 p->svg->owner + 13, above ? "lock" : "owner of the lock");
    for (uint32_t i = 0; i < p->svg->n_lanes; i++)
        put_lane_names(p, &p->svg->lanes[i]);
}

/* ---- The axis. ---- */

static double plot_end(const struct pen *p)
{
    return p->svg->legend - 6;
}

static void put_tick(const struct pen *p, int64_t t)
{
    double x = x_of(p, t), y = p->svg->axis;
    const char *anchor = x > p->measures->right - 15 ? "base east" : "base";
    fprintf(p->file, "\\draw[witness grid] (%.1f,%.1f) -- (%.1f,%.1f);\n", x, y, x,
            plot_end(p));
    fprintf(p->file, "\\node[witness text,anchor=%s] at (%.1f,%.1f) {", anchor, x,
            y - (p->core_mhz > 0 ? 19 : 5));
    put_cycles(p, t);
    fputs("};\n", p->file);
    if (p->core_mhz > 0) {
        double ns = (double)t * 1000 / p->core_mhz;
        fprintf(p->file,
                "\\node[witness text,anchor=%s" GREY "] at (%.1f,%.1f) {%s%.*f};\n",
                anchor, x, y - 5, ns < 0 ? "$-$" : "", ns > -10 && ns < 10 && t ? 1 : 0,
                ns < 0 ? -ns : ns);
    }
}

static void put_axis(const struct pen *p)
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
        put_text(p, GREY, 0, y - 5, "ns");
    put_text(p, RIGHT, p->measures->right, y - (p->core_mhz > 0 ? 33 : 19), title);
    fprintf(p->file, "\\draw[witness code] (%.1f,%.1f) -- (%.1f,%.1f);\n",
            p->measures->left, y, p->measures->right, y);
}

/* ---- The verdict, under the line that marks the moment. ---- */

/* Returns where it ends. */
static double put_verdict(const struct pen *p, double y)
{
    const struct check_violation *v = &p->scene->w->v;
    char verdict[160], text[200];
    scene_verdict(v, verdict, sizeof verdict);
    snprintf(text, sizeof text, "%s: %s", check_rule_name(v->rule), verdict);
    double width = p->measures->text_width(text, SVG_FONT) * p->measures->bold;
    double x = x_of(p, p->scene->verdict);
    double lines = width > p->width ? 2 : 1;
    if (lines > 1)
        fprintf(p->file,
                "\\node[witness text" BOLD ",witnessbad,anchor=north east,align=flush "
                "right,text width=%.1f*\\witnessunit] at (%.1f,%.1f) {",
                p->width, p->width, y + 5);
    else
        fprintf(p->file,
                "\\node[witness text" BOLD ",witnessbad,anchor=base] at (%.1f,%.1f) {",
                clamp(x, width / 2, p->width - width / 2), y + 14);
    tikz_escape(p->file, text);
    fputs("};\n", p->file);
    return y + 5 + SVG_TAG_HEIGHT * lines;
}

/* ---- The legend: what there is in this picture. ---- */

static const struct {
    const char *shape; /* In a field of 26 x 14 around (13,7). */
    const char *text;
} legend[N_ITEMS] = {
    [ITEM_LOAD] = {"\\pic at (13,7) {witness load};", "load"},
    [ITEM_STORE] = {"\\pic at (13,7) {witness store};", "store"},
    [ITEM_SYNC] = {"\\pic at (13,7) {witness sync};", "synchronizes"},
    [ITEM_HELD] = {"\\draw[witness held] (2,7) -- (24,7);\\pic at (2,7) {witness "
                   "lock};\\pic at (24,7) {witness unlock};",
                   "owns the lock"},
    [ITEM_OLD] = {"\\path[witness old] (0,1) rectangle (26,13);", "old frame"},
    [ITEM_NEW] = {"\\path[witness new] (0,1) rectangle (26,13);", "new frame"},
    [ITEM_NOTHING] = {"\\path[witness nothing] (0,1) rectangle (26,13);", "no entry"},
    [ITEM_WAITS] = {"\\path[witness waits] (0,1) rectangle (26,13);", "waits"},
    [ITEM_IPI] = {"\\draw[witness ipi] (0,7) -- (26,7);", "interrupt"},
    [ITEM_ACK] = {"\\draw[witness ack] (0,7) -- (26,7);", "ack"},
    [ITEM_MISSED] = {"\\draw[witness missed] (0,7) -- (26,7);", "must have been seen"},
    [ITEM_OPEN] = {"\\draw[witness open] (0,7) -- (26,7);", "interrupt on its way"},
    [ITEM_INVAL] = {"\\pic at (13,7) {witness inval};", "TLB entry dropped"},
    [ITEM_EVENT] = {"\\pic at (13,10) {witness event};", "kernel event"},
    [ITEM_FRAME] = {"\\pic at (13,7) {witness frame};", "missed store"},
    [ITEM_RING] = {"\\pic at (13,7) {witness ring};", "violating access"},
};

struct place {
    double x, y;
};

/* Writes one thing of the legend where there is room for it. */
static void put_item(const struct pen *p, struct place *at, const char *picture,
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
    tikz_escape(p->file, text);
    fputs("};\\end{scope}\n", p->file);
    at->x += width + 12;
}

/* What is not in the picture, and what "T2#5" means. */
static void put_notes(const struct pen *p, struct place *at)
{
    char text[96];
    uint32_t n = p->svg->n_left_out;
    if (p->used[ITEM_LOAD] || p->used[ITEM_STORE])
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
static double put_legend(const struct pen *p, double y)
{
    struct place at = {0, y + 4};
    fprintf(p->file,
            "\\draw[witness rule] (0,%.1f) -- (%.1f,%.1f);\n"
            "\\begin{scope}[x=\\witnessunit]\n",
            y, p->measures->right, y);
    for (unsigned i = 0; i < N_ITEMS; i++)
        if (p->used[i])
            put_item(p, &at, legend[i].shape, legend[i].text);
    put_notes(p, &at);
    fputs("\\end{scope}\n", p->file);
    return at.y + 19;
}

/* ---- The whole. ---- */

static void put_plot(struct pen *p)
{
    const struct svg *svg = p->svg;
    fprintf(p->file, "\\begin{scope}\n\\clip (%.1f,%.1f) rectangle (%.1f,%.1f);\n",
            p->measures->left, svg->axis - 2, p->measures->right + 2, plot_end(p));
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        if (svg->lanes[i].has_code)
            put_line(p, "code", p->measures->left, svg->lanes[i].code,
                     p->measures->right, svg->lanes[i].code);
    put_spans(p, false);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        put_held(p, &svg->lanes[i]);
    for (uint32_t i = 0; i < p->scene->n_arrows; i++)
        put_arrow(p, &p->scene->arrows[i]);
    put_spans(p, true);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        put_marks(p, &svg->lanes[i]);
    fputs("\\end{scope}\n", p->file);
}

static void put_picture(struct pen *p)
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
    double x = x_of(p, p->scene->verdict);
    fprintf(p->file, "\\draw[witness when] (%.1f,%.1f) -- (%.1f,%.1f);\n", x,
            p->svg->axis, x, plot_end(p) + 2);
    put_plot(p);
    double y = put_verdict(p, plot_end(p));
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
    struct pen pen = {.file = file,
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
