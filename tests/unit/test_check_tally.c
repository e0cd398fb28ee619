/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_check_tally.c - counts, percentiles and exposure windows.
 */
#include "check/tally.h"
#include "test_check_script.h"

#include <CUnit/Basic.h>

static void take(void *context, const struct obs *record)
{
    tally_record(context, record);
}

static struct script start(struct tally **tally)
{
    *tally = tally_create(NULL, NULL);
    return (struct script){.now = 1000, .also = take, .context = *tally};
}

static void a_hist_gives_exact_percentiles(void)
{
    struct check_hist h = {0};
    for (uint64_t i = 100; i >= 1; i--)
        check_hist_add(&h, i * 10);
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 50), 500);
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 99), 990);
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 99.5), 1000);
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 100), 1000);
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 0), 10);
    CU_ASSERT(check_hist_exact(&h));
    check_hist_free(&h);
}

static void an_empty_hist_has_percentile_zero(void)
{
    struct check_hist h = {0};
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 50), 0);
}

/* Beyond a million values: at most 1/64 too high, never too low. */
static void a_large_hist_keeps_its_stated_error(void)
{
    struct check_hist h = {0};
    for (uint64_t i = 0; i < CHECK_HIST_EXACT_MAX + 500000u; i++)
        check_hist_add(&h, i * 7);
    CU_ASSERT(!check_hist_exact(&h));
    for (unsigned percent = 1; percent <= 100; percent++) {
        uint64_t rank = (uint64_t)percent * h.count / 100, exact = (rank - 1) * 7;
        uint64_t said = check_hist_percentile(&h, percent);
        CU_ASSERT(said >= exact && said <= exact + exact / 64 + 1);
    }
    CU_ASSERT_EQUAL(check_hist_percentile(&h, 100), h.max);
    check_hist_free(&h);
}

static void merged_hists_are_as_one(void)
{
    struct check_hist a = {0}, b = {0}, one = {0};
    for (uint64_t i = 0; i < 1000; i++) {
        uint64_t value = i * i % 773;
        check_hist_add(i % 3 ? &a : &b, value);
        check_hist_add(&one, value);
    }
    check_hist_merge(&a, &b);
    CU_ASSERT_EQUAL(a.count, one.count);
    CU_ASSERT_EQUAL(a.sum, one.sum);
    for (unsigned p = 0; p <= 100; p++)
        CU_ASSERT_EQUAL(check_hist_percentile(&a, p), check_hist_percentile(&one, p));
    check_hist_free(&a);
    check_hist_free(&b);
    check_hist_free(&one);
}

static void a_copy_is_counted_with_its_shootdown(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    entry_changes(&s);
    cycle_t began = s.now - 30; /* SHOOTDOWN_BEGIN, then two IPIs. */
    acknowledge(&s, B, OLD);
    acknowledge(&s, C, OLD);
    cycle_t ended = s.now;
    copy_ends(&s);
    const struct tally_numbers *n = tally_numbers(tally);
    CU_ASSERT_EQUAL(n->faults, 1);
    CU_ASSERT_EQUAL(n->by_outcome[OBS_FAULT_COW_COPY], 1);
    CU_ASSERT_EQUAL(n->cow_pages, 1);
    CU_ASSERT_EQUAL(n->shootdowns, 1);
    CU_ASSERT_EQUAL(n->ipis, 2);
    CU_ASSERT_EQUAL(check_hist_percentile(tally_latency(tally), 50), ended - began);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 1.0, 0);
    tally_destroy(tally);
}

/* A page that was copied writable may be upgraded later: after a fork whose
 * child is gone, its entry is read-only for another reason. */
