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

#include "report/result.h"
#include "run/run.h"

/* The checker's verdict on a trial that is kept, with memory of its own. */
struct trials_kept {
    uint64_t trial;
    struct check_result check;
};

struct trials {
    struct run_result result; /* Sums; trials_run() fills all but 'guest'. */
    uint64_t n_violated_any;  /* Trials with any violation, under lock or not. */
    uint64_t n_ended[MACHINE_END_TRACE + 1]; /* By enum machine_end. */
    uint64_t first_bad;         /* First trial that did not end as "done". */
    char message[2000];         /* What that one said; "" if all were done. */
    struct machine_stats stats; /* Sums. */
    struct trials_kept *kept;   /* Trials with violations, and trial 0. */
    size_t n_kept;
    size_t n_violations; /* In all that is kept. */
};

/* One whole trial, for who keeps them apart. Valid during the call. */
struct trials_one {
    uint64_t trial;
    enum machine_end end;
    const char *message;             /* Of a trial that did not end as "done". */
    const struct run_result *result; /* Sums of this trial; its names are empty. */
    const struct check_result *check;
};

/* How the trials are run and watched. */
struct trials_options {
    unsigned jobs;
    /* Gets each trial, in order. May be null. */
    void (*each)(void *context, const struct trials_one *one);
    /* Asked now and then: true stops, and what was done so far is kept. */
    bool (*stopped)(void *context);
    /* After each trial, and now and then within one when there is one process:
     * trials done, and guest operations of the trial in progress. May be null. */
    void (*progress)(void *context, uint64_t trials, uint64_t ops);
    void *context;
};

/* Runs config.run.trials trials and adds them up in '*sum', which starts empty
 * (all zero).  At most check.max_violations violations are kept in all.
 * Errors: those of run_trial().  After an error '*sum' holds the trials before
 * it. */
enum status trials_run(struct run *run, const struct trials_options *options,
                       struct trials *sum, struct err *err);

/* The kept verdict to show: of the first trial with a violation under lock, or
 * with any, or of trial 0.  Null if nothing was kept. */
const struct trials_kept *trials_first(const struct trials *sum);

void trials_free(struct trials *sum);

#endif
