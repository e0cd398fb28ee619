/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paper_methods.c - methods.tex: what was run, in words. See publication.h.
 */
#include "publish/publication.h"

#include "report/latex.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

#define THIN "\\,"

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

static enum status prepare(struct publication *p, const char *sql, sqlite3_stmt **s,
                           struct err *err)
{
    return sqlite3_prepare_v2(results_db(p->results), sql, -1, s, NULL) == SQLITE_OK
               ? STATUS_OK
               : fail(p, err);
}

static void put_list(FILE *out, sqlite3_stmt *s)
{
    const char *comma = "";
    while (sqlite3_step(s) == SQLITE_ROW) {
        fputs(comma, out);
        report_latex(out, (const char *)sqlite3_column_text(s, 0));
        comma = ", ";
    }
    sqlite3_finalize(s);
}

static enum status put_guests(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    char a[64], b[64];
    if (prepare(p,
                "SELECT file, threads, operations, xxh3 FROM trace ORDER BY trace_id",
                &s, err))
        return err->status;
    const char *lead = "The guest was ";
    while (sqlite3_step(s) == SQLITE_ROW) {
        fputs(lead, out);
        report_latex(out, (const char *)sqlite3_column_text(s, 0));
        fprintf(out, " (%s threads, %s operations, XXH3-128 \\texttt{%.8s\\ldots})",
                publish_number((uint64_t)sqlite3_column_int64(s, 1), THIN, a),
                publish_number((uint64_t)sqlite3_column_int64(s, 2), THIN, b),
                (const char *)sqlite3_column_text(s, 3));
        lead = ", and ";
    }
    fputs(".\n", out);
    sqlite3_finalize(s);
    return STATUS_OK;
}

static int64_t number(sqlite3_stmt *s, int column)
{
    return sqlite3_column_int64(s, column);
}

static enum status put_machines(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    if (prepare(
            p,
            "SELECT machine, MIN(cores), MAX(cores), MIN(core_mhz), engine, "
            "shootdown, MIN(first_seed), MAX(first_seed + trials_planned) - 1, "
            "MAX(trials_planned), SUM(stopped_by = 'precision') FROM point GROUP BY "
            "machine, engine, shootdown ORDER BY MIN(point_id)",
            &s, err))
        return err->status;
    while (sqlite3_step(s) == SQLITE_ROW) {
        fputs("We simulated the machine ", out);
        report_latex(out, (const char *)sqlite3_column_text(s, 0));
        int64_t low = number(s, 1), high = number(s, 2);
        if (low == high)
            fprintf(out, " (%" PRId64 " hardware threads", low);
        else
            fprintf(out, " (%" PRId64 " to %" PRId64 " hardware threads", low, high);
        fprintf(out, " at %.4g\\,GHz) at cycle level, driven by the ",
                sqlite3_column_double(s, 3) / 1000);
        report_latex(out, (const char *)sqlite3_column_text(s, 4));
        fputs(" engine, with the shootdown algorithm ", out);
        report_latex(out, (const char *)sqlite3_column_text(s, 5));
        fprintf(out,
                ". Each point was run with up to %" PRId64 " trials, seeds %" PRId64
                " to %" PRId64 ". ",
                number(s, 8), number(s, 6), number(s, 7));
        if (number(s, 9))
            fprintf(out,
                    "%" PRId64 " points stopped early, when half of the 95\\,\\%% "
                    "interval of the rate was narrow enough. ",
                    number(s, 9));
    }
    sqlite3_finalize(s);
    return STATUS_OK;
}

static enum status put_varied(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    fputs("Copy-on-write protocols: ", out);
    if (prepare(p,
                "SELECT protocol FROM point GROUP BY protocol ORDER BY MIN(point_id)",
                &s, err))
        return err->status;
    put_list(out, s);
    fputs(". ", out);
    for (uint32_t d = 0; d < p->points.n_dims; d++) {
        const struct points_dim *dim = &p->points.dims[d];
        if (strcmp(dim->key, "protocol") == 0 || strcmp(dim->key, "trace") == 0)
            continue;
        fputs("Varied: \\texttt{", out);
        report_latex(out, dim->key);
        fprintf(out, "} over %" PRIu32 " values, ", dim->n_values);
        report_latex(out, dim->values[0].text);
        fputs(" to ", out);
        report_latex(out, dim->values[dim->n_values - 1].text);
        fputs(". ", out);
    }
    fputc('\n', out);
    return STATUS_OK;
}

enum status publish_methods(FILE *out, struct publication *p, struct err *err)
{
    fputs("% methods.tex - what was run; generated from the results file.\n", out);
    if (put_machines(out, p, err) || put_guests(out, p, err) || put_varied(out, p, err))
        return err->status;
    fputs(
        "A trial counts as violated when at least one access under lock breaks a rule "
        "of the\nchecker: a load that misses a store which happens before it (stale), "
        "two loads of one word\nin one critical section that differ (torn), a store "
        "that is lost, two owners of one lock,\nan access to a frame that was given "
        "away. The checker sees only records that the model\nemits. Intervals of rates "
        "are Wilson's at single points and exact (Clopper--Pearson) over\nall points "
        "of a "
        "protocol, both at 95\\,\\%. ",
        out);
    fprintf(out, "Of %" PRIu64 " trials %" PRIu64 " did not end well and are left out",
            p->n_trials, p->n_failed);
    if (p->n_open)
        fprintf(out, "; %" PRIu64 " of %" PRIu64 " points are not finished", p->n_open,
                p->n_points);
    fputs(".\n", out);
    const char *program = results_manifest(p->results, "program");
    fputs("Program: sim, version \\texttt{", out);
    report_latex(out, program ? program : "unknown");
    fputs("}; plan \\texttt{", out);
    const char *plan = results_manifest(p->results, "plan_xxh3");
    fprintf(out, "%.8s\\ldots}.\n", plan ? plan : "unknown");
    if (p->options->machine_file)
        fputs("The machine's numbers come from \\nocite{*}the sources listed; those "
              "marked \\cite{shootdown-E} are estimates.\n",
              out);
    return STATUS_OK;
}
