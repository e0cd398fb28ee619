/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pgfplots.c - a figure as TikZ, with its data inside: to be \input by a paper.
 * Needs pgfplots with the library groupplots.
 */
#include "figure/figure.h"

#include "report/latex.h"

#include <math.h>
#include <string.h>

#define STEPS_SHOWN 0.004 /* Smaller rises of an ECDF are not seen in print. */

static void put_option(FILE *out, const char *key, const char *text)
{
    if (!text[0])
        return;
    fprintf(out, "  %s={", key);
    report_latex(out, text);
    fputs("},\n", out);
}

static void put_value_tics(FILE *out, const struct figure *f, const char *axis,
                           unsigned column, bool logarithm)
{
    double values[FIGURE_TICS_MAX];
    uint32_t n = figure_tics(f, column, logarithm, values);
    if (!n)
        return;
    fprintf(out, "  %stick={", axis);
    for (uint32_t i = 0; i < n; i++)
        fprintf(out, "%s%.6g", i ? "," : "", values[i]);
    fprintf(out, "}, minor %s tick num=0,\n", axis);
}

static void put_limits_of_cells(FILE *out, const struct figure *f)
{
    double x0, x1, y0, y1;
    figure_range(f, 0, f->log_x, &x0, &x1);
    figure_range(f, 1, f->log_y, &y0, &y1);
    fprintf(out, "  xmin=%.6g, xmax=%.6g, ymin=%.6g, ymax=%.6g,\n", x0, x1, y0, y1);
}

static void put_axis_options(FILE *out, const struct figure *f)
{
    put_option(out, "xlabel", f->x_label);
    put_option(out, "ylabel", f->y_label);
    fputs("  axis lines=left, grid=major, grid style={black!12}, tick label "
          "style={font=\\scriptsize},\n  label style={font=\\footnotesize}, title "
          "style={font=\\footnotesize},\n  legend style={draw=none, fill=none, "
          "font=\\scriptsize, at={(0.5,1.25)}, anchor=south,\n    /tikz/every even "
          "column/.append style={column sep=6pt}},\n  legend columns=3, legend cell "
          "align=left, clip marker paths=true,\n",
          out);
    if (!f->log_y)
        fputs("  scaled y ticks=false, y tick label style={/pgf/number format/fixed, "
              "/pgf/number format/1000 sep={\\,}},\n",
              out);
    if (f->log_x)
        fputs("  xmode=log, log ticks with fixed point,\n", out);
    if (f->log_y)
        fputs("  ymode=log, log ticks with fixed point,\n", out);
    if (f->kind == FIGURE_LINE || f->kind == FIGURE_HEAT)
        put_value_tics(out, f, "x", 0, f->log_x);
    if (f->kind == FIGURE_HEAT)
        put_value_tics(out, f, "y", 1, f->log_y);
    if (f->kind == FIGURE_LINE)
        fprintf(out, "  ymin=0, %senlarge x limits=0.04,\n",
                f->interval ? "ymax=104, " : "");
    if (f->kind == FIGURE_ECDF)
        fputs("  ymin=0, ymax=1.02, xmin=0,\n", out);
    if (f->kind == FIGURE_HISTOGRAM)
        fputs("  ymin=0, xmin=0,\n", out);
    if (f->kind == FIGURE_BARS)
        fputs("  ymin=0, enlarge y limits={value=0.15, upper},\n", out);
    if (!f->log_x)
        fputs("  scaled x ticks=false, x tick label style={/pgf/number format/fixed, "
              "/pgf/number format/1000 sep={\\,}},\n",
              out);
    if (f->kind == FIGURE_TORNADO && f->interval)
        fputs("  xmin=0, xmax=104,\n", out);
    if (f->kind == FIGURE_HEAT)
        put_limits_of_cells(out, f);
    if (f->kind == FIGURE_HEAT)
        fprintf(out,
                "  enlargelimits=false, colormap={shoot}{rgb255=(247,251,255) "
                "rgb255=(107,174,214) rgb255=(8,48,107)}%s,\n",
                f->interval ? ", point meta min=0, point meta max=100" : "");
}

