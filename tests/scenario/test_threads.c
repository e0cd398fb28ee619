/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_threads.c - the scheduler, locks, barriers, events and deadlocks.
 */
#include <CUnit/Basic.h>

#include "guest_world.h"

#define MAP "let x = 0x510000000000\nlet y = 0x510000100000\nlet l = 0x520000000000\n"

static struct world run(const char *machine, const char *text, const char *const *sets)
{
    struct world w;
    world_go(&w, machine, "two_stage", text, sets);
    return w;
}

static void more_threads_than_cores_take_turns(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  spawn 3\n  pin 0\n"
            "  compute 9000\n  join 1\n  join 2\n  join 3\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  pin 0\n  compute 9000\n  exit\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  pin 0\n  compute 9000\n  exit\n"
            "stream 3 proc 0 \"three\" spawned by 0\n  pin 0\n  compute 9000\n  exit\n";
    struct world w = run("tiny/two_cores", text, SETS("kernel.time_slice_cycles=1000"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    unsigned switches = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        switches += r->kind == OBS_SWITCH && r->tid != NO_THREAD && r->cpu == 0;
    }
    CU_ASSERT(switches >= 4 * 9); /* 9000 cycles are nine slices each. */
    CU_ASSERT(w.out.stats.cycles >= 36000);
    world_close(&w);
}

static void a_pinned_thread_stays_and_another_goes_where_there_is_room(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  join 1\n  join 2\n  exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  pin 0\n  compute 50000\n  exit\n"
        "stream 2 proc 0 \"two\" spawned by 0\n  compute 50000\n  exit\n";
    struct world w = run("tiny/two_cores", text, SETS("kernel.time_slice_cycles=1000"));
    CU_ASSERT(w.out.stats.cycles < 100000); /* Side by side. */
    const struct obs *exit = world_find(&w, OBS_THREAD_EXIT, 1, 0);
    CU_ASSERT(exit && exit->cpu == 0);
    world_close(&w);
}

static void a_thread_that_changes_cpus_finds_its_own_stores(void)
{
    /* The line of x is on its way when the slice ends. */
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    fprintf(out,
            MAP "stream 0 proc 0 \"main\"\n  mmap @x 64K rw\n  spawn 1\n  spawn 2\n"
                "  spawn 3\n");
    for (unsigned t = 0; t < 4; t++) {
        if (t)
            fprintf(out, "stream %u proc 0 \"t\" spawned by 0\n", t);
        for (unsigned i = 0; i < 300; i++)
            fprintf(out, "  store 8 @x+%u\n  compute 37\n  load 8 @x+%u\n",
                    i * 64 % 16384 + 8 * t, i * 64 % 16384 + 8 * t);
        for (unsigned k = 1; t == 0 && k < 4; k++)
            fprintf(out, "  join %u\n", k);
        fprintf(out, "  exit\n");
    }
    fclose(out);
    struct world w = run("tiny/three_cores", text,
                         SETS("kernel.time_slice_cycles=300", "check.watch=all",
                              "mem.c2c_cluster_cycles=400"));
    CU_ASSERT_EQUAL(world_violations(&w), 0);
    uint64_t last[4] = {0};
    unsigned wrong = 0;
    for (size_t i = 0; i < w.n; i++) { /* A load reads the store before it. */
        const struct obs *r = &w.records[i];
        if (r->kind == OBS_LOAD && r->tid < 4)
            wrong += ver_thread((ver_t){r->b}) != r->tid ||
                     ver_op((ver_t){r->b}) + 2 != r->c;
        if (r->kind == OBS_LOAD && r->tid < 4)
            last[r->tid] = r->c;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT(last[1] > 0 && last[3] > 0);
    world_close(&w);
    free(text);
}

static void barriers_events_and_joins_order_threads(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  spawn 1\n  wait @l 2\n  mark 1\n  barrier @l 2\n"
        "  mark 3\n  join 1\n  mark 5\n  exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  compute 500\n  post @l\n  compute "
        "500\n"
        "  mark 0\n  post @l\n  compute 700\n  mark 2\n  barrier @l 2\n  compute 500\n"
        "  mark 4\n  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    for (unsigned i = 0; i < 5; i++)
        CU_ASSERT(world_mark(&w, i)->cycle < world_mark(&w, i + 1)->cycle);
    world_close(&w);
}

static void a_barrier_for_two_can_be_used_by_three(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  barrier @l 2\n  barrier "
            "@l 2\n"
            "  join 1\n  join 2\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  barrier @l 2\n  exit\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  barrier @l 2\n  exit\n";
    struct world w;
    world_open(&w, "tiny/jittery", "two_stage", text, NO_SETS);
    for (uint64_t seed = 1; seed <= 50; seed++) {
        world_run(&w, seed);
        CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    }
    world_close(&w);
}

static void a_barrier_of_recorded_order_lets_every_rank_pass(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  spawn 1\n  compute 900\n  barrier @l 2 seq 1\n"
            "  compute 900\n  barrier @l 2 seq 4\n  join 1\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  barrier @l 2 seq 2\n"
            "  barrier @l 2 seq 3\n  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    world_close(&w);
}

static uint32_t first_owner(const char *text, const char *order)
{
    struct world w = run("tiny/two_cores", text, SETS(order));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(world_count(&w, OBS_LOCK), 2);
    size_t at = 0;
    uint32_t tid = world_next(&w, &at, OBS_LOCK)->tid;
    world_close(&w);
    return tid;
}

static void recorded_order_decides_who_is_first_and_free_order_does_not(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  spawn 1\n"
            "  compute 9000\n  lock @l seq 1\n  unlock @l seq 2\n  join 1\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  lock @l seq 3\n  unlock @l seq 4\n"
            "  exit\n";
    CU_ASSERT_EQUAL(first_owner(text, "core.lock_order=recorded"), 0);
    CU_ASSERT_EQUAL(first_owner(text, "core.lock_order=free"), 1);
}

/* Thread 1 has the lock first, but its post was recorded as the second. */
static void posts_under_a_free_lock_need_not_keep_their_recorded_order(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  spawn 1\n"
            "  compute 9000\n  lock @l seq 1\n  post @x seq 1\n  unlock @l seq 2\n"
            "  join 1\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  lock @l seq 3\n  post @x seq 2\n"
            "  unlock @l seq 4\n  exit\n";
    CU_ASSERT_EQUAL(first_owner(text, "core.lock_order=recorded"), 0);
    CU_ASSERT_EQUAL(first_owner(text, "core.lock_order=free"), 1);
}

static void siblings_of_one_core_hand_a_lock_over(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  spawn 1\n  "
            "pin 0\n"
            "  repeat 50\n    lock @l\n    compute 100\n    unlock @l\n  end\n"
            "  join 1\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  pin 1\n"
            "  repeat 50\n    lock @l\n    compute 90\n    unlock @l\n  end\n  exit\n";
    struct world w = run("tiny/smt", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(world_count(&w, OBS_LOCK), 100);
    CU_ASSERT_EQUAL(world_checked(&w)->total[CHECK_MUTEX], 0);
    world_close(&w);
}

static void readers_share_and_writers_do_not(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  spawn 1\n  "
            "spawn 2\n"
            "  lock @l read\n  barrier @l+64 2\n  unlock @l read\n  join 1\n  join 2\n "
            " exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  lock @l read\n  barrier @l+64 2\n"
            "  mark 1\n  compute 3000\n  unlock @l read\n  exit\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  compute 2000\n  lock @l write\n"
            "  mark 2\n  unlock @l write\n  exit\n";
    struct world w = run("tiny/three_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE); /* Both readers were inside. */
    CU_ASSERT(world_mark(&w, 2)->cycle > world_mark(&w, 1)->cycle + 2900);
    world_close(&w);
}

static void a_trylock_that_fails_goes_on_and_its_unlock_releases_nothing(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  spawn 1\n"
        "  lock @l\n  post @l\n  compute 9000\n  mark 2\n  unlock @l\n  join 1\n  "
        "exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  wait @l 1\n  trylock @l\n  mark 1\n"
        "  unlock @l\n  lock @l\n  mark 3\n  unlock @l\n  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT(world_mark(&w, 1)->cycle < world_mark(&w, 2)->cycle);
    CU_ASSERT(world_mark(&w, 3)->cycle > world_mark(&w, 2)->cycle);
    CU_ASSERT_EQUAL(world_count(&w, OBS_LOCK), 2);
    world_close(&w);
}

static void a_deadlock_of_spinning_threads_names_the_locks(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  store 8 @l+64 0\n"
        "  spawn 1\n  lock @l\n  barrier @x 2\n  lock @l+64\n  exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  lock @l+64\n  barrier @x 2\n  lock "
        "@l\n"
        "  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DEADLOCK);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "0x520000000000"));
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "0x520000000040"));
    world_close(&w);
}

static void a_deadlock_under_time_slices_is_found_too(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  lock @l\n"
            "  spawn 1\n  spawn 2\n  spawn 3\n  join 1\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  lock @l\n  exit\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  lock @l\n  exit\n"
            "stream 3 proc 0 \"three\" spawned by 0\n  lock @l\n  exit\n";
    struct world w = run("tiny/two_cores", text, SETS("kernel.time_slice_cycles=1000"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DEADLOCK);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "thread 1"));
    world_close(&w);
}

static void a_thread_that_no_cpu_takes_is_named_in_a_deadlock(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @l 4K rw\n  store 8 @l 0\n  pin 0\n  spawn "
        "1\n"
        "  wait @x 1\n  lock @l\n  join 1\n  exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  lock @l\n  post @x\n  compute 9000\n"
        "  pin 0\n  unlock @l\n  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DEADLOCK);
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "hardware thread 0"));
    world_close(&w);
}

