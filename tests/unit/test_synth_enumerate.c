/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_synth_enumerate.c - which orders of steps are enumerated, and which count as
 * one (src/synth/enumerate.h); and what a refutation is blamed on (cause.h).
 */
#include "synth/cause.h"
#include "synth/enumerate.h"

#include <CUnit/Basic.h>
#include <string.h>

static struct synth_space small_space(void)
{
    struct synth_space s = {
        .prefix = {PROTOCOL_PAGE_BUSY, PROTOCOL_COPY_FRAME, PROTOCOL_PMAP_LOCK},
        .n_prefix = 3,
        .upgrade = {PROTOCOL_PMAP_LOCK, PROTOCOL_PTE_SET_SAME_RW, PROTOCOL_PMAP_UNLOCK},
        .n_upgrade = 3,
        .most_entries = 2,
        .max_classes = 1000};
    return s;
}

static void require(struct synth_space *s, enum protocol_step step)
{
    s->least[step]++;
    s->most[step]++;
}

/* Entry, unlock, unbusy: 3! orders; the entry is inside the lock in half of them. */
static void orders_that_can_run_are_counted(void)
{
    struct synth_space s = small_space();
    struct synth_set set;
    struct err err;
    require(&s, PROTOCOL_PTE_SET_NEW_RW);
    require(&s, PROTOCOL_PMAP_UNLOCK);
    require(&s, PROTOCOL_PAGE_UNBUSY);
    CU_ASSERT_EQUAL(synth_enumerate(&s, NULL, 0, &set, &err), STATUS_OK);
    CU_ASSERT_EQUAL(set.n_raw, 6);
    CU_ASSERT_EQUAL(set.n_runnable, 3);
    CU_ASSERT_EQUAL(set.n, 3);
    synth_set_free(&set);
}

/* With 'shootdown_send' and its wait: 5!/2 by send before wait, /2 by entry before
 * unlock. */
static void a_wait_comes_behind_its_request(void)
{
    struct synth_space s = small_space();
    struct synth_set set;
    struct err err;
    require(&s, PROTOCOL_PTE_SET_NEW_RW);
    require(&s, PROTOCOL_PMAP_UNLOCK);
    require(&s, PROTOCOL_PAGE_UNBUSY);
    require(&s, PROTOCOL_SHOOTDOWN_SEND);
    require(&s, PROTOCOL_SHOOTDOWN_WAIT);
    CU_ASSERT_EQUAL(synth_enumerate(&s, NULL, 0, &set, &err), STATUS_OK);
    CU_ASSERT_EQUAL(set.n_raw, 120);
    CU_ASSERT_EQUAL(set.n_runnable, 30);
    for (uint32_t i = 0; i < set.n; i++)
        CU_ASSERT_EQUAL(protocol_check(&set.candidates[i].protocol, &err), STATUS_OK);
    synth_set_free(&set);
}

/* INVLPG before or behind the entry: everything else about it is one class. */
static void a_local_invalidation_counts_before_or_behind_the_entry_only(void)
{
    struct synth_space s = small_space();
    struct synth_set set;
    struct err err;
    uint32_t n_orders = 0;
    require(&s, PROTOCOL_PTE_SET_NEW_RW);
    require(&s, PROTOCOL_PMAP_UNLOCK);
    require(&s, PROTOCOL_PAGE_UNBUSY);
    require(&s, PROTOCOL_INVALIDATE_LOCAL);
    CU_ASSERT_EQUAL(synth_enumerate(&s, NULL, 0, &set, &err), STATUS_OK);
    CU_ASSERT_EQUAL(set.n, 2 * 3);
    for (uint32_t i = 0; i < set.n; i++)
        n_orders += set.candidates[i].n_orders;
    CU_ASSERT_EQUAL(n_orders, set.n_runnable);
    synth_set_free(&set);
}

static void a_known_order_lends_its_class_its_name(void)
{
    struct synth_space s = small_space();
    struct synth_set set;
    struct err err;
    const struct protocol known = {
        .name = "mine",
        .n_copy = 8,
        .copy = {PROTOCOL_PAGE_BUSY, PROTOCOL_COPY_FRAME, PROTOCOL_PMAP_LOCK,
                 PROTOCOL_PTE_SET_NEW_RW, PROTOCOL_PV_LOCKS, PROTOCOL_PMAP_UNLOCK,
                 PROTOCOL_INVALIDATE_LOCAL, PROTOCOL_PAGE_UNBUSY}};
    require(&s, PROTOCOL_PTE_SET_NEW_RW);
    require(&s, PROTOCOL_PMAP_UNLOCK);
    require(&s, PROTOCOL_PAGE_UNBUSY);
    require(&s, PROTOCOL_INVALIDATE_LOCAL);
    CU_ASSERT_EQUAL(synth_enumerate(&s, &known, 1, &set, &err), STATUS_OK);
    uint32_t n_known = 0;
    for (uint32_t i = 0; i < set.n; i++) {
        n_known += set.candidates[i].known;
        if (set.candidates[i].known)
            CU_ASSERT_STRING_EQUAL(set.candidates[i].protocol.name, "mine");
    }
    CU_ASSERT_EQUAL(n_known, 1);
    synth_set_free(&set);
}

