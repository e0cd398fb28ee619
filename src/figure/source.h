/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.h - the values that a figure shows, point by point. Private to src/figure.
 */
#ifndef FIGURE_SOURCE_H
#define FIGURE_SOURCE_H

#include "figure/points.h"

enum source_kind {
    SOURCE_RATE,         /* Trials violated of trials; pooled, with an interval. */
    SOURCE_COLUMN,       /* A number per point. */
    SOURCE_DISTRIBUTION, /* Values with counts. */
    SOURCE_PERCENTILE,   /* One number of a distribution. */
};

struct source {
    enum source_kind kind;
    char column[64]; /* Or the name of the distribution. */
    double percent;  /* SOURCE_PERCENTILE */
    bool relative;   /* Divided by that of the first protocol, all else equal. */
};

/* What is "rate", "faults", "relative.mean_duration_cycles", "exposure",
 * "exposure.p99".  STATUS_CONFIG if the file has no such thing. */
enum status source_find(struct source *source, const char *y, struct results *results,
                        struct err *err);

/* One value: of the point in 'row'.  'count' is how often it came; for a rate, 'value'
 * is the number of violated trials and 'count' that of all. */
typedef bool source_take(void *context, uint32_t row, double value, uint64_t count);

/* Hands out all values: a point's in ascending order if it has several. A false answer
 * ends it: out of memory. */
enum status source_scan(const struct source *source, const struct points *points,
                        struct results *results, source_take *take, void *context,
                        struct err *err);

/* What an axis says about 'y', with its unit: "Shootdown latency, p99 [cycles]". */
void source_label(const struct source *source, char *text, size_t n);

#endif
