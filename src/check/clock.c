/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.c - vector clocks; see clock.h.
 */
#include "check/clock.h"

#include "check/grow.h"

#include <string.h>

/* Components beyond 'n' are kept at zero, so that growing needs no clearing. */
static void clock_reach(struct check_clock *clock, uint32_t n)
{
    if (n <= clock->n)
        return;
    clock->at = check_grow(clock->at, &clock->capacity, n, sizeof *clock->at);
    clock->n = n;
}

void check_clock_raise(struct check_clock *clock, uint32_t thread, uint64_t value)
{
    clock_reach(clock, thread + 1);
    if (clock->at[thread] < value)
        clock->at[thread] = value;
}

void check_clock_join(struct check_clock *clock, const struct check_clock *other)
{
    clock_reach(clock, other->n);
    for (uint32_t i = 0; i < other->n; i++)
        if (clock->at[i] < other->at[i])
            clock->at[i] = other->at[i];
}

void check_clock_clear(struct check_clock *clock)
{
    if (clock->n)
        memset(clock->at, 0, clock->n * sizeof *clock->at);
    clock->n = 0;
}

void check_clock_free(struct check_clock *clock)
{
    check_give(clock->at);
    *clock = (struct check_clock){0};
}