static void put_line(FILE *out, const struct figure *f, const struct figure_series *s,
                     uint32_t i)
{
    static const char *const marks[FIGURE_SERIES_MAX] = {
        "*",         "square*", "triangle*", "diamond*",
        "pentagon*", "o",       "square",    "triangle"};
    fprintf(out, "\\addplot[color=shoot%u, mark=%s, mark size=1.2pt, semithick", i,
            marks[i % FIGURE_SERIES_MAX]);
    if (f->interval)
        fputs(", error bars/.cd, y dir=both, y explicit", out);
    fputs("] coordinates {", out);
    for (uint32_t k = 0; k < s->n; k++) {
        const double *v = s->rows[k].v;
        fprintf(out, "%s(%.6g,%.5g)", k % 6 ? " " : "\n  ", v[0], v[1]);
        if (f->interval)
            fprintf(out, " += (0,%.4g) -= (0,%.4g)", v[3] - v[1], v[1] - v[2]);
    }
    fputs("};\n", out);
}

static void put_ecdf(FILE *out, const struct figure_series *s, uint32_t i)
{
    double shown = -1;
    fprintf(out, "\\addplot[color=shoot%u, const plot, semithick] coordinates {", i);
    for (uint32_t k = 0, n = 0; k < s->n; k++) {
        const double *v = s->rows[k].v;
        if (v[1] - shown < STEPS_SHOWN && k + 2 < s->n && k > 0)
            continue;
        fprintf(out, "%s(%.6g,%.4g)", ++n % 8 ? " " : "\n  ", v[0], v[1]);
        shown = v[1];
    }
    fputs("};\n", out);
}

static void put_histogram(FILE *out, const struct figure_series *s, uint32_t i)
{
    fprintf(out, "\\addplot[color=shoot%u, const plot, semithick] coordinates {", i);
    for (uint32_t k = 0; k < s->n; k++)
        fprintf(out, "%s(%.6g,%.6g)", k % 8 ? " " : "\n  ", s->rows[k].v[0],
                s->rows[k].v[2]);
    if (s->n)
        fprintf(out, " (%.6g,0)", s->rows[s->n - 1].v[1]);
    fputs("};\n", out);
}

static void put_bars(FILE *out, const struct figure_panel *p)
{
    for (uint32_t i = 0; i < p->n_series; i++)
        if (p->series[i].n)
            fprintf(out,
                    "\\addplot[ybar, bar width=9pt, draw=none, fill=shoot%u, forget "
                    "plot, nodes near coords, every node near coord/.append "
                    "style={font=\\tiny, /pgf/number format/precision=3}] coordinates "
                    "{(%u,%.5g)};\n",
                    i, i, p->series[i].rows[0].v[1]);
}

static void put_tornado(FILE *out, const struct figure_series *s)
{
    for (uint32_t k = 0; k < s->n; k++)
        fprintf(out,
                "\\fill[shoot0!85] (axis cs:%.5g,%.2f) rectangle (axis cs:%.5g,%.2f);\n"
                "\\addplot[only marks, mark=x, forget plot] coordinates {(%.5g,%u)};\n",
                s->rows[k].v[1], k - 0.3, s->rows[k].v[2], k + 0.3, s->rows[k].v[3], k);
}

/* Filled rectangles: cells need no regular grid. */
static void put_heat(FILE *out, const struct figure *f, const struct figure_series *s)
{
    double dx = figure_half_step(s, 0, f->log_x), dy = figure_half_step(s, 1, f->log_y);
    fputs("\\addplot[only marks, mark=none, scatter, point meta=explicit, forget plot] "
          "coordinates {",
          out);
    for (uint32_t i = 0; i < s->n; i++)
        fprintf(out, "(%.6g,%.6g) [%.5g] ", s->rows[i].v[0], s->rows[i].v[1],
                s->rows[i].v[2]);
    fputs("};\n", out);
    for (uint32_t i = 0; i < s->n; i++) {
        const double *v = s->rows[i].v;
        double share = f->interval ? v[2] / 100 : 0.5;
        unsigned r = (unsigned)(247 - 239 * share), g = (unsigned)(251 - 203 * share),
                 b = (unsigned)(255 - 148 * share);
        fprintf(out,
                "\\fill[fill={rgb,255:red,%u;green,%u;blue,%u}] (axis cs:%.6g,%.6g) "
                "rectangle (axis cs:%.6g,%.6g);\n\\node[font=\\tiny%s] at (axis "
                "cs:%.6g,%.6g) {%.0f};\n",
                r, g, b, f->log_x ? v[0] / dx : v[0] - dx,
                f->log_y ? v[1] / dy : v[1] - dy, f->log_x ? v[0] * dx : v[0] + dx,
                f->log_y ? v[1] * dy : v[1] + dy, share > 0.5 ? ", white" : "", v[0],
                v[1], v[2]);
    }
}

