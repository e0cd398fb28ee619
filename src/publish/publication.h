/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * publication.h - what the writers of this folder share. Private to src/publish.
 */
#ifndef PUBLISH_PUBLICATION_H
#define PUBLISH_PUBLICATION_H

#include "figure/figure.h"
#include "publish/publish.h"
#include "witness/witness.h"

#define PUBLISH_FIGURES_MAX 64u

/* Sums over all points under one protocol. */
struct publish_total {
    char protocol[64];
    uint64_t points, trials, violated, violations, under_lock;
    uint64_t stale, torn, lost, mutex, reuse, races;
    uint64_t faults, cow_copies, upgrades, shootdowns, ipis;
    double rate, low, high; /* Share of trials; Clopper and Pearson, 95 %. */
    double zero_bound;      /* Without a violated trial: the rate is below. */
    double mean_cycles;     /* Of a run. */
    double relative_cycles; /* To the first protocol, all else equal; 0: unknown. */
};

/* A violation with a witness that the report draws.  Its number is its place among all
 * violations of the file, from 1: #violation-3. */
struct publish_shown {
    uint64_t number, point, trial, seed;
    double core_mhz;
    struct witness witness;
};

#define PUBLISH_SHOWN_MAX 60u

struct publication {
    struct results *results;
    const struct output_dir *dir;
    const struct publish_options *options;
    struct publish_done *done;
    struct output_dir paper, figures_dir, tables_dir;
    struct points points;
    struct figure *figures[PUBLISH_FIGURES_MAX];
    bool drawn[PUBLISH_FIGURES_MAX]; /* NAME.svg and NAME-1.svg ... are there. */
    uint32_t n_figures;
    struct publish_total *totals;
    uint32_t n_totals;
    struct publish_shown *shown;
    uint32_t n_shown;
    uint64_t n_rows, n_witnesses; /* Violations with a row; with a witness. */
    uint64_t n_points, n_open, n_trials, n_failed, n_violations, n_under_lock;
};

/* totals.c */
enum status publish_totals(struct publication *p, struct err *err);

/* figures.c: builds, writes and draws all figures. */
enum status publish_figures(struct publication *p, struct err *err);

/* paper.c */
enum status publish_paper(struct publication *p, struct err *err);

/* paper_methods.c */
enum status publish_methods(FILE *out, struct publication *p, struct err *err);

/* paper_witness.c: writes witness.tex, and the section of report.tex that shows it;
 * both do nothing if no violation under lock is among those shown. */
enum status publish_witness(struct publication *p, struct err *err);
void publish_witness_section(FILE *out, const struct publication *p);

/* shown.c: chooses the violations to draw, spread evenly, and reads their witnesses. */
enum status publish_choose(struct publication *p, struct err *err);
void publish_forget(struct publication *p);

/* violations.c: lists, and files for other viewers. */
enum status publish_violations(struct publication *p, struct err *err);

/* page.c */
enum status publish_page(struct publication *p, struct err *err);

/* ---- files.c: a file is written whole, or not at all */

struct publish_file {
    FILE *stream;
    char *bytes;
    size_t n;
};
enum status publish_open(struct publish_file *file, struct err *err);
/* Writes what went into the stream; 'status' of what was done meanwhile wins. */
enum status publish_close(struct publish_file *file, const struct output_dir *dir,
                          const char *name, enum status status, struct err *err);

/* ---- words.c */

/* "12.3 %" style of a share with as many digits as its size deserves. */
const char *publish_percent(double share, char text[32]);
/* "1 234 567" with thin blanks for HTML, "\," for LaTeX. */
const char *publish_number(uint64_t value, const char *gap, char text[64]);
/* What LaTeX takes for its own is escaped; a character that it does not have becomes
 * "?". */
void publish_html(FILE *out, const char *text);
/* "single_stage" -> "SingleStage", "order-79" -> "OrderSevenNine". */
void publish_macro_name(const char *text, char *name, size_t n);
/* "ipi.delivery_ns 50, cores 16" of a point, without its protocol. */
void publish_point(const struct publication *p, uint64_t point, char *text, size_t n);

#endif
