/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run.c - trials of one machine under one checker. See run.h.
 */
#include "run/run.h"

#include "run/expect.h"
#include "run/places.h"
#include "run/preflight.h"

#ifdef SD_SYSTEMC
#include "systemc/systemc.h"
#endif

#include <stdlib.h>
#include <string.h>

static const struct engine_kind *const engines[] = {
#ifdef SD_SYSTEMC
    &engine_systemc,
#endif
    &engine_native,
};

#define N_ENGINES (sizeof engines / sizeof engines[0])

struct run {
    struct machine_config config;
    struct trace *trace;
    const struct engine_kind *engine;
    struct machine *machine;
    struct check *check;
    struct tally *tally;
    struct expect expect;
    const struct machine_schedule *schedule; /* Null: time decides. */
};

enum status run_find_engine(const char *name, const struct engine_kind **engine,
                            struct err *err)
{
    *engine = engines[0];
    if (!name)
        return STATUS_OK;
    for (size_t i = 0; i < N_ENGINES; i++) {
        *engine = engines[i];
        if (strcmp(engines[i]->name, name) == 0)
            return STATUS_OK;
    }
    return err_set(err, STATUS_USAGE,
                   "--engine: there is no '%s' in this build; there %s", name,
                   N_ENGINES > 1 ? "are systemc and native" : "is native");
}

struct run *run_create(const struct machine_config *config, struct trace *trace,
                       const struct engine_kind *engine, struct err *err)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run) {
        err_set(err, STATUS_INTERNAL, "out of memory");
        return NULL;
    }
    run->config = *config;
    run->trace = trace;
    run->engine = engine;
    run->machine = machine_create(config, trace, engine, err);
    if (run->machine && !preflight(trace, machine_n_cpus(run->machine), err))
        run->check = check_create(&config->check, machine_obs(run->machine),
                                  trace_n_streams(trace), err);
    if (run->check)
        run->tally = tally_create(machine_obs(run->machine), err);
    if (!run->tally) {
        run_destroy(run);
        return NULL;
    }
    check_listen(run->check);
    tally_listen(run->tally);
    expect_listen(&run->expect, trace, machine_obs(run->machine));
    return run;
}

void run_destroy(struct run *run)
{
    if (!run)
        return;
    tally_destroy(run->tally);
    check_destroy(run->check);
    machine_destroy(run->machine);
    free(run);
}

void run_follow(struct run *run, const struct machine_schedule *schedule)
{
    run->schedule = schedule;
}

struct obs_hub *run_obs(struct run *run)
{
    return machine_obs(run->machine);
}

const struct machine *run_machine(const struct run *run)
{
    return run->machine;
}

const struct machine_config *run_config(const struct run *run)
{
    return &run->config;
}

uint64_t run_seed(const struct machine_config *config, uint64_t trial)
{
    return config->run.seed + trial;
}

enum status run_trial(struct run *run, uint64_t trial, const struct run_watch *watch,
                      struct machine_outcome *outcome, struct err *err)
{
    struct machine_run_options options = {
        .seed = run_seed(&run->config, trial),
        .until = run->config.run.until,
        .schedule = run->schedule,
        .progress = watch ? watch->progress : NULL,
        .progress_context = watch ? watch->context : NULL,
    };
    check_reset(run->check);
    tally_reset(run->tally);
    expect_reset(&run->expect);
    memset(outcome, 0, sizeof *outcome);
    enum status status = machine_run(run->machine, &options, outcome, err);
    check_finish(run->check, outcome->stats.cycles);
    tally_end_run(run->tally, outcome->stats.cycles);
    return status;
}

const struct check_result *run_result(const struct run *run)
{
    return check_result(run->check);
}

void run_fill(struct run *run, uint64_t trial, struct run_result *one)
{
    run_result_take(one, run->check, run->tally);
    places_of_segvs(run->trace, run->tally, trial, one);
    expect_judge(&run->expect, &run_result(run)->counts, one);
}

const struct check *run_check(const struct run *run)
{
    return run->check;
}

const char *run_engine_name(const struct run *run)
{
    return run->engine->name;
}

/* The row of the parameter knows the names. */
const char *run_shootdown_name(const struct machine_config *config)
{
    for (size_t i = 0; i < n_vm_params; i++)
        if (vm_params[i].type == PARAM_CHOICE &&
            vm_params[i].offset == offsetof(struct vm_config, shootdown))
            return vm_params[i].choices[config->kernel.shootdown];
    return "";
}

struct tally *run_tally(struct run *run)
{
    return run->tally;
}

const char *run_end_name(enum machine_end end)
{
    switch (end) {
    case MACHINE_END_DONE:
        return "done";
    case MACHINE_END_DEADLOCK:
        return "deadlock";
    case MACHINE_END_SEGV:
        return "segv";
    case MACHINE_END_LIMIT:
        return "limit";
    case MACHINE_END_INTERRUPTED:
        return "interrupted";
    case MACHINE_END_TRACE:
        return "damaged_trace";
    }
    return "unknown"; /* Not reached: the enum is complete above. */
}

enum status run_end_status(enum machine_end end)
{
    switch (end) {
    case MACHINE_END_DONE:
    case MACHINE_END_LIMIT:
        return STATUS_OK;
    case MACHINE_END_DEADLOCK:
    case MACHINE_END_SEGV:
        return STATUS_GUEST;
    case MACHINE_END_INTERRUPTED:
        return STATUS_INTERRUPTED;
    case MACHINE_END_TRACE:
        return STATUS_TRACE;
    }
    return STATUS_INTERNAL; /* Not reached: the enum is complete above. */
}
