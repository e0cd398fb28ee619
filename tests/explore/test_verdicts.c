/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_verdicts.c - which protocols are proved and which are refuted, on the
 * scenarios of traces/explore (MODEL section 2, cow-protocols section 10).
 */
#include "explore_world.h"

#include <string.h>

struct expected {
    const char *protocol;
    bool safe;
};

static const struct expected protocols[] = {
    {"break_before_make", true}, {"broadcast_bbm", true},     {"remove_all", true},
    {"rendezvous", true},        {"ro_then_rw", true},        {"two_stage", true},
    {"single_stage", false},     {"broadcast_single", false}, {"no_wait", false},
    {"local_only", false},       {"unbusy_early", false},
};
#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

/* Every protocol on one scenario; 'all_safe': this scenario refutes none. */
static void expect_all(const char *scenario, const char *set, bool all_safe)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++) {
        struct explore_result r;
        struct err err = {0};
        struct explore_case c = {.machine = "explore_three",
                                 .protocol = protocols[i].protocol,
                                 .scenario = scenario,
                                 .set = set};
        CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
        bool safe = all_safe || protocols[i].safe;
        enum explore_verdict verdict = safe ? EXPLORE_PROVED : EXPLORE_VIOLATED;
        if (r.verdict != verdict)
            printf("%s %s: %s\n", scenario, protocols[i].protocol,
                   explore_verdict_text(r.verdict));
        CU_ASSERT_EQUAL(r.verdict, verdict);
        /* A proof over dead code is none. */
        CU_ASSERT(r.n_rule[MONITOR_STALE] > 0 && r.n_rule[MONITOR_TORN] > 0);
        CU_ASSERT(!safe || (r.n_ends > 0 && r.queued == 0));
        CU_ASSERT_EQUAL(r.n_stuck, 0);
        explore_free(&r);
    }
}

static void one_word_tells_the_protocols_apart(void)
{
    expect_all("cow_3", NULL, false);
}

static void two_words_tell_the_protocols_apart(void)
{
    expect_all("cow_3_two_words", NULL, false);
}

static void a_walk_on_a_permission_miss_changes_no_verdict(void)
{
    expect_all("cow_3", "mmu.rewalk_on_permission_miss=true", false);
}

static void the_shootdown_of_2020_changes_no_verdict(void)
{
    expect_all("cow_3", "kernel.shootdown=\"freebsd2020\"", false);
}

static void without_an_old_translation_nothing_goes_wrong(void)
{
    expect_all("cow_3_cold", NULL, true);
}

/* With two CPUs who copies the page is the only one to store: it comes back from
 * its fault when all have invalidated, so only orders that do not wait are refuted. */
static bool is_safe_on_two(const char *protocol)
{
    return strcmp(protocol, "local_only") != 0 && strcmp(protocol, "no_wait") != 0;
}

static void expect(const char *machine, const char *protocol, const char *scenario,
                   bool safe)
{
    struct explore_result r;
    struct err err = {0};
    struct explore_case c = {
        .machine = machine, .protocol = protocol, .scenario = scenario};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.verdict, safe ? EXPLORE_PROVED : EXPLORE_VIOLATED);
    explore_free(&r);
}

static void with_two_cpus_only_orders_that_do_not_wait_are_refuted(void)
{
    static const char *const scenarios[] = {"cow_2", "cow_2_cold", "cow_2_two_words",
                                            "cow_2_second_writer"};
    for (unsigned s = 0; s < 4; s++)
        for (size_t i = 0; i < N_PROTOCOLS; i++) {
            bool cold = strcmp(scenarios[s], "cow_2_cold") == 0;
            expect("explore_three", protocols[i].protocol, scenarios[s],
                   cold || is_safe_on_two(protocols[i].protocol));
        }
}

static void a_second_writer_changes_no_verdict(void)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++)
        expect("explore_three", protocols[i].protocol, "cow_3_second_writer",
               protocols[i].safe);
}

/* The remark of r329254: remote invalidation that is atomic is not enough. */
static void atomic_remote_invalidation_alone_is_not_enough(void)
{
    expect("explore_four", "broadcast_single", "cow_4_two_readers", false);
    expect("explore_four", "broadcast_bbm", "cow_4_two_readers", true);
}

static const va_t shared_page = {0x20000};

/* Explores with fills and evictions of the shared page. */
static struct explore_result freely(const char *protocol, const char *scenario)
{
    struct explore_result r;
    struct err err = {0};
    struct explore_case c = {
        .machine = "explore_three",
        .protocol = protocol,
        .scenario = scenario,
        .options.freedom = {.fills = true,
                            .evictions = true,
                            .pages = &shared_page,
                            .n_pages = 1},
    };
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    return r;
}

