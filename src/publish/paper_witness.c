/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * paper_witness.c - the violation that the paper shows: witness.tex, and its section in
 * report.tex. See publication.h.
 */
#include "publish/publication.h"

#include "report/latex.h"

#include <inttypes.h>

/* The violation that the paper draws: the first under lock. Null if there is none. */
static const struct publish_shown *shown_in_paper(const struct publication *p)
{
    for (uint32_t i = 0; i < p->n_shown; i++)
        if (p->shown[i].witness.v.under_lock)
            return &p->shown[i];
    return NULL;
}

enum status publish_witness(struct publication *p, struct err *err)
{
    const struct publish_shown *shown = shown_in_paper(p);
    struct publish_file file;
    if (!shown)
        return STATUS_OK;
    if (publish_open(&file, err))
        return err->status;
    return publish_close(
        &file, &p->paper, "witness.tex",
        witness_tikz(file.stream, &shown->witness, shown->core_mhz, err), err);
}

static void put_witness_caption(FILE *out, const struct publication *p,
                                const struct publish_shown *shown)
{
    char point[300];
    publish_point(p, shown->point, point, sizeof point);
    fprintf(out, "\\caption{Violation %" PRIu64 " (%s) under ", shown->number,
            check_rule_name(shown->witness.v.rule));
    report_latex(out, shown->witness.protocol);
    fprintf(out, ": point %" PRIu64 "%s", shown->point, point[0] ? " (" : "");
    report_latex(out, point);
    fprintf(out,
            "%s, trial %" PRIu64 ", seed %" PRIu64
            ". The same seed gives the same violation again.}\n",
            point[0] ? ")" : "", shown->trial, shown->seed);
}

void publish_witness_section(FILE *out, const struct publication *p)
{
    const struct publish_shown *shown = shown_in_paper(p);
    if (!shown)
        return;
    fputs("\\section{A witness}\n\\begin{sloppypar}\n", out);
    report_latex(out, shown->witness.sentence);
    fputs("\nFigure~\\ref{fig:witness} shows it.\n\\end{sloppypar}\n\n"
          "\\begin{figure}[ht]\\centering\n\\input{witness}\n",
          out);
    put_witness_caption(out, p, shown);
    fputs("\\label{fig:witness}\n\\end{figure}\n\n", out);
}