static void too_many_orders_are_an_error_that_says_so(void)
{
    struct synth_space s = small_space();
    struct synth_set set;
    struct err err;
    s.max_classes = 2;
    require(&s, PROTOCOL_PTE_SET_NEW_RW);
    require(&s, PROTOCOL_PMAP_UNLOCK);
    require(&s, PROTOCOL_PAGE_UNBUSY);
    CU_ASSERT_EQUAL(synth_enumerate(&s, NULL, 0, &set, &err), STATUS_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "more than 2 classes"));
    synth_set_free(&set);
}

static void same_words_for_one_store_are_one_class(void)
{
    const uint8_t same[] = {PROTOCOL_PTE_SET_NEW_RO, PROTOCOL_PTE_SET_SAME_RW};
    const uint8_t new[] = {PROTOCOL_PTE_SET_NEW_RO, PROTOCOL_PTE_SET_NEW_RW};
    const uint8_t old[] = {PROTOCOL_PTE_SET_SAME_RW, PROTOCOL_PTE_SET_NEW_RO};
    uint8_t a[4], b[4], c[4];
    CU_ASSERT_EQUAL(synth_normal(same, 2, a), 2);
    CU_ASSERT_EQUAL(synth_normal(new, 2, b), 2);
    CU_ASSERT_EQUAL(synth_normal(old, 2, c), 2);
    CU_ASSERT_EQUAL(memcmp(a, b, 2), 0);
    CU_ASSERT_EQUAL(memcmp(c, old, 2), 0);
}

/* ---- causes -------------------------------------------------------------------------
 */

#define LIST(...)                                          \
    {                                                      \
        .copy = {__VA_ARGS__}, .n_copy = sizeof(uint8_t[]) \
        {                                                  \
            __VA_ARGS__                                    \
        }                                                  \
    }

static void a_list_without_remote_invalidation_is_blamed_for_that(void)
{
    const struct protocol p = LIST(PROTOCOL_PTE_SET_NEW_RW, PROTOCOL_INVALIDATE_LOCAL);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 2, false), CAUSE_NO_REMOTE);
}

static void requests_before_the_entry_changes_are_too_early(void)
{
    const struct protocol p =
        LIST(PROTOCOL_SHOOTDOWN_SEND, PROTOCOL_SHOOTDOWN_WAIT, PROTOCOL_PTE_SET_NEW_RW);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 3, false), CAUSE_TOO_EARLY);
}

static void a_writable_entry_before_the_wait_is_the_bug_of_2017(void)
{
    const struct protocol p = LIST(PROTOCOL_PTE_SET_NEW_RW, PROTOCOL_SHOOTDOWN_SEND,
                                   PROTOCOL_SHOOTDOWN_WAIT, PROTOCOL_PMAP_UNLOCK);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 1, false), CAUSE_WRITABLE);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 2, false), CAUSE_WRITABLE);
}

static void an_upgrade_before_the_wait_is_told_from_it(void)
{
    const struct protocol p = LIST(PROTOCOL_PTE_SET_NEW_RO, PROTOCOL_SHOOTDOWN_SEND,
                                   PROTOCOL_PMAP_UNLOCK, PROTOCOL_SHOOTDOWN_WAIT);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 3, true), CAUSE_UPGRADED);
}

static void a_list_that_ends_without_a_wait_waits_for_nobody(void)
{
    const struct protocol p =
        LIST(PROTOCOL_PTE_CLEAR, PROTOCOL_SHOOTDOWN_SEND, PROTOCOL_PTE_SET_NEW_RW);
    CU_ASSERT_EQUAL(synth_cause_of(&p, 3, false), CAUSE_NO_WAIT);
}

static CU_TestInfo tests[] = {
    {"orders that can run are counted", orders_that_can_run_are_counted},
    {"a wait comes behind its request", a_wait_comes_behind_its_request},
    {"a local invalidation counts before or behind the entry only",
     a_local_invalidation_counts_before_or_behind_the_entry_only},
    {"a known order lends its class its name", a_known_order_lends_its_class_its_name},
    {"too many orders are an error that says so",
     too_many_orders_are_an_error_that_says_so},
    {"same words for one store are one class", same_words_for_one_store_are_one_class},
    {"a list without remote invalidation is blamed for that",
     a_list_without_remote_invalidation_is_blamed_for_that},
    {"requests before the entry changes are too early",
     requests_before_the_entry_changes_are_too_early},
    {"a writable entry before the wait is the bug of 2017",
     a_writable_entry_before_the_wait_is_the_bug_of_2017},
    {"an upgrade before the wait is told from it",
     an_upgrade_before_the_wait_is_told_from_it},
    {"a list that ends without a wait waits for nobody",
     a_list_that_ends_without_a_wait_waits_for_nobody},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"synth_enumerate", NULL, NULL, NULL, NULL, tests},
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
