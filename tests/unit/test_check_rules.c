/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_check_rules.c - each rule of the checker: kept, broken, excused.
 *
 * Every test runs twice, with watch = windows and watch = all: the verdict
 * must not depend on it.
 */
#include "test_check_script.h"

#include <CUnit/Basic.h>
#include <string.h>

/* Exactly these violations, in the order of CHECK_RULE_LIST. */
static void expect(const struct script *s, unsigned stale, unsigned torn, unsigned lost,
                   unsigned mutex, unsigned reuse)
{
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_STALE], stale);
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_TORN], torn);
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_LOST], lost);
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_MUTEX], mutex);
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_REUSE], reuse);
}

#define BOTH(name)                                                   \
    static void name##_scene(struct script *s);                      \
    static void name(void)                                           \
    {                                                                \
        for (unsigned watch = 0; watch < 2; watch++) {               \
            struct script s = script_start((enum check_watch)watch); \
            name##_scene(&s);                                        \
            script_end(&s);                                          \
        }                                                            \
    }                                                                \
    static void name##_scene(struct script *s)

/* B stores x under the lock through NEW. */
static uint64_t b_writes(struct script *s)
{
    lock(s, B);
    uint64_t version = store(s, B, NEW);
    unlock(s, B);
    return version;
}

BOTH(a_load_that_sees_the_locked_store_keeps_stale)
{
    entry_changes(s);
    acknowledge(s, B, OLD);
    acknowledge(s, C, OLD);
    copy_ends(s);
    uint64_t x = b_writes(s);
    lock(s, C);
    load(s, C, NEW, x);
    unlock(s, C);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->harmless, 0);
    CU_ASSERT_EQUAL(counts(s)->races, 0);
}

BOTH(a_load_that_misses_the_locked_store_breaks_stale)
{
    entry_changes(s);
    acknowledge(s, B, OLD);
    b_writes(s);
    lock(s, C);
    load(s, C, OLD, 0);
    unlock(s, C);
    expect(s, 1, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_STALE], 1);
    const struct check_violation *v = check_result(s->check)->violations;
    CU_ASSERT_EQUAL(v->tid, C);
    CU_ASSERT_EQUAL(v->missed_tid, B);
    CU_ASSERT_EQUAL(v->frame, OLD);
    CU_ASSERT_EQUAL(v->current_frame, NEW);
    CU_ASSERT_EQUAL(v->fault, 3);
    CU_ASSERT_EQUAL(v->shootdown, 5);
    CU_ASSERT_EQUAL(v->acks, 1);
    CU_ASSERT_EQUAL(v->targets, 2);
    CU_ASSERT_EQUAL(v->lock_va, L);
    CU_ASSERT_PTR_NOT_NULL(strstr(v->sentence, "1 of 2 acknowledgements"));
}

BOTH(a_newer_store_without_order_excuses_stale)
{
    entry_changes(s);
    store(s, B, NEW);
    lock(s, C);
    load(s, C, OLD, 0);
    unlock(s, C);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->unordered, 1);
    CU_ASSERT_EQUAL(counts(s)->races, 1);
}

BOTH(a_store_to_other_bytes_excuses_stale)
{
    entry_changes(s);
    lock(s, B);
    store_part(s, B, X + 4, 4, NEW);
    unlock(s, B);
    lock(s, C);
    load_part(s, C, X, 4, OLD, 0, 0);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->harmless, 1);
}

BOTH(one_common_byte_is_enough_for_stale)
{
    entry_changes(s);
    lock(s, B);
    store_part(s, B, X + 3, 2, NEW);
    unlock(s, B);
    lock(s, C);
    load_part(s, C, X, 4, OLD, 0, 0);
    expect(s, 1, 0, 0, 0, 0);
}

BOTH(a_forwarded_load_excuses_stale)
{
    entry_changes(s);
    b_writes(s);
    lock(s, C);
    load_part(s, C, X, 8, OLD, ver_make(C, 7, 0).bits, OBS_FORWARDED);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->loads, 0);
}

BOTH(a_stale_read_of_unchanged_content_is_harmless)
{
    entry_changes(s);
    load(s, C, OLD, 0);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->harmless, 1);
}

BOTH(the_own_store_must_be_seen)
{
    entry_changes(s);
    store(s, C, NEW);
    load(s, C, OLD, 0);
    expect(s, 1, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_STALE], 0);
}

BOTH(a_later_own_store_need_not_be_seen)
{
    entry_changes(s);
    uint64_t at = s->op[C]++; /* The load's place in the program. */
    store(s, C, NEW);
    struct obs r = by(s, C, OBS_LOAD);
    r.va = X;
    r.a = OLD;
    r.c = at;
    r.id = 8;
    say(s, r);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(a_different_lock_makes_stale_not_under_lock)
{
    entry_changes(s);
    lock_as(s, B, M, OBS_LOCK_MUTEX);
    store(s, B, NEW);
    unlock_as(s, B, M, OBS_LOCK_MUTEX);
    sync_on(s, B, OBS_POST, 0x8000);
    sync_on(s, C, OBS_WAIT, 0x8000);
    lock(s, C);
    load(s, C, OLD, 0);
    expect(s, 1, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_STALE], 0);
}

