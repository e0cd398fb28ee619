/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_check_sync.c - which records order a store before a load, and when a
 * watch ends.
 *
 * In each scene B stores x through NEW, something happens, and C loads x
 * through OLD.  STALE is found exactly if what happened orders the two.
 */
#include "test_check_script.h"

#include <CUnit/Basic.h>

static uint64_t stale(const struct script *s)
{
    return counts(s)->total[CHECK_STALE];
}

static struct script b_stored(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    return s;
}

/* C loads: STALE is expected if 'ordered', else an unordered stale read. */
static void c_loads(struct script *s, bool ordered)
{
    load(s, C, OLD, 0);
    CU_ASSERT_EQUAL(stale(s), ordered);
    CU_ASSERT_EQUAL(counts(s)->unordered, !ordered);
    script_end(s);
}

static void post_and_wait_order(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    sync_on(&s, B, OBS_POST, 0x8000);
    sync_on(&s, C, OBS_WAIT, 0x8000);
    c_loads(&s, true);
}

static void events_at_other_addresses_do_not_order(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    sync_on(&s, B, OBS_POST, 0x8000);
    sync_on(&s, C, OBS_WAIT, 0x8008);
    c_loads(&s, false);
}

static void a_wait_before_the_post_does_not_order(void)
{
    struct script s = b_stored();
    sync_on(&s, C, OBS_WAIT, 0x8000);
    store(&s, B, NEW);
    sync_on(&s, B, OBS_POST, 0x8000);
    c_loads(&s, false);
}

static void a_store_after_the_release_is_not_ordered(void)
{
    struct script s = b_stored();
    sync_on(&s, B, OBS_POST, 0x8000);
    store(&s, B, NEW);
    sync_on(&s, C, OBS_WAIT, 0x8000);
    c_loads(&s, false);
}

static void order_is_transitive(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    sync_on(&s, B, OBS_POST, 0x8000);
    sync_on(&s, A, OBS_WAIT, 0x8000);
    sync_on(&s, A, OBS_POST, 0x8010);
    sync_on(&s, C, OBS_WAIT, 0x8010);
    c_loads(&s, true);
}

static void a_barrier_orders(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    sync_on(&s, C, OBS_BARRIER_ENTER, 0x8000);
    sync_on(&s, B, OBS_BARRIER_ENTER, 0x8000);
    sync_on(&s, B, OBS_BARRIER_LEAVE, 0x8000);
    sync_on(&s, C, OBS_BARRIER_LEAVE, 0x8000);
    c_loads(&s, true);
}

/* B is back for the next round before C has left this one. */
static void the_next_round_of_a_barrier_does_not_order(void)
{
    struct script s = b_stored();
    sync_on(&s, C, OBS_BARRIER_ENTER, 0x8000);
    sync_on(&s, B, OBS_BARRIER_ENTER, 0x8000);
    sync_on(&s, B, OBS_BARRIER_LEAVE, 0x8000);
    store(&s, B, NEW);
    sync_on(&s, B, OBS_BARRIER_ENTER, 0x8000);
    sync_on(&s, C, OBS_BARRIER_LEAVE, 0x8000);
    c_loads(&s, false);
}

static void spawn_orders(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    relate(&s, B, OBS_SPAWN, C, 0);
    say(&s, by(&s, C, OBS_THREAD_START));
    c_loads(&s, true);
}

static void join_orders_only_after_the_exit(void)
{
    struct script s = b_stored();
    store(&s, B, NEW);
    relate(&s, B, OBS_THREAD_EXIT, 0, 0);
    relate(&s, C, OBS_JOIN, B, 0);
    c_loads(&s, true);
}

static void readers_release_to_writers(void)
{
    struct script s = b_stored();
    lock_as(&s, B, L, OBS_LOCK_READ);
    store(&s, B, NEW);
    unlock_as(&s, B, L, OBS_LOCK_READ);
    lock_as(&s, C, L, OBS_LOCK_WRITE);
    c_loads(&s, true);
}

