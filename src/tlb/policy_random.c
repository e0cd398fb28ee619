/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy_random.c - gives up any way.
 *
 * The draw comes from outside (sim/choice), so the policy itself is a pure
 * function and the explorer can try every way.
 */
#include "tlb/policy.h"

static size_t random_state_bytes(unsigned n_ways)
{
    (void)n_ways;
    return 0;
}

static void random_init(void *set, unsigned n_ways)
{
    (void)set;
    (void)n_ways;
}

static void random_touch(void *set, unsigned n_ways, unsigned way)
{
    (void)set;
    (void)n_ways;
    (void)way;
}

static unsigned random_victim(const void *set, unsigned n_ways, uint64_t chance)
{
    (void)set;
    (void)n_ways;
    return (unsigned)chance;
}

const struct tlb_policy tlb_policy_random = {
    .name = "random",
    .help = "any entry, drawn from the run's seed",
    .chance = true,
    .state_bytes = random_state_bytes,
    .init = random_init,
    .hit = random_touch,
    .fill = random_touch,
    .victim = random_victim,
};