static void an_idle_cpu_takes_a_thread_that_waits_for_another_cpu(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  compute 50000\n  join 1\n"
        "  join 2\n  exit\n"
        "stream 1 proc 0 \"one\" spawned by 0\n  compute 1000\n  exit\n"
        "stream 2 proc 0 \"two\" spawned by 0\n  compute 1000\n  mark 1\n  exit\n";
    struct world w = run("tiny/two_cores", text, NO_SETS);
    CU_ASSERT(world_mark(&w, 1)->cycle < 10000);
    world_close(&w);
}

static CU_TestInfo tests[] = {
    {"more threads than cores take turns", more_threads_than_cores_take_turns},
    {"a pinned thread stays and another goes where there is room",
     a_pinned_thread_stays_and_another_goes_where_there_is_room},
    {"a thread that changes cpus finds its own stores",
     a_thread_that_changes_cpus_finds_its_own_stores},
    {"barriers events and joins order threads",
     barriers_events_and_joins_order_threads},
    {"a barrier for two can be used by three", a_barrier_for_two_can_be_used_by_three},
    {"a barrier of recorded order lets every rank pass",
     a_barrier_of_recorded_order_lets_every_rank_pass},
    {"recorded order decides who is first and free order does not",
     recorded_order_decides_who_is_first_and_free_order_does_not},
    {"posts under a free lock need not keep their recorded order",
     posts_under_a_free_lock_need_not_keep_their_recorded_order},
    {"siblings of one core hand a lock over", siblings_of_one_core_hand_a_lock_over},
    {"readers share and writers do not", readers_share_and_writers_do_not},
    {"a trylock that fails goes on and its unlock releases nothing",
     a_trylock_that_fails_goes_on_and_its_unlock_releases_nothing},
    {"a deadlock of spinning threads names the locks",
     a_deadlock_of_spinning_threads_names_the_locks},
    {"a deadlock under time slices is found too",
     a_deadlock_under_time_slices_is_found_too},
    {"a thread that no cpu takes is named in a deadlock",
     a_thread_that_no_cpu_takes_is_named_in_a_deadlock},
    {"an idle cpu takes a thread that waits for another cpu",
     an_idle_cpu_takes_a_thread_that_waits_for_another_cpu},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "threads", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
