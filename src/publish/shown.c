/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shown.c - chooses the violations to draw and reads their witnesses. See
 * publication.h.
 */
#include "publish/publication.h"

#include <sqlite3.h>
#include <stdlib.h>

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the violations cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

static enum status count(struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(results_db(p->results),
                           "SELECT COUNT(*), COUNT(witness_json) FROM violation", -1,
                           &s, NULL) != SQLITE_OK)
        return fail(p, err);
    int code = sqlite3_step(s);
    p->n_rows = (uint64_t)sqlite3_column_int64(s, 0);
    p->n_witnesses = (uint64_t)sqlite3_column_int64(s, 1);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? STATUS_OK : fail(p, err);
}

/* A witness that cannot be read is an error of the file, and says where. */
static enum status take(struct publication *p, sqlite3_stmt *s, uint64_t number,
                        struct err *err)
{
    struct publish_shown *shown = &p->shown[p->n_shown];
    *shown = (struct publish_shown){
        .number = number,
        .point = (uint64_t)sqlite3_column_int64(s, 1),
        .trial = (uint64_t)sqlite3_column_int64(s, 2),
        .seed = (uint64_t)sqlite3_column_int64(s, 3),
        .core_mhz = sqlite3_column_double(s, 4),
    };
    const char *json = (const char *)sqlite3_column_text(s, 5);
    if (witness_read(&shown->witness, json ? json : "", err))
        return err_prefix(err, "witness of violation %llu", (unsigned long long)number);
    p->n_shown++;
    return STATUS_OK;
}

static enum status read_all(struct publication *p, sqlite3_stmt *s, struct err *err)
{
    uint64_t number = 0, i = 0;
    int code;
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        number++;
        if (!sqlite3_column_int(s, 0))
            continue;
        /* The i-th of n is taken where i * max / n steps up. */
        bool wanted = p->n_witnesses <= PUBLISH_SHOWN_MAX || i == 0 ||
                      i * PUBLISH_SHOWN_MAX / p->n_witnesses !=
                          (i - 1) * PUBLISH_SHOWN_MAX / p->n_witnesses;
        i++;
        if (wanted && p->n_shown < PUBLISH_SHOWN_MAX && take(p, s, number, err))
            return err->status;
    }
    return code == SQLITE_DONE ? STATUS_OK : fail(p, err);
}

enum status publish_choose(struct publication *p, struct err *err)
{
    static const char sql[] =
        "SELECT v.witness_json IS NOT NULL, r.point_id, r.trial, r.seed, p.core_mhz,"
        " v.witness_json FROM violation v JOIN run r USING (run_id) JOIN point p USING"
        " (point_id) ORDER BY violation_id";
    sqlite3_stmt *s;
    if (count(p, err))
        return err->status;
    p->shown = calloc(PUBLISH_SHOWN_MAX, sizeof *p->shown);
    if (!p->shown)
        return err_set(err, STATUS_LIMIT, "out of memory");
    if (sqlite3_prepare_v2(results_db(p->results), sql, -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    enum status status = read_all(p, s, err);
    sqlite3_finalize(s);
    p->done->violations = p->n_rows;
    p->done->timelines = p->n_shown;
    return status;
}

void publish_forget(struct publication *p)
{
    for (uint32_t i = 0; i < p->n_shown; i++)
        witness_free(&p->shown[i].witness);
    free(p->shown);
}
