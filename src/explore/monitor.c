/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor.c - rules on explored states. See monitor.h.
 */
#include "explore/monitor.h"

#include <string.h>

static void raise_alarm(struct monitor_watch *w, enum monitor_alarm alarm)
{
    if (w->alarm == MONITOR_QUIET)
        w->alarm = alarm;
}

static bool word_is_before(const struct monitor_word *word, uint32_t process,
                           uint64_t va)
{
    return word->process != process ? word->process < process : word->va < va;
}

/* The word of 'va', which gets a place if it has none: in the order of
 * addresses, which does not tell who came first.  Null: no room. */
static struct monitor_word *word_of(struct monitor_watch *w, uint32_t process,
                                    uint64_t va)
{
    struct monitor_word *words = w->monitor->words;
    unsigned at = 0, n = 0;
    va &= ~(uint64_t)(WORD_BYTES - 1);
    while (at < MONITOR_WORDS && words[at].used &&
           word_is_before(&words[at], process, va))
        at++;
    if (at < MONITOR_WORDS && words[at].used && words[at].va == va &&
        words[at].process == process)
        return &words[at];
    for (n = at; n < MONITOR_WORDS && words[n].used; n++)
        continue;
    if (n == MONITOR_WORDS) {
        raise_alarm(w, MONITOR_FULL);
        return NULL;
    }
    memmove(&words[at + 1], &words[at], (n - at) * sizeof *words);
    words[at] = (struct monitor_word){.va = va, .process = process, .used = 1};
    return &words[at];
}

/* A 64-bit mix (splitmix64's): which versions were read, in which order. */
static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) + UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

static void on_load(struct monitor_watch *w, const struct obs *r)
{
    if (w->observe && !(r->flags & OBS_LOCKED))
        w->monitor->outcomes[r->tid] = mix(w->monitor->outcomes[r->tid], r->b);
    if ((r->flags & (OBS_FORWARDED | OBS_LOCKED)) || !w->monitor->n_locks[r->tid])
        return;
    struct monitor_word *word = word_of(w, r->space, r->va);
    if (!word)
        return;
    uint8_t bit = (uint8_t)(1u << r->tid);
    w->n_rule[MONITOR_STALE] += word->stored;
    if (word->stored && r->b != word->last)
        raise_alarm(w, MONITOR_STALE);
    w->n_rule[MONITOR_TORN] += (word->read & bit) != 0;
    if ((word->read & bit) && word->seen[r->tid] != r->b)
        raise_alarm(w, MONITOR_TORN);
    word->read |= bit;
    word->seen[r->tid] = r->b;
}

static void forget_read(struct monitor_word *word, uint32_t tid)
{
    word->read &= (uint8_t) ~(1u << tid);
    word->seen[tid] = 0;
}

static void on_store(struct monitor_watch *w, const struct obs *r)
{
    struct monitor_word *word = word_of(w, r->space, r->va);
    if (!word)
        return;
    word->stored = 1;
    word->last = r->b;
    forget_read(word, r->tid);
}

static struct monitor_lock *lock_of(struct monitor_watch *w, uint32_t process,
                                    uint64_t va)
{
    for (unsigned i = 0; i < MONITOR_LOCKS; i++) {
        struct monitor_lock *lock = &w->monitor->locks[i];
        if (lock->va != 0 && (lock->va != va || lock->process != process))
            continue;
        lock->va = va;
        lock->process = process;
        return lock;
    }
    raise_alarm(w, MONITOR_FULL);
    return NULL;
}

static void on_lock(struct monitor_watch *w, const struct obs *r)
{
    struct monitor_lock *lock = lock_of(w, r->space, r->va);
    w->monitor->n_locks[r->tid]++;
    if (!lock || r->id == OBS_LOCK_READ)
        return;
    w->n_rule[MONITOR_MUTEX]++;
    if (lock->owner)
        raise_alarm(w, MONITOR_MUTEX);
    lock->owner = r->tid + 1;
}

static void on_unlock(struct monitor_watch *w, const struct obs *r)
{
    struct monitor *m = w->monitor;
    struct monitor_lock *lock = lock_of(w, r->space, r->va);
    if (lock && r->id != OBS_LOCK_READ)
        lock->owner = 0;
    if (m->n_locks[r->tid])
        m->n_locks[r->tid]--;
    for (unsigned i = 0; m->n_locks[r->tid] == 0 && i < MONITOR_WORDS; i++)
        forget_read(&m->words[i], r->tid);
}

/* The child's logical memory starts as the parent's. */
static void on_fork(struct monitor_watch *w, const struct obs *r)
{
    for (unsigned i = 0; i < MONITOR_WORDS; i++) {
        const struct monitor_word from = w->monitor->words[i];
        if (!from.used || from.process != r->space || !from.stored)
            continue;
        struct monitor_word *to = word_of(w, (uint32_t)r->a, from.va);
        if (!to)
            return;
        to->stored = 1;
        to->last = from.last;
    }
}

void monitor_on_record(void *context, const struct obs *r)
{
    struct monitor_watch *w = context;
    if (r->kind == OBS_STEP) {
        w->n_steps[r->b != 0][r->a]++;
        return;
    }
    if (r->tid >= MONITOR_THREADS) {
        raise_alarm(w, MONITOR_FULL);
        return;
    }
    switch ((enum obs_kind)r->kind) {
    case OBS_LOAD:
        on_load(w, r);
        return;
    case OBS_STORE:
        on_store(w, r);
        return;
    case OBS_LOCK:
        on_lock(w, r);
        return;
    case OBS_UNLOCK:
        on_unlock(w, r);
        return;
    case OBS_FORK:
        on_fork(w, r);
        return;
    default:
        return;
    }
}

uint64_t monitor_kinds(void)
{
    return UINT64_C(1) << OBS_LOAD | UINT64_C(1) << OBS_STORE |
           UINT64_C(1) << OBS_LOCK | UINT64_C(1) << OBS_UNLOCK |
           UINT64_C(1) << OBS_FORK | UINT64_C(1) << OBS_STEP;
}

const char *monitor_alarm_text(enum monitor_alarm alarm)
{
    switch (alarm) {
    case MONITOR_QUIET:
        return "nothing";
    case MONITOR_STALE:
        return "STALE";
    case MONITOR_TORN:
        return "TORN";
    case MONITOR_MUTEX:
        return "MUTEX";
    case MONITOR_FULL:
        return "the guest has more words, locks or threads than the monitor has room "
               "for";
    }
    return "";
}
