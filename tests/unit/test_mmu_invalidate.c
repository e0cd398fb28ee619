/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mmu_invalidate.c - the one door that removes a translation
 * (mmu/invalidate.c): rules R8, R10, R12, R13, R20, and WALK5.
 */
#include "mmu_bench.h"

#include <CUnit/Basic.h>
#include <stdio.h>

#define VA      ((va_t){0x7f1234567008})
#define N_PAGES 8u

static struct mmu_result out;
static struct mmu_dropped dropped;

struct spaces {
    struct bench *b;
    pfn_t root[2];
};

static va_t page(unsigned i)
{
    return (va_t){VA.v + i * (uint64_t)PAGE_BYTES};
}

/* Two siblings and two spaces: page i is frame 1000 + i in the first, 2000 + i
 * in the second. Sibling i runs space 'of[i]'. TLBs are large enough. */
static struct spaces two(struct mmu_config config, unsigned of_0, unsigned of_1)
{
    struct spaces s = {.b = bench_create(config, 32, 2)};
    s.root[0] = bench_table(s.b);
    s.root[1] = bench_table(s.b); /* The next frame, so the next tag. */
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned i = 0; i < N_PAGES; i++)
            bench_map(s.b, s.root[k], page(i), 1000 * (k + 1) + i, LEAF_RW | PTE_A);
    }
    mmu_set_root(s.b->mmu, 0, s.root[of_0]);
    mmu_set_root(s.b->mmu, 1, s.root[of_1]);
    return s;
}

static void touch_all(struct bench *b, unsigned sibling)
{
    for (unsigned i = 0; i < N_PAGES; i++) {
        bench_translate(b, sibling, page(i), ACCESS_LOAD, &out);
        bench_translate(b, sibling, page(i), ACCESS_FETCH, &out);
    }
}

/* One bit per page that 'sibling' can reach through 'side'. */
static unsigned reachable(struct bench *b, unsigned sibling, enum tlb_side side)
{
    unsigned set = 0;
    for (unsigned i = 0; i < N_PAGES; i++)
        set |= (unsigned)(mmu_peek(b->mmu, sibling, side, page(i)) != NULL) << i;
    return set;
}

/* Entries that a walk of 'sibling' for a new page reads. */
static uint64_t reads(struct bench *b, unsigned sibling, va_t va)
{
    uint64_t before = mmu_stats_of(b->mmu).walk_reads;
    bench_translate(b, sibling, va, ACCESS_LOAD, &out);
    return mmu_stats_of(b->mmu).walk_reads - before;
}

static void r8_invlpg_drops_the_page_from_all_levels_and_both_sides(void)
{
    struct spaces s = two(bench_config(), 0, 0);
    touch_all(s.b, 0);
    CU_ASSERT_EQUAL(bench_invlpg(s.b, 0, page(3), &dropped), s.b->config.invlpg);
    CU_ASSERT_EQUAL(dropped.n_entries, 4);
    CU_ASSERT_EQUAL(dropped.frame, 1003);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xf7);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_CODE), 0xf7);
    bench_invlpg(s.b, 0, page(3), &dropped);
    CU_ASSERT_EQUAL(dropped.n_entries, 0);
    CU_ASSERT_EQUAL(dropped.frame, NO_FRAME);
    bench_destroy(s.b);
}

static void r8_a_range_drops_its_pages_and_not_their_neighbours(void)
{
    struct spaces s = two(bench_config(), 0, 0);
    struct flush flush = {.kind = FLUSH_PAGES, .n_pages = 3, .first = va_page(page(2))};
    touch_all(s.b, 0);
    CU_ASSERT_EQUAL(mmu_invalidate(s.b->mmu, 0, &flush, &dropped),
                    3 * s.b->config.invlpg);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xe3);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_CODE), 0xe3);
    CU_ASSERT_EQUAL(dropped.frame, NO_FRAME); /* Not one page: none is named. */
    bench_destroy(s.b);
}

static void r8_intel_drops_all_paging_structure_entries_of_the_space(void)
{
    struct spaces s = two(bench_config(), 0, 1);
    va_t far_away = {0x1000};
    touch_all(s.b, 0);
    touch_all(s.b, 1);
    bench_invlpg(s.b, 0, far_away, &dropped);
    CU_ASSERT_EQUAL(reads(s.b, 0, page(N_PAGES)), 4);
    CU_ASSERT_EQUAL(reads(s.b, 1, page(N_PAGES)), 1);
    bench_destroy(s.b);
}

