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
    int lock;    /* Of the writer; -1: a reader. */
    char *value; /* Last answer of results_manifest(). */
    sqlite3_stmt *put_run, *put_violation, *put_value;
};

/* Runs a statement without parameters; one with 'n' texts. */
enum status results_execute(struct results *results, const char *sql, struct err *err);
enum status results_put_texts(struct results *results, const char *sql,
                              const char *const *texts, int n, struct err *err);

#endif
