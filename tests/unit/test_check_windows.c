/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_check_windows.c - watch = windows finds what watch = all finds.
 *
 * A toy machine of 3 CPUs, one page, a handful of frames and one TLB entry per
 * CPU takes random steps under a random protocol and emits the records of a
 * real one.  Two checkers read them, one per mode.  Loads and stores are given
 * to the first only while their frame is watched, as the model does it.
 */
#include "test_check_script.h"

#include "base/rng.h"

#include <CUnit/Basic.h>
#include <stdlib.h>

enum protocol { SINGLE_STAGE, BREAK_BEFORE_MAKE, NO_WAIT, LOCAL_ONLY, N_PROTOCOLS };

struct toy {
    struct script windows, all;
    uint64_t word[N_TEST_FRAMES]; /* Content of X in each frame. */
    uint32_t tlb[3];              /* Frame, or NO_FRAME. */
    cycle_t filled[3];
    uint32_t mapped, next; /* By the table; next fresh frame. */
    bool asked[3];         /* IPI under way. */
    uint32_t from, to;     /* Frames of the copy under way. */
    uint64_t fault;        /* Copy under way, or 0. */
    int owner;             /* Of the lock, or -1. */
    uint64_t seed, draws;
};

static uint64_t draw(struct toy *toy, uint64_t n)
{
    return rng_draw(toy->seed, 0, toy->draws++) % n;
}

/* Both checkers read the record; watched accesses only reach the first. */
static void emit(struct toy *toy, struct obs r)
{
    bool access = r.kind == OBS_LOAD || r.kind == OBS_STORE;
    toy->all.now = toy->windows.now;
    say(&toy->all, r);
    if (!access || obs_watch_map(toy->windows.hub)[r.a])
        say(&toy->windows, r);
    else
        toy->windows.now += 10;
}

static struct obs at(struct toy *toy, unsigned cpu, enum obs_kind kind)
{
    struct obs r = by(&toy->windows, cpu, kind);
    r.va = X;
    return r;
}

static void drop(struct toy *toy, unsigned cpu, enum obs_inval_reason reason)
{
    struct obs r = at(toy, cpu, OBS_TLB_INVAL);
    r.a = toy->tlb[cpu];
    r.b = 1;
    r.c = reason;
    toy->tlb[cpu] = NO_FRAME;
    emit(toy, r);
}

static void write_entry(struct toy *toy, uint64_t before, uint64_t after)
{
    struct obs r = at(toy, A, OBS_PTE_WRITE);
    r.a = before;
    r.b = after;
    r.c = OBS_PTE_COW;
    r.id = toy->fault;
    emit(toy, r);
}

static void end_copy(struct toy *toy)
{
    struct obs r = at(toy, A, OBS_WATCH_QUIET);
    r.a = toy->from;
    r.id = toy->fault;
    emit(toy, r);
    toy->fault = 0;
}

static void begin_copy(struct toy *toy, enum protocol protocol, uint64_t number)
{
    if (toy->fault || toy->next >= N_TEST_FRAMES)
        return;
    toy->fault = number;
    toy->from = toy->mapped;
    toy->to = toy->next++;
    struct obs r = at(toy, A, OBS_WATCH_BEGIN);
    r.a = toy->from;
    r.b = toy->to;
    r.id = number;
    obs_watch(toy->windows.hub, (pfn_t){toy->from});
    obs_watch(toy->windows.hub, (pfn_t){toy->to});
    emit(toy, r);
    toy->word[toy->to] = toy->word[toy->from];
    bool gap = protocol == BREAK_BEFORE_MAKE;
    toy->mapped = gap ? NO_FRAME : toy->to;
    write_entry(toy, entry(toy->from, RO), gap ? 0 : entry(toy->to, RW));
    drop(toy, A, OBS_INVAL_LOCAL);
    toy->asked[B] = toy->asked[C] = protocol != LOCAL_ONLY;
    if (protocol == NO_WAIT || protocol == LOCAL_ONLY)
        end_copy(toy);
}

static void take_interrupt(struct toy *toy, enum protocol protocol, unsigned cpu)
{
    if (!toy->asked[cpu])
        return;
    toy->asked[cpu] = false;
    drop(toy, cpu, OBS_INVAL_IPI);
    if (!toy->fault || toy->asked[B] || toy->asked[C])
        return;
    if (protocol == BREAK_BEFORE_MAKE) {
        toy->mapped = toy->to;
        write_entry(toy, 0, entry(toy->to, RW));
    }
    end_copy(toy);
}

