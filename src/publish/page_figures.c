/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page_figures.c - the drawings of gnuplot in the page. See page.h.
 *
 * What gnuplot wrote is taken as it is, but for its frame (title, white canvas), its
 * ids, which must differ between drawings of one page, and its blacks and greys, which
 * follow the theme.
 */
#include "publish/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ROWS_IN_PAGE 400u

/* What gnuplot writes, and what the page has instead. */
static const struct {
    const char *from, *to;
} replacements[] = {
    {"fill=\"rgb(0,0,0)\"", "fill=\"currentColor\""},
    {"fill=\"black\"", "fill=\"currentColor\""},
    {"color=\"black\"", "color=\"currentColor\""},
    {"color=\"#FFFFFF\"", "color=\"transparent\""},
    {"stroke='rgb(119, 119, 119)'", "stroke='currentColor' opacity='0.6'"},
    {"stroke='rgb(213, 213, 213)'", "stroke='currentColor' opacity='0.16'"},
    {"color=\"gray\"", "color=\"currentColor\""},
    {"font-family=\"Helvetica\"", "font-family=\"inherit\""},
    {"xmlns:xlink=\"http://www.w3.org/1999/xlink\"", ""},
    {"xmlns=\"http://www.w3.org/2000/svg\"", ""},
    {"xlink:href=", "href="},
};

/* Copies one element or text, replaced. Returns where it ends. */
static const char *put_replaced(FILE *out, const char *at)
{
    for (size_t i = 0; i < sizeof replacements / sizeof replacements[0]; i++) {
        size_t n = strlen(replacements[i].from);
        if (strncmp(at, replacements[i].from, n) == 0) {
            fputs(replacements[i].to, out);
            return at + n;
        }
    }
    fputc(*at, out);
    return at + 1;
}

static const char *skip_past(const char *at, const char *end)
{
    const char *found = strstr(at, end);
    return found ? found + strlen(end) : at + strlen(at);
}

static bool starts(const char *at, const char *with)
{
    return strncmp(at, with, strlen(with)) == 0;
}

/* An id, or a reference to one, gets the drawing's prefix. */
static const char *put_id(FILE *out, const char *at, const char *prefix)
{
    static const char *const leads[] = {"id=\"", "id='", "xlink:href='#", "url(#"};
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (starts(at, leads[i])) {
            fprintf(out, "%s%s", starts(leads[i], "xlink:") ? leads[i] + 6 : leads[i],
                    prefix);
            return at + strlen(leads[i]);
        }
    return NULL;
}

static void put_svg(FILE *out, const char *svg, const char *prefix, const char *label)
{
    const char *at = strstr(svg, "<svg");
    if (!at)
        return;
    fputs("<svg role=\"img\" aria-label=\"", out);
    publish_html(out, label);
    fputc('"', out);
    at += 4;
    while (*at) {
        const char *next;
        if (starts(at, "<title>"))
            at = skip_past(at, "</title>");
        else if (starts(at, "<desc>"))
            at = skip_past(at, "</desc>");
        else if (starts(at, "<rect x=\"0\" y=\"0\""))
            at = skip_past(at, "/>");
        else if (starts(at, "<filter"))
            at = skip_past(at, "</filter>");
        else if ((next = put_id(out, at, prefix)))
            at = next;
        else
            at = put_replaced(out, at);
    }
}

/* A whole file as a text, from malloc. */
static char *read_text(const char *path, struct err *err)
{
    struct stat st;
    FILE *file = fopen(path, "re");
    char *text =
        file && fstat(fileno(file), &st) == 0 ? malloc((size_t)st.st_size + 1) : NULL;
    if (text)
        text[fread(text, 1, (size_t)st.st_size, file)] = '\0';
    else
        err_set(err, STATUS_STORE, "%s, which gnuplot drew, cannot be read: %s", path,
                strerror(errno));
    if (file)
        fclose(file);
    return text;
}

static enum status put_drawing(FILE *out, struct publication *p, uint32_t f,
                               uint32_t panel, struct err *err)
{
    char path[4300], prefix[32], label[400];
    const struct figure *figure = p->figures[f];
    snprintf(path, sizeof path, "%s/%s-%" PRIu32 ".svg", p->figures_dir.path,
             figure->name, panel + 1);
    char *svg = read_text(path, err);
    if (!svg)
        return err->status;
    snprintf(prefix, sizeof prefix, "f%" PRIu32 "p%" PRIu32 "-", f, panel);
    snprintf(label, sizeof label, "%s%s%s", figure->title,
             figure->panels[panel].title[0] ? ": " : "", figure->panels[panel].title);
    put_svg(out, svg, prefix, label);
    free(svg);
    return STATUS_OK;
}

/* The line and the mark of a series, as the drawings have them. */
static void put_swatch(FILE *out, uint32_t s)
{
    static const char *const marks[] = {
        "<circle cx=\"16\" cy=\"7\" r=\"3.5\"/>",
        "<rect x=\"12.5\" y=\"3.5\" width=\"7\" height=\"7\"/>",
        "<path d=\"M16 2l4.5 8h-9z\"/>",
        "<path d=\"M16 2l4.5 5-4.5 5-4.5-5z\"/>",
        "<path d=\"M16 12l4.5-8h-9z\"/>",
        "<circle cx=\"16\" cy=\"7\" r=\"3\" fill=\"none\"/>",
        "<rect x=\"13\" y=\"4\" width=\"6\" height=\"6\" fill=\"none\"/>",
        "<path d=\"M16 3l4 7h-8z\" fill=\"none\"/>",
    };
    fprintf(out,
            "<svg viewBox=\"0 0 32 14\" aria-hidden=\"true\" fill=\"%s\" "
            "stroke=\"%s\" stroke-width=\"1.6\"><path d=\"M1 7h30\"/>%s</svg>",
            figure_color(s), figure_color(s), marks[s % FIGURE_SERIES_MAX]);
}

