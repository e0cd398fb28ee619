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

/* A new file in 'dir' (an old one is replaced: --force was given). 'trace' must live as
 * long. */
enum status run_store_open(struct run_store **store, const struct output_dir *dir,
                           struct trace *trace, int argc, char **argv, struct err *err);

/* What 'job' is about to run becomes point number 'point'; the job's trials go there.
 */
enum status run_store_point(struct run_store *store, struct job *job, uint64_t point,
                            struct err *err);

/* One trial of the job. */
enum status run_store_trial(struct run_store *store, const struct job *job,
                            const struct trials_one *one, struct err *err);

void run_store_close(struct run_store *store);

#endif
