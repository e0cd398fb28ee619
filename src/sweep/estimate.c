/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * estimate.c - how long a sweep will take, from a trial of a few points. See sweep.h.
 */
#include "run/run.h"
#include "sweep/sweep.h"

#include <time.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

struct limit {
    const struct sweep_options *options;
    double until;
};

static bool within(void *context, uint64_t ops, cycle_t cycle)
{
    const struct limit *limit = context;
    const struct sweep_options *o = limit->options;
    (void)ops, (void)cycle;
    return now() < limit->until && !(o->stopped && o->stopped(o->context));
}

/* One trial of a point. */
static enum status measure(const struct sweep_plan *plan,
                           const struct sweep_options *options, double budget,
                           struct sweep_sample *sample, struct err *err)
{
    struct machine_config config;
    struct machine_outcome outcome;
    double began = now();
    struct limit limit = {options, began + budget};
    const struct run_watch watch = {within, &limit};
    if (sweep_config(plan, sample->point, &config, NULL, err))
        return err->status;
    struct trace *trace = plan->traces[sweep_place_of(plan, sample->point).trace];
    struct run *run = run_create(&config, trace, options->engine, err);
    if (!run)
        return err_prefix(err, "point %llu", (unsigned long long)sample->point);
    double created = now();
    enum status status = run_trial(run, 0, &watch, &outcome, err);
    sample->setup_s = created - began;
    sample->trial_s = now() - created;
    sample->cut = !status && outcome.end == MACHINE_END_INTERRUPTED;
    run_destroy(run);
    return status;
}

enum status sweep_estimate(const struct sweep_plan *plan,
                           const struct sweep_options *options, double budget_s,
                           struct sweep_estimate *estimate, struct err *err)
{
    uint64_t n, points;
    *estimate = (struct sweep_estimate){.n = 0};
    if (sweep_count(plan, &n, err))
        return err->status;
    points = (n + options->n_shards - 1 - options->shard) / options->n_shards;
    estimate->points = points;
    if (points == 0)
        return STATUS_OK;
    const uint64_t at[SWEEP_SAMPLES] = {0, (points - 1) / 2, points - 1};
    double setup = 0, trial = 0;
    for (unsigned i = 0; i < SWEEP_SAMPLES; i++) {
        if (i > 0 && at[i] == at[i - 1])
            continue;
        struct sweep_sample *s = &estimate->sample[estimate->n];
        s->point = options->shard + at[i] * options->n_shards;
        if (measure(plan, options, budget_s / SWEEP_SAMPLES, s, err))
            return err->status;
        estimate->n++;
        estimate->cut |= s->cut;
        setup += s->setup_s;
        trial += s->trial_s;
    }
    /* Every worker makes the machine of every point; they share its trials. */
    double trials = (double)points * plan->trials;
    estimate->seconds =
        (setup * (double)points + trial * trials / options->jobs) / estimate->n;
    return STATUS_OK;
}
