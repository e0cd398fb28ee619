/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mmu_walk_rules.c - the page walk (mmu/walk.h): rules R1, R2, R5, R17 and the
 * invariants WALK1 to WALK4.  Invalidations during a walk are in
 * test_mmu_invalidate.c.
 */
#include "mmu_bench.h"

#include <CUnit/Basic.h>

#define VA ((va_t){0x7f1234567008})

static struct mmu_result out;

/* A bench with one thread and one space, VA mapped to frame 1000. */
static struct bench *one(struct mmu_config config, uint64_t flags, pfn_t *root)
{
    struct bench *b = bench_create(config, 2, 1);
    *root = bench_table(b);
    bench_map(b, *root, VA, 1000, flags);
    mmu_set_root(b->mmu, 0, *root);
    return b;
}

static va_t page_after(va_t va, uint64_t n)
{
    return (va_t){va.v + n * PAGE_BYTES};
}

/* Entries read by a translation of 'va'. */
static uint64_t reads(struct bench *b, va_t va)
{
    uint64_t before = mmu_stats_of(b->mmu).walk_reads;
    bench_translate(b, 0, va, ACCESS_LOAD, &out);
    return mmu_stats_of(b->mmu).walk_reads - before;
}

static void a_walk_reads_one_entry_per_level(void)
{
    for (unsigned levels = 4; levels <= 5; levels++) {
        pfn_t root;
        struct mmu_config config = bench_config();
        config.levels = levels;
        struct bench *b = one(config, LEAF_RW | PTE_A, &root);
        CU_ASSERT_EQUAL(reads(b, VA), levels);
        CU_ASSERT_EQUAL(out.pa.v, 1000 * PAGE_BYTES + 8);
        CU_ASSERT_EQUAL(reads(b, VA), 0);
        bench_destroy(b);
    }
}

static void five_levels_reach_the_last_page_of_the_user_half(void)
{
    pfn_t root;
    struct mmu_config config = bench_config();
    config.levels = 5;
    struct bench *b = one(config, LEAF_RW, &root);
    va_t last = {0x00fffffffffff000};
    bench_map(b, root, last, 1001, LEAF_RW);
    CU_ASSERT_EQUAL(bench_translate(b, 0, last, ACCESS_LOAD, &out), MMU_HIT);
    CU_ASSERT_EQUAL(out.pa.v, 1001 * PAGE_BYTES);
    bench_destroy(b);
}

static void r5_a_walk_starts_at_the_lowest_cached_table(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW | PTE_A, &root);
    va_t same_table = page_after(VA, 1), other_table = page_after(VA, 512),
         other_directory = page_after(VA, 512 * 512),
         other_pointers = {VA.v - (UINT64_C(1) << 39)};
    bench_map(b, root, same_table, 1, LEAF_RO | PTE_A);
    bench_map(b, root, other_table, 2, LEAF_RO | PTE_A);
    bench_map(b, root, other_directory, 3, LEAF_RO | PTE_A);
    bench_map(b, root, other_pointers, 4, LEAF_RO | PTE_A);
    CU_ASSERT_EQUAL(reads(b, VA), 4);
    CU_ASSERT_EQUAL(reads(b, same_table), 1);
    CU_ASSERT_EQUAL(reads(b, other_table), 2);
    CU_ASSERT_EQUAL(reads(b, other_directory), 3);
    CU_ASSERT_EQUAL(reads(b, other_pointers), 4);
    CU_ASSERT_EQUAL(mmu_stats_of(b->mmu).pwc_hits, 3);
    CU_ASSERT_EQUAL(mmu_stats_of(b->mmu).walks, 5);
    bench_destroy(b);
}

static void without_paging_structure_caches_every_walk_starts_at_the_root(void)
{
    pfn_t root;
    struct mmu_config config = bench_config();
    config.pde_cache = config.pdpte_cache = config.pml4e_cache = 0;
    struct bench *b = one(config, LEAF_RW, &root);
    bench_map(b, root, page_after(VA, 1), 1, LEAF_RO);
    CU_ASSERT_EQUAL(reads(b, VA), 4);
    CU_ASSERT_EQUAL(reads(b, page_after(VA, 1)), 4);
    bench_destroy(b);
}

