/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg.c - draws a violation; see witness.h for what a script may rely on.
 *
 * From the back to the front: paper and grid, bands, boxes, arrows, marks with
 * their labels, the verdict.  Everything that lies on the time axis is inside
 * one clipped group; names stand before it.
 */
#include "witness/svg.h"

#include "report/report.h"
#include "report/words.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct pen {
    FILE *file;
    const struct svg *svg;
    const struct scene *scene;
    const char *prefix;
    double core_mhz;
};

/* ---- Times in words. ---- */

static void put_cycles(const struct pen *p, int64_t t)
{
    char number[32];
    bool minus = t < 0;
    fprintf(p->file, "%s%s", minus ? "\xe2\x88\x92" : "",
            report_number(minus ? (uint64_t)-t : (uint64_t)t, number));
}

static void put_ns(const struct pen *p, int64_t cycles)
{
    if (p->core_mhz > 0)
        fprintf(p->file, " (%.4g ns)", (double)cycles * 1000 / p->core_mhz);
}

/* A <title>: what, and when. */
static void put_title(const struct pen *p, const char *text, int64_t t0, int64_t t1)
{
    fputs("<title>", p->file);
    svg_escape(p->file, text);
    fputs("\nat ", p->file);
    put_cycles(p, t0);
    if (t1 > t0) {
        fputs(" to ", p->file);
        put_cycles(p, t1);
        fputs(": ", p->file);
        put_cycles(p, t1 - t0);
        fputs(" cycles", p->file);
        put_ns(p, t1 - t0);
    } else {
        fputs(" cycles", p->file);
        put_ns(p, t0);
    }
    fputs("</title>", p->file);
}

static void put_times(const struct pen *p, int64_t t0, int64_t t1)
{
    fprintf(p->file, " data-t0=\"%" PRId64 "\" data-t1=\"%" PRId64 "\"", t0, t1);
}

static double x_of(const struct pen *p, int64_t t)
{
    return svg_x(p->scene, &svg_screen, t);
}

/* ---- Shapes. ---- */

struct box {
    double y, height;
    const char *css;     /* Class of the rectangle. */
    const char *pattern; /* Fills it, if not null. */
    const char *in;      /* Class of its text, besides "wt-in". */
};

static void put_box(const struct pen *p, const struct scene_span *span,
                    const struct box *box)
{
    double x0 = x_of(p, span->t0), x1 = x_of(p, span->t1);
    double width = x1 - x0 < 2 ? 2 : x1 - x0;
    fprintf(p->file,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"",
            box->css, x0, box->y, width, box->height);
    if (box->pattern)
        fprintf(p->file, " fill=\"url(#%s-%s)\"", p->prefix, box->pattern);
    put_times(p, span->t0, span->t1);
    fputs(">", p->file);
    put_title(p, span->detail, span->t0, span->t1);
    fputs("</rect>\n", p->file);
}

/* A name in a box from 't0' to 't1', if 'width' units and no more than 'unless' of
 * it are visible. */
static void put_name(const struct pen *p, const char *text, int64_t t0, int64_t t1,
                     const struct box *box, double unless)
{
    double x0 = x_of(p, t0), x1 = x_of(p, t1);
    double width = svg_text_width(text, SVG_FONT) + 8;
    x0 = x0 < SVG_LEFT ? SVG_LEFT : x0;
    x1 = x1 > SVG_RIGHT ? SVG_RIGHT : x1;
    fprintf(p->file, "<text class=\"wt-in%s%s\" x=\"%.1f\" y=\"%.1f\" data-w=\"%.0f\"",
            box->in ? " " : "", box->in ? box->in : "", x0 + 4,
            box->y + box->height / 2 + 4.2, width);
    if (unless > 0)
        fprintf(p->file, " data-unless=\"%.0f\"", unless);
    put_times(p, t0, t1);
    if (x1 - x0 < width || (unless > 0 && x1 - x0 >= unless))
        fputs(" visibility=\"hidden\"", p->file);
    fputs(">", p->file);
    svg_escape(p->file, text);
    fputs("</text>\n", p->file);
}

static void put_inside(const struct pen *p, const struct scene_span *span, int64_t t1,
                       const struct box *box)
{
    double width = floor(svg_text_width(span->label, SVG_FONT) + 8.5);
    put_name(p, span->label, span->t0, t1, box, 0);
    if (span->brief[0])
        put_name(p, span->brief, span->t0, t1, box, width);
}

