/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync.c - happens-before: what each thread must have seen.
 *
 * An edge has a release side, which raises the clock of an object to that of
 * the thread, and an acquire side, which joins it:
 *
 *   UNLOCK -> LOCK           of the same word; readers release to writers only
 *   POST -> WAIT             of the same event
 *   BARRIER_ENTER -> LEAVE   of the same barrier and the same round
 *   SPAWN, FORK -> first operation of the new thread
 *   THREAD_EXIT -> JOIN      of that thread
 *   THREAD_EXIT -> WAITPID   of all threads of the process
 */
#include "check/grow.h"
#include "check/rules.h"

#include <assert.h>

struct check_thread *check_thread_get(struct check *check, uint32_t tid)
{
    assert(tid <= THREAD_MAX);
    if (tid >= check->n_threads) {
        check->threads = check_grow(check->threads, &check->threads_capacity, tid + 1,
                                    sizeof *check->threads);
        for (uint32_t i = check->n_threads; i <= tid; i++)
            check->threads[i].space = NO_SPACE;
        check->n_threads = tid + 1;
    }
    return &check->threads[tid];
}

static uint64_t sync_key(enum check_sync_kind kind, uint32_t space)
{
    return (uint64_t)kind << 32 | space;
}

struct check_sync *check_sync_get(struct check *check, enum check_sync_kind kind,
                                  uint32_t space, uint64_t va)
{
    uint64_t key = sync_key(kind, space);
    uint32_t i = check_map_find(&check->sync_map, key, va);
    if (i != CHECK_MAP_NONE)
        return &check->syncs[i];
    i = check->n_syncs++;
    check->syncs = check_grow(check->syncs, &check->syncs_capacity, check->n_syncs,
                              sizeof *check->syncs);
    check_map_put(&check->sync_map, key, va, i);
    check->syncs[i].va = va;
    check->syncs[i].space = space;
    return &check->syncs[i];
}

bool check_is_sync_word(const struct check *check, uint32_t space, uint64_t va)
{
    for (unsigned kind = CHECK_LOCK_WORD; kind <= CHECK_BARRIER; kind++)
        if (check_map_find(&check->sync_map, sync_key(kind, space), va) !=
            CHECK_MAP_NONE)
            return true;
    return false;
}

bool check_happens_before(const struct check_thread *thread, uint32_t tid, uint64_t op,
                          uint32_t of_tid, uint64_t of_op)
{
    return tid == of_tid ? op < of_op : op < check_clock_get(&thread->clock, tid);
}

bool check_locks_meet(const struct check_lockset *a, const struct check_lockset *b,
                      uint32_t *which)
{
    for (uint32_t i = 0; i < a->n; i++) {
        for (uint32_t j = 0; j < b->n; j++) {
            if (a->lock[i] == b->lock[j]) {
                *which = a->lock[i];
                return true;
            }
        }
    }
    return false;
}

/* The thread's clock, with itself up to and including operation 'op'. */
static void release_to(struct check_thread *thread, uint32_t tid, uint64_t op,
                       struct check_clock *clock)
{
    check_clock_raise(&thread->clock, tid, op + 1);
    check_clock_join(clock, &thread->clock);
}

static void hold(struct check_thread *thread, uint32_t lock)
{
    thread->n_held++;
    if (thread->locks.n < CHECK_LOCKS_MAX)
        thread->locks.lock[thread->locks.n++] = lock;
}

/* The last lock out ends the critical section and its memory of loads. */
static void let_go(struct check_thread *thread, uint32_t lock)
{
    if (thread->n_held > 0)
        thread->n_held--;
    for (uint32_t i = thread->locks.n; i-- > 0;) {
        if (thread->locks.lock[i] != lock)
            continue;
        for (uint32_t j = i + 1; j < thread->locks.n; j++)
            thread->locks.lock[j - 1] = thread->locks.lock[j];
        thread->locks.n--;
        break;
    }
    if (thread->n_held == 0)
        thread->n_seen = thread->next_seen = 0;
}

static struct check_owner *owner_find(struct check_sync *sync, uint32_t tid)
{
    for (uint32_t i = 0; i < sync->n_owners; i++)
        if (sync->owners[i].tid == tid)
            return &sync->owners[i];
    return NULL;
}

static void owner_add(struct check_sync *sync, const struct obs *record)
{
    struct check_owner *owner = owner_find(sync, record->tid);
    if (owner) {
        owner->depth++;
        return;
    }
    sync->owners = check_grow(sync->owners, &sync->owners_capacity, sync->n_owners + 1,
                              sizeof *sync->owners);
    sync->owners[sync->n_owners++] =
        (struct check_owner){record->tid, 1, record->cpu, record->id == OBS_LOCK_READ};
}

static void owner_remove(struct check_sync *sync, uint32_t tid)
{
    struct check_owner *owner = owner_find(sync, tid);
    if (owner && --owner->depth == 0)
        *owner = sync->owners[--sync->n_owners];
}

static void locked(struct check *check, const struct obs *record)
{
    struct check_sync *sync =
        check_sync_get(check, CHECK_LOCK_WORD, record->space, record->va);
    uint32_t lock = (uint32_t)(sync - check->syncs);
    for (const struct check_rule *const *rule = check_rules; *rule; rule++)
        if ((*rule)->on_lock)
            (*rule)->on_lock(check, record, lock);
    struct check_thread *thread = check_thread_get(check, record->tid);
    check_clock_join(&thread->clock, &sync->clock);
    if (record->id != OBS_LOCK_READ)
        check_clock_join(&thread->clock, &sync->readers);
    owner_add(sync, record);
    hold(thread, lock);
}

