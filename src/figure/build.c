/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.c - from a results file to the rows of a figure. See figure.h.
 *
 * Every point falls into a cell: a panel, a series and a place on the x axis.  What
 * meets there is pooled: trials are added up, values of distributions counted
 * together, other numbers averaged.
 */
#include "figure/figure.h"
#include "figure/source.h"

#include "report/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NONE       UINT32_MAX
#define CONFIDENCE 0.95
#define BINS       40u

struct value {
    double value;
    uint64_t n;
};

struct cell {
    double sum;
    uint64_t n_points, trials, violated;
    struct value *values; /* Of distributions. */
    uint32_t n, capacity;
};

enum role { ROLE_NONE, ROLE_X, ROLE_BY, ROLE_SERIES, ROLE_PANEL };

struct build {
    const struct figure_spec *spec;
    const struct points *points;
    struct results *results;
    struct figure *figure;
    struct source sources[FIGURE_YS_MAX];
    enum role roles[POINTS_DIMS];
    int x, by, series;
    int where_dim[FIGURE_WHERE_MAX];
    uint32_t where_place[FIGURE_WHERE_MAX];
    uint32_t panel_rows[FIGURE_PANELS_MAX]; /* A point of each panel. */
    uint32_t n_panels, n_series, n_x, n_by;
    uint32_t y; /* Source that is being read. */
    struct cell *cells;
    struct err *err;
};

/* ---- what plays which part
 * -------------------------------------------------------- */

static enum status need_dim(struct build *b, const char *what, const char *key,
                            int *dim)
{
    *dim = points_dim(b->points, key);
    return *dim >= 0
               ? STATUS_OK
               : err_set(b->err, STATUS_CONFIG,
                         "figure %s: \"%s\": \"%s\" does not differ between the points",
                         b->spec->name, what, key);
}

static enum status find_where(struct build *b)
{
    for (uint32_t i = 0; i < b->spec->n_where; i++) {
        if (need_dim(b, "where", b->spec->where[i].key, &b->where_dim[i]))
            return b->err->status;
        const struct points_dim *dim = &b->points->dims[b->where_dim[i]];
        b->where_place[i] = NONE;
        for (uint32_t k = 0; k < dim->n_values; k++)
            if (strcmp(dim->values[k].text, b->spec->where[i].value) == 0)
                b->where_place[i] = k;
        if (b->where_place[i] == NONE)
            return err_set(b->err, STATUS_CONFIG,
                           "figure %s: \"where\": no point has %s=%s", b->spec->name,
                           dim->key, b->spec->where[i].value);
    }
    return STATUS_OK;
}

static enum status find_axes(struct build *b)
{
    const struct figure_spec *s = b->spec;
    bool needs_x = s->kind == FIGURE_LINE || s->kind == FIGURE_HEAT;
    b->x = b->by = -1;
    b->series = points_dim(b->points, s->series[0] ? s->series : "protocol");
    if (s->series[0] && need_dim(b, "series", s->series, &b->series))
        return b->err->status;
    if (needs_x && need_dim(b, "x", s->x, &b->x))
        return b->err->status;
    if (needs_x && !b->points->dims[b->x].numeric)
        return err_set(b->err, STATUS_CONFIG, "figure %s: \"x\": %s is no number",
                       s->name, s->x);
    if (s->kind == FIGURE_HEAT && need_dim(b, "by", s->by, &b->by))
        return b->err->status;
    if (s->kind == FIGURE_HEAT && (!b->points->dims[b->by].numeric || b->by == b->x))
        return err_set(b->err, STATUS_CONFIG,
                       "figure %s: \"by\": another dimension with numbers is wanted",
                       s->name);
    return STATUS_OK;
}

static bool follows_axis(const struct build *b, uint32_t dim)
{
    return (b->x >= 0 && points_follows(b->points, dim, (uint32_t)b->x)) ||
           (b->by >= 0 && points_follows(b->points, dim, (uint32_t)b->by));
}

static bool is_where(const struct build *b, int dim)
{
    for (uint32_t i = 0; i < b->spec->n_where; i++)
        if (b->where_dim[i] == dim)
            return true;
    return false;
}

