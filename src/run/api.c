/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * api.c - the public API over machine and checker. See include/shootdown.h.
 *
 * Thin on purpose: it translates structs, so that ours may change.
 */
#include "run/run.h"
#include "shootdown.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(SD_RULES == CHECK_N_RULES, "the header names every rule");
_Static_assert((int)SD_END_TRACE == (int)MACHINE_END_TRACE, "ends are the same");
_Static_assert((int)SD_END_DEADLOCK == (int)MACHINE_END_DEADLOCK, "ends are the same");

struct sd_machine {
    struct machine_config config;
    struct config *effective;
    struct trace *trace;
    struct run *run;
    struct run_watch watch;
};

const char *sd_version(void)
{
    return SD_VERSION;
}

const char *sd_rule_name(unsigned index)
{
    assert(index < SD_RULES);
    return check_rule_name((enum check_rule_id)index);
}

const char *sd_rule_sentence(unsigned index)
{
    assert(index < SD_RULES);
    return check_rule_sentence((enum check_rule_id)index);
}

static enum sd_code tell(struct sd_error *error, const struct err *err)
{
    enum sd_code code = (enum sd_code)status_exit_code(err->status);
    if (!error)
        return code;
    error->code = code;
    memcpy(error->message, err->message, sizeof error->message);
    error->message[sizeof error->message - 1] = '\0';
    return code;
}

/* Where names are looked up when the caller does not say: beside the file. */
static const char *directory_of(const char *config, char *path, size_t n)
{
    const char *slash = config ? strrchr(config, '/') : NULL;
    snprintf(path, n, "%.*s", slash ? (int)(slash - config) : 1, slash ? config : ".");
    return path;
}

static enum status load(struct sd_machine *m, const struct sd_options *options,
                        struct err *err)
{
    char beside[4096];
    const char *const files[] = {options->config, NULL};
    struct machine_config_sources sources = {
        .files = files,
        .sets = options->sets,
        .protocol = options->protocol,
        .config_dir = options->config_dir
                          ? options->config_dir
                          : directory_of(options->config, beside, sizeof beside),
    };
    return machine_config_load(&sources, &m->config, &m->effective, err);
}

static enum status assemble(struct sd_machine *m, const struct sd_options *options,
                            const char *trace, struct err *err)
{
    const struct engine_kind *engine;
    enum status status = run_find_engine(options->engine, &engine, err);
    if (!status)
        status = load(m, options, err);
    if (status)
        return status;
    m->trace = trace_open(trace, options->allow_truncated, err);
    if (!m->trace)
        return err->status;
    m->watch = (struct run_watch){options->progress, options->progress_context};
    m->run = run_create(&m->config, m->trace, engine, err);
    return m->run ? STATUS_OK : err->status;
}

struct sd_machine *sd_machine_create(const struct sd_options *options,
                                     const char *trace, struct sd_error *error)
{
    struct err err = {0};
    struct sd_machine *m = calloc(1, sizeof *m);
    if (!m)
        err_set(&err, STATUS_INTERNAL, "out of memory");
    else
        assemble(m, options, trace, &err);
    if (!err.status)
        return m;
    tell(error, &err);
    sd_machine_destroy(m);
    return NULL;
}

void sd_machine_destroy(struct sd_machine *machine)
{
    if (!machine)
        return;
    run_destroy(machine->run);
    trace_close(machine->trace);
    config_destroy(machine->effective);
    free(machine);
}

static void fill_outcome(const struct sd_machine *m, uint64_t trial,
                         const struct machine_outcome *from, struct sd_outcome *out)
{
    const struct check_result *result = run_result(m->run);
    *out = (struct sd_outcome){
        .end = (enum sd_end)from->end,
        .seed = run_seed(&m->config, trial),
        .ops = from->stats.ops,
        .cycles = from->stats.cycles,
        .violations = check_counts_total(&result->counts),
        .under_lock = check_counts_under_lock(&result->counts),
        .stale_harmless = result->counts.harmless,
        .stale_unordered = result->counts.unordered,
        .races = result->counts.races,
        .n_violations = result->n_violations,
    };
    memcpy(out->by_rule, result->counts.total, sizeof out->by_rule);
    memcpy(out->message, from->message, sizeof out->message);
}

enum sd_code sd_machine_run(struct sd_machine *machine, uint64_t trial,
                            struct sd_outcome *outcome, struct sd_error *error)
{
    struct err err = {0};
    struct machine_outcome result;
    if (run_trial(machine->run, trial, &machine->watch, &result, &err))
        return tell(error, &err);
    fill_outcome(machine, trial, &result, outcome);
    return SD_OK;
}

/* struct check_names over the trace's symbols.  A space is a process here: the
 * machine numbers both in the order of their creation. */
static void name_address(void *context, uint32_t space, uint64_t va, char *text,
                         size_t n)
{
    trace_symbol(context, space, va, text, n);
}

void sd_machine_violation(const struct sd_machine *machine, uint32_t index,
                          struct sd_violation *out)
{
    const struct check_result *result = run_result(machine->run);
    assert(index < result->n_violations);
    const struct check_violation *v = &result->violations[index];
    const struct check_names names = {machine->trace, name_address};
    *out = (struct sd_violation){
        .rule = check_rule_name(v->rule),
        .under_lock = v->under_lock,
        .cpu = v->cpu,
        .thread = v->tid,
        .cycle = v->cycle,
        .address = v->va,
        .frame = v->frame,
        .tlb_age = v->tlb_age,
    };
    name_address(machine->trace, v->space, v->va, out->symbol, sizeof out->symbol);
    check_sentence(v, &names, out->sentence, sizeof out->sentence);
}

uint32_t sd_machine_n_cpus(const struct sd_machine *machine)
{
    return machine_n_cpus(run_machine(machine->run));
}

char *sd_machine_config_json(const struct sd_machine *machine)
{
    struct text text = {0};
    config_json(machine->effective, &text);
    char *copy = strdup(text_get(&text));
    text_free(&text);
    return copy;
}

void sd_free(void *memory)
{
    free(memory);
}
