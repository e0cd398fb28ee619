/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - takes records and gives each to the part that it concerns.
 */
#include "check/check.h"

#include "check/grow.h"
#include "check/state.h"

#include <assert.h>

#define BIT(kind) (UINT64_C(1) << OBS_##kind)

/* Everything but what only pictures and statistics need. */
static const uint64_t check_kinds =
    BIT(LOAD) | BIT(STORE) | BIT(LOCK) | BIT(UNLOCK) | BIT(SPIN_BEGIN) | BIT(SPIN_END) |
    BIT(POST) | BIT(WAIT) | BIT(BARRIER_ENTER) | BIT(BARRIER_LEAVE) | BIT(SPAWN) |
    BIT(THREAD_START) | BIT(THREAD_EXIT) | BIT(JOIN) | BIT(FORK) | BIT(WAITPID) |
    BIT(FAULT_BEGIN) | BIT(FAULT_END) | BIT(BUSY_SLEEP) | BIT(STEP) | BIT(PTE_WRITE) |
    BIT(TLB_INVAL) | BIT(SHOOTDOWN_BEGIN) | BIT(SHOOTDOWN_END) | BIT(SHOOTDOWN_SKIP) |
    BIT(IPI_SEND) | BIT(IPI_ARRIVE) | BIT(IPI_HANDLER) | BIT(IPI_ACK) |
    BIT(FRAME_ALLOC) | BIT(FRAME_COPY) | BIT(FRAME_FREE) | BIT(WATCH_BEGIN) |
    BIT(WATCH_QUIET) | BIT(SWITCH);

static void ring_init(struct check_ring *ring, uint32_t capacity)
{
    ring->capacity = capacity;
    ring->entries = check_take(capacity, sizeof *ring->entries);
}

struct check *check_create(const struct check_config *config, struct obs_hub *hub,
                           uint32_t n_threads_hint, struct err *err)
{
    if (config->word_history == 0) {
        err_set(err, STATUS_CONFIG, "check.word_history must be at least 1");
        return NULL;
    }
    struct check *check = check_take(1, sizeof *check);
    check->config = *config;
    check->hub = hub;
    check->all = config->watch == CHECK_WATCH_ALL;
    check->violations = check_take(config->max_violations, sizeof *check->violations);
    ring_init(&check->control, config->history);
    ring_init(&check->accesses, config->history);
    if (n_threads_hint > 0 && n_threads_hint <= THREAD_MAX)
        check_thread_get(check, n_threads_hint - 1);
    check_reset(check);
    return check;
}

void check_destroy(struct check *check)
{
    if (!check)
        return;
    check_reset(check);
    check_sync_free(check);
    check_memory_free(check);
    check_watch_free(check);
    check_map_free(&check->race_map);
    check_give(check->control.entries);
    check_give(check->accesses.entries);
    check_give(check->violations);
    check_give(check);
}

static void on_record(void *context, const struct obs *record)
{
    check_record(context, record);
}

void check_listen(struct check *check)
{
    if (!check->config.enabled || !check->hub)
        return;
    obs_listen(check->hub, (struct obs_listener){check, on_record}, check_kinds);
    if (check->all)
        obs_watch_all(check->hub, true);
}

/* Which space runs where.  These records come often enough to know. */
static void note_holder(struct check *check, const struct obs *record)
{
    uint32_t space = record->space;
    if (space == NO_SPACE && record->tid < check->n_threads)
        space = check->threads[record->tid].space;
    if (record->tid != NO_THREAD)
        check_holders_note(&check->holders, record->cpu, space);
}

void check_record(struct check *check, const struct obs *record)
{
    if (record->kind != OBS_LOAD && record->kind != OBS_STORE)
        check_ring_put(check, &check->control, record);
    switch ((enum obs_kind)record->kind) {
    case OBS_LOAD:
        check_load(check, record);
        break;
    case OBS_STORE:
        check_stored(check, record);
        break;
    case OBS_THREAD_START:
    case OBS_LOCK:
        note_holder(check, record);
        check_sync_record(check, record);
        break;
    case OBS_UNLOCK:
    case OBS_POST:
    case OBS_WAIT:
    case OBS_BARRIER_ENTER:
    case OBS_BARRIER_LEAVE:
    case OBS_SPAWN:
    case OBS_FORK:
    case OBS_THREAD_EXIT:
    case OBS_JOIN:
    case OBS_WAITPID:
        check_sync_record(check, record);
        break;
    case OBS_SWITCH:
    case OBS_FAULT_BEGIN:
        note_holder(check, record);
        break;
    case OBS_PTE_WRITE:
        check_table_record(check, record);
        break;
    case OBS_WATCH_BEGIN:
    case OBS_WATCH_QUIET:
    case OBS_TLB_INVAL:
        check_watch_record(check, record);
        break;
    case OBS_SHOOTDOWN_BEGIN:
    case OBS_SHOOTDOWN_END:
    case OBS_IPI_ACK:
        check_shootdown_record(check, record);
        break;
    case OBS_FRAME_ALLOC:
    case OBS_FRAME_COPY:
    case OBS_FRAME_FREE:
        check_frame_record(check, record);
        break;
    case OBS_SPIN_BEGIN: /* Only for witnesses. */
    case OBS_SPIN_END:
    case OBS_FAULT_END:
    case OBS_BUSY_SLEEP:
    case OBS_STEP:
    case OBS_SHOOTDOWN_SKIP:
    case OBS_IPI_SEND:
    case OBS_IPI_ARRIVE:
    case OBS_IPI_HANDLER:
    case OBS_TLB_FILL: /* Not listened to. */
    case OBS_MODE:
    case OBS_SYSCALL:
    case OBS_SIGSEGV:
    case OBS_MARK:
    case OBS_EXPECT:
    case OBS_N_KINDS:
        break;
    }
}

void check_reset(struct check *check)
{
    for (uint32_t i = 0; i < check->result.n_violations; i++)
        check_give((void *)(uintptr_t)check->violations[i].witness);
    check_sync_reset(check);
    check_memory_reset(check);
    check_watch_reset(check);
    check_map_clear(&check->race_map);
    check->order = 0;
    check->control.n = check->accesses.n = 0;
    check->result = (struct check_result){
        .violations = check->violations,
        .races = check->races,
    };
}

void check_finish(struct check *check, cycle_t end)
{
    (void)end; /* Open watches end with the run; there is nothing to settle. */
    assert(check->result.counts.watches_open <= check->result.counts.watches);
}

const struct check_result *check_result(const struct check *check)
{
    return &check->result;
}

void check_counts_add(struct check_counts *sum, const struct check_counts *more)
{
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        sum->total[i] += more->total[i];
        sum->under_lock[i] += more->under_lock[i];
    }
    sum->harmless += more->harmless;
    sum->unordered += more->unordered;
    sum->races += more->races;
    sum->watches += more->watches;
    sum->watches_open += more->watches_open;
    sum->loads += more->loads;
    sum->stores += more->stores;
}

uint64_t check_counts_total(const struct check_counts *counts)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        n += counts->total[i];
    return n;
}

uint64_t check_counts_under_lock(const struct check_counts *counts)
{
    uint64_t n = 0;
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        n += counts->under_lock[i];
    return n;
}
