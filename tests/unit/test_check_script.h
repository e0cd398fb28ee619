/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_check_script.h - short words for hand-made sequences of records.
 *
 * The scene of reference/cow-protocols.md section 1: thread A on CPU 0 copies
 * a page, threads B and C on CPUs 1 and 2 use the word X on it under the lock
 * L, which lies on another page.  OLD and NEW are the frames.
 */
#ifndef TEST_CHECK_SCRIPT_H
#define TEST_CHECK_SCRIPT_H

#include "base/pte.h"
#include "check/check.h"

#include <CUnit/CUnit.h>

enum { A, B, C };

#define L             UINT64_C(0x9000)
#define M             UINT64_C(0x9040)
#define X             UINT64_C(0x5008)
#define OLD           17u
#define NEW           42u
#define N_TEST_FRAMES 64u
#define RO            (PTE_P | PTE_US | PTE_A)
#define RW            (RO | PTE_RW | PTE_D)

struct script {
    struct check *check;
    struct obs_hub *hub;
    cycle_t now;
    uint64_t op[8]; /* Next operation of each thread. */
    void (*also)(void *context, const struct obs *record);
    void *context;
};

static inline void say(struct script *s, struct obs record)
{
    record.cycle = s->now;
    s->now += 10;
    if (s->check)
        check_record(s->check, &record);
    if (s->also)
        s->also(s->context, &record);
}

static inline struct obs by(struct script *s, unsigned thread, enum obs_kind kind)
{
    return (struct obs){
        .kind = (uint16_t)kind,
        .cpu = (uint16_t)thread,
        .unit = (uint16_t)thread,
        .tid = thread,
        .c = s->op[thread],
    };
}

static inline void lock_as(struct script *s, unsigned thread, uint64_t va, uint64_t how)
{
    struct obs r = by(s, thread, OBS_LOCK);
    r.va = va;
    r.id = how;
    s->op[thread]++;
    say(s, r);
}

static inline void unlock_as(struct script *s, unsigned thread, uint64_t va,
                             uint64_t how)
{
    struct obs r = by(s, thread, OBS_UNLOCK);
    r.va = va;
    r.id = how;
    s->op[thread]++;
    say(s, r);
}

static inline void lock(struct script *s, unsigned thread)
{
    lock_as(s, thread, L, OBS_LOCK_MUTEX);
}

static inline void unlock(struct script *s, unsigned thread)
{
    unlock_as(s, thread, L, OBS_LOCK_MUTEX);
}

static inline void sync_on(struct script *s, unsigned thread, enum obs_kind kind,
                           uint64_t va)
{
    struct obs r = by(s, thread, kind);
    r.va = va;
    s->op[thread]++;
    say(s, r);
}

static inline void relate(struct script *s, unsigned thread, enum obs_kind kind,
                          uint64_t other, uint64_t space)
{
    struct obs r = by(s, thread, kind);
    r.id = other;
    r.a = space;
    s->op[thread]++;
    say(s, r);
}

/* A store of 'bytes' at 'va' into 'frame'. Returns its version. */
static inline uint64_t store_part(struct script *s, unsigned thread, uint64_t va,
                                  unsigned bytes, unsigned frame)
{
    struct obs r = by(s, thread, OBS_STORE);
    r.va = va;
    r.a = frame;
    r.b = ver_make(thread, s->op[thread]++, 0).bits;
    r.d = s->now > 5 ? s->now - 5 : 0;
    r.id = bytes;
    say(s, r);
    return r.b;
}

static inline uint64_t store(struct script *s, unsigned thread, unsigned frame)
{
    return store_part(s, thread, X, 8, frame);
}

static inline void load_part(struct script *s, unsigned thread, uint64_t va,
                             unsigned bytes, unsigned frame, uint64_t version,
                             unsigned flags)
{
    struct obs r = by(s, thread, OBS_LOAD);
    r.va = va;
    r.a = frame;
    r.b = version;
    r.id = bytes;
    r.flags = (uint16_t)flags;
    r.d = frame == OLD ? 1 : s->now > 5 ? s->now - 5 : 0;
    s->op[thread]++;
    say(s, r);
}

static inline void load(struct script *s, unsigned thread, unsigned frame,
                        uint64_t version)
{
    load_part(s, thread, X, 8, frame, version, 0);
}

static inline void pte(struct script *s, uint64_t before, uint64_t after,
                       uint64_t fault, enum obs_pte_reason reason)
{
    struct obs r = by(s, A, OBS_PTE_WRITE);
    r.va = X;
    r.a = before;
    r.b = after;
    r.c = reason;
    r.id = fault;
    say(s, r);
}