static void only_upgrades_that_a_copy_made_necessary_count(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE); /* Never copied. */
    pte(&s, entry(OLD, RO), entry(NEW, RW), 3, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 1.0, 0);
    tally_reset(tally);
    pte(&s, entry(OLD, RO), entry(NEW, RO), 3, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    pte(&s, entry(NEW, RO), entry(NEW, RW), 4, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE); /* Once per copy. */
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 2.0, 0);
    tally_reset(tally);
    pte(&s, entry(OLD, RO), entry(NEW, RO), 3, OBS_PTE_COW); /* A fork comes between: */
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);            /* the copy is not done. */
    pte(&s, entry(NEW, RO), entry(OLD, RO), 4, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    CU_ASSERT_EQUAL(tally_numbers(tally)->cow_pages, 2);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 2.0, 0);
    tally_reset(tally);
    pte(&s, entry(OLD, RO), entry(NEW, RO), 3, OBS_PTE_COW); /* ro, then rw at once. */
    pte(&s, entry(NEW, RO), entry(NEW, RW), 3, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 1.0, 0);
    tally_reset(tally);
    pte(&s, 0, entry(NEW, RO), 3, OBS_PTE_COW); /* Never mapped before. */
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    pte(&s, entry(NEW, RO), entry(NEW, RW), 4, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 2.0, 0);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 0);
    tally_reset(tally);
    pte(&s, entry(OLD, RO), 0, 3, OBS_PTE_COW); /* Break before make. */
    pte(&s, 0, entry(NEW, RW), 3, OBS_PTE_COW);
    fault(&s, OBS_FAULT_END, OBS_FAULT_COW_COPY);
    fault(&s, OBS_FAULT_END, OBS_FAULT_UPGRADE);
    CU_ASSERT_DOUBLE_EQUAL(tally_faults_per_cow_page(tally), 1.0, 0);
    tally_destroy(tally);
}

static void the_first_segvs_are_kept_and_all_are_counted(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    for (uint64_t i = 0; i < TALLY_SEGVS_MAX + 3; i++) {
        struct obs r = by(&s, A, OBS_SIGSEGV);
        r.va = 0x1000 + i;
        r.b = 0x400000;
        r.c = i;
        say(&s, r);
    }
    uint32_t n;
    const struct tally_segv *list = tally_segvs(tally, &n);
    CU_ASSERT_EQUAL(n, TALLY_SEGVS_MAX);
    CU_ASSERT_EQUAL(tally_numbers(tally)->segvs, TALLY_SEGVS_MAX + 3);
    CU_ASSERT_EQUAL(list[0].va, 0x1000);
    CU_ASSERT_EQUAL(list[n - 1].op, TALLY_SEGVS_MAX - 1);
    CU_ASSERT_EQUAL(list[0].pc, 0x400000);
    tally_reset(tally);
    tally_segvs(tally, &n);
    CU_ASSERT_EQUAL(n, 0);
    tally_destroy(tally);
}

/* Runs the script of the single stage; returns the one window's length. */
static void exposure_lasts_until_the_last_drop(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    entry_changes(&s);
    cycle_t began = s.now - 50;
    acknowledge(&s, B, OLD);
    acknowledge(&s, C, OLD);
    cycle_t dropped = s.now - 20; /* INVLPG, then the acknowledgement. */
    tally_end_run(tally, s.now + 10000);
    struct check_hist *h = tally_exposure(tally);
    CU_ASSERT_EQUAL(h->count, 1);
    CU_ASSERT_EQUAL(h->max, dropped - began);
    CU_ASSERT_EQUAL(tally_numbers(tally)->exposures_open, 0);
    tally_destroy(tally);
}

static void exposure_is_empty_if_nobody_held_the_old_frame(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    entry_changes(&s);
    acknowledge(&s, B, NO_FRAME);
    acknowledge(&s, C, NO_FRAME);
    tally_end_run(tally, s.now);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 1);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 0);
    tally_destroy(tally);
}

static void exposure_ends_with_the_run_if_nobody_told(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    entry_changes(&s);
    cycle_t began = s.now - 50;
    acknowledge(&s, B, OLD);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 9000 - began);
    CU_ASSERT_EQUAL(tally_numbers(tally)->exposures_open, 1);
    tally_destroy(tally);
}

