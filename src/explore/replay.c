/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * replay.c - a schedule again, under the full checker. See explore.h.
 */
#include "explore/explore.h"

#include "machine/scheduled.h"

#include <assert.h>

#define PREFIX_MOVES 1000000u

static void count_fault(void *context, const struct obs *record)
{
    (void)record;
    ++*(uint32_t *)context;
}

/* The states are not made canonical here: faults and shootdowns keep numbers
 * of their own, by which the checker tells them apart. */
static void make_moves(struct machine *m, const struct machine_freedom *freedom,
                       struct explore_step *steps, uint32_t n_steps, uint32_t *n_faults)
{
    for (uint32_t i = 0; i < n_steps; i++) {
        cycle_t now = (cycle_t)(i + 1) * EXPLORE_CYCLES;
        steps[i].words.n = 0;
        steps[i].tid = machine_thread_on(m, steps[i].move.cpu);
        *n_faults = 0;
        machine_make(m, freedom, &steps[i].move, now, &steps[i].words);
        steps[i].position = machine_position(m, steps[i].move.cpu);
        steps[i].faults = *n_faults > 0;
    }
}

enum status explore_replay(const struct machine_config *config, struct trace *trace,
                           const struct machine_freedom *freedom,
                           struct explore_step *steps, uint32_t n_steps,
                           void (*use)(void *context, const struct check_result *check),
                           void *context, struct err *err)
{
    struct machine *m =
        machine_create_explorable(config, trace, sizeof(struct monitor), err);
    if (!m)
        return err->status;
    struct check_config check_config = config->check;
    check_config.watch = CHECK_WATCH_ALL;
    struct check *check =
        check_create(&check_config, machine_obs(m), trace_n_streams(trace), err);
    if (!check) {
        machine_destroy(m);
        return err->status;
    }
    uint32_t n_faults;
    check_listen(check);
    obs_listen(machine_obs(m), (struct obs_listener){&n_faults, count_fault},
               UINT64_C(1) << OBS_FAULT_BEGIN);
    machine_begin(m);
    check_reset(check);
    bool ready = machine_run_to_marks(m, PREFIX_MOVES);
    assert(ready); /* The exploration got there by the same moves. */
    (void)ready;
    make_moves(m, freedom, steps, n_steps, &n_faults);
    check_finish(check, (cycle_t)(n_steps + 1) * EXPLORE_CYCLES);
    use(context, check_result(check));
    check_destroy(check);
    machine_destroy(m);
    return STATUS_OK;
}
