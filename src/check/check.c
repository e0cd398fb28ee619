/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - takes records and gives each to the part that it concerns.
 */
#include "check/check.h"

#include "check/grow.h"
#include "check/state.h"

#include <assert.h>

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

/* Which space runs where.  These records come often enough to know. */
static void note_holder(struct check *check, const struct obs *record)
{
    uint32_t space = record->space;
    if (space == NO_SPACE && record->tid < check->n_threads)
        space = check->threads[record->tid].space;
    if (record->tid != NO_THREAD)
        check_holders_note(&check->holders, record->cpu, space);
}

static void note_holder_and_order(struct check *check, const struct obs *record)
{
    note_holder(check, record);
    check_sync_record(check, record);
}

/* For witnesses. */
static void remember_only(struct check *check, const struct obs *record)
{
    (void)check;
    (void)record;
}

/* Who takes a kind of record.  A kind without a line is not listened to: only
 * pictures and statistics need it, and it is not free. */
static void (*const takers[OBS_N_KINDS])(struct check *, const struct obs *) = {
    [OBS_LOAD] = check_load,
    [OBS_STORE] = check_stored,
    [OBS_LOCK] = note_holder_and_order,
    [OBS_UNLOCK] = check_sync_record,
    [OBS_SPIN_BEGIN] = remember_only,
    [OBS_SPIN_END] = remember_only,
    [OBS_POST] = check_sync_record,
    [OBS_WAIT] = check_sync_record,
    [OBS_BARRIER_ENTER] = check_sync_record,
    [OBS_BARRIER_LEAVE] = check_sync_record,
    [OBS_SPAWN] = check_sync_record,
    [OBS_THREAD_START] = note_holder_and_order,
    [OBS_THREAD_EXIT] = check_sync_record,
    [OBS_JOIN] = check_sync_record,
    [OBS_FORK] = check_sync_record,
    [OBS_WAITPID] = check_sync_record,
    [OBS_FAULT_BEGIN] = note_holder,
    [OBS_FAULT_END] = remember_only,
    [OBS_BUSY_SLEEP] = remember_only,
    [OBS_STEP] = remember_only,
    [OBS_PTE_WRITE] = check_table_record,
    [OBS_TLB_INVAL] = check_watch_record,
    [OBS_SHOOTDOWN_BEGIN] = check_shootdown_record,
    [OBS_SHOOTDOWN_END] = check_shootdown_record,
    [OBS_SHOOTDOWN_SKIP] = remember_only,
    [OBS_IPI_SEND] = remember_only,
    [OBS_IPI_ARRIVE] = remember_only,
    [OBS_IPI_HANDLER] = remember_only,
    [OBS_IPI_ACK] = check_shootdown_record,
    [OBS_FRAME_ALLOC] = check_frame_record,
    [OBS_FRAME_COPY] = check_frame_record,
    [OBS_FRAME_FREE] = check_frame_record,
    [OBS_WATCH_BEGIN] = check_watch_record,
    [OBS_WATCH_QUIET] = check_watch_record,
    [OBS_SWITCH] = note_holder,
};

void check_record(struct check *check, const struct obs *record)
{
    assert(record->kind < OBS_N_KINDS);
    if (!takers[record->kind])
        return;
    if (record->kind != OBS_LOAD && record->kind != OBS_STORE)
        check_ring_put(check, &check->control, record);
    takers[record->kind](check, record);
}

static void on_record(void *context, const struct obs *record)
{
    check_record(context, record);
}

void check_listen(struct check *check)
{
    if (!check->config.enabled || !check->hub)
        return;
    uint64_t kinds = 0;
    for (unsigned kind = 0; kind < OBS_N_KINDS; kind++)
        if (takers[kind])
            kinds |= UINT64_C(1) << kind;
    obs_listen(check->hub, (struct obs_listener){check, on_record}, kinds);
    if (check->all)
        obs_watch_all(check->hub, true);
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
