/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grow.c - memory of the checker; see grow.h.
 */
#include "check/grow.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define GROW_FIRST 8u

void *check_take(size_t n, size_t size)
{
    void *memory = calloc(n ? n : 1, size);
    assert(memory != NULL);
    return memory;
}

void check_give(void *memory)
{
    free(memory);
}

void *check_grow(void *array, uint32_t *capacity, uint32_t need, size_t size)
{
    if (need <= *capacity)
        return array;
    uint32_t more = *capacity ? *capacity : GROW_FIRST;
    while (more < need)
        more = more > UINT32_MAX / 2 ? UINT32_MAX : more * 2;
    char *moved = realloc(array, more * size);
    assert(moved != NULL);
    memset(moved + *capacity * size, 0, (more - *capacity) * size);
    *capacity = more;
    return moved;
}
