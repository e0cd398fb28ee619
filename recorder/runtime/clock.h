/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * clock.h - what time it is for the guest.
 *
 * With a seed all clocks of the guest show the scheduler's virtual time, on
 * one fixed day, so that a deadline computed from a clock means the same in
 * every recording.
 */
#ifndef RECORDER_CLOCK_H
#define RECORDER_CLOCK_H

#include <stdint.h>
#include <time.h>

#include "sched.h"

#define CLOCK_NS_PER_S UINT64_C(1000000000)
#define CLOCK_EPOCH_S  UINT64_C(1518566400) /* 14 February 2018 */

static inline uint64_t clock_ns(const struct timespec *time)
{
    if (time->tv_sec < 0)
        return 0;
    return (uint64_t)time->tv_sec * CLOCK_NS_PER_S + (uint64_t)time->tv_nsec;
}

/* The scheduler's deadline for a point in the guest's time; null: none. */
static inline uint64_t clock_deadline(const struct timespec *point)
{
    uint64_t epoch = CLOCK_EPOCH_S * CLOCK_NS_PER_S;
    if (point == NULL)
        return SCHED_NO_DEADLINE;
    uint64_t ns = clock_ns(point);
    return ns > epoch ? ns - epoch : 0;
}

#endif
