/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.h - what the runtime remembers about an event or a barrier.
 *
 * Condition variables, semaphores and barriers do not show how often they were
 * used, so it is counted beside them, by address.  Counts never start anew
 * when the guest reuses an address, for those of the simulator do not either.
 */
#ifndef RECORDER_OBJECT_H
#define RECORDER_OBJECT_H

#include "rt.h"

struct object {
    _Atomic uint64_t addr;  /* 0: a free place. */
    _Atomic uint64_t posts; /* Signals, broadcasts, posts so far. */
    _Atomic int64_t credit; /* Semaphore: takings less those without a post. */
    _Atomic uint32_t known; /* Semaphore: 'credit' counts from its value. */
    uint32_t n;             /* Barrier: threads to wait for. */
    uint32_t arrived;       /* Barrier, with a seed. */
    uint64_t round;         /* Barrier, with a seed. */
};

/* The object at 'p'; made at the first call. Never null. */
RT_HIDDEN struct object *object_get(const volatile void *p);

/* In a forked child all counts start at 0. */
RT_HIDDEN void object_forget_all(void);

#endif
