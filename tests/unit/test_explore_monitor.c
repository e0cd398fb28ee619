/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_explore_monitor.c - when the rules of an explored state raise an alarm
 * (src/explore/monitor.h), record by record.
 */
#include "explore/monitor.h"

#include "base/pte.h"

#include <CUnit/Basic.h>
#include <string.h>

#define X    0x2000u
#define LOCK 0x1000u

struct world {
    struct monitor monitor;
    struct monitor_watch watch;
};

static struct world *fresh(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->watch.monitor = &w->monitor;
    return w;
}

static void give(struct world *w, enum obs_kind kind, uint32_t tid, uint64_t va,
                 uint64_t version)
{
    struct obs r = {.kind = (uint16_t)kind, .tid = tid, .va = va, .b = version};
    monitor_on_record(&w->watch, &r);
}

static void a_load_under_lock_must_return_the_last_store(void)
{
    struct world world, *w = fresh(&world);
    give(w, OBS_STORE, 0, X, 7);
    give(w, OBS_LOAD, 1, X, 6); /* Without a lock: the guest's own affair. */
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    give(w, OBS_LOCK, 1, LOCK, 0);
    give(w, OBS_LOAD, 1, X, 7);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    give(w, OBS_LOAD, 1, X + 4, 6); /* The same word. */
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_STALE);
    CU_ASSERT_EQUAL(w->watch.n_rule[MONITOR_STALE], 2);
}

static void two_loads_in_one_critical_section_must_agree(void)
{
    struct world world, *w = fresh(&world);
    give(w, OBS_LOCK, 1, LOCK, 0);
    give(w, OBS_LOAD, 1, X, 5);
    give(w, OBS_UNLOCK, 1, LOCK, 0);
    give(w, OBS_LOCK, 1, LOCK, 0);
    give(w, OBS_LOAD, 1, X, 6); /* Another section. */
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    give(w, OBS_LOAD, 1, X, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_TORN);
}

static void a_store_of_its_own_lets_a_thread_read_something_new(void)
{
    struct world world, *w = fresh(&world);
    give(w, OBS_LOCK, 1, LOCK, 0);
    give(w, OBS_LOAD, 1, X, 5);
    give(w, OBS_STORE, 1, X, 8);
    give(w, OBS_LOAD, 1, X, 8);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
}

static void a_lock_has_one_owner(void)
{
    struct world world, *w = fresh(&world);
    give(w, OBS_LOCK, 0, LOCK, 0);
    give(w, OBS_LOCK, 1, LOCK + 8, 0);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    give(w, OBS_LOCK, 2, LOCK, 0);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_MUTEX);
}

static void a_child_starts_with_the_words_of_its_parent(void)
{
    struct world world, *w = fresh(&world);
    struct obs fork = {.kind = OBS_FORK, .tid = 0, .space = 0, .a = 1};
    struct obs load = {.kind = OBS_LOAD, .tid = 1, .space = 1, .va = X, .b = 3};
    struct obs lock = {.kind = OBS_LOCK, .tid = 1, .space = 1, .va = LOCK};
    give(w, OBS_STORE, 0, X, 4);
    monitor_on_record(&w->watch, &fork);
    monitor_on_record(&w->watch, &lock);
    monitor_on_record(&w->watch, &load);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_STALE);
}

static void its_bytes_do_not_tell_which_word_came_first(void)
{
    struct world one, other;
    fresh(&one);
    fresh(&other);
    give(&one, OBS_STORE, 0, X, 1);
    give(&one, OBS_STORE, 0, X + 64, 2);
    give(&one, OBS_STORE, 0, X - 64, 3);
    give(&other, OBS_STORE, 0, X - 64, 3);
    give(&other, OBS_STORE, 0, X + 64, 2);
    give(&other, OBS_STORE, 0, X, 1);
    CU_ASSERT_EQUAL(memcmp(&one.monitor, &other.monitor, sizeof one.monitor), 0);
}

static void more_than_it_has_room_for_is_told(void)
{
    struct world world, *w = fresh(&world);
    for (uint64_t i = 0; i < MONITOR_WORDS; i++)
        give(w, OBS_STORE, 0, X + 8 * i, 1);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    give(w, OBS_STORE, 0, X + 8 * MONITOR_WORDS, 1);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_FULL);
    fresh(w);
    give(w, OBS_LOAD, MONITOR_THREADS, X, 1);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_FULL);
}

