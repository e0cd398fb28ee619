/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pwc.h - the paging-structure caches of one core (R4).
 *
 * Each remembers entries of one level of the tables that point to a lower
 * table, so that a walk may start there instead of at the root.  Entries of
 * the page tables proper (level 0) belong into TLBs, not here.
 *
 *   cache   entries read at level   selected by address bits
 *   PDE     1                       47:21
 *   PDPTE   2                       47:30
 *   PML4E   3                       47:39
 *
 * Each is a small fully associative array that gives up the entry unused for
 * longest; a size of 0 means that it is not there.  A key is the tagged page
 * number of mmu.h; a cache compares its bits above 9 * level.
 *
 * Entries are architectural state (a walk behaves differently with them), the
 * order of use is not.
 *
 * Invariants, checked by pwc_assert():
 *   PWC1  At most one valid entry per level and address bits.
 *   PWC2  An entry that is not valid is all zero.
 *
 * Not modelled: entries made in advance by speculation; a cache of the PML5E.
 */
#ifndef MMU_PWC_H
#define MMU_PWC_H

#include "base/arena.h"
#include "base/types.h"
#include "mmu/mmu_config.h"

#define PWC_N 3u /* Caches; cache i serves level i + 1. */

/* What a walk has accumulated on its way (R1). */
struct perms {
    uint8_t write, user, exec;
};

struct pwc_entry {
    uint64_t tag;   /* Key >> 9 * level. */
    uint32_t table; /* Frame of the lower table. */
    struct perms perms;
    uint8_t valid;
};

struct pwc_level {
    uint32_t n;
    struct pwc_entry *entry; /* [n], architectural. */
    uint64_t *used;          /* [n], time of last use; timing. */
};

struct pwc {
    struct pwc_level level[PWC_N];
    uint64_t *clock; /* Counts uses; timing. */
};

void pwc_init(struct pwc *pwc, struct arena *arena, const struct mmu_config *config);

/* Finds the entry that lets a walk start lowest (R5): PDE, PDPTE, PML4E.
 * '*level' gets the level that it was read at.  Null if there is none. */
const struct pwc_entry *pwc_find(struct pwc *pwc, uint64_t key, unsigned *level);

/* Remembers that the entry read at 'level' for 'key' points to 'table'. */
void pwc_fill(struct pwc *pwc, uint64_t key, unsigned level, pfn_t table,
              struct perms perms);

/* Drops the entries that walks for 'n' keys from 'first' on would use. */
void pwc_drop_paths(struct pwc *pwc, uint64_t first, uint32_t n);

/* A space is a key shifted right by 'shift', which must not be less than what
 * the highest cache shifts. Drops the entries of 'space'. */
void pwc_drop_space(struct pwc *pwc, unsigned shift, uint64_t space);

/* Drops the entries of all spaces but the 'n' in 'kept'. */
void pwc_drop_others(struct pwc *pwc, unsigned shift, const uint64_t *kept, unsigned n);

void pwc_assert(const struct pwc *pwc);

#endif
