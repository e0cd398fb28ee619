/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_run.c - sim run: one guest, one configuration, any number of trials.
 *
 * Whatever happens after the trials began, what was found so far is printed
 * and kept: an interrupted run, a damaged trace, a disk that filled up.
 */
#include "cli/cmd.h"
#include "cli/interrupt.h"
#include "cli/present.h"
#include "cli/run_store.h"

#include <stdlib.h>

const struct option_row cmd_run_options[] = {
    {"protocol", RUN_OPT_PROTOCOL, "NAME", "copy-on-write protocol: a name or a file"},
    RUN_ROWS,
    {"schedule", RUN_OPT_SCHEDULE, "FILE",
     "follows the moves of sim explore --replay, with time"},
    {"vcd", RUN_OPT_VCD, "FILE", "draws a waveform of one run"},
    {"vcd-window", RUN_OPT_VCD_WINDOW, "FIRST:LAST", "cycles that it shows"},
    {"vcd-page", RUN_OPT_VCD_PAGE, "ADDRESS", "page that it shows (default: found)"},
    OPTION_ROWS_COMMON,
};

/* --json: to stdout instead of the summary, or to a file beside it. */
static enum status write_json(const struct job *job, const char *path, struct err *err)
{
    struct present_buffer buffer;
    enum status status = present_buffer_open(&buffer, err);
    if (!status)
        status = report_result_json(buffer.file, &job->sum.result, err);
    if (!status)
        status = present_buffer_close(&buffer, err);
    if (!status)
        status = output_file_write(path, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

static enum status draw_wave(const struct job *job, const struct run_args *args,
                             struct err *err)
{
    const struct trials_kept *shown = trials_first(&job->sum);
    uint64_t va = args->vcd_page;
    uint32_t space = NO_SPACE;
    if (!va && shown && shown->check.n_violations) {
        va = shown->check.violations[0].va;
        space = shown->check.violations[0].space;
    }
    return wave_draw(job->wave, args->vcd, space, va, err);
}

/* All outputs; the first error wins, but every output is tried. */
static enum status present(const struct job *job, const struct run_args *args,
                           const struct output_dir *dir, int argc, char **argv,
                           struct err *err)
{
    struct err other = {0};
    enum status status = STATUS_OK;
    if (!args->json || args->json[0] != '-' || args->json[1])
        status = present_summary(job, stdout, present_style(args, false), err);
    fflush(stdout);
    if (args->outdir &&
        present_files(job, args, dir, argc, argv, status ? &other : err))
        status = status ? status : err->status;
    if (args->json && write_json(job, args->json, status ? &other : err))
        status = status ? status : err->status;
    if (job->wave && draw_wave(job, args, status ? &other : err))
        status = status ? status : err->status;
    return status;
}

/* From the trace to the exit code. */
static int run(const struct run_args *args, const struct output_dir *dir, int argc,
               char **argv)
{
    struct err err = {0}, later = {0};
    struct job job = {0};
    struct trace *trace = trace_open(args->trace, args->allow_truncated, &err);
    enum status status =
        trace ? job_prepare(&job, args, trace, args->protocol, &err) : err.status;
    int code = status ? cmd_fail("run", &err) : 0;
    struct run_store *store =
        !status && args->outdir ? run_store_open(dir, trace, argc, argv) : NULL;
    if (store)
        run_store_point(store, &job, 0);
    if (!status) {
        status = job_perform(&job, args, &err);
        code = status ? cmd_fail("run", &err) : job_exit_code(&job, args);
        present_end(&job, "run");
        if (job.sum.result.trials && present(&job, args, dir, argc, argv, &later))
            code = cmd_fail("run", &later);
    }
    if (run_store_close(store, &later))
        code = cmd_fail("run", &later);
    job_free(&job);
    trace_close(trace);
    return code;
}

int cmd_run(int argc, char **argv)
{
    struct err err = {0};
    struct output_dir dir = {.made = false};
    struct run_args *args = calloc(1, sizeof *args);
    if (!args)
        return status_exit_code(STATUS_INTERNAL);
    enum status status = run_args_parse(args, cmd_run_options, argc, argv, &err);
    if (!status && args->outdir)
        status = output_dir_open(&dir, args->outdir, args->force, &err);
    interrupt_catch();
    int code = status ? cmd_fail("run", &err) : run(args, &dir, argc, argv);
    output_dir_abandon(&dir);
    free(args);
    return code;
}
