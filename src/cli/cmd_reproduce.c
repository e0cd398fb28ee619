/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_reproduce.c - sim reproduce: points of a bundle run again, every row compared.
 *
 * A sample is the points p with p mod N = I, as a shard is: spread over the grid, and
 * the same ones for everybody.  Exit status 0: all rows are equal; 1: some differ.
 */
#include "base/program.h"
#include "cli/cmd.h"
#include "cli/terminal.h"
#include "results/compare.h"

#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE_DEFAULT 5u
#define EXIT_DIFFERENT 1

enum { REPRODUCE_OPT_POINTS = OPT_FIRST_OWN, REPRODUCE_OPT_ALL };

const struct option_row cmd_reproduce_options[] = {
    {"points", REPRODUCE_OPT_POINTS, "N", "how many points to run again (default: 5)"},
    {"all", REPRODUCE_OPT_ALL, NULL, "runs all points again"},
    {"jobs", 'j', "N", "processes (default: one per processor)"},
    OPTION_ROWS_COMMON,
};

struct reproduce {
    struct terminal terminal;
    const char *bundle;
    char temporary[64]; /* Directory of ours, or "". */
    char dir[4200];     /* Where plan.json lies. */
    uint64_t sample, jobs;
    bool all;
    struct err *err;
};

static enum status take(struct reproduce *r, int id, const char *arg)
{
    switch (id) {
    case REPRODUCE_OPT_POINTS:
        return options_u64("points", arg, 1, 1000000, &r->sample, r->err);
    case REPRODUCE_OPT_ALL:
        r->all = true;
        return STATUS_OK;
    case 'j':
        return options_u64("jobs", arg, 1, 4096, &r->jobs, r->err);
    default:
        terminal_option(&r->terminal, id, arg, r->err);
        return r->err->status;
    }
}

static enum status parse(struct reproduce *r, int argc, char **argv)
{
    struct options options;
    options_begin(&options, cmd_reproduce_options, argc, argv);
    for (;;) {
        int id = options_next(&options, r->err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG || take(r, id, options.arg))
            return r->err->status;
    }
    if (argc - options.operand != 1)
        return err_set(r->err, STATUS_USAGE, "one bundle, please: %d are given",
                       argc - options.operand);
    r->bundle = argv[options.operand];
    return STATUS_OK;
}

/* ---- the bundle
 * ------------------------------------------------------------------- */

static enum status make_temporary(struct reproduce *r)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(r->temporary, sizeof r->temporary, "%.30s/sim-reproduce-XXXXXX",
             tmp && strlen(tmp) < 30 ? tmp : "/tmp");
    if (mkdtemp(r->temporary))
        return STATUS_OK;
    err_set(r->err, STATUS_STORE, "%s: %s", r->temporary, strerror(errno));
    r->temporary[0] = '\0';
    return r->err->status;
}

/* An archive is unpacked; a directory is used as it lies. */
static enum status open_bundle(struct reproduce *r)
{
    struct stat st;
    if (stat(r->bundle, &st) != 0)
        return err_set(r->err, STATUS_STORE, "%s: %s", r->bundle, strerror(errno));
    if (S_ISDIR(st.st_mode)) {
        snprintf(r->dir, sizeof r->dir, "%.4000s", r->bundle);
        return STATUS_OK;
    }
    const char *argv[] = {"tar", "-xzf", r->bundle, "-C", r->temporary, NULL};
    int code = program_run(NULL, argv, NULL);
    if (code != 0)
        return err_set(r->err, STATUS_STORE,
                       code == PROGRAM_NOT_THERE
                           ? "tar is not installed, which unpacks %s"
                           : "%s cannot be unpacked: it is no bundle, or was cut",
                       r->bundle);
    snprintf(r->dir, sizeof r->dir, "%s/bundle", r->temporary);
    return STATUS_OK;
}

static uint64_t count_points(struct results *results)
{
    sqlite3_stmt *s;
    uint64_t n = 0;
    if (sqlite3_prepare_v2(results_db(results), "SELECT COUNT(*) FROM point", -1, &s,
                           NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        n = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* ---- again
 * ------------------------------------------------------------------------ */

/* The sample as a shard of the plan. */
static enum status sweep_again(struct reproduce *r, uint64_t n_points,
                               const char *again)
{
    char plan[4300], shard[64], jobs[32];
    uint64_t every = r->all || n_points <= r->sample ? 1 : n_points / r->sample;
    snprintf(plan, sizeof plan, "%s/plan.json", r->dir);
    snprintf(shard, sizeof shard, "%" PRIu64 "/%" PRIu64, every / 2, every);
    snprintf(jobs, sizeof jobs, "%" PRIu64,
             r->jobs ? r->jobs : (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
    char *argv[] = {(char[]){"sweep"},
                    (char[]){"--plan"},
                    plan,
                    (char[]){"--shard"},
                    shard,
                    (char[]){"-j"},
                    jobs,
                    (char[]){"-o"},
                    (char *)(uintptr_t)again,
                    NULL};
    int code = cmd_sweep(9, argv);
    if (code == 0 || code == status_exit_code(STATUS_GUEST))
        return STATUS_OK;
    return err_set(r->err, code >= 128 ? STATUS_INTERRUPTED : STATUS_STORE,
                   "the points could not be run again; the message above says why");
}

static int compare(struct reproduce *r, struct results *results, uint64_t n_points,
                   const char *again)
{
    struct results_difference d;
    if (results_compare(results, again, &d, r->err))
        return cmd_fail("reproduce", r->err);
    printf("%" PRIu64 " of %" PRIu64 " points run again, %" PRIu64
           " rows compared byte by byte: ",
           d.points, n_points, d.rows);
    if (d.different == 0) {
        puts("all equal");
        return 0;
    }
    printf("%" PRIu64 " differ, the first in table %s, point %" PRIu64 "\n",
           d.different, d.where, d.point);
    return EXIT_DIFFERENT;
}

static int reproduce(struct reproduce *r)
{
    char path[4300], again[4300];
    if (make_temporary(r) || open_bundle(r))
        return cmd_fail("reproduce", r->err);
    snprintf(path, sizeof path, "%s/results.sqlite", r->dir);
    struct results *results = results_open_read(path, r->err);
    if (!results)
        return cmd_fail("reproduce", r->err);
    uint64_t n_points = count_points(results);
    snprintf(again, sizeof again, "%s/again.sqlite", r->temporary);
    int code = sweep_again(r, n_points, again) ? cmd_fail("reproduce", r->err)
                                               : compare(r, results, n_points, again);
    results_close(results);
    return code;
}

int cmd_reproduce(int argc, char **argv)
{
    struct err err = {0};
    struct reproduce r = {.sample = SAMPLE_DEFAULT, .err = &err};
    int code = parse(&r, argc, argv) ? cmd_fail("reproduce", &err) : reproduce(&r);
    if (r.temporary[0]) {
        const char *rm[] = {"rm", "-rf", "--", r.temporary, NULL};
        program_run(NULL, rm, NULL);
    }
    return code;
}
