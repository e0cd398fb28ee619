/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * map.c - the hash map of map.h.
 */
#include "check/map.h"

#include "check/grow.h"

#include <string.h>

#define MAP_FIRST_CAPACITY 64u
#define MAP_KEEP_CAPACITY  4096u /* A larger table is given back on clear. */

/* Mixes both keys (the finalizer of splitmix64, twice). */
static uint64_t map_hash(uint64_t a, uint64_t b)
{
    uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) ^ b;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static struct check_map_slot *map_slot(const struct check_map *map, uint64_t a,
                                       uint64_t b)
{
    uint32_t i = (uint32_t)map_hash(a, b) & (map->capacity - 1);
    while (map->slots[i].used && (map->slots[i].a != a || map->slots[i].b != b))
        i = (i + 1) & (map->capacity - 1);
    return &map->slots[i];
}

uint32_t check_map_find(const struct check_map *map, uint64_t a, uint64_t b)
{
    if (map->n == 0)
        return CHECK_MAP_NONE;
    const struct check_map_slot *slot = map_slot(map, a, b);
    return slot->used ? slot->value : CHECK_MAP_NONE;
}

static void map_grow(struct check_map *map)
{
    struct check_map old = *map;
    map->capacity = old.capacity ? old.capacity * 2 : MAP_FIRST_CAPACITY;
    map->slots = check_take(map->capacity, sizeof *map->slots);
    for (uint32_t i = 0; i < old.capacity; i++)
        if (old.slots[i].used)
            *map_slot(map, old.slots[i].a, old.slots[i].b) = old.slots[i];
    check_give(old.slots);
}

void check_map_put(struct check_map *map, uint64_t a, uint64_t b, uint32_t value)
{
    if ((map->n + 1) * 4 > map->capacity * 3)
        map_grow(map);
    struct check_map_slot *slot = map_slot(map, a, b);
    *slot = (struct check_map_slot){a, b, value, 1};
    map->n++;
}

void check_map_clear(struct check_map *map)
{
    if (map->capacity > MAP_KEEP_CAPACITY)
        check_map_free(map);
    else if (map->n)
        memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->n = 0;
}

void check_map_free(struct check_map *map)
{
    check_give(map->slots);
    *map = (struct check_map){0};
}
