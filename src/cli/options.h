/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.h - one table of options drives parsing, --help and completion.
 *
 * An option is a row.  Its 'id' is what options_next() answers; the letter
 * serves as id where there is one.  Options and operands may be mixed, "--"
 * ends the options, and "-" alone is an operand.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "base/status.h"

#include <stdio.h>

struct option_row {
    const char *name; /* Without "--". Null ends a table. */
    int id;           /* A letter, or a number from 256 on: no short form. */
    const char *arg;  /* "FILE"; "[FILE]" if it may be left out; null: none. */
    const char *help; /* One sentence without full stop. */
};

/* What every command with a table understands, as rows of its table. */
enum { OPT_COLOR = 256, OPT_PROGRESS, OPT_FIRST_OWN };

#define OPTION_ROWS_COMMON                                                       \
    {"color", OPT_COLOR, "WHEN", "colours: auto, always or never"},              \
        {"progress", OPT_PROGRESS, "HOW", "progress: auto, bar, plain or none"}, \
        {"quiet", 'q', NULL, "print errors only on stderr"},                     \
        {"verbose", 'v', NULL, "print more detail on stderr; may be repeated"},  \
        {"help", 'h', NULL, "print this help and exit"},                         \
    {                                                                            \
        NULL, 0, NULL, NULL                                                      \
    }

enum { OPTIONS_END = -1, OPTIONS_WRONG = -2 };

#define OPTIONS_MAX 64u

/* A parse in progress. Fill with options_begin(). */
struct options {
    const struct option_row *rows;
    int argc;
    char **argv;
    char *arg;   /* Argument of the option that options_next() answered. */
    int operand; /* After OPTIONS_END: index in argv of the first operand. */
};

/* Starts to parse argv[1..]. Reorders argv: operands move to the end. */
void options_begin(struct options *options, const struct option_row *rows, int argc,
                   char **argv);

/* The id of the next option, OPTIONS_END, or OPTIONS_WRONG with '*err' set. */
int options_next(struct options *options, struct err *err);

const struct option_row *options_find(const struct option_row *rows, const char *name);

/* The lines of --help, and the words of completion, for one table. */
void options_help(const struct option_row *rows, FILE *out);
void options_words(const struct option_row *rows, FILE *out);

/* Numbers in arguments; 'option' is for the message. STATUS_USAGE. */
enum status options_u64(const char *option, const char *text, uint64_t min,
                        uint64_t max, uint64_t *out, struct err *err);

/* Which of the null-terminated 'words' the argument is. STATUS_USAGE. */
enum status options_choice(const char *option, const char *text,
                           const char *const *words, uint32_t *out, struct err *err);

#endif
