/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paper.c - report.tex and what it inputs: macros, tables, references.
 * See paper_methods.c and paper_witness.c for the rest.
 *
 * A paper takes the pieces; report.tex shows that they compile, and how.
 */
#include "publish/publication.h"

#include "config/json_strict.h"
#include "report/latex.h"

#include <inttypes.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#define POINTS_IN_TABLE 200u
#define THIN            "\\,"

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

static enum status prepare(struct publication *p, const char *sql, sqlite3_stmt **s,
                           struct err *err)
{
    return sqlite3_prepare_v2(results_db(p->results), sql, -1, s, NULL) == SQLITE_OK
               ? STATUS_OK
               : fail(p, err);
}

typedef enum status write_fn(FILE *out, struct publication *p, struct err *err);

static enum status write_as(struct publication *p, const struct output_dir *dir,
                            const char *name, write_fn *write, struct err *err)
{
    struct publish_file file;
    if (publish_open(&file, err))
        return err->status;
    return publish_close(&file, dir, name, write(file.stream, p, err), err);
}

/* ---- macros
 * ----------------------------------------------------------------------- */

static void put_macro(FILE *out, const char *base, const char *suffix,
                      const char *value)
{
    fprintf(out, "\\newcommand{\\%s%s}{%s}\n", base, suffix, value);
}

static void put_count(FILE *out, const char *base, const char *suffix, uint64_t value)
{
    char text[64];
    put_macro(out, base, suffix, publish_number(value, THIN, text));
}

static void put_share(FILE *out, const char *base, const char *suffix, double share)
{
    char text[32];
    put_macro(out, base, suffix, publish_percent(share, text));
}

/* Two protocols may come to one name ("a_b" and "ab"): the later one gets an X. */
static void name_total(const struct publication *p, uint32_t at, char *name, size_t n)
{
    char other[96];
    publish_macro_name(p->totals[at].protocol, name, n);
    for (uint32_t i = 0; i < at; i++) {
        name_total(p, i, other, sizeof other);
        if (strcmp(other, name) == 0 && strlen(name) + 1 < n)
            strcat(name, "X");
    }
}

static void put_protocol_macros(FILE *out, const struct publication *p, uint32_t i)
{
    const struct publish_total *t = &p->totals[i];
    char name[96], text[32];
    name_total(p, i, name, sizeof name);
    fprintf(out, "\n%% %s: over %" PRIu64 " points; shares in per cent\n", t->protocol,
            t->points);
    put_count(out, name, "Trials", t->trials);
    put_count(out, name, "Violated", t->violated);
    put_share(out, name, "Rate", t->rate);
    put_share(out, name, "RateLow", t->low);
    put_share(out, name, "RateHigh", t->high);
    if (t->violated == 0)
        put_share(out, name, "RateBound", t->zero_bound);
    put_count(out, name, "ViolationsUnderLock", t->under_lock);
    put_count(out, name, "Copies", t->cow_copies);
    if (t->cow_copies) {
        snprintf(text, sizeof text, "%.3f",
                 (double)(t->cow_copies + t->upgrades) / (double)t->cow_copies);
        put_macro(out, name, "FaultsPerPage", text);
    }
    snprintf(text, sizeof text, "%.0f", t->mean_cycles);
    put_count(out, name, "MeanCycles", (uint64_t)llround(t->mean_cycles));
    if (t->relative_cycles > 0) {
        snprintf(text, sizeof text, "%.4f", t->relative_cycles);
        put_macro(out, name, "RelativeTime", text);
    }
}

static enum status put_macros(FILE *out, struct publication *p, struct err *err)
{
    (void)err;
    fputs(
        "% macros.tex - the numbers of this report under names, so that a paper "
        "retypes none.\n"
        "% A rate is the share of trials with at least one violation under lock, over "
        "all points\n"
        "% of the protocol; Low and High are its exact (Clopper-Pearson) 95 % "
        "interval; RateBound,\n"
        "% where no trial was violated, is the one-sided 95 % bound. RelativeTime: "
        "duration of a run\n"
        "% over that under the first protocol, all else equal, mean over the "
        "points.\n\n",
        out);
    put_count(out, "Report", "Points", p->n_points);
    put_count(out, "Report", "Trials", p->n_trials);
    put_count(out, "Report", "FailedTrials", p->n_failed);
    put_count(out, "Report", "Violations", p->n_violations);
    put_count(out, "Report", "ViolationsUnderLock", p->n_under_lock);
    for (uint32_t i = 0; i < p->n_totals; i++)
        put_protocol_macros(out, p, i);
    return STATUS_OK;
}

