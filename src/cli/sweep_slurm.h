/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_slurm.h - sim sweep --engine slurm: its options, and what is said meanwhile.
 *
 * The options of the sweep are kept as words while they are parsed, for the command of
 * a shard: all but those that say where and how many (--out, --jobs, --engine slurm
 * ...).  So an option added to sim sweep reaches the shards by itself.
 */
#ifndef CLI_SWEEP_SLURM_H
#define CLI_SWEEP_SLURM_H

#include "cli/options.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "slurm/queue.h"
#include "slurm/slurm.h"
#include "sweep/sweep.h"

#define SWEEP_SLURM_WORDS 1024u

enum {
    SWEEP_SLURM_SHARDS = 900,
    SWEEP_SLURM_ARGS,
    SWEEP_SLURM_RESUBMIT,
    SWEEP_SLURM_NO_WAIT,
};

#define SWEEP_SLURM_ROWS                                                              \
    {"shards", SWEEP_SLURM_SHARDS, "N",                                               \
     "tasks of the job, with --engine slurm (default 16)"},                           \
        {"sbatch-args", SWEEP_SLURM_ARGS, "WORDS",                                    \
         "options for sbatch: partition, time, memory, --array=%N for N at once"},    \
        {"resubmit", SWEEP_SLURM_RESUBMIT, "K",                                       \
         "gives a shard up after K resubmissions without a new trial (3)"},           \
    {                                                                                 \
        "no-wait", SWEEP_SLURM_NO_WAIT, NULL, "submits and ends; again: takes shards" \
    }

/* All-zero before the first option. */
struct sweep_slurm {
    bool wanted;                             /* --engine slurm */
    bool complete;                           /* All points are in the results file. */
    const char *own_option, *foreign_option; /* Given, for check of both. */
    char *words[SWEEP_SLURM_WORDS + 2];      /* Program, "sweep", options. */
    uint32_t n_words;
    const char *guests[SWEEP_SLURM_WORDS + 1];
    char *arg_blocks[QUEUE_ARGS_MAX + 1]; /* Where words of --sbatch-args are. */
    const char *args[QUEUE_ARGS_MAX + 1];
    uint32_t n_args, n_blocks;
    uint32_t cpus;
    uint64_t n_shards, resubmit;
    bool has_shards, has_resubmit, no_wait;
    struct terminal terminal;
    struct progress progress;
};

/* Sees every option first.  True: it was for Slurm alone.  '*err' says what is wrong
 * with it. */
bool sweep_slurm_option(struct sweep_slurm *slurm, const struct option_row *rows,
                        int id, const char *arg, struct err *err);

/* Takes the operands (up to the null at the end of argv) and checks all options
 * against each other. STATUS_USAGE. */
enum status sweep_slurm_guests(struct sweep_slurm *slurm, char **guests,
                               struct err *err);

/* Runs the sweep, or says what it would submit ('dry').  Afterwards 'complete' says
 * whether the results file has everything; if not, the user was told how to go on. */
enum status sweep_slurm(struct sweep_slurm *slurm, const struct sweep_plan *plan,
                        const struct sweep_options *options,
                        const struct terminal *terminal, const char *out, bool dry,
                        struct err *err);

void sweep_slurm_free(struct sweep_slurm *slurm);

#endif
