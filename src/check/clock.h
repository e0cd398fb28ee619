/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - vector clocks over operation indices.
 *
 * Component t of a thread's clock is the number of operations of thread t
 * that are known to have happened before: operation i of t happens before the
 * owner's next operation exactly if i < clock[t].  An index, not a tick: a
 * store is recorded when it leaves the store buffer, and only its index says
 * where it stands in its thread's program.
 *
 * A clock holds the components up to the highest thread it knows of.
 */
#ifndef CHECK_CLOCK_H
#define CHECK_CLOCK_H

#include "base/types.h"

struct check_clock {
    uint32_t n, capacity;
    uint64_t *at;
};

static inline uint64_t check_clock_get(const struct check_clock *clock, uint32_t thread)
{
    return thread < clock->n ? clock->at[thread] : 0;
}

/* Component 'thread' becomes at least 'value'. */
void check_clock_raise(struct check_clock *clock, uint32_t thread, uint64_t value);

/* Every component becomes at least what it is in 'other'. */
void check_clock_join(struct check_clock *clock, const struct check_clock *other);

/* All components 0; keeps the memory. */
void check_clock_clear(struct check_clock *clock);
void check_clock_free(struct check_clock *clock);

#endif
