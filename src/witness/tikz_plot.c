/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz_plot.c - what lies on the time axis of the picture for print; see tikz.h.
 *
 * From the back to the front: the code's line, boxes and bands, arrows, names in
 * boxes, marks with their labels.
 */
#include "witness/tikz.h"

#include "report/latex.h"

#include <assert.h>

static bool in_view(const struct tikz_pen *p, int64_t t0, int64_t t1)
{
    return t1 >= p->scene->view_from && t0 <= p->scene->view_to;
}

/* ---- Boxes. ---- */

struct box {
    double y, height;
    const char *style;
    const char *ground; /* Behind its text, which patterns and arrows would cross. */
};

/* A box is cut where the view ends: there it has no edge. */
static void put_box(const struct tikz_pen *p, int64_t t0, int64_t t1,
                    const struct box *box)
{
    double x0 = svg_x(p->svg, t0), x1 = svg_x(p->svg, t1);
    x0 = x0 < p->measures->left - 4 ? p->measures->left - 4 : x0;
    x1 = x1 > p->measures->right + 4 ? p->measures->right + 4 : x1;
    x1 = x1 < x0 + 2 ? x0 + 2 : x1;
    fprintf(p->file, "\\path[witness %s] (%.1f,%.1f) rectangle (%.1f,%.1f);\n",
            box->style, x0, box->y, x1, box->y + box->height);
}

/* True if 'text' has room in what is visible of a box, which begins at '*x'. */
static bool has_room(const struct tikz_pen *p, const char *text, int64_t t0, int64_t t1,
                     double *x)
{
    double x1 = svg_x(p->svg, t1);
    *x = svg_x(p->svg, t0);
    *x = *x < p->measures->left ? p->measures->left : *x;
    x1 = x1 > p->measures->right ? p->measures->right : x1;
    return text[0] && x1 - *x >= p->measures->text_width(text, SVG_FONT) + 8;
}

static void put_inside(const struct tikz_pen *p, const struct scene_span *span,
                       int64_t t1, const struct box *box)
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
    report_latex(p->file, text);
    fputs("};\n", p->file);
}

static struct box frame_box(struct tikz_pen *p, const struct scene_span *span, double y)
{
    static const struct box boxes[] = {
        [SCENE_NOTHING] = {0, SVG_BAND, "nothing", "white"},
        [SCENE_OLD] = {0, SVG_BAND, "old", "white"},
        [SCENE_NEW] = {0, SVG_BAND, "new", "witnessnew"},
        [SCENE_OTHER] = {0, SVG_BAND, "other", "white"},
    };
    struct box box = boxes[span->which];
    p->used[TIKZ_NOTHING] |= span->which == SCENE_NOTHING;
    p->used[TIKZ_OLD] |= span->which == SCENE_OLD;
    p->used[TIKZ_NEW] |= span->which == SCENE_NEW;
    box.y = y;
    return box;
}

/* Where and how a span is drawn. False if it is not. */
static bool box_of(struct tikz_pen *p, const struct scene_span *span, struct box *box)
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
        p->used[TIKZ_WAITS] |= waits;
        return true;
    }
    case SCENE_HANDLER:
        *box = (struct box){lane->handler, SVG_BOX, "irq", "black!25"};
        return true;
    case SCENE_SPIN:
        *box = (struct box){lane->code - 7, 14, "waits", "white"};
        p->used[TIKZ_WAITS] = true;
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

static void put_spans(struct tikz_pen *p, bool names)
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

/* A line; what lies outside the view is cut off. False if nothing is left. */
static bool put_line(const struct tikz_pen *p, const char *style, double x0, double y0,
                     double x1, double y1)
{
    double left = p->measures->left, right = p->measures->right;
    if ((x0 < left && x1 < left) || (x0 > right && x1 > right))
        return false;
    double a = tikz_clamp(x0, left, right), b = tikz_clamp(x1, left, right);
    double slope = x1 - x0 > 0.01 || x0 - x1 > 0.01 ? (y1 - y0) / (x1 - x0) : 0;
    double ya = a == x0 ? y0 : y0 + (a - x0) * slope;
    double yb = b == x1 ? y1 : y0 + (b - x0) * slope;
    fprintf(p->file, "\\draw[witness %s%s] (%.1f,%.1f) -- (%.1f,%.1f);\n", style,
            b == x1 ? "" : ",witness cut", a, ya, b, yb);
    return true;
}

/* A thick line where the thread of this CPU owns the lock. */
static void put_held(struct tikz_pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        if (span->kind == SCENE_OWNER && span->tid == p->scene->lanes[lane->lane].tid &&
            put_line(p, "held", svg_x(p->svg, span->t0), lane->code,
                     svg_x(p->svg, span->t1), lane->code))
            p->used[TIKZ_HELD] = true;
    }
}

