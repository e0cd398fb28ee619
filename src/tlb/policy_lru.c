/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy_lru.c - gives up the way that was unused for longest.
 *
 * The order of the ways is kept exactly.  tlb.c calls order.h itself for this
 * policy; these functions are the same thing behind the table, and a test
 * holds the two against each other.
 */
#include "tlb/order.h"
#include "tlb/policy.h"

static void lru_init(void *set, unsigned n_ways)
{
    order_init(set, n_ways);
}

static void lru_touch(void *set, unsigned n_ways, unsigned way)
{
    order_to_front(set, n_ways, way);
}

static unsigned lru_victim(const void *set, unsigned n_ways, uint64_t chance)
{
    (void)chance;
    return order_oldest(set, n_ways);
}

const struct tlb_policy tlb_policy_lru = {
    .name = "lru",
    .help = "true least-recently-used order",
    .state_bytes = order_bytes,
    .init = lru_init,
    .hit = lru_touch,
    .fill = lru_touch,
    .victim = lru_victim,
};
