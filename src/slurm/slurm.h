/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slurm.h - a sweep as a job array of Slurm: one task per shard, never one per point.
 *
 * What is done is told by the results files alone, and what goes on by the queue alone;
 * no state is kept in between.  So the process that waits may be killed at any moment,
 * and the next one finds the job by its name and goes on.
 *
 *   open, in the queue       --its task ends-->             taken, then one of these
 *   open, not in the queue   --no point of it is open-->    done
 *                            --first time, or got on-->     submitted
 *                            --K times without a trial-->   lost
 *
 * Not here: options, messages to the user (src/cli/sweep_slurm.c).
 */
#ifndef SLURM_SLURM_H
#define SLURM_SLURM_H

#include "config/text.h"
#include "results/store.h"

#define SLURM_SHARDS_MAX 100000u

struct slurm_progress {
    uint64_t points, points_done, trials; /* Trials: stored and told of in logs. */
    uint32_t running, waiting;            /* Shards. */
    const char *reason;                   /* Why one of them waits, or "". */
};

struct slurm_options {
    const char *results_path;
    const char *const *command; /* See script.h. */
    const char *const *guests;
    const char *const *sbatch_args; /* At most QUEUE_ARGS_MAX, null-terminated. */
    const char *throttle;           /* "%8": at most 8 tasks at once; or "". */
    uint32_t n_shards;              /* At most one per point is made. */
    bool n_shards_asked;            /* It is the user's number, not a default. */
    uint32_t cpus;                  /* Per task; 0: what Slurm gives. */
    uint32_t resubmit;              /* Times in a row without a new trial. */
    bool wait;
    bool (*stopped)(void *context);
    void (*say)(void *context, const char *sentence);
    void (*progress)(void *context, const struct slurm_progress *progress);
    void *context;
};

struct slurm_outcome {
    bool complete;     /* All points are in the results file. */
    uint32_t in_queue; /* Shards that are. */
    char name[64];     /* Of the job. */
    uint64_t points, points_done;
};

/* Submits what is missing in 'results' (which holds the plan) and is not in the queue,
 * and unless 'wait' is false waits, takes shards as they end and submits lost ones
 * again.  STATUS_OK also when it was stopped, or did not wait.  STATUS_CLUSTER: Slurm
 * cannot be used or has lost shards; STATUS_STORE; STATUS_USAGE.  '*outcome' is right
 * in any case. */
enum status slurm_sweep(const struct slurm_options *options, struct results *results,
                        struct slurm_outcome *outcome, struct err *err);

/* Adds the job.sh that a sweep of 'n_points' points would submit. */
enum status slurm_script(const struct slurm_options *options, uint64_t n_points,
                         struct text *text, struct err *err);

#endif
