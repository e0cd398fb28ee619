/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script.h - the text of job.sh, which a task of the array runs, and words in shells.
 */
#ifndef SLURM_SCRIPT_H
#define SLURM_SCRIPT_H

#include "base/status.h"
#include "config/text.h"

struct script {
    const char *where;          /* Working directory of the sweep, absolute. */
    const char *dir;            /* Of shards, logs and this script, absolute. */
    const char *const *command; /* The program and what all shards have in common. */
    const char *const *guests;  /* Operands. Both lists end with null. */
    uint32_t n_shards;
};

/* Adds the script to 'text'. */
void script_write(const struct script *script, struct text *text);

/* Adds 'word' so that a shell takes it for one word, whatever is in it. */
void script_add_quoted(struct text *text, const char *word);

/* Cuts "-p long --comment='a b'" into words as a shell would, without expanding
 * anything, behind the '*n' that are there.  They are kept in one block, which the
 * caller frees; null when STATUS_USAGE says what is wrong. */
char *script_split(const char *option, const char *line, const char **words,
                   uint32_t *n, uint32_t n_max, struct err *err);

#endif
