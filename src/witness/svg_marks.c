/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_marks.c - arrows, marks and their labels; see svg.h.
 */
#include "witness/svg.h"

#include <assert.h>
#include <inttypes.h>

const char *const svg_arrow_names[SCENE_N_ARROW_KINDS] = {
    [SCENE_IPI] = "ipi", [SCENE_ACK] = "ack", [SCENE_MISSED] = "missed"};

void svg_put_arrow(const struct svg_pen *p, const struct scene_arrow *arrow)
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
    const char *name = svg_arrow_names[arrow->kind];
    snprintf(css, sizeof css, "wt-%s%s", name, arrow->open ? " wt-open" : "");
    svg_put_line(p, css, arrow->t0, y0, arrow->t1, y1);
    if (!arrow->open)
        fprintf(p->file, " marker-end=\"url(#%s-%s)\"", p->prefix, name);
    fputs(">", p->file);
    svg_put_title(p, arrow->detail, arrow->t0, arrow->t1);
    fputs("</line>\n", p->file);
}

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
static void put_tag(const struct svg_pen *p, const struct svg_tag *tag,
                    const char *text, double above)
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
static void put_tag_below(const struct svg_pen *p, const char *text, double x)
{
    double width = svg_text_width(text, SVG_FONT) * 1.06;
    bool left = x + 5 + width > SVG_RIGHT;
    fprintf(p->file, "<text class=\"wt-tag\" x=\"%d\" y=\"20\" data-w=\"%.0f\"%s>",
            left ? -5 : 5, width, left ? " text-anchor=\"end\"" : "");
    svg_escape(p->file, text);
    fputs("</text>", p->file);
}

static void put_place(const struct svg_pen *p, const char *css, int64_t t, double y)
{
    fprintf(p->file, "<g class=\"%s\" transform=\"translate(%.1f %.1f)\"", css,
            svg_x(p->svg, t), y);
    svg_put_times(p, t, t);
    fprintf(p->file, " data-y=\"%.1f\">", y);
}

static void put_mark(const struct svg_pen *p, const struct svg_lane *lane,
                     const struct scene_mark *mark)
{
    bool code = svg_on_code(mark), bad = mark->weight == SCENE_VERDICT || mark->missed;
    put_place(p,
              bad                         ? "wt-mark wt-bad"
              : mark->weight == SCENE_KEY ? "wt-mark wt-key"
                                          : "wt-mark",
              mark->t, code ? lane->code : lane->kernel);
    svg_put_title(p, mark->detail, mark->t, mark->t);
    fputs(shape(mark), p->file);
    if (mark->weight == SCENE_VERDICT)
        fputs("<circle class=\"wt-ring\" r=\"9\"/>", p->file);
    if (svg_tag_below(p->scene, mark))
        put_tag_below(p, mark->label, svg_x(p->svg, mark->t));
    else
        put_tag(p, svg_tag_of(code ? &lane->above_code : &lane->above_kernel, mark),
                mark->label, code ? 12 : 9);
    fputs("</g>\n", p->file);
}

/* Names of steps whose boxes are too narrow: above the middle of what is visible. */
static void put_step_tags(const struct svg_pen *p, const struct svg_lane *lane)
{
    for (uint32_t i = 0; i < p->scene->n_spans; i++) {
        const struct scene_span *span = &p->scene->spans[i];
        const struct svg_tag *tag = svg_tag_of(&lane->above_kernel, span);
        if (!tag || !tag->placed)
            continue;
        fprintf(p->file,
                "<g class=\"wt-mark wt-step-tag\" transform=\"translate(%.1f %.1f)\"",
                tag->x, lane->kernel);
        svg_put_times(p, span->t0, span->t1);
        fprintf(p->file, " data-y=\"%.1f\" data-unless=\"%.0f\">", lane->kernel,
                svg_text_width(span->label, SVG_FONT) + 8);
        put_tag(p, tag, span->label, 9);
        fputs("</g>\n", p->file);
    }
}

void svg_put_marks(const struct svg_pen *p, const struct svg_lane *lane)
{
    put_step_tags(p, lane);
    for (int weight = SCENE_BORING; weight >= SCENE_VERDICT; weight--)
        for (uint32_t i = 0; i < p->scene->n_marks; i++)
            if (p->scene->marks[i].lane == lane->lane &&
                (int)p->scene->marks[i].weight == weight)
                put_mark(p, lane, &p->scene->marks[i]);
}
