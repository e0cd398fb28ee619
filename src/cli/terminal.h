/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.h - what the terminal can do, and who wants what on it.
 *
 * Colour is off when NO_COLOR is set and not empty, when TERM is "dumb" and
 * when the stream is no terminal; --color=always and never win over all that.
 */
#ifndef CLI_TERMINAL_H
#define CLI_TERMINAL_H

#include "base/status.h"

#include <stdio.h>

enum terminal_color {
    TERMINAL_COLOR_AUTO,
    TERMINAL_COLOR_ALWAYS,
    TERMINAL_COLOR_NEVER
};
enum terminal_progress {
    TERMINAL_PROGRESS_AUTO, /* A bar on a terminal, else plain lines. */
    TERMINAL_PROGRESS_BAR,
    TERMINAL_PROGRESS_PLAIN,
    TERMINAL_PROGRESS_NONE,
};

/* As written after --color and --progress, in the order of the enums. */
extern const char *const terminal_color_words[];
extern const char *const terminal_progress_words[];

struct terminal {
    uint32_t color;    /* enum terminal_color */
    uint32_t progress; /* enum terminal_progress */
    unsigned verbose;  /* Number of -v. */
    bool quiet;
};

/* Takes an option of OPTION_ROWS_COMMON. False if 'id' is none of them; '*err'
 * is set when its argument makes no sense. */
bool terminal_option(struct terminal *terminal, int id, const char *arg,
                     struct err *err);

/* True if 'stream' is to be written in colour. */
bool terminal_wants_color(const struct terminal *terminal, FILE *stream);

/* The width of the terminal behind 'stream'; 0 if there is none. */
unsigned terminal_width(FILE *stream);

#endif
