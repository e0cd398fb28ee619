/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * walk.h - the state machine of a page walk.
 *
 *            START                  TABLE
 *   +------+ ------> +------------+ ---+
 *   | IDLE |         | READ       |    |  next lower table
 *   +------+ <------ +------------+ <--+
 *            LEAF      |        ^
 *            BAD       +--------+
 *            CANCEL      RESTART: back to the root
 *
 * READ --WAIT--> READ       the line is not there; nothing changes
 *
 *   event    made by                     when
 *   START    walk_start                  a translation missed
 *   TABLE    walk_descend                the entry points to a lower table
 *   WAIT     walk_need_line              a line must be requested first
 *   LEAF     walk_fill                   the leaf allows the access
 *   BAD      walk_fault                  not present, or not allowed
 *   RESTART  walk_restart                what was read may be stale (R20), or
 *                                        a fault must be confirmed (R13, AMD)
 *   CANCEL   mmu_walk_cancel             the thread does something else first
 *
 * What holds, and walk_assert() checks (the rest by tests):
 *   WALK1  In IDLE the walk is all zero bytes.
 *   WALK2  In READ, 'level' is below the number of levels; at the top level,
 *          'table' is the root, and nothing has restricted 'perms'.
 *   WALK3  A pair of state and event that the table in walk.c does not have
 *          never happens.
 *   WALK4  A TLB is filled only from a leaf that is, at that very call, in
 *          memory with P and A, and with D if the entry says 'dirty' (R2, R17).
 *   WALK5  Nothing that was read before an invalidation reaches a TLB or a
 *          paging-structure cache after it (R20).
 *
 * Not modelled: entries with PS=1 (large pages) and reserved bits; the kernel
 * makes neither, and the walk asserts it.  Several walks of one hardware
 * thread at once.
 */
#ifndef MMU_WALK_H
#define MMU_WALK_H

#include "mmu/pwc.h"

/* X(NAME, sentence). */
#define WALK_STATES(X)              \
    X(IDLE, "no walk is under way") \
    X(READ, "the entry of 'va' in 'table' is to be read")

/* X(NAME, sentence). */
#define WALK_EVENTS(X)                                       \
    X(START, "a translation missed")                         \
    X(TABLE, "the entry points to a lower table")            \
    X(WAIT, "the entry's line must be requested")            \
    X(LEAF, "the leaf allows the access")                    \
    X(BAD, "the entry is not present or forbids the access") \
    X(RESTART, "what was read may be stale")                 \
    X(CANCEL, "the thread gives the walk up")

enum walk_state {
#define X(name, sentence) WALK_##name,
    WALK_STATES(X)
#undef X
        WALK_N_STATES
};

enum walk_event {
#define X(name, sentence) WALK_EV_##name,
    WALK_EVENTS(X)
#undef X
        WALK_N_EVENTS
};

/* Plain bytes without padding: the explorer hashes them. */
struct walk {
    va_t va;
    uint32_t table; /* Frame of the table to read next. */
    uint8_t state;  /* enum walk_state */
    uint8_t access; /* enum access */
    uint8_t level;  /* Of the table to read next; 0 holds the leaves. */
    uint8_t cached; /* Began at a paging-structure cache, not at the root. */
    struct perms perms;
    uint8_t zero[5];
};

_Static_assert(sizeof(struct walk) == 24, "a walk has no padding");

struct mmu;

/* Begins a walk (R5). Returns its fixed cost. */
cycle_t walk_start(struct mmu *mmu, unsigned sibling, va_t va, enum access access,
                   cycle_t now);

/* Sends a walk in flight, if there is one, back to the root. */
void walk_restart(struct mmu *mmu, unsigned sibling);

/* Asserts WALK1 and WALK2 for the walk of 'sibling'. */
void walk_assert(const struct mmu *mmu, unsigned sibling);

#endif
