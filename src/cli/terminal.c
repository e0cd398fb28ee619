/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * terminal.c - colours and widths. See terminal.h.
 */
#include "cli/terminal.h"

#include "cli/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

const char *const terminal_color_words[] = {"auto", "always", "never", NULL};
const char *const terminal_progress_words[] = {"auto", "bar", "plain", "none", NULL};

bool terminal_option(struct terminal *terminal, int id, const char *arg,
                     struct err *err)
{
    switch (id) {
    case OPT_COLOR:
        options_choice("color", arg, terminal_color_words, &terminal->color, err);
        return true;
    case OPT_PROGRESS:
        options_choice("progress", arg, terminal_progress_words, &terminal->progress,
                       err);
        return true;
    case 'q':
        terminal->quiet = true;
        break;
    case 'v':
        terminal->verbose++;
        break;
    default:
        return false;
    }
    if (terminal->quiet && terminal->verbose)
        err_set(err, STATUS_USAGE, "--quiet and --verbose contradict each other");
    return true;
}

bool terminal_wants_color(const struct terminal *terminal, FILE *stream)
{
    if (terminal->color != TERMINAL_COLOR_AUTO)
        return terminal->color == TERMINAL_COLOR_ALWAYS;
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    if (no_color && *no_color)
        return false;
    if (!term || strcmp(term, "dumb") == 0)
        return false;
    return isatty(fileno(stream));
}

unsigned terminal_width(FILE *stream)
{
    struct winsize size;
    if (ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 0;
}
