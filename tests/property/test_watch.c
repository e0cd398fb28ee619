/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_watch.c - watching only while translations change loses no violation.
 */
#include <CUnit/Basic.h>

#include "random_world.h"

struct findings {
    struct check_violation list[64];
    unsigned n;
    struct check_counts counts;
};

static struct findings find(const struct machine_config *config, const char *text,
                            uint64_t seed, enum check_watch watch)
{
    struct machine_config watching = *config;
    watching.check.watch = watch;
    watching.check.max_violations = 64;
    struct world w;
    world_open_trace(&w, &watching, world_trace(text), &engine_native);
    w.keep = false;
    world_run(&w, seed);
    const struct check_result *result = check_result(w.check);
    struct findings found = {.n = result->n_violations, .counts = result->counts};
    for (unsigned i = 0; i < found.n; i++)
        found.list[i] = result->violations[i];
    world_close(&w);
    return found;
}

static bool equal(const struct check_violation *a, const struct check_violation *b)
{
    return a->rule == b->rule && a->cycle == b->cycle && a->tid == b->tid &&
           a->va == b->va && a->under_lock == b->under_lock;
}

static uint64_t n_found;

/* The broken protocols only: the others have nothing to lose.  TLBs that keep
 * what they have and slow interrupts, so that stale reads are common. */
static void finds_the_same(uint64_t seed)
{
    static const char *const machines[] = {"tiny/four_cores", "tiny/smt",
                                           "tiny/jittery"};
    size_t n_broken = N_RANDOM_PROTOCOLS - N_RANDOM_CORRECT;
    struct machine_config broken = world_config(
        machines[seed % 3], random_protocols[N_RANDOM_CORRECT + seed % n_broken],
        SETS("kernel.time_slice_cycles=20000", "mem.frames=2048", "tlb.l1d.ways=16",
             "ipi.cluster_cycles=5000", "ipi.smt_cycles=5000",
             "ipi.broadcast_cycles=3000"));
    struct guest_options options = {
        .n_cpus = 1, .rounds = 32, .quiet_forks = seed / 2 % 2};
    char *text = random_guest(seed, &options);
    struct findings windows = find(&broken, text, seed, CHECK_WATCH_WINDOWS);
    struct findings all = find(&broken, text, seed, CHECK_WATCH_ALL);
    bool same = windows.n == all.n &&
                check_counts_total(&windows.counts) == check_counts_total(&all.counts);
    for (unsigned i = 0; same && i < all.n; i++)
        same = equal(&windows.list[i], &all.list[i]);
    if (!same)
        fprintf(stderr, "seed %llu: %llu violations in windows, %llu in all\n",
                (unsigned long long)seed,
                (unsigned long long)check_counts_total(&windows.counts),
                (unsigned long long)check_counts_total(&all.counts));
    CU_ASSERT(same);
    n_found += all.n;
    free(text);
}

static void windows_and_all_find_the_same_violations(void)
{
    n_found = 0;
    for_random_seeds(finds_the_same, 8);
    CU_ASSERT(n_found > 0); /* Else nothing was tested. */
}

static void windows_and_all_find_the_same_in_d14347(void)
{
    struct blob file = load_file(SD_SOURCE_DIR "/traces/d14347.trace");
    char *text = strndup((const char *)file.data, file.n);
    struct machine_config config = world_config("ryzen16", "single_stage", NO_SETS);
    uint64_t n = 0;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct findings windows = find(&config, text, seed, CHECK_WATCH_WINDOWS);
        struct findings all = find(&config, text, seed, CHECK_WATCH_ALL);
        CU_ASSERT_EQUAL(windows.n, all.n);
        for (unsigned i = 0; i < all.n && windows.n == all.n; i++)
            CU_ASSERT(equal(&windows.list[i], &all.list[i]));
        n += all.n;
    }
    CU_ASSERT(n > 5);
    free(text);
    free(file.data);
}

static CU_TestInfo tests[] = {
    {"windows and all find the same violations",
     windows_and_all_find_the_same_violations},
    {"windows and all find the same in d14347",
     windows_and_all_find_the_same_in_d14347},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "watch", .pTests = tests},
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
