/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * order.h - an order of the ways of one set, from newest to oldest.
 *
 * A ring of n_ways + 1 links; link n_ways is the head.  Moving a way to the
 * front and naming the last one take constant time, which matters for a
 * fully associative set.  It is a header because tlb.c keeps LRU order
 * inline: an indirect call for each hit would cost more than the hit.
 *
 *        +------------------------------------------------+
 *        v                                                |
 *     [head] -> [newest] -> [..] -> [oldest] -------------+      ('next')
 */
#ifndef TLB_ORDER_H
#define TLB_ORDER_H

#include "base/types.h"

struct order_link {
    uint16_t next, prev;
};

static inline size_t order_bytes(unsigned n_ways)
{
    return (n_ways + 1) * sizeof(struct order_link);
}

/* Way 0 is the newest, the last way the oldest. */
static inline void order_init(struct order_link *links, unsigned n_ways)
{
    unsigned n = n_ways + 1;
    for (unsigned i = 0; i < n; i++) {
        links[i].next = (uint16_t)((i + 1) % n);
        links[i].prev = (uint16_t)((i + n - 1) % n);
    }
}

static inline void order_to_front(struct order_link *links, unsigned n_ways,
                                  unsigned way)
{
    unsigned newest = links[n_ways].next;
    if (newest == way)
        return;
    unsigned next = links[way].next, prev = links[way].prev;
    links[prev].next = (uint16_t)next;
    links[next].prev = (uint16_t)prev;
    links[way] = (struct order_link){(uint16_t)newest, (uint16_t)n_ways};
    links[newest].prev = (uint16_t)way;
    links[n_ways].next = (uint16_t)way;
}

static inline unsigned order_oldest(const struct order_link *links, unsigned n_ways)
{
    return links[n_ways].prev;
}

#endif
