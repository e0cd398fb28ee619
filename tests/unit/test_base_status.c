/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_base_status.c - messages of user errors (src/base/status.h).
 */
#include "base/status.h"

#include <CUnit/Basic.h>
#include <string.h>

static void a_message_has_its_status_and_its_text(void)
{
    struct err err;
    CU_ASSERT_EQUAL(err_set(&err, STATUS_TRACE, "record %d", 7), STATUS_TRACE);
    CU_ASSERT_EQUAL(err.status, STATUS_TRACE);
    CU_ASSERT_STRING_EQUAL(err.message, "record 7");
    CU_ASSERT_EQUAL(err_set(NULL, STATUS_TRACE, "nobody reads this"), STATUS_TRACE);
}

static void a_prefix_stands_in_front_and_keeps_the_status(void)
{
    struct err err;
    err_set(&err, STATUS_CONFIG, "must be a number");
    CU_ASSERT_EQUAL(err_prefix(&err, "%s: %s", "c.json", "cores"), STATUS_CONFIG);
    CU_ASSERT_STRING_EQUAL(err.message, "c.json: cores: must be a number");
}

static void a_message_that_is_too_long_is_cut_at_its_end(void)
{
    struct err err;
    char text[2 * sizeof err.message];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    err_set(&err, STATUS_CONFIG, "%s", text);
    CU_ASSERT_EQUAL(strlen(err.message), sizeof err.message - 1);
    err_prefix(&err, "head");
    CU_ASSERT_EQUAL(strlen(err.message), sizeof err.message - 1);
    CU_ASSERT_EQUAL(strncmp(err.message, "head: xxx", 9), 0);
    err_prefix(&err, "%s", text);
    CU_ASSERT_EQUAL(strlen(err.message), sizeof err.message - 1);
}

static void every_status_has_an_exit_code_and_a_sentence(void)
{
    CU_ASSERT_EQUAL(status_exit_code(STATUS_OK), 0);
    CU_ASSERT_EQUAL(status_exit_code(STATUS_USAGE), 2);
    CU_ASSERT_EQUAL(status_exit_code(STATUS_INTERNAL), 70);
    for (int s = STATUS_OK + 1; s <= STATUS_INTERNAL; s++) {
        CU_ASSERT_NOT_EQUAL(status_exit_code((enum status)s), 0);
        CU_ASSERT(strlen(status_sentence((enum status)s)) > 0);
    }
}

static CU_TestInfo tests[] = {
    {"a message has its status and its text", a_message_has_its_status_and_its_text},
    {"a prefix stands in front and keeps the status",
     a_prefix_stands_in_front_and_keeps_the_status},
    {"a message that is too long is cut at its end",
     a_message_that_is_too_long_is_cut_at_its_end},
    {"every status has an exit code and a sentence",
     every_status_has_an_exit_code_and_a_sentence},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"status", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
