/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_port.h - what a core asks of the kernel.
 *
 * The core declares the port; machine/wire.c fills it from src/vm.  Kernel
 * work is an activation: a program of steps.  The core calls step() once per
 * step, always at the engine's present, so kernel state is touched in one
 * total order (docs/decisions/0002); user operations run ahead between.
 */
#ifndef CORE_KERNEL_PORT_H
#define CORE_KERNEL_PORT_H

#include "base/pte.h"
#include "mem/mem.h"
#include "trace/op.h"

/* What one kernel step asks of the core. */
enum kernel_verdict {
    KERNEL_STEP,       /* Done; next step after 'cost' cycles. */
    KERNEL_NEED_LINES, /* Needs lines; call again when they are granted. */
    KERNEL_DRAIN,      /* Call again when the store buffer is empty. */
    KERNEL_WAIT,       /* Spins: call again when the kernel wakes this CPU. */
    KERNEL_USER,       /* Back to user mode after 'cost'; thread 'tid' runs. */
    KERNEL_IDLE,       /* Nothing to run: halts until a wake or interrupt. */
};

struct kernel_result {
    enum kernel_verdict verdict;
    cycle_t cost;
    pa_t pa; /* KERNEL_NEED_LINES */
    uint32_t n_lines;
    enum line_want want;
    uint32_t tid; /* KERNEL_USER */
    uint32_t space;
    bool retry_op; /* KERNEL_USER: run the operation again (a fault). */
};

struct kernel_port {
    void *context;

    /* A page fault of the running thread at operation 'index' of its stream.
     * The core then calls step(). */
    void (*fault)(void *context, unsigned cpu, va_t va, uint32_t error_code,
                  uint64_t pc, uint64_t index, cycle_t now);

    /* An operation that only the kernel can do (map calls, fork, spawn, join,
     * barriers, ...). 'index' is its number in the thread's stream. */
    void (*syscall)(void *context, unsigned cpu, const struct op *op, uint64_t index,
                    cycle_t now);

    /* An interrupt was taken (IRR -> ISR already done). */
    void (*interrupt)(void *context, unsigned cpu, uint8_t vector, cycle_t now);

    /* One step of what runs on 'cpu'. */
    void (*step)(void *context, unsigned cpu, cycle_t now, struct kernel_result *out);

    /* A message for the kernel arrived at 'cpu': MSG_IPI_ACK, MSG_KERNEL_WAKE,
     * MSG_TLB_BROADCAST, MSG_TLB_BROADCAST_ACK.  May touch only what belongs
     * to this CPU (the core runs ahead).  True if a halted or spinning CPU
     * should run step() now. */
    bool (*message)(void *context, unsigned cpu, const struct msg *msg);

    /* Are interrupts on, for what 'cpu' runs now? */
    bool (*interrupts_on)(void *context, unsigned cpu);

    /*
     * Recorded order. gate() asks at the engine's present whether 'op' may
     * start; if not, the thread is put to sleep and the core calls step().
     * done() says that it has completed.
     */
    bool (*gate)(void *context, unsigned cpu, const struct op *op, uint64_t index,
                 cycle_t now);
    void (*done)(void *context, unsigned cpu, const struct op *op, cycle_t now);

    /* Where the kernel stands on 'cpu', in 47 bits (vm_position()). */
    uint64_t (*position)(void *context, unsigned cpu);

    /*
     * Litmus tests, whose guests write page tables themselves.  entry_pa() is
     * where the leaf entry of 'va' lies, in tables that are made if need be;
     * entry_of() what PTE_SET stores there.
     */
    pa_t (*entry_pa)(void *context, unsigned cpu, va_t va);
    pte_t (*entry_of)(void *context, unsigned cpu, const struct op *op);
};

#endif
