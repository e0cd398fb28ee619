/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * distribution.c - values of trials, added up per point. See store.h.
 *
 * A point may have thousands of trials, and each thousands of values.  A row per value
 * and trial would cost more than the trial, so a trial writes one row, its counts as
 * JSON, and they are added up when the point ends.  The view 'distribution' has both.
 */
#include "results/internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOLD_TRIALS 2048u      /* At the latest. */
#define FOLD_VALUES (1u << 18) /* So that adding up takes bounded memory. */

uint64_t results_bucket(uint64_t cycles)
{
    if (cycles < 4096)
        return cycles;
    unsigned shift = (unsigned)(63 - __builtin_clzll(cycles)) - 6;
    return (((cycles >> shift) + 1) << shift) - 1;
}

enum status results_prepare_distributions(struct results *r, struct err *err)
{
    if (results_prepare(r, "INSERT INTO pending VALUES (?,?,?)", &r->put_pending, err))
        return err->status;
    return results_prepare(
        r,
        "INSERT INTO distribution_sum VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET "
        "n = n + excluded.n",
        &r->put_sum, err);
}

static enum status step(struct results *r, sqlite3_stmt *s, struct err *err)
{
    bool ok = sqlite3_step(s) == SQLITE_DONE;
    enum status status = ok ? STATUS_OK : results_fail(r, err);
    sqlite3_reset(s);
    return status;
}

/* ---- one trial ------------------------------------------------------------------ */

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* "1594": 2, ...  Returns how many different ones. */
static uint64_t write_counts(FILE *out, const struct results_values *d)
{
    uint64_t n = 0, *buckets = malloc((d->n + 1) * sizeof *buckets);
    assert(buckets);
    for (uint32_t i = 0; i < d->n; i++)
        buckets[i] = results_bucket(d->values[i]);
    qsort(buckets, d->n, sizeof *buckets, by_number);
    for (uint32_t i = 0, from = 0; i < d->n; i++) {
        if (i + 1 < d->n && buckets[i + 1] == buckets[i])
            continue;
        fprintf(out, "%s\"%" PRIu64 "\":%" PRIu32, n++ ? "," : "", buckets[i],
                i + 1 - from);
        from = i + 1;
    }
    free(buckets);
    return n;
}

static uint64_t write_values(FILE *out, const struct results_trial *t)
{
    uint64_t n = 0;
    fputc('{', out);
    for (unsigned i = 0; i < 3; i++) {
        if (!t->distributions[i].n)
            continue;
        fprintf(out, "%s\"%s\":{", n ? "," : "", t->distributions[i].name);
        n += write_counts(out, &t->distributions[i]);
        fputc('}', out);
    }
    fputc('}', out);
    return n;
}

enum status results_put_values(struct results *r, uint64_t run_id,
                               const struct results_trial *t, struct err *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    assert(out);
    uint64_t n_values = write_values(out, t);
    fclose(out);
    enum status status = STATUS_OK;
    if (n_values > 0) {
        sqlite3_bind_int64(r->put_pending, 1, (sqlite3_int64)run_id);
        sqlite3_bind_int64(r->put_pending, 2, (sqlite3_int64)t->point);
        sqlite3_bind_text(r->put_pending, 3, text, (int)n, SQLITE_STATIC);
        status = step(r, r->put_pending, err);
    }
    free(text);
    r->n_pending += n_values;
    bool many = (t->trial + 1) % FOLD_TRIALS == 0 || r->n_pending >= FOLD_VALUES;
    return status || !many ? status : results_fold(r, t->point, err);
}

/* ---- adding up ------------------------------------------------------------------- */

struct entry {
    char name[24];
    uint64_t value, n;
};

struct entries {
    struct entry *entry;
    size_t n, capacity;
};

static void add_entry(struct entries *e, const struct entry *entry)
{
    if (e->n == e->capacity) {
        e->capacity = e->capacity ? 2 * e->capacity : 256;
        e->entry = realloc(e->entry, e->capacity * sizeof *e->entry);
        assert(e->entry);
    }
    e->entry[e->n++] = *entry;
}

/* Reads what write_values() wrote. False: somebody else did. */
static bool read_values(const char *text, struct entries *e)
{
    struct entry entry = {.n = 0};
    int used = 0;
    if (*text++ != '{')
        return false;
    while (sscanf(text, "\"%23[a-z_]\":{%n", entry.name, &used) == 1 && used > 0) {
        text += used;
        for (; *text == '"'; text += *text == ',') {
            char *end;
            entry.value = strtoull(text + 1, &end, 10);
            if (strncmp(end, "\":", 2) != 0)
                return false;
            entry.n = strtoull(end + 2, &end, 10);
            text = end;
            add_entry(e, &entry);
        }
        if (*text++ != '}')
            return false;
        text += *text == ',';
        used = 0;
    }
    return strcmp(text, "}") == 0;
}

static int by_name_and_value(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    return order ? order : x->value < y->value ? -1 : x->value > y->value;
}

static enum status put_sums(struct results *r, uint64_t point, struct entries *e,
                            struct err *err)
{
    if (e->n)
        qsort(e->entry, e->n, sizeof *e->entry, by_name_and_value);
    for (size_t i = 0; i < e->n; i++) {
        struct entry *one = &e->entry[i];
        if (i + 1 < e->n && by_name_and_value(one, one + 1) == 0) {
            one[1].n += one->n;
            continue;
        }
        sqlite3_bind_int64(r->put_sum, 1, (sqlite3_int64)point);
        sqlite3_bind_text(r->put_sum, 2, one->name, -1, SQLITE_STATIC);
        sqlite3_bind_int64(r->put_sum, 3, (sqlite3_int64)one->value);
        sqlite3_bind_int64(r->put_sum, 4, (sqlite3_int64)one->n);
        if (step(r, r->put_sum, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status read_pending(struct results *r, uint64_t point, struct entries *e,
                                struct err *err)
{
    sqlite3_stmt *s;
    int code;
    bool good = true;
    if (results_prepare(r, "SELECT values_json FROM pending WHERE point_id = ?", &s,
                        err))
        return err->status;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)point);
    while (good && (code = sqlite3_step(s)) == SQLITE_ROW)
        good = read_values((const char *)sqlite3_column_text(s, 0), e);
    sqlite3_finalize(s);
    if (!good)
        return err_set(err, STATUS_STORE,
                       "%s: table pending, point %" PRIu64 ": was changed by another "
                       "program",
                       r->path, point);
    return code == SQLITE_DONE ? STATUS_OK : results_fail(r, err);
}

enum status results_fold(struct results *r, uint64_t point, struct err *err)
{
    struct entries e = {NULL, 0, 0};
    sqlite3_stmt *s = NULL;
    enum status status = read_pending(r, point, &e, err);
    if (!status)
        status = put_sums(r, point, &e, err);
    free(e.entry);
    r->n_pending = 0;
    if (!status)
        status = results_prepare(r, "DELETE FROM pending WHERE point_id = ?", &s, err);
    if (status)
        return status;
    sqlite3_bind_int64(s, 1, (sqlite3_int64)point);
    status = step(r, s, err);
    sqlite3_finalize(s);
    return status;
}
