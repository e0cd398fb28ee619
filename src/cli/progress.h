/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.h - one line on stderr that says how far a run is.
 *
 * On a terminal: a bar with the time left, drawn at most ten times a second and
 * erased at the end.  Elsewhere: a plain line every ten seconds.  Nothing is
 * shown in the first second, so short runs stay silent.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/terminal.h"

struct progress {
    const char *what; /* "operations", "trials" */
    enum terminal_progress how;
    bool shown; /* A bar stands on the terminal. */
    bool color;
    double started, last; /* Seconds on the monotonic clock. */
};

void progress_begin(struct progress *progress, const struct terminal *terminal,
                    const char *what);

/* 'done' of 'total' (0: unknown); 'note' is shown behind it and may be null. */
void progress_update(struct progress *progress, uint64_t done, uint64_t total,
                     const char *note);

/* Erases the bar. */
void progress_end(struct progress *progress);

/* Seconds since progress_begin(). */
double progress_seconds(const struct progress *progress);

#endif