/* ---- tables
 * ----------------------------------------------------------------------- */

static void put_interval(FILE *out, double low, double high)
{
    char a[32], b[32];
    fprintf(out, "[%s, %s]", publish_percent(low, a), publish_percent(high, b));
}

static void put_total_row(FILE *out, const struct publish_total *t)
{
    char text[64];
    report_latex(out, t->protocol);
    fprintf(out, " & %s", publish_number(t->trials, THIN, text));
    fprintf(out, " & %s", publish_number(t->violated, THIN, text));
    fprintf(out, " & %s & ", publish_percent(t->rate, text));
    put_interval(out, t->low, t->high);
    fprintf(out, " & %s", publish_number(t->stale, THIN, text));
    fprintf(out, " & %s", publish_number(t->torn, THIN, text));
    fprintf(out, " & %s", publish_number(t->lost + t->mutex + t->reuse, THIN, text));
    if (t->cow_copies)
        fprintf(out, " & %.2f",
                (double)(t->cow_copies + t->upgrades) / (double)t->cow_copies);
    else
        fputs(" & --", out);
    if (t->relative_cycles > 0)
        fprintf(out, " & %.3f", t->relative_cycles);
    else
        fputs(" & --", out);
    fputs(" \\\\\n", out);
}

static enum status put_protocols_table(FILE *out, struct publication *p,
                                       struct err *err)
{
    (void)err;
    fputs("% needs booktabs\n\\begin{tabular}{@{}lrrrcrrrrr@{}}\n\\toprule\n"
          "Protocol & Trials & Violated & Rate [\\%] & 95\\,\\% CI & Stale & Torn & "
          "Other & Faults/page & Time \\\\\n\\midrule\n",
          out);
    for (uint32_t i = 0; i < p->n_totals; i++)
        put_total_row(out, &p->totals[i]);
    fputs("\\bottomrule\n\\end{tabular}%\n", out);
    return STATUS_OK;
}

static void put_dims_head(FILE *out, const struct points *points)
{
    char label[96];
    for (uint32_t d = 0; d < points->n_dims; d++) {
        figure_key_label(points->dims[d].key, points->dims[d].unit, label,
                         sizeof label);
        if (strcmp(points->dims[d].key, "protocol") == 0)
            snprintf(label, sizeof label, "Protocol");
        else if (strcmp(points->dims[d].key, "cores") == 0)
            snprintf(label, sizeof label, "CPUs");
        report_latex(out, label);
        fputs(" & ", out);
    }
}

static void put_dims(FILE *out, const struct points *points, uint32_t row)
{
    for (uint32_t d = 0; d < points->n_dims && row != UINT32_MAX; d++) {
        uint32_t place = points_place(points, row, d);
        if (place != UINT32_MAX)
            report_latex(out, points->dims[d].values[place].text);
        fputs(" & ", out);
    }
}

static enum status put_points_table(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    int code;
    if (p->points.n > POINTS_IN_TABLE) {
        fprintf(out,
                "%% %" PRIu32 " points are too many for a table in print; they are in "
                "the results file\n%% (sim export -w points).\n",
                p->points.n);
        return STATUS_OK;
    }
    if (prepare(p,
                "SELECT point_id, trials, trials_violated, rate, rate_wilson_low,"
                " rate_wilson_high FROM point_result ORDER BY point_id",
                &s, err))
        return err->status;
    fputs("% needs booktabs and longtable\n\\begin{longtable}{@{}", out);
    for (uint32_t d = 0; d < p->points.n_dims; d++)
        fputc(p->points.dims[d].numeric ? 'r' : 'l', out);
    fputs("rrrc@{}}\n\\toprule\n", out);
    put_dims_head(out, &p->points);
    fputs("Trials & Violated & Rate [\\%] & 95\\,\\% CI "
          "\\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot\n",
          out);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        char text[64];
        put_dims(out, &p->points,
                 points_row(&p->points, (uint64_t)sqlite3_column_int64(s, 0)));
        fprintf(out, "%s & ",
                publish_number((uint64_t)sqlite3_column_int64(s, 1), THIN, text));
        fprintf(out, "%s & ",
                publish_number((uint64_t)sqlite3_column_int64(s, 2), THIN, text));
        fprintf(out, "%s & ", publish_percent(sqlite3_column_double(s, 3), text));
        put_interval(out, sqlite3_column_double(s, 4), sqlite3_column_double(s, 5));
        fputs(" \\\\\n", out);
    }
    fputs("\\end{longtable}\n", out);
    sqlite3_finalize(s);
    return code == SQLITE_DONE ? STATUS_OK : fail(p, err);
}

