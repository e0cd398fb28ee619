/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.h - every order of a small guest's steps on a small machine.
 *
 * Breadth first over the states of machine/explorable.h, from the state in
 * which every thread stands at its MARK: any hardware thread may step, any
 * buffered store may become visible, any interrupt may arrive; on request any
 * translation may appear or vanish.  Breadth first, so the first violation
 * found has a shortest schedule.
 */
#ifndef EXPLORE_EXPLORE_H
#define EXPLORE_EXPLORE_H

#include "check/check.h"
#include "explore/monitor.h"
#include "machine/explorable.h"

enum explore_verdict {
    EXPLORE_PROVED,     /* Every reachable state was visited: no violation. */
    EXPLORE_VIOLATED,   /* A schedule leads to one. */
    EXPLORE_INCOMPLETE, /* A bound was reached first: no proof. */
};

struct explore_options {
    struct machine_freedom freedom;
    bool observe;        /* What loads return is part of a state: for tests. */
    uint32_t max_states; /* 0: no bound but memory. */
    size_t max_bytes;    /* Of memory for states. */
    /* Called now and then; may be null; returns false to stop. */
    bool (*progress)(void *context, uint32_t states, uint32_t queued, uint32_t depth);
    void *progress_context;
    /*
     * An interrupted search can go on.  What has been searched is written to
     * 'checkpoint' when the search stops early and every 'checkpoint_states'
     * states (0: never) in between; 'resume' names a file to go on from.  Either
     * may be null.  'key' says what is explored (configuration, trace, program,
     * options): a file with another one is refused.
     */
    const char *checkpoint, *resume, *key;
    uint32_t checkpoint_states;
};

/* One move of a schedule, with its words. */
struct explore_step {
    struct machine_move move;
    uint32_t tid; /* Thread on the CPU, or NO_THREAD. */
    struct machine_words words;
    uint64_t position; /* Of the CPU after it: machine_position(). */
    bool faults;       /* A page fault begins in it. */
};

struct explore_result {
    enum explore_verdict verdict;
    const char *why; /* INCOMPLETE: which bound. */
    uint32_t states; /* Visited. */
    uint64_t transitions;
    uint64_t matched;               /* Transitions to a state that was known. */
    uint32_t queued;                /* States whose moves were not all tried. */
    uint32_t depth;                 /* Moves of the longest shortest path. */
    size_t state_bytes;             /* Of one state, unpacked. */
    size_t memory_bytes;            /* Of all states, packed. */
    uint64_t by_kind[MOVE_N_KINDS]; /* Transitions per enum move_kind. */
    uint64_t n_rule[MONITOR_FULL];  /* See struct monitor_watch. */
    uint64_t n_steps[2][PROTOCOL_N_STEPS];
    uint32_t false_alarms; /* Of the monitor: data races of the guest. */
    uint32_t n_ends;       /* States in which every thread has done its part. */
    uint64_t ends;         /* Sum of hashes of those states: the set of outcomes. */
    uint32_t n_stuck;      /* States without a way on, threads not done. */
    struct explore_step *schedule; /* VIOLATED: a shortest one. */
    uint32_t n_schedule;
    const char *rule; /* VIOLATED: the checker's rule. */
    /*
     * INCOMPLETE: how far it may be.  States at each number of moves grow and then
     * shrink.  'growth' is the ratio of the last two whole layers; below 1 the
     * rest is a falling series, and 'estimate' is its sum with what was visited.  At
     * 1 or more nothing can be said but that there are more states than were seen.
     */
    double growth;
    uint64_t estimate; /* 0: none. */
};

/* Can it be explored at all?  STATUS_CONFIG and STATUS_TRACE say why not. */
enum status explore_check(const struct machine_config *config,
                          const struct trace *trace, struct err *err);

/* The pages that the threads use between their marks. */
#define EXPLORE_PAGES 8u
struct explore_pages {
    va_t va[EXPLORE_PAGES];
    uint32_t n;
};
enum status explore_find_pages(struct trace *trace, struct explore_pages *pages,
                               struct err *err);

/* Explores.  The result's memory is the caller's: explore_free().  Errors as
 * of explore_check() and machine_create(), and STATUS_TRACE if the threads never come
 * to a MARK. */
enum status explore_run(const struct machine_config *config, struct trace *trace,
                        const struct explore_options *options,
                        struct explore_result *result, struct err *err);
void explore_free(struct explore_result *result);

/*
 * Makes the moves of 'steps' on a fresh machine under the full checker, each
 * move EXPLORE_CYCLES after the one before, and hands the checker's result to
 * 'use' while it lives.  Fills in the words of the steps.
 */
#define EXPLORE_CYCLES 1000u
enum status explore_replay(const struct machine_config *config, struct trace *trace,
                           const struct machine_freedom *freedom,
                           struct explore_step *steps, uint32_t n_steps,
                           void (*use)(void *context, const struct check_result *check),
                           void *context, struct err *err);

/* Forecast from the sizes of the layers 0 .. n - 1, of which the last is not whole.
 * Pure. */
void explore_forecast(const uint64_t *layers, uint32_t n, double *growth,
                      uint64_t *estimate);

const char *explore_verdict_text(enum explore_verdict verdict);

#endif
