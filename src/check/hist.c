/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hist.c - a distribution of cycles; see hist.h.
 */
#include "check/hist.h"

#include "check/grow.h"

#include <stdlib.h>
#include <string.h>

#define SUB_BITS 6u
_Static_assert(1u << SUB_BITS == CHECK_HIST_SUB, "64 buckets to a power of two");

/* Values below 64 have a bucket each; above, the top 6 bits after the leading
 * one choose it. */
static unsigned bucket_of(uint64_t value)
{
    if (value < CHECK_HIST_SUB)
        return (unsigned)value;
    unsigned top = 63u - (unsigned)__builtin_clzll(value);
    unsigned shift = top - SUB_BITS;
    return (shift + 1) * CHECK_HIST_SUB + (unsigned)(value >> shift) - CHECK_HIST_SUB;
}

/* The largest value of a bucket. */
static uint64_t bucket_end(unsigned bucket)
{
    if (bucket < CHECK_HIST_SUB)
        return bucket;
    unsigned shift = bucket / CHECK_HIST_SUB - 1;
    uint64_t low = (uint64_t)(bucket % CHECK_HIST_SUB + CHECK_HIST_SUB) << shift;
    return low + ((UINT64_C(1) << shift) - 1);
}

static void to_buckets(struct check_hist *hist)
{
    hist->buckets = check_take(CHECK_HIST_BUCKETS, sizeof *hist->buckets);
    for (uint32_t i = 0; i < hist->n; i++)
        hist->buckets[bucket_of(hist->values[i])]++;
    check_give(hist->values);
    hist->values = NULL;
    hist->n = hist->capacity = 0;
}

void check_hist_add(struct check_hist *hist, uint64_t value)
{
    hist->count++;
    hist->sum += value;
    if (hist->max < value)
        hist->max = value;
    if (!hist->buckets && hist->n == CHECK_HIST_EXACT_MAX)
        to_buckets(hist);
    if (hist->buckets) {
        hist->buckets[bucket_of(value)]++;
        return;
    }
    hist->values =
        check_grow(hist->values, &hist->capacity, hist->n + 1, sizeof *hist->values);
    hist->values[hist->n++] = value;
    hist->sorted = false;
}

void check_hist_merge(struct check_hist *hist, const struct check_hist *more)
{
    for (uint32_t i = 0; i < more->n; i++)
        check_hist_add(hist, more->values[i]);
    if (!more->buckets)
        return;
    if (!hist->buckets)
        to_buckets(hist);
    for (unsigned i = 0; i < CHECK_HIST_BUCKETS; i++)
        hist->buckets[i] += more->buckets[i];
    hist->count += more->count;
    hist->sum += more->sum;
    if (hist->max < more->max)
        hist->max = more->max;
}

static int by_value(const void *left, const void *right)
{
    const uint64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

static uint64_t from_buckets(const struct check_hist *hist, uint64_t rank)
{
    uint64_t below = 0;
    for (unsigned i = 0; i < CHECK_HIST_BUCKETS; i++) {
        below += hist->buckets[i];
        if (below >= rank)
            return bucket_end(i) < hist->max ? bucket_end(i) : hist->max;
    }
    return hist->max;
}

uint64_t check_hist_percentile(struct check_hist *hist, double percent)
{
    if (hist->count == 0)
        return 0;
    double exact = percent / 100.0 * (double)hist->count;
    uint64_t rank = (uint64_t)exact;
    if ((double)rank < exact || rank == 0)
        rank++;
    if (rank > hist->count)
        rank = hist->count;
    if (hist->buckets)
        return from_buckets(hist, rank);
    if (!hist->sorted)
        qsort(hist->values, hist->n, sizeof *hist->values, by_value);
    hist->sorted = true;
    return hist->values[rank - 1];
}

void check_hist_load(struct check_hist *hist, const struct check_hist *packed,
                     const void *words)
{
    *hist = (struct check_hist){
        .count = packed->count,
        .sum = packed->sum,
        .max = packed->max,
    };
    if (packed->buckets) {
        hist->buckets = check_take(CHECK_HIST_BUCKETS, sizeof *hist->buckets);
        memcpy(hist->buckets, words, CHECK_HIST_BUCKETS * sizeof *hist->buckets);
    } else if (packed->n) {
        hist->values =
            check_grow(NULL, &hist->capacity, packed->n, sizeof *hist->values);
        memcpy(hist->values, words, packed->n * sizeof *hist->values);
        hist->n = packed->n;
    }
}

bool check_hist_exact(const struct check_hist *hist)
{
    return hist->buckets == NULL;
}

void check_hist_clear(struct check_hist *hist)
{
    check_give(hist->buckets);
    hist->buckets = NULL;
    hist->count = hist->sum = hist->max = 0;
    hist->n = 0;
    hist->sorted = false;
}

void check_hist_free(struct check_hist *hist)
{
    check_hist_clear(hist);
    check_give(hist->values);
    *hist = (struct check_hist){0};
}
