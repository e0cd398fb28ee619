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

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void put_caption(const struct svg_pen *p, double y, const char *text)
{
    fprintf(p->file,
            "<text class=\"wt-dim wt-small\" text-anchor=\"end\" x=\"%.1f\" "
            "y=\"%.1f\">%s</text>\n",
            SVG_LEFT - 7, y, text);
}

static void put_lane_name(const struct svg_pen *p, const struct svg_lane *lane)
{
    const struct scene_lane *who = &p->scene->lanes[lane->lane];
    char text[96];
    double y = lane->top + 20;
    snprintf(text, sizeof text, "CPU %u", who->cpu);
    svg_put_text(p, "wt-name", 8, y, text);
    if (who->tid != NO_THREAD) {
        snprintf(text, sizeof text, "thread %" PRIu32, who->tid);
        svg_put_text(p, "wt-small", 8, y += 15, text);
    }
    for (const char *at = who->role; *at;) {
        const char *end = strstr(at, ", ");
        size_t n = end ? (size_t)(end - at) : strlen(at);
        snprintf(text, sizeof text, "%.*s", (int)n, at);
        svg_put_text(p, "wt-dim wt-small", 8, y += 15, text);
        at = end ? end + 2 : at + n;
    }
}

static void put_captions(const struct svg_pen *p, const struct svg_lane *lane)
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

static void put_axis(const struct svg_pen *p)
{
    const struct scene *scene = p->scene;
    int64_t step = svg_tick_step(scene->view_to - scene->view_from, 9);
    int64_t t = scene->view_from / step * step;
    const char *space = strchr(scene->zero_text, ' ');
    svg_put_text(p, "wt-dim wt-small", 8, p->svg->axis - 16, "cycles");
    svg_put_text(p, "wt-dim wt-small", 8, p->svg->axis - 3, space ? space + 1 : "");
    fputs("<g class=\"wt-axis\">\n", p->file);
    for (; t <= scene->view_to; t += step) {
        if (t < scene->view_from)
            continue;
        bool last = svg_x(p->svg, t) > SVG_RIGHT - 15; /* Its number would stick out. */
        svg_put_line(p, "wt-grid", t, p->svg->axis, t, p->svg->legend - 6);
        fputs("/>", p->file);
        fprintf(p->file,
                "<text class=\"wt-dim wt-small\" text-anchor=\"%s\" "
                "x=\"%.1f\" y=\"%.1f\"",
                last ? "end" : "middle", last ? SVG_RIGHT : svg_x(p->svg, t),
                p->svg->axis - 5);
        svg_put_times(p, t, t);
        fputs("><title>", p->file);
        svg_put_cycles(p, t);
        fputs(" cycles", p->file);
        svg_put_ns(p, t);
        fputs("</title>", p->file);
        svg_put_cycles(p, t);
        fputs("</text>\n", p->file);
    }
    fputs("</g>\n", p->file);
    fprintf(p->file,
            "<line class=\"wt-line\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
            "y2=\"%.1f\"/>\n",
            SVG_LEFT, SVG_RIGHT, p->svg->axis, p->svg->axis);
}

static void put_rule(const struct svg_pen *p, double y)
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
static void put_shape(const struct svg_pen *p, const char *format)
{
    const char *at = strstr(format, "%s");
    if (at) {
        fwrite(format, 1, (size_t)(at - format), p->file);
        fputs(p->prefix, p->file);
    }
    fputs(at ? at + 2 : format, p->file);
}

static double put_note(const struct svg_pen *p, double x, double y, const char *text)
{
    svg_put_text(p, "wt-dim wt-small", x, y + 14, text);
    return x + svg_text_width(text, 11) + 14;
}

/* What is not in the picture. */
static void put_notes(const struct svg_pen *p, double y)
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

static void put_legend(const struct svg_pen *p)
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

static void put_marker(const struct svg_pen *p, const char *name)
{
    fprintf(p->file,
            "<marker id=\"%s-%s\" viewBox=\"0 0 9 8\" refX=\"8.5\" refY=\"4\" "
            "markerWidth=\"9\" markerHeight=\"8\" orient=\"auto\" "
            "markerUnits=\"userSpaceOnUse\"><path class=\"wt-%s-head\" "
            "d=\"M0 .5 9 4 0 7.5z\"/></marker>\n",
            p->prefix, name, name);
}

static void put_hatch(const struct svg_pen *p, const char *name, const char *css,
                      const char *line)
{
    fprintf(p->file,
            "<pattern id=\"%s-%s\" width=\"6\" height=\"6\" "
            "patternUnits=\"userSpaceOnUse\"><rect class=\"%s-bg\" width=\"6\" "
            "height=\"6\"/><path class=\"%s\" d=\"%s\"/></pattern>\n",
            p->prefix, name, css, css, line);
}

static void put_defs(const struct svg_pen *p)
{
    fputs("<defs>\n", p->file);
    fprintf(p->file,
            "<clipPath id=\"%s-clip\"><rect x=\"%.1f\" y=\"0\" width=\"%.1f\" "
            "height=\"%.1f\"/></clipPath>\n",
            p->prefix, SVG_LEFT - 1, SVG_RIGHT - SVG_LEFT + 2, p->svg->legend - 6);
    put_hatch(p, "wait", "wt-hatch", "M-1 1 1-1M-1 7 7-1M5 7 7 5");
    put_hatch(p, "old", "wt-hatch-old", "M-1 5 1 7M-1-1 7 7M5-1 7 1");
    for (unsigned i = 0; i < SCENE_N_ARROW_KINDS; i++)
        put_marker(p, svg_arrow_names[i]);
    fputs("</defs>\n", p->file);
}

static void put_head(const struct svg_pen *p)
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

static void put_names(const struct svg_pen *p)
{
    const struct svg *svg = p->svg;
    if (svg->has_pte)
        svg_put_text(p, "wt-small", 8, svg->pte + 13, "page table entry");
    if (svg->has_owner)
        svg_put_text(p, "wt-small", 8, svg->owner + 13, "owner of the lock");
    for (uint32_t i = 0; i < svg->n_lanes; i++) {
        put_rule(p, svg->lanes[i].top);
        put_captions(p, &svg->lanes[i]);
    }
}

static void put_plot(const struct svg_pen *p)
{
    const struct svg *svg = p->svg;
    fprintf(p->file, "<g clip-path=\"url(#%s-clip)\">\n", p->prefix);
    svg_put_line(p, "wt-when", p->scene->verdict, svg->axis, p->scene->verdict,
                 svg->legend - 6);
    fputs("/>\n", p->file);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        svg_put_code_line(p, &svg->lanes[i]);
    svg_put_spans(p, false);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        svg_put_held(p, &svg->lanes[i]);
    for (uint32_t i = 0; i < p->scene->n_arrows; i++)
        svg_put_arrow(p, &p->scene->arrows[i]);
    svg_put_spans(p, true);
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        svg_put_marks(p, &svg->lanes[i]);
    fputs("</g>\n", p->file);
}

static void put_svg(const struct svg_pen *p)
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
    struct svg_pen pen = {
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
