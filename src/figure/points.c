/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * points.c - see points.h.
 */
#include "figure/points.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

static void *grow(void *list, uint32_t *capacity, uint32_t n, size_t size)
{
    if (n <= *capacity)
        return list;
    *capacity = n < 16 ? 16 : 2 * n;
    return realloc(list, *capacity * size);
}

static struct points_dim *add_dim(struct points *p, const char *key, const char *unit)
{
    int at = points_dim(p, key);
    if (at >= 0)
        return &p->dims[at];
    if (p->n_dims == POINTS_DIMS)
        return NULL;
    struct points_dim *dim = &p->dims[p->n_dims++];
    *dim = (struct points_dim){.numeric = true};
    snprintf(dim->key, sizeof dim->key, "%s", key);
    snprintf(dim->unit, sizeof dim->unit, "%s", unit);
    return dim;
}

/* Adds a value if it is new. Returns its place, or NONE without memory. */
static uint32_t add_value(struct points_dim *dim, const char *text)
{
    /* Neighbours in the plan are often equal: look at the last ones first. */
    for (uint32_t i = dim->n_values; i-- > 0;)
        if (strcmp(dim->values[i].text, text) == 0)
            return i;
    void *values =
        grow(dim->values, &dim->capacity, dim->n_values + 1, sizeof *dim->values);
    char *copy = strdup(text), *end;
    if (!values || !copy)
        return NONE;
    dim->values = values;
    double number = strtod(text, &end);
    bool is_number = *text && !*end && isfinite(number);
    dim->numeric = dim->numeric && is_number;
    dim->values[dim->n_values] =
        (struct points_value){copy, is_number ? number : (double)NAN};
    return dim->n_values++;
}

static bool put_value(struct points *p, const char *key, const char *unit,
                      const char *text)
{
    struct points_dim *dim = add_dim(p, key, unit);
    if (!dim)
        return true; /* More dimensions than a figure can show. */
    uint32_t place = add_value(dim, text);
    p->places[(size_t)(p->n - 1) * POINTS_DIMS + (uint32_t)(dim - p->dims)] = place;
    return place != NONE;
}

static bool put_point(struct points *p, uint64_t id)
{
    uint32_t capacity = p->capacity;
    void *ids = grow(p->ids, &capacity, p->n + 1, sizeof *p->ids);
    if (!ids)
        return false;
    p->ids = ids;
    capacity = p->capacity;
    void *places =
        grow(p->places, &capacity, p->n + 1, POINTS_DIMS * sizeof *p->places);
    if (!places)
        return false;
    p->places = places;
    p->capacity = capacity;
    p->ids[p->n] = id;
    memset(&p->places[(size_t)p->n * POINTS_DIMS], 0xff,
           POINTS_DIMS * sizeof *p->places);
    p->n++;
    return true;
}

static enum status fail(struct results *results, struct err *err)
{
    return err_set(err, STATUS_STORE, "the points cannot be read: %s",
                   sqlite3_errmsg(results_db(results)));
}

static enum status load_points(struct points *p, struct results *results,
                               struct err *err)
{
    static const char sql[] = "SELECT p.point_id, p.protocol, t.file, p.cores FROM "
                              "point p JOIN trace t USING (trace_id) ORDER BY point_id";
    sqlite3_stmt *s;
    int code;
    if (sqlite3_prepare_v2(results_db(results), sql, -1, &s, NULL) != SQLITE_OK)
        return fail(results, err);
    bool memory = true;
    while (memory && (code = sqlite3_step(s)) == SQLITE_ROW)
        memory =
            put_point(p, (uint64_t)sqlite3_column_int64(s, 0)) &&
            put_value(p, "protocol", "", (const char *)sqlite3_column_text(s, 1)) &&
            put_value(p, "trace", "", (const char *)sqlite3_column_text(s, 2)) &&
            put_value(p, "cores", "", (const char *)sqlite3_column_text(s, 3));
    sqlite3_finalize(s);
    if (!memory)
        return err_set(err, STATUS_LIMIT, "out of memory");
    return code == SQLITE_DONE ? STATUS_OK : fail(results, err);
}

static enum status load_params(struct points *p, struct results *results,
                               struct err *err)
{
    static const char sql[] = "SELECT point_id, key, unit, value FROM param WHERE key "
                              "NOT IN ('protocol', 'trace', 'cores') ORDER BY point_id";
    sqlite3_stmt *s;
    int code;
    if (sqlite3_prepare_v2(results_db(results), sql, -1, &s, NULL) != SQLITE_OK)
        return fail(results, err);
    uint32_t all = p->n, row = 0;
    bool memory = true;
    while (memory && (code = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t id = (uint64_t)sqlite3_column_int64(s, 0);
        while (row < all && p->ids[row] < id)
            row++;
        p->n = row + 1; /* put_value() writes into the last row. */
        memory = put_value(p, (const char *)sqlite3_column_text(s, 1),
                           (const char *)sqlite3_column_text(s, 2),
                           (const char *)sqlite3_column_text(s, 3));
    }
    p->n = all;
    sqlite3_finalize(s);
    if (!memory)
        return err_set(err, STATUS_LIMIT, "out of memory");
    return code == SQLITE_DONE ? STATUS_OK : fail(results, err);
}

static void free_dim(struct points_dim *dim)
{
    for (uint32_t i = 0; i < dim->n_values; i++)
        free(dim->values[i].text);
    free(dim->values);
}

static void drop_dim(struct points *p, uint32_t dim)
{
    free_dim(&p->dims[dim]);
    p->n_dims--;
    memmove(&p->dims[dim], &p->dims[dim + 1], (p->n_dims - dim) * sizeof *p->dims);
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t *row = &p->places[(size_t)i * POINTS_DIMS];
        memmove(&row[dim], &row[dim + 1], (p->n_dims - dim) * sizeof *row);
    }
}