static void put_legend(FILE *out, const struct figure *f)
{
    bool lines =
        f->kind == FIGURE_LINE || f->kind == FIGURE_ECDF || f->kind == FIGURE_HISTOGRAM;
    if (!lines || f->panels[0].n_series < 2)
        return;
    fputs("<ul class=\"legend\">", out);
    for (uint32_t s = 0; s < f->panels[0].n_series; s++) {
        fputs("<li>", out);
        put_swatch(out, s);
        publish_html(out, f->panels[0].series[s].label);
        fputs("</li>", out);
    }
    fputs("</ul>\n", out);
}

static void put_row(FILE *out, const struct figure *f, const struct figure_panel *panel,
                    const struct figure_series *s, uint32_t i)
{
    unsigned columns = 1;
    fputs("<tr><td>", out);
    publish_html(out, panel->title);
    fputs("</td><td>", out);
    publish_html(out, s->label[0] ? s->label : s->rows[i].label);
    fputs("</td>", out);
    for (const char *c = figure_kind_columns(f->kind); *c; c++)
        columns += *c == ' ';
    for (unsigned c = 0; c < columns; c++)
        fprintf(out, "<td class=\"n\">%.6g</td>", s->rows[i].v[c]);
    fputs("</tr>\n", out);
}

static void put_table_head(FILE *out, const struct figure *f)
{
    fputs("<thead><tr><th>Panel</th><th>Series</th>", out);
    const char *words = figure_kind_columns(f->kind);
    while (*words) {
        size_t n = strcspn(words, " ");
        fprintf(out, "<th class=\"n\">%.*s</th>", (int)n, words);
        words += n + (words[n] == ' ');
    }
    fputs("</tr></thead>\n<tbody>\n", out);
}

/* The numbers, for who cannot see the drawing or does not trust it. */
static void put_table(FILE *out, const struct figure *f, bool open)
{
    uint32_t all = 0, i = 0;
    for (uint32_t p = 0; p < f->n_panels; p++)
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            all += f->panels[p].series[s].n;
    uint32_t every = (all + ROWS_IN_PAGE - 1) / ROWS_IN_PAGE;
    fprintf(
        out, "<details%s><summary>Numbers</summary>\n%s<div class=\"scroll\"><table>\n",
        open ? " open" : "",
        every > 1 ? "<p class=\"dim\">Some of the rows; all are in the .dat file of "
                    "paper/figures.</p>\n"
                  : "");
    put_table_head(out, f);
    for (uint32_t p = 0; p < f->n_panels; p++)
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            for (uint32_t k = 0; k < f->panels[p].series[s].n; k++)
                if (i++ % every == 0)
                    put_row(out, f, &f->panels[p], &f->panels[p].series[s], k);
    fputs("</tbody></table></div></details>\n", out);
}

static void put_caption(FILE *out, const struct figure *f)
{
    fputs("<figcaption>", out);
    if (f->interval && f->kind == FIGURE_LINE)
        fputs("Bars: Wilson's 95 % interval. ", out);
    if (f->pooled)
        fputs(f->interval ? "Several points share a place; their trials are added up. "
                          : "Means over all points. ",
              out);
    if (f->kind == FIGURE_TORNADO)
        fputs("Each bar runs from the value of the parameter with the lowest mean to "
              "that "
              "with the highest; the cross is the mean. ",
              out);
    if (f->panels_left_out)
        fprintf(out, "%" PRIu32 " of %" PRIu32 " panels are shown. ", f->n_panels,
                f->n_panels + f->panels_left_out);
    if (f->series_left_out)
        fprintf(out, "%" PRIu32 " series are left out. ", f->series_left_out);
    fprintf(out, "Data: <code>paper/figures/%s.dat</code>.</figcaption>\n", f->name);
}

static enum status put_figure(FILE *out, struct publication *p, uint32_t i,
                              struct err *err)
{
    const struct figure *f = p->figures[i];
    fprintf(out, "<figure id=\"figure-%s\">\n<h3>", f->name);
    publish_html(out, f->title);
    fputs("</h3>\n", out);
    if (p->drawn[i]) {
        put_legend(out, f);
        fputs("<div class=\"panels\">\n", out);
        for (uint32_t k = 0; k < f->n_panels; k++)
            if (put_drawing(out, p, i, k, err))
                return err->status;
        fputs("</div>\n", out);
    }
    put_caption(out, f);
    put_table(out, f, !p->drawn[i]);
    fputs("</figure>\n", out);
    return STATUS_OK;
}

enum status page_figures(FILE *out, struct publication *p, struct err *err)
{
    fputs("<section id=\"figures\">\n<h2>Figures</h2>\n", out);
    if (!p->done->drawn)
        fputs(
            "<p>The figures were not drawn: gnuplot was not there or not wanted. Their "
            "numbers are below, data and scripts in <code>paper/figures</code>.</p>\n",
            out);
    for (uint32_t i = 0; i < p->n_figures; i++)
        if (put_figure(out, p, i, err))
            return err->status;
    if (!p->n_figures)
        fputs("<p>Nothing is varied, so there is nothing to draw.</p>\n", out);
    fputs("</section>\n", out);
    return STATUS_OK;
}