static void readers_do_not_release_to_readers(void)
{
    struct script s = b_stored();
    lock_as(&s, B, L, OBS_LOCK_READ);
    store(&s, B, NEW);
    unlock_as(&s, B, L, OBS_LOCK_READ);
    lock_as(&s, C, L, OBS_LOCK_READ);
    c_loads(&s, false);
}

static void locks_of_other_spaces_do_not_order(void)
{
    struct script s = b_stored();
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    struct obs r = by(&s, C, OBS_LOCK);
    r.va = L;
    r.space = 7;
    say(&s, r);
    c_loads(&s, false);
}

/* The child's memory is a copy of the parent's at the fork. */
static void fork_copies_the_logical_memory(void)
{
    struct script s = script_start(CHECK_WATCH_ALL);
    say(&s, by(&s, B, OBS_THREAD_START));
    uint64_t x = store(&s, B, OLD);
    relate(&s, B, OBS_FORK, 5, 1);
    struct obs r = by(&s, 5, OBS_THREAD_START);
    r.space = 1;
    say(&s, r);
    store(&s, B, NEW); /* The parent goes on: not the child's business. */
    r = by(&s, 5, OBS_LOAD);
    r.space = 1;
    r.va = X;
    r.a = OLD;
    r.b = x;
    r.id = 8;
    say(&s, r);
    CU_ASSERT_EQUAL(stale(&s), 0);
    r.b = 0;
    say(&s, r);
    CU_ASSERT_EQUAL(stale(&s), 1);
    script_end(&s);
}

static void waitpid_orders_the_end_of_a_process(void)
{
    struct script s = script_start(CHECK_WATCH_ALL);
    say(&s, by(&s, B, OBS_THREAD_START));
    struct obs r = by(&s, 5, OBS_THREAD_START);
    r.space = 1;
    say(&s, r);
    r = by(&s, 5, OBS_STORE);
    r.va = X;
    r.a = NEW;
    r.b = ver_make(5, 0, 0).bits;
    r.id = 8;
    say(&s, r); /* To memory shared with B, seen as B's. */
    s.op[5]++;
    relate(&s, 5, OBS_THREAD_EXIT, 0, 0);
    relate(&s, B, OBS_WAITPID, 5, 0);
    load(&s, B, OLD, 0);
    CU_ASSERT_EQUAL(stale(&s), 1);
    script_end(&s);
}

static bool watched(const struct script *s, uint32_t frame)
{
    return obs_watch_map(s->hub)[frame] != 0;
}

static void a_watch_ends_when_it_is_quiet_and_all_have_dropped(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    acknowledge(&s, B, OLD);
    acknowledge(&s, C, OLD);
    CU_ASSERT(watched(&s, OLD) && watched(&s, NEW));
    copy_ends(&s);
    CU_ASSERT(!watched(&s, OLD) && !watched(&s, NEW));
    CU_ASSERT_EQUAL(counts(&s)->watches_open, 0);
    script_end(&s);
}

/* A protocol that does not wait says "quiet" too early. */
static void a_watch_outlives_an_early_quiet(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    copy_ends(&s);
    acknowledge(&s, B, OLD);
    CU_ASSERT(watched(&s, OLD));
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    lock(&s, C);
    load(&s, C, OLD, 0);
    CU_ASSERT_EQUAL(stale(&s), 1);
    script_end(&s);
}

static void a_late_invalidation_ends_the_watch(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    copy_ends(&s);
    acknowledge(&s, B, OLD);
    inval_for(&s, C, NO_FRAME, OBS_INVAL_SWITCH, 0); /* CR3 load. */
    CU_ASSERT(!watched(&s, OLD) && !watched(&s, NEW));
    script_end(&s);
}

/* C went idle with a CR3 load: it gets no interrupt, and needs none. */
static void an_idle_cpu_is_not_waited_for(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    actors(&s);
    inval_for(&s, C, NO_FRAME, OBS_INVAL_SWITCH, 0);
    watch_begin(&s, OLD, NEW, 3);
    pte(&s, entry(OLD, RO), entry(NEW, RW), 3, OBS_PTE_COW);
    inval(&s, A, OLD);
    inval(&s, B, OLD);
    watch_quiet(&s, 3);
    CU_ASSERT(!watched(&s, OLD));
    script_end(&s);
}

