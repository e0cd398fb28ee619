/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmu_bench.h - one MMU with real memory, TLBs and tables around it.
 *
 * Two cores: core 0 has the MMU under test, core 1 takes lines away.  Messages
 * of the memory system are handed over at once, in order of arrival, so a test
 * says "give" and "take" and nothing else about coherence.
 */
#ifndef SUPPORT_MMU_BENCH_H
#define SUPPORT_MMU_BENCH_H

#include "mmu/mmu.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BENCH_FRAMES    4096u
#define BENCH_DIRECTORY 2u /* Unit: after the two cores. */
#define BENCH_MSGS      256u

#define L1_HIT_CYCLES 4u

/* Table entries that allow everything; the walker has yet to set A and D. */
#define UPPER   (PTE_P | PTE_RW | PTE_US | PTE_A)
#define LEAF_RW (PTE_P | PTE_RW | PTE_US)
#define LEAF_RO (PTE_P | PTE_US)

struct bench {
    struct arena *arena;
    void *choice_memory;
    struct mem *mem;
    struct mmu *mmu;
    struct mmu_config config;
    struct inbox inbox;
    struct msg messages[BENCH_MSGS];
    uint32_t n_tables; /* Frames taken for tables, from frame 1 on. */
    cycle_t now;
};

static const uint8_t bench_clusters[2], bench_dies[2];
static const uint8_t bench_distances[4] = {0, 2, 2, 0};
static const struct mem_topology bench_topology = {.n_cores = 2,
                                                   .n_clusters = 1,
                                                   .directory_unit = BENCH_DIRECTORY,
                                                   .core_cluster = bench_clusters,
                                                   .core_die = bench_dies,
                                                   .core_distance = bench_distances};

static inline struct mmu_config bench_config(void)
{
    return (struct mmu_config){.levels = 4,
                               .invlpg_scope = INVLPG_ALL_PWC,
                               .pde_cache = 4,
                               .pdpte_cache = 2,
                               .pml4e_cache = 2,
                               .walk_start = 7,
                               .set_accessed = 50,
                               .set_dirty = 500,
                               .invlpg = 216,
                               .cr3_write = 124};
}

static inline struct tlb_hierarchy_config bench_tlb(uint32_t ways)
{
    struct tlb_config l1 = {.sets = 1, .ways = ways};
    struct tlb_config l2 = {.sets = 2, .ways = ways, .hit = 9};
    return (struct tlb_hierarchy_config){
        .l1d = l1, .l1i = l1, .l2d = l2, .l2i = l2, .l2 = TLB_L2_SPLIT};
}

static inline struct mem_config bench_memory(void)
{
    struct dist c2c = {.base = 50};
    return (struct mem_config){.frames = BENCH_FRAMES,
                               .caches = CACHE_IDEAL,
                               .l1_sets = 1,
                               .l1_ways = 1,
                               .l2_sets = 1,
                               .l2_ways = 1,
                               .l3_sets = 1,
                               .l3_ways = 1,
                               .l1_hit = L1_HIT_CYCLES,
                               .l2_hit = 12,
                               .l3_hit = 100,
                               .dram_local = 300,
                               .dram_remote = 400,
                               .c2c_cluster = c2c,
                               .c2c_die = c2c,
                               .c2c_die_remote_home = c2c,
                               .c2c_socket = c2c,
                               .c2c_machine = c2c,
                               .copy_lines = 1};
}

static inline void bench_post(void *context, const struct msg *msg)
{
    struct bench *b = context;
    inbox_push(&b->inbox, msg);
}