static void give_roles(struct build *b)
{
    enum figure_kind kind = b->spec->kind;
    bool ys_are_series = kind == FIGURE_LINE && b->spec->n_y > 1;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        int dim = (int)d;
        b->roles[d] = is_where(b, dim)         ? ROLE_NONE
                      : dim == b->x            ? ROLE_X
                      : dim == b->by           ? ROLE_BY
                      : dim == b->series       ? ROLE_SERIES
                      : follows_axis(b, d)     ? ROLE_NONE
                      : kind == FIGURE_BARS    ? ROLE_NONE
                      : kind == FIGURE_TORNADO ? ROLE_NONE
                                               : ROLE_PANEL;
        if (b->roles[d] == ROLE_SERIES &&
            (ys_are_series || kind == FIGURE_HEAT || kind == FIGURE_TORNADO))
            b->roles[d] = ROLE_PANEL;
    }
    if (ys_are_series || kind == FIGURE_HEAT || kind == FIGURE_TORNADO)
        b->series = -1;
}

static bool is_shown(const struct build *b, uint32_t row)
{
    for (uint32_t i = 0; i < b->spec->n_where; i++)
        if (points_place(b->points, row, (uint32_t)b->where_dim[i]) !=
            b->where_place[i])
            return false;
    return true;
}

static bool same_panel(const struct build *b, uint32_t left, uint32_t right)
{
    for (uint32_t d = 0; d < b->points->n_dims; d++)
        if (b->roles[d] == ROLE_PANEL &&
            points_place(b->points, left, d) != points_place(b->points, right, d))
            return false;
    return true;
}

/* Is every dimension of the panels but the first at its last value? */
static bool on_the_edge(const struct build *b, uint32_t row)
{
    bool first = true;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        if (b->roles[d] != ROLE_PANEL)
            continue;
        if (!first &&
            points_place(b->points, row, d) != b->points->dims[d].n_values - 1)
            return false;
        first = false;
    }
    return true;
}

static bool is_new_panel(const struct build *b, const uint32_t *rows, uint32_t n,
                         uint32_t row)
{
    for (uint32_t i = n; i-- > 0;)
        if (same_panel(b, rows[i], row))
            return false;
    return true;
}

#define PANELS_COUNTED 4096u /* Enough to say "too many". */

/* One point of each panel that there would be, in 'rows'; with 'edge', of those on the
 * edge only.  Returns how many. */
static uint32_t list_panels(const struct build *b, bool edge, uint32_t *rows)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < b->points->n && n < PANELS_COUNTED; row++)
        if (is_shown(b, row) && (!edge || on_the_edge(b, row)) &&
            is_new_panel(b, rows, n, row))
            rows[n++] = row;
    return n;
}

/* As many panels as a figure has room for.  If there are more, all dimensions but the
 * first stay at their last value, so that neighbours differ in one thing. */
static enum status find_panels(struct build *b)
{
    uint32_t *rows = malloc(PANELS_COUNTED * sizeof *rows);
    if (!rows)
        return err_set(b->err, STATUS_LIMIT, "out of memory");
    uint32_t all = list_panels(b, false, rows), n = all;
    if (all > FIGURE_PANELS_MAX) {
        n = list_panels(b, true, rows);
        if (n == 0) /* Not a full grid: no point on the edge. */
            n = list_panels(b, false, rows);
    }
    b->n_panels = n < FIGURE_PANELS_MAX ? n : FIGURE_PANELS_MAX;
    for (uint32_t i = 0; i < b->n_panels; i++)
        b->panel_rows[i] =
            rows[b->n_panels > 1 ? (uint64_t)i * (n - 1) / (b->n_panels - 1) : 0];
    b->figure->panels_left_out = all - b->n_panels;
    free(rows);
    return n ? STATUS_OK
             : err_set(b->err, STATUS_CONFIG, "figure %s: no point is left to show",
                       b->spec->name);
}

/* ---- cells
 * ------------------------------------------------------------------------ */

