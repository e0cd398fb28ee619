/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_reduction.c - chaining steps that commute loses no behaviour: where the
 * search with every step on its own ends too, it says the same and ends in the
 * same outcomes (the final words, and what every load returned).
 */
#include "explore_world.h"

static struct explore_result explore(const char *protocol, const char *scenario,
                                     const char *set, struct machine_freedom freedom,
                                     bool every_step)
{
    static const va_t page = {0x20000};
    struct explore_result r;
    struct err err = {0};
    freedom.every_step = every_step;
    freedom.pages = &page;
    freedom.n_pages = 1;
    struct explore_case c = {.machine = "explore_three",
                             .protocol = protocol,
                             .scenario = scenario,
                             .set = set,
                             .options = {.observe = true, .freedom = freedom}};
    CU_ASSERT_EQUAL_FATAL(explore_world_run(c, &r, &err), STATUS_OK);
    return r;
}

static void compare(const char *protocol, const char *scenario, const char *set,
                    struct machine_freedom freedom)
{
    struct explore_result reduced = explore(protocol, scenario, set, freedom, false);
    struct explore_result full = explore(protocol, scenario, set, freedom, true);
    CU_ASSERT_NOT_EQUAL(full.verdict, EXPLORE_INCOMPLETE);
    CU_ASSERT_EQUAL(reduced.verdict, full.verdict);
    if (full.verdict == EXPLORE_PROVED) {
        CU_ASSERT(full.n_ends > 0 && reduced.states < full.states);
        CU_ASSERT_EQUAL(reduced.n_ends, full.n_ends);
        CU_ASSERT_EQUAL(reduced.ends, full.ends);
    }
    explore_free(&reduced);
    explore_free(&full);
}

static const struct machine_freedom quiet = {0}, evictions = {.evictions = true},
                                    spontaneous = {.fills = true, .evictions = true},
                                    nmis = {.nmis = true};

static const char *const protocols[] = {
    "break_before_make", "broadcast_bbm", "remove_all",       "rendezvous",
    "ro_then_rw",        "two_stage",     "single_stage",     "no_wait",
    "local_only",        "unbusy_early",  "broadcast_single",
};
#define N_PROTOCOLS (sizeof protocols / sizeof protocols[0])

static void verdicts_and_outcomes_are_those_of_the_full_search(void)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++)
        compare(protocols[i], "cow_3", NULL, quiet);
}

static void compare_all(const char *scenario, struct machine_freedom freedom)
{
    for (size_t i = 0; i < N_PROTOCOLS; i++)
        compare(protocols[i], scenario, NULL, freedom);
}

static void so_are_those_of_the_other_small_scenarios(void)
{
    compare_all("cow_2", quiet);
    compare_all("cow_2_two_words", quiet);
    compare_all("cow_2_second_writer", quiet);
    compare_all("cow_3_two_words", quiet);
}

static void so_they_are_when_translations_come_and_go(void)
{
    compare_all("cow_2", spontaneous);
    compare_all("cow_2_cold", spontaneous);
    compare_all("cow_2_owner_reads", spontaneous);
}

static void so_they_are_when_nmis_arrive(void)
{
    compare("broadcast_bbm", "cow_2_owner_reads", NULL, nmis);
    compare("local_only", "cow_2", NULL, nmis);
}

/* No verdict ends the search early: all outcomes of the broken ones too. */
static void so_are_those_of_a_scenario_that_refutes_nothing(void)
{
    compare("single_stage", "cow_3_cold", NULL, quiet);
    compare("unbusy_early", "cow_3_cold", NULL, quiet);
    compare("broadcast_single", "cow_3_cold", NULL, quiet);
}

static void so_they_are_with_the_shootdown_of_2020(void)
{
    const char *set = "kernel.shootdown=\"freebsd2020\"";
    compare("two_stage", "cow_3_cold", set, quiet);
}

static void so_they_are_when_translations_vanish(void)
{
    compare("broadcast_bbm", "cow_3", NULL, evictions);
}

static CU_TestInfo tests[] = {
    {"verdicts and outcomes are those of the full search",
     verdicts_and_outcomes_are_those_of_the_full_search},
    {"so are those of the other small scenarios",
     so_are_those_of_the_other_small_scenarios},
    {"so they are when translations come and go",
     so_they_are_when_translations_come_and_go},
    {"so they are when NMIs arrive", so_they_are_when_nmis_arrive},
    {"so are those of a scenario that refutes nothing",
     so_are_those_of_a_scenario_that_refutes_nothing},
    {"so they are with the shootdown of 2020", so_they_are_with_the_shootdown_of_2020},
    {"so they are when translations vanish", so_they_are_when_translations_vanish},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"reduction", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return explore_world_main(suites);
}