static void put_line(const struct pen *p, const char *css, int64_t t0, double y0,
                     int64_t t1, double y1)
{
    fprintf(p->file,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"", css,
            x_of(p, t0), y0, x_of(p, t1), y1);
    put_times(p, t0, t1);
}

static void put_text(const struct pen *p, const char *css, double x, double y,
                     const char *text)
{
    fprintf(p->file, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", css, x, y);
    svg_escape(p->file, text);
    fputs("</text>\n", p->file);
}

static void put_caption(const struct pen *p, double y, const char *text)
{
    fprintf(p->file,
            "<text class=\"wt-dim wt-small\" text-anchor=\"end\" x=\"%.1f\" "
            "y=\"%.1f\">%s</text>\n",
            SVG_LEFT - 7, y, text);
}

/* ---- Bands: what holds. ---- */

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

static struct box owner_box(const struct pen *p, const struct scene_span *span)
{
    static const char *const css[] = {"wt-t0", "wt-t1", "wt-t2",
                                      "wt-t3", "wt-t4", "wt-t5"};
    return (struct box){
        .y = p->svg->owner + (SVG_BAND + 3) * (span->row > 2 ? 2 : span->row),
        .height = SVG_BAND,
        .css = css[color_of(p->scene, span->tid)],
    };
}

/* ---- A CPU. ---- */

/* Where and how a span is drawn. False if it is not. */
static bool box_of(const struct pen *p, const struct scene_span *span, struct box *box)
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

static void put_spans(const struct pen *p, bool names)
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
static void put_held(const struct pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        if (span->kind != SCENE_OWNER || span->tid != p->scene->lanes[lane->lane].tid)
            continue;
        struct box box = {lane->code - 2, 4, "wt-held", NULL, NULL};
        put_box(p, span, &box);
    }
}

static void put_lane_name(const struct pen *p, const struct svg_lane *lane)
{
    const struct scene_lane *who = &p->scene->lanes[lane->lane];
    char text[96];
    double y = lane->top + 20;
    snprintf(text, sizeof text, "CPU %u", who->cpu);
    put_text(p, "wt-name", 8, y, text);
    if (who->tid != NO_THREAD) {
        snprintf(text, sizeof text, "thread %" PRIu32, who->tid);
        put_text(p, "wt-small", 8, y += 15, text);
    }
    for (const char *at = who->role; *at;) {
        const char *end = strstr(at, ", ");
        size_t n = end ? (size_t)(end - at) : strlen(at);
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        put_text(p, "wt-dim wt-small", 8, y += 15, text);
        at = end ? end + 2 : at + n;
    }
}

static void put_captions(const struct pen *p, const struct svg_lane *lane)
{
    put_lane_name(p, lane);
    if (lane->has_code)
        put_caption(p, lane->code + 4, "code");
    if (lane->has_kernel)
        put_caption(p, lane->kernel + 14, "kernel");
    if (lane->apart)
        put_caption(p, lane->handler + 14, "interrupt");
    if (lane->has_tlb)
        put_caption(p, lane->tlb + 13, "TLB");
}

/* The line of the code: behind the boxes. */
static void put_code_line(const struct pen *p, const struct svg_lane *lane)
{
    if (!lane->has_code)
        return;
    put_line(p, "wt-line", p->scene->from, lane->code, p->scene->to, lane->code);
    fputs("/>\n", p->file);
}

/* ---- Arrows. ---- */

static const char *const arrow_names[] = {
    [SCENE_IPI] = "ipi", [SCENE_ACK] = "ack", [SCENE_MISSED] = "missed"};

