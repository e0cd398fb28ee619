/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timeline.h - a witness as rows of a picture; private to src/report.
 *
 *   timeline_rows.c   what is worth a row, and in which words
 *   timeline.c        draws the rows in columns
 */
#ifndef REPORT_TIMELINE_H
#define REPORT_TIMELINE_H

#include "report/words.h"

#define TIMELINE_COLUMNS_MAX 5u
#define TIMELINE_ROWS_MAX    (CHECK_WITNESS_MAX + 8u)
#define TIMELINE_ROWS_WANTED 44u /* More than this, and the boring ones go. */
#define TIMELINE_NO_ARROW    UINT32_MAX

struct timeline_row {
    cycle_t cycle;
    uint32_t column;
    uint32_t arrow; /* Column it points to, or TIMELINE_NO_ARROW. */
    enum report_color color;
    bool boring;       /* Goes first when there are too many rows. */
    bool takes, gives; /* A lock. */
    bool steps;        /* Kernel steps: the next one may join it. */
    bool verdict;      /* Belongs to the row above: no time of its own. */
    char text[160];
};

/* From 'from' on, until 'to', something holds in a column. */
struct timeline_span {
    uint32_t column;
    cycle_t from, to;
};

struct timeline {
    const struct check_violation *violation;
    const struct report_context *context;
    uint32_t n_columns;
    uint16_t cpu[TIMELINE_COLUMNS_MAX];
    uint32_t tid[TIMELINE_COLUMNS_MAX];
    uint32_t n_rows, n_dropped;
    struct timeline_row rows[TIMELINE_ROWS_MAX];
    uint32_t stale_frame; /* NO_FRAME: nothing was stale. */
    uint32_t n_stale, n_held;
    struct timeline_span stale[TIMELINE_ROWS_MAX]; /* TLB holds it. */
    struct timeline_span held[TIMELINE_ROWS_MAX];  /* A lock is held. */
};

/* Fills everything but 'violation' and 'context', which must be set. */
void timeline_fill(struct timeline *timeline);

#endif
