/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_mmu_walk.c - translation against a naive walker, at random.
 *
 * Two properties, each over many seeds and small, nasty machines (TLBs of one
 * or two entries, paging-structure caches of none to two):
 *
 *  1. Tables that nobody changes: every translation, run to its end while
 *     lines come and go, says what a recursive walker says.
 *  2. Tables that the kernel changes under running walks: a translation may be
 *     old, but never older than the last invalidation of its page (R15, R20).
 *     The test keeps, for each page, every leaf and every upper permission that
 *     memory held since then; an answer must be made of those.
 *
 * The addresses share tables at every level, and two siblings run in two
 * spaces or in one.
 */
#include "base/rng.h"
#include "mmu_bench.h"

#include <CUnit/Basic.h>
#include <stdio.h>

#define N_SEEDS  200u
#define N_STEPS  2000u
#define N_PAGES  8u
#define N_SPACES 2u
#define N_SMT    2u
#define HISTORY  64u

/* Pairs that part at the leaf, the PDE, the PDPTE and the PML4E. */
static const uint64_t addresses[N_PAGES] = {
    0x0000000001000, 0x0000000002000, 0x0000000201000, 0x0000040001000,
    0x0008000001000, 0x7fffffffe000,  0x7ffffffff000,  0x7fffbffff000};

/* The leaves and directory permissions since a page's last invalidation. */
struct past {
    unsigned n_leaves, n_uppers;
    uint64_t leaf[HISTORY], upper[HISTORY];
};

struct world {
    struct bench *b;
    uint64_t seed, n_draws;
    pfn_t root[N_SPACES];
    unsigned space_of[N_SMT];
    bool walking[N_SMT];
    unsigned page_of[N_SMT]; /* Of the walk. */
    enum access access_of[N_SMT];
    struct past past[N_SPACES][N_PAGES];
    unsigned hot_space, hot_page; /* Half of all draws: makes rare things common. */
    unsigned n_hits, n_faults, n_walks;
};

static uint64_t draw(struct world *w, uint64_t n)
{
    return rng_draw(w->seed, 1, w->n_draws++) % n;
}

static unsigned draw_space(struct world *w)
{
    return draw(w, 2) ? w->hot_space : (unsigned)draw(w, N_SPACES);
}

static unsigned draw_page(struct world *w)
{
    if (draw(w, 100) == 0) {
        w->hot_space = (unsigned)draw(w, N_SPACES);
        w->hot_page = (unsigned)draw(w, N_PAGES);
    }
    return draw(w, 3) ? w->hot_page : (unsigned)draw(w, N_PAGES);
}

static va_t va_of(unsigned page)
{
    return (va_t){addresses[page]};
}

static pte_t *leaf_of(struct world *w, unsigned space, unsigned page)
{
    return bench_pte(w->b, w->root[space], va_of(page), 0);
}

static pte_t *pde_of(struct world *w, unsigned space, unsigned page)
{
    return bench_pte(w->b, w->root[space], va_of(page), 1);
}

/* The naive walker. */

struct verdict {
    bool present, write, user, exec;
    uint32_t frame;
};

static struct verdict naive(struct world *w, pfn_t table, va_t va, unsigned level)
{
    pte_t pte = {mem_frame(w->b->mem, table)[pt_index(va, level)]};
    struct verdict v = {.present = true,
                        .write = true,
                        .user = true,
                        .exec = true,
                        .frame = pte_frame(pte).v};
    if (!pte_has(pte, PTE_P))
        return (struct verdict){.present = false};
    if (level > 0)
        v = naive(w, pte_frame(pte), va, level - 1);
    v.write = v.write && pte_has(pte, PTE_RW);
    v.user = v.user && pte_has(pte, PTE_US);
    v.exec = v.exec && !pte_has(pte, PTE_XD);
    return v;
}

static struct verdict verdict_of(struct world *w, unsigned space, unsigned page)
{
    return naive(w, w->root[space], va_of(page), w->b->config.levels - 1);
}

/* Random tables. */