static void put_arrow(const struct pen *p, const struct scene_arrow *arrow)
{
    const struct svg_lane *from = svg_lane_of(p->svg, arrow->from);
    const struct svg_lane *to = svg_lane_of(p->svg, arrow->to);
    if (!from || !to)
        return;
    bool down = to->top > from->top, ack = arrow->kind == SCENE_ACK;
    double y0 = from->code, y1 = to->code;
    if (arrow->kind != SCENE_MISSED) {
        y0 = (ack ? from->handler : from->kernel) + (down ? SVG_BOX : 0);
        if (to->has_kernel)
            y1 = (ack ? to->kernel : to->handler) + (down ? 0 : SVG_BOX);
    } else if (from != to) { /* Not into the marks themselves. */
        y0 += down ? 9 : -9;
        y1 += down ? -11 : 11;
    }
    char css[32];
    const char *name = arrow_names[arrow->kind];
    snprintf(css, sizeof css, "wt-%s%s", name, arrow->open ? " wt-open" : "");
    put_line(p, css, arrow->t0, y0, arrow->t1, y1);
    if (!arrow->open)
        fprintf(p->file, " marker-end=\"url(#%s-%s)\"", p->prefix, name);
    fputs(">", p->file);
    put_title(p, arrow->detail, arrow->t0, arrow->t1);
    fputs("</line>\n", p->file);
}

/* ---- Marks. ---- */

static const char *shape(const struct scene_mark *mark)
{
    switch (mark->kind) {
    case SCENE_LOAD:
        return "<circle class=\"wt-glyph\" r=\"4.5\"/>";
    case SCENE_STORE:
        return "<rect class=\"wt-solid\" x=\"-4.5\" y=\"-4.5\" width=\"9\" "
               "height=\"9\"/>";
    case SCENE_LOCK:
        return "<path class=\"wt-bracket\" d=\"M3.5-7H0V7H3.5\"/>";
    case SCENE_UNLOCK:
        return "<path class=\"wt-bracket\" d=\"M-3.5-7H0V7H-3.5\"/>";
    case SCENE_SYNC:
        return "<path class=\"wt-glyph\" d=\"M0-6 5 0 0 6-5 0z\"/>";
    case SCENE_INVAL:
        return "<path class=\"wt-cross\" d=\"M-3.5-4 3.5 3M3.5-4-3.5 3\"/>";
    case SCENE_SEND:
    case SCENE_EVENT:
        return "<path class=\"wt-tick\" d=\"M-3.5-6H3.5L0 0z\"/>";
    case SCENE_N_MARK_KINDS:
        break;
    }
    assert(!"a kind of mark without a shape");
    return "";
}

/* The label of a mark and the line that leads to it. 'tag' may be null. */
static void put_tag(const struct pen *p, const struct svg_tag *tag, const char *text,
                    double above)
{
    bool placed = tag && tag->placed, left = placed && tag->left;
    double y = -above - SVG_TAG_HEIGHT * (placed ? tag->row : 0);
    if (placed)
        fprintf(p->file,
                "<line class=\"wt-lead\" x1=\"0\" x2=\"0\" y1=\"%.1f\" "
                "y2=\"%.1f\"/>",
                -above + 4, y - 6);
    fprintf(p->file, "<text class=\"wt-tag\" x=\"%d\" y=\"%.1f\" data-w=\"%.0f\"%s%s>",
            left ? -5 : 5, y, tag ? tag->width : svg_text_width(text, SVG_FONT),
            left ? " text-anchor=\"end\"" : "", placed ? "" : " visibility=\"hidden\"");
    svg_escape(p->file, text);
    fputs("</text>", p->file);
}

/* A label below the line, on the side where it has room. */
static void put_tag_below(const struct pen *p, const char *text, double x)
{
    double width = svg_text_width(text, SVG_FONT) * 1.06;
    bool left = x + 5 + width > SVG_RIGHT;
    fprintf(p->file, "<text class=\"wt-tag\" x=\"%d\" y=\"20\" data-w=\"%.0f\"%s>",
            left ? -5 : 5, width, left ? " text-anchor=\"end\"" : "");
    svg_escape(p->file, text);
    fputs("</text>", p->file);
}

static void put_place(const struct pen *p, const char *css, int64_t t, double y)
{
    fprintf(p->file, "<g class=\"%s\" transform=\"translate(%.1f %.1f)\"", css,
            x_of(p, t), y);
    put_times(p, t, t);
    fprintf(p->file, " data-y=\"%.1f\">", y);
}

