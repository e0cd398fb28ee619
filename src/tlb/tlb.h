/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb.h - the translation lookaside buffers of one core.
 *
 * A TLB remembers translations that a page walk gave it.  It never reads a
 * page table and never raises a fault; src/mmu does both.  Its state changes
 * by exactly three calls: tlb_fill, tlb_invalidate and tlb_lookup (recency,
 * and an L2 hit fills L1).
 *
 * Invariants, checked by tlb_assert():
 *   TLB1  At most one valid entry per (side, level, page number).
 *   TLB2  A valid entry lies in the set that its page number selects.
 *   TLB3  Every entry has its page's A bit set in the table at fill time; the
 *         walker guarantees it (rule R2), no TLB can see it.
 *
 * Time: calls take no simulated time; the mmu charges the latency.
 * After: Intel SDM vol. 3A, "Caching Translation Information".
 * Not modelled: pages other than 4 KiB, PCID tags, global entries,
 * speculative fills (exploration adds them from outside by tlb_fill).
 */
#ifndef TLB_TLB_H
#define TLB_TLB_H

#include "base/arena.h"
#include "base/flush.h"
#include "base/pte.h"
#include "sim/choice.h"
#include "tlb/tlb_config.h"

/* One remembered translation. Permissions are the AND over all levels. */
struct tlb_entry {
    uint64_t vpn;
    uint32_t frame;
    uint8_t valid;
    uint8_t write; /* R/W at every level. */
    uint8_t user;
    uint8_t exec;  /* XD at no level. */
    uint8_t dirty; /* D of the leaf was set when this was read (R1, R17). */
};

enum tlb_side { TLB_DATA, TLB_CODE };

struct tlb; /* One core's hierarchy: opaque, see tlb.c. */

/* 'unit' names the stream of random policies. Entries lie in ARENA_ARCH;
 * recency, fill times and counters in ARENA_TIMING. */
struct tlb *tlb_create(struct arena *arena, const struct tlb_hierarchy_config *config,
                       struct choice *choice, unsigned unit);

/*
 * Finds the entry for 'vpn'.  Returns null on a miss of both levels.  '*cost'
 * gets the extra cycles (0 for an L1 hit with hit=0), '*filled_at' the cycle
 * of its fill.  The entry is valid until the next call that changes this TLB.
 * Must be fast: this is the hottest call of the simulator.
 */
const struct tlb_entry *tlb_lookup(struct tlb *tlb, enum tlb_side side, vpn_t vpn,
                                   cycle_t *cost, cycle_t *filled_at);

/* Looks without a trace. */
const struct tlb_entry *tlb_peek(const struct tlb *tlb, enum tlb_side side, vpn_t vpn);

/* Remembers 'entry' in both levels of 'side' (level 2 unless it is not
 * there), in place of an entry for the same page.  Returns through '*evicted'
 * (may be null) the entry that the last level gave up, valid = 0 if none. */
void tlb_fill(struct tlb *tlb, enum tlb_side side, const struct tlb_entry *entry,
              cycle_t now, struct tlb_entry *evicted);

/* Drops what 'flush' names from both sides and levels.  Returns the number of
 * entries dropped; if it names one page, '*frame' (may be null) gets the frame
 * of the entry dropped or NO_FRAME.  Only mmu/invalidate.c may call this. */
unsigned tlb_invalidate(struct tlb *tlb, const struct flush *flush, uint32_t *frame);

/* Exploration: entries in an order that does not tell the past.  False if a
 * set is full, so that what the next fill replaces would depend on it. */
bool tlb_canonical(struct tlb *tlb);

struct tlb_stats {
    uint64_t l1d_hits, l1d_misses, l1i_hits, l1i_misses;
    uint64_t l2d_hits, l2d_misses, l2i_hits, l2i_misses;
};
struct tlb_stats tlb_stats_of(const struct tlb *tlb);

void tlb_assert(const struct tlb *tlb);

#endif