/* One draw each: the order of draws within an expression is the compiler's. */
static uint64_t random_flags(struct world *w)
{
    uint64_t bits = draw(w, 4096);
    return (bits & 3 ? PTE_P : 0) | (bits & 4 ? PTE_RW : 0) | (bits & 56 ? PTE_US : 0) |
           (bits & 192 ? 0 : PTE_XD) | (bits & 256 ? PTE_A : 0) |
           (bits & 1536 ? 0 : PTE_A | PTE_D);
}

static pte_t random_leaf(struct world *w)
{
    pfn_t frame = {1000 + (uint32_t)draw(w, 1000)};
    return pte_make(frame, random_flags(w));
}

static struct mmu_config random_config(struct world *w)
{
    struct mmu_config config = bench_config();
    config.levels = 4 + (uint32_t)draw(w, 2);
    config.rewalk_on_permission_miss = (uint32_t)draw(w, 2);
    config.invlpg_scope = draw(w, 2) ? INVLPG_ALL_PWC : INVLPG_PATH_PWC;
    config.pde_cache = (uint32_t)draw(w, 3);
    config.pdpte_cache = (uint32_t)draw(w, 3);
    config.pml4e_cache = (uint32_t)draw(w, 3);
    return config;
}

static void forget_past(struct world *w, unsigned space, unsigned page)
{
    w->past[space][page] = (struct past){.n_leaves = 1,
                                         .n_uppers = 1,
                                         .leaf = {leaf_of(w, space, page)->bits},
                                         .upper = {pde_of(w, space, page)->bits}};
}

static struct world *world_create(uint64_t seed)
{
    struct world *w = calloc(1, sizeof *w);
    assert(w);
    w->seed = seed;
    struct mmu_config config = random_config(w);
    w->b = bench_create(config, 1 + (uint32_t)draw(w, 2), N_SMT);
    for (unsigned s = 0; s < N_SPACES; s++) {
        w->root[s] = bench_table(w->b);
        for (unsigned p = 0; p < N_PAGES; p++)
            *leaf_of(w, s, p) = random_leaf(w);
    }
    for (unsigned s = 0; s < N_SPACES; s++)
        for (unsigned p = 0; p < N_PAGES; p++)
            forget_past(w, s, p);
    for (unsigned i = 0; i < N_SMT; i++) {
        w->space_of[i] = (unsigned)draw(w, N_SPACES);
        mmu_set_root(w->b->mmu, i, w->root[w->space_of[i]]);
    }
    return w;
}

static void world_destroy(struct world *w)
{
    bench_destroy(w->b);
    free(w);
}

/* Memory traffic. */

static void move_a_line(struct world *w)
{
    unsigned space = draw_space(w), page = draw_page(w);
    unsigned level = (unsigned)draw(w, w->b->config.levels);
    pa_t pa = bench_entry(w->b, w->root[space], va_of(page), level);
    if (draw(w, 2))
        bench_take(w->b, pa);
    else
        bench_give(w->b, pa, draw(w, 2) ? LINE_SHARED : LINE_EXCLUSIVE);
}

/* Property 1 */

static void check_exact(struct world *w, unsigned page, enum access access,
                        enum mmu_answer answer, const struct mmu_result *out)
{
    struct verdict v = verdict_of(w, w->space_of[0], page);
    bool allowed = v.present && perm_allows(v.write, v.user, v.exec, access);
    CU_ASSERT_EQUAL(answer, allowed ? MMU_HIT : MMU_FAULT);
    if (answer != MMU_HIT) {
        CU_ASSERT_EQUAL(out->error_code, perm_error_code(v.present, access));
        return;
    }
    CU_ASSERT_EQUAL(out->pa.v, frame_va_pa((pfn_t){v.frame}, va_of(page)).v);
    CU_ASSERT(pte_has(*leaf_of(w, w->space_of[0], page),
                      PTE_A | (access == ACCESS_STORE ? PTE_D : 0)));
}

