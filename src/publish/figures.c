/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * figures.c - builds, writes and draws all figures. See publication.h.
 */
#include "base/program.h"
#include "publish/publication.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const struct publication *p, const char *text)
{
    if (p->options->messages)
        fprintf(p->options->messages, "%s\n", text);
}

typedef enum status write_fn(FILE *file, const struct figure *figure, struct err *err);

static enum status write_as(struct publication *p, const struct figure *f,
                            const char *suffix, write_fn *write, struct err *err)
{
    char name[96];
    struct publish_file file;
    if (publish_open(&file, err))
        return err->status;
    snprintf(name, sizeof name, "%s.%s", f->name, suffix);
    return publish_close(&file, &p->figures_dir, name, write(file.stream, f, err), err);
}

/* Runs "gnuplot NAME.gp" in the folder of the figures; its words go to NAME.log. */
static int run_gnuplot(const struct publication *p, const char *name)
{
    char script[80], log[80];
    const char *argv[] = {"gnuplot", script, NULL};
    snprintf(script, sizeof script, "%s.gp", name);
    snprintf(log, sizeof log, "%s.log", name);
    return program_run(p->figures_dir.path, argv, log);
}

static void drop_empty_log(const struct publication *p, const char *name)
{
    char path[4300];
    snprintf(path, sizeof path, "%s/%s.log", p->figures_dir.path, name);
    unlink(path);
}

/* Draws one figure. False: there is no gnuplot, so do not try again. */
static bool draw(struct publication *p, uint32_t i)
{
    char text[300];
    const char *name = p->figures[i]->name;
    int code = run_gnuplot(p, name);
    p->drawn[i] = code == 0;
    p->done->drawn |= code == 0;
    if (code == 0 || code == PROGRAM_NOT_THERE)
        drop_empty_log(p, name);
    else {
        snprintf(text, sizeof text,
                 "gnuplot could not draw %s.gp; it says why in %s.log", name, name);
        say(p, text);
    }
    if (code == PROGRAM_NOT_THERE)
        say(p,
            "gnuplot is not installed: figures are not drawn; their data and "
            "scripts are in paper/figures (Debian: apt-get install gnuplot-nox, then "
            "this command again)");
    return code != PROGRAM_NOT_THERE;
}

static enum status write_figure(struct publication *p, const struct figure *f,
                                struct err *err)
{
    if (write_as(p, f, "dat", figure_write_dat, err) ||
        write_as(p, f, "gp", figure_write_gnuplot, err))
        return err->status;
    return write_as(p, f, "tex", figure_write_pgfplots, err);
}

/* A figure known by name that has nothing to show is left out and said so; one that
 * was asked for must be there. */
static enum status build_all(struct publication *p, const struct figure_spec *specs,
                             uint32_t n_known, uint32_t n, struct err *err)
{
    for (uint32_t i = 0; i < n && p->n_figures < PUBLISH_FIGURES_MAX; i++) {
        struct figure *figure;
        if (figure_build(&specs[i], &p->points, p->results, &figure, err) ==
            STATUS_OK) {
            p->figures[p->n_figures++] = figure;
            continue;
        }
        if (i >= n_known || err->status != STATUS_CONFIG)
            return err->status;
        say(p, err->message);
        err->status = STATUS_OK;
    }
    return STATUS_OK;
}

static enum status find_specs(struct publication *p, struct figure_spec **specs,
                              uint32_t *n_known, uint32_t *n, struct err *err)
{
    if (figure_known(&p->points, p->results, specs, n, p->options->messages, err))
        return err->status;
    *n_known = *n;
    for (uint32_t i = 0; i < p->options->n_figures; i++)
        if (figure_read_specs(p->options->figures[i], specs, n, err))
            return err->status;
    return STATUS_OK;
}

enum status publish_figures(struct publication *p, struct err *err)
{
    struct figure_spec *specs = NULL;
    uint32_t n_known = 0, n = 0;
    enum status status = find_specs(p, &specs, &n_known, &n, err);
    if (!status)
        status = build_all(p, specs, n_known, n, err);
    free(specs);
    bool try = p->options->draw;
    for (uint32_t i = 0; i < p->n_figures && !status; i++) {
        status = write_figure(p, p->figures[i], err);
        if (!status && try)
            try = draw(p, i);
    }
    p->done->figures = p->n_figures;
    return status;
}
