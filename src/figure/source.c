/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.c - see source.h.
 */
#include "figure/source.h"

#include "figure/figure.h"

#include <ctype.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static enum status fail(struct results *results, struct err *err)
{
    return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                   sqlite3_errmsg(results_db(results)));
}

static sqlite3_stmt *prepare(struct results *results, const char *sql, struct err *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(results_db(results), sql, -1, &s, NULL) != SQLITE_OK)
        fail(results, err);
    return s;
}

/* A column of point_result.  Names come from users: they are looked up, never put into
 * a statement unseen. */
static bool is_column(struct results *results, const char *name, struct err *err)
{
    sqlite3_stmt *s = prepare(results, "SELECT * FROM point_result LIMIT 0", err);
    bool found = false;
    for (int i = 0; s && i < sqlite3_column_count(s) && !found; i++)
        found = strcmp(sqlite3_column_name(s, i), name) == 0;
    sqlite3_finalize(s);
    return found;
}

static bool is_distribution(const char *name)
{
    static const char *const names[] = {"shootdown_latency", "exposure", "stale_age"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

enum status source_find(struct source *source, const char *y, struct results *results,
                        struct err *err)
{
    char *end;
    const char *point = strstr(y, ".p");
    *source = (struct source){.kind = SOURCE_COLUMN};
    err->status = STATUS_OK;
    if (strcmp(y, "rate") == 0) {
        source->kind = SOURCE_RATE;
        return STATUS_OK;
    }
    if (point && isdigit((unsigned char)point[2])) {
        snprintf(source->column, sizeof source->column, "%.*s", (int)(point - y), y);
        source->kind = SOURCE_PERCENTILE;
        source->percent = strtod(point + 2, &end);
        if (!*end && source->percent <= 100 && is_distribution(source->column))
            return STATUS_OK;
    } else if (is_distribution(y)) {
        source->kind = SOURCE_DISTRIBUTION;
        snprintf(source->column, sizeof source->column, "%s", y);
        return STATUS_OK;
    } else {
        source->relative = strncmp(y, "relative.", 9) == 0;
        snprintf(source->column, sizeof source->column, "%s",
                 y + (source->relative ? 9 : 0));
        if (is_column(results, source->column, err))
            return STATUS_OK;
    }
    return err->status ? err->status
                       : err_set(err, STATUS_CONFIG,
                                 "\"y\": there is no \"%s\"; there are the columns of "
                                 "point_result (rate, faults_per_cow_page ...), "
                                 "relative.COLUMN, and shootdown_latency, exposure, "
                                 "stale_age, each with .p50, .p99 ... too",
                                 y);
}

/* ---- scanning
 * --------------------------------------------------------------------- */

static enum status scan_statement(sqlite3_stmt *s, const struct points *points,
                                  struct results *results, source_take *take,
                                  void *context, struct err *err)
{
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        uint32_t row = points_row(points, (uint64_t)sqlite3_column_int64(s, 0));
        if (row == UINT32_MAX || sqlite3_column_type(s, 1) == SQLITE_NULL)
            continue;
        if (!take(context, row, sqlite3_column_double(s, 1),
                  (uint64_t)sqlite3_column_int64(s, 2)))
            return err_set(err, STATUS_LIMIT, "out of memory");
    }
    return code == SQLITE_DONE ? STATUS_OK : fail(results, err);
}

struct by_row {
    double *values; /* NaN: none. */
};

static bool put_by_row(void *context, uint32_t row, double value, uint64_t count)
{
    struct by_row *list = context;
    (void)count;
    list->values[row] = value;
    return true;
}

static const struct points *sorted_points; /* For qsort, which has no context. */
static uint32_t sorted_without;

static int by_all_else(const void *left, const void *right)
{
    uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
    for (uint32_t d = 0; d < sorted_points->n_dims; d++) {
        uint32_t pa = points_place(sorted_points, a, d),
                 pb = points_place(sorted_points, b, d);
        if (d != sorted_without && pa != pb)
            return pa < pb ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

/* Each value over that of the first protocol under which all else is equal. */
static void hand_out_relative(const struct points *points, const double *values,
                              uint32_t *rows, source_take *take, void *context)
{
    int protocol = points_dim(points, "protocol");
    uint32_t n = points->n;
    sorted_points = points;
    sorted_without = protocol < 0 ? POINTS_DIMS : (uint32_t)protocol;
    for (uint32_t i = 0; i < n; i++)
        rows[i] = i;
    qsort(rows, n, sizeof *rows, by_all_else);
    for (uint32_t i = 0, end; i < n; i = end) {
        double base = NAN;
        for (end = i; end < n; end++) {
            bool same = true;
            for (uint32_t d = 0; d < points->n_dims && same; d++)
                same = d == sorted_without || points_place(points, rows[i], d) ==
                                                  points_place(points, rows[end], d);
            if (!same)
                break;
            if (protocol < 0 || points_place(points, rows[end], sorted_without) == 0)
                base = values[rows[end]];
        }
        for (uint32_t k = i; k < end; k++)
            if (isfinite(values[rows[k]] / base))
                take(context, rows[k], values[rows[k]] / base, 1);
    }
}

static enum status scan_relative(sqlite3_stmt *s, const struct points *points,
                                 struct results *results, source_take *take,
                                 void *context, struct err *err)
{
    struct by_row list = {malloc((points->n + 1) * sizeof *list.values)};
    uint32_t *rows = malloc((points->n + 1) * sizeof *rows);
    enum status status = STATUS_OK;
    if (!list.values || !rows)
        status = err_set(err, STATUS_LIMIT, "out of memory");
    for (uint32_t i = 0; !status && i < points->n; i++)
        list.values[i] = NAN;
    if (!status)
        status = scan_statement(s, points, results, put_by_row, &list, err);
    if (!status)
        hand_out_relative(points, list.values, rows, take, context);
    free(list.values);
    free(rows);
    return status;
}

enum status source_scan(const struct source *source, const struct points *points,
                        struct results *results, source_take *take, void *context,
                        struct err *err)
{
    char sql[256];
    bool distribution =
        source->kind == SOURCE_DISTRIBUTION || source->kind == SOURCE_PERCENTILE;
    if (distribution)
        snprintf(sql, sizeof sql,
                 "SELECT point_id, value_cycles, n FROM distribution WHERE name = '%s' "
                 "ORDER BY point_id, value_cycles",
                 source->column);
    else if (source->kind == SOURCE_RATE)
        snprintf(sql, sizeof sql,
                 "SELECT point_id, trials_violated, trials FROM point_result");
    else
        snprintf(sql, sizeof sql, "SELECT point_id, \"%s\", 1 FROM point_result",
                 source->column);
    sqlite3_stmt *s = prepare(results, sql, err);
    if (!s)
        return err->status;
    enum status status = source->relative
                             ? scan_relative(s, points, results, take, context, err)
                             : scan_statement(s, points, results, take, context, err);
    sqlite3_finalize(s);
    return status;
}

/* ---- words
 * ------------------------------------------------------------------------ */

static void blanks_for_underscores(char *text)
{
    for (; *text; text++)
        if (*text == '_')
            *text = ' ';
}

void figure_key_label(const char *key, const char *unit, char *text, size_t n)
{
    static const struct {
        const char *key, *label;
    } known[] = {
        {"protocol", "Copy-on-write protocol"},
        {"trace", "Guest"},
        {"cores", "CPUs (hardware threads)"},
        {"ipi.delivery_ns", "IPI delivery latency [ns]"},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(key, known[i].key) == 0) {
            snprintf(text, n, "%s", known[i].label);
            return;
        }
    size_t used = strlen(key), suffix = strlen(unit);
    bool has_unit = suffix && used > suffix + 1 && key[used - suffix - 1] == '_';
    if (has_unit)
        snprintf(text, n, "%.*s [%s]", (int)(used - suffix - 1), key, unit);
    else
        snprintf(text, n, "%s%s%s%s", key, suffix ? " [" : "", unit, suffix ? "]" : "");
}

void source_label(const struct source *source, char *text, size_t n)
{
    static const struct {
        const char *column, *label;
    } known[] = {
        {"exposure", "Exposure window [cycles]"},
        {"shootdown_latency", "Shootdown latency [cycles]"},
        {"stale_age", "Age of the missed store [cycles]"},
        {"faults_per_cow_page", "Faults per copied page"},
        {"ipis", "IPIs sent"},
        {"mean_duration_cycles", "Duration of a run [cycles]"},
    };
    char name[80];
    if (source->kind == SOURCE_RATE) {
        snprintf(text, n, "Violated trials [%%]");
        return;
    }
    snprintf(name, sizeof name, "%s", source->column);
    blanks_for_underscores(name);
    name[0] = (char)toupper((unsigned char)name[0]);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(source->column, known[i].column) == 0)
            snprintf(name, sizeof name, "%s", known[i].label);
    char *unit = strstr(name, " [");
    if (source->relative) {
        if (unit)
            *unit = 0;
        snprintf(text, n, "%s, first protocol = 1", name);
    } else {
        snprintf(text, n, "%s", name);
    }
}