static void r8_amd_drops_the_paging_structure_entries_of_the_path(void)
{
    struct mmu_config config = bench_config();
    config.invlpg_scope = INVLPG_PATH_PWC;
    struct spaces s = two(config, 0, 1);
    va_t far_away = {0x1000};
    touch_all(s.b, 0);
    bench_invlpg(s.b, 0, far_away, &dropped);
    CU_ASSERT_EQUAL(reads(s.b, 0, page(N_PAGES)), 1);
    bench_invlpg(s.b, 0, page(0), &dropped);
    CU_ASSERT_EQUAL(reads(s.b, 0, page(N_PAGES + 1)), 4);
    bench_destroy(s.b);
}

static void r10_a_cr3_write_drops_everything_of_a_lone_space(void)
{
    struct spaces s = two(bench_config(), 0, 0);
    struct flush flush = {.kind = FLUSH_ALL};
    touch_all(s.b, 0);
    CU_ASSERT_EQUAL(mmu_invalidate(s.b->mmu, 0, &flush, &dropped),
                    s.b->config.cr3_write);
    CU_ASSERT_EQUAL(dropped.n_entries, N_PAGES * 4);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA) | reachable(s.b, 0, TLB_CODE), 0);
    CU_ASSERT_EQUAL(reads(s.b, 0, page(0)), 4);
    bench_destroy(s.b);
}

static void r10_a_cr3_write_keeps_the_space_of_the_sibling(void)
{
    for (unsigned levels = 4; levels <= 5; levels++) {
        struct mmu_config config = bench_config();
        config.levels = levels;
        struct spaces s = two(config, 0, 1);
        struct flush flush = {.kind = FLUSH_ALL};
        touch_all(s.b, 0);
        touch_all(s.b, 1);
        mmu_invalidate(s.b->mmu, 0, &flush, &dropped);
        CU_ASSERT_EQUAL(dropped.n_entries, N_PAGES * 4);
        CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA) | reachable(s.b, 0, TLB_CODE), 0);
        CU_ASSERT_EQUAL(reachable(s.b, 1, TLB_DATA), 0xff);
        CU_ASSERT_EQUAL(reachable(s.b, 1, TLB_CODE), 0xff);
        CU_ASSERT_EQUAL(reads(s.b, 1, page(N_PAGES)), 1);
        bench_destroy(s.b);
    }
}

static void spaces_do_not_mix(void)
{
    struct spaces s = two(bench_config(), 0, 1);
    touch_all(s.b, 0);
    CU_ASSERT_EQUAL(reachable(s.b, 1, TLB_DATA), 0);
    touch_all(s.b, 1);
    CU_ASSERT_EQUAL(mmu_peek(s.b->mmu, 0, TLB_DATA, page(5))->frame, 1005);
    CU_ASSERT_EQUAL(mmu_peek(s.b->mmu, 1, TLB_DATA, page(5))->frame, 2005);
    bench_invlpg(s.b, 1, page(5), &dropped);
    CU_ASSERT_EQUAL(dropped.frame, 2005);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xff);
    bench_destroy(s.b);
}

static void siblings_in_one_space_share_entries(void)
{
    struct spaces s = two(bench_config(), 0, 0);
    touch_all(s.b, 0);
    CU_ASSERT_EQUAL(mmu_translate(s.b->mmu, 1, page(2), ACCESS_LOAD, 0, &out), MMU_HIT);
    bench_invlpg(s.b, 1, page(2), &dropped); /* R12 allows it. */
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xfb);
    bench_destroy(s.b);
}

static void a_thread_without_a_root_reaches_nothing(void)
{
    struct spaces s = two(bench_config(), 0, 0);
    touch_all(s.b, 0);
    mmu_set_root(s.b->mmu, 1, (pfn_t){NO_FRAME});
    CU_ASSERT_EQUAL(reachable(s.b, 1, TLB_DATA), 0);
    CU_ASSERT_PTR_NULL(mmu_peek(s.b->mmu, 1, TLB_DATA, (va_t){0x7ffffffff000}));
    bench_invlpg(s.b, 1, page(0), &dropped);
    CU_ASSERT_EQUAL(dropped.n_entries, 0);
    bench_destroy(s.b);
}

static void a_flush_is_cut_at_the_end_of_the_user_half(void)
{
    struct spaces s = two(bench_config(), 0, 1);
    va_t last = {0x7ffffffff000}, first = {0x1000};
    bench_map(s.b, s.root[0], last, 3000, LEAF_RW);
    bench_map(s.b, s.root[1], first, 3001, LEAF_RW);
    bench_translate(s.b, 0, last, ACCESS_LOAD, &out);
    bench_translate(s.b, 1, first, ACCESS_LOAD, &out);
    touch_all(s.b, 0);
    struct flush beyond = {
        .kind = FLUSH_PAGES, .n_pages = 9, .first = {UINT64_C(1) << 35}};
    struct flush across = {
        .kind = FLUSH_PAGES, .n_pages = UINT32_MAX, .first = va_page(last)};
    mmu_invalidate(s.b->mmu, 0, &beyond, &dropped);
    CU_ASSERT_EQUAL(dropped.n_entries, 0);
    mmu_invalidate(s.b->mmu, 0, &across, &dropped);
    CU_ASSERT_EQUAL(dropped.n_entries, 2);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xff);
    CU_ASSERT_PTR_NOT_NULL(mmu_peek(s.b->mmu, 1, TLB_DATA, first));
    bench_destroy(s.b);
}