BOTH(two_equal_loads_keep_torn)
{
    entry_changes(s);
    acknowledge(s, C, OLD);
    uint64_t x = b_writes(s);
    lock(s, C);
    load(s, C, NEW, x);
    load(s, C, NEW, x);
    unlock(s, C);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(a_word_that_changes_under_the_lock_breaks_torn)
{
    entry_changes(s);
    uint64_t x = b_writes(s);
    lock(s, C);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    load(s, C, NEW, x);
    unlock(s, C);
    expect(s, 1, 1, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_TORN], 1);
    const struct check_violation *v = &check_result(s->check)->violations[1];
    CU_ASSERT_EQUAL(v->rule, CHECK_TORN);
    CU_ASSERT(v->has_earlier);
    CU_ASSERT_EQUAL(v->earlier_version.bits, 0);
}

BOTH(a_word_that_changes_back_breaks_torn)
{
    entry_changes(s);
    uint64_t x = b_writes(s);
    lock(s, C);
    load(s, C, NEW, x);
    load(s, C, OLD, 0);
    expect(s, 1, 1, 0, 0, 0);
}

BOTH(a_race_between_two_loads_excuses_torn)
{
    entry_changes(s);
    acknowledge(s, C, OLD);
    lock(s, C);
    load(s, C, NEW, 0);
    uint64_t x = store(s, B, NEW); /* Without the lock. */
    load(s, C, NEW, x);
    expect(s, 0, 0, 0, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->races, 1);
}

BOTH(an_own_store_between_excuses_torn)
{
    entry_changes(s);
    b_writes(s);
    lock(s, C);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    uint64_t own = store(s, C, NEW);
    load(s, C, NEW, own);
    CU_ASSERT_EQUAL(counts(s)->total[CHECK_TORN], 0);
}

BOTH(two_critical_sections_excuse_torn)
{
    entry_changes(s);
    uint64_t x = b_writes(s);
    lock(s, C);
    load(s, C, OLD, 0);
    unlock(s, C);
    acknowledge(s, C, OLD);
    lock(s, C);
    load(s, C, NEW, x);
    expect(s, 1, 0, 0, 0, 0);
}

BOTH(a_store_to_the_mapped_frame_keeps_lost)
{
    entry_changes(s);
    b_writes(s);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(a_store_to_a_frame_that_is_not_mapped_breaks_lost)
{
    entry_changes(s);
    lock(s, C);
    store(s, C, OLD);
    unlock(s, C);
    expect(s, 0, 0, 1, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_LOST], 1);
}

BOTH(an_update_of_old_data_breaks_lost)
{
    entry_changes(s);
    b_writes(s);
    lock(s, C);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    store(s, C, NEW);
    expect(s, 1, 0, 1, 0, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_LOST], 1);
}

BOTH(an_update_of_other_bytes_excuses_lost)
{
    entry_changes(s);
    lock(s, B);
    store_part(s, B, X, 4, NEW);
    unlock(s, B);
    lock(s, C);
    load(s, C, OLD, 0); /* All 8 bytes: stale. */
    acknowledge(s, C, OLD);
    store_part(s, C, X + 4, 4, NEW);
    expect(s, 1, 0, 0, 0, 0);
}

