/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.c - the list of replacement policies.
 */
#include "tlb/policy.h"

const struct tlb_policy *const tlb_policies[] = {
    &tlb_policy_lru, &tlb_policy_plru, &tlb_policy_fifo, &tlb_policy_random, NULL,
};
