/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine.h - a simulated machine: create, run, reset.
 *
 * A machine is created once from a configuration and a trace and then runs
 * any number of trials, each from the pristine state with a seed of its own.
 * Everything that a run shows comes out as observation records (sim/obs.h) to
 * the listeners, and as counters of the parts (struct machine_stats).
 *
 *   machine_create -> machine_listen* -> (machine_run)* -> machine_destroy
 */
#ifndef MACHINE_MACHINE_H
#define MACHINE_MACHINE_H

#include "machine/machine_config.h"
#include "sim/engine.h"
#include "sim/obs.h"
#include "trace/trace.h"

struct machine;

/* Creates a machine. 'config' is copied; 'trace' must outlive the machine.
 * 'engine' drives it. Errors: STATUS_CONFIG (more pinned CPUs than there are),
 * STATUS_NOT_MODELLED, STATUS_LIMIT, STATUS_TRACE. */
struct machine *machine_create(const struct machine_config *config, struct trace *trace,
                               const struct engine_kind *engine, struct err *err);
void machine_destroy(struct machine *machine);

struct obs_hub *machine_obs(struct machine *machine);

/* How a run ended. */
enum machine_end {
    MACHINE_END_DONE,        /* All threads ended. */
    MACHINE_END_DEADLOCK,    /* Threads wait for each other: see 'message'. */
    MACHINE_END_SEGV,        /* A guest fault, with on_segv = stop. */
    MACHINE_END_LIMIT,       /* 'until' was reached, or a limit (see message). */
    MACHINE_END_INTERRUPTED, /* machine_interrupt() was called. */
    MACHINE_END_TRACE,       /* The trace turned out damaged. */
};

struct machine_schedule; /* scheduled.h */
struct machine_journal;

struct machine_run_options {
    uint64_t seed;
    cycle_t until; /* Stop at this cycle; 0: no limit. */
    /* Called now and then (about every 2^16 engine events), for progress; may
     * be null. Returns false to interrupt the run. */
    bool (*progress)(void *context, uint64_t ops, cycle_t now);
    void *progress_context;
    /* The run follows it and stops behind its last move; null: time decides.  A
     * schedule that cannot be followed is STATUS_TRACE. */
    const struct machine_schedule *schedule;
    /* Told of every move (scheduled.h); may be null. */
    const struct machine_journal *journal;
};

struct machine_stats {
    uint64_t ops;    /* Guest operations completed. */
    cycle_t cycles;  /* End of the run. */
    uint64_t events; /* Times a unit was run. */
    uint64_t l1d_hits, l1d_misses, l1i_hits, l1i_misses;
    uint64_t l2d_hits, l2d_misses, l2i_hits, l2i_misses;
    uint64_t walks, walk_cycles;
    uint64_t line_l1_hits, line_l2_hits, line_l3, line_core, line_dram;
    uint64_t segvs;
    uint64_t frames_used; /* Frames in use at the end. */
};

struct machine_outcome {
    enum machine_end end;
    char message[2000]; /* Who waits for what; where the fault was. */
    struct machine_stats stats;
};

/* Resets the machine and runs the whole guest once.  An end such as a
 * deadlock is an outcome, not an error.  Errors: STATUS_TRACE, STATUS_LIMIT. */
enum status machine_run(struct machine *machine,
                        const struct machine_run_options *options,
                        struct machine_outcome *outcome, struct err *err);

/* The look-ahead L that the configuration allows, in cycles. */
cycle_t machine_lookahead(const struct machine *machine);

uint32_t machine_n_cpus(const struct machine *machine);

/* Checks the invariants of all parts; for tests, between two runs. */
void machine_assert(const struct machine *machine);

#endif