static void a_page_that_was_harmed_stays_watched(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    lock(&s, C);
    load(&s, C, OLD, 0);
    acknowledge(&s, B, OLD);
    acknowledge(&s, C, OLD);
    copy_ends(&s);
    CU_ASSERT(watched(&s, OLD) && watched(&s, NEW));
    script_end(&s);
}

static void nested_watches_end_one_by_one(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    actors(&s);
    watch_begin(&s, OLD, NEW, 3);
    watch_begin(&s, OLD, NEW, 4);
    watch_quiet(&s, 3);
    CU_ASSERT_EQUAL(counts(&s)->watches_open, 1);
    CU_ASSERT(watched(&s, OLD));
    watch_quiet(&s, 3); /* Again: no other watch may end for it. */
    CU_ASSERT(watched(&s, OLD));
    watch_quiet(&s, 4);
    CU_ASSERT(!watched(&s, OLD));
    script_end(&s);
}

static void one_quiet_ends_one_watch(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    actors(&s);
    watch_begin(&s, OLD, NEW, 3);
    watch_begin(&s, OLD, NEW, 3);
    watch_quiet(&s, 3);
    CU_ASSERT_EQUAL(counts(&s)->watches_open, 1);
    CU_ASSERT(watched(&s, OLD));
    watch_quiet(&s, 3);
    CU_ASSERT(!watched(&s, OLD));
    script_end(&s);
}

/* Thread 5 of space 1 and B of space 0 share the frame: what 5 wrote last is
 * not older than what B wrote before. */
static void memory_shared_by_processes_is_not_judged(void)
{
    struct script s = script_start(CHECK_WATCH_ALL);
    say(&s, by(&s, B, OBS_THREAD_START));
    struct obs r = by(&s, 5, OBS_THREAD_START);
    r.space = 1;
    say(&s, r);
    store(&s, B, NEW);
    r = by(&s, 5, OBS_STORE);
    r.space = 1;
    r.va = X;
    r.a = NEW;
    r.b = ver_make(5, 0, 0).bits;
    r.id = 8;
    say(&s, r);
    load(&s, B, NEW, r.b);
    CU_ASSERT_EQUAL(stale(&s), 0);
    script_end(&s);
}

static void records_before_the_watch_are_ignored(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    entry_changes(&s);
    lock(&s, C);
    load(&s, C, OLD, 0);
    CU_ASSERT_EQUAL(stale(&s), 0);
    CU_ASSERT_EQUAL(counts(&s)->stores, 0);
    script_end(&s);
}

static void a_reset_forgets_the_run(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    for (unsigned run = 0; run < 3; run++) {
        entry_changes(&s);
        lock(&s, B);
        store(&s, B, NEW);
        unlock(&s, B);
        lock(&s, C);
        load(&s, C, OLD, 0);
        CU_ASSERT_EQUAL(stale(&s), 1);
        CU_ASSERT_EQUAL(check_result(s.check)->n_violations, 1);
        check_finish(s.check, s.now);
        obs_reset(s.hub);
        check_reset(s.check);
        s.now = 1000;
        for (unsigned i = 0; i < 8; i++)
            s.op[i] = 0;
    }
    script_end(&s);
}

static void what_is_not_kept_is_counted(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    lock(&s, B);
    store(&s, B, NEW);
    unlock(&s, B);
    for (unsigned i = 0; i < 100; i++) {
        lock(&s, C);
        load(&s, C, OLD, 0);
        unlock(&s, C);
    }
    CU_ASSERT_EQUAL(stale(&s), 100);
    CU_ASSERT_EQUAL_FATAL(check_result(s.check)->n_violations, 4);
    const struct check_violation *v = check_result(s.check)->violations;
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(v[i].witness != NULL, i < 3); /* max_witnesses */
        CU_ASSERT(v[i].sentence[0] && v[i].has_missed);
    }
    script_end(&s);
}