static void a_walk_costs_its_start_and_its_reads(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW | PTE_A, &root);
    for (unsigned level = 0; level < 4; level++)
        bench_give(b, bench_entry(b, root, VA, level), LINE_SHARED);
    cycle_t start = b->now;
    CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, start, &out), MMU_WALK);
    CU_ASSERT_EQUAL(out.cost, b->config.walk_start);
    cycle_t now = start + out.cost;
    enum mmu_answer answer = MMU_WALK;
    for (unsigned step = 1; step <= 4; step++) {
        CU_ASSERT_EQUAL(answer, MMU_WALK);
        answer = mmu_walk(b->mmu, 0, now, &out);
        CU_ASSERT_EQUAL(out.cost, L1_HIT_CYCLES);
        now += out.cost;
    }
    CU_ASSERT_EQUAL(answer, MMU_HIT);
    CU_ASSERT_EQUAL(mmu_stats_of(b->mmu).walk_cycles, now - start);
    CU_ASSERT_EQUAL(out.filled_at, now - out.cost);
    bench_destroy(b);
}

static void a_step_waits_for_each_line_and_names_it(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW | PTE_A, &root);
    mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, 0, &out);
    for (unsigned level = 4; level-- > 0;) {
        pa_t entry = bench_entry(b, root, VA, level);
        CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_NEED_LINE);
        CU_ASSERT_EQUAL(pa_line(out.pa), pa_line(entry));
        CU_ASSERT_EQUAL(out.want, LINE_SHARED);
        bench_give(b, entry, LINE_SHARED);
        CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), level ? MMU_WALK : MMU_HIT);
    }
    bench_destroy(b);
}

static void a_line_lost_before_the_step_is_asked_for_again(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW | PTE_A, &root);
    pa_t entry = bench_entry(b, root, VA, 3);
    mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, 0, &out);
    for (unsigned i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_NEED_LINE);
        bench_give(b, entry, LINE_SHARED);
        bench_take(b, entry);
    }
    bench_give(b, entry, LINE_SHARED);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_WALK);
    bench_destroy(b);
}

/* R1 */

static void r1_permissions_are_gathered_over_all_levels(void)
{
    for (unsigned level = 0; level < 4; level++) {
        pfn_t root;
        struct bench *b = one(bench_config(), LEAF_RW, &root);
        bench_pte(b, root, VA, level)->bits &= ~PTE_RW;
        CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_STORE, &out), MMU_FAULT);
        CU_ASSERT_EQUAL(out.error_code, PF_P | PF_W | PF_U);
        CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_LOAD, &out), MMU_HIT);
        CU_ASSERT_EQUAL(mmu_peek(b->mmu, 0, TLB_DATA, VA)->write, 0);
        bench_pte(b, root, VA, level)->bits |= PTE_XD;
        struct mmu_dropped dropped;
        bench_invlpg(b, 0, VA, &dropped);
        CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_FETCH, &out), MMU_FAULT);
        CU_ASSERT_EQUAL(out.error_code, PF_P | PF_I | PF_U);
        bench_pte(b, root, VA, level)->bits &= ~PTE_US;
        bench_invlpg(b, 0, VA, &dropped);
        CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_LOAD, &out), MMU_FAULT);
        CU_ASSERT_EQUAL(out.error_code, PF_P | PF_U);
        bench_destroy(b);
    }
}

static void r1_permissions_reach_a_walk_through_the_caches_too(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    va_t next = page_after(VA, 1);
    bench_map(b, root, next, 1001, LEAF_RW);
    bench_pte(b, root, VA, 3)->bits &= ~PTE_RW;
    bench_translate(b, 0, VA, ACCESS_LOAD, &out);
    CU_ASSERT_EQUAL(bench_translate(b, 0, next, ACCESS_STORE, &out), MMU_FAULT);
    CU_ASSERT_EQUAL(mmu_stats_of(b->mmu).pwc_hits, 1);
    bench_destroy(b);
}