static uint32_t panel_of(const struct build *b, uint32_t row)
{
    for (uint32_t i = 0; i < b->n_panels; i++)
        if (same_panel(b, b->panel_rows[i], row))
            return i;
    return NONE;
}

static struct cell *cell_at(const struct build *b, uint32_t panel, uint32_t series,
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

static bool add_value(struct cell *cell, double value, uint64_t n)
{
    if (cell->n == cell->capacity) {
        uint32_t capacity = cell->capacity ? 2 * cell->capacity : 64;
        struct value *more = realloc(cell->values, capacity * sizeof *more);
        if (!more)
            return false;
        cell->values = more;
        cell->capacity = capacity;
    }
    cell->values[cell->n++] = (struct value){value, n};
    return true;
}

static bool take_value(void *context, uint32_t row, double value, uint64_t count)
{
    struct build *b = context;
    const struct source *source = &b->sources[b->y];
    uint32_t panel = is_shown(b, row) ? panel_of(b, row) : NONE;
    uint32_t series = place_or_0(b, row, b->series);
    uint32_t x = place_or_0(b, row, b->x), by = place_or_0(b, row, b->by);
    if (panel == NONE || x == NONE || by == NONE || series == NONE)
        return true;
    if (b->series < 0 && b->spec->kind == FIGURE_LINE)
        series = b->y;
    if (b->spec->kind == FIGURE_BARS)
        panel = b->y;
    if (series >= b->n_series)
        return true; /* Counted as left out. */
    struct cell *cell = cell_at(b, panel, series, x, by);
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
    const struct value *a = left, *b = right;
    return (a->value > b->value) - (a->value < b->value);
}

/* Equal values of several points become one. Returns how many there are in all. */
static uint64_t settle(struct cell *cell)
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
static double percentile(struct cell *cell, double percent)
{
    uint64_t all = settle(cell), sum = 0;
    for (uint32_t i = 0; i < cell->n; i++) {
        sum += cell->values[i].n;
        if ((double)sum >= percent / 100 * (double)all)
            return cell->values[i].value;
    }
    return NAN;
}

/* value, low, high of a cell; false: nothing fell into it. */
static bool cell_value(struct cell *cell, const struct source *source, double v[3])
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

/* ---- rows
 * ------------------------------------------------------------------------- */

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
        struct cell *cell = cell_at(b, panel, series, i, 0);
        b->figure->pooled |= cell->n_points > 1;
        if (!cell_value(cell, source, v))
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
    struct cell *cell = cell_at(b, panel, series, 0, 0);
    struct figure_series *to = series_at(b, panel, series);
    uint64_t all = settle(cell), sum = 0;
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
            struct cell *cell = cell_at(b, p, s, 0, 0);
            settle(cell);
            if (cell->n && cell->values[cell->n - 1].value > most)
                most = cell->values[cell->n - 1].value;
        }
    return most;
}

