/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * invalidate.h - drops that start inside src/mmu.  For everybody else the door
 * is mmu_invalidate() and mmu_fault_drops() in mmu.h; all lead to
 * invalidate.c, the only file that calls tlb_invalidate().
 */
#ifndef MMU_INVALIDATE_H
#define MMU_INVALIDATE_H

#include "mmu/mmu.h"

/* Drops what a look-up of 'va' by 'sibling' could use: the page's entries on
 * both sides and the paging-structure entries on its path (R13). */
void invalidate_path(struct mmu *mmu, unsigned sibling, va_t va,
                     struct mmu_dropped *dropped);

#endif
