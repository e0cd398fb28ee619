/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trial.c - see trial.h.
 *
 *   head | values of the three distributions | violations, each with its witness
 */
#include "sweep/trial.h"

#include "report/rows.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LATENCY, EXPOSURE, STALE_AGE, N_DISTRIBUTIONS };
static const char *const names[N_DISTRIBUTIONS] = {"shootdown_latency", "exposure",
                                                   "stale_age"};

struct head {
    uint64_t counts[RESULTS_N_COUNTS];
    uint32_t n_values[N_DISTRIBUTIONS], n_violations;
    char end[16], message[400];
    bool failed;
};

/* A violation as it is packed; its witness follows. */
struct packed {
    char rule[8], va[24], symbol[96], lock[96], sentence[512];
    uint64_t at_cycle, cpu, thread, frame, current_frame, tlb_age, stale_age;
    uint64_t witness_bytes; /* With the 0 at the end; 0: none. */
    bool under_lock, has_stale_age;
};

/* ---- in the worker
 * --------------------------------------------------------------------- */

static void count(struct run *run, const struct machine_outcome *o, uint64_t *c)
{
    report_counts(&run_result(run)->counts, tally_numbers(run_tally(run)), c);
    c[RESULTS_EXPOSURES] = tally_exposure(run_tally(run))->count;
    c[RESULTS_L1D_HITS] = o->stats.l1d_hits;
    c[RESULTS_L1D_MISSES] = o->stats.l1d_misses;
    c[RESULTS_WALKS] = o->stats.walks;
    c[RESULTS_WALK_CYCLES] = o->stats.walk_cycles;
    c[RESULTS_OPERATIONS] = o->stats.ops;
    c[RESULTS_CYCLES] = o->stats.cycles;
}

static void name_address(void *context, uint32_t space, uint64_t va, char *text,
                         size_t n)
{
    trace_symbol(context, space, va, text, n);
}

static void put_violation(FILE *out, const struct run *run, struct trace *trace,
                          uint64_t trial, const struct check_violation *v, bool witness)
{
    struct packed p;
    char *line = NULL;
    size_t n = 0;
    memset(&p, 0, sizeof p);
    const struct check_names guest = {trace, name_address};
    if (witness)
        line =
            report_witness_line(v, run_config(run)->protocol.name, trial, &guest, &n);
    snprintf(p.rule, sizeof p.rule, "%s", check_rule_name(v->rule));
    snprintf(p.va, sizeof p.va, "0x%" PRIx64, v->va);
    trace_symbol(trace, v->space, v->va, p.symbol, sizeof p.symbol);
    if (v->has_lock)
        trace_symbol(trace, v->space, v->lock_va, p.lock, sizeof p.lock);
    check_sentence(v, &guest, p.sentence, sizeof p.sentence);
    p.at_cycle = v->cycle;
    p.cpu = v->cpu;
    p.thread = v->tid;
    p.frame = v->frame;
    p.current_frame = v->current_frame;
    p.tlb_age = v->tlb_age;
    p.has_stale_age = v->has_missed;
    p.stale_age = v->has_missed ? v->cycle - v->missed_cycle : 0;
    p.under_lock = v->under_lock;
    p.witness_bytes = n;
    fwrite(&p, sizeof p, 1, out);
    if (line)
        fwrite(line, 1, n, out);
    free(line);
}

static uint32_t put_hist(FILE *out, const struct check_hist *hist)
{
    fwrite(hist->values, sizeof *hist->values, hist->n, out);
    return hist->n;
}

static uint32_t put_ages(FILE *out, const struct check_result *check)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < check->n_violations; i++) {
        const struct check_violation *v = &check->violations[i];
        uint64_t age = v->cycle - v->missed_cycle;
        if (!v->has_missed)
            continue;
        fwrite(&age, sizeof age, 1, out);
        n++;
    }
    return n;
}

static enum status pack(struct run *run, struct trace *trace, uint64_t trial,
                        uint32_t n_witnesses, const struct machine_outcome *outcome,
                        FILE *out, struct err *err)
{
    struct head h;
    const struct check_result *check = run_result(run);
    const struct check_hist *latency = tally_latency(run_tally(run));
    const struct check_hist *exposure = tally_exposure(run_tally(run));
    memset(&h, 0, sizeof h);
    if (!check_hist_exact(latency) || !check_hist_exact(exposure))
        return err_set(
            err, STATUS_LIMIT,
            "a trial with more than a million shootdowns is too long for a sweep");
    count(run, outcome, h.counts);
    h.failed = outcome->end != MACHINE_END_DONE && outcome->end != MACHINE_END_LIMIT;
    snprintf(h.end, sizeof h.end, "%s", run_end_name(outcome->end));
    snprintf(h.message, sizeof h.message, "%.399s", outcome->message);
    h.n_violations = check->n_violations;
    h.n_values[LATENCY] = latency->n;
    h.n_values[EXPOSURE] = exposure->n;
    for (uint32_t i = 0; i < check->n_violations; i++)
        h.n_values[STALE_AGE] += check->violations[i].has_missed;
    fwrite(&h, sizeof h, 1, out);
    put_hist(out, latency);
    put_hist(out, exposure);
    put_ages(out, check);
    for (uint32_t i = 0; i < check->n_violations; i++)
        put_violation(out, run, trace, trial, &check->violations[i], i < n_witnesses);
    return STATUS_OK;
}