/* The dimensions of the plan's keys come first: they are the question. */
static void move_last(struct points *p, uint32_t dim)
{
    struct points_dim moved = p->dims[dim];
    uint32_t after = p->n_dims - dim - 1;
    memmove(&p->dims[dim], &p->dims[dim + 1], after * sizeof *p->dims);
    p->dims[p->n_dims - 1] = moved;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t *row = &p->places[(size_t)i * POINTS_DIMS], place = row[dim];
        memmove(&row[dim], &row[dim + 1], after * sizeof *row);
        row[p->n_dims - 1] = place;
    }
}

static int by_number(const void *left, const void *right)
{
    const struct points_value *a = *(const struct points_value *const *)left,
                              *b = *(const struct points_value *const *)right;
    return (a->number > b->number) - (a->number < b->number);
}

/* Numbers by size; the places of the points follow. */
static bool sort_dim(struct points *p, uint32_t at)
{
    struct points_dim *dim = &p->dims[at];
    if (!dim->numeric)
        return true;
    uint32_t n = dim->n_values;
    struct points_value **order = malloc(n * sizeof *order),
                        *sorted = malloc(n * sizeof *sorted);
    uint32_t *new_place = malloc(n * sizeof *new_place);
    bool memory = order && sorted && new_place;
    for (uint32_t i = 0; memory && i < n; i++)
        order[i] = &dim->values[i];
    if (memory)
        qsort(order, n, sizeof(struct points_value *), by_number);
    for (uint32_t i = 0; memory && i < n; i++) {
        sorted[i] = *order[i];
        new_place[order[i] - dim->values] = i;
    }
    if (memory)
        memcpy(dim->values, sorted, n * sizeof *sorted);
    for (uint32_t i = 0; memory && i < p->n; i++) {
        uint32_t *place = &p->places[(size_t)i * POINTS_DIMS + at];
        *place = *place == NONE ? NONE : new_place[*place];
    }
    free(order);
    free(sorted);
    free(new_place);
    return memory;
}

/* What does not differ is no dimension; nor is a key that only sets the cores. */
static enum status tidy(struct points *p, struct err *err)
{
    for (uint32_t i = p->n_dims; i-- > 0;)
        if (p->dims[i].n_values < 2)
            drop_dim(p, i);
    int cores = points_dim(p, "cores");
    for (uint32_t i = p->n_dims; cores >= 0 && i-- > 0;)
        if (strncmp(p->dims[i].key, "topology.", 9) == 0 &&
            points_follows(p, i, (uint32_t)cores)) {
            drop_dim(p, i);
            cores = points_dim(p, "cores");
        }
    if (cores >= 0)
        move_last(p, (uint32_t)cores);
    for (uint32_t i = 0; i < p->n_dims; i++)
        if (!sort_dim(p, i))
            return err_set(err, STATUS_LIMIT, "out of memory");
    return STATUS_OK;
}

enum status points_load(struct points *p, struct results *results, struct err *err)
{
    *p = (struct points){.n = 0};
    if (load_points(p, results, err) || load_params(p, results, err))
        return err->status;
    return tidy(p, err);
}

void points_free(struct points *p)
{
    for (uint32_t i = 0; i < p->n_dims; i++)
        free_dim(&p->dims[i]);
    free(p->ids);
    free(p->places);
    *p = (struct points){.n = 0};
}

int points_dim(const struct points *p, const char *key)
{
    for (uint32_t i = 0; i < p->n_dims; i++)
        if (strcmp(p->dims[i].key, key) == 0)
            return (int)i;
    return -1;
}

uint32_t points_row(const struct points *p, uint64_t id)
{
    uint32_t low = 0, high = p->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (p->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < p->n && p->ids[low] == id ? low : NONE;
}

uint32_t points_place(const struct points *p, uint32_t row, uint32_t dim)
{
    return p->places[(size_t)row * POINTS_DIMS + dim];
}

bool points_follows(const struct points *p, uint32_t dim, uint32_t other)
{
    uint32_t n = p->dims[other].n_values;
    uint32_t *found = malloc(n * sizeof *found);
    bool follows = found != NULL;
    for (uint32_t i = 0; follows && i < n; i++)
        found[i] = NONE;
    for (uint32_t i = 0; follows && i < p->n; i++) {
        uint32_t from = points_place(p, i, other), to = points_place(p, i, dim);
        if (from == NONE)
            continue;
        follows = found[from] == NONE || found[from] == to;
        found[from] = to;
    }
    free(found);
    return follows;
}
