/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare.c - see compare.h.
 */
#include "results/compare.h"

#include "results/internal.h"

#include <stdio.h>
#include <string.h>

/* Each table as (point_id, everything else); '%s' is the file. */
static const struct {
    const char *name, *select;
} tables[] = {
    {"point", "SELECT point_id, point_xxh3, machine, protocol, shootdown, cores, "
              "core_mhz, params_json, config_xxh3, first_seed, trials_planned, status, "
              "stopped_by FROM %s.point WHERE point_id IN again_points"},
    {"run", "SELECT point_id, r.* FROM %s.run r WHERE point_id IN again_points"},
    {"violation",
     "SELECT r.point_id, v.* FROM %s.violation v JOIN %s.run r USING (run_id) "
     "WHERE r.point_id IN again_points"},
    {"distribution", "SELECT point_id, name, value_cycles, n FROM %s.distribution "
                     "WHERE point_id IN again_points"},
};

static enum status ask(struct results *r, const char *sql, uint64_t *a, uint64_t *b,
                       struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(r, sql, &s, err))
        return err->status;
    int code = sqlite3_step(s);
    *a = (uint64_t)sqlite3_column_int64(s, 0);
    if (b)
        *b = (uint64_t)sqlite3_column_int64(s, 1);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? STATUS_OK : results_fail(r, err);
}

static void put_select(char *sql, size_t n, size_t table, const char *file)
{
    snprintf(sql, n, tables[table].select, file, file);
}

/* Rows of one file that the other does not have. */
static enum status count_missing(struct results *r, size_t table, const char *in,
                                 const char *from, struct results_difference *d,
                                 struct err *err)
{
    char left[600], right[600], sql[1400];
    uint64_t n, point;
    put_select(left, sizeof left, table, in);
    put_select(right, sizeof right, table, from);
    snprintf(sql, sizeof sql, "SELECT COUNT(*), MIN(point_id) FROM (%s EXCEPT %s)",
             left, right);
    if (ask(r, sql, &n, &point, err))
        return err->status;
    if (n && !d->different) {
        snprintf(d->where, sizeof d->where, "%s", tables[table].name);
        d->point = point;
    }
    d->different += n;
    return STATUS_OK;
}

static enum status compare_table(struct results *r, size_t table,
                                 struct results_difference *d, struct err *err)
{
    char select[600], sql[700];
    uint64_t n;
    put_select(select, sizeof select, table, "again");
    snprintf(sql, sizeof sql, "SELECT COUNT(*) FROM (%s)", select);
    if (ask(r, sql, &n, NULL, err))
        return err->status;
    d->rows += n;
    return count_missing(r, table, "main", "again", d, err)
               ? err->status
               : count_missing(r, table, "again", "main", d, err);
}

static enum status same_plan(struct results *r, struct err *err)
{
    uint64_t same;
    if (ask(r,
            "SELECT COUNT(*) FROM main.manifest a JOIN again.manifest b USING (key, "
            "value) WHERE key = 'plan_xxh3'",
            &same, NULL, err))
        return err->status;
    return same ? STATUS_OK
                : err_set(err, STATUS_STORE,
                          "the two files are of different plans: the configuration, a "
                          "guest or a version of the program means something else now");
}

static enum status compare_all(struct results *r, struct results_difference *d,
                               struct err *err)
{
    if (same_plan(r, err) ||
        results_execute(r,
                        "CREATE TEMP TABLE again_points AS SELECT point_id FROM "
                        "again.point WHERE status = 'done'",
                        err) ||
        ask(r, "SELECT COUNT(*) FROM again_points", &d->points, NULL, err))
        return err->status;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        if (compare_table(r, i, d, err))
            return err->status;
    return STATUS_OK;
}

enum status results_compare(struct results *r, const char *again,
                            struct results_difference *d, struct err *err)
{
    const char *texts[] = {again};
    *d = (struct results_difference){.points = 0};
    if (results_put_texts(r, "ATTACH ? AS again", texts, 1, err))
        return err->status;
    enum status status = compare_all(r, d, err);
    sqlite3_exec(r->db, "DROP TABLE IF EXISTS temp.again_points; DETACH again", NULL,
                 NULL, NULL);
    return status;
}
