/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.h - a hash map from a pair of 64-bit keys to a 32-bit index.
 *
 * Open addressing, no deletion: the checker forgets everything at once, when
 * a run ends.  Order of iteration does not exist, so results cannot depend on
 * it.
 */
#ifndef CHECK_MAP_H
#define CHECK_MAP_H

#include "base/types.h"

#define CHECK_MAP_NONE UINT32_MAX

struct check_map_slot {
    uint64_t a, b;
    uint32_t value;
    uint32_t used;
};

struct check_map {
    uint32_t n, capacity; /* Capacity is a power of two, or 0. */
    struct check_map_slot *slots;
};

/* The value under (a, b), or CHECK_MAP_NONE. */
uint32_t check_map_find(const struct check_map *map, uint64_t a, uint64_t b);

/* Puts a new value. (a, b) must not be there yet. */
void check_map_put(struct check_map *map, uint64_t a, uint64_t b, uint32_t value);

/* Forgets all; keeps the memory if it is small, so that a reset is cheap. */
void check_map_clear(struct check_map *map);
void check_map_free(struct check_map *map);

#endif