enum status trial_perform(struct run *run, struct trace *trace, uint64_t trial,
                          uint32_t n_witnesses, struct pool_answer *answer,
                          struct err *err)
{
    struct machine_outcome outcome;
    char *bytes = NULL;
    if (run_trial(run, trial, NULL, &outcome, err))
        return err_prefix(err, "trial %llu", (unsigned long long)trial);
    FILE *out = open_memstream(&bytes, &answer->n);
    if (!out)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = pack(run, trace, trial, n_witnesses, &outcome, out, err);
    fclose(out);
    answer->bytes = bytes;
    return status;
}

/* ---- in the parent
 * ---------------------------------------------------------------------- */

struct cursor {
    const char *at, *end;
};

static const void *get(struct cursor *c, size_t n)
{
    assert((size_t)(c->end - c->at) >= n); /* A worker of ours wrote it. */
    const void *bytes = c->at;
    c->at += n;
    return bytes;
}

/* The numbers of a violation; the texts stay in 'p'. */
static struct results_violation row_of(const struct packed *p, const char *witness)
{
    return (struct results_violation){.rule = p->rule,
                                      .va = p->va,
                                      .symbol = p->symbol,
                                      .lock = p->lock,
                                      .sentence = p->sentence,
                                      .witness = witness,
                                      .under_lock = p->under_lock,
                                      .has_age = true,
                                      .has_stale_age = p->has_stale_age,
                                      .at_cycle = p->at_cycle,
                                      .cpu = p->cpu,
                                      .thread = p->thread,
                                      .frame = p->frame,
                                      .current_frame = p->current_frame,
                                      .tlb_age = p->tlb_age,
                                      .stale_age = p->stale_age};
}

enum status trial_store(struct results *results, uint64_t point, uint64_t trial,
                        uint64_t seed, const void *bytes, size_t n,
                        uint32_t max_witnesses, uint32_t *witnesses, bool *failed,
                        bool *violated, struct err *err)
{
    struct cursor c = {bytes, (const char *)bytes + n};
    struct head h;
    memcpy(&h, get(&c, sizeof h), sizeof h);
    struct results_trial t = {.point = point,
                              .trial = trial,
                              .seed = seed,
                              .failed = h.failed,
                              .end = h.end,
                              .message = h.failed ? h.message : "",
                              .n_violations = h.n_violations};
    memcpy(t.counts, h.counts, sizeof t.counts);
    uint64_t *values[N_DISTRIBUTIONS];
    for (unsigned i = 0; i < N_DISTRIBUTIONS; i++) {
        size_t size = h.n_values[i] * sizeof **values;
        values[i] = malloc(size + 1);
        assert(values[i]);
        memcpy(values[i], get(&c, size), size);
        t.distributions[i] =
            (struct results_values){names[i], values[i], h.n_values[i]};
    }
    struct packed *packed = malloc((h.n_violations + 1) * sizeof *packed);
    struct results_violation *rows = malloc((h.n_violations + 1) * sizeof *rows);
    assert(packed && rows);
    for (uint32_t i = 0; i < h.n_violations; i++) {
        memcpy(&packed[i], get(&c, sizeof packed[i]), sizeof packed[i]);
        const char *witness = get(&c, packed[i].witness_bytes);
        bool keep = packed[i].witness_bytes && *witnesses < max_witnesses;
        *witnesses += keep;
        rows[i] = row_of(&packed[i], keep ? witness : NULL);
    }
    t.violations = rows;
    enum status status = results_put_trial(results, &t, err);
    for (unsigned i = 0; i < N_DISTRIBUTIONS; i++)
        free(values[i]);
    free(packed);
    free(rows);
    *failed = h.failed;
    *violated = !h.failed && h.counts[RESULTS_UNDER_LOCK] > 0;
    return status;
}

enum status trial_store_crashed(struct results *results, uint64_t point, uint64_t trial,
                                uint64_t seed, const char *how, struct err *err)
{
    const struct results_trial t = {.point = point,
                                    .trial = trial,
                                    .seed = seed,
                                    .failed = true,
                                    .end = "crashed",
                                    .message = how};
    return results_put_trial(results, &t, err);
}
