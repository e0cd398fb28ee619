/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.h - the user-mode contexts of all guest threads.
 *
 * A thread's context is where it stands in its stream.  It is written only by
 * the core on which the thread runs, and by the kernel when the thread starts
 * or ends; a thread runs on one core at a time.
 */
#ifndef CORE_GUEST_H
#define CORE_GUEST_H

#include "base/arena.h"
#include "trace/trace.h"

#define GUEST_TRIES 8u

struct guest_thread {
    uint64_t op;       /* Index of the next operation. */
    uint64_t progress; /* Bytes or cycles of it that are done. */
    uint32_t space;    /* Address space it runs in. */
    uint32_t process;  /* Of the trace. */
    uint8_t irq_off;   /* IRQ_OFF was executed. */
    uint8_t n_tries;   /* Trylocks that failed and whose unlock is to come. */
    uint64_t tries[GUEST_TRIES];
};

struct guest {
    struct trace *trace;
    uint32_t n_threads;
    struct guest_thread *threads; /* ARCH, [n_threads] */
    struct trace_window *windows; /* TIMING, [n_threads] */
    uint64_t *n_done;             /* TIMING: operations completed. */
    struct err error;             /* A damaged chunk met during the run. */
    bool kernel_ops;              /* May do what a kernel does. */
};

/* Takes the memory for the threads of 'trace'. */
struct guest *guest_create(struct arena *arena, struct trace *trace, bool kernel_ops);

/* The next operation of 'tid', or null at the end of its stream (also when
 * the trace is damaged: then guest->error says how). */
const struct op *guest_fetch_slow(struct guest *guest, uint32_t tid);

static inline const struct op *guest_fetch(struct guest *guest, uint32_t tid)
{
    const struct trace_window *w = &guest->windows[tid];
    uint64_t index = guest->threads[tid].op - w->first;
    if (index < w->n)
        return &w->ops[index];
    return guest_fetch_slow(guest, tid);
}

/* Goes on to the operation after the current one. */
static inline void guest_advance(struct guest *guest, uint32_t tid)
{
    guest->threads[tid].op++;
    guest->threads[tid].progress = 0;
    guest->n_done[tid]++;
}

#endif