/* ---- references
 * ------------------------------------------------------------------- */

static void put_misc(FILE *out, const char *key, const char *text)
{
    fprintf(out, "@misc{shootdown-%s,\n  title = {{", key);
    report_latex(out, text);
    fputs("}},\n}\n\n", out);
}

/* The root's "sources" of a machine file: {"SGX": "sgx-step, ..."}. */
static enum status put_sources(FILE *out, const char *path, struct err *err)
{
    char *text;
    size_t n;
    struct json *root;
    if (json_read_file(path, &text, &n, err))
        return err->status;
    enum status status = json_parse(path, text, n, 0, &root, err);
    free(text);
    if (status)
        return status;
    const struct json *sources = json_find(root, "sources");
    for (const struct json *s = sources ? sources->first : NULL; s; s = s->next)
        if (s->type == JSON_STRING)
            put_misc(out, s->key, s->text);
    json_destroy(root);
    return STATUS_OK;
}

static enum status put_references(FILE *out, struct publication *p, struct err *err)
{
    fputs(
        "% references.bib - the bug, its cure, the rules of the hardware, and where "
        "the numbers of\n% the machine come from (the \"sources\" of its "
        "configuration).\n\n"
        "@misc{freebsd-pr225584,\n  title = {{FreeBSD PR 225584: repeated kernel "
        "build failures and crashes on Ryzen}},\n"
        "  howpublished = {\\url{https://bugs.freebsd.org/225584}},\n}\n\n"
        "@misc{freebsd-d14347,\n  author = {Belousov, Konstantin},\n  title = "
        "{{FreeBSD D14347, committed as r329254: ensure memory consistency on COW}},\n"
        "  howpublished = {\\url{https://reviews.freebsd.org/D14347}},\n  year = "
        "{2018},\n}\n\n"
        "@manual{intel-sdm,\n  title = {{Intel 64 and IA-32 Architectures Software "
        "Developer's Manual, volume 3A}},\n  organization = {Intel},\n  note = "
        "{sections 4.10 (caching translation information) and 10 (APIC)},\n}\n\n"
        "@manual{amd-apm,\n  title = {{AMD64 Architecture Programmer's Manual, volume "
        "2}},\n  organization = {AMD},\n  note = {sections 5.4 to 5.8},\n}\n\n",
        out);
    return p->options->machine_file ? put_sources(out, p->options->machine_file, err)
                                    : STATUS_OK;
}

/* ---- the paper
 * -------------------------------------------------------------------- */

static void put_caption(FILE *out, const struct figure *f)
{
    fputs("\\caption{", out);
    report_latex(out, f->title);
    fputs(".", out);
    if (f->interval && (f->kind == FIGURE_LINE || f->kind == FIGURE_BARS))
        fputs(" Bars: Wilson's 95\\,\\% interval.", out);
    if (f->pooled)
        fputs(f->interval ? " Several points share a place; their trials are added up."
                          : " Means over all points of the protocol.",
              out);
    if (f->kind == FIGURE_TORNADO)
        fputs(" Each bar runs from the value of the parameter with the lowest mean to "
              "that with the highest; the cross is the mean.",
              out);
    if (f->panels_left_out)
        fprintf(out, " %" PRIu32 " of %" PRIu32 " panels are shown.", f->n_panels,
                f->n_panels + f->panels_left_out);
    fputs("}\n", out);
}

