/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.c - see judge.h.
 */
#include "synth/judge.h"

#include "run/trials.h"

#include <stdio.h>
#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Calls 'use' for each of the steps that the words of a move name. */
static void each_part(const char *words, void (*use)(void *, const char *),
                      void *context)
{
    while (*words) {
        use(context, words);
        const char *next = strstr(words, "; ");
        words = next ? next + 2 : words + strlen(words);
    }
}

struct progress_of_copy {
    const struct protocol *protocol;
    uint32_t cpu, n_done;
    bool begun, upgraded;
    uint32_t now; /* CPU of the move in hand. */
};

/* The list is done step by step; a step that takes several moves is named by each. */
static void note_part(void *context, const char *part)
{
    struct progress_of_copy *c = context;
    char text[64];
    if (starts_with(part, "upgrade: pte_set same rw"))
        c->upgraded = true;
    if (!starts_with(part, "copy: ") || (c->begun && c->now != c->cpu))
        return;
    c->begun = true;
    c->cpu = c->now;
    if (starts_with(part, "copy: end")) {
        c->n_done = c->protocol->n_copy;
        return;
    }
    for (uint32_t i = c->n_done ? c->n_done - 1 : 0; i < c->protocol->n_copy; i++) {
        snprintf(text, sizeof text, "copy: %s",
                 protocol_step_text((enum protocol_step)c->protocol->copy[i]));
        size_t n = strlen(text);
        if (starts_with(part, text) && (part[n] == 0 || part[n] == ';')) {
            c->n_done = i + 1;
            return;
        }
    }
}

static void refuted(const struct protocol *protocol, const struct explore_result *r,
                    struct synth_judgement *out)
{
    struct progress_of_copy c = {.protocol = protocol};
    for (uint32_t i = 0; i < r->n_schedule; i++) {
        c.now = r->schedule[i].move.cpu;
        each_part(r->schedule[i].words.text, note_part, &c);
    }
    out->verdict = SYNTH_UNSAFE;
    out->n_done = c.n_done;
    out->cause = (uint8_t)synth_cause_of(protocol, c.n_done, c.upgraded);
    out->n_moves = r->n_schedule;
    snprintf(out->rule, sizeof out->rule, "%s", r->rule);
    for (uint32_t i = 0; i < r->n_schedule && i < SYNTH_MOVES; i++)
        out->moves[i] = r->schedule[i].move;
}

static void take_result(const struct protocol *protocol, const struct explore_result *r,
                        struct synth_judgement *out)
{
    out->states += r->states;
    switch (r->verdict) {
    case EXPLORE_VIOLATED:
        refuted(protocol, r, out);
        return;
    case EXPLORE_INCOMPLETE:
        out->verdict = SYNTH_OPEN;
        snprintf(out->why, sizeof out->why, "%s", r->why);
        return;
    case EXPLORE_PROVED:
        if (r->n_stuck == 0 && r->n_ends > 0)
            return;
        out->verdict = SYNTH_UNSAFE;
        out->cause = CAUSE_NEVER_ENDS;
        return;
    }
}

enum status synth_judge(const struct protocol *protocol,
                        struct synth_scenario *scenarios, uint32_t n,
                        const struct explore_options *options,
                        struct synth_judgement *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    for (uint32_t i = 0; i < n && out->verdict == SYNTH_SAFE; i++) {
        struct synth_scenario *s = &scenarios[i];
        struct machine_config config = s->config;
        struct explore_options own = *options;
        struct explore_result result;
        config.protocol = *protocol;
        own.freedom = s->freedom;
        own.freedom.pages = s->pages.va;
        own.freedom.n_pages = s->pages.n;
        out->scenario = (uint16_t)i;
        if (explore_run(&config, s->trace, &own, &result, err) != STATUS_OK)
            return err_prefix(err, "%s on %s", protocol->name, s->name);
        take_result(protocol, &result, out);
        explore_free(&result);
    }
    return STATUS_OK;
}

static double copies(const struct run_result *r)
{
    uint64_t n = r->tally.by_outcome[OBS_FAULT_COW_COPY];
    return n ? (double)n : 1;
}

/* Time in page faults that copy, upgrade, or wait for one that does. */
struct fault_clock {
    cycle_t began[SYNTH_THREADS]; /* By thread. */
    uint64_t cycles;
};

static void on_fault(void *context, const struct obs *r)
{
    struct fault_clock *c = context;
    if (r->tid >= SYNTH_THREADS)
        return;
    if (r->kind == OBS_FAULT_BEGIN) {
        c->began[r->tid] = r->cycle;
        return;
    }
    if (r->a == OBS_FAULT_COW_COPY || r->a == OBS_FAULT_UPGRADE ||
        r->a == OBS_FAULT_RETRY || r->a == OBS_FAULT_SPURIOUS)
        c->cycles += r->cycle - c->began[r->tid];
}

enum status synth_price(const struct protocol *protocol,
                        const struct machine_config *machine, struct trace *trace,
                        struct synth_cost *out, struct err *err)
{
    const struct engine_kind *engine;
    const struct trials_options options = {.jobs = 1};
    struct machine_config config = *machine;
    struct trials sum = {0};
    config.protocol = *protocol;
    if (run_find_engine("native", &engine, err))
        return err->status;
    struct run *run = run_create(&config, trace, engine, err);
    if (!run)
        return err->status;
    struct fault_clock clock = {0};
    obs_listen(run_obs(run), (struct obs_listener){&clock, on_fault},
               UINT64_C(1) << OBS_FAULT_BEGIN | UINT64_C(1) << OBS_FAULT_END);
    enum status status = trials_run(run, &options, &sum, err);
    struct run_result *r = &sum.result;
    *out = (struct synth_cost){
        .fault_cycles = (double)clock.cycles / copies(r),
        .mean_cycles = r->trials ? (double)r->cycles / (double)r->trials : 0,
        .faults_per_page = run_result_faults_per_page(r),
        .shootdowns = r->tally.shootdowns,
        .ipis = r->tally.ipis,
        .copies = r->tally.by_outcome[OBS_FAULT_COW_COPY],
        .latency_p50 = check_hist_percentile(&r->latency, 50),
        .latency_p99 = check_hist_percentile(&r->latency, 99),
        .violated = sum.n_violated_any};
    trials_free(&sum);
    run_destroy(run);
    return status;
}
