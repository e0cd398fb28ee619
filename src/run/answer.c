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

static void put_check(FILE *out, const struct check_result *check)
{
    for (uint32_t i = 0; i < check->n_violations; i++) {
        const struct check_violation *v = &check->violations[i];
        put(out, v, sizeof *v);
        put(out, v->witness, v->n_witness * sizeof *v->witness);
    }
    put(out, check->races, check->n_races * sizeof *check->races);
}

/* The sums of one trial. */
static void *pack_sums(struct run *run, uint64_t trial,
                       const struct machine_stats *stats, size_t *n)
{
    struct run_result one = {
        .l1d = {stats->l1d_hits, stats->l1d_misses},
        .l1i = {stats->l1i_hits, stats->l1i_misses},
        .l2d = {stats->l2d_hits, stats->l2d_misses},
        .l2i = {stats->l2i_hits, stats->l2i_misses},
        .walks = stats->walks,
        .walk_cycles = stats->walk_cycles,
        .ops = stats->ops,
        .cycles = stats->cycles,
    };
    run_fill(run, trial, &one);
    void *bytes = run_result_pack(&one, n);
    run_result_clear(&one);
    return bytes;
}

enum status answer_pack(struct run *run, uint64_t trial,
                        const struct machine_outcome *outcome,
                        struct pool_answer *answer, struct err *err)
{
    char *bytes = NULL;
    struct answer_fixed fixed = {
        .end = outcome->end,
        .stats = outcome->stats,
        .check = *run_result(run),
    };
    memcpy(fixed.message, outcome->message, sizeof fixed.message);
    void *sums = pack_sums(run, trial, &outcome->stats, &fixed.n_packed);
    FILE *out = open_memstream(&bytes, &answer->n);
    if (!sums || !out)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    put(out, &fixed, sizeof fixed);
    put(out, sums, fixed.n_packed);
    put_check(out, &fixed.check);
    free(sums);
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

/* The struct is nothing but uint64_t counters. */
static void add_words(void *sum, const void *more, size_t bytes)
{
    uint64_t *s = sum;
    const uint64_t *m = more;
    for (size_t i = 0; i < bytes / sizeof *s; i++)
        s[i] += m[i];
}

_Static_assert(sizeof(struct machine_stats) % sizeof(uint64_t) == 0, "counters only");

/* The verdict that follows in the bytes, with memory of its own. */
static struct check_result get_check(struct cursor *c, const struct check_result *fixed)
{
    struct check_result check = *fixed;
    struct check_violation *v = malloc((check.n_violations + 1) * sizeof *v);
    assert(v);
    for (uint32_t i = 0; i < check.n_violations; i++) {
        get(c, &v[i], sizeof v[i]);
        v[i].witness = get_array(c, v[i].n_witness, sizeof *v[i].witness);
    }
    check.violations = v;
    check.races = get_array(c, check.n_races, sizeof *check.races);
    return check;
}

void answer_free_check(struct check_result *check)
{
    for (uint32_t i = 0; i < check->n_violations; i++)
        free((void *)(uintptr_t)check->violations[i].witness);
    free((void *)(uintptr_t)check->violations);
    free((void *)(uintptr_t)check->races);
}

static void keep(struct trials *sum, uint64_t trial, struct check_result check,
                 size_t max_kept)
{
    bool wanted = trial == 0 || (check.n_violations && sum->n_violations < max_kept);
    if (!wanted) {
        answer_free_check(&check);
        return;
    }
    /* Grows by one; kept trials are few and each cost a simulation. */
    sum->kept = realloc(sum->kept, (sum->n_kept + 1) * sizeof *sum->kept);
    assert(sum->kept);
    sum->kept[sum->n_kept++] = (struct trials_kept){trial, check};
    sum->n_violations += check.n_violations;
}

void answer_unpack(struct answer *answer, const void *bytes, size_t n)
{
    struct cursor c = {bytes, (const char *)bytes + n};
    *answer = (struct answer){.result = {.trials = 0}};
    get(&c, &answer->fixed, sizeof answer->fixed);
    void *sums = get_array(&c, answer->fixed.n_packed, 1);
    bool good = run_result_unpack(&answer->result, sums, answer->fixed.n_packed);
    assert(good); /* We packed it ourselves. */
    free(sums);
    answer->check = get_check(&c, &answer->fixed.check);
}

void answer_add(struct trials *sum, uint64_t trial, struct answer *answer,
                size_t max_kept)
{
    const struct answer_fixed *fixed = &answer->fixed;
    run_result_add(&sum->result, &answer->result);
    run_result_clear(&answer->result);
    sum->n_violated_any += check_counts_total(&fixed->check.counts) > 0;
    sum->n_ended[fixed->end]++;
    if (fixed->end != MACHINE_END_DONE && !sum->message[0]) {
        sum->first_bad = trial;
        memcpy(sum->message, fixed->message, sizeof sum->message);
    }
    add_words(&sum->stats, &fixed->stats, sizeof fixed->stats);
    keep(sum, trial, answer->check, max_kept);
}
