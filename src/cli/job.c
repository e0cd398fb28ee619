/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job.c - loads, runs, keeps. See job.h.
 */
#include "cli/job.h"

#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/run_store.h"
#include "cli/schedule_file.h"

#include <inttypes.h>
#include <string.h>

static enum status load(struct job *job, const struct run_args *args,
                        const char *protocol, struct err *err)
{
    char configs[4096];
    const char *files[RUN_ARGS_MAX + 1] = {0}, *sets[RUN_ARGS_MAX + 1] = {0};
    memcpy(files, args->configs, args->n_configs * sizeof *files);
    memcpy(sets, args->sets, args->n_sets * sizeof *sets);
    const struct machine_config_sources sources = {
        .files = files,
        .sets = sets,
        .protocol = protocol,
        .config_dir = data_dir_configs(configs, sizeof configs) ? configs : NULL,
    };
    return machine_config_load(&sources, &job->config, &job->effective, err);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

enum status job_prepare(struct job *job, const struct run_args *args,
                        struct trace *trace, const char *protocol, struct err *err)
{
    *job = (struct job){.trace = trace};
    enum status status = run_find_engine(args->engine, &job->engine, err);
    if (!status)
        status = load(job, args, protocol, err);
    if (status)
        return status;
    snprintf(job->sum.result.guest, sizeof job->sum.result.guest, "%s",
             last_part(args->trace));
    if (args->schedule && job->config.run.trials > 1)
        return err_set(err, STATUS_USAGE, "--schedule is for one run, not many trials");
    if (args->vcd && job->config.run.trials > 1)
        return err_set(err, STATUS_USAGE, "--vcd draws one run, not many trials");
    job->run = run_create(&job->config, trace, job->engine, err);
    if (!job->run)
        return err->status;
    if (args->schedule) {
        if (schedule_file_read(args->schedule, trace, job->effective,
                               machine_n_cpus(run_machine(job->run)), &job->schedule,
                               err))
            return err->status;
        run_follow(job->run, &job->schedule);
    }
    if (!args->vcd)
        return STATUS_OK;
    job->wave = wave_create(run_obs(job->run), machine_n_cpus(run_machine(job->run)),
                            args->vcd_from, args->vcd_to, err);
    return job->wave ? STATUS_OK : err->status;
}

struct view {
    struct job *job;
    struct progress progress;
};

static bool stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

static void show(void *context, uint64_t trials, uint64_t ops)
{
    struct view *view = context;
    const struct job *job = view->job;
    char note[80] = "";
    if (job->config.run.trials == 1) {
        progress_update(&view->progress, ops, trace_n_ops(job->trace), NULL);
        return;
    }
    snprintf(note, sizeof note, "%" PRIu64 " violated", job->sum.n_violated_any);
    progress_update(&view->progress, trials, job->config.run.trials, note);
}

static void keep_trial(void *context, const struct trials_one *one)
{
    const struct view *view = context;
    run_store_trial(view->job->store, view->job, one);
}

/* -v: what is about to run. */
static void tell(const struct job *job, const struct run_args *args)
{
    if (!args->terminal.verbose)
        return;
    fprintf(stderr,
            "guest: %s, %" PRIu32 " threads, %" PRIu64 " operations\n"
            "machine: %s, %" PRIu32 " hardware threads, look-ahead %" PRIu64 " cycles\n"
            "protocol: %s; engine: %s; seed %" PRIu64 ", %" PRIu32 " trials\n",
            job->sum.result.guest, trace_n_streams(job->trace), trace_n_ops(job->trace),
            job->config.machine.name, machine_n_cpus(run_machine(job->run)),
            machine_lookahead(run_machine(job->run)), job->config.protocol.name,
            job->engine->name, job->config.run.seed, job->config.run.trials);
}

/* -v: what it cost the host. */
static void tell_cost(const struct job *job, const struct run_args *args)
{
    const struct run_result *result = &job->sum.result;
    if (args->terminal.verbose && result->host_seconds > 0)
        fprintf(stderr, "%.2f s on the host, %.2f million operations a second\n",
                result->host_seconds, (double)result->ops / result->host_seconds / 1e6);
}

enum status job_perform(struct job *job, const struct run_args *args, struct err *err)
{
    struct view view = {.job = job};
    const struct trials_options options = {
        .jobs = (unsigned)args->jobs,
        .stopped = stopped,
        .progress = show,
        .each = job->store ? keep_trial : NULL,
        .context = &view,
    };
    tell(job, args);
    progress_begin(&view.progress, &args->terminal,
                   job->config.run.trials == 1 ? "operations" : "trials");
    enum status status = trials_run(job->run, &options, &job->sum, err);
    progress_end(&view.progress);
    job->sum.result.host_seconds = progress_seconds(&view.progress);
    tell_cost(job, args);
    return status;
}

void job_release(struct job *job)
{
    wave_destroy(job->wave);
    run_destroy(job->run);
    job->wave = NULL;
    job->run = NULL;
}

void job_free(struct job *job)
{
    job_release(job);
    trials_free(&job->sum);
    schedule_file_free(&job->schedule);
    config_destroy(job->effective);
    *job = (struct job){0};
}

int job_exit_code(const struct job *job, const struct run_args *args)
{
    const uint64_t *ended = job->sum.n_ended;
    if (interrupt_signal())
        return interrupt_exit_code();
    if (ended[MACHINE_END_TRACE])
        return status_exit_code(STATUS_TRACE);
    if (ended[MACHINE_END_DEADLOCK] || ended[MACHINE_END_SEGV])
        return status_exit_code(STATUS_GUEST);
    bool found = job->sum.n_violated_any || !run_result_as_expected(&job->sum.result);
    if (found && !args->exit_zero)
        return EXIT_VIOLATION;
    return 0;
}
