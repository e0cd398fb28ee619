/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gnuplot.c - NAME.dat and NAME.gp. See figure.h.
 *
 * The .dat file has a block per series, in the order of the panels; gnuplot calls it
 * by 'index'.  The script draws NAME.pdf and NAME.svg, and NAME-1.svg ... with a panel
 * each and without a legend, for a page that folds on small screens.
 */
#include "figure/figure.h"

#include <math.h>
#include <string.h>

const char *figure_color(uint32_t series)
{
    /* After Okabe and Ito; all at least 3:1 on white and on near-black. */
    static const char *const colors[FIGURE_SERIES_MAX] = {
        "#0072b2", "#d55e00", "#00876c", "#b8569a",
        "#8c7000", "#4a86c8", "#a0522d", "#6b7280",
    };
    return colors[series % FIGURE_SERIES_MAX];
}

/* Puts a value into its place, if it is new. False: there is no room. */
static bool insert(double *values, uint32_t *n, double value)
{
    uint32_t k = 0;
    while (k < *n && values[k] < value)
        k++;
    if (k < *n && values[k] == value)
        return true;
    if (*n == FIGURE_TICS_MAX)
        return false;
    memmove(&values[k + 1], &values[k], (*n - k) * sizeof *values);
    values[k] = value;
    (*n)++;
    return true;
}

uint32_t figure_tics(const struct figure *f, unsigned column, bool logarithm,
                     double values[FIGURE_TICS_MAX])
{
    uint32_t n = 0;
    for (uint32_t p = 0; p < f->n_panels; p++)
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            for (uint32_t i = 0; i < f->panels[p].series[s].n; i++)
                if (!insert(values, &n, f->panels[p].series[s].rows[i].v[column]))
                    return 0;
    for (uint32_t i = 1; i < n && !logarithm; i++)
        if (values[i] - values[i - 1] < 0.08 * (values[n - 1] - values[0]))
            return 0;
    return n;
}

double figure_half_step(const struct figure_series *s, unsigned column, bool logarithm)
{
    double least = INFINITY;
    for (uint32_t i = 1; i < s->n; i++) {
        double a = s->rows[i - 1].v[column], b = s->rows[i].v[column];
        double step = b <= a ? INFINITY : logarithm ? sqrt(b / a) : (b - a) / 2;
        least = fmin(least, step);
    }
    return isfinite(least) ? least : logarithm ? 1.4 : 0.5;
}

void figure_range(const struct figure *f, unsigned column, bool logarithm, double *low,
                  double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (uint32_t p = 0; p < f->n_panels; p++)
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            for (uint32_t i = 0; i < f->panels[p].series[s].n; i++) {
                *low = fmin(*low, f->panels[p].series[s].rows[i].v[column]);
                *high = fmax(*high, f->panels[p].series[s].rows[i].v[column]);
            }
    double room = f->kind == FIGURE_HEAT
                      ? figure_half_step(&f->panels[0].series[0], column, logarithm)
                  : logarithm ? pow(*high / *low, 0.04)
                              : 0.04 * (*high - *low);
    *low = logarithm ? *low / room : *low - room;
    *high = logarithm ? *high * room : *high + room;
}

static enum status check(FILE *f, const char *what, struct err *err)
{
    return fflush(f) || ferror(f)
               ? err_set(err, STATUS_STORE, "%s cannot be written; is the disk full?",
                         what)
               : STATUS_OK;
}

/* ---- data
 * ------------------------------------------------------------------------- */

static uint32_t n_columns(enum figure_kind kind)
{
    uint32_t n = 1;
    for (const char *c = figure_kind_columns(kind); *c; c++)
        n += *c == ' ';
    return n;
}

static bool has_labels(const struct figure *f)
{
    return f->kind == FIGURE_BARS || f->kind == FIGURE_TORNADO;
}

static void put_series(FILE *out, const struct figure *f, const struct figure_panel *p,
                       const struct figure_series *s, uint32_t index)
{
    fprintf(out, "# index %u: %s%s%s\n# %s%s\n", index, p->title,
            p->title[0] && s->label[0] ? ": " : "", s->label,
            figure_kind_columns(f->kind), has_labels(f) ? " label" : "");
    for (uint32_t i = 0; i < s->n; i++) {
        for (uint32_t c = 0; c < n_columns(f->kind); c++)
            fprintf(out, "%s%.10g", c ? " " : "", s->rows[i].v[c]);
        if (has_labels(f))
            fprintf(out, " \"%s\"", s->rows[i].label);
        fputc('\n', out);
    }
    if (s->n == 0)
        fputs("# nothing\nNaN NaN NaN NaN\n", out);
    fputs("\n\n", out);
}

