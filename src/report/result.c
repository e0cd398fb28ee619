/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result.c - adds up trials; see result.h.
 */
#include "report/result.h"

#include "report/stats.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void run_result_take(struct run_result *one, const struct check *check,
                     struct tally *tally)
{
    one->trials = 1;
    if (check) {
        one->check = check_result(check)->counts;
        one->trials_violated = check_counts_under_lock(&one->check) > 0;
    }
    if (tally) {
        one->tally = *tally_numbers(tally);
        check_hist_clear(&one->latency);
        check_hist_clear(&one->exposure);
        check_hist_merge(&one->latency, tally_latency(tally));
        check_hist_merge(&one->exposure, tally_exposure(tally));
    }
}

static void hits_add(struct run_hits *sum, const struct run_hits *one)
{
    sum->hits += one->hits;
    sum->misses += one->misses;
}

static void expects_add(struct run_result *sum, const struct run_result *one)
{
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        sum->expects[i].trials += one->expects[i].trials;
        sum->expects[i].missed += one->expects[i].missed;
        sum->expects[i].expected += one->expects[i].expected;
        sum->expects[i].observed += one->expects[i].observed;
    }
}

static void segvs_add(struct run_result *sum, const struct run_result *one)
{
    for (uint32_t i = 0; i < one->n_segvs && sum->n_segvs < RUN_SEGVS_MAX; i++)
        sum->segvs[sum->n_segvs++] = one->segvs[i];
}

void run_result_add(struct run_result *sum, const struct run_result *one)
{
    expects_add(sum, one);
    segvs_add(sum, one);
    sum->trials += one->trials;
    sum->trials_violated += one->trials_violated;
    check_counts_add(&sum->check, &one->check);
    tally_numbers_add(&sum->tally, &one->tally);
    hits_add(&sum->l1d, &one->l1d);
    hits_add(&sum->l1i, &one->l1i);
    hits_add(&sum->l2d, &one->l2d);
    hits_add(&sum->l2i, &one->l2i);
    sum->walks += one->walks;
    sum->walk_cycles += one->walk_cycles;
    sum->ops += one->ops;
    sum->cycles += one->cycles;
    check_hist_merge(&sum->latency, &one->latency);
    check_hist_merge(&sum->exposure, &one->exposure);
}

/*
 * Packed:  struct run_result | latency | exposure
 * each distribution: its values, or its buckets if it has any.
 */
static size_t hist_words(const struct check_hist *hist)
{
    return hist->buckets ? CHECK_HIST_BUCKETS : hist->n;
}

static void *hist_pack(void *to, const struct check_hist *hist)
{
    size_t bytes = hist_words(hist) * sizeof(uint64_t);
    if (bytes)
        memcpy(to, hist->buckets ? hist->buckets : hist->values, bytes);
    return (char *)to + bytes;
}

void *run_result_pack(const struct run_result *one, size_t *n)
{
    size_t words = hist_words(&one->latency) + hist_words(&one->exposure);
    *n = sizeof *one + words * sizeof(uint64_t);
    char *bytes = malloc(*n);
    assert(bytes != NULL);
    memcpy(bytes, one, sizeof *one);
    hist_pack(hist_pack(bytes + sizeof *one, &one->latency), &one->exposure);
    return bytes;
}

/* 'hist' still holds the pointers of the process that packed it: only whether
 * there were buckets counts. */
static const char *hist_unpack(struct check_hist *hist, const char *from,
                               const char *end)
{
    struct check_hist packed = *hist;
    size_t words = hist_words(&packed);
    *hist = (struct check_hist){0};
    if ((size_t)(end - from) / sizeof(uint64_t) < words)
        return NULL;
    check_hist_load(hist, &packed, from);
    return from + words * sizeof(uint64_t);
}

bool run_result_unpack(struct run_result *one, const void *bytes, size_t n)
{
    if (n < sizeof *one)
        return false;
    const char *end = (const char *)bytes + n;
    memcpy(one, bytes, sizeof *one);
    const char *at = hist_unpack(&one->latency, (const char *)bytes + sizeof *one, end);
    if (!at) {
        one->exposure = (struct check_hist){0};
        return false;
    }
    return hist_unpack(&one->exposure, at, end) == end;
}

bool run_result_as_expected(const struct run_result *result)
{
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        if (result->expects[i].missed)
            return false;
    return true;
}

double run_result_rate(const struct run_result *result)
{
    return result->trials ? (double)result->trials_violated / (double)result->trials
                          : 0;
}

void run_result_interval(const struct run_result *result, double *low, double *high)
{
    stats_clopper_pearson(result->trials_violated, result->trials, 0.95, low, high);
}

double run_result_faults_per_page(const struct run_result *result)
{
    const struct tally_numbers *n = &result->tally;
    return n->cow_done ? (double)n->cow_faults / (double)n->cow_done : 0;
}

void run_result_clear(struct run_result *result)
{
    check_hist_free(&result->latency);
    check_hist_free(&result->exposure);
}
