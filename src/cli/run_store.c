/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_store.c - see run_store.h.
 */
#include "cli/run_store.h"

#include "cli/manifest.h"
#include "cli/present.h"
#include "cli/version.h"
#include "report/rows.h"
#include "results/store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct run_store {
    struct results *results;
    struct trace *trace;
    bool has_trace; /* Its row is there. */
    bool has_point;
    uint64_t point; /* Of the trials that come. */
    struct err err; /* The first that went wrong; nothing is stored behind it. */
};

/* A file of an earlier run, with what SQLite keeps beside it. */
static void remove_old(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char name[4400];
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        unlink(name);
    }
}

/* The command line as one text. */
static void put_command(struct run_store *s, int argc, char **argv)
{
    struct text command = {0};
    manifest_command(argc, argv, &command);
    if (results_put_manifest(s->results, "command", text_get(&command), &s->err) ==
        STATUS_OK)
        results_put_manifest(s->results, "program", version_git(), &s->err);
    text_free(&command);
}

struct run_store *run_store_open(const struct output_dir *dir, struct trace *trace,
                                 int argc, char **argv)
{
    char path[4300];
    bool is_new;
    struct run_store *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    snprintf(path, sizeof path, "%s/results.sqlite", dir->path);
    remove_old(path);
    s->trace = trace;
    s->results = results_open(path, &is_new, &s->err);
    if (s->results)
        put_command(s, argc, argv);
    return s;
}

static void put_trace(struct run_store *s, const struct job *job)
{
    const struct results_trace row = {0, trace_n_streams(s->trace),
                                      trace_n_ops(s->trace), job->sum.result.guest,
                                      trace_hash(s->trace)};
    s->has_trace = true;
    results_put_trace(s->results, &row, &s->err);
}

static void end_point(struct run_store *s)
{
    if (s->has_point && !s->err.status)
        results_end_point(s->results, s->point, "trials", UINT32_MAX, &s->err);
    s->has_point = false;
}

static void put_point(struct run_store *s, const struct job *job)
{
    char config_hash[33], hash[160], params[200];
    const struct machine_config *c = &job->config;
    const struct results_param protocol = {
        .key = "protocol", .value = c->protocol.name, .unit = ""};
    manifest_config_hash(job->effective, config_hash);
    snprintf(hash, sizeof hash, "%s %s %s %" PRIu64, config_hash, trace_hash(s->trace),
             job->engine->name, s->point);
    snprintf(params, sizeof params, "{\"protocol\": \"%s\"}", c->protocol.name);
    const struct results_point row = {
        .id = s->point,
        .cores = topology_n_cpus(&c->topology),
        .first_seed = c->run.seed,
        .trials_planned = c->run.trials,
        .core_mhz = c->machine.clock_ghz * 1000,
        .xxh3 = hash,
        .machine = c->machine.name,
        .protocol = c->protocol.name,
        .shootdown = run_shootdown_name(c),
        .engine = job->engine->name,
        .params_json = params,
        .config_xxh3 = config_hash,
        .params = &protocol,
        .n_params = 1,
    };
    results_put_point(s->results, &row, &s->err);
}

void run_store_point(struct run_store *s, struct job *job, uint64_t point)
{
    job->store = s;
    job->point = point;
    end_point(s);
    if (!s->err.status && !s->has_trace)
        put_trace(s, job);
    s->point = point;
    s->has_point = true;
    if (!s->err.status)
        put_point(s, job);
}

/* ---- a trial
 * ---------------------------------------------------------------------- */

static void count(const struct trials_one *one, uint64_t *c)
{
    report_counts(&one->check->counts, &one->result->tally, c);
    c[RESULTS_EXPOSURES] = one->result->exposure.count;
    c[RESULTS_L1D_HITS] = one->result->l1d.hits;
    c[RESULTS_L1D_MISSES] = one->result->l1d.misses;
    c[RESULTS_WALKS] = one->result->walks;
    c[RESULTS_WALK_CYCLES] = one->result->walk_cycles;
    c[RESULTS_OPERATIONS] = one->result->ops;
    c[RESULTS_CYCLES] = one->result->cycles;
}

