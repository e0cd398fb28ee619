/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * roles.c - which dimension plays which part. See build.h.
 */
#include "figure/build.h"

#include <stdlib.h>
#include <string.h>

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
        b->where_place[i] = BUILD_NONE;
        for (uint32_t k = 0; k < dim->n_values; k++)
            if (strcmp(dim->values[k].text, b->spec->where[i].value) == 0)
                b->where_place[i] = k;
        if (b->where_place[i] == BUILD_NONE)
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

bool build_is_where(const struct build *b, int dim)
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
        b->roles[d] = build_is_where(b, dim)   ? ROLE_NONE
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

bool build_is_shown(const struct build *b, uint32_t row)
{
    for (uint32_t i = 0; i < b->spec->n_where; i++)
        if (points_place(b->points, row, (uint32_t)b->where_dim[i]) !=
            b->where_place[i])
            return false;
    return true;
}

bool build_same_panel(const struct build *b, uint32_t left, uint32_t right)
{
    for (uint32_t d = 0; d < b->points->n_dims; d++)
        if (b->roles[d] == ROLE_PANEL &&
            points_place(b->points, left, d) != points_place(b->points, right, d))
            return false;
    return true;
}

/* How many dimensions of the panels may run freely, from the first on, so that there
 * is room for all: one at least. */
static uint32_t n_free(const struct build *b)
{
    uint32_t n = 0, panels = 1;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        if (b->roles[d] != ROLE_PANEL)
            continue;
        panels *= b->points->dims[d].n_values;
        if (n > 0 && panels > FIGURE_PANELS_MAX)
            break;
        n++;
    }
    return n;
}

/* Is every dimension of the panels but the first 'free' at its last value? */
static bool on_the_edge(const struct build *b, uint32_t row, uint32_t free)
{
    uint32_t seen = 0;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        if (b->roles[d] != ROLE_PANEL || seen++ < free)
            continue;
        if (points_place(b->points, row, d) != b->points->dims[d].n_values - 1)
            return false;
    }
    return true;
}

static bool is_new_panel(const struct build *b, const uint32_t *rows, uint32_t n,
                         uint32_t row)
{
    for (uint32_t i = n; i-- > 0;)
        if (build_same_panel(b, rows[i], row))
            return false;
    return true;
}

#define PANELS_COUNTED 4096u /* Enough to say "too many". */

/* One point of each panel that there would be if 'free' dimensions run, in 'rows'.
 * Returns how many. */
static uint32_t list_panels(const struct build *b, uint32_t free, uint32_t *rows)
{
    uint32_t n = 0;
    for (uint32_t row = 0; row < b->points->n && n < PANELS_COUNTED; row++)
        if (build_is_shown(b, row) && on_the_edge(b, row, free) &&
            is_new_panel(b, rows, n, row))
            rows[n++] = row;
    return n;
}

/* As many panels as a figure has room for.  If there are more, all dimensions but the
 * first ones stay at their last value, so that neighbours differ in one thing. */
static enum status find_panels(struct build *b)
{
    uint32_t *rows = malloc(PANELS_COUNTED * sizeof *rows);
    if (!rows)
        return err_set(b->err, STATUS_LIMIT, "out of memory");
    uint32_t all = list_panels(b, POINTS_DIMS, rows), n = all;
    if (all > FIGURE_PANELS_MAX) {
        n = list_panels(b, n_free(b), rows);
        if (n == 0) /* Not a full grid: no point on the edge. */
            n = list_panels(b, POINTS_DIMS, rows);
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

enum status build_roles(struct build *b)
{
    if (find_where(b) || find_axes(b))
        return b->err->status;
    give_roles(b);
    return find_panels(b);
}