/* A load or a store by the TLB, or by the table if that is empty. */
static void access(struct toy *toy, unsigned cpu, bool is_store)
{
    if (toy->tlb[cpu] == NO_FRAME) {
        if (toy->mapped == NO_FRAME)
            return; /* Would fault and sleep. */
        toy->tlb[cpu] = toy->mapped;
        toy->filled[cpu] = toy->windows.now;
    }
    if (is_store && toy->tlb[cpu] != toy->mapped)
        return; /* The old entry is read-only: would fault and sleep. */
    struct obs r = at(toy, cpu, is_store ? OBS_STORE : OBS_LOAD);
    r.a = toy->tlb[cpu];
    r.d = toy->filled[cpu];
    r.id = 8;
    if (is_store)
        toy->word[r.a] = ver_make(cpu, r.c, 0).bits;
    r.b = toy->word[r.a];
    toy->windows.op[cpu]++;
    emit(toy, r);
}

static void lock_step(struct toy *toy, unsigned cpu)
{
    if (toy->owner >= 0 && toy->owner != (int)cpu)
        return;
    struct obs r = by(&toy->windows, cpu, toy->owner < 0 ? OBS_LOCK : OBS_UNLOCK);
    r.va = L;
    toy->owner = toy->owner < 0 ? (int)cpu : -1;
    toy->windows.op[cpu]++;
    emit(toy, r);
}

static void run(struct toy *toy, enum protocol protocol)
{
    for (unsigned i = A; i <= C; i++)
        emit(toy, by(&toy->windows, i, OBS_THREAD_START));
    for (unsigned step = 1; step <= 400; step++) {
        unsigned cpu = (unsigned)draw(toy, 3);
        uint64_t what = draw(toy, 20);
        if (what == 0)
            begin_copy(toy, protocol, step);
        else if (what <= 2)
            take_interrupt(toy, protocol, cpu);
        else if (what == 3)
            drop(toy, cpu, OBS_INVAL_EVICT);
        else if (what <= 8)
            lock_step(toy, cpu);
        else if (toy->owner == (int)cpu || what == 9)
            access(toy, cpu, what % 3 == 0);
    }
}

static struct toy toy_start(uint64_t seed)
{
    struct toy toy = {
        .windows = script_start(CHECK_WATCH_WINDOWS),
        .all = script_start(CHECK_WATCH_ALL),
        .tlb = {NO_FRAME, NO_FRAME, NO_FRAME},
        .mapped = 1,
        .next = 2,
        .owner = -1,
        .seed = seed,
    };
    return toy;
}

static uint64_t run_one(enum protocol protocol, uint64_t seed)
{
    struct toy toy = toy_start(seed);
    run(&toy, protocol);
    const struct check_counts *w = counts(&toy.windows), *a = counts(&toy.all);
    for (unsigned rule = 0; rule < CHECK_N_RULES; rule++) {
        CU_ASSERT_EQUAL(w->total[rule], a->total[rule]);
        CU_ASSERT_EQUAL(w->under_lock[rule], a->under_lock[rule]);
    }
    CU_ASSERT(w->loads <= a->loads);
    uint64_t n = check_counts_total(a);
    script_end(&toy.windows);
    script_end(&toy.all);
    return n;
}

static uint64_t run_many(enum protocol protocol)
{
    uint64_t n = 0;
    for (uint64_t seed = 1; seed <= 300; seed++)
        n += run_one(protocol, seed);
    return n;
}

static void single_stage_is_caught_the_same_in_both_modes(void)
{
    CU_ASSERT(run_many(SINGLE_STAGE) > 0);
}

static void no_wait_is_caught_the_same_in_both_modes(void)
{
    CU_ASSERT(run_many(NO_WAIT) > 0);
}

static void local_only_is_caught_the_same_in_both_modes(void)
{
    CU_ASSERT(run_many(LOCAL_ONLY) > 0);
}

static void break_before_make_is_clean_in_both_modes(void)
{
    CU_ASSERT_EQUAL(run_many(BREAK_BEFORE_MAKE), 0);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(single_stage_is_caught_the_same_in_both_modes),
    ROW(no_wait_is_caught_the_same_in_both_modes),
    ROW(local_only_is_caught_the_same_in_both_modes),
    ROW(break_before_make_is_clean_in_both_modes),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"check windows", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
