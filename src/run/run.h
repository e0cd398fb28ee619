/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.h - a machine, a guest and a checker, wired for trials.
 *
 * The command line and the public API (include/shootdown.h) stand on this: it
 * knows which engines are built in, gives every trial its seed, and brings the
 * checker's verdict and the machine's outcome together.  It does not print and
 * does not know files.
 *
 *   run_create -> (listeners on run_obs) -> run_trial* -> run_destroy
 */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "check/check.h"
#include "check/tally.h"
#include "machine/machine.h"
#include "report/result.h"

/* The engine 'name'; null means the default. STATUS_USAGE lists the engines. */
enum status run_find_engine(const char *name, const struct engine_kind **engine,
                            struct err *err);

struct run;

/* 'config' is copied; 'trace' must outlive the run. */
struct run *run_create(const struct machine_config *config, struct trace *trace,
                       const struct engine_kind *engine, struct err *err);
void run_destroy(struct run *run);

/* All further trials follow 'schedule', which must live as long (null: none). */
void run_follow(struct run *run, const struct machine_schedule *schedule);

/* For more listeners (statistics, waveforms). */
struct obs_hub *run_obs(struct run *run);
const struct machine *run_machine(const struct run *run);
const struct machine_config *run_config(const struct run *run);

/* How a trial is watched while it runs. */
struct run_watch {
    bool (*progress)(void *context, uint64_t ops, cycle_t now); /* May be null. */
    void *context;
};

/* Runs trial number 'trial', from 0, from the pristine state: seed + trial. */
enum status run_trial(struct run *run, uint64_t trial, const struct run_watch *watch,
                      struct machine_outcome *outcome, struct err *err);

/* The seed of trial number 'trial'. */
uint64_t run_seed(const struct machine_config *config, uint64_t trial);

/* The checker's verdict on the last trial. Valid until the next one. */
const struct check_result *run_result(const struct run *run);

/* Fills the sums of the last trial, which was number 'trial', from the checker,
 * the statistics and the guest's expectations; what the machine counts itself
 * (hits, walks, ops, cycles) is left alone. */
void run_fill(struct run *run, uint64_t trial, struct run_result *one);

/* The checker and the statistics of the last trial. */
const struct check *run_check(const struct run *run);
struct tally *run_tally(struct run *run);

/* Names for reports: of the engine, and of the shootdown algorithm. */
const char *run_engine_name(const struct run *run);
const char *run_shootdown_name(const struct machine_config *config);

/* How a run ended, as result.json spells it ("done", "deadlock", ...), and the
 * status that the end means: STATUS_OK, STATUS_GUEST, STATUS_INTERRUPTED, ... */
const char *run_end_name(enum machine_end end);
enum status run_end_status(enum machine_end end);

#endif
