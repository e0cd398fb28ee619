/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.c - cells into rows. See build.h.
 */
#include "figure/build.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BINS 40u

static struct figure_row *add_row(struct build *b, struct figure_series *series)
{
    if (series->n == series->capacity) {
        uint32_t capacity = series->capacity ? 2 * series->capacity : 32;
        struct figure_row *more = realloc(series->rows, capacity * sizeof *more);
        if (!more) {
            err_set(b->err, STATUS_LIMIT, "out of memory");
            return NULL;
        }
        series->rows = more;
        series->capacity = capacity;
    }
    struct figure_row *row = &series->rows[series->n++];
    *row = (struct figure_row){.label = ""};
    return row;
}

static struct figure_series *series_at(struct build *b, uint32_t panel, uint32_t series)
{
    return &b->figure->panels[panel].series[series];
}

static enum status line_rows(struct build *b, uint32_t panel, uint32_t series)
{
    const struct points_dim *x = &b->points->dims[b->x];
    const struct source *source = &b->sources[b->spec->n_y > 1 ? series : 0];
    for (uint32_t i = 0; i < b->n_x; i++) {
        double v[3];
        struct build_cell *cell = build_cell_at(b, panel, series, i, 0);
        b->figure->pooled |= cell->n_points > 1;
        if (!build_cell_value(cell, source, v))
            continue;
        struct figure_row *row = add_row(b, series_at(b, panel, series));
        if (!row)
            return b->err->status;
        memcpy(row->v, (double[]){x->values[i].number, v[0], v[1], v[2]},
               sizeof row->v);
    }
    return STATUS_OK;
}

static enum status ecdf_row(struct build *b, struct figure_series *series, double value,
                            double share)
{
    struct figure_row *row = add_row(b, series);
    if (!row)
        return b->err->status;
    row->v[0] = value;
    row->v[1] = share;
    return STATUS_OK;
}

static double widest(const struct build *b, uint32_t first, uint32_t last);

/* From 0 before the smallest value to 1 at the largest of the panel. */
static enum status ecdf_rows(struct build *b, uint32_t panel, uint32_t series)
{
    struct build_cell *cell = build_cell_at(b, panel, series, 0, 0);
    struct figure_series *to = series_at(b, panel, series);
    uint64_t all = build_settle(cell), sum = 0;
    if (!all)
        return STATUS_OK;
    if (ecdf_row(b, to, cell->values[0].value, 0))
        return b->err->status;
    for (uint32_t i = 0; i < cell->n; i++) {
        sum += cell->values[i].n;
        if (ecdf_row(b, to, cell->values[i].value, (double)sum / (double)all))
            return b->err->status;
    }
    return ecdf_row(b, to, widest(b, panel, panel + 1), 1);
}

/* The largest value in some panels. */
static double widest(const struct build *b, uint32_t first, uint32_t last)
{
    double most = 1;
    for (uint32_t p = first; p < last; p++)
        for (uint32_t s = 0; s < b->n_series; s++) {
            struct build_cell *cell = build_cell_at(b, p, s, 0, 0);
            build_settle(cell);
            if (cell->n && cell->values[cell->n - 1].value > most)
                most = cell->values[cell->n - 1].value;
        }
    return most;
}

static enum status histogram_rows(struct build *b, uint32_t panel, uint32_t series)
{
    struct build_cell *cell = build_cell_at(b, panel, series, 0, 0);
    double width = ceil((widest(b, 0, b->n_panels) + 1) / BINS);
    uint64_t counts[BINS] = {0};
    if (!build_settle(cell))
        return STATUS_OK;
    for (uint32_t i = 0; i < cell->n; i++)
        counts[(uint32_t)(cell->values[i].value / width)] += cell->values[i].n;
    for (uint32_t i = 0; i < BINS; i++) {
        struct figure_row *row = add_row(b, series_at(b, panel, series));
        if (!row)
            return b->err->status;
        row->v[0] = i * width;
        row->v[1] = (i + 1) * width;
        row->v[2] = (double)counts[i];
    }
    return STATUS_OK;
}

