/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shard.h - what one shard has left behind: its results file and its log.
 *
 * The file is asked only when no task writes it any more.  How far a running task is
 * stands in its log: SQLite must not share a file between machines.
 */
#ifndef SLURM_SHARD_H
#define SLURM_SHARD_H

#include "results/store.h"

/* The paths of shard 'i' in 'dir', from malloc. */
char *shard_file(const char *dir, uint32_t i);
char *shard_log(const char *dir, uint32_t i);

/* Copies the finished points of a shard's file into 'results'; '*n_trials' is how many
 * trials the file has.  A file that is not there yet, or empty, has none.
 * STATUS_CLUSTER: this one file cannot be used; else it is 'results'. */
enum status shard_take(struct results *results, const char *file, uint64_t *n_trials,
                       struct err *err);

/* How many trials the task says to have done since it began; 0 if it says nothing. */
uint64_t shard_progress(const char *log);

/* The last line of a log that is not empty, cut to 'room'. */
void shard_last_words(const char *log, char *words, size_t room);

#endif
