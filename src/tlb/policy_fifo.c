/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy_fifo.c - gives up the way that was filled first; hits do not count.
 *
 * It keeps the order of the fills rather than a turning pointer, because an
 * invalidation frees ways out of turn.
 */
#include "tlb/order.h"
#include "tlb/policy.h"

static void fifo_init(void *set, unsigned n_ways)
{
    order_init(set, n_ways);
}

static void fifo_hit(void *set, unsigned n_ways, unsigned way)
{
    (void)set;
    (void)n_ways;
    (void)way;
}

static void fifo_fill(void *set, unsigned n_ways, unsigned way)
{
    order_to_front(set, n_ways, way);
}

static unsigned fifo_victim(const void *set, unsigned n_ways, uint64_t chance)
{
    (void)chance;
    return order_oldest(set, n_ways);
}

const struct tlb_policy tlb_policy_fifo = {
    .name = "fifo",
    .help = "the entry that was filled first",
    .state_bytes = order_bytes,
    .init = fifo_init,
    .hit = fifo_hit,
    .fill = fifo_fill,
    .victim = fifo_victim,
};