enum status figure_write_dat(FILE *out, const struct figure *f, struct err *err)
{
    uint32_t index = 0;
    fprintf(out, "# %s\n", f->title);
    for (uint32_t p = 0; p < f->n_panels; p++)
        for (uint32_t s = 0; s < f->panels[p].n_series; s++)
            put_series(out, f, &f->panels[p], &f->panels[p].series[s], index++);
    return check(out, "the data of a figure", err);
}

/* ---- script
 * ----------------------------------------------------------------------- */

/* Within single quotes a quote is doubled. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputc('\'', out);
        fputc(*text, out);
    }
    fputc('\'', out);
}

static void put_setting(FILE *out, const char *what, const char *text)
{
    fprintf(out, "set %s ", what);
    put_quoted(out, text);
    fputc('\n', out);
}

static void put_styles(FILE *out)
{
    static const unsigned points[FIGURE_SERIES_MAX] = {7, 5, 9, 13, 11, 6, 4, 8};
    fputs("set termoption noenhanced\n"
          "set border 3 lc rgb '#777777'\nset tics nomirror out textcolor rgb 'black'\n"
          "set grid lc rgb '#d5d5d5' lw 0.5\n",
          out);
    for (unsigned i = 0; i < FIGURE_SERIES_MAX; i++)
        fprintf(out, "set style line %u lc rgb '%s' lw 1.6 pt %u ps 0.5 dt %u\n", i + 1,
                figure_color(i), points[i], i / 2 % 4 + 1);
}

/* At most six ticks: numbers of cycles are long. */
static double tick_step(const struct figure_panel *p)
{
    double most = 1, step = 1;
    for (uint32_t s = 0; s < p->n_series; s++)
        for (uint32_t i = 0; i < p->series[s].n; i++)
            most = fmax(most, p->series[s].rows[i].v[0]);
    for (unsigned i = 0; most / step > 5; i++)
        step *= i % 3 == 1 ? 2.5 : 2;
    return step;
}

static void put_tics(FILE *out, const struct figure *f, const struct figure_panel *p)
{
    const struct figure_series *s = &p->series[0];
    if (f->kind == FIGURE_ECDF || f->kind == FIGURE_HISTOGRAM)
        fprintf(out, "set xtics %.0f\n", tick_step(p));
    if (f->kind == FIGURE_TORNADO) {
        fputs("set ytics ( ", out);
        for (uint32_t i = 0; i < s->n; i++) {
            put_quoted(out, s->rows[i].label);
            fprintf(out, " %u%s", i, i + 1 < s->n ? ", " : " )\n");
        }
        fprintf(out, "set yrange [-0.6:%u.6]\n", s->n ? s->n - 1 : 0);
    }
    if (f->kind == FIGURE_BARS) {
        const char *comma = "";
        fputs("set xtics rotate by -28 ( ", out);
        for (uint32_t i = 0; i < p->n_series; i++) {
            if (!p->series[i].n)
                continue;
            fputs(comma, out);
            put_quoted(out, p->series[i].rows[0].label);
            fprintf(out, " %u", i);
            comma = ", ";
        }
        double most = 0;
        for (uint32_t i = 0; i < p->n_series; i++)
            for (uint32_t k = 0; k < p->series[i].n; k++)
                most = fmax(most, p->series[i].rows[k].v[1]);
        fprintf(out, " )\nset xrange [-0.6:%u.6]\nset yrange [0:%.4g]\n",
                p->n_series - 1, most > 0 ? 1.15 * most : 1);
    }
}

static void put_ranges(FILE *out, const struct figure *f)
{
    double low, high;
    figure_range(f, 0, f->log_x, &low, &high);
    fprintf(out, "set xrange [%.6g:%.6g]\n", low, high);
    if (f->kind != FIGURE_HEAT)
        return;
    figure_range(f, 1, f->log_y, &low, &high);
    fprintf(out, "set yrange [%.6g:%.6g]\n", low, high);
}

