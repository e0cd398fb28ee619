/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - see store.h.
 */
#include "results/store.h"

#include "results/internal.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUN_ID_BITS       24u /* Trials of a point. */
#define VIOLATION_ID_BITS 14u /* RESULTS_VIOLATIONS_MAX. */

/* Runs a bound statement that answers nothing, and makes it ready again. */
static enum status step(struct results *r, sqlite3_stmt *s, struct err *err)
{
    int code = sqlite3_step(s);
    enum status status =
        code == SQLITE_DONE || code == SQLITE_ROW ? STATUS_OK : results_fail(r, err);
    sqlite3_reset(s);
    return status;
}

static void bind_text(sqlite3_stmt *s, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
    else
        sqlite3_bind_null(s, at);
}

static void bind_u64(sqlite3_stmt *s, int at, uint64_t value)
{
    sqlite3_bind_int64(s, at, (sqlite3_int64)value);
}

/* ---- what a sweep is
 * ------------------------------------------------------------------ */

const char *results_manifest(struct results *r, const char *key)
{
    struct err err;
    sqlite3_stmt *s;
    free(r->value);
    r->value = NULL;
    if (results_prepare(r, "SELECT value FROM manifest WHERE key = ?", &s, &err))
        return NULL;
    bind_text(s, 1, key);
    if (sqlite3_step(s) == SQLITE_ROW)
        r->value = strdup((const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return r->value;
}

/* Runs a statement once with up to 'n' texts. */
enum status results_put_texts(struct results *r, const char *sql,
                              const char *const *texts, int n, struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(r, sql, &s, err))
        return err->status;
    for (int i = 0; i < n; i++)
        bind_text(s, i + 1, texts[i]);
    enum status status = step(r, s, err);
    sqlite3_finalize(s);
    return status;
}

enum status results_put_manifest(struct results *r, const char *key, const char *value,
                                 struct err *err)
{
    const char *texts[] = {key, value};
    return results_put_texts(r, "INSERT OR REPLACE INTO manifest VALUES (?,?)", texts,
                             2, err);
}

enum status results_put_trace(struct results *r, const struct results_trace *t,
                              struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(r, "INSERT INTO trace VALUES (?,?,?,?,?,0)", &s, err))
        return err->status;
    bind_u64(s, 1, t->id);
    bind_text(s, 2, t->file);
    bind_text(s, 3, t->xxh3);
    bind_u64(s, 4, t->threads);
    bind_u64(s, 5, t->operations);
    enum status status = step(r, s, err);
    sqlite3_finalize(s);
    return status;
}

static enum status put_params(struct results *r, const struct results_point *p,
                              struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(r, "INSERT INTO param VALUES (?,?,?,?,?)", &s, err))
        return err->status;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < p->n_params && !status; i++) {
        bind_u64(s, 1, p->id);
        bind_text(s, 2, p->params[i].key);
        bind_text(s, 3, p->params[i].value);
        if (p->params[i].is_number)
            sqlite3_bind_double(s, 4, p->params[i].number);
        else
            sqlite3_bind_null(s, 4);
        bind_text(s, 5, p->params[i].unit);
        status = step(r, s, err);
    }
    sqlite3_finalize(s);
    return status;
}

enum status results_put_point(struct results *r, const struct results_point *p,
                              struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(
            r, "INSERT INTO point VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,'open','')", &s,
            err))
        return err->status;
    bind_u64(s, 1, p->id);
    bind_text(s, 2, p->xxh3);
    bind_text(s, 3, p->machine);
    bind_text(s, 4, p->protocol);
    bind_text(s, 5, p->shootdown);
    bind_text(s, 6, p->engine);
    bind_u64(s, 7, p->trace_id);
    bind_u64(s, 8, p->cores);
    sqlite3_bind_double(s, 9, p->core_mhz);
    bind_text(s, 10, p->params_json);
    bind_text(s, 11, p->config_xxh3);
    bind_u64(s, 12, p->first_seed);
    bind_u64(s, 13, p->trials_planned);
    enum status status = step(r, s, err);
    bool twice = status && sqlite3_extended_errcode(r->db) == SQLITE_CONSTRAINT_UNIQUE;
    sqlite3_finalize(s);
    if (twice)
        return err_set(err, STATUS_USAGE,
                       "point %llu is the same as one before it: two values or two "
                       "protocols mean the same; remove one",
                       (unsigned long long)p->id);
    return status ? status : put_params(r, p, err);
}

