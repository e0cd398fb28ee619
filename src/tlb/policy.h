/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy.h - how a full TLB set chooses the way to give up.
 *
 * A policy is a constant table of functions over a block of bytes that the
 * TLB owns, one block per set.  The block holds no pointers, so a machine is
 * copied and reset without help from any policy.  Recency is not
 * architectural: a block may belong to another past than the set's entries
 * (the explorer loads the entries alone), so a policy must give a sensible
 * answer for every sequence of calls after 'init'.
 *
 * To add a policy:
 *   1. write policy_<name>.c ending in one 'const struct tlb_policy';
 *   2. declare it below and add it to tlb_policies[] in policy.c;
 *   3. add its name to the choices in tlb_config.c, at the same place.
 * Config files can then name it, and tests/unit/test_tlb_policy.c runs the
 * contract below on it.  Nothing else changes.
 *
 * Contract, for every policy:
 *   POL1  'victim' is below 'n_ways' and never changes the block.
 *   POL2  Equal calls on equal blocks give equal blocks.
 *   POL3  A second 'hit' or a 'hit' after 'fill' on the same way with nothing
 *         in between changes nothing (the TLB then leaves the call out).
 *   POL4  'state_bytes' bounds what any function touches.
 */
#ifndef TLB_POLICY_H
#define TLB_POLICY_H

#include "base/types.h"

#define TLB_WAYS_MAX 512u

struct tlb_policy {
    const char *name; /* As written in a config file. */
    const char *help; /* One line. */
    bool chance;      /* 'victim' uses its last argument. */

    /* Bytes of state for one set of 'n_ways' ways. */
    size_t (*state_bytes)(unsigned n_ways);

    /* Puts a set in its first state. Same arguments, same bytes. */
    void (*init)(void *set, unsigned n_ways);

    /* Notes that a look-up found 'way', or that 'way' got a new entry. */
    void (*hit)(void *set, unsigned n_ways, unsigned way);
    void (*fill)(void *set, unsigned n_ways, unsigned way);

    /* Returns the way to give up; asked only when all ways are valid.
     * 'chance' is a draw in [0, n_ways) if the policy asks for one, else 0. */
    unsigned (*victim)(const void *set, unsigned n_ways, uint64_t chance);
};

extern const struct tlb_policy tlb_policy_lru;
extern const struct tlb_policy tlb_policy_plru;
extern const struct tlb_policy tlb_policy_fifo;
extern const struct tlb_policy tlb_policy_random;

/* All of them, in the order of the configuration's choices; null at the end. */
extern const struct tlb_policy *const tlb_policies[];

#endif