static void unlocked(struct check *check, const struct obs *record)
{
    struct check_sync *sync =
        check_sync_get(check, CHECK_LOCK_WORD, record->space, record->va);
    struct check_thread *thread = check_thread_get(check, record->tid);
    bool shared = record->id == OBS_LOCK_READ;
    release_to(thread, record->tid, record->c, shared ? &sync->readers : &sync->clock);
    owner_remove(sync, record->tid);
    let_go(thread, (uint32_t)(sync - check->syncs));
}

static void barrier_entered(struct check *check, const struct obs *record)
{
    struct check_sync *sync =
        check_sync_get(check, CHECK_BARRIER, record->space, record->va);
    struct check_thread *thread = check_thread_get(check, record->tid);
    release_to(thread, record->tid, record->c, &sync->readers);
    thread->barrier_phase = sync->phase;
}

/* The first to leave a round closes it.  A fast thread may be back for the
 * next round before a slow one has left this one, so each round has a clock
 * of its own: 'readers' while it fills, 'clock' once it is full. */
static void barrier_left(struct check *check, const struct obs *record)
{
    struct check_sync *sync =
        check_sync_get(check, CHECK_BARRIER, record->space, record->va);
    struct check_thread *thread = check_thread_get(check, record->tid);
    if (thread->barrier_phase == sync->phase) {
        struct check_clock full = sync->readers;
        sync->readers = sync->clock;
        sync->clock = full;
        check_clock_clear(&sync->readers);
        sync->phase++;
    }
    check_clock_join(&thread->clock, &sync->clock);
}

/* A thread starts knowing all that its creator knew. */
static void created(struct check *check, const struct obs *record)
{
    check_thread_get(check, (uint32_t)record->id); /* May move the table. */
    struct check_thread *parent = check_thread_get(check, record->tid);
    struct check_thread *child = check_thread_get(check, (uint32_t)record->id);
    release_to(parent, record->tid, record->c, &child->clock);
    if (record->kind == OBS_FORK) {
        child->space = (uint32_t)record->a;
        check_fork_pages(check, record->space, child->space);
    }
}

static void exited(struct check *check, const struct obs *record)
{
    struct check_thread *thread = check_thread_get(check, record->tid);
    thread->n_ops = record->c + 1;
    check_clock_raise(&thread->clock, record->tid, thread->n_ops);
}

static void joined(struct check *check, const struct obs *record)
{
    check_thread_get(check, (uint32_t)record->id);
    struct check_thread *thread = check_thread_get(check, record->tid);
    const struct check_thread *ended = &check->threads[record->id];
    check_clock_join(&thread->clock, &ended->clock);
    if (record->kind != OBS_WAITPID || ended->space == NO_SPACE)
        return;
    for (uint32_t i = 0; i < check->n_threads; i++)
        if (check->threads[i].space == ended->space && i != record->tid)
            check_clock_join(&thread->clock, &check->threads[i].clock);
}

void check_sync_record(struct check *check, const struct obs *record)
{
    struct check_sync *event;
    switch (record->kind) {
    case OBS_LOCK:
        locked(check, record);
        break;
    case OBS_UNLOCK:
        unlocked(check, record);
        break;
    case OBS_POST:
        event = check_sync_get(check, CHECK_EVENT, record->space, record->va);
        release_to(check_thread_get(check, record->tid), record->tid, record->c,
                   &event->clock);
        break;
    case OBS_WAIT:
        event = check_sync_get(check, CHECK_EVENT, record->space, record->va);
        check_clock_join(&check_thread_get(check, record->tid)->clock, &event->clock);
        break;
    case OBS_BARRIER_ENTER:
        barrier_entered(check, record);
        break;
    case OBS_BARRIER_LEAVE:
        barrier_left(check, record);
        break;
    case OBS_SPAWN:
    case OBS_FORK:
        created(check, record);
        break;
    case OBS_THREAD_START:
        check_thread_get(check, record->tid)->space = record->space;
        break;
    case OBS_THREAD_EXIT:
        exited(check, record);
        break;
    case OBS_JOIN:
    case OBS_WAITPID:
        joined(check, record);
        break;
    }
}

void check_sync_reset(struct check *check)
{
    for (uint32_t i = 0; i < check->n_threads; i++) {
        struct check_thread *thread = &check->threads[i];
        check_clock_clear(&thread->clock);
        *thread = (struct check_thread){
            .clock = thread->clock, .space = NO_SPACE, .seen = thread->seen};
    }
    for (uint32_t i = 0; i < check->n_syncs; i++) {
        struct check_sync *sync = &check->syncs[i];
        check_clock_clear(&sync->clock);
        check_clock_clear(&sync->readers);
        sync->phase = sync->n_owners = 0;
    }
    check->n_syncs = 0;
    check_map_clear(&check->sync_map);
}

void check_sync_free(struct check *check)
{
    for (uint32_t i = 0; i < check->threads_capacity; i++) {
        check_clock_free(&check->threads[i].clock);
        check_give(check->threads[i].seen);
    }
    for (uint32_t i = 0; i < check->syncs_capacity; i++) {
        check_clock_free(&check->syncs[i].clock);
        check_clock_free(&check->syncs[i].readers);
        check_give(check->syncs[i].owners);
    }
    check_give(check->threads);
    check_give(check->syncs);
    check_map_free(&check->sync_map);
}
