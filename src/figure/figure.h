/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * figure.h - a figure: panels of series of rows, ready to be drawn.
 *
 *   spec.c      what to show: the figures known by name, and JSON descriptions
 *   build.c     from a results file to rows (build.h)
 *   gnuplot.c   NAME.dat, NAME.gp; runs gnuplot for NAME.pdf and NAME.svg
 *   pgfplots.c  NAME.tex, to be \input by a paper
 *
 * A figure has an x (or a category), series drawn over each other, and a panel for each
 * combination of whatever else differs between the points, so nothing is averaged over
 * in silence: where several points meet in one place of a panel, 'pooled' says so.
 */
#ifndef FIGURE_FIGURE_H
#define FIGURE_FIGURE_H

#include "figure/points.h"

#include <stdio.h>

#define FIGURE_PANELS_MAX 6u
#define FIGURE_SERIES_MAX 8u
#define FIGURE_WHERE_MAX  8u
#define FIGURE_YS_MAX     6u

/* KIND(NAME, word in JSON, columns of a row). */
#define FIGURE_KIND_LIST(KIND)                 \
    KIND(LINE, "line", "x y low high")         \
    KIND(ECDF, "ecdf", "value share")          \
    KIND(HISTOGRAM, "histogram", "from to n")  \
    KIND(HEAT, "heat", "x y value")            \
    KIND(BARS, "bars", "place value low high") \
    KIND(TORNADO, "tornado", "place low high mean")

enum figure_kind {
#define KIND(name, word, columns) FIGURE_##name,
    FIGURE_KIND_LIST(KIND)
#undef KIND
        FIGURE_N_KINDS
};

/* What to show.  Empty texts: chosen by figure_build(). */
struct figure_spec {
    char name[64], title[160], x_label[96], y_label[96];
    enum figure_kind kind;
    char x[96];                /* A dimension: "ipi.delivery_ns". */
    char by[96];               /* HEAT: the dimension of the y axis. */
    char series[96];           /* A dimension; "protocol" if it is empty. */
    char y[FIGURE_YS_MAX][64]; /* Columns of point_result, distributions, or
                                  "distribution.p99". */
    uint32_t n_y;
    struct {
        char key[96], value[96];
    } where[FIGURE_WHERE_MAX];
    uint32_t n_where;
    int log_x, log_y; /* -1: chosen; 0, 1. */
};

struct figure_row {
    double v[4];
    char label[96]; /* BARS, TORNADO: the category. */
};

struct figure_series {
    char label[96];
    struct figure_row *rows;
    uint32_t n, capacity;
};

struct figure_panel {
    char title[200];
    struct figure_series series[FIGURE_SERIES_MAX];
    uint32_t n_series;
};

struct figure {
    char name[64], title[160], x_label[96], y_label[96];
    enum figure_kind kind;
    bool log_x, log_y, interval; /* Rows have an interval. */
    bool pooled;                 /* Several points met in one place. */
    struct figure_panel panels[FIGURE_PANELS_MAX];
    uint32_t n_panels;
    uint32_t panels_left_out, series_left_out; /* Too many to draw. */
};

/* The figures known by name that make sense for these points, in '*specs' (from
 * malloc).  'why_not' (may be null) gets a line per figure that does not. */
enum status figure_known(const struct points *points, struct results *results,
                         struct figure_spec **specs, uint32_t *n, FILE *why_not,
                         struct err *err);

/* Reads a description from JSON: an object, or a list of them, added to '*specs'.
 * STATUS_CONFIG names the file and the key. */
enum status figure_read_specs(const char *path, struct figure_spec **specs, uint32_t *n,
                              struct err *err);

/* The rows of a figure, in '*figure' (from malloc; figure_free()).  STATUS_CONFIG: the
 * spec names a key or column that is not there.  A figure without rows is an error,
 * too. */
enum status figure_build(const struct figure_spec *spec, const struct points *points,
                         struct results *results, struct figure **figure,
                         struct err *err);
void figure_free(struct figure *figure);

/* "line"; "x y low high". */
const char *figure_kind_word(enum figure_kind kind);
const char *figure_kind_columns(enum figure_kind kind);

/* The writers.  'name' is that of the .dat file beside. */
enum status figure_write_dat(FILE *file, const struct figure *figure, struct err *err);
enum status figure_write_gnuplot(FILE *file, const struct figure *figure,
                                 struct err *err);
enum status figure_write_pgfplots(FILE *file, const struct figure *figure,
                                  struct err *err);

/* The different values in a column of the rows, ascending, if they are few and far
 * enough apart to be the ticks of an axis; else 0. */
#define FIGURE_TICS_MAX 9u
uint32_t figure_tics(const struct figure *figure, unsigned column, bool logarithm,
                     double values[FIGURE_TICS_MAX]);

/* Half the distance between neighbours in a column, or the root of their factor on a
 * logarithmic axis: how far a cell of a heat map reaches. */
double figure_half_step(const struct figure_series *series, unsigned column,
                        bool logarithm);

/* From where to where an axis goes so that all rows lie within, with a little room. */
void figure_range(const struct figure *figure, unsigned column, bool logarithm,
                  double *low, double *high);

/* Colours of series: "#0072b2", ...; the same everywhere. */
const char *figure_color(uint32_t series);

/* "Copy-on-write protocol" for "protocol", "ipi.delivery [ns]" for "ipi.delivery_ns".
 */
void figure_key_label(const char *key, const char *unit, char *text, size_t n);

#endif
