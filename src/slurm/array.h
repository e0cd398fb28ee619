/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * array.h - a job array in progress, for the files of this folder.
 */
#ifndef SLURM_ARRAY_H
#define SLURM_ARRAY_H

#include "slurm/folder.h"
#include "slurm/queue.h"
#include "slurm/slurm.h"

struct shard {
    uint64_t n_open;   /* Points that the results file lacks. */
    uint64_t n_trials; /* In its own file, when it was looked at last. */
    uint32_t n_futile; /* Tasks in a row that ended without a new trial. */
    bool submitted;    /* It was in the queue since we look. */
    bool wanted;       /* To be submitted now. */
    bool lost;
};

struct array {
    const struct slurm_options *o;
    struct results *results;
    struct slurm_outcome *outcome;
    struct folder folder;
    struct shard *shards;
    struct queue_task *tasks;
    struct err trouble; /* The last file of a shard that could not be used. */
    uint64_t n_trials;
    double began, silent_since; /* Silent since: 0, Slurm answers. */
    bool has_script, greeted, told_of_hold;
};

/* Tells the user. */
void array_say(const struct array *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Is a task of shard 'i' in the queue, as it was seen last? */
bool array_in_queue(const struct array *a, uint32_t i);

/* Counts points and trials of the results file into 'outcome', and the open ones into
 * the shards. */
enum status array_count_points(struct array *a, struct err *err);
enum status array_count_open(struct array *a, struct err *err);

/* Takes the files of all shards that are not in the queue; those that still lack
 * points become 'wanted' or 'lost'. */
enum status array_collect(struct array *a, struct err *err);

/* Submits what is wanted, as far as one command line holds it. */
enum status array_submit(struct array *a, struct err *err);
bool array_wants(const struct array *a);

/* How many shards 'n_points' points get. Pure. */
uint32_t array_shards_for(const struct slurm_options *options, uint64_t n_points);

#endif
