/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cells.c - every point into its cell. See build.h.
 */
#include "figure/build.h"

#include "report/stats.h"

#include <math.h>
#include <stdlib.h>

#define CONFIDENCE 0.95

static uint32_t panel_of(const struct build *b, uint32_t row)
{
    for (uint32_t i = 0; i < b->n_panels; i++)
        if (build_same_panel(b, b->panel_rows[i], row))
            return i;
    return BUILD_NONE;
}

struct build_cell *build_cell_at(const struct build *b, uint32_t panel, uint32_t series,
                                 uint32_t x, uint32_t by)
{
    size_t at = panel;
    at = at * b->n_series + series;
    at = at * b->n_x + x;
    return &b->cells[at * b->n_by + by];
}

static uint32_t place_or_0(const struct build *b, uint32_t row, int dim)
{
    return dim < 0 ? 0 : points_place(b->points, row, (uint32_t)dim);
}

static bool add_value(struct build_cell *cell, double value, uint64_t n)
{
    if (cell->n == cell->capacity) {
        uint32_t capacity = cell->capacity ? 2 * cell->capacity : 64;
        struct build_value *more = realloc(cell->values, capacity * sizeof *more);
        if (!more)
            return false;
        cell->values = more;
        cell->capacity = capacity;
    }
    cell->values[cell->n++] = (struct build_value){value, n};
    return true;
}

static bool take_value(void *context, uint32_t row, double value, uint64_t count)
{
    struct build *b = context;
    const struct source *source = &b->sources[b->y];
    uint32_t panel = build_is_shown(b, row) ? panel_of(b, row) : BUILD_NONE;
    uint32_t series = place_or_0(b, row, b->series);
    uint32_t x = place_or_0(b, row, b->x), by = place_or_0(b, row, b->by);
    if (panel == BUILD_NONE || x == BUILD_NONE || by == BUILD_NONE ||
        series == BUILD_NONE)
        return true;
    if (b->series < 0 && b->spec->kind == FIGURE_LINE)
        series = b->y;
    if (b->spec->kind == FIGURE_BARS)
        panel = b->y;
    if (series >= b->n_series)
        return true; /* Counted as left out. */
    struct build_cell *cell = build_cell_at(b, panel, series, x, by);
    if (source->kind == SOURCE_DISTRIBUTION || source->kind == SOURCE_PERCENTILE)
        return add_value(cell, value, count);
    cell->n_points++;
    if (source->kind == SOURCE_RATE) {
        cell->violated += (uint64_t)value;
        cell->trials += count;
    } else {
        cell->sum += value;
    }
    return true;
}

static int by_value(const void *left, const void *right)
{
    const struct build_value *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* Equal values of several points become one. Returns how many there are in all. */
uint64_t build_settle(struct build_cell *cell)
{
    uint64_t all = 0;
    uint32_t n = 0;
    if (cell->n)
        qsort(cell->values, cell->n, sizeof *cell->values, by_value);
    for (uint32_t i = 0; i < cell->n; i++) {
        all += cell->values[i].n;
        if (n && cell->values[n - 1].value >= cell->values[i].value)
            cell->values[n - 1].n += cell->values[i].n;
        else
            cell->values[n++] = cell->values[i];
    }
    cell->n = n;
    return all;
}

/* The smallest value that at least 'percent' of all do not exceed. */
static double percentile(struct build_cell *cell, double percent)
{
    uint64_t all = build_settle(cell), sum = 0;
    for (uint32_t i = 0; i < cell->n; i++) {
        sum += cell->values[i].n;
        if ((double)sum >= percent / 100 * (double)all)
            return cell->values[i].value;
    }
    return NAN;
}

/* value, low, high of a cell; false: nothing fell into it. */
bool build_cell_value(struct build_cell *cell, const struct source *source, double v[3])
{
    if (source->kind == SOURCE_RATE) {
        if (!cell->trials)
            return false;
        stats_wilson(cell->violated, cell->trials, CONFIDENCE, &v[1], &v[2]);
        v[0] = 100.0 * (double)cell->violated / (double)cell->trials;
        v[1] *= 100;
        v[2] *= 100;
        return true;
    }
    if (source->kind == SOURCE_PERCENTILE)
        v[0] = cell->n ? percentile(cell, source->percent) : NAN;
    else
        v[0] = cell->n_points ? cell->sum / (double)cell->n_points : NAN;
    v[1] = v[2] = v[0];
    return isfinite(v[0]);
}
/* In a tornado a point falls into a cell of every dimension: x is the value, 'by' the
 * dimension. */
static bool take_for_all(void *context, uint32_t row, double value, uint64_t count)
{
    struct build *b = context;
    uint32_t panel = build_is_shown(b, row) ? panel_of(b, row) : BUILD_NONE;
    for (uint32_t d = 0; d < b->points->n_dims && panel != BUILD_NONE; d++) {
        uint32_t place = points_place(b->points, row, d);
        if (place == BUILD_NONE)
            continue;
        struct build_cell *cell = build_cell_at(b, panel, 0, place, d);
        cell->n_points++;
        if (b->sources[0].kind == SOURCE_RATE) {
            cell->violated += (uint64_t)value;
            cell->trials += count;
        } else {
            cell->sum += value;
        }
    }
    return true;
}
static enum status make_cells(struct build *b)
{
    bool tornado = b->spec->kind == FIGURE_TORNADO;
    uint32_t series = b->series >= 0 ? b->points->dims[b->series].n_values
                      : b->spec->kind == FIGURE_LINE ? b->spec->n_y
                                                     : 1;
    b->n_series = series < FIGURE_SERIES_MAX ? series : FIGURE_SERIES_MAX;
    b->figure->series_left_out = series - b->n_series;
    b->n_x = b->x >= 0 ? b->points->dims[b->x].n_values : 1;
    b->n_by = b->by >= 0 ? b->points->dims[b->by].n_values : 1;
    b->figure->n_panels = b->n_panels;
    if (b->spec->kind == FIGURE_BARS)
        b->figure->n_panels = b->spec->n_y;
    if (tornado)
        b->n_by = b->points->n_dims;
    for (uint32_t d = 0; tornado && d < b->points->n_dims; d++)
        if (b->points->dims[d].n_values > b->n_x)
            b->n_x = b->points->dims[d].n_values;
    b->cells = calloc((size_t)b->figure->n_panels * b->n_series * b->n_x * b->n_by,
                      sizeof *b->cells);
    return b->cells ? STATUS_OK : err_set(b->err, STATUS_LIMIT, "out of memory");
}

void build_cells_free(struct build *b)
{
    size_t n = (size_t)b->figure->n_panels * b->n_series * b->n_x * b->n_by;
    for (size_t i = 0; b->cells && i < n; i++)
        free(b->cells[i].values);
    free(b->cells);
}

static enum status scan(struct build *b)
{
    source_take *take = b->spec->kind == FIGURE_TORNADO ? take_for_all : take_value;
    for (b->y = 0; b->y < b->spec->n_y; b->y++)
        if (source_scan(&b->sources[b->y], b->points, b->results, take, b, b->err))
            return b->err->status;
    return STATUS_OK;
}

enum status build_cells(struct build *b)
{
    return make_cells(b) ? b->err->status : scan(b);
}