static void put_mark(const struct pen *p, const struct svg_lane *lane,
                     const struct scene_mark *mark)
{
    bool code = svg_on_code(mark), bad = mark->weight == SCENE_VERDICT || mark->missed;
    put_place(p,
              bad                         ? "wt-mark wt-bad"
              : mark->weight == SCENE_KEY ? "wt-mark wt-key"
                                          : "wt-mark",
              mark->t, code ? lane->code : lane->kernel);
    put_title(p, mark->detail, mark->t, mark->t);
    fputs(shape(mark), p->file);
    if (mark->weight == SCENE_VERDICT)
        fputs("<circle class=\"wt-ring\" r=\"9\"/>", p->file);
    if (svg_tag_below(p->scene, mark))
        put_tag_below(p, mark->label, x_of(p, mark->t));
    else
        put_tag(p, svg_tag_of(code ? &lane->above_code : &lane->above_kernel, mark),
                mark->label, code ? 12 : 9);
    fputs("</g>\n", p->file);
}

/* Names of steps whose boxes are too narrow. */
static void put_step_tags(const struct pen *p, const struct svg_lane *lane)
{
    const struct svg_strip *strip = &lane->above_kernel;
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        const struct svg_tag *tag = svg_tag_of(strip, span);
        if (!tag || !tag->placed)
            continue;
        /* Its middle may lie outside; the tag stands over what is visible. */
        double shift = tag->x - x_of(p, (span->t0 + span->t1) / 2);
        put_place(p, "wt-mark wt-step-tag", (span->t0 + span->t1) / 2, lane->kernel);
        fprintf(p->file, "<g transform=\"translate(%.1f 0)\">", shift);
        put_tag(p, tag, span->label, 9);
        fputs("</g></g>\n", p->file);
    }
}

static void put_marks(const struct pen *p, const struct svg_lane *lane)
{
    put_step_tags(p, lane);
    for (int weight = SCENE_BORING; weight >= SCENE_VERDICT; weight--)
        for (uint32_t i = 0; i < p->scene->n_marks; i++)
            if (p->scene->marks[i].lane == lane->lane &&
                (int)p->scene->marks[i].weight == weight)
                put_mark(p, lane, &p->scene->marks[i]);
}

/* ---- Axis, legend, the whole. ---- */

static void put_axis(const struct pen *p)
{
    const struct scene *scene = p->scene;
    int64_t step = svg_tick_step(scene->view_to - scene->view_from, 9);
    int64_t t = scene->view_from / step * step;
    const char *space = strchr(scene->zero_text, ' ');
    put_text(p, "wt-dim wt-small", 8, p->svg->axis - 16, "cycles");
    put_text(p, "wt-dim wt-small", 8, p->svg->axis - 3, space ? space + 1 : "");
    fputs("<g class=\"wt-axis\">\n", p->file);
    for (; t <= scene->view_to; t += step) {
        if (t < scene->view_from)
            continue;
        bool last = x_of(p, t) > SVG_RIGHT - 15; /* Its number would stick out. */
        put_line(p, "wt-grid", t, p->svg->axis, t, p->svg->legend - 6);
        fputs("/>", p->file);
        fprintf(p->file,
                "<text class=\"wt-dim wt-small\" text-anchor=\"%s\" "
                "x=\"%.1f\" y=\"%.1f\"",
                last ? "end" : "middle", last ? SVG_RIGHT : x_of(p, t),
                p->svg->axis - 5);
        put_times(p, t, t);
        fputs("><title>", p->file);
        put_cycles(p, t);
        fputs(" cycles", p->file);
        put_ns(p, t);
        fputs("</title>", p->file);
        put_cycles(p, t);
        fputs("</text>\n", p->file);
    }
    fputs("</g>\n", p->file);
    fprintf(p->file,
            "<line class=\"wt-line\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
            "y2=\"%.1f\"/>\n",
            SVG_LEFT, SVG_RIGHT, p->svg->axis, p->svg->axis);
}

