/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_compare.c - sim compare: the same guest under several protocols.
 *
 * Every protocol runs the same trials with the same seeds.  --outdir gets a
 * folder per protocol with the files of a run, the table as compare.txt,
 * all results as one list in compare.json, and every trial in results.sqlite.
 */
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/present.h"
#include "cli/run_store.h"

#include <stdlib.h>
#include <string.h>

const struct option_row cmd_compare_options[] = {
    {"protocols", RUN_OPT_PROTOCOLS, "A,B,...",
     "protocols to compare, by name or file"},
    RUN_ROWS,
    OPTION_ROWS_COMMON,
};

struct comparison {
    const struct run_args *args;
    struct trace *trace;
    struct job *jobs;
    size_t n_done;
    struct output_dir dir;
    struct run_store *store; /* Null without --outdir. */
    int argc;
    char **argv;
};

/* A protocol's name as the name of a folder. */
static void folder_name(const struct job *job, char *name, size_t n)
{
    snprintf(name, n, "%s", job->config.protocol.name);
    for (char *c = name; *c; c++)
        if (*c == '/' || (c == name && *c == '.'))
            *c = '_';
}

static enum status keep_files(const struct comparison *c, const struct job *job,
                              struct err *err)
{
    char name[128];
    struct output_dir dir;
    folder_name(job, name, sizeof name);
    enum status status =
        output_dir_open_inside(&dir, &c->dir, name, c->args->force, err);
    if (!status)
        status = present_files(job, c->args, &dir, c->argc, c->argv, err);
    return status;
}

/* Two columns, or two folders, of one name would be taken for each other. */
static enum status check_name(const struct comparison *c, const struct job *job,
                              struct err *err)
{
    for (size_t i = 0; i < c->n_done; i++)
        if (strcmp(c->jobs[i].config.protocol.name, job->config.protocol.name) == 0)
            return err_set(err, STATUS_USAGE, "--protocols: two are called '%s'",
                           job->config.protocol.name);
    return STATUS_OK;
}

static enum status run_one(struct comparison *c, const char *protocol, struct err *err)
{
    struct job *job = &c->jobs[c->n_done];
    enum status status = job_prepare(job, c->args, c->trace, protocol, err);
    if (!status)
        status = check_name(c, job, err);
    if (!status && c->store)
        run_store_point(c->store, job, c->n_done);
    if (!status)
        status = job_perform(job, c->args, err);
    if (job->sum.result.trials)
        c->n_done++;
    job_release(job);
    present_end(job, "compare");
    if (!status && c->args->outdir)
        status = keep_files(c, job, err);
    if (c->n_done == 0 || job != &c->jobs[c->n_done - 1])
        job_free(job);
    return status;
}

enum format { FORMAT_TABLE, FORMAT_TABLE_COLOR, FORMAT_JSON };

/* Writes the comparison so far to 'path' ("-": stdout). */
static enum status write_comparison(const struct comparison *c, enum format format,
                                    const char *path, bool inside, struct err *err)
{
    const struct run_result *results[RUN_ARGS_MAX];
    struct present_buffer buffer;
    const struct check_names names = present_names(&c->jobs[0]);
    const struct report_context context = {
        .style = present_style(c->args, format != FORMAT_TABLE_COLOR),
        .names = &names,
    };
    for (size_t i = 0; i < c->n_done; i++)
        results[i] = &c->jobs[i].sum.result;
    enum status status = present_buffer_open(&buffer, err);
    if (!status && format == FORMAT_JSON)
        status = report_results_json(buffer.file, results, (uint32_t)c->n_done, err);
    else if (!status)
        status =
            report_compare(buffer.file, results, (uint32_t)c->n_done, &context, err);
    if (!status)
        status = present_buffer_close(&buffer, err);
    if (!status)
        status = inside ? output_dir_write(&c->dir, path, buffer.bytes, buffer.n, err)
                        : output_file_write(path, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

static enum status present(const struct comparison *c, struct err *err)
{
    const char *json = c->args->json;
    bool only_json = json && strcmp(json, "-") == 0;
    enum status status = STATUS_OK;
    if (!only_json)
        status = write_comparison(c, FORMAT_TABLE_COLOR, "-", false, err);
    fflush(stdout);
    if (!status && json)
        status = write_comparison(c, FORMAT_JSON, json, false, err);
    if (!status && c->args->outdir)
        status = write_comparison(c, FORMAT_TABLE, "compare.txt", true, err);
    if (!status && c->args->outdir)
        status = write_comparison(c, FORMAT_JSON, "compare.json", true, err);
    return status;
}

/* The worst of the exit codes: a guest that cannot go on before a violation. */
static int exit_code(const struct comparison *c)
{
    int worst = interrupt_signal() ? interrupt_exit_code() : 0;
    for (size_t i = 0; i < c->n_done; i++) {
        int code = job_exit_code(&c->jobs[i], c->args);
        worst = code > worst ? code : worst;
    }
    return worst;
}

static int compare(struct comparison *c)
{
    struct err err = {0}, later = {0};
    const struct run_args *args = c->args;
    enum status status = STATUS_OK;
    c->trace = trace_open(args->trace, args->allow_truncated, &err);
    c->jobs = calloc(args->n_protocols, sizeof *c->jobs);
    if (!c->trace)
        return cmd_fail("compare", &err);
    if (!c->jobs)
        return status_exit_code(STATUS_INTERNAL);
    if (args->outdir)
        c->store = run_store_open(&c->dir, c->trace, c->argc, c->argv);
    for (size_t i = 0; i < args->n_protocols && !status && !interrupt_signal(); i++)
        status = run_one(c, args->protocols[i], &err);
    int code = status ? cmd_fail("compare", &err) : exit_code(c);
    if (c->n_done && present(c, &later))
        code = cmd_fail("compare", &later);
    return code;
}

int cmd_compare(int argc, char **argv)
{
    struct err err = {0};
    struct run_args *args = calloc(1, sizeof *args);
    if (!args)
        return status_exit_code(STATUS_INTERNAL);
    struct comparison c = {.args = args, .argc = argc, .argv = argv};
    enum status status = run_args_parse(args, cmd_compare_options, argc, argv, &err);
    if (!status && !args->n_protocols)
        status = err_set(&err, STATUS_USAGE, "--protocols is missing: which ones?");
    if (!status && args->outdir)
        status = output_dir_open(&c.dir, args->outdir, args->force, &err);
    interrupt_catch();
    int code = status ? cmd_fail("compare", &err) : compare(&c);
    if (run_store_close(c.store, &err))
        code = cmd_fail("compare", &err);
    for (size_t i = 0; i < c.n_done; i++)
        job_free(&c.jobs[i]);
    free(c.jobs);
    trace_close(c.trace);
    output_dir_abandon(&c.dir);
    free(args);
    return code;
}