static void a_fetch_fills_the_code_side_only(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RO, &root);
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_FETCH, &out), MMU_HIT);
    CU_ASSERT_PTR_NOT_NULL(mmu_peek(b->mmu, 0, TLB_CODE, VA));
    CU_ASSERT_PTR_NULL(mmu_peek(b->mmu, 0, TLB_DATA, VA));
    bench_destroy(b);
}

/* R2 */

static void r2_no_entry_is_made_from_a_not_present_one(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), 0, &root);
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_LOAD, &out), MMU_FAULT);
    CU_ASSERT_EQUAL(out.error_code, PF_U);
    CU_ASSERT_PTR_NULL(mmu_peek(b->mmu, 0, TLB_DATA, VA));
    bench_map(b, root, VA, 1000, LEAF_RW); /* R14: needs no invalidation. */
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_LOAD, &out), MMU_HIT);
    bench_destroy(b);
}

static void r2_an_upper_entry_that_is_not_present_faults(void)
{
    for (unsigned level = 1; level < 4; level++) {
        pfn_t root;
        struct bench *b = one(bench_config(), LEAF_RW, &root);
        bench_pte(b, root, VA, level)->bits &= ~PTE_P;
        CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_STORE, &out), MMU_FAULT);
        CU_ASSERT_EQUAL(out.error_code, PF_U | PF_W);
        bench_destroy(b);
    }
}

/* Steps a walk that has all lines, shared, up to its leaf. */
static enum mmu_answer up_to_the_leaf(struct bench *b, pfn_t root, enum access access)
{
    for (unsigned level = 0; level < 4; level++)
        bench_give(b, bench_entry(b, root, VA, level), LINE_SHARED);
    enum mmu_answer answer = mmu_translate(b->mmu, 0, VA, access, b->now, &out);
    for (unsigned level = 3; level > 0; level--)
        answer = mmu_walk(b->mmu, 0, b->now, &out);
    return answer;
}

static void r2_setting_a_needs_the_line_exclusively(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    pte_t *leaf = bench_pte(b, root, VA, 0), before = *leaf;
    pa_t entry = bench_entry(b, root, VA, 0);
    bench_take(b, entry); /* So that a shared grant stays shared. */
    up_to_the_leaf(b, root, ACCESS_LOAD);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_NEED_LINE);
    CU_ASSERT_EQUAL(out.want, LINE_EXCLUSIVE);
    CU_ASSERT_FALSE(out.wrote_leaf || out.filled);
    CU_ASSERT_EQUAL(leaf->bits, before.bits);
    CU_ASSERT_PTR_NULL(mmu_peek(b->mmu, 0, TLB_DATA, VA));
    bench_give(b, entry, LINE_EXCLUSIVE);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_HIT);
    CU_ASSERT(out.wrote_leaf && out.filled);
    CU_ASSERT_EQUAL(out.leaf_before.bits, before.bits);
    CU_ASSERT_EQUAL(out.leaf.bits, before.bits | PTE_A);
    CU_ASSERT_EQUAL(leaf->bits, before.bits | PTE_A);
    CU_ASSERT_EQUAL(out.cost, L1_HIT_CYCLES + b->config.set_accessed);
    bench_destroy(b);
}

static void r2_with_a_set_a_shared_line_is_enough(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW | PTE_A, &root);
    bench_take(b, bench_entry(b, root, VA, 0));
    up_to_the_leaf(b, root, ACCESS_LOAD);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_HIT);
    CU_ASSERT(out.filled);
    CU_ASSERT_FALSE(out.wrote_leaf);
    bench_destroy(b);
}

