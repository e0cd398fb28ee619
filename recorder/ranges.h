/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.h - a set of addresses as a sorted list of disjoint ranges.
 *
 * Shared by the runtime and sim-pack: the memory is the caller's, and no libc
 * function is called.
 */
#ifndef RECORDER_RANGES_H
#define RECORDER_RANGES_H

#include <stdbool.h>
#include <stdint.h>

struct range {
    uint64_t first, end;
};

struct ranges {
    struct range *list;
    uint32_t n, max;
};

/* A list that is full stays as it is: the set is then too small, or too large
 * after a cut. */
void ranges_add(struct ranges *set, uint64_t first, uint64_t end);
/* Returns whether anything was removed. */
bool ranges_cut(struct ranges *set, uint64_t first, uint64_t end);

bool ranges_has(const struct ranges *set, uint64_t addr);
/* Whether all of [first, end) is in the set. */
bool ranges_has_all(const struct ranges *set, uint64_t first, uint64_t end);

/* The first part of [first, end) that is not in the set. False: there is none. */
bool ranges_gap(const struct ranges *set, uint64_t first, uint64_t end,
                struct range *gap);

#endif
