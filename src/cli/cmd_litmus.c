/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_litmus.c - sim litmus: the reachable outcomes of small tests.
 *
 * Arguments are files, or directories whose *.litmus are taken (and those of
 * directories in them), in the order of their names.  Exit status 0: every test
 * has the verdict that it expects; 1: some has another; 7: some could not be
 * explored to its end.
 */
#include "base/output_dir.h"
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/interrupt.h"
#include "cli/litmus_report.h"
#include "cli/present.h"
#include "cli/progress.h"

#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB            (UINT64_C(1) << 20)
#define FILE_BYTES_MAX (1u << 20)

enum { LITMUS_OPT_MAX_STATES = RUN_OPT_LAST, LITMUS_OPT_MEMORY, LITMUS_OPT_SUMMARY };

const struct option_row cmd_litmus_options[] = {
    {"config", 'c', "FILE", "machine description (default: tiny/litmus)"},
    {"set", RUN_OPT_SET, "KEY=VALUE", "sets one parameter; wins over files"},
    {"summary", LITMUS_OPT_SUMMARY, NULL, "prints a line per test, no outcomes"},
    {"max-states", LITMUS_OPT_MAX_STATES, "N", "stops a test there (default 20000000)"},
    {"memory", LITMUS_OPT_MEMORY, "MIB", "memory for states (default 4096)"},
    {"json", RUN_OPT_JSON, "[FILE]", "writes the results as JSON (default: stdout)"},
    OPTION_ROWS_COMMON,
};

/* One file. */
struct entry {
    char *path;
    struct litmus_test test;
    struct litmus_result result;
    bool ran;
};

struct litmus {
    struct run_args args;
    struct litmus_options options;
    struct machine_config config;
    struct config *effective;
    struct entry *entries;
    size_t n, capacity;
    struct progress progress;
    bool summary;
};

/* ---- the command line ------------------------------------------------------------ */

static enum status take(struct litmus *l, int id, const char *arg, struct err *err)
{
    uint64_t value = 0;
    switch (id) {
    case LITMUS_OPT_SUMMARY:
        l->summary = true;
        return STATUS_OK;
    case LITMUS_OPT_MAX_STATES:
        options_u64("max-states", arg, 1, UINT32_MAX, &value, err);
        l->options.max_states = (uint32_t)value;
        return err->status;
    case LITMUS_OPT_MEMORY:
        options_u64("memory", arg, 1, UINT64_C(1) << 20, &value, err);
        l->options.max_bytes = value * MIB;
        return err->status;
    default:
        return run_args_take(&l->args, id, arg, err);
    }
}