BOTH(a_store_without_a_lock_excuses_lost)
{
    entry_changes(s);
    store(s, C, OLD);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(a_page_that_the_guest_unmapped_excuses_lost)
{
    actors(s);
    watch_begin(s, OLD, NEW, 9);
    pte(s, entry(OLD, RW), 0, 0, OBS_PTE_UNMAP);
    lock(s, C);
    store(s, C, OLD);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(one_owner_after_the_other_keeps_mutex)
{
    lock(s, B);
    unlock(s, B);
    lock(s, C);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(two_owners_break_mutex)
{
    lock(s, B);
    lock(s, C);
    expect(s, 0, 0, 0, 1, 0);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_MUTEX], 1);
    const struct check_violation *v = check_result(s->check)->violations;
    CU_ASSERT_EQUAL(v->other_tid, B);
    CU_ASSERT_EQUAL(v->tid, C);
}

BOTH(a_writer_beside_a_reader_breaks_mutex)
{
    lock_as(s, B, L, OBS_LOCK_READ);
    lock_as(s, C, L, OBS_LOCK_WRITE);
    expect(s, 0, 0, 0, 1, 0);
}

BOTH(readers_beside_readers_excuse_mutex)
{
    lock_as(s, A, L, OBS_LOCK_READ);
    lock_as(s, B, L, OBS_LOCK_READ);
    lock_as(s, C, L, OBS_LOCK_READ);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(a_recursive_lock_excuses_mutex)
{
    lock(s, B);
    lock(s, B);
    unlock(s, B);
    unlock(s, B);
    lock(s, C);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(another_lock_is_another_mutex)
{
    lock(s, B);
    lock_as(s, C, M, OBS_LOCK_MUTEX);
    expect(s, 0, 0, 0, 0, 0);
}

static void free_old(struct script *s, uint64_t given_to)
{
    struct obs r = by(s, A, OBS_FRAME_FREE);
    r.a = OLD;
    say(s, r);
    if (!given_to)
        return;
    r.kind = OBS_FRAME_ALLOC;
    r.va = given_to;
    say(s, r);
}

BOTH(an_access_before_the_frame_is_freed_keeps_reuse)
{
    entry_changes(s);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    free_old(s, 0);
    expect(s, 0, 0, 0, 0, 0);
}

BOTH(an_access_to_a_freed_frame_breaks_reuse)
{
    entry_changes(s);
    free_old(s, 0);
    lock(s, C);
    load(s, C, OLD, 0);
    expect(s, 0, 0, 0, 0, 1);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_REUSE], 1);
}

BOTH(a_translation_filled_after_the_free_breaks_reuse)
{
    entry_changes(s);
    free_old(s, 0);
    struct obs r = by(s, C, OBS_LOAD);
    r.va = X;
    r.a = OLD;
    r.d = s->now - 1;
    r.id = 8;
    say(s, r);
    expect(s, 0, 0, 0, 0, 1);
}

BOTH(an_access_to_a_frame_given_away_breaks_reuse)
{
    entry_changes(s);
    free_old(s, 0x7000);
    store(s, C, OLD);
    expect(s, 0, 0, 0, 0, 1);
    CU_ASSERT_EQUAL(counts(s)->under_lock[CHECK_REUSE], 0);
}

BOTH(a_frame_given_to_the_same_address_elsewhere_breaks_reuse)
{
    entry_changes(s);
    free_old(s, X);
    load(s, C, OLD, 0);
    expect(s, 0, 0, 0, 0, 1);
}

BOTH(a_frame_that_came_back_excuses_reuse)
{
    entry_changes(s);
    acknowledge(s, B, OLD);
    acknowledge(s, C, OLD);
    free_old(s, X);
    pte(s, entry(NEW, RW), entry(OLD, RW), 4, OBS_PTE_COW);
    load(s, C, OLD, 0);
    expect(s, 0, 0, 0, 0, 0);
}

#define ROW(name)   \
    {               \
#name, name \
    }
static CU_TestInfo tests[] = {
    ROW(a_load_that_sees_the_locked_store_keeps_stale),
    ROW(a_load_that_misses_the_locked_store_breaks_stale),
    ROW(a_newer_store_without_order_excuses_stale),
    ROW(a_store_to_other_bytes_excuses_stale),
    ROW(one_common_byte_is_enough_for_stale),
    ROW(a_forwarded_load_excuses_stale),
    ROW(a_stale_read_of_unchanged_content_is_harmless),
    ROW(the_own_store_must_be_seen),
    ROW(a_later_own_store_need_not_be_seen),
    ROW(a_different_lock_makes_stale_not_under_lock),
    ROW(two_equal_loads_keep_torn),
    ROW(a_word_that_changes_under_the_lock_breaks_torn),
    ROW(a_word_that_changes_back_breaks_torn),
    ROW(a_race_between_two_loads_excuses_torn),
    ROW(an_own_store_between_excuses_torn),
    ROW(two_critical_sections_excuse_torn),
    ROW(a_store_to_the_mapped_frame_keeps_lost),
    ROW(a_store_to_a_frame_that_is_not_mapped_breaks_lost),
    ROW(an_update_of_old_data_breaks_lost),
    ROW(an_update_of_other_bytes_excuses_lost),
    ROW(a_store_without_a_lock_excuses_lost),
    ROW(a_page_that_the_guest_unmapped_excuses_lost),
    ROW(one_owner_after_the_other_keeps_mutex),
    ROW(two_owners_break_mutex),
    ROW(a_writer_beside_a_reader_breaks_mutex),
    ROW(readers_beside_readers_excuse_mutex),
    ROW(a_recursive_lock_excuses_mutex),
    ROW(another_lock_is_another_mutex),
    ROW(an_access_before_the_frame_is_freed_keeps_reuse),
    ROW(an_access_to_a_freed_frame_breaks_reuse),
    ROW(a_translation_filled_after_the_free_breaks_reuse),
    ROW(an_access_to_a_frame_given_away_breaks_reuse),
    ROW(a_frame_given_to_the_same_address_elsewhere_breaks_reuse),
    ROW(a_frame_that_came_back_excuses_reuse),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"check rules", NULL, NULL, NULL, NULL, tests},
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
