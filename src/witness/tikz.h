/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz.h - what the parts of the picture for print share; private to src/witness.
 *
 *   tikz.c       the picture: axis, names, verdict, legend
 *   tikz_plot.c  what lies on the axis: boxes, arrows, marks
 *   tikz_style.c its head: width, unit, styles, the shapes of marks
 *   tikz_text.c  text in LaTeX, and how wide it is
 */
#ifndef WITNESS_TIKZ_H
#define WITNESS_TIKZ_H

#include "witness/svg.h"

/* Widths of the two layouts, in units: twelfths of the size of \scriptsize. */
#define TIKZ_WIDE   700.0
#define TIKZ_NARROW 400.0

/* Options of a text node. */
#define TIKZ_BOLD  ",font=\\scriptsize\\bfseries"
#define TIKZ_RIGHT ",anchor=base east"
#define TIKZ_GREY  ",black!70"

/* What the legend may explain. */
enum tikz_item {
    TIKZ_LOAD,
    TIKZ_STORE,
    TIKZ_SYNC,
    TIKZ_HELD,
    TIKZ_OLD,
    TIKZ_NEW,
    TIKZ_NOTHING,
    TIKZ_WAITS,
    TIKZ_IPI,
    TIKZ_ACK,
    TIKZ_MISSED,
    TIKZ_OPEN,
    TIKZ_INVAL,
    TIKZ_EVENT,
    TIKZ_FRAME,
    TIKZ_RING,
    TIKZ_N_ITEMS
};

struct tikz_pen {
    FILE *file;
    const struct svg *svg;
    const struct scene *scene;
    const struct svg_measures *measures;
    double core_mhz, width;
    bool used[TIKZ_N_ITEMS];
};

/* Draws what lies on the axis, and notes in 'used' what the legend must explain. */
void tikz_put_plot(struct tikz_pen *p);

/* Where the plot ends, down. */
static inline double tikz_plot_end(const struct tikz_pen *p)
{
    return p->svg->legend - 6;
}

static inline double tikz_clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* The measures of the two layouts. */
extern const struct svg_measures tikz_wide, tikz_narrow;

/* Writes everything before the pictures. It opens a group. */
void tikz_head(FILE *file, const struct witness *w);

/* How wide 'text' is in Computer Modern of 'size', which is wider than others. */
double tikz_text_width(const char *text, double size);

#endif
