/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trials.c - trials through the pool. See trials.h.
 */
#include "run/trials.h"

#include "run/answer.h"
#include "run/pool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct work {
    struct run *run;
    const struct trials_options *options;
    struct trials *sum;
};

static bool stopped(void *context)
{
    const struct work *work = context;
    return work->options->stopped && work->options->stopped(work->options->context);
}

static void show(struct work *work, uint64_t ops)
{
    if (work->options->progress)
        work->options->progress(work->options->context, work->sum->result.trials, ops);
}

/* Inside a trial. In a forked worker nobody sees the progress. */
static bool go_on(void *context, uint64_t ops, cycle_t now)
{
    struct work *work = context;
    (void)now;
    if (work->options->jobs <= 1 || run_config(work->run)->run.trials == 1)
        show(work, ops);
    return !stopped(work);
}

static enum status perform(void *context, uint64_t trial, struct pool_answer *answer,
                           struct err *err)
{
    struct work *work = context;
    struct run_watch watch = {go_on, work};
    struct machine_outcome outcome;
    enum status status = run_trial(work->run, trial, &watch, &outcome, err);
    if (status)
        return err_prefix(err, "trial %llu", (unsigned long long)trial);
    return answer_pack(work->run, trial, &outcome, answer, err);
}

/* A trial that was stopped in the middle is kept only if it is the first one:
 * a half trial must not be counted among whole ones. */
static bool deliver(void *context, uint64_t trial, const void *bytes, size_t n)
{
    struct work *work = context;
    struct answer answer;
    answer_unpack(&answer, bytes, n);
    bool cut = answer.fixed.end == MACHINE_END_INTERRUPTED;
    const struct trials_one one = {trial, answer.fixed.end, answer.fixed.message,
                                   &answer.result, &answer.check};
    if (work->options->each && !cut)
        work->options->each(work->options->context, &one);
    if (!cut || trial == 0) {
        answer_add(work->sum, trial, &answer,
                   run_config(work->run)->check.max_violations);
    } else {
        run_result_clear(&answer.result);
        answer_free_check(&answer.check);
    }
    show(work, 0);
    return !cut && !stopped(work);
}

/* What ran, for the report. */
static void name_result(const struct run *run, struct run_result *result)
{
    const struct machine_config *config = run_config(run);
    snprintf(result->machine, sizeof result->machine, "%s", config->machine.name);
    snprintf(result->protocol, sizeof result->protocol, "%s", config->protocol.name);
    snprintf(result->shootdown, sizeof result->shootdown, "%s",
             run_shootdown_name(config));
    snprintf(result->engine, sizeof result->engine, "%s", run_engine_name(run));
    result->seed = config->run.seed;
    result->cores = machine_n_cpus(run_machine(run));
    result->core_mhz = config->machine.clock_ghz * 1000;
}

/* "done" if all trials were; else the first other end. */
static enum machine_end common_end(const struct trials *sum)
{
    for (enum machine_end end = MACHINE_END_DEADLOCK; end <= MACHINE_END_TRACE; end++)
        if (sum->n_ended[end])
            return end;
    return MACHINE_END_DONE;
}

enum status trials_run(struct run *run, const struct trials_options *options,
                       struct trials *sum, struct err *err)
{
    struct work work = {.run = run, .options = options, .sum = sum};
    const struct pool_work pool = {&work, perform, deliver, stopped};
    uint64_t n_delivered;
    name_result(run, &sum->result);
    enum status status =
        pool_run(&pool, run_config(run)->run.trials, options->jobs, &n_delivered, err);
    snprintf(sum->result.end, sizeof sum->result.end, "%s",
             run_end_name(common_end(sum)));
    return status;
}

const struct trials_kept *trials_first(const struct trials *sum)
{
    const struct trials_kept *any = NULL;
    for (size_t i = 0; i < sum->n_kept; i++) {
        const struct trials_kept *kept = &sum->kept[i];
        if (check_counts_under_lock(&kept->check.counts) && kept->check.n_violations)
            return kept;
        if (!any && kept->check.n_violations)
            any = kept;
    }
    return any || !sum->n_kept ? any : &sum->kept[0];
}

void trials_free(struct trials *sum)
{
    for (size_t i = 0; i < sum->n_kept; i++)
        answer_free_check(&sum->kept[i].check);
    free(sum->kept);
    run_result_clear(&sum->result);
}