/* Texts of a violation's row. */
struct row_texts {
    char va[24], symbol[96], lock[96], sentence[1024];
    char *witness;
};

static void fill_row(const struct run_store *s, const struct job *job, uint64_t trial,
                     const struct check_violation *v, struct row_texts *t,
                     struct results_violation *row)
{
    size_t n;
    const struct check_names names = present_names(job);
    *t = (struct row_texts){.witness = NULL};
    if (v->n_witness)
        t->witness =
            report_witness_line(v, job->config.protocol.name, trial, &names, &n);
    snprintf(t->va, sizeof t->va, "0x%" PRIx64, v->va);
    trace_symbol(s->trace, v->space, v->va, t->symbol, sizeof t->symbol);
    if (v->has_lock)
        trace_symbol(s->trace, v->space, v->lock_va, t->lock, sizeof t->lock);
    check_sentence(v, &names, t->sentence, sizeof t->sentence);
    *row = (struct results_violation){
        .rule = check_rule_name(v->rule),
        .va = t->va,
        .symbol = t->symbol,
        .lock = t->lock,
        .sentence = t->sentence,
        .witness = t->witness,
        .under_lock = v->under_lock,
        .has_age = true,
        .has_stale_age = v->has_missed,
        .at_cycle = v->cycle,
        .cpu = v->cpu,
        .thread = v->tid,
        .frame = v->frame,
        .current_frame = v->current_frame,
        .tlb_age = v->tlb_age,
        .stale_age = v->has_missed ? v->cycle - v->missed_cycle : 0,
    };
}

static uint32_t list_ages(const struct check_result *check, uint64_t *ages)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < check->n_violations; i++)
        if (check->violations[i].has_missed)
            ages[n++] = check->violations[i].cycle - check->violations[i].missed_cycle;
    return n;
}

static void put_trial(struct run_store *s, const struct job *job,
                      const struct trials_one *one,
                      const struct results_violation *rows, uint64_t *ages)
{
    const struct run_result *r = one->result;
    bool failed = one->end != MACHINE_END_DONE && one->end != MACHINE_END_LIMIT;
    struct results_trial trial = {
        .point = job->point,
        .trial = one->trial,
        .seed = run_seed(&job->config, one->trial),
        .failed = failed,
        .end = run_end_name(one->end),
        .message = failed ? one->message : "",
        .violations = rows,
        .n_violations = one->check->n_violations,
        /* Beyond a million values only buckets are left of them. */
        .distributions =
            {
                {"shootdown_latency", r->latency.values,
                 r->latency.buckets ? 0 : r->latency.n},
                {"exposure", r->exposure.values,
                 r->exposure.buckets ? 0 : r->exposure.n},
                {"stale_age", ages, list_ages(one->check, ages)},
            },
    };
    count(one, trial.counts);
    results_put_trial(s->results, &trial, &s->err);
}

void run_store_trial(struct run_store *s, const struct job *job,
                     const struct trials_one *one)
{
    uint32_t n = one->check->n_violations;
    if (s->err.status)
        return;
    struct results_violation *rows = calloc(n + 1, sizeof *rows);
    struct row_texts *texts = calloc(n + 1, sizeof *texts);
    uint64_t *ages = calloc(n + 1, sizeof *ages);
    if (rows && texts && ages) {
        for (uint32_t i = 0; i < n; i++)
            fill_row(s, job, one->trial, &one->check->violations[i], &texts[i],
                     &rows[i]);
        put_trial(s, job, one, rows, ages);
        for (uint32_t i = 0; i < n; i++)
            free(texts[i].witness);
    } else {
        err_set(&s->err, STATUS_LIMIT, "out of memory");
    }
    free(rows);
    free(texts);
    free(ages);
}

enum status run_store_close(struct run_store *s, struct err *err)
{
    if (!s)
        return STATUS_OK;
    end_point(s);
    *err = s->err;
    results_close(s->results);
    free(s);
    return err->status;
}
