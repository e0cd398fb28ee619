/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mmu_perm.c - what an access may do (mmu/perm.c), over all inputs.
 */
#include "base/pte.h"
#include "mmu/mmu.h"

#include <CUnit/Basic.h>

/* One bit for each (write, user, exec): bit 4w + 2u + e. */
static unsigned allowed_set(enum access access)
{
    unsigned set = 0;
    for (unsigned i = 0; i < 8; i++)
        set |= (unsigned)perm_allows(i & 4, i & 2, i & 1, access) << i;
    return set;
}

static void a_load_needs_user(void)
{
    CU_ASSERT_EQUAL(allowed_set(ACCESS_LOAD), 0xcc);
}

static void a_store_needs_user_and_write(void)
{
    CU_ASSERT_EQUAL(allowed_set(ACCESS_STORE), 0xc0);
}

static void a_fetch_needs_user_and_no_execute_disable(void)
{
    CU_ASSERT_EQUAL(allowed_set(ACCESS_FETCH), 0x88);
}

static void the_error_code_says_what_was_tried(void)
{
    CU_ASSERT_EQUAL(perm_error_code(false, ACCESS_LOAD), PF_U);
    CU_ASSERT_EQUAL(perm_error_code(true, ACCESS_LOAD), PF_U | PF_P);
    CU_ASSERT_EQUAL(perm_error_code(false, ACCESS_STORE), PF_U | PF_W);
    CU_ASSERT_EQUAL(perm_error_code(true, ACCESS_STORE), PF_U | PF_W | PF_P);
    CU_ASSERT_EQUAL(perm_error_code(false, ACCESS_FETCH), PF_U | PF_I);
    CU_ASSERT_EQUAL(perm_error_code(true, ACCESS_FETCH), PF_U | PF_I | PF_P);
}

static CU_TestInfo tests[] = {
    {"a load needs user", a_load_needs_user},
    {"a store needs user and write", a_store_needs_user_and_write},
    {"a fetch needs user and no execute-disable",
     a_fetch_needs_user_and_no_execute_disable},
    {"the error code says what was tried", the_error_code_says_what_was_tried},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"mmu_perm", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
