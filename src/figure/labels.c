/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * labels.c - titles, labels, scales. See build.h.
 */
#include "figure/build.h"

#include <stdio.h>
#include <string.h>

/* "two_stage", "16 CPUs", "ipi.delivery 50 ns". */
static int put_dim(const struct points_dim *dim, const char *value, const char *lead,
                   char *text, size_t room)
{
    size_t key = strlen(dim->key), unit = strlen(dim->unit);
    if (strcmp(dim->key, "protocol") == 0 || strcmp(dim->key, "trace") == 0)
        return snprintf(text, room, "%s%s", lead, value);
    if (strcmp(dim->key, "cores") == 0)
        return snprintf(text, room, "%s%s CPUs", lead, value);
    if (unit && key > unit && dim->key[key - unit - 1] == '_')
        return snprintf(text, room, "%s%.*s %s %s", lead, (int)(key - unit - 1),
                        dim->key, value, dim->unit);
    return snprintf(text, room, "%s%s %s", lead, dim->key, value);
}

static void panel_title(const struct build *b, uint32_t panel, char *text, size_t room)
{
    size_t n = 0;
    text[0] = 0;
    for (uint32_t d = 0; d < b->points->n_dims; d++) {
        const struct points_dim *dim = &b->points->dims[d];
        uint32_t place = points_place(b->points, b->panel_rows[panel], d);
        if (b->roles[d] == ROLE_PANEL && place != BUILD_NONE && n < room)
            n += (size_t)put_dim(dim, dim->values[place].text, n ? ", " : "", text + n,
                                 room - n);
    }
}

static void series_label(const struct build *b, uint32_t s, char *text, size_t room)
{
    if (b->spec->kind == FIGURE_LINE && b->spec->n_y > 1) {
        const char *percent = strstr(b->spec->y[s], ".p");
        snprintf(text, room, "%s", percent ? percent + 1 : b->spec->y[s]);
    } else if (b->series >= 0) {
        snprintf(text, room, "%s", b->points->dims[b->series].values[s].text);
    }
}

static void copy_or(char *to, size_t room, const char *text, const char *otherwise)
{
    snprintf(to, room, "%s", text[0] ? text : otherwise);
}

static void find_words(struct build *b)
{
    const struct figure_spec *s = b->spec;
    struct figure *f = b->figure;
    char x[96] = "", y[96], by[96] = "";
    source_label(&b->sources[0], y, sizeof y);
    if (b->x >= 0)
        figure_key_label(s->x, b->points->dims[b->x].unit, x, sizeof x);
    if (b->by >= 0)
        figure_key_label(s->by, b->points->dims[b->by].unit, by, sizeof by);
    bool swapped = s->kind == FIGURE_ECDF || s->kind == FIGURE_HISTOGRAM ||
                   s->kind == FIGURE_TORNADO;
    copy_or(f->x_label, sizeof f->x_label, s->x_label, swapped ? y : x);
    copy_or(f->y_label, sizeof f->y_label, s->y_label,
            s->kind == FIGURE_ECDF        ? "Share"
            : s->kind == FIGURE_HISTOGRAM ? "Count"
            : s->kind == FIGURE_HEAT      ? by
            : s->kind == FIGURE_BARS      ? ""
            : swapped                     ? ""
                                          : y);
    snprintf(f->name, sizeof f->name, "%s", s->name);
    copy_or(f->title, sizeof f->title, s->title, y);
    f->kind = s->kind;
    f->interval = b->sources[0].kind == SOURCE_RATE;
    for (uint32_t p = 0; p < f->n_panels; p++) {
        if (s->kind == FIGURE_BARS)
            source_label(&b->sources[p], f->panels[p].title, sizeof f->panels[p].title);
        else
            panel_title(b, p, f->panels[p].title, sizeof f->panels[p].title);
        f->panels[p].n_series = b->n_series;
        for (uint32_t i = 0; i < b->n_series; i++)
            series_label(b, i, f->panels[p].series[i].label,
                         sizeof f->panels[p].series[i].label);
    }
}

/* Is each value a multiple of the one before, by about the same factor? */
static bool grows_by_factors(const struct points_dim *dim)
{
    uint32_t n = dim->n_values;
    if (n < 3 || dim->values[0].number <= 0)
        return false;
    double first = dim->values[1].number / dim->values[0].number;
    double last = dim->values[n - 1].number / dim->values[n - 2].number;
    return first > 1.2 && last / first > 0.7;
}

static void choose_scales(struct build *b)
{
    struct figure *f = b->figure;
    f->log_x = b->spec->log_x == 1 || (b->spec->log_x < 0 && b->x >= 0 &&
                                       grows_by_factors(&b->points->dims[b->x]));
    f->log_y = b->spec->log_y == 1 || (b->spec->log_y < 0 && b->by >= 0 &&
                                       grows_by_factors(&b->points->dims[b->by]));
}

void build_labels(struct build *b)
{
    find_words(b);
    choose_scales(b);
}