/* local_only: C keeps the old frame until it loads CR3 for another thread. */
static void a_full_flush_counts_as_a_drop(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    entry_changes(&s);
    cycle_t began = s.now - 50;
    acknowledge(&s, B, OLD);
    struct obs r = by(&s, C, OBS_TLB_INVAL);
    r.a = NO_FRAME;
    r.c = OBS_INVAL_SWITCH;
    r.cycle = s.now = began + 5000;
    tally_record(tally, &r);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 5000);
    CU_ASSERT_EQUAL(tally_numbers(tally)->exposures_open, 0);
    tally_destroy(tally);
}

/* break_before_make: all have dropped when the new entry is written. */
static void break_before_make_exposes_nothing(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    actors(&s);
    pte(&s, entry(OLD, RO), 0, 3, OBS_PTE_COW);
    inval(&s, A, OLD);
    inval(&s, B, OLD);
    inval(&s, C, OLD);
    pte(&s, 0, entry(NEW, RW), 3, OBS_PTE_COW);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 1);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 0);
    tally_destroy(tally);
}

/* two_stage: writable only by the upgrade, after the last drop. */
static void two_stage_exposes_nothing(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    actors(&s);
    pte(&s, entry(OLD, RO), entry(NEW, RO), 3, OBS_PTE_COW);
    inval(&s, A, OLD);
    inval(&s, B, OLD);
    inval(&s, C, NO_FRAME);
    pte(&s, entry(NEW, RO), entry(NEW, RW), 4, OBS_PTE_COW);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 1);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 0);
    tally_destroy(tally);
}

/* no_wait with break_before_make: the acks come after the new entry. */
static void not_waiting_exposes(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    actors(&s);
    pte(&s, entry(OLD, RO), 0, 3, OBS_PTE_COW);
    inval(&s, A, OLD);
    cycle_t began = s.now;
    pte(&s, 0, entry(NEW, RW), 3, OBS_PTE_COW);
    inval(&s, B, OLD);
    cycle_t dropped = s.now;
    inval(&s, C, OLD);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, dropped - began);
    tally_destroy(tally);
}

static void an_entry_never_accessed_exposes_nothing(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    actors(&s);
    pte(&s, entry(OLD, PTE_P | PTE_US), entry(NEW, RW), 3, OBS_PTE_COW);
    tally_end_run(tally, 9000);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 1);
    CU_ASSERT_EQUAL(tally_exposure(tally)->max, 0);
    tally_destroy(tally);
}

static void runs_add_up(void)
{
    struct tally *tally;
    struct script s = start(&tally);
    for (unsigned i = 0; i < 3; i++) {
        entry_changes(&s);
        acknowledge(&s, B, OLD);
        acknowledge(&s, C, OLD);
        copy_ends(&s);
        tally_end_run(tally, s.now);
    }
    CU_ASSERT_EQUAL(tally_numbers(tally)->shootdowns, 3);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 3);
    tally_reset(tally);
    CU_ASSERT_EQUAL(tally_numbers(tally)->shootdowns, 0);
    CU_ASSERT_EQUAL(tally_exposure(tally)->count, 0);
    tally_destroy(tally);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(a_hist_gives_exact_percentiles),
    ROW(an_empty_hist_has_percentile_zero),
    ROW(a_large_hist_keeps_its_stated_error),
    ROW(merged_hists_are_as_one),
    ROW(a_copy_is_counted_with_its_shootdown),
    ROW(only_upgrades_that_a_copy_made_necessary_count),
    ROW(the_first_segvs_are_kept_and_all_are_counted),
    ROW(exposure_lasts_until_the_last_drop),
    ROW(exposure_is_empty_if_nobody_held_the_old_frame),
    ROW(exposure_ends_with_the_run_if_nobody_told),
    ROW(a_full_flush_counts_as_a_drop),
    ROW(break_before_make_exposes_nothing),
    ROW(two_stage_exposes_nothing),
    ROW(not_waiting_exposes),
    ROW(an_entry_never_accessed_exposes_nothing),
    ROW(runs_add_up),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"check tally", NULL, NULL, NULL, NULL, tests},
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
