/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publish.h - from a results file to a page, a paper and files for other viewers.
 *
 *   report.html              one page that needs nothing else (page.c)
 *   violations.csv .jsonl    all of them (violations.c)
 *   violations.md            those with a witness, drawn as text
 *   witness/                 the same for Perfetto, GTKWave, Konata
 *   paper/report.tex         compiles on its own: latexmk -pdf report.tex (paper.c)
 *   paper/macros.tex         every headline number under a name
 *   paper/methods.tex        what was run, in words, and what is not modelled
 *   paper/witness.tex        a violation under lock as a picture, if one is drawn
 *   paper/tables/ figures/   to be \input; figures with their data beside them
 *   paper/references.bib     sources of the machine's numbers
 *
 * Equal results files give equal files, but for the dates that gnuplot and LaTeX put
 * into a PDF.
 */
#ifndef PUBLISH_PUBLISH_H
#define PUBLISH_PUBLISH_H

#include "base/output_dir.h"
#include "results/store.h"

#include <stdio.h>

struct publish_options {
    const char *name;           /* Of the results file, for the page. */
    const char *const *figures; /* JSON descriptions of more figures. */
    uint32_t n_figures;
    const char *machine_file; /* Of the machine, for its sources; null: unknown. */
    bool draw;                /* Run gnuplot. */
    FILE *messages;           /* What is worth saying; null: nobody reads. */
};

struct publish_done {
    uint32_t figures;
    uint64_t violations, timelines, rows_on_page;
    bool drawn; /* gnuplot was there. */
};

/* Writes everything into 'dir'.  STATUS_STORE, or STATUS_CONFIG for a description of a
 * figure. */
enum status publish(struct results *results, const struct output_dir *dir,
                    const struct publish_options *options, struct publish_done *done,
                    struct err *err);

#endif