/* An entry of the page of X: frame, or none. */
static void map(struct world *w, uint64_t va, uint32_t frame)
{
    struct obs r = {.kind = OBS_PTE_WRITE, .tid = 0, .va = va};
    r.b = frame ? pte_make((pfn_t){frame}, PTE_P | PTE_RW).bits : 0;
    monitor_on_record(&w->watch, &r);
}

static void access_in(struct world *w, enum obs_kind kind, uint32_t frame)
{
    struct obs r = {.kind = (uint16_t)kind, .tid = 1, .va = X + 8, .a = frame, .b = 7};
    monitor_on_record(&w->watch, &r);
}

static void free_frame(struct world *w, uint32_t frame)
{
    struct obs r = {.kind = OBS_FRAME_FREE, .tid = 0, .a = frame};
    monitor_on_record(&w->watch, &r);
}

static void a_store_under_lock_must_land_in_the_frame_that_is_mapped(void)
{
    struct world world, *w = fresh(&world);
    map(w, X, 5);
    give(w, OBS_LOCK, 1, LOCK, 0);
    access_in(w, OBS_STORE, 5);
    map(w, X, 6);
    access_in(w, OBS_STORE, 6);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    access_in(w, OBS_STORE, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_LOST);
    CU_ASSERT_EQUAL(w->watch.n_rule[MONITOR_LOST], 3);
}

static void a_store_to_an_old_frame_without_a_lock_is_the_guests_affair(void)
{
    struct world world, *w = fresh(&world);
    map(w, X, 5);
    map(w, X, 6);
    access_in(w, OBS_STORE, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    CU_ASSERT_EQUAL(w->watch.n_rule[MONITOR_LOST], 0);
}

static void nobody_may_reach_a_frame_that_was_freed(void)
{
    struct world world, *w = fresh(&world);
    map(w, X, 5);
    map(w, X, 6);
    access_in(w, OBS_LOAD, 5); /* Old, and still there. */
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    free_frame(w, 5);
    access_in(w, OBS_LOAD, 6);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
    access_in(w, OBS_LOAD, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_REUSE);
}

static void a_freed_frame_that_the_page_has_again_may_be_reached(void)
{
    struct world world, *w = fresh(&world);
    map(w, X, 5);
    free_frame(w, 5);
    map(w, X, 5);
    access_in(w, OBS_LOAD, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_QUIET);
}

static void nobody_may_reach_a_frame_that_another_page_has_got(void)
{
    struct world world, *w = fresh(&world);
    map(w, X, 5);
    map(w, X, 0);
    free_frame(w, 5);
    map(w, X + PAGE_BYTES, 5);
    access_in(w, OBS_LOAD, 5);
    CU_ASSERT_EQUAL(w->watch.alarm, MONITOR_REUSE);
}

static CU_TestInfo tests[] = {
    {"a load under lock must return the last store",
     a_load_under_lock_must_return_the_last_store},
    {"two loads in one critical section must agree",
     two_loads_in_one_critical_section_must_agree},
    {"a store of its own lets a thread read something new",
     a_store_of_its_own_lets_a_thread_read_something_new},
    {"a lock has one owner", a_lock_has_one_owner},
    {"a child starts with the words of its parent",
     a_child_starts_with_the_words_of_its_parent},
    {"its bytes do not tell which word came first",
     its_bytes_do_not_tell_which_word_came_first},
    {"more than it has room for is told", more_than_it_has_room_for_is_told},
    {"a store under lock must land in the frame that is mapped",
     a_store_under_lock_must_land_in_the_frame_that_is_mapped},
    {"a store to an old frame without a lock is the guests affair",
     a_store_to_an_old_frame_without_a_lock_is_the_guests_affair},
    {"nobody may reach a frame that was freed",
     nobody_may_reach_a_frame_that_was_freed},
    {"a freed frame that the page has again may be reached",
     a_freed_frame_that_the_page_has_again_may_be_reached},
    {"nobody may reach a frame that another page has got",
     nobody_may_reach_a_frame_that_another_page_has_got},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"explore_monitor", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failed;
}