/* On an axis with few values the values themselves are the best ticks. */
static void put_value_tics(FILE *out, const struct figure *f, const char *axis,
                           unsigned column, bool logarithm)
{
    double values[FIGURE_TICS_MAX];
    uint32_t n = figure_tics(f, column, logarithm, values);
    if (!n)
        return;
    fprintf(out, "set %stics (", axis);
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%s%.6g", i ? ", " : "", values[i]);
    fputs(")\n", out);
}

static void put_axes(FILE *out, const struct figure *f)
{
    put_setting(out, "xlabel", f->x_label);
    put_setting(out, "ylabel", f->y_label);
    if (f->kind == FIGURE_LINE || f->kind == FIGURE_HEAT)
        put_ranges(out, f);
    if (f->log_x)
        fputs("set logscale x\n", out);
    if (f->log_y)
        fputs("set logscale y\n", out);
    if (f->kind == FIGURE_LINE || f->kind == FIGURE_HEAT)
        put_value_tics(out, f, "x", 0, f->log_x);
    if (f->kind == FIGURE_HEAT)
        put_value_tics(out, f, "y", 1, f->log_y);
    if (f->kind == FIGURE_LINE)
        fprintf(out, "set yrange [%s]\n", f->interval ? "0:105" : "0:*");
    if (f->kind == FIGURE_ECDF || f->kind == FIGURE_HISTOGRAM)
        fputs("set format x '%.0f'\n", out);
    if (f->kind == FIGURE_ECDF)
        fputs("set yrange [0:1.05]\nset xrange [0:*]\n", out);
    if (f->kind == FIGURE_HISTOGRAM)
        fputs("set yrange [0:*]\nset xrange [0:*]\n", out);
    if (f->kind == FIGURE_TORNADO && f->interval)
        fputs("set xrange [0:100]\n", out);
    if (f->kind == FIGURE_HEAT)
        fprintf(out,
                "unset grid\nset palette defined (0 '#f7fbff', 0.5 '#6baed6', 1 "
                "'#08306b')\nset cbrange [%s]\nset cblabel ",
                f->interval ? "0:100" : "*:*");
    if (f->kind == FIGURE_HEAT) {
        put_quoted(out, f->interval ? "Violated trials [%]" : f->title);
        fputc('\n', out);
    }
}

/* Cells of a heat map as filled boxes: axes may be logarithmic and uneven. */
static void put_heat(FILE *out, const struct figure *f, const char *dat, uint32_t index)
{
    fprintf(out,
            "plot '%s' index %u using 1:2:%s:%s:%s:%s:3 with boxxyerror fs solid "
            "noborder fc palette notitle",
            dat, index, f->log_x ? "($1/fx)" : "($1-fx)",
            f->log_x ? "($1*fx)" : "($1+fx)", f->log_y ? "($2/fy)" : "($2-fy)",
            f->log_y ? "($2*fy)" : "($2+fy)");
}

static void put_one(FILE *out, const struct figure *f, const struct figure_series *s,
                    const char *dat, uint32_t index, uint32_t style)
{
    switch (f->kind) {
    case FIGURE_LINE:
        /* Vectors, not error bars: those leave white gaps around the marks. */
        if (f->interval)
            fprintf(
                out,
                "'%s' index %u using 1:3:(0):($4-$3) with vectors nohead ls %u dt 1 "
                "notitle, \\\n    ",
                dat, index, style);
        fprintf(out, "'%s' index %u using 1:2 with linespoints ls %u title ", dat,
                index, style);
        put_quoted(out, s->label);
        break;
    case FIGURE_ECDF:
        fprintf(out, "'%s' index %u using 1:2 with steps ls %u title ", dat, index,
                style);
        put_quoted(out, s->label);
        break;
    case FIGURE_HISTOGRAM:
        fprintf(out, "'%s' index %u using 1:3 with steps ls %u title ", dat, index,
                style);
        put_quoted(out, s->label);
        break;
    case FIGURE_BARS:
        fprintf(
            out,
            "'%s' index %u using 1:2:(0.7) with boxes fs solid 0.85 noborder lc rgb "
            "'%s' notitle, \\\n    '' index %u using 1:2:(sprintf('%%.3g',$2)) with "
            "labels offset 0,0.6 notitle",
            dat, index, figure_color(style - 1), index);
        break;
    case FIGURE_TORNADO:
        fprintf(
            out,
            "'%s' index %u using 2:1:2:3:($1-0.3):($1+0.3) with boxxyerror fs solid "
            "0.85 noborder lc rgb '%s' notitle, \\\n    '' index %u using 4:1 with "
            "points pt 2 ps 0.7 lc rgb 'black' notitle",
            dat, index, figure_color(0), index);
        break;
    case FIGURE_HEAT:
    case FIGURE_N_KINDS:
        break;
    }
}