static enum status histogram_rows(struct build *b, uint32_t panel, uint32_t series)
{
    struct cell *cell = cell_at(b, panel, series, 0, 0);
    double width = ceil((widest(b, 0, b->n_panels) + 1) / BINS);
    uint64_t counts[BINS] = {0};
    if (!settle(cell))
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
            struct cell *cell = cell_at(b, panel, series, i, k);
            b->figure->pooled |= cell->n_points > 1;
            if (!cell_value(cell, &b->sources[0], v))
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
    struct cell *cell = cell_at(b, panel, series, 0, 0);
    b->figure->pooled |= cell->n_points > 1;
    if (!cell_value(cell, &b->sources[panel], v))
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
        if (!cell_value(cell_at(b, panel, 0, i, dim), &b->sources[0], v))
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
        if (b->roles[d] == ROLE_NONE && !is_where(b, (int)d) &&
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

/* In a tornado a point falls into a cell of every dimension: x is the value, 'by' the
 * dimension. */
static bool take_for_all(void *context, uint32_t row, double value, uint64_t count)
{
    struct build *b = context;
    uint32_t panel = is_shown(b, row) ? panel_of(b, row) : NONE;
    for (uint32_t d = 0; d < b->points->n_dims && panel != NONE; d++) {
        uint32_t place = points_place(b->points, row, d);
        if (place == NONE)
            continue;
        struct cell *cell = cell_at(b, panel, 0, place, d);
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

/* ---- words
 * ------------------------------------------------------------------------ */

/* "two_stage", "16 CPUs", "ipi.delivery 50 ns". */
static int put_dim(const struct points_dim *dim, const char *value, const char *lead,
                   char *text, size_t room)
{
    size_t key = strlen(dim->key), unit = strlen(dim->unit);
    if (strcmp(dim->key, "protocol") == 0 || strcmp(dim->key, "trace") == 0)
        return snprintf(text, room, "%s%s", lead, value);
    if (strcmp(dim->key, "cores") == 0)
        return snprintf(text, room, "%s%s CPUs", lead, value);
    if (unit && key > unit && dim->key[key - unit - 1] == '_')
        return snprintf(text, room, "%s%.*s %s %s", lead, (int)(key - unit - 1),
                        dim->key, value, dim->unit);
    return snprintf(text, room, "%s%s %s", lead, dim->key, value);
}

static void panel_title(const struct build *b, uint32_t panel, char *text, size_t room)
{
    size_t n = 0;
    text[0] = 0;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        const struct points_dim *dim = &b->points->dims[d];
        uint32_t place = points_place(b->points, b->panel_rows[panel], d);
        if (b->roles[d] == ROLE_PANEL && place != NONE && n < room)
            n += (size_t)put_dim(dim, dim->values[place].text, n ? ", " : "", text + n,
                                 room - n);
    }
}

static void series_label(const struct build *b, uint32_t s, char *text, size_t room)
{
    if (b->spec->kind == FIGURE_LINE && b->spec->n_y > 1) {
        const char *percent = strstr(b->spec->y[s], ".p");
        snprintf(text, room, "%s", percent ? percent + 1 : b->spec->y[s]);
    } else if (b->series >= 0) {
        snprintf(text, room, "%s", b->points->dims[b->series].values[s].text);
    }
}

static void copy_or(char *to, size_t room, const char *text, const char *otherwise)
{
    snprintf(to, room, "%s", text[0] ? text : otherwise);
}

static void find_words(struct build *b)
{
    const struct figure_spec *s = b->spec;
    struct figure *f = b->figure;
    char x[96] = "", y[96], by[96] = "";
    source_label(&b->sources[0], y, sizeof y);
    if (b->x >= 0)
        figure_key_label(s->x, b->points->dims[b->x].unit, x, sizeof x);
    if (b->by >= 0)
        figure_key_label(s->by, b->points->dims[b->by].unit, by, sizeof by);
    bool swapped = s->kind == FIGURE_ECDF || s->kind == FIGURE_HISTOGRAM ||
                   s->kind == FIGURE_TORNADO;
    copy_or(f->x_label, sizeof f->x_label, s->x_label, swapped ? y : x);
    copy_or(f->y_label, sizeof f->y_label, s->y_label,
            s->kind == FIGURE_ECDF        ? "Share"
            : s->kind == FIGURE_HISTOGRAM ? "Count"
            : s->kind == FIGURE_HEAT      ? by
            : s->kind == FIGURE_BARS      ? ""
            : swapped                     ? ""
                                          : y);
    snprintf(f->name, sizeof f->name, "%s", s->name);
    copy_or(f->title, sizeof f->title, s->title, y);
    f->kind = s->kind;
    f->interval = b->sources[0].kind == SOURCE_RATE;
    for (uint32_t p = 0; p < f->n_panels; p++) {
        if (s->kind == FIGURE_BARS)
            source_label(&b->sources[p], f->panels[p].title, sizeof f->panels[p].title);
        else
            panel_title(b, p, f->panels[p].title, sizeof f->panels[p].title);
        f->panels[p].n_series = b->n_series;
        for (uint32_t i = 0; i < b->n_series; i++)
            series_label(b, i, f->panels[p].series[i].label,
                         sizeof f->panels[p].series[i].label);
    }
}

/* Is each value a multiple of the one before, by about the same factor? */
static bool grows_by_factors(const struct points_dim *dim)
{
    uint32_t n = dim->n_values;
    if (n < 3 || dim->values[0].number <= 0)
        return false;
    double first = dim->values[1].number / dim->values[0].number;
    double last = dim->values[n - 1].number / dim->values[n - 2].number;
    return first > 1.2 && last / first > 0.7;
}

static void choose_scales(struct build *b)
{
    struct figure *f = b->figure;
    f->log_x = b->spec->log_x == 1 || (b->spec->log_x < 0 && b->x >= 0 &&
                                       grows_by_factors(&b->points->dims[b->x]));
    f->log_y = b->spec->log_y == 1 || (b->spec->log_y < 0 && b->by >= 0 &&
                                       grows_by_factors(&b->points->dims[b->by]));
}

/* Panels and series without a row are not drawn. */
static void drop_empty(struct figure *f)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < f->n_panels; p++) {
        uint32_t rows = 0;
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            rows += f->panels[p].series[s].n;
        if (rows && n != p) {
            struct figure_panel empty = f->panels[n];
            f->panels[n] = f->panels[p];
            f->panels[p] = empty;
        }
        n += rows > 0;
    }
    f->n_panels = n;
}

/* ---- all of it
 * -------------------------------------------------------------------- */

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

static void free_cells(struct build *b)
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

static enum status check_sources(struct build *b)
{
    bool wants_distribution =
        b->spec->kind == FIGURE_ECDF || b->spec->kind == FIGURE_HISTOGRAM;
    for (uint32_t i = 0; i < b->spec->n_y; i++) {
        if (source_find(&b->sources[i], b->spec->y[i], b->results, b->err))
            return err_prefix(b->err, "figure %s", b->spec->name);
        if ((b->sources[i].kind == SOURCE_DISTRIBUTION) != wants_distribution)
            return err_set(b->err, STATUS_CONFIG,
                           "figure %s: \"y\": \"%s\" %s a distribution, which a figure "
                           "of kind %s %s",
                           b->spec->name, b->spec->y[i],
                           wants_distribution ? "is not" : "is",
                           figure_kind_word(b->spec->kind),
                           wants_distribution ? "needs" : "cannot show");
    }
    return STATUS_OK;
}

static enum status build(struct build *b)
{
    static rows_fn *const rows[FIGURE_N_KINDS] = {
        [FIGURE_LINE] = line_rows,
        [FIGURE_ECDF] = ecdf_rows,
        [FIGURE_HISTOGRAM] = histogram_rows,
        [FIGURE_HEAT] = heat_rows,
        [FIGURE_BARS] = bar_rows,
        [FIGURE_TORNADO] = tornado_rows,
    };
    if (check_sources(b) || find_where(b) || find_axes(b))
        return b->err->status;
    give_roles(b);
    if (find_panels(b) || make_cells(b) || scan(b) || fill(b, rows[b->spec->kind]))
        return b->err->status;
    find_words(b);
    choose_scales(b);
    drop_empty(b->figure);
    return b->figure->n_panels
               ? STATUS_OK
               : err_set(b->err, STATUS_CONFIG,
                         "figure %s: there is nothing to show (no trial ended well, or "
                         "nothing was counted)",
                         b->spec->name);
}

enum status figure_build(const struct figure_spec *spec, const struct points *points,
                         struct results *results, struct figure **figure,
                         struct err *err)
{
    struct build b = {.spec = spec, .points = points, .results = results, .err = err};
    *figure = b.figure = calloc(1, sizeof **figure);
    if (!*figure)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = build(&b);
    free_cells(&b);
    if (status) {
        figure_free(*figure);
        *figure = NULL;
    }
    return status;
}

void figure_free(struct figure *figure)
{
    if (!figure)
        return;
    for (uint32_t p = 0; p < FIGURE_PANELS_MAX; p++)
        for (uint32_t s = 0; s < FIGURE_SERIES_MAX; s++)
            free(figure->panels[p].series[s].rows);
    free(figure);
}
