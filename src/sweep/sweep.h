/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.h - runs the trials of a plan into a results file.
 *
 * Trials are done by forked workers and stored in the order of the plan, whatever the
 * number of workers; whether a point is precise enough is decided in that order too, so
 * equal sweeps give equal rows.  A file that holds a part already is gone on with.  A
 * worker that dies leaves a failed trial ('crashed'), and another takes its place.
 */
#ifndef SWEEP_SWEEP_H
#define SWEEP_SWEEP_H

#include "results/store.h"
#include "sim/engine.h"
#include "sweep/plan.h"

struct sweep_options {
    unsigned jobs;
    const struct engine_kind *engine;
    const char *engine_name;
    uint32_t shard,
        n_shards;        /* Points p with p mod n_shards == shard; n_shards 1: all. */
    const char *program; /* Version; part of what may not change. */
    const char *command; /* The command line, for the manifest. */
    bool accept_changed; /* Go on although the program is another one. */
    bool retry_failed;   /* Take failed trials out first. */
    bool (*stopped)(void *context);
    void (*progress)(void *context, uint64_t trials, uint64_t all, uint64_t violated,
                     uint64_t failed);
    void *context;
};

struct sweep_summary {
    uint64_t points, points_done, trials, trials_before, failed, violated;
    uint64_t retried; /* Failed trials that were taken out. */
};

/* Checks every point, before anything runs. */
enum status sweep_check(const struct sweep_plan *plan, struct err *err);

/* Writes the plan into a new file, or holds it against that of an old one. */
enum status sweep_begin(const struct sweep_plan *plan,
                        const struct sweep_options *options, struct results *results,
                        bool is_new, struct err *err);

/* Runs what is missing.  STATUS_OK also when 'stopped' ended it early. */
enum status sweep_run(const struct sweep_plan *plan,
                      const struct sweep_options *options, struct results *results,
                      struct sweep_summary *summary, struct err *err);

#define SWEEP_SAMPLES 3u

/* One trial that was run for an estimate. */
struct sweep_sample {
    uint64_t point;
    double setup_s, trial_s; /* Making the machine; the trial. */
    bool cut;                /* The time was up: 'trial_s' is too short. */
};

struct sweep_estimate {
    uint64_t points; /* Of the shard. */
    unsigned n;
    struct sweep_sample sample[SWEEP_SAMPLES];
    bool cut;       /* One of them was: it takes longer. */
    double seconds; /* All trials, on 'jobs' processors; without storing. */
};

/* Runs one trial each of the first, the middle and the last point of the shard, for at
 * most 'budget_s' seconds in all.  Nothing is stored. */
enum status sweep_estimate(const struct sweep_plan *plan,
                           const struct sweep_options *options, double budget_s,
                           struct sweep_estimate *estimate, struct err *err);

#endif
