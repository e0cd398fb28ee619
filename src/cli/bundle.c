/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bundle.c - see bundle.h.
 */
#include "cli/bundle.h"

#include "base/program.h"
#include "cli/version.h"
#include "config/text.h"
#include "trace/trace.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bundle {
    struct results *results;
    const struct output_dir *report;
    const struct bundle_options *options;
    struct output_dir dir; /* The folder that is packed. */
    struct text guests;    /* For the README. */
    struct err *err;
};

/* Runs a program that every Debian system has; its complaints go to stderr. */
static enum status run(struct bundle *b, const char *dir, const char *const *argv)
{
    int code = program_run(dir, argv, NULL);
    if (code == 0)
        return STATUS_OK;
    return err_set(b->err, STATUS_STORE,
                   code == PROGRAM_NOT_THERE
                       ? "%s is not installed; a bundle needs it"
                       : "%s could not do its part of the bundle; "
                         "is the disk full?",
                   argv[0]);
}

/* ---- guests
 * ----------------------------------------------------------------------- */

static bool has_content(const char *path, const char *xxh3)
{
    struct err err;
    if (access(path, R_OK) != 0)
        return false;
    struct trace *trace = trace_open(path, true, &err);
    bool same = trace && strcmp(trace_hash(trace), xxh3) == 0;
    trace_close(trace);
    return same;
}

/* A file of that name and content. */
static bool find_guest(const struct bundle *b, const char *name, const char *xxh3,
                       char *path, size_t n)
{
    const char *slash = strrchr(b->options->results_path, '/');
    for (unsigned i = 0; i < b->options->n_guests; i++) {
        snprintf(path, n, "%s", b->options->guests[i]);
        if (has_content(path, xxh3))
            return true;
    }
    snprintf(path, n, "%.*s%s", slash ? (int)(slash - b->options->results_path) + 1 : 0,
             b->options->results_path, name);
    if (has_content(path, xxh3))
        return true;
    snprintf(path, n, "%s", name);
    if (has_content(path, xxh3))
        return true;
    snprintf(path, n, "traces/%s", name);
    return has_content(path, xxh3);
}

static enum status take_guest(struct bundle *b, const char *name, const char *xxh3)
{
    char path[4400], to[4400];
    const char *argv[] = {"cp", "--", path, to, NULL};
    if (!find_guest(b, name, xxh3, path, sizeof path))
        return err_set(b->err, STATUS_TRACE,
                       "the guest %s (XXH3-128 %s) was not found, or has changed; name "
                       "it with --guest FILE",
                       name, xxh3);
    snprintf(to, sizeof to, "%s/%.200s", b->dir.path, name);
    if (access(to, F_OK) == 0 && !has_content(to, xxh3))
        return err_set(b->err, STATUS_TRACE,
                       "two guests are called %s; rename one and sweep again", name);
    text_add(&b->guests, "- `%s`, XXH3-128 of its content `%s`\n", name, xxh3);
    return run(b, NULL, argv);
}

static enum status take_guests(struct bundle *b)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(results_db(b->results),
                           "SELECT file, xxh3 FROM trace ORDER BY trace_id", -1, &s,
                           NULL) != SQLITE_OK)
        return err_set(b->err, STATUS_STORE, "the results cannot be read: %s",
                       sqlite3_errmsg(results_db(b->results)));
    enum status status = STATUS_OK;
    while (!status && sqlite3_step(s) == SQLITE_ROW)
        status = take_guest(b, (const char *)sqlite3_column_text(s, 0),
                            (const char *)sqlite3_column_text(s, 1));
    sqlite3_finalize(s);
    return status;
}

/* ---- the rest
 * --------------------------------------------------------------------- */

