/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_map.h - one line of /proc/self/maps.
 *
 *   555555554000-555555556000 r--p 00000000 08:01 1234      /usr/bin/guest
 *
 * Parsed without libc: the runtime reads its own maps, sim-pack those of the
 * guest at its start.
 */
#ifndef RECORDER_KERNEL_MAP_H
#define RECORDER_KERNEL_MAP_H

#include <stdint.h>

#include "trace/op.h"

struct kernel_map {
    uint64_t first, end;
    uint32_t prot;    /* OP_PROT_..., OP_MAP_SHARED */
    const char *name; /* In the text, up to the end of the line. */
    uint32_t name_bytes;
};

static inline uint64_t kernel_map_hex(const char **at)
{
    uint64_t value = 0;
    for (;; (*at)++) {
        char c = **at;
        if (c >= '0' && c <= '9')
            value = value * 16 + (uint64_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (uint64_t)(c - 'a' + 10);
        else
            return value;
    }
}

static inline uint32_t kernel_map_prot(const char *flags)
{
    return (flags[0] == 'r' ? OP_PROT_READ : 0u) |
           (flags[1] == 'w' ? OP_PROT_WRITE : 0u) |
           (flags[2] == 'x' ? OP_PROT_EXEC : 0u) |
           (flags[3] == 's' ? OP_MAP_SHARED : 0u);
}

/* Reads the line at '*text', which goes to the next one.  False at the end of
 * the text, where a line that is cut short counts as none. */
static inline bool kernel_map_next(const char **text, struct kernel_map *map)
{
    const char *line = *text, *end = line;
    while (*end != '\n' && *end != '\0')
        end++;
    if (*end == '\0')
        return false;
    *text = end + 1;
    map->first = kernel_map_hex(&line);
    line++;
    map->end = kernel_map_hex(&line);
    map->prot = kernel_map_prot(line + 1);
    /* No field before the name has one of these. */
    while (line < end && *line != '/' && *line != '[')
        line++;
    map->name = line;
    map->name_bytes = (uint32_t)(end - line);
    return true;
}

#endif
