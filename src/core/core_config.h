/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core_config.h - parameters of one hardware thread and of trace replay.
 */
#ifndef CORE_CORE_CONFIG_H
#define CORE_CORE_CONFIG_H

#include "base/param.h"

enum lock_order {
    LOCK_ORDER_RECORDED, /* Locks are taken in the order of their seq. */
    LOCK_ORDER_FREE,     /* Whoever gets the lock word has the lock. */
};

enum on_segv {
    ON_SEGV_KILL, /* "kill": the process ends, the run goes on. */
    ON_SEGV_STOP, /* "stop": the run ends with an error. */
    ON_SEGV_SKIP, /* "skip": the operation is left out. */
};

struct core_config {
    uint32_t store_buffer; /* Entries; 1 to 128. */
    cycle_t fence;         /* MFENCE beyond draining. */
    cycle_t locked;        /* Locked read-modify-write beyond its accesses. */
    cycle_t fault_entry;   /* #PF: exception entry. */
    cycle_t syscall_entry;
    cycle_t kernel_exit; /* IRET or SYSRET. */
    cycle_t spin_pause;  /* Between two looks at a lock word. */
    uint32_t lookahead;  /* 0: as large as the machine allows; 1..: cap. */
    uint32_t lock_order; /* enum lock_order */
    uint32_t on_segv;    /* enum on_segv */
    struct dist start;   /* When a root thread starts. */
    struct dist irq_off; /* How long an arriving interrupt finds IF=0. */
    bool kernel_ops;     /* Guests may do what a kernel does: for litmus tests, no
                          * parameter of users. */
};

extern const struct param core_params[];
extern const size_t n_core_params;

#endif
