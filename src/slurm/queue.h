/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.h - sbatch and squeue: a job array is submitted and looked at.
 *
 * The array is found again by its name, which is unique to a results file, and not by
 * its number: so a job whose number was never written down (we were killed between
 * sbatch's answer and our note of it) is found too, several jobs are one question, and
 * a job that Slurm has forgotten is no error.
 *
 * Nothing here needs Slurm's accounting database.
 *
 * Errors: STATUS_CLUSTER with the words of Slurm and what to do.
 */
#ifndef SLURM_QUEUE_H
#define SLURM_QUEUE_H

#include "base/status.h"

#include <stdbool.h>

#define QUEUE_ARGS_MAX 100u

enum queue_state {
    QUEUE_ABSENT,  /* Never submitted, or forgotten since. */
    QUEUE_ENDED,   /* In whatever way: 'word' says which. */
    QUEUE_WAITING, /* Pending, requeued, held, suspended. */
    QUEUE_RUNNING,
};

struct queue_task {
    uint64_t job; /* The newest that has this index. */
    enum queue_state state;
    char word[20];   /* Slurm's: "COMPLETED", "TIMEOUT", "NODE_FAIL" ... */
    char reason[48]; /* Why it waits, in Slurm's words. */
};

/* Fills tasks 0 .. n - 1 with what the queue holds under 'name'.  'stopped' (may be
 * null) ends the question early: STATUS_INTERRUPTED. */
enum status queue_look(const char *name, struct queue_task *tasks, uint32_t n,
                       bool (*stopped)(void *context), void *context, struct err *err);

struct queue_job {
    const char *name;
    const char *script;          /* Path of the script. */
    const char *log;             /* Where tasks write; with Slurm's %a. */
    const char *indices;         /* "0-3,7"; with "%N" behind: at most N at once. */
    uint32_t largest;            /* Of 'indices'; for the message. */
    uint32_t cpus;               /* Of each task; 0: what Slurm gives. */
    const char *const *own_args; /* The user's: null behind QUEUE_ARGS_MAX at most. */
};

/* Submits it; '*id' is its number. */
enum status queue_submit(const struct queue_job *job, uint64_t *id, struct err *err);

#endif