/* A copy without what SQLite keeps beside a file that is in use. */
static enum status take_results(struct bundle *b)
{
    char path[4300];
    snprintf(path, sizeof path, "%s/results.sqlite", b->dir.path);
    char *sql = sqlite3_mprintf("VACUUM INTO %Q", path);
    bool good =
        sql && sqlite3_exec(results_db(b->results), sql, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_free(sql);
    return good ? STATUS_OK
                : err_set(b->err, STATUS_STORE, "the results cannot be copied: %s",
                          sqlite3_errmsg(results_db(b->results)));
}

static enum status write_plan(struct bundle *b)
{
    const char *plan = results_manifest(b->results, "plan_json");
    if (!plan)
        return err_set(
            b->err, STATUS_STORE,
            "a bundle is of a sweep: these results hold no plan; run it with "
            "sim sweep");
    return output_dir_write(&b->dir, "plan.json", plan, strlen(plan), b->err);
}

static enum status write_readme(struct bundle *b)
{
    struct text text = {0};
    text_add(&text,
             "# A sweep of sim, to be run again\n\nMade by `sim` version `%s`. Results "
             "are those of a model, so they do not depend on the machine that runs "
             "it.\n\n    sha256sum -c SHA256SUMS              nothing was changed\n"
             "    sim reproduce .                      runs a sample of the points and "
             "compares every row\n    sim reproduce --all .                all of "
             "them\n    sim sweep --plan plan.json -o again.sqlite\n    sim report "
             "again.sqlite -o again\n\nThe sweep was first run as\n\n",
             version_git());
    const char *command = results_manifest(b->results, "command");
    text_add(&text, "    %s\n\n", command ? command : "(unknown)");
    const char *program = results_manifest(b->results, "program");
    text_add(&text, "by version `%s`.\n\nGuests:\n\n%s", program ? program : "unknown",
             text_get(&b->guests));
    text_add(&text, "\n`results.sqlite` has all rows; `report/report.html` shows them; "
                    "`report/paper/report.tex` compiles with `latexmk -pdf`.\n");
    enum status status =
        output_dir_write(&b->dir, "README.md", text_get(&text), text.n, b->err);
    text_free(&text);
    return status;
}

/* All of the report but what earlier bundles left. */
static enum status take_report(struct bundle *b)
{
    struct output_dir to;
    static const char *const parts[] = {"report.html",      "violations.csv",
                                        "violations.jsonl", "violations.md",
                                        "witness",          "paper"};
    if (output_dir_open_inside(&to, &b->dir, "report", true, b->err))
        return b->err->status;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char from[4300];
        const char *argv[] = {"cp", "-R", "--", from, to.path, NULL};
        snprintf(from, sizeof from, "%s/%s", b->report->path, parts[i]);
        if (access(from, F_OK) == 0 && run(b, NULL, argv))
            return b->err->status;
    }
    return STATUS_OK;
}

static enum status pack(struct bundle *b)
{
    static const char sums[] =
        "find . -type f ! -name SHA256SUMS -print0 | LC_ALL=C sort "
        "-z | xargs -0 sha256sum > SHA256SUMS";
    const char *sum_argv[] = {"sh", "-c", sums, NULL};
    /* Equal content gives an equal archive. */
    const char *tar_argv[] = {"tar",
                              "--sort=name",
                              "--mtime=@0",
                              "--owner=0",
                              "--group=0",
                              "--numeric-owner",
                              "--mode=u+rwX,go+rX,go-w",
                              "-czf",
                              "bundle.tar.gz",
                              "bundle",
                              NULL};
    const char *rm_argv[] = {"rm", "-rf", "--", b->dir.path, NULL};
    if (run(b, b->dir.path, sum_argv) || run(b, b->report->path, tar_argv))
        return b->err->status;
    return run(b, NULL, rm_argv);
}

enum status bundle_make(struct results *results, const struct output_dir *dir,
                        const struct bundle_options *options, struct err *err)
{
    struct bundle b = {
        .results = results, .report = dir, .options = options, .err = err};
    char old[4300];
    const char *argv[] = {"rm", "-rf", "--", old, NULL};
    snprintf(old, sizeof old, "%s/bundle", dir->path);
    if (run(&b, NULL, argv) ||
        output_dir_open_inside(&b.dir, dir, "bundle", true, err) || write_plan(&b) ||
        take_guests(&b) || take_results(&b) || write_readme(&b) || take_report(&b) ||
        pack(&b)) {
        struct err kept = *err;
        run(&b, NULL, argv); /* Half a bundle helps nobody. */
        *err = kept;
    }
    text_free(&b.guests);
    return err->status;
}
