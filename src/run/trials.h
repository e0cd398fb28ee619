/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trials.h - many trials of one run, added up.
 *
 * Every trial becomes one answer of plain bytes (numbers, distributions, kept
 * violations with their witnesses), made in whatever process ran it and added
 * here in the order of the trials.  So the sum, and which violations are kept,
 * cannot depend on the number of processes.  A single trial takes the same way.
 */
#ifndef RUN_TRIALS_H
#define RUN_TRIALS_H

#include "run/run.h"

/* A kept violation; 'violation.witness' points to memory of its own. */
struct trials_violation {
    uint64_t trial, seed;
    struct check_violation violation;
};

struct trials {
    uint64_t n;                              /* Trials that were done. */
    uint64_t n_violated;                     /* With a violation under lock. */
    uint64_t n_violated_any;                 /* With any violation. */
    uint64_t n_ended[MACHINE_END_TRACE + 1]; /* By enum machine_end. */
    uint64_t first_bad;         /* First trial that did not end as MACHINE_END_DONE. */
    char message[2000];         /* What that one said; "" if all were done. */
    struct machine_stats stats; /* Sums. */
    struct check_counts counts;
    struct tally_numbers numbers;
    struct check_hist latency, exposure;
    struct trials_violation *kept; /* At most check.max_violations. */
    size_t n_kept;
};

/* How the trials are run and watched. */
struct trials_options {
    unsigned jobs;
    /* Asked now and then: true stops, and what was done so far is kept. */
    bool (*stopped)(void *context);
    /* After each trial, and now and then within one when there is one process:
     * trials done, and guest operations of the trial in progress. May be null. */
    void (*progress)(void *context, uint64_t trials, uint64_t ops);
    void *context;
};

/* Runs config.run.trials trials and adds them up in '*sum', which starts empty
 * (all zero).  Errors: those of run_trial().  After an error '*sum' holds the
 * trials before it. */
enum status trials_run(struct run *run, const struct trials_options *options,
                       struct trials *sum, struct err *err);

void trials_free(struct trials *sum);

#endif