static void put_arrow(struct tikz_pen *p, const struct scene_arrow *arrow)
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
    if (put_line(p, arrow->open ? "open" : style[arrow->kind],
                 svg_x(p->svg, arrow->t0) + gap, y0, svg_x(p->svg, arrow->t1) - gap,
                 y1))
        p->used[arrow->open ? TIKZ_OPEN : TIKZ_IPI + arrow->kind] = true;
}

/* ---- Marks. ---- */

static const char *shape(struct tikz_pen *p, const struct scene_mark *mark)
{
    static const struct {
        const char *name;
        enum tikz_item item;
    } shapes[] = {
        [SCENE_LOAD] = {"load", TIKZ_LOAD},   [SCENE_STORE] = {"store", TIKZ_STORE},
        [SCENE_LOCK] = {"lock", TIKZ_HELD},   [SCENE_UNLOCK] = {"unlock", TIKZ_HELD},
        [SCENE_SYNC] = {"sync", TIKZ_SYNC},   [SCENE_INVAL] = {"inval", TIKZ_INVAL},
        [SCENE_SEND] = {"event", TIKZ_EVENT}, [SCENE_EVENT] = {"event", TIKZ_EVENT},
    };
    assert(mark->kind < SCENE_N_MARK_KINDS);
    p->used[shapes[mark->kind].item] = true;
    return shapes[mark->kind].name;
}

static void put_label(const struct tikz_pen *p, bool bad, bool left, double x, double y,
                      const char *text)
{
    fprintf(p->file, "\\node[witness label%s%s] at (%.1f,%.1f) {",
            left ? TIKZ_RIGHT : "", bad ? TIKZ_BOLD : "", x + (left ? -3 : 3), y);
    report_latex(p->file, text);
    fputs("};\n", p->file);
}

/* The label of a mark at 'x', 'y' and the line that leads to it. */
static void put_tag(const struct tikz_pen *p, const struct svg_tag *tag, bool bad,
                    double x, double y, double above, const char *text)
{
    if (!tag || !tag->placed)
        return;
    double base = y - above - SVG_TAG_HEIGHT * tag->row;
    if (tag->row)
        fprintf(p->file, "\\draw[witness lead] (%.1f,%.1f) -- (%.1f,%.1f);\n", x,
                y - above + 3, x, base - 6);
    put_label(p, bad, tag->left, x, base, text);
}

static void put_tag_below(const struct tikz_pen *p, double x, double y,
                          const char *text)
{
    double width = p->measures->text_width(text, SVG_FONT) * p->measures->bold;
    put_label(p, true, x + 5 + width > p->measures->right, x, y + 20, text);
}

static void put_mark(struct tikz_pen *p, const struct svg_lane *lane,
                     const struct scene_mark *mark)
{
    bool code = svg_on_code(mark), verdict = mark->weight == SCENE_VERDICT;
    bool bad = verdict || mark->missed;
    double x = svg_x(p->svg, mark->t), y = code ? lane->code : lane->kernel;
    const char *text = svg_label(p->svg, mark);
    if (!in_view(p, mark->t, mark->t) || mark->weight == SCENE_BORING)
        return;
    fprintf(p->file, "\\pic at (%.1f,%.1f) {witness %s};\n", x, y, shape(p, mark));
    if (bad)
        fprintf(p->file, "\\pic at (%.1f,%.1f) {witness %s};\n", x, y,
                verdict ? "ring" : "frame");
    p->used[TIKZ_RING] |= verdict;
    p->used[TIKZ_FRAME] |= bad && !verdict;
    if (svg_tag_below(p->scene, mark))
        put_tag_below(p, x, y, text);
    else
        put_tag(p, svg_tag_of(code ? &lane->above_code : &lane->above_kernel, mark),
                mark->weight <= SCENE_KEY, x, y, code ? 12 : 9, text);
}

/* Names of steps whose boxes are too narrow. */
static void put_step_tags(const struct tikz_pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        const struct svg_tag *tag = svg_tag_of(&lane->above_kernel, span);
        if (tag)
            put_tag(p, tag, tag->weight == SCENE_KEY, tag->x, lane->kernel, 9,
                    span->label);
    }
}

static void put_marks(struct tikz_pen *p, const struct svg_lane *lane)
{
    put_step_tags(p, lane);
    for (int weight = SCENE_PLAIN; weight >= SCENE_VERDICT; weight--)
        for (uint32_t i = 0; i < p->scene->n_marks; i++)
            if (p->scene->marks[i].lane == lane->lane &&
                (int)p->scene->marks[i].weight == weight)
                put_mark(p, lane, &p->scene->marks[i]);
}

/* ---- All of it. ---- */

void tikz_put_plot(struct tikz_pen *p)
{
    const struct svg *svg = p->svg;
    fprintf(p->file, "\\begin{scope}\n\\clip (%.1f,%.1f) rectangle (%.1f,%.1f);\n",
            p->measures->left, svg->axis - 2, p->measures->right + 2, tikz_plot_end(p));
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
