/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tags.h - a set-associative array of line tags in true LRU order.
 *
 * The ways of a set lie in the order of their last use, the newest first and
 * the empty ones last, so that the common look-up compares one tag and a
 * victim needs no search.  The arrays know lines, not data: the words lie in
 * mem.c's frames.
 *
 *    31                           1    0
 *   +------------------------------+-----+
 *   | line number + 1; 0 if empty  | own |   own: held exclusively
 *   +------------------------------+-----+
 */
#ifndef MEM_TAGS_H
#define MEM_TAGS_H

#include "base/arena.h"

#define TAG_OWN            1u
#define MEM_TAGS_LINES_MAX (UINT32_C(1) << 30)

typedef uint32_t mem_tag_t;

struct mem_tags {
    uint32_t sets, ways;
    uint64_t set_mask; /* sets - 1 if that is a mask, else 0: divide. */
    mem_tag_t *tags;   /* [sets * ways] */
};

static inline void mem_tags_init(struct mem_tags *t, struct arena *arena, uint32_t sets,
                                 uint32_t ways)
{
    t->sets = sets;
    t->ways = ways;
    t->set_mask = (sets & (sets - 1)) == 0 ? sets - 1 : 0;
    t->tags = arena_take(arena, ARENA_TIMING, (size_t)sets * ways, sizeof *t->tags);
}

static inline mem_tag_t mem_tag_make(uint64_t line, bool own)
{
    return (mem_tag_t)((line + 1) << 1 | own);
}

static inline uint64_t mem_tag_line(mem_tag_t tag)
{
    return (uint64_t)(tag >> 1) - 1;
}

static inline mem_tag_t *mem_tags_set(const struct mem_tags *t, uint64_t line)
{
    uint64_t set = t->set_mask || t->sets == 1 ? line & t->set_mask : line % t->sets;
    return t->tags + set * t->ways;
}

/* The tag of 'line', or null. Leaves no trace. */
static inline mem_tag_t *mem_tags_find(const struct mem_tags *t, uint64_t line)
{
    mem_tag_t *set = mem_tags_set(t, line);
    for (uint32_t way = 0; way < t->ways; way++) {
        if (set[way] >> 1 == line + 1)
            return &set[way];
    }
    return NULL;
}

/* Makes 'tag', which mem_tags_find returned for 'line', the newest. */
static inline mem_tag_t *mem_tags_use(const struct mem_tags *t, uint64_t line,
                                      mem_tag_t *tag)
{
    mem_tag_t *set = mem_tags_set(t, line), kept = *tag;
    for (; tag > set; tag--)
        tag[0] = tag[-1];
    *set = kept;
    return set;
}

/* Puts a line that is not there in front. Returns the tag given up, or 0. */
static inline mem_tag_t mem_tags_insert(const struct mem_tags *t, uint64_t line,
                                        bool own)
{
    mem_tag_t *set = mem_tags_set(t, line);
    uint32_t last = 0;
    while (last < t->ways - 1 && set[last])
        last++;
    mem_tag_t given_up = set[last];
    for (uint32_t way = last; way > 0; way--)
        set[way] = set[way - 1];
    set[0] = mem_tag_make(line, own);
    return given_up;
}

/* Takes 'line' out if it is there; the empty ways stay last. */
static inline bool mem_tags_remove(const struct mem_tags *t, uint64_t line)
{
    mem_tag_t *tag = mem_tags_find(t, line);
    if (!tag)
        return false;
    mem_tag_t *end = mem_tags_set(t, line) + t->ways;
    for (; tag + 1 < end; tag++)
        tag[0] = tag[1];
    *tag = 0;
    return true;
}

#endif
