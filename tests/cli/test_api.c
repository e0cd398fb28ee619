/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_api.c - the public API, used as a stranger would: only shootdown.h.
 */
#include "shootdown.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <string.h>

#define CONFIG SD_SOURCE_DIR "/configs/ryzen16.json"
#define TRACE  SD_SOURCE_DIR "/traces/d14347.trace"

/* Slow interrupts make the rare violation common. */
static const char *const slow[] = {
    "ipi.cluster={\"base_ns\":103,\"jitter\":\"exponential\",\"mean_ns\":1000,"
    "\"max_ns\":50000}",
    NULL};

static struct sd_machine *create(const char *protocol)
{
    struct sd_error error = {SD_OK, ""};
    const struct sd_options options = {
        .config = CONFIG, .protocol = protocol, .sets = slow};
    struct sd_machine *machine = sd_machine_create(&options, TRACE, &error);
    if (!machine)
        printf("%s\n", error.message);
    return machine;
}

/* How many of 'n' trials have a violation under lock. */
static unsigned violated(struct sd_machine *machine, unsigned n)
{
    struct sd_outcome outcome;
    unsigned violated = 0;
    for (unsigned trial = 0; trial < n; trial++) {
        CU_ASSERT_EQUAL_FATAL(sd_machine_run(machine, trial, &outcome, NULL), SD_OK);
        CU_ASSERT_EQUAL(outcome.end, SD_END_DONE);
        violated += outcome.under_lock > 0;
    }
    return violated;
}

static void a_broken_protocol_violates_and_a_correct_one_does_not(void)
{
    struct sd_machine *broken = create("single_stage");
    CU_ASSERT_PTR_NOT_NULL_FATAL(broken);
    CU_ASSERT(violated(broken, 30) > 0);
    sd_machine_destroy(broken);
    struct sd_machine *correct = create("two_stage");
    CU_ASSERT_PTR_NOT_NULL_FATAL(correct);
    CU_ASSERT_EQUAL(violated(correct, 30), 0);
    sd_machine_destroy(correct);
}

static void a_violation_names_rule_and_symbol(void)
{
    struct sd_machine *machine = create("single_stage");
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    struct sd_outcome outcome = {.n_violations = 0};
    for (uint64_t trial = 0; trial < 100 && outcome.n_violations == 0; trial++)
        sd_machine_run(machine, trial, &outcome, NULL);
    CU_ASSERT_NOT_EQUAL_FATAL(outcome.n_violations, 0);
    struct sd_violation violation;
    sd_machine_violation(machine, 0, &violation);
    CU_ASSERT(strlen(violation.rule) > 3);
    CU_ASSERT(strlen(violation.sentence) > 20);
    CU_ASSERT(strlen(violation.symbol) > 0);
    CU_ASSERT(violation.cpu < sd_machine_n_cpus(machine));
    sd_machine_destroy(machine);
}

static void two_machines_in_one_process_never_meet(void)
{
    struct sd_outcome alone = {.ops = 0}, a = {.ops = 0}, b = {.ops = 0};
    struct sd_machine *one = create("single_stage");
    struct sd_machine *two = create("two_stage");
    CU_ASSERT_FATAL(one && two);
    sd_machine_run(one, 7, &alone, NULL);
    sd_machine_run(two, 3, &b, NULL);
    sd_machine_run(one, 7, &a, NULL);
    CU_ASSERT_EQUAL(alone.cycles, a.cycles);
    CU_ASSERT_EQUAL(alone.ops, a.ops);
    CU_ASSERT_EQUAL(alone.violations, a.violations);
    sd_machine_destroy(one);
    sd_machine_destroy(two);
}

static void errors_come_with_a_code_and_a_sentence(void)
{
    struct sd_error error = {SD_OK, ""};
    struct sd_options options = {.config = "no/such.json"};
    CU_ASSERT_PTR_NULL(sd_machine_create(&options, TRACE, &error));
    CU_ASSERT_EQUAL(error.code, SD_ERROR_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "no/such.json"));
    options.config = CONFIG;
    CU_ASSERT_PTR_NULL(sd_machine_create(&options, "no/such.bin", &error));
    CU_ASSERT_EQUAL(error.code, SD_ERROR_TRACE);
    options.engine = "steam";
    CU_ASSERT_PTR_NULL(sd_machine_create(&options, TRACE, &error));
    CU_ASSERT_EQUAL(error.code, SD_ERROR_USAGE);
    CU_ASSERT_PTR_NULL(sd_machine_create(&options, TRACE, NULL));
}

static bool stop_at_once(void *context, uint64_t ops, uint64_t cycle)
{
    (void)context, (void)ops, (void)cycle;
    return false;
}

static void progress_can_stop_a_run(void)
{
    const struct sd_options options = {.config = CONFIG, .progress = stop_at_once};
    struct sd_machine *machine = sd_machine_create(&options, TRACE, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    struct sd_outcome outcome;
    CU_ASSERT_EQUAL(sd_machine_run(machine, 0, &outcome, NULL), SD_OK);
    /* A short guest may end before it is asked. */
    CU_ASSERT(outcome.end == SD_END_INTERRUPTED || outcome.end == SD_END_DONE);
    sd_machine_destroy(machine);
}

static void the_configuration_comes_back_complete(void)
{
    struct sd_machine *machine = create("two_stage");
    CU_ASSERT_PTR_NOT_NULL_FATAL(machine);
    char *json = sd_machine_config_json(machine);
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"topology\""));
    CU_ASSERT_PTR_NOT_NULL(strstr(json, "two_stage"));
    sd_free(json);
    sd_machine_destroy(machine);
}

static CU_TestInfo tests[] = {
    {"a broken protocol violates and a correct one does not",
     a_broken_protocol_violates_and_a_correct_one_does_not},
    {"a violation names rule and symbol", a_violation_names_rule_and_symbol},
    {"two machines in one process never meet", two_machines_in_one_process_never_meet},
    {"errors come with a code and a sentence", errors_come_with_a_code_and_a_sentence},
    {"progress can stop a run", progress_can_stop_a_run},
    {"the configuration comes back complete", the_configuration_comes_back_complete},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"api", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() || CU_register_suites(suites))
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 100 ? 100 : (int)failures;
}