static void put_limits(FILE *out, const struct figure *f, const struct figure_panel *p)
{
    const struct figure_series *s = &p->series[0];
    if (f->kind == FIGURE_TORNADO) {
        fputs(",\n  ytick={", out);
        for (uint32_t i = 0; i < s->n; i++)
            fprintf(out, "%s%u", i ? "," : "", i);
        fputs("}, yticklabels={", out);
        for (uint32_t i = 0; i < s->n; i++) {
            fputs(i ? ",{" : "{", out);
            report_latex(out, s->rows[i].label);
            fputc('}', out);
        }
        fprintf(out, "}, ymin=-0.6, ymax=%u.6", s->n ? s->n - 1 : 0);
    }
    if (f->kind == FIGURE_BARS) {
        fputs(",\n  xtick={", out);
        for (uint32_t i = 0; i < p->n_series; i++)
            fprintf(out, "%s%u", i ? "," : "", i);
        fputs("}, x tick label style={rotate=35, anchor=east}, xticklabels={", out);
        for (uint32_t i = 0; i < p->n_series; i++) {
            fputs(i ? ",{" : "{", out);
            report_latex(out, p->series[i].label);
            fputc('}', out);
        }
        fprintf(out, "}, xmin=-0.7, xmax=%u.7", p->n_series - 1);
    }
}

static void put_panel(FILE *out, const struct figure *f, uint32_t p, bool legend)
{
    const struct figure_panel *panel = &f->panels[p];
    fputs("\\nextgroupplot[title={", out);
    report_latex(out, panel->title);
    fputc('}', out);
    put_limits(out, f, panel);
    fputs("]\n", out);
    if (f->kind == FIGURE_BARS)
        put_bars(out, panel);
    for (uint32_t i = 0; i < panel->n_series; i++) {
        const struct figure_series *s = &panel->series[i];
        if (!s->n || f->kind == FIGURE_BARS)
            continue;
        if (f->kind == FIGURE_LINE)
            put_line(out, f, s, i);
        else if (f->kind == FIGURE_ECDF)
            put_ecdf(out, s, i);
        else if (f->kind == FIGURE_HISTOGRAM)
            put_histogram(out, s, i);
        else if (f->kind == FIGURE_TORNADO)
            put_tornado(out, s);
        else
            put_heat(out, f, s);
        if (legend && s->label[0]) {
            fputs("\\addlegendentry{", out);
            report_latex(out, s->label);
            fputs("}\n", out);
        }
    }
}

enum status figure_write_pgfplots(FILE *out, const struct figure *f, struct err *err)
{
    uint32_t columns = f->n_panels < 3 ? f->n_panels : f->n_panels == 4 ? 2 : 3;
    bool lines =
        f->kind == FIGURE_LINE || f->kind == FIGURE_ECDF || f->kind == FIGURE_HISTOGRAM;
    static const char *const widths[] = {"0.62", "0.47", "0.36"};
    fprintf(out, "%% %s\n", f->title);
    for (uint32_t i = 0; i < FIGURE_SERIES_MAX; i++)
        fprintf(out, "\\definecolor{shoot%u}{HTML}{%s}\n", i, figure_color(i) + 1);
    fprintf(
        out,
        "\\begin{tikzpicture}\n\\begin{groupplot}[\n  group style={group size=%u by "
        "%u, horizontal sep=%s, vertical sep=2.2cm},\n  width=%s\\textwidth, "
        "height=%s\\textwidth,\n",
        columns, (f->n_panels + columns - 1) / columns,
        f->kind == FIGURE_TORNADO ? "4.6cm" : "1.5cm", widths[columns - 1],
        columns == 1   ? "0.40"
        : columns == 2 ? "0.34"
                       : "0.29");
    put_axis_options(out, f);
    fputs("]\n", out);
    for (uint32_t p = 0; p < f->n_panels; p++)
        put_panel(out, f, p, lines && p == 0);
    fputs("\\end{groupplot}\n\\end{tikzpicture}%\n", out);
    return fflush(out) || ferror(out)
               ? err_set(err, STATUS_STORE,
                         "a figure cannot be written; is the disk full?")
               : STATUS_OK;
}