static void put_preamble(FILE *out)
{
    fputs("% report.tex - compiles on its own: latexmk -pdf report.tex\n"
          "\\documentclass[10pt]{article}\n\\usepackage[T1]{fontenc}\n"
          "\\usepackage[a4paper,margin=2.2cm]{geometry}\n"
          "\\IfFileExists{lmodern.sty}{\\usepackage{lmodern}}"
          "{\\usepackage{mathptmx,helvet,courier}} % no bitmaps\n"
          "\\usepackage{booktabs,longtable,graphicx,xcolor,pgfplots,url}\n"
          "\\usetikzlibrary{patterns,arrows.meta}\n"
          "\\pgfplotsset{compat=1.16}\n\\usepgfplotslibrary{groupplots}\n"
          "\\setlength{\\LTcapwidth}{\\textwidth}\n"
          "\\input{macros}\n\\title{Stale translations under lock}\n"
          "\\author{Generated by sim "
          "report}\n\\date{}\n\\begin{document}\n\\maketitle\n\n",
          out);
}

/* A line per protocol, with its macros. */
static void put_result(FILE *out, const struct publication *p)
{
    char name[96];
    fputs("\\section{Result}\n", out);
    fputs(
        "Over \\ReportTrials{} trials at \\ReportPoints{} points:\n\\begin{itemize}\n",
        out);
    for (uint32_t i = 0; i < p->n_totals; i++) {
        const struct publish_total *t = &p->totals[i];
        name_total(p, i, name, sizeof name);
        fputs("\\item \\texttt{", out);
        report_latex(out, t->protocol);
        if (t->violated)
            fprintf(
                out,
                "}: \\%sRate\\,\\%% of the trials were violated under lock (95\\,\\%% "
                "interval \\%sRateLow{} to \\%sRateHigh\\,\\%%).\n",
                name, name, name);
        else
            fprintf(out,
                    "}: none of \\%sTrials{} trials was violated; with 95\\,\\%% "
                    "confidence the rate is below \\%sRateBound\\,\\%%.\n",
                    name, name);
    }
    fputs(
        "\\end{itemize}\nThe bug is FreeBSD's PR 225584~\\cite{freebsd-pr225584}, its "
        "cure the two-stage order of D14347~\\cite{freebsd-d14347}.\n\n",
        out);
}

static void put_methods_and_numbers(FILE *out)
{
    fputs(
        "\\section{Methods}\n\\input{methods}\n\n"
        "\\section{Numbers}\n"
        "\\begin{table}[h]\\centering\\footnotesize\n\\caption{All points of a "
        "protocol "
        "together. Stale, torn, other: violations. Faults/page: faults per page "
        "copied. Time: duration of a run over that under the first protocol, all else "
        "equal.}\n\\medskip\n\\resizebox{\\textwidth}{!}{\\input{tables/protocols}}\n"
        "\\end{table}\n\n",
        out);
}

static void put_figures(FILE *out, const struct publication *p)
{
    for (uint32_t i = 0; i < p->n_figures; i++) {
        const struct figure *f = p->figures[i];
        bool wide = f->n_panels > 1;
        fprintf(out, "\\begin{figure}[p]\\centering\n%s\\input{figures/%s}%s\n",
                wide ? "\\resizebox{\\textwidth}{!}{" : "", f->name, wide ? "}" : "");
        put_caption(out, f);
        fputs("\\end{figure}\n\n", out);
    }
}

static enum status put_paper(FILE *out, struct publication *p, struct err *err)
{
    (void)err;
    put_preamble(out);
    put_result(out, p);
    put_methods_and_numbers(out);
    publish_witness_section(out, p);
    put_figures(out, p);
    fputs("\\clearpage\n\\section{Points}\n{\\footnotesize\n\\input{tables/points}}\n\n"
          "\\bibliographystyle{plain}\n\\bibliography{references}\n\\end{document}\n",
          out);
    return STATUS_OK;
}

enum status publish_paper(struct publication *p, struct err *err)
{
    const struct {
        const struct output_dir *dir;
        const char *name;
        write_fn *write;
    } files[] = {
        {&p->paper, "macros.tex", put_macros},
        {&p->paper, "methods.tex", publish_methods},
        {&p->paper, "references.bib", put_references},
        {&p->tables_dir, "protocols.tex", put_protocols_table},
        {&p->tables_dir, "points.tex", put_points_table},
        {&p->paper, "report.tex", put_paper},
    };
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (write_as(p, files[i].dir, files[i].name, files[i].write, err))
            return err->status;
    return publish_witness(p, err);
}