static inline struct bench *bench_create(struct mmu_config config, uint32_t tlb_ways,
                                         unsigned n_smt)
{
    struct bench *b = calloc(1, sizeof *b);
    assert(b);
    struct tlb_hierarchy_config tlb = bench_tlb(tlb_ways);
    struct mem_config memory = bench_memory();
    b->config = config;
    b->arena = arena_create(NULL);
    b->choice_memory = calloc(1, choice_bytes(BENCH_DIRECTORY + 1));
    struct choice *choice = choice_init(b->choice_memory, BENCH_DIRECTORY + 1);
    inbox_init(&b->inbox, b->messages, BENCH_MSGS);
    b->mem = mem_create(b->arena, &memory, &bench_topology, choice,
                        (struct post){.context = b, .send = bench_post});
    b->mmu = mmu_create(b->arena, &b->config, &tlb, b->mem, choice, 0, n_smt);
    return b;
}

static inline void bench_destroy(struct bench *b)
{
    mmu_assert(b->mmu);
    arena_destroy(b->arena);
    free(b->choice_memory);
    free(b);
}

/* Hands every message over. */
static inline void bench_settle(struct bench *b)
{
    while (b->inbox.n) {
        struct msg msg = inbox_pop(&b->inbox);
        if (msg.arrival > b->now)
            b->now = msg.arrival;
        if (msg.to == BENCH_DIRECTORY)
            mem_directory(b->mem, &msg);
        else
            mem_deliver(b->mem, msg.to, &msg);
    }
}

/* Core 0 gets the line, or loses it to core 1. */
static inline void bench_give(struct bench *b, pa_t pa, enum line_want want)
{
    mem_request(b->mem, 0, 0, pa, 1, want, 0, b->now);
    bench_settle(b);
}

static inline void bench_take(struct bench *b, pa_t pa)
{
    mem_request(b->mem, 1, 1, pa, 1, LINE_EXCLUSIVE, 0, b->now);
    bench_settle(b);
}

static inline pfn_t bench_table(struct bench *b)
{
    return (pfn_t){++b->n_tables};
}

/* The place of the entry for 'va' at 'level'; makes tables on the way, whose
 * entries allow everything. */
static inline pa_t bench_entry(struct bench *b, pfn_t root, va_t va, unsigned level)
{
    pfn_t table = root;
    for (unsigned l = b->config.levels - 1; l > level; l--) {
        uint64_t *word = &mem_frame(b->mem, table)[pt_index(va, l)];
        if (!(*word & PTE_P))
            *word = pte_make(bench_table(b), UPPER).bits;
        table = pte_frame((pte_t){*word});
    }
    return (pa_t){frame_pa(table).v + pt_index(va, level) * sizeof(pte_t)};
}

static inline pte_t *bench_pte(struct bench *b, pfn_t root, va_t va, unsigned level)
{
    pa_t pa = bench_entry(b, root, va, level);
    return (pte_t *)mem_word_of(mem_frame(b->mem, pa_frame(pa)), pa);
}

static inline void bench_map(struct bench *b, pfn_t root, va_t va, uint32_t frame,
                             uint64_t flags)
{
    *bench_pte(b, root, va, 0) = pte_make((pfn_t){frame}, flags);
}

/* Walks to the end, giving every line that is asked for. */
static inline enum mmu_answer bench_finish(struct bench *b, unsigned sibling,
                                           struct mmu_result *out)
{
    enum mmu_answer answer;
    while ((answer = mmu_walk(b->mmu, sibling, b->now, out)) == MMU_WALK ||
           answer == MMU_NEED_LINE)
        if (answer == MMU_NEED_LINE)
            bench_give(b, out->pa, out->want);
    return answer;
}

/* Translates to the end. */
static inline enum mmu_answer bench_translate(struct bench *b, unsigned sibling,
                                              va_t va, enum access access,
                                              struct mmu_result *out)
{
    enum mmu_answer answer = mmu_translate(b->mmu, sibling, va, access, b->now, out);
    return answer == MMU_WALK ? bench_finish(b, sibling, out) : answer;
}

static inline cycle_t bench_invlpg(struct bench *b, unsigned sibling, va_t va,
                                   struct mmu_dropped *dropped)
{
    struct flush flush = {.kind = FLUSH_PAGES, .n_pages = 1, .first = va_page(va)};
    return mmu_invalidate(b->mmu, sibling, &flush, dropped);
}

#endif
