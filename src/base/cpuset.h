/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpuset.h - a set of hardware threads (FreeBSD cpuset_t).
 */
#ifndef BASE_CPUSET_H
#define BASE_CPUSET_H

#include "base/types.h"

#include <string.h>

#define CPUSET_WORDS (CPU_MAX / 64u)

struct cpuset {
    uint64_t word[CPUSET_WORDS];
};

static inline void cpuset_zero(struct cpuset *set)
{
    memset(set, 0, sizeof *set);
}

static inline void cpuset_add(struct cpuset *set, unsigned cpu)
{
    set->word[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}

static inline void cpuset_remove(struct cpuset *set, unsigned cpu)
{
    set->word[cpu / 64] &= ~(UINT64_C(1) << (cpu % 64));
}

static inline bool cpuset_has(const struct cpuset *set, unsigned cpu)
{
    return (set->word[cpu / 64] >> (cpu % 64)) & 1;
}

static inline unsigned cpuset_count(const struct cpuset *set)
{
    unsigned n = 0;
    for (unsigned i = 0; i < CPUSET_WORDS; i++)
        n += (unsigned)__builtin_popcountll(set->word[i]);
    return n;
}

/* The first member at or after 'cpu', or NO_CPU. */
static inline unsigned cpuset_next(const struct cpuset *set, unsigned cpu)
{
    for (unsigned i = cpu / 64; i < CPUSET_WORDS; i++) {
        uint64_t w = set->word[i];
        if (i == cpu / 64)
            w &= ~UINT64_C(0) << (cpu % 64);
        if (w)
            return i * 64 + (unsigned)__builtin_ctzll(w);
    }
    return NO_CPU;
}

#endif