static inline uint64_t entry(unsigned frame, uint64_t flags)
{
    return pte_make((pfn_t){frame}, flags).bits;
}

static inline void inval_for(struct script *s, unsigned cpu, uint64_t dropped,
                             enum obs_inval_reason reason, uint64_t n_pages)
{
    struct obs r = by(s, cpu, OBS_TLB_INVAL);
    r.va = X & ~UINT64_C(0xfff);
    r.a = dropped;
    r.b = n_pages;
    r.c = reason;
    r.id = reason == OBS_INVAL_IPI ? 5 : 0;
    say(s, r);
}

static inline void inval(struct script *s, unsigned cpu, uint64_t dropped)
{
    inval_for(s, cpu, dropped, cpu == A ? OBS_INVAL_LOCAL : OBS_INVAL_IPI, 1);
}

static inline void fault(struct script *s, enum obs_kind kind, uint64_t what)
{
    struct obs r = by(s, A, kind);
    r.va = X;
    r.a = what;
    r.id = 3;
    say(s, r);
}

static inline void watch_begin(struct script *s, unsigned before, unsigned after,
                               uint64_t number)
{
    if (s->hub) {
        obs_watch(s->hub, (pfn_t){before});
        obs_watch(s->hub, (pfn_t){after});
    }
    struct obs r = by(s, A, OBS_WATCH_BEGIN);
    r.va = X;
    r.a = before;
    r.b = after;
    r.id = number;
    say(s, r);
}

static inline void watch_quiet(struct script *s, uint64_t number)
{
    struct obs r = by(s, A, OBS_WATCH_QUIET);
    r.va = X;
    r.a = OLD;
    r.id = number;
    say(s, r);
}

static inline void ipi(struct script *s, unsigned cpu, enum obs_kind kind,
                       uint64_t target)
{
    struct obs r = by(s, cpu, kind);
    r.a = target;
    r.b = 245;
    r.c = 0;
    r.id = 5;
    say(s, r);
}

static inline void shootdown(struct script *s, uint64_t targets)
{
    struct obs r = by(s, A, OBS_SHOOTDOWN_BEGIN);
    r.va = X & ~UINT64_C(0xfff);
    r.a = targets;
    r.b = 1;
    r.c = 3;
    r.id = 5;
    say(s, r);
}

/* A, B and C run in space 0 on their CPUs. */
static inline void actors(struct script *s)
{
    for (unsigned i = A; i <= C; i++)
        say(s, by(s, i, OBS_THREAD_START));
}

/* The single-stage protocol until the shootdown is under way: OLD is copied to
 * NEW, the entry is NEW and writable, and nobody has acknowledged. */
static inline void entry_changes(struct script *s)
{
    actors(s);
    watch_begin(s, OLD, NEW, 3);
    fault(s, OBS_FAULT_BEGIN, PF_P | PF_W | PF_U);
    inval_for(s, A, OLD, OBS_INVAL_FAULT, 1);
    struct obs r = by(s, A, OBS_FRAME_ALLOC);
    r.va = X;
    r.a = NEW;
    say(s, r);
    r = by(s, A, OBS_FRAME_COPY);
    r.va = X;
    r.a = NEW;
    r.b = OLD;
    r.id = 3;
    say(s, r);
    pte(s, entry(OLD, RO), entry(NEW, RW), 3, OBS_PTE_COW);
    inval(s, A, NO_FRAME);
    shootdown(s, 2);
    ipi(s, A, OBS_IPI_SEND, B);
    ipi(s, A, OBS_IPI_SEND, C);
}

static inline void acknowledge(struct script *s, unsigned cpu, uint64_t dropped)
{
    ipi(s, cpu, OBS_IPI_ARRIVE, 0);
    ipi(s, cpu, OBS_IPI_HANDLER, 0);
    inval(s, cpu, dropped);
    ipi(s, cpu, OBS_IPI_ACK, A);
}

static inline void copy_ends(struct script *s)
{
    ipi(s, A, OBS_SHOOTDOWN_END, 0);
    watch_quiet(s, 3);
    fault(s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
}

static inline struct script script_start(enum check_watch watch)
{
    struct check_config config = {
        .enabled = 1,
        .watch = watch,
        .max_violations = 4,
        .max_witnesses = 3,
        .history = 512,
        .word_history = 8,
    };
    struct script s = {.now = 1000};
    s.hub = obs_create(1, N_TEST_FRAMES, NULL);
    s.check = check_create(&config, s.hub, 3, NULL);
    return s;
}

static inline void script_end(struct script *s)
{
    check_destroy(s->check);
    obs_destroy(s->hub);
}

static inline const struct check_counts *counts(const struct script *s)
{
    return &check_result(s->check)->counts;
}

#endif