static void r17_the_leaf_is_read_again_after_waiting_for_its_line(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    pte_t *leaf = bench_pte(b, root, VA, 0);
    pa_t entry = bench_entry(b, root, VA, 0);
    bench_take(b, entry);
    up_to_the_leaf(b, root, ACCESS_STORE);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_NEED_LINE);
    *leaf = (pte_t){0}; /* Another core unmaps the page meanwhile. */
    bench_give(b, entry, LINE_EXCLUSIVE);
    CU_ASSERT_EQUAL(mmu_walk(b->mmu, 0, 0, &out), MMU_FAULT);
    CU_ASSERT_EQUAL(out.error_code, PF_W | PF_U);
    CU_ASSERT_EQUAL(leaf->bits, 0); /* Nothing came back from the dead. */
    bench_destroy(b);
}

static void a_fault_leaves_the_leaf_alone(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RO, &root);
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_STORE, &out), MMU_FAULT);
    CU_ASSERT_EQUAL(bench_pte(b, root, VA, 0)->bits,
                    pte_make((pfn_t){1000}, LEAF_RO).bits);
    CU_ASSERT_PTR_NULL(mmu_peek(b->mmu, 0, TLB_DATA, VA));
    bench_destroy(b);
}

/* R17 */

static void r17_a_store_sets_a_and_d_at_once(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_STORE, &out), MMU_HIT);
    CU_ASSERT(pte_has(*bench_pte(b, root, VA, 0), PTE_A | PTE_D));
    CU_ASSERT_EQUAL(out.cost,
                    L1_HIT_CYCLES + b->config.set_accessed + b->config.set_dirty);
    CU_ASSERT_EQUAL(mmu_peek(b->mmu, 0, TLB_DATA, VA)->dirty, 1);
    bench_destroy(b);
}

static void r17_a_store_through_a_clean_entry_walks_once_to_set_d(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    bench_translate(b, 0, VA, ACCESS_LOAD, &out);
    CU_ASSERT_EQUAL(mmu_peek(b->mmu, 0, TLB_DATA, VA)->dirty, 0);
    CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, VA, ACCESS_STORE, 0, &out), MMU_WALK);
    CU_ASSERT_EQUAL(bench_finish(b, 0, &out), MMU_HIT);
    CU_ASSERT(out.wrote_leaf && out.filled);
    CU_ASSERT_EQUAL(out.cost, L1_HIT_CYCLES + b->config.set_dirty);
    CU_ASSERT(pte_has(*bench_pte(b, root, VA, 0), PTE_D));
    CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, VA, ACCESS_STORE, 0, &out), MMU_HIT);
    CU_ASSERT_FALSE(out.wrote_leaf || out.filled);
    bench_destroy(b);
}

/* The entry is old and says writable, memory says read-only by now. */
static void r17_a_store_through_a_clean_entry_obeys_memory(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    bench_translate(b, 0, VA, ACCESS_LOAD, &out);
    bench_map(b, root, VA, 1000, LEAF_RO | PTE_A);
    CU_ASSERT_EQUAL(bench_translate(b, 0, VA, ACCESS_STORE, &out), MMU_FAULT);
    CU_ASSERT_FALSE(pte_has(*bench_pte(b, root, VA, 0), PTE_D));
    bench_destroy(b);
}

static void a_walk_given_up_leaves_nothing(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, 0, &out);
    mmu_walk_cancel(b->mmu, 0);
    mmu_assert(b->mmu); /* WALK1 */
    CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, 0, &out), MMU_WALK);
    CU_ASSERT_EQUAL(bench_finish(b, 0, &out), MMU_HIT);
    bench_destroy(b);
}

static void nothing_is_mapped_outside_the_user_half(void)
{
    pfn_t root;
    struct bench *b = one(bench_config(), LEAF_RW, &root);
    const va_t outside[] = {{UINT64_C(1) << 47},
                            {VA.v | UINT64_C(1) << 47},
                            {UINT64_C(1) << 63},
                            {UINT64_MAX}};
    bench_translate(b, 0, VA, ACCESS_LOAD, &out);
    for (unsigned i = 0; i < 4; i++) {
        CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, outside[i], ACCESS_STORE, 0, &out),
                        MMU_FAULT);
        CU_ASSERT_EQUAL(out.error_code, PF_U | PF_W);
        CU_ASSERT_PTR_NULL(mmu_peek(b->mmu, 0, TLB_DATA, outside[i]));
    }
    bench_destroy(b);
}