/* R13 */

static void r13_a_fault_drops_the_page_and_its_path(void)
{
    struct spaces s = two(bench_config(), 0, 1);
    touch_all(s.b, 0);
    touch_all(s.b, 1);
    mmu_fault_drops(s.b->mmu, 0, page(3), &dropped);
    CU_ASSERT_EQUAL(dropped.frame, 1003);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_DATA), 0xf7);
    CU_ASSERT_EQUAL(reachable(s.b, 0, TLB_CODE), 0xf7);
    CU_ASSERT_EQUAL(reachable(s.b, 1, TLB_DATA), 0xff);
    CU_ASSERT_EQUAL(reads(s.b, 0, page(N_PAGES)), 4);
    CU_ASSERT_EQUAL(reads(s.b, 1, page(N_PAGES)), 1);
    bench_destroy(s.b);
}

/* Memory was upgraded, the entry is old (RO->RW without a shootdown). */
static enum mmu_answer store_after_upgrade(uint32_t rewalk, struct spaces *s)
{
    struct mmu_config config = bench_config();
    config.rewalk_on_permission_miss = rewalk;
    *s = two(config, 0, 0);
    bench_map(s->b, s->root[0], VA, 1000, LEAF_RO | PTE_A);
    bench_translate(s->b, 0, VA, ACCESS_LOAD, &out);
    bench_map(s->b, s->root[0], VA, 1000, LEAF_RW | PTE_A);
    return mmu_translate(s->b->mmu, 0, VA, ACCESS_STORE, s->b->now, &out);
}

static void r13_intel_faults_at_most_once_from_an_old_entry(void)
{
    struct spaces s;
    CU_ASSERT_EQUAL(store_after_upgrade(false, &s), MMU_FAULT);
    CU_ASSERT_EQUAL(out.error_code, PF_P | PF_W | PF_U);
    mmu_fault_drops(s.b->mmu, 0, VA, &dropped);
    CU_ASSERT_EQUAL(bench_translate(s.b, 0, VA, ACCESS_STORE, &out), MMU_HIT);
    bench_destroy(s.b);
}

static void r13_amd_asks_memory_before_it_faults(void)
{
    struct spaces s;
    CU_ASSERT_EQUAL(store_after_upgrade(true, &s), MMU_WALK);
    CU_ASSERT_PTR_NULL(mmu_peek(s.b->mmu, 0, TLB_DATA, VA)); /* Given up first. */
    CU_ASSERT_EQUAL(bench_finish(s.b, 0, &out), MMU_HIT);
    bench_map(s.b, s.root[0], VA, 1000, LEAF_RO | PTE_A);
    bench_invlpg(s.b, 0, VA, &dropped);
    bench_translate(s.b, 0, VA, ACCESS_LOAD, &out);
    CU_ASSERT_EQUAL(bench_translate(s.b, 0, VA, ACCESS_STORE, &out), MMU_FAULT);
    bench_destroy(s.b);
}

/* The PDE was upgraded; its old permissions are still cached. */
static void r13_amd_confirms_a_fault_that_came_from_a_cached_table(void)
{
    for (uint32_t rewalk = 0; rewalk < 2; rewalk++) {
        struct mmu_config config = bench_config();
        config.rewalk_on_permission_miss = rewalk;
        struct spaces s = two(config, 0, 0);
        bench_pte(s.b, s.root[0], VA, 1)->bits &= ~PTE_RW;
        bench_translate(s.b, 0, page(1), ACCESS_LOAD, &out);
        bench_pte(s.b, s.root[0], VA, 1)->bits |= PTE_RW;
        CU_ASSERT_EQUAL(bench_translate(s.b, 0, VA, ACCESS_STORE, &out),
                        rewalk ? MMU_HIT : MMU_FAULT);
        bench_destroy(s.b);
    }
}

/* R20 */

/* A walk of sibling 1 has read the leaf's table and waits for the leaf. Then
 * the kernel gives the page another table (the old one is full of traps). */
static struct spaces walk_before_a_new_table(unsigned of_1)
{
    struct spaces s = two(bench_config(), 0, of_1);
    pfn_t root = s.root[of_1];
    mmu_translate(s.b->mmu, 1, VA, ACCESS_LOAD, 0, &out);
    for (unsigned level = 4; level-- > 0;) {
        mmu_walk(s.b->mmu, 1, 0, &out);
        bench_give(s.b, bench_entry(s.b, root, VA, level), LINE_SHARED);
        if (level > 0)
            mmu_walk(s.b->mmu, 1, 0, &out);
    }
    pfn_t table = bench_table(s.b);
    *bench_pte(s.b, root, VA, 1) = pte_make(table, UPPER);
    bench_map(s.b, root, VA, 7, LEAF_RW);
    return s;
}

