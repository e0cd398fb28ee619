/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * script.c - job.sh is written. See script.h.
 *
 * N stands in the script as a number: SLURM_ARRAY_TASK_COUNT is the size of one
 * submission, and lost shards are submitted again without the others.
 */
#include "slurm/script.h"

#include <stdlib.h>
#include <string.h>

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                            "0123456789_-+=./,:@%";

void script_add_quoted(struct text *text, const char *word)
{
    if (*word && word[strspn(word, plain)] == '\0') {
        text_add(text, "%s", word);
        return;
    }
    text_add(text, "'");
    for (; *word; word++)
        if (*word == '\'')
            text_add(text, "'\\''");
        else
            text_add_bytes(text, word, 1);
    text_add(text, "'");
}

static void add_words(struct text *text, const char *const *words)
{
    for (; *words; words++) {
        text_add(text, " \\\n    ");
        script_add_quoted(text, *words);
    }
}

void script_write(const struct script *s, struct text *text)
{
    text_add(
        text,
        "#!/bin/sh\n"
        "# One shard of a sweep in %u shards: a task of a job array.  Written by\n"
        "# 'sim sweep --engine slurm', which submits it, and again for the shards\n"
        "# that got lost.  A shard goes on where its file stops, so it does no harm\n"
        "# to submit one by hand: sbatch --array=INDEX job.sh\n"
        "#\n"
        "#SBATCH --ntasks=1\n"
        "#SBATCH --requeue\n"
        "#SBATCH --open-mode=append\n"
        "set -u\n"
        "shard=${SLURM_ARRAY_TASK_ID:?is set by sbatch --array}\n"
        "cd -- ",
        s->n_shards);
    script_add_quoted(text, s->where);
    text_add(text, " || exit\nexec");
    if (s->command[0]) {
        text_add(text, " ");
        script_add_quoted(text, s->command[0]);
        add_words(text, s->command + 1);
    }
    text_add(text,
             " \\\n    --shard \"$shard/%u\" --jobs \"${SLURM_CPUS_ON_NODE:-1}\" "
             "--out ",
             s->n_shards);
    script_add_quoted(text, s->dir);
    text_add(text, "\"/shard-$shard.sqlite\" \\\n    --no-readers --progress plain --");
    add_words(text, s->guests);
    text_add(text, "\n");
}

/* ---- words --------------------------------------------------------------------------
 */

static const char blanks[] = " \t\n";

/* Copies one word from '*from' to '*to'. False: a quote is open. */
static bool copy_word(const char **from, char **to)
{
    char quote = '\0';
    for (; **from && (quote || !strchr(blanks, **from)); ++*from) {
        char c = **from;
        if (c == quote)
            quote = '\0';
        else if (!quote && (c == '\'' || c == '"'))
            quote = c;
        else
            *(*to)++ = c;
    }
    *(*to)++ = '\0';
    return !quote;
}

char *script_split(const char *option, const char *line, const char **words,
                   uint32_t *n, uint32_t n_max, struct err *err)
{
    char *block = malloc(strlen(line) + 2), *to = block;
    const char *from = line + strspn(line, blanks);
    err->status = STATUS_OK;
    if (!block)
        err_set(err, STATUS_LIMIT, "out of memory");
    while (block && *from && !err->status) {
        if (*n == n_max)
            err_set(err, STATUS_USAGE, "--%s: more than %u words", option, n_max);
        else
            words[(*n)++] = to;
        if (!err->status && !copy_word(&from, &to))
            err_set(err, STATUS_USAGE, "--%s: a quote is not closed in: %.300s", option,
                    line);
        from += strspn(from, blanks);
    }
    if (!err->status)
        return block;
    free(block);
    return NULL;
}
