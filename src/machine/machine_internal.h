/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_internal.h - what a machine is made of.
 *
 * Units 0 .. n_cores - 1 are the cores, unit n_cores is the line directory.
 */
#ifndef MACHINE_MACHINE_INTERNAL_H
#define MACHINE_MACHINE_INTERNAL_H

#include "core/core.h"
#include "machine/machine.h"
#include "machine/scheduled.h"
#include "vm/vm.h"

#define IN_FLIGHT_MAX 64u

/* Exploration: messages that have been sent and not arrived, by CPU. */
struct in_flight {
    uint32_t n;
    struct msg messages[IN_FLIGHT_MAX];
};

/* A timed run by a schedule: where it stands. */
struct turns {
    const struct machine_schedule *schedule; /* Null: time decides. */
    const struct machine_journal *journal;   /* Null: nobody listens. */
    struct core_journal core_journal;
    uint32_t at;   /* The turn that is made now. */
    cycle_t since; /* When it began. */
    bool began;    /* All threads were at their marks. */
    bool walking;  /* FILL: a walk is under way. */
    bool lost;     /* It cannot be followed. */
};

struct machine {
    struct machine_config config;
    struct trace *trace;
    struct arena *arena;
    struct engine *engine;
    struct obs_hub *obs;
    struct choice *choice;
    struct mem *mem;
    struct apic *apic;
    struct guest *guest;
    struct vm *vm;
    struct core **cores;         /* [n_cores] */
    struct mmu **mmus;           /* [n_cores] */
    struct inbox *inboxes;       /* [n_units], TIMING */
    uint32_t *sent;              /* [n_units], TIMING: numbers of messages. */
    bool exploring;              /* No engine: see explorable.h. */
    struct in_flight *in_flight; /* ARCH, exploration only. */
    struct in_flight *held;      /* TIMING: by a schedule. */
    struct turns turns;
    void *annex; /* ARCH, exploration only. */
    size_t annex_bytes;
    uint8_t *touched; /* TIMING, exploration only: frames, see mem.h. */
    bool tlb_is_full; /* Exploration met a TLB without a free way. */
    uint32_t n_cores, n_cpus, n_units;
    cycle_t lookahead;
    struct core_parts core_parts;
    struct kernel_port kernel_port;
    struct vm_image *images;
    uint32_t *thread_process;

    /* Of the run in progress. */
    uint64_t events;
    cycle_t now;
    uint64_t last_progress;
    unsigned idle_checks;
    bool interrupted, stuck;
    const struct machine_run_options *options;
};

/* wire.c: the ends of the ports. */
struct kernel_port wire_kernel_port(struct machine *machine);
struct cpu_port wire_cpu_port(struct machine *machine);
struct post wire_post(struct machine *machine);
void wire_kick(void *context, unsigned cpu, cycle_t at);

/* explorable.c: where messages go when there is no time; the order in which
 * messages under way are kept. */
void explorable_post(struct machine *machine, const struct msg *msg);
void in_flight_add(struct in_flight *f, const struct msg *msg);
struct msg in_flight_take(struct in_flight *f, unsigned which);

/* scheduled.c: a run begins; is it by a schedule or with a journal; is this message
 * held until its turn; a core's unit runs, false to end the run; was all of it made? */
void scheduled_begin(struct machine *machine,
                     const struct machine_run_options *options);
bool scheduled_is_on(const struct machine *machine);
bool scheduled_holds(const struct machine *machine, const struct msg *msg);
bool scheduled_run(struct machine *machine, unsigned unit, cycle_t now);
enum status scheduled_end(const struct machine *machine, struct err *err);

/* outcome.c: says in words how a run ended, and gathers the counters. */
void outcome_fill(struct machine *machine, enum machine_end end,
                  struct machine_outcome *outcome);

#endif