static void one_exact_translation(struct world *w)
{
    unsigned page = draw_page(w);
    enum access access = (enum access)draw(w, 3);
    struct mmu_result out;
    enum mmu_answer answer =
        mmu_translate(w->b->mmu, 0, va_of(page), access, w->b->now, &out);
    while (answer == MMU_WALK || answer == MMU_NEED_LINE) {
        if (answer == MMU_NEED_LINE)
            bench_give(w->b, out.pa, out.want);
        if (draw(w, 3) == 0)
            move_a_line(w);
        answer = mmu_walk(w->b->mmu, 0, w->b->now, &out);
    }
    check_exact(w, page, access, answer, &out);
    w->n_hits += answer == MMU_HIT;
    w->n_faults += answer == MMU_FAULT;
}

static void fixed_tables_translate_as_the_naive_walker_says(void)
{
    unsigned n_hits = 0, n_faults = 0;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        struct world *w = world_create(seed);
        for (unsigned i = 0; i < N_STEPS / 10; i++)
            one_exact_translation(w);
        n_hits += w->n_hits;
        n_faults += w->n_faults;
        world_destroy(w);
    }
    CU_ASSERT(n_hits > 1000 && n_faults > 1000);
}

/* Property 2 */

/* Could a leaf and a directory entry of the past give this answer? */
static bool past_allows(const struct past *past, const struct verdict *v)
{
    bool leaf_fits = false, write = false;
    for (unsigned i = 0; i < past->n_leaves; i++) {
        pte_t pte = {past->leaf[i]};
        if (!pte_has(pte, PTE_P) || pte_frame(pte).v != v->frame)
            continue;
        leaf_fits |= pte_has(pte, PTE_US) || !v->user;
        write |= pte_has(pte, PTE_RW);
    }
    bool upper_write = false;
    for (unsigned i = 0; i < past->n_uppers; i++)
        upper_write |= pte_has((pte_t){past->upper[i]}, PTE_RW);
    return leaf_fits && (!v->write || (write && upper_write));
}

static void check_hit(struct world *w, unsigned sibling, unsigned page,
                      enum access access, const struct mmu_result *out)
{
    struct verdict v = {.present = true,
                        .user = true,
                        .write = access == ACCESS_STORE,
                        .frame = pa_frame(out->pa).v};
    CU_ASSERT(past_allows(&w->past[w->space_of[sibling]][page], &v));
    w->n_hits++;
}

/* The walker adds A and D and changes nothing else: no leaf that the kernel
 * replaced comes back (R17). */
static void check_leaf_in_memory(struct world *w, unsigned sibling, unsigned page)
{
    unsigned space = w->space_of[sibling];
    const struct past *past = &w->past[space][page];
    uint64_t added = leaf_of(w, space, page)->bits ^ past->leaf[past->n_leaves - 1];
    CU_ASSERT_EQUAL(added & ~(PTE_A | PTE_D), 0);
}

/* A fault without P says what memory says at this very moment (R2). */
static void check_fault(struct world *w, unsigned sibling, unsigned page,
                        const struct mmu_result *out)
{
    w->n_faults++;
    if (!(out->error_code & PF_P)) {
        CU_ASSERT_FALSE(verdict_of(w, w->space_of[sibling], page).present);
    }
    if (draw(w, 2)) {
        struct mmu_dropped dropped;
        mmu_fault_drops(w->b->mmu, sibling, va_of(page), &dropped);
        CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_DATA, va_of(page)));
        CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_CODE, va_of(page)));
    }
}

static void act_on(struct world *w, unsigned sibling, enum mmu_answer answer,
                   const struct mmu_result *out)
{
    unsigned page = w->page_of[sibling];
    w->walking[sibling] = answer == MMU_WALK || answer == MMU_NEED_LINE;
    check_leaf_in_memory(w, sibling, page);
    if (answer == MMU_NEED_LINE && draw(w, 4))
        bench_give(w->b, out->pa, out->want);
    if (answer == MMU_HIT)
        check_hit(w, sibling, page, w->access_of[sibling], out);
    if (answer == MMU_FAULT)
        check_fault(w, sibling, page, out);
}

static void step_thread(struct world *w, unsigned sibling)
{
    struct mmu_result out;
    if (w->walking[sibling]) {
        w->n_walks++;
        act_on(w, sibling, mmu_walk(w->b->mmu, sibling, w->b->now, &out), &out);
        return;
    }
    w->page_of[sibling] = draw_page(w);
    w->access_of[sibling] = (enum access)draw(w, 3);
    act_on(w, sibling,
           mmu_translate(w->b->mmu, sibling, va_of(w->page_of[sibling]),
                         w->access_of[sibling], w->b->now, &out),
           &out);
}