static enum status heat_rows(struct build *b, uint32_t panel, uint32_t series)
{
    const struct points_dim *x = &b->points->dims[b->x], *by = &b->points->dims[b->by];
    for (uint32_t i = 0; i < b->n_x; i++)
        for (uint32_t k = 0; k < b->n_by; k++) {
            double v[3];
            struct build_cell *cell = build_cell_at(b, panel, series, i, k);
            b->figure->pooled |= cell->n_points > 1;
            if (!build_cell_value(cell, &b->sources[0], v))
                continue;
            struct figure_row *row = add_row(b, series_at(b, panel, series));
            if (!row)
                return b->err->status;
            memcpy(row->v, (double[]){x->values[i].number, by->values[k].number, v[0]},
                   3 * sizeof *row->v);
        }
    return STATUS_OK;
}

/* A panel per number, a bar per series. */
static enum status bar_rows(struct build *b, uint32_t panel, uint32_t series)
{
    double v[3];
    struct build_cell *cell = build_cell_at(b, panel, series, 0, 0);
    b->figure->pooled |= cell->n_points > 1;
    if (!build_cell_value(cell, &b->sources[panel], v))
        return STATUS_OK;
    struct figure_row *row = add_row(b, series_at(b, panel, series));
    if (!row)
        return b->err->status;
    memcpy(row->v, (double[]){series, v[0], v[1], v[2]}, sizeof row->v);
    snprintf(row->label, sizeof row->label, "%s",
             b->series < 0 ? "all" : b->points->dims[b->series].values[series].text);
    return STATUS_OK;
}

typedef enum status rows_fn(struct build *b, uint32_t panel, uint32_t series);

static enum status fill(struct build *b, rows_fn *rows)
{
    for (uint32_t p = 0; p < b->figure->n_panels; p++)
        for (uint32_t s = 0; s < b->n_series; s++)
            if (rows(b, p, s))
                return b->err->status;
    return STATUS_OK;
}
/* ---- tornado: what moves the number most
 * ------------------------------------------ */

/* The mean over all points with that value, for every value of a dimension. */
static enum status tornado_row(struct build *b, uint32_t panel, uint32_t dim)
{
    const struct points_dim *d = &b->points->dims[dim];
    double low = INFINITY, high = -INFINITY, sum = 0;
    uint32_t n = 0, at_low = 0, at_high = 0;
    for (uint32_t i = 0; i < d->n_values; i++) {
        double v[3];
        if (!build_cell_value(build_cell_at(b, panel, 0, i, dim), &b->sources[0], v))
            continue;
        sum += v[0];
        n++;
        if (v[0] < low)
            low = v[0], at_low = i;
        if (v[0] > high)
            high = v[0], at_high = i;
    }
    if (!n)
        return STATUS_OK;
    struct figure_row *row = add_row(b, series_at(b, panel, 0));
    if (!row)
        return b->err->status;
    memcpy(row->v, (double[]){0, low, high, sum / n}, sizeof row->v);
    snprintf(row->label, sizeof row->label, "%.40s: %.20s, %.20s", d->key,
             d->values[at_low].text, d->values[at_high].text);
    return STATUS_OK;
}

static int by_width(const void *left, const void *right)
{
    const struct figure_row *a = left, *b = right;
    double wa = a->v[2] - a->v[1], wb = b->v[2] - b->v[1];
    return wa < wb ? -1 : wa > wb ? 1 : strcmp(a->label, b->label);
}

static enum status tornado_rows(struct build *b, uint32_t panel, uint32_t series)
{
    struct figure_series *s = series_at(b, panel, series);
    for (uint32_t d = 0; d < b->points->n_dims; d++)
        if (b->roles[d] == ROLE_NONE && !build_is_where(b, (int)d) &&
            tornado_row(b, panel, d))
            return b->err->status;
    bool moves = false;
    for (uint32_t i = 0; i < s->n; i++)
        moves |= s->rows[i].v[2] > s->rows[i].v[1];
    if (!moves)
        s->n = 0; /* Nothing moves it here: no panel. */
    if (s->n)
        qsort(s->rows, s->n, sizeof *s->rows, by_width); /* The widest on top. */
    for (uint32_t i = 0; i < s->n; i++)
        s->rows[i].v[0] = i;
    return STATUS_OK;
}

enum status build_rows(struct build *b)
{
    static rows_fn *const rows[FIGURE_N_KINDS] = {
        [FIGURE_LINE] = line_rows,
        [FIGURE_ECDF] = ecdf_rows,
        [FIGURE_HISTOGRAM] = histogram_rows,
        [FIGURE_HEAT] = heat_rows,
        [FIGURE_BARS] = bar_rows,
        [FIGURE_TORNADO] = tornado_rows,
    };
    return fill(b, rows[b->spec->kind]);
}
