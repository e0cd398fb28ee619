/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmu.h - translation for the hardware threads of one core.
 *
 * mmu_translate() asks the TLBs.  On a miss the caller starts a walk and
 * steps it with mmu_walk(): each step reads one page-table entry through the
 * memory hierarchy as a real access, so a step may have to wait for a line.
 * The walk is a state machine in plain bytes:
 *
 * IDLE --start--> READ             mmu_walk_start
 * READ --table--> READ             next level, entry cached in the PWC
 * READ --leaf---> IDLE             permission check, A/D, TLB fill
 * READ --bad----> IDLE             page fault (a value, not an error)
 * READ --inval--> READ from root   mmu_invalidate: what was read may be stale
 *
 * Rules (reference names R1-R22): R2 an entry is cached only with A set, the
 * walker sets A (and D for a store) by a locked update of the entry, so it
 * needs that line exclusively; R5 look-up order TLB, PDE, PDPTE, PML4E cache;
 * R13 a page fault drops the page's TLB entry and its paging-structure
 * entries; with 'rewalk_on_permission_miss' (AMD) a permission miss in the
 * TLB walks again from memory and faults only if memory confirms; R17 a store
 * through an entry with D=0 walks to set D; R20 an invalidation restarts a
 * walk in flight.
 *
 * mmu_invalidate() is the only door that removes a translation.
 *
 * Siblings share TLBs and paging-structure caches.  An entry carries a tag
 * made of the root table that it was read under, so that two address spaces
 * never mix.  The tag lies above the page number:
 *
 *    63                 35 (5 levels: 44)              0
 *   +-------------------+-------------------------------+
 *   | root frame        | page number, user half        |   tlb_entry.vpn
 *   +-------------------+-------------------------------+
 *
 * Siblings in one space share entries; an invalidation by one drops them for
 * the other too, which R12 allows.
 *
 * Only the user half of the addresses is ever mapped; any other address
 * faults as not present.
 */
#ifndef MMU_MMU_H
#define MMU_MMU_H

#include "mem/mem.h"
#include "mmu/mmu_config.h"
#include "tlb/tlb.h"

struct mmu; /* One core's: TLBs, paging-structure caches, walkers. */

/* Says whether this translation can be simulated with 'n_frames' frames of
 * memory: a root table's frame must fit above the page number. */
enum status mmu_check(const struct mmu_config *config, uint32_t n_frames,
                      struct err *err);

struct mmu *mmu_create(struct arena *arena, const struct mmu_config *config,
                       const struct tlb_hierarchy_config *tlb_config, struct mem *mem,
                       struct choice *choice, unsigned core, unsigned n_smt);

enum mmu_answer {
    MMU_HIT,       /* Translated. */
    MMU_WALK,      /* A walk was started (or goes on): call mmu_walk. */
    MMU_NEED_LINE, /* The walk needs a line: request it, call mmu_walk again
                    * when it is granted. */
    MMU_FAULT,     /* Page fault with 'error_code'. */
};

struct mmu_result {
    pa_t pa;             /* MMU_HIT: the address. MMU_NEED_LINE: of the line. */
    cycle_t cost;        /* Cycles that this call took beyond the operation. */
    cycle_t filled_at;   /* MMU_HIT: when the TLB entry was filled. */
    enum line_want want; /* MMU_NEED_LINE */
    uint32_t error_code; /* MMU_FAULT: PF_... */
    /* A walk that ended filled a TLB entry: what OBS_TLB_FILL reports. */
    bool filled;
    pte_t leaf;
    bool wrote_leaf; /* The walker set A or D: old entry in 'leaf_before'. */
    pte_t leaf_before;
};

/* The root table of hardware thread 'sibling' (0..n_smt-1): CR3; NO_FRAME =
 * none.  Gives a walk of 'sibling' up.  Does not flush: the caller then
 * flushes through mmu_invalidate as MOV CR3 does. */
void mmu_set_root(struct mmu *mmu, unsigned sibling, pfn_t root);

/*
 * Translates 'va' for a user access of 'sibling'.  MMU_HIT: '*out' is
 * complete.  MMU_WALK: a walk was started; call mmu_walk at now + cost.
 * MMU_FAULT: a permission fault from the TLB entry (no re-walk).
 */
enum mmu_answer mmu_translate(struct mmu *mmu, unsigned sibling, va_t va,
                              enum access access, cycle_t now, struct mmu_result *out);

/* One step of the walk of 'sibling': reads one entry. */
enum mmu_answer mmu_walk(struct mmu *mmu, unsigned sibling, cycle_t now,
                         struct mmu_result *out);

/* Gives a walk in flight up (the thread takes an interrupt first). */
void mmu_walk_cancel(struct mmu *mmu, unsigned sibling);

/* What mmu_invalidate dropped. */
struct mmu_dropped {
    unsigned n_entries; /* TLB entries. */
    uint32_t frame;     /* If the flush named one page: its frame or NO_FRAME. */
};

/*
 * Applies 'flush' as hardware thread 'sibling' does: to its present address
 * space in the TLBs and the paging-structure caches (R8, R10) of this core.
 * All walks in flight, of all siblings, start over from the root (R20).
 * FLUSH_ALL drops every entry but those of the other siblings' present address
 * spaces.  Returns the cycles it takes (n_pages * invlpg, or cr3_write).
 */
cycle_t mmu_invalidate(struct mmu *mmu, unsigned sibling, const struct flush *flush,
                       struct mmu_dropped *dropped);

/* Rule R13: what a page fault of 'sibling' at 'va' drops. Costs nothing extra. */
void mmu_fault_drops(struct mmu *mmu, unsigned sibling, va_t va,
                     struct mmu_dropped *dropped);

/* The entry a look-up would find now, without a trace; null on a miss. Its
 * 'vpn' carries the tag. */
const struct tlb_entry *mmu_peek(const struct mmu *mmu, unsigned sibling,
                                 enum tlb_side side, va_t va);

/* Asserts the invariants of walks, paging-structure caches and TLBs. */
void mmu_assert(const struct mmu *mmu);

/* Exploration: see tlb_canonical(). Between operations no walk is under way. */
bool mmu_canonical(struct mmu *mmu);

struct mmu_stats {
    struct tlb_stats tlb;
    uint64_t walks, walk_cycles, walk_reads, pwc_hits;
};
struct mmu_stats mmu_stats_of(const struct mmu *mmu);

/* The decision alone: does an entry with these permissions allow the user
 * access?  Pure; inline because every TLB hit asks. */
inline bool perm_allows(bool write, bool user, bool exec, enum access access)
{
    switch (access) {
    case ACCESS_LOAD:
        return user;
    case ACCESS_STORE:
        return user && write;
    case ACCESS_FETCH:
        return user && exec;
    }
    return false; /* Not reached: the three accesses are all there are. */
}

/* The error code of a fault at an entry that is 'present' or not (perm.c). Pure. */
uint32_t perm_error_code(bool present, enum access access);

#endif
