/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduled.h - a timed run that follows a schedule.
 *
 * An exploration names an order of moves; a timed run with that schedule makes
 * them in the same order, on the same engine, with every latency of the
 * configuration.  Only *when something starts* is taken from the schedule:
 *
 *   STEP    one hardware thread acts until it stands where the schedule says;
 *           all others stand still
 *   DRAIN   the oldest store of a buffer leaves; others are held
 *   ARRIVE  an interrupt or a broadcast that was sent, and is held, arrives
 *   FILL    a TLB fills a page by a walk
 *   EVICT   a TLB drops a page
 *   NMI     a non-maskable interrupt arrives
 *
 * Line transfers and acknowledgements take their time and are waited for.  Until
 * every thread stands at its first MARK the run goes as any other; after the
 * last move it stops.
 */
#ifndef MACHINE_SCHEDULED_H
#define MACHINE_SCHEDULED_H

#include "machine/explorable.h"

/* One move, by what it does and not by its place in a list of this state. */
struct machine_turn {
    uint8_t kind;    /* enum move_kind */
    uint8_t message; /* ARRIVE: which of those that are held (explorable.h). */
    uint16_t cpu;
    va_t page;       /* FILL, EVICT */
    uint64_t target; /* STEP: machine_position() after it. */
};

struct machine_schedule {
    const struct machine_turn *turns;
    uint32_t n;
};

/*
 * The other way round: what a run that time decides does, move by move.  All
 * threads begin together at their first marks and stop at their second ones.
 * 'note' gets, in the order of time, steps (with the position after them; one
 * that only waited leaves the position as it was), stores that left a buffer,
 * and arrivals.  The configuration's core.lookahead must be 1.
 */
struct machine_journal {
    void *context;
    void (*note)(void *context, enum move_kind kind, unsigned cpu, uint64_t position,
                 cycle_t now);
};

/* Where 'cpu' stands; see core_position(). */
uint64_t machine_position(const struct machine *machine, unsigned cpu);

#endif
