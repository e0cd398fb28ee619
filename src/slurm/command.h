/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - runs another program and takes what it says.
 *
 * No shell comes in between: words reach the program as they are.  The program has a
 * process group of its own, so that a ^C meant for us does not end sbatch between
 * taking a job and telling its number.
 */
#ifndef SLURM_COMMAND_H
#define SLURM_COMMAND_H

#include "base/status.h"
#include "config/text.h"

#include <stdbool.h>

struct command {
    const char *const *argv; /* Null-terminated; argv[0] is looked up on PATH. */
    unsigned timeout_seconds;
    bool (*stopped)(void *context); /* Give up early? Null: never. */
    void *context;
};

/* What came of it.  An all-zero struct is empty; command_answer_free() empties it. */
struct command_answer {
    int exit_code; /* 128 + n: ended by signal n. */
    struct text out;
    char said[400]; /* stderr on one line, cut. */
};

/* Runs it to its end; every exit code is STATUS_OK.  STATUS_CLUSTER: it is not there
 * or does not end in time; STATUS_INTERRUPTED: 'stopped'.  Then it was killed. */
enum status command_run(const struct command *command, struct command_answer *answer,
                        struct err *err);
void command_answer_free(struct command_answer *answer);

#endif