static uint32_t put_panel(FILE *out, const struct figure *f, uint32_t p, uint32_t index)
{
    char dat[80];
    const struct figure_panel *panel = &f->panels[p];
    snprintf(dat, sizeof dat, "%s.dat", f->name);
    put_setting(out, "title", panel->title);
    put_tics(out, f, panel);
    if (f->kind == FIGURE_HEAT) {
        const struct figure_series *s = &panel->series[0];
        fprintf(out, "fx = %.6g\nfy = %.6g\n", figure_half_step(s, 0, f->log_x),
                figure_half_step(s, 1, f->log_y));
        put_heat(out, f, dat, index++);
        fputc('\n', out);
        return index;
    }
    const char *lead = "plot ";
    for (uint32_t s = 0; s < panel->n_series; s++, index++) {
        if (!panel->series[s].n)
            continue;
        fputs(lead, out);
        put_one(out, f, &panel->series[s], dat, index, s + 1);
        lead = ", \\\n    ";
    }
    fputc('\n', out);
    return index;
}

static void put_whole(FILE *out, const struct figure *f)
{
    uint32_t columns = f->n_panels < 3 ? f->n_panels : f->n_panels == 4 ? 2 : 3;
    uint32_t rows = (f->n_panels + columns - 1) / columns, index = 0;
    double width = 9.5 + 7.0 * (columns - 1), height = 7.0 + 5.6 * (rows - 1);
    bool wide_left = f->kind == FIGURE_TORNADO;
    if (wide_left)
        width += 4 * columns;
    fprintf(
        out,
        "\n# The whole figure, for paper.\ndo for [t in 'pdf svg'] {\n"
        "if (t eq 'pdf') { set terminal pdfcairo noenhanced size %.1fcm,%.1fcm font "
        "'Helvetica,9'; set output '%s.pdf' } \\\n"
        "else { set terminal svg noenhanced size %.0f,%.0f font 'Helvetica,13' "
        "dynamic background rgb 'white'; set output '%s.svg' }\n",
        width, height, f->name, width * 45, height * 45, f->name);
    /* A title of one blank line leaves room for the legend of all panels. */
    fprintf(out,
            "set multiplot layout %u,%u title ' '\n"
            "set key at screen 0.5,0.99 center top horizontal maxrows 1 samplen 2\n",
            rows, columns);
    for (uint32_t p = 0; p < f->n_panels; p++) {
        index = put_panel(out, f, p, index);
        if (p == 0)
            fputs("unset key\n", out);
    }
    fputs("unset multiplot\nunset output\n}\n", out);
}

static void put_pieces(FILE *out, const struct figure *f)
{
    uint32_t index = 0;
    fputs("\n# A panel at a time, for the page.\nunset key\n", out);
    for (uint32_t p = 0; p < f->n_panels; p++) {
        fprintf(out,
                "set terminal svg noenhanced size %u,300 font 'Helvetica,13' dynamic\n"
                "set output '%s-%u.svg'\n",
                f->kind == FIGURE_TORNADO ? 480u : 420u, f->name, p + 1);
        index = put_panel(out, f, p, index);
    }
    fputs("unset output\n", out);
}

enum status figure_write_gnuplot(FILE *out, const struct figure *f, struct err *err)
{
    fprintf(
        out,
        "# %s\n# Draws %s.pdf, %s.svg and, a panel each, %s-1.svg ... from %s.dat:  "
        "gnuplot %s.gp\n",
        f->title, f->name, f->name, f->name, f->name, f->name);
    put_styles(out);
    put_axes(out, f);
    put_whole(out, f);
    put_pieces(out, f);
    return check(out, "the script of a figure", err);
}
