/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * invalidate.c - the one door that removes a translation.
 *
 * A described flush reaches all the places where a translation can live: both
 * sides and levels of the TLBs, the paging-structure caches, and the walks in
 * flight.  Whoever forgets one of them builds a bug that looks like the one
 * this simulator is for, so nobody else may call tlb_invalidate(); a test
 * reads the sources for it.
 *
 *   road                TLB                       paging structures      walks
 *   FLUSH_PAGES         the pages, own space      all of the own space   restart
 *                                                 (R8), or their paths
 *   FLUSH_ALL           all but other siblings'   the same (R10)         restart
 *                       spaces
 *   page fault (R13)    the page, own space       its path               -
 *
 * A fault restarts nobody: it says that an entry was stale, not that the
 * tables have changed since a walk began.
 *
 * Race that makes walks restart (R20), as seen on one core:
 *
 *   walk reads the PDE and goes down to the page table
 *                                   kernel clears the leaf, frees the table
 *   INVLPG
 *   walk reads its old table        <- would fill from a freed frame
 */
#include "mmu/invalidate.h"

#include "mmu/state.h"

#include <assert.h>

/* The spaces of siblings other than 'sibling' that are not also its own.
 * Returns how many there are; no entry of 'spaces' is doubled. */
static unsigned foreign_spaces(const struct mmu *mmu, unsigned sibling,
                               uint64_t spaces[MMU_SMT_MAX])
{
    uint64_t own = mmu->sibling[sibling].tag;
    unsigned n = 0;
    for (unsigned i = 0; i < mmu->n_smt; i++) {
        uint64_t tag = mmu->sibling[i].tag;
        if (tag != own && mmu_has_root(mmu, i))
            spaces[n++] = tag >> mmu->vpn_bits;
    }
    return n;
}

/* Drops the own space's entries and keeps those of others: a flush of pages
 * names at most 2^32 - 1 of them, so it takes a few. */
static unsigned drop_own_space(struct mmu *mmu, unsigned sibling)
{
    struct flush flush = {.kind = FLUSH_PAGES, .n_pages = 1u << 31};
    unsigned n = 0;
    for (uint64_t vpn = 0; vpn >> mmu->vpn_bits == 0; vpn += flush.n_pages) {
        flush.first.v = mmu->sibling[sibling].tag | vpn;
        n += tlb_invalidate(mmu->tlb, &flush, NULL);
    }
    return n;
}

static void flush_all(struct mmu *mmu, unsigned sibling, struct mmu_dropped *dropped)
{
    uint64_t kept[MMU_SMT_MAX];
    unsigned n_kept = foreign_spaces(mmu, sibling, kept);
    static const struct flush everything = {.kind = FLUSH_ALL};
    if (n_kept == 0)
        dropped->n_entries = tlb_invalidate(mmu->tlb, &everything, NULL);
    else
        dropped->n_entries = drop_own_space(mmu, sibling);
    pwc_drop_others(&mmu->pwc, mmu->vpn_bits, kept, n_kept);
}

/* 'flush' in terms of keys, cut at the end of the user half.  False if nothing
 * is left of it. */
static bool to_keys(const struct mmu *mmu, unsigned sibling, const struct flush *flush,
                    struct flush *keys)
{
    uint64_t end = UINT64_C(1) << mmu->vpn_bits;
    uint64_t tag = mmu->sibling[sibling].tag;
    if (!mmu_has_root(mmu, sibling) || flush->first.v >= end || flush->n_pages == 0)
        return false;
    *keys = *flush;
    keys->first.v |= tag;
    if (end - flush->first.v < flush->n_pages)
        keys->n_pages = (uint32_t)(end - flush->first.v);
    return true;
}

static void flush_pages(struct mmu *mmu, unsigned sibling, const struct flush *flush,
                        struct mmu_dropped *dropped)
{
    struct flush keys;
    if (!to_keys(mmu, sibling, flush, &keys))
        return;
    dropped->n_entries =
        tlb_invalidate(mmu->tlb, &keys, keys.n_pages == 1 ? &dropped->frame : NULL);
    if (mmu->config.invlpg_scope == INVLPG_ALL_PWC)
        pwc_drop_space(&mmu->pwc, mmu->vpn_bits, keys.first.v >> mmu->vpn_bits);
    else
        pwc_drop_paths(&mmu->pwc, keys.first.v, keys.n_pages);
}

cycle_t mmu_invalidate(struct mmu *mmu, unsigned sibling, const struct flush *flush,
                       struct mmu_dropped *dropped)
{
    assert(sibling < mmu->n_smt);
    *dropped = (struct mmu_dropped){.frame = NO_FRAME};
    for (unsigned i = 0; i < mmu->n_smt; i++)
        walk_restart(mmu, i); /* R20, WALK5 */
    switch (flush->kind) {
    case FLUSH_PAGES:
        flush_pages(mmu, sibling, flush, dropped);
        return flush->n_pages * mmu->config.invlpg;
    case FLUSH_ALL:
        flush_all(mmu, sibling, dropped);
        return mmu->config.cr3_write;
    }
    assert(false); /* A flush is of pages or of everything. */
    return 0;
}

void invalidate_path(struct mmu *mmu, unsigned sibling, va_t va,
                     struct mmu_dropped *dropped)
{
    struct flush page = {.kind = FLUSH_PAGES, .n_pages = 1, .first = va_page(va)};
    struct flush keys;
    *dropped = (struct mmu_dropped){.frame = NO_FRAME};
    if (!to_keys(mmu, sibling, &page, &keys))
        return;
    dropped->n_entries = tlb_invalidate(mmu->tlb, &keys, &dropped->frame);
    pwc_drop_paths(&mmu->pwc, keys.first.v, 1);
}

void mmu_fault_drops(struct mmu *mmu, unsigned sibling, va_t va,
                     struct mmu_dropped *dropped)
{
    assert(sibling < mmu->n_smt);
    invalidate_path(mmu, sibling, va, dropped);
}
