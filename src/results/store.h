/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.h - a results file: written by a sweep, read by everybody.
 *
 * One SQLite file with the tables of schema.h.  A trial is one transaction: its row,
 * its violations, its share of the distributions (one row of 'pending', which is added
 * to the sums when its point ends); what is killed loses no more than the trial in
 * hand.  One process writes at a time (a lock that dies with it); others may read
 * meanwhile.
 *
 * Errors: STATUS_STORE with the file's name and what to do.
 */
#ifndef RESULTS_STORE_H
#define RESULTS_STORE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct results;

/* Opens 'path' for writing, and creates it if it is not there ('*is_new').  A file of
 * another kind or version, and one that somebody else writes, is refused and left as
 * it was. */
struct results *results_open(const char *path, bool *is_new, struct err *err);

/* As results_open(), and nobody may read meanwhile: for a file system that machines
 * share (NFS, Lustre), where SQLite's way to let others read does not work. */
struct results *results_open_alone(const char *path, bool *is_new, struct err *err);

/* Opens an existing file for reading. */
struct results *results_open_read(const char *path, struct err *err);
void results_close(struct results *results);

/* The handle, for SELECTs. */
struct sqlite3 *results_db(struct results *results);

/* Several calls as one transaction. */
enum status results_begin(struct results *results, struct err *err);
enum status results_commit(struct results *results, struct err *err);

/* The value of a manifest key, or null; it lives until the next call. */
const char *results_manifest(struct results *results, const char *key);
enum status results_put_manifest(struct results *results, const char *key,
                                 const char *value, struct err *err);

struct results_trace {
    uint64_t id, threads, operations;
    const char *file, *xxh3;
};
enum status results_put_trace(struct results *results,
                              const struct results_trace *trace, struct err *err);

struct results_param {
    const char *key, *value, *unit;
    bool is_number;
    double number;
};

struct results_point {
    uint64_t id, trace_id, cores, first_seed, trials_planned;
    double core_mhz;
    const char *xxh3, *machine, *protocol, *shootdown, *engine, *params_json,
        *config_xxh3;
    const struct results_param *params;
    uint32_t n_params;
};
/* STATUS_USAGE: a point with this hash is there. */
enum status results_put_point(struct results *results,
                              const struct results_point *point, struct err *err);

/* Rows that one trial can have: what the ids have room for. */
#define RESULTS_VIOLATIONS_MAX (1u << 14)

struct results_violation {
    const char *rule, *va, *symbol, *lock, *sentence;
    const char *witness; /* JSON, or null. */
    bool under_lock, has_age, has_stale_age;
    uint64_t at_cycle, cpu, thread, frame, current_frame, tlb_age, stale_age;
};

/* In the order of the columns of table 'run' behind 'message'. */
enum results_count {
    RESULTS_VIOLATIONS,
    RESULTS_UNDER_LOCK,
    RESULTS_STALE,
    RESULTS_TORN,
    RESULTS_LOST,
    RESULTS_MUTEX,
    RESULTS_REUSE,
    RESULTS_HARMLESS,
    RESULTS_UNORDERED,
    RESULTS_RACES,
    RESULTS_FAULTS,
    RESULTS_COW_COPY,
    RESULTS_UPGRADE,
    RESULTS_SPURIOUS,
    RESULTS_NOT_PRESENT,
    RESULTS_RETRY,
    RESULTS_SLEEPS,
    RESULTS_SHOOTDOWNS,
    RESULTS_IPIS,
    RESULTS_SKIPPED,
    RESULTS_EXPOSURES,
    RESULTS_EXPOSURES_OPEN,
    RESULTS_L1D_HITS,
    RESULTS_L1D_MISSES,
    RESULTS_WALKS,
    RESULTS_WALK_CYCLES,
    RESULTS_OPERATIONS,
    RESULTS_CYCLES,
    RESULTS_N_COUNTS
};

/* Values of one distribution, in any order. */
struct results_values {
    const char *name;
    const uint64_t *values;
    uint32_t n;
};

struct results_trial {
    uint64_t point, trial, seed;
    bool failed;
    const char *end, *message;
    uint64_t counts[RESULTS_N_COUNTS];
    const struct results_violation *violations;
    uint32_t n_violations;
    struct results_values distributions[3];
};

/* Puts a trial in, with everything of it, or nothing.  Values of a failed one are left
 * out: its point's distributions, like its rate, are of runs that ended well.  Its ids
 * come from the point and the trial, so equal sweeps hold equal rows. */
enum status results_put_trial(struct results *results,
                              const struct results_trial *trial, struct err *err);

/* What is there of a point: how many trials, how many of them failed, how many of the
 * others were violated under lock, violations with a witness, and the first trial
 * behind all that are there.  It is 'n', unless trials were taken out. */
struct results_progress {
    uint64_t n, failed, violated, witnesses, next;
};
enum status results_look(struct results *results, uint64_t point,
                         struct results_progress *progress, struct err *err);

/* Calls 'take' for each trial below 'next' that is not there, in order. */
enum status results_missing(struct results *results, uint64_t point, uint64_t next,
                            void (*take)(void *context, uint64_t trial), void *context,
                            struct err *err);

/* Takes failed trials out, to be run again, and opens their points.  'whole': takes out
 * all trials of such points, because how many there are was decided with the failed
 * ones.
 * '*n': how many failed. */
enum status results_forget_failed(struct results *results, bool whole, uint64_t *n,
                                  struct err *err);

/* The point is done, and of its witnesses the first 'max_witnesses' are kept.  'why':
 * "trials" or "precision". */
enum status results_end_point(struct results *results, uint64_t point, const char *why,
                              uint32_t max_witnesses, struct err *err);

/* The value under which 'cycles' is counted: itself below 4096, then the upper end of
 * its bucket of 1/64. Pure. */
uint64_t results_bucket(uint64_t cycles);

/* Copies all that 'shard' (an open results file) holds of the plan into 'results',
 * which has the same plan.  What is there already is left alone. */
enum status results_merge(struct results *results, const char *shard, struct err *err);

#endif
