/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.h - a figure in the making. Private to src/figure.
 *
 *   build.c   the order of things
 *   roles.c   which dimension is axis, series or panel; which panels there are
 *   cells.c   every point into its cell
 *   rows.c    cells into rows, for each kind of figure
 *   labels.c  titles, labels, scales
 */
#ifndef FIGURE_BUILD_H
#define FIGURE_BUILD_H

#include "figure/figure.h"
#include "figure/source.h"

#define BUILD_NONE UINT32_MAX

struct build_value {
    double value;
    uint64_t n;
};

/* A panel, a series and a place on the x axis.  What meets there is pooled: trials are
 * added up, values of distributions counted together, other numbers averaged. */
struct build_cell {
    double sum;
    uint64_t n_points, trials, violated;
    struct build_value *values; /* Of distributions. */
    uint32_t n, capacity;
};

enum build_role { ROLE_NONE, ROLE_X, ROLE_BY, ROLE_SERIES, ROLE_PANEL };

struct build {
    const struct figure_spec *spec;
    const struct points *points;
    struct results *results;
    struct figure *figure;
    struct source sources[FIGURE_YS_MAX];
    enum build_role roles[POINTS_DIMS];
    int x, by, series;
    int where_dim[FIGURE_WHERE_MAX];
    uint32_t where_place[FIGURE_WHERE_MAX];
    uint32_t panel_rows[FIGURE_PANELS_MAX]; /* A point of each panel. */
    uint32_t n_panels, n_series, n_x, n_by;
    uint32_t y; /* Source that is being read. */
    struct build_cell *cells;
    struct err *err;
};

/* roles.c: finds axes, gives roles, finds the panels. STATUS_CONFIG. */
enum status build_roles(struct build *b);
bool build_is_where(const struct build *b, int dim);
bool build_is_shown(const struct build *b, uint32_t row);
bool build_same_panel(const struct build *b, uint32_t left, uint32_t right);

/* cells.c */
enum status build_cells(struct build *b);
void build_cells_free(struct build *b);
struct build_cell *build_cell_at(const struct build *b, uint32_t panel, uint32_t series,
                                 uint32_t x, uint32_t by);
/* Equal values of several points become one. Returns how many there are in all. */
uint64_t build_settle(struct build_cell *cell);
/* Value, low, high of a cell; false: nothing fell into it. */
bool build_cell_value(struct build_cell *cell, const struct source *source,
                      double v[3]);

/* rows.c */
enum status build_rows(struct build *b);

/* labels.c */
void build_labels(struct build *b);

#endif
