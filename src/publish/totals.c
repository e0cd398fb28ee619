/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * totals.c - sums over all points of a protocol. See publication.h.
 */
#include "publish/publication.h"

#include "report/stats.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define CONFIDENCE 0.95

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

static uint64_t column(sqlite3_stmt *s, int i)
{
    return (uint64_t)sqlite3_column_int64(s, i);
}

static void take_row(struct publish_total *t, sqlite3_stmt *s)
{
    uint64_t *const sums[] = {
        &t->points,     &t->trials,   &t->violated,   &t->violations,
        &t->under_lock, &t->stale,    &t->torn,       &t->lost,
        &t->mutex,      &t->reuse,    &t->races,      &t->faults,
        &t->cow_copies, &t->upgrades, &t->shootdowns, &t->ipis,
    };
    *t = (struct publish_total){.points = 0};
    snprintf(t->protocol, sizeof t->protocol, "%s",
             (const char *)sqlite3_column_text(s, 0));
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        *sums[i] = column(s, (int)i + 1);
    t->mean_cycles = sqlite3_column_double(s, 17);
    t->rate = t->trials ? (double)t->violated / (double)t->trials : 0;
    stats_clopper_pearson(t->violated, t->trials, CONFIDENCE, &t->low, &t->high);
    t->zero_bound = stats_zero_bound(t->trials, CONFIDENCE);
}

static enum status load_protocols(struct publication *p, struct err *err)
{
    static const char sql[] =
        "SELECT protocol, COUNT(*), SUM(trials), SUM(trials_violated), SUM(violations),"
        " SUM(violations_under_lock), SUM(stale), SUM(torn), SUM(lost), SUM(mutex),"
        " SUM(reuse), SUM(races), SUM(faults), SUM(faults_cow_copy),"
        " SUM(faults_upgrade), SUM(shootdowns), SUM(ipis),"
        " 1.0 * SUM(duration_cycles) / SUM(trials)"
        " FROM point_result GROUP BY protocol ORDER BY MIN(point_id)";
    sqlite3_stmt *s;
    int code;
    if (sqlite3_prepare_v2(results_db(p->results), sql, -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        struct publish_total *more =
            realloc(p->totals, (p->n_totals + 1) * sizeof *more);
        if (!more)
            break;
        p->totals = more;
        take_row(&p->totals[p->n_totals++], s);
    }
    sqlite3_finalize(s);
    return code == SQLITE_DONE  ? STATUS_OK
           : code == SQLITE_ROW ? err_set(err, STATUS_LIMIT, "out of memory")
                                : fail(p, err);
}

static enum status load_counts(struct publication *p, struct err *err)
{
    static const char sql[] =
        "SELECT (SELECT COUNT(*) FROM point),"
        " (SELECT COUNT(*) FROM point WHERE status = 'open'),"
        " COUNT(*), SUM(status = 'failed'), SUM(violations), SUM(violations_under_lock)"
        " FROM run";
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(results_db(p->results), sql, -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    int code = sqlite3_step(s);
    uint64_t *const counts[] = {&p->n_points, &p->n_open,       &p->n_trials,
                                &p->n_failed, &p->n_violations, &p->n_under_lock};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        *counts[i] = column(s, (int)i);
    sqlite3_finalize(s);
    return code == SQLITE_ROW ? STATUS_OK : fail(p, err);
}

/* The figure of costs has the ratios already. */
static void take_relative(struct publication *p)
{
    struct figure *figure;
    struct err err;
    struct figure_spec spec = {.name = "relative",
                               .kind = FIGURE_BARS,
                               .y = {"relative.mean_duration_cycles"},
                               .n_y = 1};
    if (points_dim(&p->points, "protocol") < 0 ||
        figure_build(&spec, &p->points, p->results, &figure, &err))
        return;
    for (uint32_t s = 0; s < figure->panels[0].n_series; s++)
        for (uint32_t i = 0; i < p->n_totals; i++)
            if (figure->panels[0].series[s].n &&
                strcmp(figure->panels[0].series[s].label, p->totals[i].protocol) == 0)
                p->totals[i].relative_cycles = figure->panels[0].series[s].rows[0].v[1];
    figure_free(figure);
}

enum status publish_totals(struct publication *p, struct err *err)
{
    if (load_counts(p, err) || load_protocols(p, err))
        return err->status;
    take_relative(p);
    return STATUS_OK;
}
