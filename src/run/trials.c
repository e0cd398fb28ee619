/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trials.c - trials through the pool. See trials.h.
 */
#include "run/trials.h"

#include "run/answer.h"
#include "run/pool.h"

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
        work->options->progress(work->options->context, work->sum->n, ops);
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
    const struct check_result *result = run_result(work->run);
    struct tally *tally = run_tally(work->run);
    struct answer_fixed fixed = {
        .seed = run_seed(run_config(work->run), trial),
        .end = outcome.end,
        .stats = outcome.stats,
        .counts = result->counts,
        .numbers = *tally_numbers(tally),
        .n_violations = result->n_violations,
    };
    memcpy(fixed.message, outcome.message, sizeof fixed.message);
    return answer_pack(&fixed, tally, result, answer, err);
}

/* A trial that was stopped in the middle is kept only if it is the first one:
 * a half trial must not be counted among whole ones. */
static bool deliver(void *context, uint64_t trial, const void *bytes, size_t n)
{
    struct work *work = context;
    struct answer_fixed fixed;
    memcpy(&fixed, bytes, sizeof fixed);
    bool cut = fixed.end == MACHINE_END_INTERRUPTED;
    if (!cut || trial == 0)
        answer_add(work->sum, trial, bytes, n,
                   run_config(work->run)->check.max_violations);
    show(work, 0);
    return !cut && !stopped(work);
}

enum status trials_run(struct run *run, const struct trials_options *options,
                       struct trials *sum, struct err *err)
{
    struct work work = {.run = run, .options = options, .sum = sum};
    const struct pool_work pool = {&work, perform, deliver, stopped};
    uint64_t n_delivered;
    return pool_run(&pool, run_config(run)->run.trials, options->jobs, &n_delivered,
                    err);
}

void trials_free(struct trials *sum)
{
    for (size_t i = 0; i < sum->n_kept; i++)
        free((void *)(uintptr_t)sum->kept[i].violation.witness);
    free(sum->kept);
    check_hist_free(&sum->latency);
    check_hist_free(&sum->exposure);
}
