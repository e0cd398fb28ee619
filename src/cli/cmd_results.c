/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_results.c - sim merge and sim export: results files of sweeps.
 */
#include "cli/cmd.h"
#include "cli/terminal.h"
#include "results/export.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

const struct option_row cmd_merge_options[] = {
    {"out", 'o', "FILE", "results file that gets all points (default results.sqlite)"},
    OPTION_ROWS_COMMON,
};

const struct option_row cmd_export_options[] = {
    {"what", 'w', "TABLE", "points (default), runs, violations or distributions"},
    {"format", 'f', "FORMAT", "csv (default) or jsonl: an object per line"},
    {"out", 'o', "FILE", "file to write (default: stdout)"},
    OPTION_ROWS_COMMON,
};

struct results_args {
    const char *out, *what;
    uint32_t format; /* enum results_format */
    int operand;
};

/* The options of both commands. */
static enum status parse(const struct option_row *rows, int argc, char **argv,
                         struct results_args *args, struct err *err)
{
    struct options options;
    struct terminal terminal = {0};
    err->status = STATUS_OK;
    options_begin(&options, rows, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (id == 'o')
            args->out = options.arg;
        else if (id == 'w')
            args->what = options.arg;
        else if (id == 'f')
            options_choice("format", options.arg, results_formats, &args->format, err);
        else
            terminal_option(&terminal, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    args->operand = options.operand;
    return STATUS_OK;
}

/* ---- merge -------------------------------------------------------------------------
 */

/* A new file begins as a copy of the first shard's plan. */
static enum status copy_plan(struct results *to, const char *shard, struct err *err)
{
    static const char *const sql[] = {
        "BEGIN IMMEDIATE",
        "INSERT INTO main.manifest SELECT * FROM shard.manifest",
        "INSERT INTO main.trace SELECT * FROM shard.trace",
        "INSERT INTO main.point SELECT * FROM shard.point",
        "UPDATE main.point SET status = 'open', stopped_by = ''",
        "INSERT INTO main.param SELECT * FROM shard.param",
        "COMMIT",
        NULL,
    };
    struct results *check = results_open_read(shard, err);
    if (!check)
        return err->status;
    results_close(check);
    sqlite3 *db = results_db(to);
    char *attach = sqlite3_mprintf("ATTACH %Q AS shard", shard);
    bool ok = attach && sqlite3_exec(db, attach, NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; ok && sql[i]; i++)
        ok = sqlite3_exec(db, sql[i], NULL, NULL, NULL) == SQLITE_OK;
    if (!ok)
        err_set(err, STATUS_STORE, "%s: %s", shard, sqlite3_errmsg(db));
    sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    sqlite3_exec(db, "DETACH shard", NULL, NULL, NULL);
    sqlite3_free(attach);
    return err->status;
}

static int64_t count(struct results *r, const char *sql)
{
    sqlite3_stmt *s;
    int64_t n = 0;
    if (sqlite3_prepare_v2(results_db(r), sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

static enum status merge(const char *out, char **shards, int n, struct err *err)
{
    bool is_new;
    struct results *r = results_open(out, &is_new, err);
    if (!r)
        return err->status;
    enum status status = STATUS_OK;
    if (!results_manifest(r, "plan_xxh3"))
        status = copy_plan(r, shards[0], err);
    for (int i = 0; i < n && !status; i++)
        status = results_merge(r, shards[i], err);
    int64_t all = count(r, "SELECT COUNT(*) FROM point");
    int64_t done = count(r, "SELECT COUNT(*) FROM point WHERE status = 'done'");
    if (!status)
        printf("%s: %lld of %lld points\n", out, (long long)done, (long long)all);
    if (!status && done < all)
        fprintf(stderr,
                "sim merge: %lld points are missing; run their shards again (sim sweep "
                "--shard) "
                "and merge once more\n",
                (long long)(all - done));
    results_close(r);
    return status;
}

int cmd_merge(int argc, char **argv)
{
    struct err err = {0};
    struct results_args args = {.out = "results.sqlite"};
    enum status status = parse(cmd_merge_options, argc, argv, &args, &err);
    if (!status && args.operand == argc)
        status = err_set(&err, STATUS_USAGE, "name the results files of the shards");
    if (!status)
        status = merge(args.out, argv + args.operand, argc - args.operand, &err);
    return status ? cmd_fail("merge", &err) : 0;
}

/* ---- export -------------------------------------------------------------------------
 */

static enum status export_to(struct results *r, const struct results_args *args,
                             struct err *err)
{
    const char *out = args->out;
    FILE *file = out ? fopen(out, "w") : stdout;
    if (!file)
        return err_set(err, STATUS_STORE, "%s: %s", out, strerror(errno));
    enum status status =
        results_export(r, args->what, (enum results_format)args->format, file, err);
    if (out && fclose(file) != 0 && !status)
        status = err_set(err, STATUS_STORE, "%s: %s", out, strerror(errno));
    return status;
}

int cmd_export(int argc, char **argv)
{
    struct err err = {0};
    struct results_args args = {.what = "points"};
    enum status status = parse(cmd_export_options, argc, argv, &args, &err);
    if (!status && argc - args.operand != 1)
        status = err_set(&err, STATUS_USAGE, "one results file, please: %d are given",
                         argc - args.operand);
    struct results *r = status ? NULL : results_open_read(argv[args.operand], &err);
    if (!status)
        status = r ? export_to(r, &args, &err) : err.status;
    results_close(r);
    return status ? cmd_fail("export", &err) : 0;
}
