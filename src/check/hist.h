/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.h - a distribution of cycles with percentiles.
 *
 * Keeps every value, so percentiles are exact, up to CHECK_HIST_EXACT_MAX
 * values.  Beyond that it counts in buckets, 64 to each power of two: a
 * percentile is then at most 1/64 (1.6 %) above the true one, and the
 * maximum stays exact.  check_hist_exact() says which of the two it is.
 */
#ifndef CHECK_HIST_H
#define CHECK_HIST_H

#include "base/types.h"

#define CHECK_HIST_EXACT_MAX 1000000u
#define CHECK_HIST_SUB       64u /* Buckets per power of two. */
#define CHECK_HIST_BUCKETS   ((64u - 6u + 1u) * CHECK_HIST_SUB)

struct check_hist {
    uint64_t count, sum, max;
    uint32_t n, capacity; /* Of the values kept. */
    bool sorted;
    uint64_t *values;
    uint64_t *buckets; /* Null while exact. */
};

void check_hist_add(struct check_hist *hist, uint64_t value);

/* Adds all of 'more'. */
void check_hist_merge(struct check_hist *hist, const struct check_hist *more);

/* The smallest value with at least 'percent' per cent of all values at or
 * below it (nearest rank).  0 if there is none.  Sorts what it keeps. */
uint64_t check_hist_percentile(struct check_hist *hist, double percent);

/* Fills an empty 'hist' from the words that 'packed' describes: its values, or
 * its buckets if packed->buckets is not null (that pointer is not followed). */
void check_hist_load(struct check_hist *hist, const struct check_hist *packed,
                     const void *words);

bool check_hist_exact(const struct check_hist *hist);
void check_hist_clear(struct check_hist *hist);
void check_hist_free(struct check_hist *hist);

#endif
