/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * internal.h - an open results file, for the files of this folder.
 */
#ifndef RESULTS_INTERNAL_H
#define RESULTS_INTERNAL_H

#include "results/store.h"

#include <sqlite3.h>

struct results {
    sqlite3 *db;
    char *path;
    int lock; /* Of the writer, on FILE.lock; -1: a reader. */
    char lock_path[4100];
    char *value; /* Last answer of results_manifest(). */
    sqlite3_stmt *put_run, *put_violation, *put_pending, *put_sum;
    uint64_t n_pending; /* Values that this process put into 'pending'. */
};

/* STATUS_STORE with SQLite's words. */
enum status results_fail(const struct results *results, struct err *err);

/* Prepares a statement; the caller finalizes it. */
enum status results_prepare(struct results *results, const char *sql, sqlite3_stmt **s,
                            struct err *err);

/* The statements of results_put_trial(); results_close() finalizes them. */
enum status results_prepare_rows(struct results *results, struct err *err);

/* The same for distributions; see distribution.c. */
enum status results_prepare_distributions(struct results *r, struct err *err);

/* Puts the values of a trial into 'pending'; adds all of a point to its sums. Within a
 * transaction of the caller's. */
enum status results_put_values(struct results *r, uint64_t run_id,
                               const struct results_trial *trial, struct err *err);
enum status results_fold(struct results *r, uint64_t point, struct err *err);

/* Runs a statement without parameters; one with 'n' texts. */
enum status results_execute(struct results *results, const char *sql, struct err *err);
enum status results_put_texts(struct results *results, const char *sql,
                              const char *const *texts, int n, struct err *err);

#endif
