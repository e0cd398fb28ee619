/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spin.h - a thread that spins writes its load down once.
 *
 * A spinning thread can fill gigabytes with one load.  A load that may be
 * waiting for another thread (atomic, volatile) and equals the record before
 * it, address and pc, is dropped.  With a seed a few of them end the turn:
 * the thread that is waited for must get the token.
 */
#ifndef RECORDER_SPIN_H
#define RECORDER_SPIN_H

#include "rt.h"
#include "sched.h"

enum { RT_SPINS_PER_TURN = 16 };

static inline bool rt_repeats(uint64_t addr, uint64_t word)
{
    const struct raw_slot *next = rt_cursor.next;
    return next > rt_cursor.window && rt_cursor.window != NULL && next[-1].a == addr &&
           next[-1].b == word;
}

static inline void rt_spin_load(uint64_t addr, uint64_t pc, uint32_t size)
{
    if (!rt_repeats(addr, raw_word(pc, OP_LOAD + 1, size))) {
        rt_access(addr, pc, OP_LOAD, size);
    } else if (++rt_cursor.n_repeats % RT_SPINS_PER_TURN == 0 && sched_active() &&
               rt_cursor.hold == 0) {
        sched_pass();
    }
}

#endif