/* ---- trials
 * --------------------------------------------------------------------------- */

enum status results_prepare_rows(struct results *r, struct err *err)
{
    char sql[400] = "INSERT INTO run VALUES (";
    for (unsigned i = 0; i < 7 + RESULTS_N_COUNTS; i++)
        strcat(sql, i ? ",?" : "?");
    strcat(sql, ")");
    if (results_prepare(r, sql, &r->put_run, err))
        return err->status;
    if (results_prepare(
            r, "INSERT INTO violation VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            &r->put_violation, err))
        return err->status;
    return results_prepare_distributions(r, err);
}

static uint64_t run_id(uint64_t point, uint64_t trial)
{
    return point << RUN_ID_BITS | trial;
}

static enum status put_run(struct results *r, const struct results_trial *t,
                           struct err *err)
{
    sqlite3_stmt *s = r->put_run;
    bind_u64(s, 1, run_id(t->point, t->trial));
    bind_u64(s, 2, t->point);
    bind_u64(s, 3, t->trial);
    bind_u64(s, 4, t->seed);
    bind_text(s, 5, t->failed ? "failed" : "ok");
    bind_text(s, 6, t->end);
    bind_text(s, 7, t->message);
    for (int i = 0; i < RESULTS_N_COUNTS; i++)
        bind_u64(s, 8 + i, t->counts[i]);
    return step(r, s, err);
}

static void bind_age(sqlite3_stmt *s, int at, bool has, uint64_t age)
{
    if (has)
        bind_u64(s, at, age);
    else
        sqlite3_bind_null(s, at);
}

static enum status put_violation(struct results *r, const struct results_trial *t,
                                 uint32_t i, struct err *err)
{
    const struct results_violation *v = &t->violations[i];
    sqlite3_stmt *s = r->put_violation;
    bind_u64(s, 1, run_id(t->point, t->trial) << VIOLATION_ID_BITS | i);
    bind_u64(s, 2, run_id(t->point, t->trial));
    bind_u64(s, 3, i);
    bind_text(s, 4, v->rule);
    bind_u64(s, 5, v->under_lock);
    bind_u64(s, 6, v->at_cycle);
    bind_u64(s, 7, v->cpu);
    bind_u64(s, 8, v->thread);
    bind_text(s, 9, v->va);
    bind_text(s, 10, v->symbol);
    bind_text(s, 11, v->lock);
    bind_u64(s, 12, v->frame);
    bind_u64(s, 13, v->current_frame);
    bind_age(s, 14, v->has_age, v->tlb_age);
    bind_age(s, 15, v->has_stale_age, v->stale_age);
    bind_text(s, 16, v->sentence);
    bind_text(s, 17, v->witness);
    return step(r, s, err);
}

static enum status put_all(struct results *r, const struct results_trial *t,
                           struct err *err)
{
    if (put_run(r, t, err))
        return err->status;
    for (uint32_t i = 0; i < t->n_violations && i < RESULTS_VIOLATIONS_MAX; i++)
        if (put_violation(r, t, i, err))
            return err->status;
    return t->failed ? STATUS_OK
                     : results_put_values(r, run_id(t->point, t->trial), t, err);
}

enum status results_put_trial(struct results *r, const struct results_trial *t,
                              struct err *err)
{
    if (results_begin(r, err))
        return err->status;
    if (put_all(r, t, err) == STATUS_OK && results_commit(r, err) == STATUS_OK)
        return STATUS_OK;
    sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return err->status;
}

enum status results_look(struct results *r, uint64_t point,
                         struct results_progress *progress, struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(
            r,
            "SELECT COUNT(*), SUM(status = 'failed'), SUM(status = 'ok' AND "
            "violations_under_lock > 0), (SELECT COUNT(*) FROM violation v JOIN run "
            "USING (run_id) WHERE point_id = ?1 AND witness_json IS NOT NULL), "
            "MAX(trial) + 1 FROM run WHERE point_id = ?1",
            &s, err))
        return err->status;
    bind_u64(s, 1, point);
    int code = sqlite3_step(s);
    *progress = (struct results_progress){
        (uint64_t)sqlite3_column_int64(s, 0), (uint64_t)sqlite3_column_int64(s, 1),
        (uint64_t)sqlite3_column_int64(s, 2), (uint64_t)sqlite3_column_int64(s, 3),
        (uint64_t)sqlite3_column_int64(s, 4)};
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? STATUS_OK : results_fail(r, err);
}

enum status results_missing(struct results *r, uint64_t point, uint64_t next,
                            void (*take)(void *context, uint64_t trial), void *context,
                            struct err *err)
{
    sqlite3_stmt *s;
    uint64_t expected = 0;
    int code;
    if (results_prepare(r, "SELECT trial FROM run WHERE point_id = ? ORDER BY trial",
                        &s, err))
        return err->status;
    bind_u64(s, 1, point);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        uint64_t trial = (uint64_t)sqlite3_column_int64(s, 0);
        for (; expected < trial && expected < next; expected++)
            take(context, expected);
        expected = trial + 1;
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? STATUS_OK : results_fail(r, err);
}

static enum status run_all(struct results *r, const char *const *sql, struct err *err)
{
    enum status status = results_begin(r, err);
    for (size_t i = 0; sql[i] && !status; i++)
        status = results_execute(r, sql[i], err);
    if (!status)
        status = results_commit(r, err);
    if (status)
        sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

enum status results_forget_failed(struct results *r, bool whole, uint64_t *n,
                                  struct err *err)
{
#define POINTS    "(SELECT point_id FROM run WHERE status = 'failed')"
#define OF_POINTS "(SELECT run_id FROM run WHERE point_id IN " POINTS ")"
    static const char *const all_of_point[] = {
        "UPDATE point SET status = 'open', stopped_by = '' WHERE point_id IN " POINTS,
        "DELETE FROM violation WHERE run_id IN " OF_POINTS,
        "DELETE FROM pending WHERE point_id IN " POINTS,
        "DELETE FROM distribution_sum WHERE point_id IN " POINTS,
        "DELETE FROM run WHERE point_id IN " POINTS,
        NULL,
    };
    static const char *const only_failed[] = {
        "UPDATE point SET status = 'open', stopped_by = '' WHERE point_id IN " POINTS,
        "DELETE FROM violation WHERE run_id IN"
        " (SELECT run_id FROM run WHERE status = 'failed')",
        "DELETE FROM run WHERE status = 'failed'",
        NULL,
    };
#undef OF_POINTS
#undef POINTS
    sqlite3_stmt *s;
    if (results_prepare(r, "SELECT COUNT(*) FROM run WHERE status = 'failed'", &s, err))
        return err->status;
    int code = sqlite3_step(s);
    *n = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    if (code != SQLITE_ROW)
        return results_fail(r, err);
    return *n ? run_all(r, whole ? all_of_point : only_failed, err) : STATUS_OK;
}

/* Runs a statement that has up to two numbers and a text, in this order. */
static enum status run_with(struct results *r, const char *sql, uint64_t a, uint64_t b,
                            const char *text, struct err *err)
{
    sqlite3_stmt *s;
    if (results_prepare(r, sql, &s, err))
        return err->status;
    bind_u64(s, 1, a);
    bind_u64(s, 2, b);
    bind_text(s, 3, text);
    enum status status = step(r, s, err);
    sqlite3_finalize(s);
    return status;
}

/* Trials that were run again may have brought witnesses that come before others. */
static enum status end_point(struct results *r, uint64_t point, const char *why,
                             uint32_t max_witnesses, struct err *err)
{
    if (results_fold(r, point, err) ||
        run_with(r,
                 "UPDATE violation SET witness_json = NULL WHERE violation_id IN"
                 " (SELECT violation_id FROM violation JOIN run USING (run_id)"
                 " WHERE point_id = ?1 AND witness_json IS NOT NULL"
                 " ORDER BY violation_id LIMIT -1 OFFSET ?2)"
                 " AND ?3 IS NOT NULL",
                 point, max_witnesses, "", err))
        return err->status;
    return run_with(r,
                    "UPDATE point SET status = 'done', stopped_by = ?3"
                    " WHERE point_id = ?1 AND ?2 >= 0",
                    point, max_witnesses, why, err);
}

enum status results_end_point(struct results *r, uint64_t point, const char *why,
                              uint32_t max_witnesses, struct err *err)
{
    if (results_begin(r, err))
        return err->status;
    if (end_point(r, point, why, max_witnesses, err) == STATUS_OK &&
        results_commit(r, err) == STATUS_OK)
        return STATUS_OK;
    sqlite3_exec(r->db, "ROLLBACK", NULL, NULL, NULL);
    return err->status;
}
