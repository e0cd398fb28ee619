/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core.h - one physical core: its hardware threads run guest operations.
 *
 * A core is a unit (sim/engine.h).  When the engine runs it at 'now', it
 * handles its messages and executes operations in cycle order, on its own, up
 * to now + look-ahead; nothing that others do can reach it before that
 * (docs/decisions/0002).  It stops early before anything that touches shared
 * kernel state: kernel steps, system calls, gates of recorded order.  Those
 * run only at the engine's present, so they happen in one total order.
 *
 * Life of a user operation (all stages can be started over until 'perform'):
 *
 *   order -> fetch -> translate -> line -> perform -> done
 *              |          |         |
 *              +-- walk --+         +-- request, wait for the grant
 *              +-- page fault --> kernel, then the operation starts over
 *
 * In order, one operation a cycle plus what memory, translation, faults and
 * interrupts cost.  Not modelled: out-of-order overlap, instruction caches,
 * locked accesses across lines.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include "core/core_config.h"
#include "core/guest.h"
#include "core/kernel_port.h"
#include "ipi/apic.h"
#include "mmu/mmu.h"
#include "sim/obs.h"

struct core;

/* What a core tells of a run whose moves are asked for (machine/scheduled.h). */
enum core_event { CORE_STEPPED, CORE_DRAINED, CORE_ARRIVED };
struct core_journal {
    void *context;
    void (*note)(void *context, enum core_event event, unsigned cpu, cycle_t now);
};

/* What the cores share. */
struct core_parts {
    const struct core_config *config;
    const struct ipi_config *ipi_config;
    struct guest *guest;
    struct mem *mem;
    struct apic *apic;
    struct obs_hub *obs;
    struct kernel_port *kernel;
    struct choice *choice;
    cycle_t lookahead; /* At least 1. */
    /* Null in ordinary runs.  With it threads stop before a MARK. */
    const struct core_journal *journal;
};

/* Creates core 'number' with 'n_smt' hardware threads. 'parts' must live as
 * long as the core. 'inbox' is the unit's. */
struct core *core_create(struct arena *arena, const struct core_parts *parts,
                         struct mmu *mmu, struct inbox *inbox, unsigned number,
                         unsigned n_smt);

/* Runs the core at the engine's present 'now'. Returns when it wants to run
 * next, or CYCLE_NEVER. */
cycle_t core_run(struct core *core, cycle_t now);

/* Called once at cycle 0: the kernel has chosen what runs first. */
void core_kick(struct core *core, unsigned cpu, cycle_t at);

/*
 * Exploration (src/explore): one step of a hardware thread at a time, memory
 * at once, messages delivered by the caller.  'now' stamps records only.
 *
 * core_step() makes the next kernel step or runs the next guest operation as a
 * whole.  An operation that cannot go on (a lock that is taken, a full store
 * buffer) leaves the thread as it was.
 */
void core_step(struct core *core, unsigned cpu, cycle_t now);

/* Halted, with nothing pending that would wake it? */
bool core_halted(const struct core *core, unsigned cpu);

/* Lets the oldest buffered store become visible. False if there is none. */
bool core_drain_one(struct core *core, unsigned cpu, cycle_t now);

/* Delivers an interrupt that has arrived. */
void core_arrive(struct core *core, const struct msg *msg);

/* An NMI arrives. False if one is on its way or served: nothing would change. */
bool core_nmi(struct core *core, unsigned cpu, cycle_t now);
bool core_nmi_free(const struct core *core, unsigned cpu);

/* A translation appears or vanishes on its own (rules R3, R6).  False if that
 * changes nothing. */
bool core_fill(struct core *core, unsigned cpu, va_t va, cycle_t now);
bool core_evict(struct core *core, unsigned cpu, va_t va, cycle_t now);

/* Does the data TLB of 'cpu' hold a translation of 'va'? */
bool core_caches(const struct core *core, unsigned cpu, va_t va);

/* The thread that runs in user mode on 'cpu', or NO_THREAD. */
uint32_t core_user_thread(const struct core *core, unsigned cpu);

/* Is the next step of 'cpu' a kernel step for sure, and not an interrupt? */
bool core_in_kernel(const struct core *core, unsigned cpu);

/* May 'cpu' stop here: is it in user mode before a MARK, with no interrupt to
 * take first? */
bool core_at_mark(const struct core *core, unsigned cpu);

/* Puts what is remembered without use to zero.  False if a TLB is full: see
 * tlb_canonical(). */
bool core_canonical(struct core *core);

/*
 * A timed run by a schedule (scheduled.c; machine/scheduled.h says when).  Each of
 * the turns returns true when it is over; else '*next' is when the unit wants to
 * run again, messages apart.
 */

/* Where a hardware thread stands: equal in an exploration and in a timed run. */
uint64_t core_position(const struct core *core, unsigned cpu);

/* Handles what has arrived until 'now'; one message. */
void core_take_messages(struct core *core, cycle_t now);
void core_take_message(struct core *core, const struct msg *msg);

/* Lets threads go on until each stands at a mark. Returns when to run next. */
cycle_t core_run_to_mark(struct core *core, cycle_t now);
void core_pass_mark(struct core *core, unsigned cpu, cycle_t now);

/* 'cpu' acts until it stands at 'target'. */
bool core_turn_step(struct core *core, unsigned cpu, uint64_t target, cycle_t now,
                    cycle_t *next);
/* Its oldest store leaves the buffer. */
bool core_turn_drain(struct core *core, unsigned cpu, cycle_t now, cycle_t *next);
/* Its TLB fills 'va' by a walk; '*walking' is false before the first call. */
bool core_turn_fill(struct core *core, unsigned cpu, va_t va, bool *walking,
                    cycle_t now, cycle_t *next);

/* Services for the kernel (struct cpu_port of vm), for one of this core's
 * hardware threads. */
cycle_t core_invalidate(struct core *core, unsigned cpu, const struct flush *flush,
                        struct mmu_dropped *dropped);
void core_fault_drops(struct core *core, unsigned cpu, va_t va,
                      struct mmu_dropped *dropped);
void core_set_root(struct core *core, unsigned cpu, pfn_t root);
bool core_drained(const struct core *core, unsigned cpu);

#endif
