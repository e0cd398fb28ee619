/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmu.c - translation: look up, check, or start a walk.
 *
 * This file asks the TLBs and decides; walk.c reads tables, invalidate.c
 * removes, perm.c says what is allowed.  mmu_translate() on a TLB hit is the
 * hottest path of the simulator: it does the look-up, one test per kind of
 * trouble, and nothing else.
 */
#include "mmu/mmu.h"

#include "mmu/invalidate.h"
#include "mmu/state.h"

#include <assert.h>

/* The bits of a page number in the user half: the highest bit of all tells the
 * kernel's half. */
static unsigned user_vpn_bits(uint32_t levels)
{
    return PT_INDEX_BITS * levels - 1;
}

enum status mmu_check(const struct mmu_config *config, uint32_t n_frames,
                      struct err *err)
{
    uint64_t most = (UINT64_MAX >> user_vpn_bits(config->levels)) - 1;
    if (config->pcid)
        return err_set(err, STATUS_NOT_MODELLED,
                       "mmu.pcid: tagged TLB entries are not modelled yet; set it to "
                       "false");
    if (n_frames > most)
        return err_set(
            err, STATUS_CONFIG,
            "mem.frames: with mmu.levels %u at most %llu frames can be told "
            "apart in a TLB, the memory has %u; use fewer frames or 4 levels",
            config->levels, (unsigned long long)most, n_frames);
    return STATUS_OK;
}

struct mmu *mmu_create(struct arena *arena, const struct mmu_config *config,
                       const struct tlb_hierarchy_config *tlb_config, struct mem *mem,
                       struct choice *choice, unsigned core, unsigned n_smt)
{
    assert(config->levels == 4 || config->levels == 5);
    assert(!config->pcid); /* mmu_check() refuses it. */
    assert(n_smt >= 1 && n_smt <= MMU_SMT_MAX);
    struct mmu *mmu = arena_take(arena, ARENA_FIXED, 1, sizeof *mmu);
    mmu->config = *config;
    mmu->tlb = tlb_create(arena, tlb_config, choice, core);
    mmu->mem = mem;
    mmu->sibling = arena_take(arena, ARENA_ARCH, n_smt, sizeof *mmu->sibling);
    mmu->timing = arena_take(arena, ARENA_TIMING, 1, sizeof *mmu->timing);
    pwc_init(&mmu->pwc, arena, config);
    mmu->core = core;
    mmu->n_smt = n_smt;
    mmu->vpn_bits = user_vpn_bits(config->levels);
    for (unsigned i = 0; i < n_smt; i++)
        mmu->sibling[i].tag = mmu_no_root(mmu) << mmu->vpn_bits;
    return mmu;
}

void mmu_set_root(struct mmu *mmu, unsigned sibling, pfn_t root)
{
    assert(sibling < mmu->n_smt);
    mmu_walk_cancel(mmu, sibling);
    uint64_t space = root.v == NO_FRAME ? mmu_no_root(mmu) : root.v;
    assert(root.v == NO_FRAME || space < mmu_no_root(mmu)); /* Fits a tag. */
    mmu->sibling[sibling].tag = space << mmu->vpn_bits;
}

static enum mmu_answer start_walk(struct mmu *mmu, unsigned sibling, va_t va,
                                  enum access access, cycle_t now,
                                  struct mmu_result *out)
{
    assert(mmu_has_root(mmu, sibling));
    out->cost += walk_start(mmu, sibling, va, access, now);
    return MMU_WALK;
}

/* A hit that does not allow the access.  Intel faults from the entry (at most
 * one spurious fault, because the fault drops it: R13); AMD asks memory. */
static enum mmu_answer permission_miss(struct mmu *mmu, unsigned sibling, va_t va,
                                       enum access access, cycle_t now,
                                       struct mmu_result *out)
{
    if (!mmu->config.rewalk_on_permission_miss) {
        out->error_code = perm_error_code(true, access);
        return MMU_FAULT;
    }
    struct mmu_dropped dropped;
    invalidate_path(mmu, sibling, va, &dropped);
    return start_walk(mmu, sibling, va, access, now, out);
}

/* Nothing is mapped outside the user half; the tables need not be asked. */
static enum mmu_answer outside_user_half(enum access access, struct mmu_result *out)
{
    *out = (struct mmu_result){.error_code = perm_error_code(false, access)};
    return MMU_FAULT;
}

/* Everything but a plain hit. Out of line, to keep the hit short. */
static __attribute__((noinline)) enum mmu_answer
not_a_plain_hit(struct mmu *mmu, unsigned sibling, va_t va, enum access access,
                const struct tlb_entry *entry, cycle_t now, struct mmu_result *out)
{
    if (entry && !perm_allows(entry->write, entry->user, entry->exec, access))
        return permission_miss(mmu, sibling, va, access, now, out);
    return start_walk(mmu, sibling, va, access, now, out);
}

/* A store also needs D in memory, which the entry remembers (R17). */
static inline bool is_plain_hit(const struct tlb_entry *entry, enum access access)
{
    return entry && perm_allows(entry->write, entry->user, entry->exec, access) &&
           (access != ACCESS_STORE || entry->dirty);
}

enum mmu_answer mmu_translate(struct mmu *mmu, unsigned sibling, va_t va,
                              enum access access, cycle_t now, struct mmu_result *out)
{
    if (__builtin_expect(!mmu_va_is_user(mmu, va), 0))
        return outside_user_half(access, out);
    enum tlb_side side = access == ACCESS_FETCH ? TLB_CODE : TLB_DATA;
    vpn_t key = {mmu_key(mmu, sibling, va)};
    out->filled = false;
    out->wrote_leaf = false;
    out->cost = 0;
    const struct tlb_entry *entry =
        tlb_lookup(mmu->tlb, side, key, &out->cost, &out->filled_at);
    if (__builtin_expect(!is_plain_hit(entry, access), 0))
        return not_a_plain_hit(mmu, sibling, va, access, entry, now, out);
    out->pa = frame_va_pa((pfn_t){entry->frame}, va);
    return MMU_HIT;
}

const struct tlb_entry *mmu_peek(const struct mmu *mmu, unsigned sibling,
                                 enum tlb_side side, va_t va)
{
    assert(sibling < mmu->n_smt);
    if (!mmu_va_is_user(mmu, va))
        return NULL;
    return tlb_peek(mmu->tlb, side, (vpn_t){mmu_key(mmu, sibling, va)});
}

struct mmu_stats mmu_stats_of(const struct mmu *mmu)
{
    return (struct mmu_stats){
        .tlb = tlb_stats_of(mmu->tlb),
        .walks = mmu->timing->walks,
        .walk_cycles = mmu->timing->walk_cycles,
        .walk_reads = mmu->timing->walk_reads,
        .pwc_hits = mmu->timing->pwc_hits,
    };
}

bool mmu_canonical(struct mmu *mmu)
{
    return tlb_canonical(mmu->tlb);
}

void mmu_assert(const struct mmu *mmu)
{
    for (unsigned i = 0; i < mmu->n_smt; i++)
        walk_assert(mmu, i);
    pwc_assert(&mmu->pwc);
    tlb_assert(mmu->tlb);
}