static bool shares_pde(unsigned a, unsigned b)
{
    return addresses[a] >> 21 == addresses[b] >> 21;
}

/* A page whose past is full stays as it is until it is invalidated. */
static void change_leaf(struct world *w, unsigned space, unsigned page)
{
    struct past *past = &w->past[space][page];
    if (past->n_leaves == HISTORY)
        return;
    pte_t pte = random_leaf(w);
    *leaf_of(w, space, page) = pte;
    past->leaf[past->n_leaves++] = pte.bits;
}

static void change_pde(struct world *w, unsigned space, unsigned page)
{
    pte_t *pde = pde_of(w, space, page);
    for (unsigned p = 0; p < N_PAGES; p++)
        if (shares_pde(p, page) && w->past[space][p].n_uppers == HISTORY)
            return;
    pde->bits ^= PTE_RW;
    for (unsigned p = 0; p < N_PAGES; p++)
        if (shares_pde(p, page))
            w->past[space][p].upper[w->past[space][p].n_uppers++] = pde->bits;
}

static void invalidate(struct world *w, unsigned sibling, unsigned page)
{
    unsigned space = w->space_of[sibling];
    struct mmu_dropped dropped;
    bench_invlpg(w->b, sibling, va_of(page), &dropped);
    CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_DATA, va_of(page)));
    CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_CODE, va_of(page)));
    forget_past(w, space, page);
}

/* MOV CR3: another space, then the flush that comes with it. */
static void switch_space(struct world *w, unsigned sibling)
{
    struct flush flush = {.kind = FLUSH_ALL};
    struct mmu_dropped dropped;
    unsigned space = draw_space(w);
    w->space_of[sibling] = space;
    w->walking[sibling] = false;
    mmu_set_root(w->b->mmu, sibling, w->root[space]);
    mmu_invalidate(w->b->mmu, sibling, &flush, &dropped);
    for (unsigned p = 0; p < N_PAGES; p++) {
        CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_DATA, va_of(p)));
        CU_ASSERT_PTR_NULL(mmu_peek(w->b->mmu, sibling, TLB_CODE, va_of(p)));
        forget_past(w, space, p);
    }
}

static void random_step(struct world *w)
{
    unsigned sibling = (unsigned)draw(w, N_SMT), page = draw_page(w);
    uint64_t what = draw(w, 100);
    if (what < 55)
        step_thread(w, sibling);
    else if (what < 65)
        move_a_line(w);
    else if (what < 72)
        change_leaf(w, draw_space(w), page);
    else if (what < 80)
        change_pde(w, draw_space(w), page);
    else if (what < 97)
        invalidate(w, sibling, page);
    else if (what < 98) {
        mmu_walk_cancel(w->b->mmu, sibling);
        w->walking[sibling] = false;
    } else
        switch_space(w, sibling);
}

static void no_translation_is_older_than_the_last_invalidation_of_its_page(void)
{
    unsigned n_hits = 0, n_faults = 0, n_walks = 0;
    for (uint64_t seed = 1; seed <= N_SEEDS; seed++) {
        unsigned failures = CU_get_number_of_failures();
        struct world *w = world_create(seed);
        for (unsigned i = 0; i < N_STEPS; i++) {
            random_step(w);
            mmu_assert(w->b->mmu);
        }
        n_hits += w->n_hits;
        n_faults += w->n_faults;
        n_walks += w->n_walks;
        world_destroy(w);
        if (CU_get_number_of_failures() != failures) {
            printf("\n    seed %llu\n", (unsigned long long)seed);
            break;
        }
    }
    CU_ASSERT(n_hits > 1000 && n_faults > 1000 && n_walks > 10000);
}

static CU_TestInfo tests[] = {
    {"fixed tables translate as the naive walker says",
     fixed_tables_translate_as_the_naive_walker_says},
    {"R15, R20: no translation is older than the last invalidation of its page",
     no_translation_is_older_than_the_last_invalidation_of_its_page},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"mmu_walk", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
