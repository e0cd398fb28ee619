/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pte.h - x86-64 page-table entries and the geometry of the tables.
 *
 *    63 62      52 51                       12 11  9 8 7  6 5 4   3   2  1  0
 *   +--+----------+---------------------------+-----+-+--+-+-+---+---+--+--+-+
 *   |XD| ignored  | frame number              | avl |G|PS|D|A|PCD|PWT|US|RW|P|
 *   +--+----------+---------------------------+-----+-+--+-+-+---+---+--+--+-+
 *
 * After: Intel SDM vol. 3A, "Paging", "4-Level Paging and 5-Level Paging".
 */
#ifndef BASE_PTE_H
#define BASE_PTE_H

#include "base/types.h"

typedef struct {
    uint64_t bits;
} pte_t;

#define PTE_P          (UINT64_C(1) << 0)
#define PTE_RW         (UINT64_C(1) << 1)
#define PTE_US         (UINT64_C(1) << 2)
#define PTE_A          (UINT64_C(1) << 5)
#define PTE_D          (UINT64_C(1) << 6)
#define PTE_PS         (UINT64_C(1) << 7)
#define PTE_G          (UINT64_C(1) << 8)
#define PTE_XD         (UINT64_C(1) << 63)
#define PTE_FRAME_MASK UINT64_C(0x000ffffffffff000)

_Static_assert((PTE_FRAME_MASK & (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | PTE_PS |
                                  PTE_G | PTE_XD)) == 0,
               "no flag lies inside the frame number");

#define PT_INDEX_BITS 9u
#define PT_ENTRIES    (1u << PT_INDEX_BITS)

static inline pfn_t pte_frame(pte_t pte)
{
    return (pfn_t){(uint32_t)((pte.bits & PTE_FRAME_MASK) >> PAGE_SHIFT)};
}

static inline pte_t pte_make(pfn_t frame, uint64_t flags)
{
    return (pte_t){frame_pa(frame).v | flags};
}

static inline bool pte_has(pte_t pte, uint64_t flags)
{
    return (pte.bits & flags) == flags;
}

/* The index that 'va' selects at 'level'; level 0 is the table of 4 KiB
 * pages, level 3 the PML4, level 4 the PML5. */
static inline unsigned pt_index(va_t va, unsigned level)
{
    return (unsigned)(va.v >> (PAGE_SHIFT + PT_INDEX_BITS * level)) & (PT_ENTRIES - 1);
}

/* Page-fault error code. Intel SDM vol. 3A, "Page-Fault Exceptions". */
#define PF_P (1u << 0) /* The page was present: a permission fault. */
#define PF_W (1u << 1) /* The access was a write. */
#define PF_U (1u << 2) /* The access came from user mode. */
#define PF_I (1u << 4) /* The access was an instruction fetch. */

#endif