static void r20_without_an_invalidation_a_walk_may_use_what_it_read(void)
{
    struct spaces s = walk_before_a_new_table(0);
    CU_ASSERT_EQUAL(bench_finish(s.b, 1, &out), MMU_HIT);
    CU_ASSERT_EQUAL(pa_frame(out.pa).v, 1000);
    bench_destroy(s.b);
}

static void r20_an_invalidation_sends_every_walk_back_to_the_root(void)
{
    const struct flush flushes[] = {
        {.kind = FLUSH_PAGES, .n_pages = 1, .first = va_page(VA)},
        {.kind = FLUSH_PAGES, .n_pages = 1, .first = {1}}, /* Another page. */
        {.kind = FLUSH_ALL}};
    for (unsigned i = 0; i < 3; i++)
        for (unsigned sibling = 0; sibling < 2; sibling++) {
            struct spaces s = walk_before_a_new_table(0);
            mmu_invalidate(s.b->mmu, sibling, &flushes[i], &dropped);
            CU_ASSERT_EQUAL(bench_finish(s.b, 1, &out), MMU_HIT);
            CU_ASSERT_EQUAL(pa_frame(out.pa).v, 7);
            CU_ASSERT_EQUAL(mmu_peek(s.b->mmu, 1, TLB_DATA, VA)->frame, 7);
            bench_destroy(s.b);
        }
}

static void a_cr3_write_gives_the_walk_of_its_thread_up(void)
{
    struct spaces s = walk_before_a_new_table(0);
    mmu_set_root(s.b->mmu, 1, s.root[1]);
    CU_ASSERT_EQUAL(bench_translate(s.b, 1, VA, ACCESS_LOAD, &out), MMU_HIT);
    CU_ASSERT_EQUAL(pa_frame(out.pa).v, 2000);
    bench_destroy(s.b);
}

/* Reads the sources: the promise of one door is about code, not behaviour. */
static void only_invalidate_c_calls_tlb_invalidate(void)
{
    FILE *files = popen("cd '" SD_SOURCE_DIR "/src' && grep -l 'tlb_invalidate *('"
                        " -r . --include='*.c' | sort",
                        "r");
    char text[1000];
    size_t n = fread(text, 1, sizeof text - 1, files);
    text[n] = '\0';
    pclose(files);
    CU_ASSERT_STRING_EQUAL(text, "./mmu/invalidate.c\n./tlb/tlb.c\n");
}

static CU_TestInfo tests[] = {
    {"R8: INVLPG drops the page from all levels and both sides",
     r8_invlpg_drops_the_page_from_all_levels_and_both_sides},
    {"R8: a range drops its pages and not their neighbours",
     r8_a_range_drops_its_pages_and_not_their_neighbours},
    {"R8: Intel drops all paging-structure entries of the space",
     r8_intel_drops_all_paging_structure_entries_of_the_space},
    {"R8: AMD drops the paging-structure entries of the path",
     r8_amd_drops_the_paging_structure_entries_of_the_path},
    {"R10: a CR3 write drops everything of a lone space",
     r10_a_cr3_write_drops_everything_of_a_lone_space},
    {"R10: a CR3 write keeps the space of the sibling",
     r10_a_cr3_write_keeps_the_space_of_the_sibling},
    {"spaces do not mix", spaces_do_not_mix},
    {"R12: siblings in one space share entries", siblings_in_one_space_share_entries},
    {"a thread without a root reaches nothing",
     a_thread_without_a_root_reaches_nothing},
    {"a flush is cut at the end of the user half",
     a_flush_is_cut_at_the_end_of_the_user_half},
    {"R13: a fault drops the page and its path",
     r13_a_fault_drops_the_page_and_its_path},
    {"R13: Intel faults at most once from an old entry",
     r13_intel_faults_at_most_once_from_an_old_entry},
    {"R13: AMD asks memory before it faults", r13_amd_asks_memory_before_it_faults},
    {"R13: AMD confirms a fault that came from a cached table",
     r13_amd_confirms_a_fault_that_came_from_a_cached_table},
    {"R20: without an invalidation a walk may use what it read",
     r20_without_an_invalidation_a_walk_may_use_what_it_read},
    {"R20: an invalidation sends every walk back to the root",
     r20_an_invalidation_sends_every_walk_back_to_the_root},
    {"a CR3 write gives the walk of its thread up",
     a_cr3_write_gives_the_walk_of_its_thread_up},
    {"only invalidate.c calls tlb_invalidate", only_invalidate_c_calls_tlb_invalidate},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"mmu_invalidate", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