/* Twenty stores with room for eight: the newest is still known. */
static void a_full_word_history_forgets_the_oldest(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    uint64_t first = store(&s, C, NEW), last = 0;
    for (unsigned i = 0; i < 20; i++)
        last = store(&s, C, NEW);
    load(&s, C, NEW, last);
    CU_ASSERT_EQUAL(stale(&s), 0);
    load(&s, C, NEW, first);
    CU_ASSERT_EQUAL(stale(&s), 1);
    script_end(&s);
}

/* More records than the rings hold: the witness has its key records. */
static void a_witness_always_has_the_missed_store(void)
{
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    entry_changes(&s);
    lock(&s, B);
    uint64_t x = store(&s, B, NEW);
    unlock(&s, B);
    for (unsigned i = 0; i < 2000; i++) {
        sync_on(&s, A, OBS_POST, 0x8000 + 8 * i);
        load_part(&s, A, X + 8, 8, NEW, 0, 0);
    }
    lock(&s, C);
    load(&s, C, OLD, 0);
    const struct check_violation *v = check_result(s.check)->violations;
    CU_ASSERT(v->n_witness >= 2);
    unsigned stores = 0;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        stores += v->witness[i].kind == OBS_STORE && v->witness[i].b == x;
        if (i)
            CU_ASSERT(v->witness[i].cycle >= v->witness[i - 1].cycle);
    }
    CU_ASSERT_EQUAL(stores, 1);
    CU_ASSERT_EQUAL(v->witness[v->n_witness - 1].kind, OBS_LOAD);
    script_end(&s);
}

static void the_checker_listens_at_the_hub(void)
{
    struct script s = script_start(CHECK_WATCH_ALL);
    CU_ASSERT(!obs_wanted(s.hub, OBS_STORE));
    check_listen(s.check);
    CU_ASSERT(obs_wanted(s.hub, OBS_STORE));
    CU_ASSERT(obs_watching_all(s.hub));
    struct obs r = by(&s, B, OBS_STORE);
    r.unit = 0;
    r.va = X;
    r.a = NEW;
    r.id = 8;
    obs_emit(s.hub, &r);
    obs_flush(s.hub, CYCLE_NEVER);
    CU_ASSERT_EQUAL(counts(&s)->stores, 1);
    script_end(&s);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(post_and_wait_order),
    ROW(events_at_other_addresses_do_not_order),
    ROW(a_wait_before_the_post_does_not_order),
    ROW(a_store_after_the_release_is_not_ordered),
    ROW(order_is_transitive),
    ROW(a_barrier_orders),
    ROW(the_next_round_of_a_barrier_does_not_order),
    ROW(spawn_orders),
    ROW(join_orders_only_after_the_exit),
    ROW(readers_release_to_writers),
    ROW(readers_do_not_release_to_readers),
    ROW(locks_of_other_spaces_do_not_order),
    ROW(fork_copies_the_logical_memory),
    ROW(waitpid_orders_the_end_of_a_process),
    ROW(a_watch_ends_when_it_is_quiet_and_all_have_dropped),
    ROW(a_watch_outlives_an_early_quiet),
    ROW(a_late_invalidation_ends_the_watch),
    ROW(an_idle_cpu_is_not_waited_for),
    ROW(a_page_that_was_harmed_stays_watched),
    ROW(nested_watches_end_one_by_one),
    ROW(one_quiet_ends_one_watch),
    ROW(memory_shared_by_processes_is_not_judged),
    ROW(records_before_the_watch_are_ignored),
    ROW(a_reset_forgets_the_run),
    ROW(what_is_not_kept_is_counted),
    ROW(a_full_word_history_forgets_the_oldest),
    ROW(a_witness_always_has_the_missed_store),
    ROW(the_checker_listens_at_the_hub),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"check sync", NULL, NULL, NULL, NULL, tests},
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
