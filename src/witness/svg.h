/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg.h - what the parts of the picture share; private to src/witness.
 *
 *   svg.c        the picture: axis, names, legend, and what lies on what
 *   svg_spans.c  what lasts: boxes and bands
 *   svg_marks.c  what happens: marks with labels, and arrows
 *   svg_pen.c    times, lines and texts
 *   svg_layout.c how high everything is
 *   svg_tags.c   places labels so that none lies on another
 *   svg_text.c   text in XML, and how wide it is
 *   svg_css.c    colours and fonts
 *
 * tikz.c draws the same picture for print: it uses the layout and the places of
 * the labels with measures of its own.
 */
#ifndef WITNESS_SVG_H
#define WITNESS_SVG_H

#include "witness/scene.h"

#define SVG_WIDTH      1000.0
#define SVG_LEFT       172.0 /* The axis begins here; names stand before it. */
#define SVG_RIGHT      990.0
#define SVG_LANES_MAX  8u
#define SVG_ROWS_MAX   6u /* Of labels above a line. */
#define SVG_TAGS_MAX   (2u * CHECK_WITNESS_MAX + 8u)
#define SVG_TAG_HEIGHT 15.0
#define SVG_BOX        20.0 /* Height of a kernel step. */
#define SVG_BAND       17.0 /* Height of what holds. */
#define SVG_FONT       12.0

/* What a layout depends on.  Units are those of the font, whose size is SVG_FONT. */
struct svg_measures {
    double left, right;   /* Ends of the axis. */
    double bold;          /* How much wider bold text is. */
    uint32_t rows, lanes; /* At most; SVG_ROWS_MAX, SVG_LANES_MAX. */
    uint32_t crowd;       /* More labels than this on one line are many. */
    bool print;           /* A part of the time: what lies outside needs no room, boring
                           * marks are left out, the verdict has a line of its own. */
    bool names_above;     /* The lane's name stands above it, not beside it. */
    double (*text_width)(const char *text, double size);
};

extern const struct svg_measures svg_screen;

/* A label that wants a place at 'x', its mark. */
struct svg_tag {
    double x, width;
    enum scene_weight weight;
    bool placed, left; /* Left of its mark. */
    bool arrow;        /* No label: an arrow comes in here. */
    uint32_t row;      /* 0 is next to the line. */
    const void *owner; /* The mark or span. */
};

/* The labels above one line. */
struct svg_strip {
    uint32_t n_tags, n_rows;
    struct svg_tag tags[SVG_TAGS_MAX];
};

struct svg_lane {
    uint32_t lane; /* In the scene. */
    bool has_code, has_kernel, has_tlb, apart,
        below; /* 'apart': interrupts have their own row; 'below': the label of the
                * access or of the missed store stands below the line, since the arrow
                * comes from above. */
    double top, code, kernel, handler, tlb, bottom; /* code: its line. */
    struct svg_strip above_code, above_kernel;
};

struct svg {
    const struct scene *scene;
    const struct svg_measures *measures;
    char access[64]; /* The label of the access, where the verdict has a line. */
    uint32_t n_lanes, n_left_out, n_owner_rows;
    bool has_pte, has_owner;
    double axis, pte, owner, first, legend, height;
    struct svg_lane lanes[SVG_LANES_MAX];
};

/* Chooses the lanes and gives everything its place. */
void svg_layout(struct svg *svg, const struct scene *scene,
                const struct svg_measures *measures);

/* Where a time lies in the first view. */
double svg_x(const struct svg *svg, int64_t t);

/* The tag of a mark or span, or null. */
const struct svg_tag *svg_tag_of(const struct svg_strip *strip, const void *owner);

/* Where a fault's name must end: it stands before the fault's first step. */
int64_t svg_name_end(const struct scene *scene, const struct scene_span *fault);

/* The distance of ticks, 1, 2 or 5 times a power of ten, so that 'range' has no
 * more than about 'n' of them. */
int64_t svg_tick_step(int64_t range, int64_t n);

/* What a mark's label says. */
const char *svg_label(const struct svg *svg, const struct scene_mark *mark);

/* True if the label of 'mark' stands below the line of the code. */
bool svg_tag_below(const struct scene *scene, const struct scene_mark *mark);

/* True if the mark is drawn on the line of the code. */
bool svg_on_code(const struct scene_mark *mark);

/* Places the tags of a strip in rows: what weighs more goes first. */
void svg_place(struct svg_strip *strip, const struct svg_measures *measures);

/* Writes 'text' with what XML wants escaped. */
void svg_escape(FILE *file, const char *text);

/* How wide 'text' is at most at 'size' units, in a common sans-serif font. */
double svg_text_width(const char *text, double size);

/* What everything is drawn with. */
struct svg_pen {
    FILE *file;
    const struct svg *svg;
    const struct scene *scene;
    const char *prefix; /* Of ids. */
    double core_mhz;    /* 0: not known. */
};

/* The lane that shows a lane of the scene, or null. */
const struct svg_lane *svg_lane_of(const struct svg *svg, uint32_t lane);

/* Writes a number of cycles; the same in nanoseconds, if the clock is known. */
void svg_put_cycles(const struct svg_pen *p, int64_t t);
void svg_put_ns(const struct svg_pen *p, int64_t cycles);

/* A <title>: what, and from when to when. */
void svg_put_title(const struct svg_pen *p, const char *text, int64_t t0, int64_t t1);

/* The attributes data-t0 and data-t1. */
void svg_put_times(const struct svg_pen *p, int64_t t0, int64_t t1);

/* A <line> between two times and heights; the caller ends the element. */
void svg_put_line(const struct svg_pen *p, const char *css, int64_t t0, double y0,
                  int64_t t1, double y1);

void svg_put_text(const struct svg_pen *p, const char *css, double x, double y,
                  const char *text);

/* All boxes and bands, or (after the arrows) their names. */
void svg_put_spans(const struct svg_pen *p, bool names);

/* The line of the code, and where its thread owns the lock. */
void svg_put_code_line(const struct svg_pen *p, const struct svg_lane *lane);
void svg_put_held(const struct svg_pen *p, const struct svg_lane *lane);

/* By enum scene_arrow_kind: the last part of classes and ids. */
extern const char *const svg_arrow_names[SCENE_N_ARROW_KINDS];
void svg_put_arrow(const struct svg_pen *p, const struct scene_arrow *arrow);

/* The marks of a lane with their labels. */
void svg_put_marks(const struct svg_pen *p, const struct svg_lane *lane);

#endif