static void put_rule(const struct pen *p, double y)
{
    fprintf(p->file,
            "<line class=\"wt-rule\" x1=\"8\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            SVG_RIGHT, y, y);
}

struct legend_item {
    const char *shape; /* In a field of 26 x 14, '%s' is the prefix. */
    const char *text;
};

static const struct legend_item legend[] = {
    {"<circle class=\"wt-glyph\" cx=\"13\" cy=\"7\" r=\"4.5\"/>", "load"},
    {"<rect class=\"wt-solid\" x=\"8.5\" y=\"2.5\" width=\"9\" height=\"9\"/>",
     "store"},
    {"<path class=\"wt-bracket\" d=\"M5 1H1V13H5M21 1H25V13H21\"/>"
     "<rect class=\"wt-held\" x=\"1\" y=\"5\" width=\"24\" height=\"4\"/>",
     "owns the lock"},
    {"<rect class=\"wt-old\" y=\"1\" width=\"26\" height=\"12\" "
     "fill=\"url(#%s-old)\"/>",
     "old frame"},
    {"<rect class=\"wt-new\" y=\"1\" width=\"26\" height=\"12\"/>", "new frame"},
    {"<rect class=\"wt-nothing\" y=\"1\" width=\"26\" height=\"12\"/>", "no entry"},
    {"<rect class=\"wt-waits\" y=\"1\" width=\"26\" height=\"12\" "
     "fill=\"url(#%s-wait)\"/>",
     "waits"},
    {"<line class=\"wt-ipi\" x1=\"0\" x2=\"26\" y1=\"7\" y2=\"7\" "
     "marker-end=\"url(#%s-ipi)\"/>",
     "interrupt"},
    {"<line class=\"wt-ack\" x1=\"0\" x2=\"26\" y1=\"7\" y2=\"7\" "
     "marker-end=\"url(#%s-ack)\"/>",
     "ack"},
    {"<line class=\"wt-missed\" x1=\"0\" x2=\"26\" y1=\"7\" y2=\"7\" "
     "marker-end=\"url(#%s-missed)\"/>",
     "must have been seen"},
    {"<path class=\"wt-cross\" d=\"M9.5 3.5 16.5 10.5M16.5 3.5 9.5 10.5\"/>",
     "TLB entry dropped"},
    {"<path class=\"wt-tick\" d=\"M9.5 4H16.5L13 10z\"/>", "other kernel event"},
};

/* Writes 'format' with the prefix for "%s", if it has one. */
static void put_shape(const struct pen *p, const char *format)
{
    const char *at = strstr(format, "%s");
    if (at) {
        fwrite(format, 1, (size_t)(at - format), p->file);
        fputs(p->prefix, p->file);
    }
    fputs(at ? at + 2 : format, p->file);
}

static double put_note(const struct pen *p, double x, double y, const char *text)
{
    put_text(p, "wt-dim wt-small", x, y + 14, text);
    return x + svg_text_width(text, 11) + 14;
}

/* What is not in the picture. */
static void put_notes(const struct pen *p, double y)
{
    char text[96];
    double x = 8;
    uint32_t n = p->svg->n_left_out;
    snprintf(text, sizeof text, "%" PRIu32 " more CPU%s of the witness %s not drawn.",
             n, n == 1 ? "" : "s", n == 1 ? "is" : "are");
    if (n)
        x = put_note(p, x, y, text);
    if (p->scene->w->v.witness_cut)
        put_note(p, x, y, "The middle of the witness was left out when it was kept.");
}

static void put_legend(const struct pen *p)
{
    double x = 8, y = p->svg->legend;
    put_rule(p, y - 6);
    for (size_t i = 0; i < sizeof legend / sizeof *legend; i++) {
        double width = 31 + svg_text_width(legend[i].text, 11) + 12;
        if (x + width > SVG_WIDTH) {
            x = 8;
            y += 19;
        }
        fprintf(p->file, "<g transform=\"translate(%.1f %.1f)\">", x, y + 3);
        put_shape(p, legend[i].shape);
        fprintf(p->file,
                "<text class=\"wt-dim wt-small\" x=\"31\" y=\"11\">%s</text>"
                "</g>\n",
                legend[i].text);
        x += width;
    }
    put_note(p, x, y, "T1#34: what operation 34 of thread 1 stored; 0: a fresh page");
    put_notes(p, y + 19);
}

static void put_marker(const struct pen *p, const char *name)
{
    fprintf(p->file,
            "<marker id=\"%s-%s\" viewBox=\"0 0 9 8\" refX=\"8.5\" refY=\"4\" "
            "markerWidth=\"9\" markerHeight=\"8\" orient=\"auto\" "
            "markerUnits=\"userSpaceOnUse\"><path class=\"wt-%s-head\" "
            "d=\"M0 .5 9 4 0 7.5z\"/></marker>\n",
            p->prefix, name, name);
}

static void put_hatch(const struct pen *p, const char *name, const char *css,
                      const char *line)
{
    fprintf(p->file,
            "<pattern id=\"%s-%s\" width=\"6\" height=\"6\" "
            "patternUnits=\"userSpaceOnUse\"><rect class=\"%s-bg\" width=\"6\" "
            "height=\"6\"/><path class=\"%s\" d=\"%s\"/></pattern>\n",
            p->prefix, name, css, css, line);
}

static void put_defs(const struct pen *p)
{
    fputs("<defs>\n", p->file);
    fprintf(p->file,
            "<clipPath id=\"%s-clip\"><rect x=\"%.1f\" y=\"0\" width=\"%.1f\" "
            "height=\"%.1f\"/></clipPath>\n",
            p->prefix, SVG_LEFT - 1, SVG_RIGHT - SVG_LEFT + 2, p->svg->legend - 6);
    put_hatch(p, "wait", "wt-hatch", "M-1 1 1-1M-1 7 7-1M5 7 7 5");
    put_hatch(p, "old", "wt-hatch-old", "M-1 5 1 7M-1-1 7 7M5-1 7 1");
    for (unsigned i = 0; i < sizeof arrow_names / sizeof *arrow_names; i++)
        put_marker(p, arrow_names[i]);
    fputs("</defs>\n", p->file);
}

static void put_head(const struct pen *p)
{
    const struct scene *scene = p->scene;
    fprintf(p->file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"wt\" "
            "viewBox=\"0 0 %.0f %.0f\" role=\"img\" data-from=\"%" PRId64 "\" "
            "data-to=\"%" PRId64 "\" data-view-from=\"%" PRId64 "\" "
            "data-view-to=\"%" PRId64 "\" data-left=\"%.0f\" data-right=\"%.0f\" ",
            SVG_WIDTH, p->svg->height, scene->from, scene->to, scene->view_from,
            scene->view_to, SVG_LEFT, SVG_RIGHT);
    if (p->core_mhz > 0)
        fprintf(p->file, "data-mhz=\"%.10g\" ", p->core_mhz);
    fputs("aria-label=\"", p->file);
    svg_escape(p->file, scene->w->sentence);
    fputs("\">\n", p->file);
}

static void put_names(const struct pen *p)
{
    const struct svg *svg = p->svg;
    if (svg->has_pte)
        put_text(p, "wt-small", 8, svg->pte + 13, "page table entry");
    if (svg->has_owner)
        put_text(p, "wt-small", 8, svg->owner + 13, "owner of the lock");
    for (uint32_t i = 0; i < svg->n_lanes; i++) {
        put_rule(p, svg->lanes[i].top);
        put_captions(p, &svg->lanes[i]);
    }
}

static void put_plot(const struct pen *p)
{
    const struct svg *svg = p->svg;
    fprintf(p->file, "<g clip-path=\"url(#%s-clip)\">\n", p->prefix);
    put_line(p, "wt-when", p->scene->verdict, svg->axis, p->scene->verdict,
             svg->legend - 6);
    fputs("/>\n", p->file);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        put_code_line(p, &svg->lanes[i]);
    put_spans(p, false);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        put_held(p, &svg->lanes[i]);
    for (uint32_t i = 0; i < p->scene->n_arrows; i++)
        put_arrow(p, &p->scene->arrows[i]);
    put_spans(p, true);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        put_marks(p, &svg->lanes[i]);
    fputs("</g>\n", p->file);
}

static void put_svg(const struct pen *p)
{
    put_head(p);
    put_defs(p);
    fprintf(p->file, "<rect class=\"wt-paper\" width=\"%.0f\" height=\"%.0f\"/>\n",
            SVG_WIDTH, p->svg->height);
    put_axis(p);
    put_names(p);
    put_plot(p);
    put_legend(p);
    fputs("</svg>\n", p->file);
}

enum status witness_svg(FILE *file, const struct witness *w,
                        const struct witness_svg_options *o, struct err *err)
{
    struct scene *scene = scene_create(w);
    struct svg *svg = calloc(1, sizeof *svg);
    if (!scene || !svg) {
        scene_destroy(scene);
        free(svg);
        return err_set(err, STATUS_INTERNAL, "out of memory");
    }
    svg_layout(svg, scene, &svg_screen);
    struct pen pen = {
        .file = file,
        .svg = svg,
        .scene = scene,
        .prefix = o && o->id_prefix ? o->id_prefix : "w",
        .core_mhz = o ? o->core_mhz : 0,
    };
    put_svg(&pen);
    free(svg);
    scene_destroy(scene);
    return report_flush(file, "the timeline", err);
}
