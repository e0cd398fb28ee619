/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mmu_pwc.c - the paging-structure caches alone (mmu/pwc.h): R4, R5.
 */
#include "mmu/pwc.h"

#include <CUnit/Basic.h>
#include <string.h>

static const struct perms all = {1, 1, 1};

static struct pwc pwc;

static struct arena *start(uint32_t pde, uint32_t pdpte, uint32_t pml4e)
{
    struct mmu_config config = {
        .pde_cache = pde, .pdpte_cache = pdpte, .pml4e_cache = pml4e};
    struct arena *arena = arena_create(NULL);
    memset(&pwc, 0, sizeof pwc);
    pwc_init(&pwc, arena, &config);
    return arena;
}

static void stop(struct arena *arena)
{
    pwc_assert(&pwc);
    arena_destroy(arena);
}

/* The table that a look-up finds; 0 for none. */
static uint32_t table_for(uint64_t key)
{
    unsigned level;
    const struct pwc_entry *entry = pwc_find(&pwc, key, &level);
    return entry ? entry->table : 0;
}

static void fill(uint64_t key, unsigned level, uint32_t table)
{
    pwc_fill(&pwc, key, level, (pfn_t){table}, all);
}

static void r4_each_cache_compares_the_bits_above_its_level(void)
{
    struct arena *arena = start(1, 1, 1);
    for (unsigned level = 1; level <= 3; level++) {
        uint64_t span = UINT64_C(1) << 9 * level, first = 5 * span;
        fill(first, level, level);
        CU_ASSERT_EQUAL(table_for(first + span - 1), level);
        CU_ASSERT_EQUAL(table_for(first + span), 0);
        CU_ASSERT_EQUAL(table_for(first - 1), 0);
        pwc_drop_paths(&pwc, first, 1);
    }
    stop(arena);
}

static void r5_the_lowest_table_is_found_first(void)
{
    struct arena *arena = start(1, 1, 1);
    unsigned level;
    fill(0, 3, 30);
    fill(0, 1, 10);
    fill(0, 2, 20);
    CU_ASSERT_EQUAL(pwc_find(&pwc, 0, &level)->table, 10);
    CU_ASSERT_EQUAL(level, 1);
    CU_ASSERT_EQUAL(table_for(512), 20);
    CU_ASSERT_EQUAL(table_for(512 * 512), 30);
    stop(arena);
}

static void a_full_cache_gives_up_the_entry_unused_for_longest(void)
{
    struct arena *arena = start(3, 0, 0);
    for (uint32_t i = 1; i <= 3; i++)
        fill(512 * i, 1, i);
    table_for(512 * 1);
    fill(512 * 4, 1, 4);
    CU_ASSERT_EQUAL(table_for(512 * 2), 0);
    CU_ASSERT_EQUAL(table_for(512 * 1), 1);
    CU_ASSERT_EQUAL(table_for(512 * 3), 3);
    CU_ASSERT_EQUAL(table_for(512 * 4), 4);
    stop(arena);
}

static void pwc1_a_fill_replaces_the_entry_of_the_same_address(void)
{
    struct arena *arena = start(3, 0, 0);
    fill(512, 1, 1);
    fill(512 + 511, 1, 2);
    CU_ASSERT_EQUAL(table_for(512), 2);
    pwc_assert(&pwc);
    pwc_drop_paths(&pwc, 512, 1);
    CU_ASSERT_EQUAL(table_for(512), 0);
    stop(arena);
}

static void a_cache_of_size_0_is_not_there(void)
{
    struct arena *arena = start(0, 0, 0);
    for (unsigned level = 1; level <= 4; level++)
        fill(0, level, 1);
    CU_ASSERT_EQUAL(table_for(0), 0);
    stop(arena);
}

static void no_cache_holds_entries_of_level_4(void)
{
    struct arena *arena = start(4, 4, 4);
    fill(0, 4, 1);
    CU_ASSERT_EQUAL(table_for(0), 0);
    stop(arena);
}

static void dropping_paths_stops_at_the_edges_of_the_range(void)
{
    struct arena *arena = start(8, 0, 0);
    for (uint32_t i = 1; i <= 4; i++)
        fill(512 * i, 1, i);
    pwc_drop_paths(&pwc, 512 * 2, 512); /* The pages of 2 alone. */
    CU_ASSERT_EQUAL(table_for(512 * 1), 1);
    CU_ASSERT_EQUAL(table_for(512 * 2), 0);
    CU_ASSERT_EQUAL(table_for(512 * 3), 3);
    fill(512 * 2, 1, 2);
    pwc_drop_paths(&pwc, 512 * 2 + 511, 2); /* Last page of 2, first of 3. */
    CU_ASSERT_EQUAL(table_for(512 * 1), 1);
    CU_ASSERT_EQUAL(table_for(512 * 2), 0);
    CU_ASSERT_EQUAL(table_for(512 * 3), 0);
    CU_ASSERT_EQUAL(table_for(512 * 4), 4);
    pwc_drop_paths(&pwc, 512 * 4, 0);
    CU_ASSERT_EQUAL(table_for(512 * 4), 4);
    stop(arena);
}

static void dropping_spaces_keeps_the_others(void)
{
    struct arena *arena = start(8, 8, 8);
    const unsigned shift = 35;
    for (uint32_t space = 1; space <= 4; space++)
        for (unsigned level = 1; level <= 3; level++)
            fill((uint64_t)space << shift | 7, level, space);
    pwc_drop_space(&pwc, shift, 2);
    for (uint32_t space = 1; space <= 4; space++)
        CU_ASSERT_EQUAL(table_for((uint64_t)space << shift), space == 2 ? 0 : space);
    const uint64_t kept[] = {1, 4};
    pwc_drop_others(&pwc, shift, kept, 2);
    for (uint32_t space = 1; space <= 4; space++)
        CU_ASSERT_EQUAL(table_for((uint64_t)space << shift),
                        space % 3 == 1 ? space : 0);
    stop(arena);
}

static CU_TestInfo tests[] = {
    {"R4: each cache compares the bits above its level",
     r4_each_cache_compares_the_bits_above_its_level},
    {"R5: the lowest table is found first", r5_the_lowest_table_is_found_first},
    {"a full cache gives up the entry unused for longest",
     a_full_cache_gives_up_the_entry_unused_for_longest},
    {"PWC1: a fill replaces the entry of the same address",
     pwc1_a_fill_replaces_the_entry_of_the_same_address},
    {"a cache of size 0 is not there", a_cache_of_size_0_is_not_there},
    {"no cache holds entries of level 4", no_cache_holds_entries_of_level_4},
    {"dropping paths stops at the edges of the range",
     dropping_paths_stops_at_the_edges_of_the_range},
    {"dropping spaces keeps the others", dropping_spaces_keeps_the_others},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"mmu_pwc", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
