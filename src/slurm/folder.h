/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folder.h - RESULTS.slurm, the directory beside a results file.
 *
 *   job            text: plan, number of shards, name in the queue, jobs submitted
 *   job.sh         what a task runs
 *   shard-I.sqlite the results of shard I, shard-I.log what its tasks said
 *
 * It outlives the process that waits, so that the same command can go on.  It may be
 * deleted when no job runs: the results file has what was merged.
 */
#ifndef SLURM_FOLDER_H
#define SLURM_FOLDER_H

#include "base/status.h"

struct folder {
    char *path;        /* Absolute. */
    char *log_pattern; /* For sbatch --output: every % in the path doubled. */
    uint32_t n_shards;
    char name[64]; /* Of the job. */
};

/* The path of the directory of a results file, absolute, from malloc. */
char *folder_path(const char *results_path);

/* Finds the directory, or makes it for 'n_shards' shards; of one that is there, the
 * number stays.  'asked': 'n_shards' is the user's own word, and another number is an
 * error.  STATUS_STORE, STATUS_USAGE. */
enum status folder_open(struct folder *folder, const char *results_path,
                        const char *plan, uint32_t n_shards, bool asked,
                        struct err *err);
void folder_close(struct folder *folder);

/* Writes job.sh anew. */
enum status folder_put_script(const struct folder *folder, const char *text,
                              struct err *err);

/* Adds "job ID shards 0-3,7" to 'job': for people; we find jobs by their name. */
enum status folder_note_job(const struct folder *folder, uint64_t id,
                            const char *indices, struct err *err);

#endif
