/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * progress.c - draws progress. See progress.h.
 */
#include "cli/progress.h"

#include <time.h>
#include <unistd.h>

#define BAR_CELLS      28u
#define BAR_SECONDS    0.1
#define PLAIN_SECONDS  10.0
#define SILENT_SECONDS 1.0

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void progress_begin(struct progress *progress, const struct terminal *terminal,
                    const char *what)
{
    *progress = (struct progress){.what = what, .started = now_seconds()};
    progress->how = (enum terminal_progress)terminal->progress;
    if (terminal->quiet)
        progress->how = TERMINAL_PROGRESS_NONE;
    if (progress->how == TERMINAL_PROGRESS_AUTO)
        progress->how =
            isatty(STDERR_FILENO) ? TERMINAL_PROGRESS_BAR : TERMINAL_PROGRESS_PLAIN;
    progress->color = terminal_wants_color(terminal, stderr);
    progress->last = progress->started;
}

double progress_seconds(const struct progress *progress)
{
    return now_seconds() - progress->started;
}

/* "3 min 20 s", "12.5 s" */
static void print_seconds(double seconds)
{
    if (seconds >= 60)
        fprintf(stderr, "%d min %02d s", (int)(seconds / 60), (int)seconds % 60);
    else
        fprintf(stderr, "%.1f s", seconds);
}

static void print_eta(double elapsed, uint64_t done, uint64_t total)
{
    if (!total || !done)
        return;
    fputs(", ", stderr);
    print_seconds(elapsed * (double)(total - done) / (double)done);
    fputs(" left", stderr);
}

static void draw_bar(const struct progress *progress, uint64_t done, uint64_t total)
{
    unsigned cells = (unsigned)(BAR_CELLS * done / total);
    fprintf(stderr, "%3u%% %s", (unsigned)(100 * done / total),
            progress->color ? "\033[36m" : "");
    for (unsigned i = 0; i < BAR_CELLS; i++)
        fputc(i < cells ? '#' : '.', stderr);
    fprintf(stderr, "%s ", progress->color ? "\033[0m" : "");
}

static void print_count(const struct progress *progress, uint64_t done, uint64_t total)
{
    fprintf(stderr, "%llu", (unsigned long long)done);
    if (total)
        fprintf(stderr, "/%llu", (unsigned long long)total);
    fprintf(stderr, " %s", progress->what);
}

void progress_update(struct progress *progress, uint64_t done, uint64_t total,
                     const char *note)
{
    bool bar = progress->how == TERMINAL_PROGRESS_BAR;
    double now = now_seconds();
    if (progress->how == TERMINAL_PROGRESS_NONE ||
        now - progress->started < SILENT_SECONDS ||
        now - progress->last < (bar ? BAR_SECONDS : PLAIN_SECONDS))
        return;
    progress->last = now;
    if (total && done > total)
        done = total;
    fputs(bar ? "\r" : "progress: ", stderr);
    if (bar && total)
        draw_bar(progress, done, total);
    print_count(progress, done, total);
    print_eta(now - progress->started, done, total);
    if (note && *note)
        fprintf(stderr, ", %s", note);
    fputs(bar ? "\033[K" : "\n", stderr);
    fflush(stderr);
    progress->shown = bar;
}

void progress_end(struct progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
