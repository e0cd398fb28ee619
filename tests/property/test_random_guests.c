/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_random_guests.c - what holds for every guest without data races.
 *
 * Random guests (tests/support/random_guest.h) on machines where rare things
 * are common: 2-entry TLBs, few frames, one store-buffer entry, short slices.
 * SD_SEED=n runs that one guest and prints it; SD_SECONDS=n runs longer.
 */
#include <CUnit/Basic.h>

#include <stdbool.h>
#include <time.h>

#include "guest_world.h"
#include "random_guest.h"

static const char *const correct[] = {
    "two_stage",  "break_before_make", "ro_then_rw",
    "remove_all", "broadcast_bbm",     "rendezvous",
};
#define N_CORRECT (sizeof correct / sizeof *correct)

static const struct place {
    const char *machine;
    unsigned n_cpus;
    const char *set; /* Something that makes trouble. */
} places[] = {
    {"tiny/three_cores", 3, "core.store_buffer=1"},
    {"tiny/smt", 4, "core.store_buffer=2"},
    {"tiny/jittery", 3, "core.store_buffer=8"},
    {"tiny/one_way_caches", 3, "core.store_buffer=1"},
    {"tiny/slow_ipi", 3, "core.store_buffer=3"},
    {"tiny/two_cores", 2, "mem.copy_lines=64"},
    {"tiny/jittery", 3, "mmu.rewalk_on_permission_miss=true"},
    {"ryzen16", 16, "mem.frames=2048"},
};
#define N_PLACES (sizeof places / sizeof *places)

static const char *const shootdowns[] = {"kernel.shootdown=freebsd2018",
                                         "kernel.shootdown=freebsd2020"};

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint64_t one_seed(void)
{
    const char *text = getenv("SD_SEED");
    return text ? strtoull(text, NULL, 10) : 0;
}

/* Runs 'body' for seeds 1, 2, ... for a bounded time. */
static void for_seeds(void (*body)(uint64_t seed))
{
    if (one_seed()) {
        body(one_seed());
        return;
    }
    const char *text = getenv("SD_SECONDS");
    double end = now_seconds() + (text ? atof(text) : 3);
    for (uint64_t seed = 1; now_seconds() < end; seed++) {
        if (getenv("SD_TRACE_SEEDS"))
            fprintf(stderr, "[%llu]", (unsigned long long)seed);
        body(seed);
    }
}

static bool is_quiet(uint64_t seed)
{
    return seed / 7 % 2;
}

static void open_guest(struct world *w, uint64_t seed, bool kills)
{
    const struct place *p = &places[seed % N_PLACES];
    struct guest_options options = {.n_cpus = p->n_cpus,
                                    .rounds = 16,
                                    .pins = seed / 2 % 4 == 0,
                                    .kills = kills,
                                    .lock_on_page = seed / 3 % 3 == 0,
                                    .quiet_forks = is_quiet(seed)};
    char *text = random_guest(seed, &options);
    if (one_seed())
        puts(text);
    const char *protocol = correct[seed / N_PLACES % N_CORRECT];
    const char *shootdown = shootdowns[seed / 5 % 2];
    const char *slice =
        seed / 3 % 2 ? "kernel.time_slice_cycles=700" : "kernel.time_slice_cycles=2000";
    world_open(w, p->machine, protocol, text,
               SETS(p->set, shootdown, slice, "check.watch=all", "mem.frames=2048"));
    if (one_seed())
        printf("%s %s %s %s\n", p->machine, p->set, protocol, shootdown);
    free(text);
}

static bool fine(const struct world *w, uint64_t seed)
{
    bool ok = w->out.end == MACHINE_END_DONE && world_violations(w) == 0;
    if (!ok)
        fprintf(stderr, "seed %llu: end %d, %llu violations; %s\n",
                (unsigned long long)seed, (int)w->out.end,
                (unsigned long long)world_violations(w), w->out.message);
    const struct check_result *result = check_result(w->check);
    for (uint32_t i = 0; !ok && i < result->n_violations && i < 3; i++)
        fprintf(stderr, "  %s\n", result->violations[i].sentence);
    return ok;
}

static void is_never_violated(uint64_t seed)
{
    struct world w;
    open_guest(&w, seed, false);
    w.keep = false;
    world_run(&w, seed);
    CU_ASSERT(fine(&w, seed));
    CU_ASSERT(world_checked(&w)->races == 0 || !is_quiet(seed));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    CU_ASSERT_EQUAL(w.out.stats.ops, trace_n_ops(w.trace));
    world_close(&w);
}

static void correct_protocols_are_never_violated(void)
{
    for_seeds(is_never_violated);
}

static void ends_cleanly(uint64_t seed)
{
    struct world w;
    open_guest(&w, seed, true);
    w.keep = false;
    world_run(&w, seed);
    CU_ASSERT(fine(&w, seed));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void processes_that_are_killed_leave_nothing(void)
{
    for_seeds(ends_cleanly);
}

static void gives_the_same_records(uint64_t seed)
{
    struct world w;
    open_guest(&w, seed, true);
    world_run(&w, seed);
    uint64_t first = world_hash(&w);
    world_run(&w, seed + 1);
    world_run(&w, seed);
    CU_ASSERT_EQUAL(world_hash(&w), first);
    world_close(&w);
}

static void a_seed_gives_the_same_records_twice(void)
{
    for_seeds(gives_the_same_records);
}

static CU_TestInfo tests[] = {
    {"correct protocols are never violated", correct_protocols_are_never_violated},
    {"processes that are killed leave nothing",
     processes_that_are_killed_leave_nothing},
    {"a seed gives the same records twice", a_seed_gives_the_same_records_twice},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "random guests", .pTests = tests},
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
