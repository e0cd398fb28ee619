/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_spans.c - boxes and bands of the picture: what lasts; see svg.h.
 */
#include "witness/svg.h"

#include <inttypes.h>
#include <math.h>

struct box {
    double y, height;
    const char *css;     /* Class of the rectangle. */
    const char *pattern; /* Fills it, if not null. */
    const char *in;      /* Class of its text, besides "wt-in". */
};

static void put_box(const struct svg_pen *p, const struct scene_span *span,
                    const struct box *box)
{
    double x0 = svg_x(p->svg, span->t0), x1 = svg_x(p->svg, span->t1);
    double width = x1 - x0 < 2 ? 2 : x1 - x0;
    fprintf(p->file,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"",
            box->css, x0, box->y, width, box->height);
    if (box->pattern)
        fprintf(p->file, " fill=\"url(#%s-%s)\"", p->prefix, box->pattern);
    svg_put_times(p, span->t0, span->t1);
    fputs(">", p->file);
    svg_put_title(p, span->detail, span->t0, span->t1);
    fputs("</rect>\n", p->file);
}

/* A name in a box from 't0' to 't1', if 'width' units and no more than 'unless' of
 * it are visible. */
static void put_name(const struct svg_pen *p, const char *text, int64_t t0, int64_t t1,
                     const struct box *box, double unless)
{
    double x0 = svg_x(p->svg, t0), x1 = svg_x(p->svg, t1);
    double width = svg_text_width(text, SVG_FONT) + 8;
    x0 = x0 < SVG_LEFT ? SVG_LEFT : x0;
    x1 = x1 > SVG_RIGHT ? SVG_RIGHT : x1;
    fprintf(p->file, "<text class=\"wt-in%s%s\" x=\"%.1f\" y=\"%.1f\" data-w=\"%.0f\"",
            box->in ? " " : "", box->in ? box->in : "", x0 + 4,
            box->y + box->height / 2 + 4.2, width);
    if (unless > 0)
        fprintf(p->file, " data-unless=\"%.0f\"", unless);
    svg_put_times(p, t0, t1);
    if (x1 - x0 < width || (unless > 0 && x1 - x0 >= unless))
        fputs(" visibility=\"hidden\"", p->file);
    fputs(">", p->file);
    svg_escape(p->file, text);
    fputs("</text>\n", p->file);
}

static void put_inside(const struct svg_pen *p, const struct scene_span *span,
                       int64_t t1, const struct box *box)
{
    double width = floor(svg_text_width(span->label, SVG_FONT) + 8.5);
    put_name(p, span->label, span->t0, t1, box, 0);
    if (span->brief[0])
        put_name(p, span->brief, span->t0, t1, box, width);
}

static struct box frame_box(const struct scene_span *span, double y)
{
    static const struct box boxes[] = {
        [SCENE_NOTHING] = {.css = "wt-nothing"},
        [SCENE_OLD] = {.css = "wt-old", .pattern = "old", .in = "wt-in-old"},
        [SCENE_NEW] = {.css = "wt-new", .in = "wt-in-new"},
        [SCENE_OTHER] = {.css = "wt-other"},
    };
    struct box box = boxes[span->which];
    box.y = y;
    box.height = SVG_BAND;
    return box;
}

/* Threads get a colour each, by the order of their numbers as they come. */
static unsigned color_of(const struct scene *scene, uint32_t tid)
{
    uint32_t seen[6];
    unsigned n = 0;
    for (uint32_t i = 0; i < scene->n_lanes; i++) {
        unsigned k = 0;
        while (k < n && seen[k] != scene->lanes[i].tid)
            k++;
        if (k == n && n < 6)
            seen[n++] = scene->lanes[i].tid;
    }
    for (unsigned k = 0; k < n; k++)
        if (seen[k] == tid)
            return k;
    return tid % 6;
}

static struct box owner_box(const struct svg_pen *p, const struct scene_span *span)
{
    static const char *const css[] = {"wt-t0", "wt-t1", "wt-t2",
                                      "wt-t3", "wt-t4", "wt-t5"};
    return (struct box){
        .y = p->svg->owner + (SVG_BAND + 3) * (span->row > 2 ? 2 : span->row),
        .height = SVG_BAND,
        .css = css[color_of(p->scene, span->tid)],
    };
}

/* Where and how a span is drawn. False if it is not. */
static bool box_of(const struct svg_pen *p, const struct scene_span *span,
                   struct box *box)
{
    const struct svg_lane *lane = svg_lane_of(p->svg, span->lane);
    if (!lane && span->kind != SCENE_PTE && span->kind != SCENE_OWNER)
        return false;
    switch (span->kind) {
    case SCENE_FAULT:
        *box = (struct box){lane->kernel, SVG_BOX, "wt-fault", NULL, NULL};
        return true;
    case SCENE_STEP:
        *box = (struct box){lane->kernel, SVG_BOX, "wt-step", NULL, "wt-in-kernel"};
        if (span->wait)
            *box = (struct box){lane->kernel, SVG_BOX, "wt-waits", "wait", NULL};
        return true;
    case SCENE_SLEEP:
        *box = (struct box){lane->kernel, SVG_BOX, "wt-waits", "wait", NULL};
        return true;
    case SCENE_HANDLER:
        *box = (struct box){lane->handler, SVG_BOX, "wt-irq", NULL, "wt-in-irq"};
        return true;
    case SCENE_SPIN:
        *box = (struct box){lane->code - 7, 14, "wt-waits", "wait", NULL};
        return true;
    case SCENE_TLB:
        *box = frame_box(span, lane->tlb);
        return span->t1 > span->t0;
    case SCENE_PTE:
        *box = frame_box(span, p->svg->pte);
        return true;
    case SCENE_OWNER:
        *box = owner_box(p, span);
        return true;
    case SCENE_N_SPAN_KINDS:
        break;
    }
    return false;
}

void svg_put_spans(const struct svg_pen *p, bool names)
{
    for (unsigned kind = 0; kind < SCENE_N_SPAN_KINDS; kind++)
        for (uint32_t i = 0; i < p->scene->n_spans; i++) {
            const struct scene_span *span = &p->scene->spans[i];
            struct box box;
            if (span->kind != kind || !box_of(p, span, &box))
                continue;
            if (!names)
                put_box(p, span, &box);
            else
                put_inside(p, span,
                           kind == SCENE_FAULT ? svg_name_end(p->scene, span)
                                               : span->t1,
                           &box);
        }
}

/* A thick line where the thread of this CPU owns the lock. */
void svg_put_held(const struct svg_pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        if (span->kind != SCENE_OWNER || span->tid != p->scene->lanes[lane->lane].tid)
            continue;
        struct box box = {lane->code - 2, 4, "wt-held", NULL, NULL};
        put_box(p, span, &box);
    }
}

/* The line of the code: behind the boxes. */
void svg_put_code_line(const struct svg_pen *p, const struct svg_lane *lane)
{
    if (!lane->has_code)
        return;
    svg_put_line(p, "wt-line", p->scene->from, lane->code, p->scene->to, lane->code);
    fputs("/>\n", p->file);
}