static enum status add_file(struct litmus *l, const char *path, struct err *err)
{
    if (l->n == l->capacity) {
        size_t more = l->capacity ? 2 * l->capacity : 64;
        struct entry *entries = realloc(l->entries, more * sizeof *entries);
        if (!entries)
            return err_set(err, STATUS_INTERNAL, "out of memory");
        l->entries = entries;
        l->capacity = more;
    }
    l->entries[l->n] = (struct entry){.path = strdup(path)};
    return l->entries[l->n++].path ? STATUS_OK
                                   : err_set(err, STATUS_INTERNAL, "out of memory");
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_litmus(const char *name)
{
    size_t n = strlen(name);
    return n > 7 && strcmp(name + n - 7, ".litmus") == 0;
}

/* A file, or all tests in a directory. */
static enum status add_path(struct litmus *l, char *path, struct err *err)
{
    char *roots[] = {path, NULL};
    size_t before = l->n;
    FTS *fts = fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    if (!fts)
        return err_set(err, STATUS_TRACE, "%s: %s", path, strerror(errno));
    enum status status = STATUS_OK;
    for (FTSENT *e = fts_read(fts); e && !status; e = fts_read(fts)) {
        bool named = e->fts_level == FTS_ROOTLEVEL;
        if (e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR)
            status = err_set(err, STATUS_TRACE, "%s: %s", e->fts_path,
                             strerror(e->fts_errno));
        else if (e->fts_info == FTS_F && (named || is_litmus(e->fts_name)))
            status = add_file(l, e->fts_path, err);
    }
    fts_close(fts);
    if (!status && l->n == before)
        status = err_set(err, STATUS_TRACE, "%s: no *.litmus in this directory", path);
    return status;
}

static enum status parse(struct litmus *l, int argc, char **argv, struct err *err)
{
    struct options options;
    l->options.max_bytes = 4096 * MIB;
    l->options.max_states = 20000000;
    err->status = STATUS_OK;
    options_begin(&options, cmd_litmus_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (!terminal_option(&l->args.terminal, id, options.arg, err))
            take(l, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    if (options.operand == argc)
        return err_set(err, STATUS_USAGE, "name a litmus test, or a directory of them");
    for (int i = options.operand; i < argc && !err->status; i++)
        add_path(l, argv[i], err);
    return err->status;
}

/* ---- reading -----------------------------------------------------------------------
 */

static enum status read_test(struct entry *e, struct err *err)
{
    char *text = malloc(FILE_BYTES_MAX + 1);
    FILE *f = text ? fopen(e->path, "rb") : NULL;
    if (!f) {
        free(text);
        return err_set(err, STATUS_TRACE, "%s: %s", e->path, strerror(errno));
    }
    size_t n = fread(text, 1, FILE_BYTES_MAX + 1, f);
    bool failed = ferror(f) != 0;
    fclose(f);
    if (failed)
        err_set(err, STATUS_TRACE, "%s: cannot be read", e->path);
    else if (n > FILE_BYTES_MAX)
        err_set(err, STATUS_TRACE, "%s: larger than 1 MiB; is it a litmus test?",
                e->path);
    else
        litmus_parse(text, n, e->path, &e->test, err);
    free(text);
    return err->status;
}

static enum status load(struct litmus *l, struct err *err)
{
    char configs[4096], standard[4200];
    const char *files[RUN_ARGS_MAX + 1] = {0}, *sets[RUN_ARGS_MAX + 1] = {0};
    const char *dir = data_dir_configs(configs, sizeof configs) ? configs : NULL;
    memcpy(files, l->args.configs, l->args.n_configs * sizeof *files);
    memcpy(sets, l->args.sets, l->args.n_sets * sizeof *sets);
    if (l->args.n_configs == 0 && dir) {
        snprintf(standard, sizeof standard, "%s/tiny/litmus.json", dir);
        files[0] = standard;
    }
    const struct machine_config_sources sources = {
        .files = files, .sets = sets, .config_dir = dir};
    if (machine_config_load(&sources, &l->config, &l->effective, err))
        return err->status;
    for (size_t i = 0; i < l->n; i++)
        if (read_test(&l->entries[i], err))
            return err->status;
    return STATUS_OK;
}

/* ---- running -----------------------------------------------------------------------
 */

static bool stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

static struct litmus_report report_of(const struct entry *e)
{
    return (struct litmus_report){&e->test, e->ran ? &e->result : NULL};
}

static void print(const struct litmus *l, const struct entry *e)
{
    const struct litmus_report report = report_of(e);
    if (l->args.json && strcmp(l->args.json, "-") == 0)
        return;
    if (l->summary)
        litmus_report_line(stdout, &report);
    else
        litmus_report_text(stdout, &report);
    fflush(stdout);
}

static enum status run_all(struct litmus *l, struct err *err)
{
    progress_begin(&l->progress, &l->args.terminal, "tests");
    for (size_t i = 0; i < l->n && !interrupt_signal(); i++) {
        struct entry *e = &l->entries[i];
        progress_update(&l->progress, i, l->n, e->test.name);
        if (!e->test.not_modelled[0]) {
            if (litmus_run(&e->test, &l->config, &l->options, &e->result, err))
                return err_prefix(err, "%s", e->path);
            e->ran = true;
        }
        progress_end(&l->progress);
        print(l, e);
    }
    return STATUS_OK;
}

struct tally {
    size_t expected, different, open, not_modelled, not_run;
};

static struct tally count(const struct litmus *l)
{
    struct tally t = {0};
    for (size_t i = 0; i < l->n; i++) {
        const struct entry *e = &l->entries[i];
        const struct litmus_report report = report_of(e);
        if (e->test.not_modelled[0])
            t.not_modelled++;
        else if (!e->ran)
            t.not_run++;
        else if (litmus_verdict(&e->result) == LITMUS_UNKNOWN)
            t.open++;
        else if (litmus_as_expected(&report))
            t.expected++;
        else
            t.different++;
    }
    return t;
}

static void print_tally(const struct tally *t)
{
    printf("%zu tests as expected, %zu different, %zu incomplete, %zu not modelled",
           t->expected, t->different, t->open, t->not_modelled);
    if (t->not_run)
        printf(", %zu not run", t->not_run);
    putchar('\n');
}

static enum status write_json(const struct litmus *l, struct err *err)
{
    struct present_buffer buffer;
    struct litmus_report *reports = calloc(l->n, sizeof *reports);
    if (!reports)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    for (size_t i = 0; i < l->n; i++)
        reports[i] = report_of(&l->entries[i]);
    enum status status = present_buffer_open(&buffer, err);
    if (!status) {
        litmus_report_json(buffer.file, reports, l->n);
        status = present_buffer_close(&buffer, err);
    }
    if (!status)
        status = output_file_write(l->args.json, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    free(reports);
    return status;
}

static int exit_code(const struct tally *t)
{
    if (interrupt_signal())
        return interrupt_exit_code();
    if (t->different)
        return EXIT_VIOLATION;
    return t->open ? EXIT_INCOMPLETE : 0;
}

static void destroy(struct litmus *l)
{
    for (size_t i = 0; i < l->n; i++) {
        litmus_free(&l->entries[i].result);
        free(l->entries[i].path);
    }
    free(l->entries);
    config_destroy(l->effective);
    free(l);
}

int cmd_litmus(int argc, char **argv)
{
    struct err err = {0};
    struct litmus *l = calloc(1, sizeof *l);
    if (!l)
        return status_exit_code(STATUS_INTERNAL);
    l->options.stopped = stopped;
    enum status status = parse(l, argc, argv, &err);
    interrupt_catch();
    if (!status)
        status = load(l, &err);
    if (!status)
        status = run_all(l, &err);
    progress_end(&l->progress);
    struct tally tally = count(l);
    if (!status && !(l->args.json && strcmp(l->args.json, "-") == 0))
        print_tally(&tally);
    fflush(stdout);
    if (!status && l->args.json)
        status = write_json(l, &err);
    int code = status ? cmd_fail("litmus", &err) : exit_code(&tally);
    destroy(l);
    return code;
}
