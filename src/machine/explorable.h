/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explorable.h - a machine without time, moved step by step from outside.
 *
 * The same model as a timed run; what the engine, the latencies and the jitter
 * decide there is a choice of the caller here.  Memory completes every access
 * at once, acknowledgements arrive at once (they are stores that the initiator
 * reads), and these are the moves:
 *
 *   STEP    a hardware thread makes its next step: a guest operation as a
 *           whole, or a kernel step and those after it between which nothing
 *           that others do could make a difference (vm/movers.c)
 *   DRAIN   the oldest store of a hardware thread becomes visible
 *   ARRIVE  an interrupt, or a hardware invalidation, gets to its CPU
 *   FILL    a TLB caches a translation that nobody asked for (rule R3)
 *   EVICT   a TLB drops one (rule R6)
 *   NMI     a non-maskable interrupt arrives
 *
 * What is explored lies between two MARKs of each thread: it begins when every
 * thread stands at its first (or sleeps), and a thread that comes to its next
 * one has nothing left to do but take interrupts.
 *
 * The state is the bytes of machine_state(): equal bytes behave equally.
 */
#ifndef MACHINE_EXPLORABLE_H
#define MACHINE_EXPLORABLE_H

#include "machine/machine.h"

enum move_kind {
    MOVE_STEP,
    MOVE_DRAIN,
    MOVE_ARRIVE,
    MOVE_FILL, /* From here on: nothing waits for it. */
    MOVE_EVICT,
    MOVE_NMI,
    MOVE_N_KINDS
};

struct machine_move {
    uint8_t kind;    /* enum move_kind */
    uint8_t message; /* MOVE_ARRIVE: which of the messages under way. */
    uint16_t cpu;
    uint32_t page; /* MOVE_FILL, MOVE_EVICT: index into the pages given. */
};

/* What may happen without being asked for, and how finely. */
struct machine_freedom {
    bool fills, evictions, nmis;
    bool every_step;   /* Each kernel step is a move of its own: no reduction. */
    const va_t *pages; /* Pages that FILL and EVICT are about. */
    uint32_t n_pages;
};

/* Creates a machine for exploration.  'annex_bytes' bytes of its state belong
 * to the caller (a monitor). Errors as machine_create(). */
struct machine *machine_create_explorable(const struct machine_config *config,
                                          struct trace *trace, size_t annex_bytes,
                                          struct err *err);

/* Where the tables of the space of 'tid' map 'va', and the word there; false if
 * they do not map it. */
bool machine_look(const struct machine *machine, uint32_t tid, uint64_t va,
                  pfn_t *frame, ver_t *word);

/* Back to the first state. */
void machine_begin(struct machine *machine);

/* The state's bytes, and the caller's part of them. */
void *machine_state(struct machine *machine, size_t *n_bytes);
void *machine_annex(struct machine *machine);

/* The part of the state that is made of pages, from byte 'first' on, and for each
 * page a byte that is set when the page may have changed; the caller clears it. */
struct machine_pages {
    size_t first;
    uint32_t n;
    uint8_t *touched;
};
struct machine_pages machine_state_pages(struct machine *machine);

/* The moves that can change something now. Returns their number, at most
 * 'max' (asserts that there is room). */
unsigned machine_moves(struct machine *machine, const struct machine_freedom *freedom,
                       struct machine_move *moves, unsigned max);

/* Text that grows, for machine_make(). */
struct machine_words {
    char text[256];
    size_t n;
};

/* Makes a move. 'now' and the cycles after it stamp its records.  'words' gets
 * what it was, and may be null. */
void machine_make(struct machine *machine, const struct machine_freedom *freedom,
                  const struct machine_move *move, cycle_t now,
                  struct machine_words *words);

/* Puts what a state remembers without ever using it again to zero, and numbers
 * that are only names into one order, so that states that behave equally have
 * equal bytes. */
void machine_canonical(struct machine *machine);

/* Runs the guest on its own, CPU by CPU, until every live thread stands at a
 * MARK or waits, and past those MARKs.  False if that never happens. */
bool machine_run_to_marks(struct machine *machine, unsigned max_moves);

/* Every thread has ended, stands at its second MARK, or waits for an event. */
bool machine_is_done(struct machine *machine);

/* The thread that 'cpu' runs, or NO_THREAD. */
uint32_t machine_thread_on(const struct machine *machine, unsigned cpu);

/* Why the guest cannot go on, or null. */
const char *machine_failure(struct machine *machine);

#endif
