/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store_buffer.h - the FIFO of stores that a hardware thread has retired but
 * that no other can see yet (x86-TSO).
 *
 * A store is translated when it enters (rule R22): a later invalidation does
 * not change where it goes.  One entry covers words of one line.
 */
#ifndef CORE_STORE_BUFFER_H
#define CORE_STORE_BUFFER_H

#include "base/types.h"

#include <assert.h>

#define STORE_BUFFER_MAX 128u

enum store_kind {
    STORE_PLAIN,
    STORE_UNLOCK, /* Releases the lock at 'va' when it becomes visible. */
    STORE_ENTRY,  /* A page-table entry: 'ver' is its bits, 'va' its page. */
};

struct store {
    pa_t pa; /* First byte. */
    va_t va;
    ver_t ver;
    cycle_t filled_at; /* Of the TLB entry that translated it. */
    uint32_t tid, space;
    uint8_t bytes; /* All within one line. */
    uint8_t kind;  /* enum store_kind */
    uint8_t lock_kind;
    uint8_t by_kernel;
};

struct store_buffer {
    uint32_t first, n, capacity;
    struct store *entries; /* [capacity] */
};

static inline struct store *sb_at(const struct store_buffer *sb, uint32_t i)
{
    uint32_t at = sb->first + i;
    return &sb->entries[at >= sb->capacity ? at - sb->capacity : at];
}

static inline bool sb_full(const struct store_buffer *sb)
{
    return sb->n == sb->capacity;
}

static inline struct store *sb_push(struct store_buffer *sb)
{
    assert(!sb_full(sb));
    return sb_at(sb, sb->n++);
}

static inline void sb_pop(struct store_buffer *sb)
{
    assert(sb->n > 0);
    sb->first = sb->first + 1 == sb->capacity ? 0 : sb->first + 1;
    sb->n--;
}

/* The youngest store that covers the word of 'pa', or null. Forwarding is by
 * physical address: an alias sees the store too. */
static inline const struct store *sb_find(const struct store_buffer *sb, pa_t pa)
{
    uint64_t word = pa.v / WORD_BYTES;
    for (uint32_t i = sb->n; i-- > 0;) {
        const struct store *s = sb_at(sb, i);
        if (s->pa.v / WORD_BYTES <= word &&
            word <= (s->pa.v + s->bytes - 1) / WORD_BYTES)
            return s;
    }
    return NULL;
}

#endif