/* 5 levels leave 20 bits for the root's frame, and one value means none. */
static void memory_too_large_for_the_tags_is_refused(void)
{
    struct mmu_config config = bench_config();
    struct err err;
    CU_ASSERT_EQUAL(mmu_check(&config, 1u << 24, &err), STATUS_OK);
    config.levels = 5;
    CU_ASSERT_EQUAL(mmu_check(&config, (1u << 20) - 2, &err), STATUS_OK);
    CU_ASSERT_EQUAL(mmu_check(&config, (1u << 20) - 1, &err), STATUS_CONFIG);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "1048575"));
    config.pcid = true;
    CU_ASSERT_EQUAL(mmu_check(&config, 64, &err), STATUS_NOT_MODELLED);
}

/* The last frame that mmu_check() lets through can be a root. */
static void the_last_frame_can_be_a_root(void)
{
    struct mmu_config config = bench_config();
    config.levels = 5;
    struct bench *b = bench_create(config, 2, 1);
    mmu_set_root(b->mmu, 0, (pfn_t){(1u << 20) - 3});
    CU_ASSERT_EQUAL(mmu_translate(b->mmu, 0, VA, ACCESS_LOAD, 0, &out), MMU_WALK);
    mmu_set_root(b->mmu, 0, (pfn_t){NO_FRAME});
    bench_destroy(b);
}

static CU_TestInfo tests[] = {
    {"a walk reads one entry per level", a_walk_reads_one_entry_per_level},
    {"five levels reach the last page of the user half",
     five_levels_reach_the_last_page_of_the_user_half},
    {"R5: a walk starts at the lowest cached table",
     r5_a_walk_starts_at_the_lowest_cached_table},
    {"without paging-structure caches every walk starts at the root",
     without_paging_structure_caches_every_walk_starts_at_the_root},
    {"a walk costs its start and its reads", a_walk_costs_its_start_and_its_reads},
    {"a step waits for each line and names it",
     a_step_waits_for_each_line_and_names_it},
    {"a line lost before the step is asked for again",
     a_line_lost_before_the_step_is_asked_for_again},
    {"R1: permissions are gathered over all levels",
     r1_permissions_are_gathered_over_all_levels},
    {"R1: permissions reach a walk through the caches too",
     r1_permissions_reach_a_walk_through_the_caches_too},
    {"a fetch fills the code side only", a_fetch_fills_the_code_side_only},
    {"R2: no entry is made from a not-present one",
     r2_no_entry_is_made_from_a_not_present_one},
    {"R2: an upper entry that is not present faults",
     r2_an_upper_entry_that_is_not_present_faults},
    {"R2: setting A needs the line exclusively",
     r2_setting_a_needs_the_line_exclusively},
    {"R2: with A set a shared line is enough", r2_with_a_set_a_shared_line_is_enough},
    {"R17: the leaf is read again after waiting for its line",
     r17_the_leaf_is_read_again_after_waiting_for_its_line},
    {"a fault leaves the leaf alone", a_fault_leaves_the_leaf_alone},
    {"R17: a store sets A and D at once", r17_a_store_sets_a_and_d_at_once},
    {"R17: a store through a clean entry walks once to set D",
     r17_a_store_through_a_clean_entry_walks_once_to_set_d},
    {"R17: a store through a clean entry obeys memory",
     r17_a_store_through_a_clean_entry_obeys_memory},
    {"a walk given up leaves nothing", a_walk_given_up_leaves_nothing},
    {"nothing is mapped outside the user half",
     nothing_is_mapped_outside_the_user_half},
    {"memory too large for the tags is refused",
     memory_too_large_for_the_tags_is_refused},
    {"the last frame can be a root", the_last_frame_can_be_a_root},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"mmu_walk_rules", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