static void a_fill_that_nobody_asked_for_is_enough_for_the_race(void)
{
    struct explore_result r = freely("single_stage", "cow_3_cold");
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_VIOLATED);
    explore_free(&r);
}

static void break_before_make_by_broadcast_stands_fills_and_evictions(void)
{
    struct explore_result r = freely("broadcast_bbm", "cow_3");
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_PROVED);
    CU_ASSERT(r.by_kind[MOVE_FILL] > 0 && r.by_kind[MOVE_EVICT] > 0);
    explore_free(&r);
}

static void the_schedule_of_single_stage_is_short_and_told_in_words(void)
{
    struct explore_result r;
    struct err err = {0};
    struct explore_case c = {
        .machine = "explore_three", .protocol = "single_stage", .scenario = "cow_3"};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.n_schedule, 16);
    CU_ASSERT_EQUAL(r.n_schedule, r.depth);
    CU_ASSERT_STRING_EQUAL(r.rule, "STALE");
    const struct explore_step *last = &r.schedule[r.n_schedule - 1];
    CU_ASSERT_EQUAL(last->move.cpu, 2);
    CU_ASSERT_EQUAL(last->tid, 2);
    CU_ASSERT_PTR_NOT_NULL(strstr(last->words.text, "load x"));
    explore_free(&r);
}

static void a_bound_that_is_reached_is_no_proof(void)
{
    struct explore_result r;
    struct err err = {0};
    struct explore_case c = {.machine = "explore_three",
                             .protocol = "two_stage",
                             .scenario = "cow_3",
                             .options.max_states = 500};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_INCOMPLETE);
    CU_ASSERT(r.queued > 0 && r.why != NULL);
    c.options.max_states = 0;
    c.options.max_bytes = 200000;
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_INCOMPLETE);
    explore_free(&r);
}

static bool stop_soon(void *context, uint32_t states, uint32_t queued, uint32_t depth)
{
    (void)queued;
    (void)depth;
    ++*(unsigned *)context;
    return states < 2000;
}

static void whoever_watches_the_progress_can_stop_it(void)
{
    struct explore_result r;
    struct err err = {0};
    unsigned n_calls = 0;
    struct explore_case c = {
        .machine = "explore_three",
        .protocol = "two_stage",
        .scenario = "cow_3",
        .options = {.progress = stop_soon, .progress_context = &n_calls}};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_INCOMPLETE);
    CU_ASSERT_STRING_EQUAL(r.why, "interrupted");
    CU_ASSERT(n_calls > 1 && r.states < 4000);
    explore_free(&r);
}

static void what_a_tlb_replaces_is_not_explored(void)
{
    struct explore_result r;
    struct err err = {0};
    struct explore_case c = {.machine = "explore_three",
                             .protocol = "two_stage",
                             .scenario = "cow_3",
                             .set = "tlb.l1d.ways=2"};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    CU_ASSERT_EQUAL(r.verdict, EXPLORE_INCOMPLETE);
    CU_ASSERT_PTR_NOT_NULL(strstr(r.why, "TLB is full"));
    explore_free(&r);
    c.set = "mmu.pde_cache=4";
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_CONFIG);
    explore_free(&r);
}

static CU_TestInfo tests[] = {
    {"one word tells the protocols apart", one_word_tells_the_protocols_apart},
    {"two words tell the protocols apart", two_words_tell_the_protocols_apart},
    {"a walk on a permission miss changes no verdict",
     a_walk_on_a_permission_miss_changes_no_verdict},
    {"the shootdown of 2020 changes no verdict",
     the_shootdown_of_2020_changes_no_verdict},
    {"without an old translation nothing goes wrong",
     without_an_old_translation_nothing_goes_wrong},
    {"a fill that nobody asked for is enough for the race",
     a_fill_that_nobody_asked_for_is_enough_for_the_race},
    {"break before make by broadcast stands fills and evictions",
     break_before_make_by_broadcast_stands_fills_and_evictions},
    {"the schedule of single_stage is short and told in words",
     the_schedule_of_single_stage_is_short_and_told_in_words},
    {"a bound that is reached is no proof", a_bound_that_is_reached_is_no_proof},
    {"whoever watches the progress can stop it",
     whoever_watches_the_progress_can_stop_it},
    {"what a TLB replaces is not explored", what_a_tlb_replaces_is_not_explored},
    {"with two CPUs only orders that do not wait are refuted",
     with_two_cpus_only_orders_that_do_not_wait_are_refuted},
    {"a second writer changes no verdict", a_second_writer_changes_no_verdict},
    {"atomic remote invalidation alone is not enough",
     atomic_remote_invalidation_alone_is_not_enough},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"verdicts", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return explore_world_main(suites);
}
