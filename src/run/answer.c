/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.c - packs and adds trials. See answer.h.
 */
#include "run/answer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(FILE *out, const void *bytes, size_t n)
{
    if (n)
        fwrite(bytes, 1, n, out);
}

/* A distribution: the struct with its pointers, then what they point to. */
static void put_hist(FILE *out, const struct check_hist *hist)
{
    put(out, hist, sizeof *hist);
    put(out, hist->values, hist->n * sizeof *hist->values);
    if (hist->buckets)
        put(out, hist->buckets, CHECK_HIST_BUCKETS * sizeof *hist->buckets);
}

enum status answer_pack(const struct answer_fixed *fixed, struct tally *tally,
                        const struct check_result *result, struct pool_answer *answer,
                        struct err *err)
{
    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, &answer->n);
    if (!out)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    put(out, fixed, sizeof *fixed);
    put_hist(out, tally_latency(tally));
    put_hist(out, tally_exposure(tally));
    for (uint32_t i = 0; i < fixed->n_violations; i++) {
        const struct check_violation *v = &result->violations[i];
        put(out, v, sizeof *v);
        put(out, v->witness, v->n_witness * sizeof *v->witness);
    }
    bool good = !ferror(out);
    good = fclose(out) == 0 && good;
    answer->bytes = bytes;
    return good ? STATUS_OK : err_set(err, STATUS_INTERNAL, "out of memory");
}

/* A place in the bytes of an answer. */
struct cursor {
    const char *at, *end;
};

static void get(struct cursor *c, void *out, size_t n)
{
    assert((size_t)(c->end - c->at) >= n); /* We wrote it ourselves. */
    if (n)
        memcpy(out, c->at, n);
    c->at += n;
}

static void *get_array(struct cursor *c, size_t n, size_t size)
{
    void *array = malloc(n * size + 1);
    assert(array);
    get(c, array, n * size);
    return array;
}

static void add_hist(struct check_hist *sum, struct cursor *c)
{
    struct check_hist hist;
    get(c, &hist, sizeof hist);
    hist.values = get_array(c, hist.n, sizeof *hist.values);
    hist.capacity = hist.n;
    if (hist.buckets)
        hist.buckets = get_array(c, CHECK_HIST_BUCKETS, sizeof *hist.buckets);
    check_hist_merge(sum, &hist);
    check_hist_free(&hist);
}

/* Both structs are nothing but uint64_t counters. */
static void add_words(void *sum, const void *more, size_t bytes)
{
    uint64_t *s = sum;
    const uint64_t *m = more;
    for (size_t i = 0; i < bytes / sizeof *s; i++)
        s[i] += m[i];
}

_Static_assert(sizeof(struct machine_stats) % sizeof(uint64_t) == 0, "counters only");
_Static_assert(sizeof(struct tally_numbers) % sizeof(uint64_t) == 0, "counters only");

static void add_violations(struct trials *sum, struct cursor *c, uint64_t trial,
                           const struct answer_fixed *fixed, size_t max_kept)
{
    for (uint32_t i = 0; i < fixed->n_violations; i++) {
        struct trials_violation v = {.trial = trial, .seed = fixed->seed};
        get(c, &v.violation, sizeof v.violation);
        v.violation.witness =
            get_array(c, v.violation.n_witness, sizeof *v.violation.witness);
        if (sum->n_kept >= max_kept) {
            free((void *)(uintptr_t)v.violation.witness);
            continue;
        }
        /* Grows by one; kept violations are few and each cost a simulation. */
        sum->kept = realloc(sum->kept, (sum->n_kept + 1) * sizeof *sum->kept);
        assert(sum->kept);
        sum->kept[sum->n_kept++] = v;
    }
}

void answer_add(struct trials *sum, uint64_t trial, const void *bytes, size_t n,
                size_t max_kept)
{
    struct cursor c = {bytes, (const char *)bytes + n};
    struct answer_fixed fixed;
    get(&c, &fixed, sizeof fixed);
    sum->n++;
    sum->n_violated += check_counts_under_lock(&fixed.counts) > 0;
    sum->n_violated_any += check_counts_total(&fixed.counts) > 0;
    sum->n_ended[fixed.end]++;
    if (fixed.end != MACHINE_END_DONE && !sum->message[0]) {
        sum->first_bad = trial;
        memcpy(sum->message, fixed.message, sizeof sum->message);
    }
    add_words(&sum->stats, &fixed.stats, sizeof fixed.stats);
    add_words(&sum->numbers, &fixed.numbers, sizeof fixed.numbers);
    check_counts_add(&sum->counts, &fixed.counts);
    add_hist(&sum->latency, &c);
    add_hist(&sum->exposure, &c);
    add_violations(sum, &c, trial, &fixed, max_kept);
}
