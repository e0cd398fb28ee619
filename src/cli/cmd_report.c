/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_report.c - sim report: a page, a paper and figures from a results file.
 */
#include "base/output_dir.h"
#include "cli/bundle.h"
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/terminal.h"
#include "publish/publish.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIGURES_MAX 32u

#define GUESTS_MAX 64u

enum {
    REPORT_OPT_FIGURE = OPT_FIRST_OWN,
    REPORT_OPT_FORCE,
    REPORT_OPT_NO_DRAW,
    REPORT_OPT_BUNDLE,
    REPORT_OPT_GUEST,
};

const struct option_row cmd_report_options[] = {
    {"out", 'o', "DIR", "directory that gets the report (default: report)"},
    {"figure", REPORT_OPT_FIGURE, "FILE",
     "one more figure, described in JSON; may be repeated"},
    {"no-gnuplot", REPORT_OPT_NO_DRAW, NULL,
     "writes data and scripts of figures, and draws none"},
    {"bundle", REPORT_OPT_BUNDLE, NULL,
     "packs plan, guests, results and report: see sim reproduce"},
    {"guest", REPORT_OPT_GUEST, "FILE",
     "a guest of the plan, for --bundle; may be repeated"},
    {"force", REPORT_OPT_FORCE, NULL, "writes into a directory that is not empty"},
    OPTION_ROWS_COMMON,
};

struct report_cmd {
    struct terminal terminal;
    struct publish_options options;
    const char *figures[FIGURES_MAX];
    const char *results, *out;
    char inside[4200], machine_file[4300];
    const char *guests[GUESTS_MAX];
    unsigned n_guests;
    bool force, bundle;
};

static enum status take(struct report_cmd *r, int id, char *arg, struct err *err)
{
    switch (id) {
    case 'o':
        r->out = arg;
        return STATUS_OK;
    case REPORT_OPT_FIGURE:
        if (r->options.n_figures == FIGURES_MAX)
            return err_set(err, STATUS_USAGE, "--figure: at most %u", FIGURES_MAX);
        r->figures[r->options.n_figures++] = arg;
        return STATUS_OK;
    case REPORT_OPT_BUNDLE:
        r->bundle = true;
        return STATUS_OK;
    case REPORT_OPT_GUEST:
        if (r->n_guests == GUESTS_MAX)
            return err_set(err, STATUS_USAGE, "--guest: at most %u", GUESTS_MAX);
        r->guests[r->n_guests++] = arg;
        return STATUS_OK;
    case REPORT_OPT_FORCE:
        r->force = true;
        return STATUS_OK;
    case REPORT_OPT_NO_DRAW:
        r->options.draw = false;
        return STATUS_OK;
    default:
        terminal_option(&r->terminal, id, arg, err);
        return err->status;
    }
}

static enum status parse(struct report_cmd *r, int argc, char **argv, struct err *err)
{
    struct options options;
    err->status = STATUS_OK;
    options_begin(&options, cmd_report_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG || take(r, id, options.arg, err))
            return err->status;
    }
    if (argc - options.operand != 1)
        return err_set(err, STATUS_USAGE,
                       "name one results file, or the directory of a run or a "
                       "comparison: %d are given",
                       argc - options.operand);
    r->results = argv[options.operand];
    return STATUS_OK;
}

/* A directory of sim run or sim compare holds a results file. */
static void look_inside(struct report_cmd *r)
{
    struct stat st;
    if (stat(r->results, &st) == 0 && S_ISDIR(st.st_mode)) {
        snprintf(r->inside, sizeof r->inside, "%.4000s/results.sqlite", r->results);
        r->results = r->inside;
    }
    const char *slash = strrchr(r->results, '/');
    r->options.name = slash ? slash + 1 : r->results;
}

/* The file of the machine, if it ships with the program: it names its sources. */
static void find_machine(struct report_cmd *r, struct results *results)
{
    char dir[4096];
    sqlite3_stmt *s;
    if (!data_dir_configs(dir, sizeof dir) ||
        sqlite3_prepare_v2(results_db(results), "SELECT machine FROM point LIMIT 1", -1,
                           &s, NULL) != SQLITE_OK)
        return;
    if (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        snprintf(r->machine_file, sizeof r->machine_file, "%s/%.100s.json", dir, name);
        if (!strchr(name, '/') && access(r->machine_file, R_OK) == 0)
            r->options.machine_file = r->machine_file;
    }
    sqlite3_finalize(s);
}

static void print_done(const struct report_cmd *r, const struct publish_done *done)
{
    printf("%s/report.html      the page: open it in a browser\n", r->out);
    printf("%s/paper/           report.tex (latexmk -pdf), macros, tables, %" PRIu32
           " figures%s\n",
           r->out, done->figures, done->drawn ? "" : " (not drawn)");
    printf("%s/violations.csv   all %" PRIu64 " of them; %" PRIu64
           " drawn as timelines\n",
           r->out, done->violations, done->timelines);
    if (r->bundle)
        printf("%s/bundle.tar.gz    for reviewers: sim reproduce %s/bundle.tar.gz\n",
               r->out, r->out);
}

static enum status pack(const struct report_cmd *r, struct results *results,
                        const struct output_dir *dir, struct err *err)
{
    const struct bundle_options options = {r->results, r->guests, r->n_guests};
    return bundle_make(results, dir, &options, err);
}

static enum status report(struct report_cmd *r, struct err *err)
{
    struct publish_done done;
    struct output_dir dir = {.made = false};
    look_inside(r);
    struct results *results = results_open_read(r->results, err);
    if (!results)
        return err->status;
    find_machine(r, results);
    r->options.figures = r->figures;
    r->options.messages = r->terminal.quiet ? NULL : stderr;
    enum status status = output_dir_open(&dir, r->out, r->force, err);
    if (!status)
        status = publish(results, &dir, &r->options, &done, err);
    if (!status && r->bundle)
        status = pack(r, results, &dir, err);
    if (!status)
        print_done(r, &done);
    output_dir_abandon(&dir);
    results_close(results);
    return status;
}

int cmd_report(int argc, char **argv)
{
    struct err err = {0};
    static struct report_cmd r;
    r.out = "report";
    r.options.draw = true;
    enum status status = parse(&r, argc, argv, &err);
    if (!status)
        status = report(&r, &err);
    return status ? cmd_fail("report", &err) : 0;
}
