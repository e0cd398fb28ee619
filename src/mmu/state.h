/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - what the files of src/mmu share; nobody else includes it.
 *
 * (C) fixed at creation; (A) architectural: hashed and cloned by the
 * explorer; (T) timing and statistics.
 */
#ifndef MMU_STATE_H
#define MMU_STATE_H

#include "mmu/mmu.h"
#include "mmu/pwc.h"
#include "mmu/walk.h"

#define MMU_SMT_MAX 64u

/* One hardware thread. */
struct sibling {
    uint64_t tag; /* Root frame << vpn_bits; of NO_ROOT if there is none. */
    struct walk walk;
};

struct mmu_timing {
    cycle_t started_at[MMU_SMT_MAX]; /* Of the walk in flight. */
    uint64_t walks, walk_cycles, walk_reads, pwc_hits;
};

struct mmu {
    struct mmu_config config;  /* (C) */
    struct tlb *tlb;           /* (A) */
    struct mem *mem;           /* (A) */
    struct sibling *sibling;   /* (A) [n_smt] */
    struct mmu_timing *timing; /* (T) */
    struct pwc pwc;            /* (A), (T) */
    unsigned core, n_smt;      /* (C) */
    unsigned vpn_bits;         /* (C) Bits of a page number, user half. */
};

/* Tells that no root is set.  mmu_set_root refuses this one and those above,
 * so no key is ever all ones, which the TLB could not tell from an empty way. */
static inline uint64_t mmu_no_root(const struct mmu *mmu)
{
    return (UINT64_MAX >> mmu->vpn_bits) - 1;
}

static inline bool mmu_has_root(const struct mmu *mmu, unsigned sibling)
{
    return mmu->sibling[sibling].tag >> mmu->vpn_bits != mmu_no_root(mmu);
}

/* True if 'va' lies in the user half: only such addresses have keys. */
static inline bool mmu_va_is_user(const struct mmu *mmu, va_t va)
{
    return va.v >> PAGE_SHIFT >> mmu->vpn_bits == 0;
}

/* The key of 'va' for 'sibling': what TLBs and paging-structure caches know
 * the page by. */
static inline uint64_t mmu_key(const struct mmu *mmu, unsigned sibling, va_t va)
{
    return mmu->sibling[sibling].tag | va_page(va).v;
}

static inline pfn_t mmu_root(const struct mmu *mmu, unsigned sibling)
{
    return (pfn_t){(uint32_t)(mmu->sibling[sibling].tag >> mmu->vpn_bits)};
}

#endif
