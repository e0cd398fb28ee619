/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * build.c - from a results file to a figure. See build.h.
 */
#include "figure/build.h"

#include <stdlib.h>
#include <string.h>

/* Panels and series without a row are not drawn. */
static void drop_empty(struct figure *f)
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < f->n_panels; p++) {
        uint32_t rows = 0;
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            rows += f->panels[p].series[s].n;
        if (rows && n != p) {
            struct figure_panel empty = f->panels[n];
            f->panels[n] = f->panels[p];
            f->panels[p] = empty;
        }
        n += rows > 0;
    }
    f->n_panels = n;
}
static enum status check_sources(struct build *b)
{
    bool wants_distribution =
        b->spec->kind == FIGURE_ECDF || b->spec->kind == FIGURE_HISTOGRAM;
    for (uint32_t i = 0; i < b->spec->n_y; i++) {
        if (source_find(&b->sources[i], b->spec->y[i], b->results, b->err))
            return err_prefix(b->err, "figure %s", b->spec->name);
        if ((b->sources[i].kind == SOURCE_DISTRIBUTION) != wants_distribution)
            return err_set(b->err, STATUS_CONFIG,
                           "figure %s: \"y\": \"%s\" %s a distribution, which a figure "
                           "of kind %s %s",
                           b->spec->name, b->spec->y[i],
                           wants_distribution ? "is not" : "is",
                           figure_kind_word(b->spec->kind),
                           wants_distribution ? "needs" : "cannot show");
    }
    return STATUS_OK;
}

static enum status build(struct build *b)
{
    if (check_sources(b) || build_roles(b) || build_cells(b) || build_rows(b))
        return b->err->status;
    build_labels(b);
    drop_empty(b->figure);
    return b->figure->n_panels
               ? STATUS_OK
               : err_set(b->err, STATUS_CONFIG,
                         "figure %s: there is nothing to show (no trial ended well, or "
                         "nothing was counted)",
                         b->spec->name);
}

enum status figure_build(const struct figure_spec *spec, const struct points *points,
                         struct results *results, struct figure **figure,
                         struct err *err)
{
    struct build b = {.spec = spec, .points = points, .results = results, .err = err};
    *figure = b.figure = calloc(1, sizeof **figure);
    if (!*figure)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = build(&b);
    build_cells_free(&b);
    if (status) {
        figure_free(*figure);
        *figure = NULL;
    }
    return status;
}

void figure_free(struct figure *figure)
{
    if (!figure)
        return;
    for (uint32_t p = 0; p < FIGURE_PANELS_MAX; p++)
        for (uint32_t s = 0; s < FIGURE_SERIES_MAX; s++)
            free(figure->panels[p].series[s].rows);
    free(figure);
}
