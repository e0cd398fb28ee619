/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_store.h - the trials of sim run and sim compare as a results file.
 *
 * DIR/results.sqlite has the tables of a sweep (src/results/schema.c): a point per
 * protocol, a row per trial.  sim report and sim export read nothing else, so a run, a
 * comparison and a sweep look the same to them.
 */
#ifndef CLI_RUN_STORE_H
#define CLI_RUN_STORE_H

#include "base/output_dir.h"
#include "cli/job.h"

struct run_store;

/* What is wrong with the file (a full disk) must not cost the run: it is remembered, no
 * more is stored, and run_store_close() says it. */

/* A new file in 'dir' (an old one is replaced: --force was given). 'trace' must live as
 * long. Null: out of memory. */
struct run_store *run_store_open(const struct output_dir *dir, struct trace *trace,
                                 int argc, char **argv);

/* What 'job' is about to run becomes point number 'point'; the job's trials go there.
 */
void run_store_point(struct run_store *store, struct job *job, uint64_t point);

/* One trial of the job. */
void run_store_trial(struct run_store *store, const struct job *job,
                     const struct trials_one *one);

/* Ends the file. STATUS_STORE if not everything is in it. 'store' may be null. */
enum status run_store_close(struct run_store *store, struct err *err);

#endif
