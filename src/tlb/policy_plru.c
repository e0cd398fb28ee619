/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * policy_plru.c - pseudo-LRU: a binary tree of bits that point at the older
 * half.
 *
 *              node 1               bit 0: the older half is the left one
 *             /      \              bit 1: the right one
 *         node 2    node 3          children of n: 2n and 2n + 1
 *         /   \     /   \           the leaf of way w is n_leaves + w
 *        w0   w1   w2   w3
 *
 * The tree has the next power of two of leaves; where the ways are fewer (12
 * of 16), a half that holds no way is never chosen.
 */
#include "tlb/policy.h"

#include <string.h>

static unsigned plru_leaves(unsigned n_ways)
{
    unsigned n = 1;
    while (n < n_ways)
        n *= 2;
    return n;
}

static size_t plru_state_bytes(unsigned n_ways)
{
    return (plru_leaves(n_ways) + 7) / 8;
}

static void plru_init(void *set, unsigned n_ways)
{
    memset(set, 0, plru_state_bytes(n_ways));
}

static void plru_touch(void *set, unsigned n_ways, unsigned way)
{
    uint8_t *bits = set;
    for (unsigned node = plru_leaves(n_ways) + way; node > 1; node /= 2) {
        unsigned parent = node / 2;
        uint8_t mask = (uint8_t)(1u << (parent % 8));
        if (node & 1)
            bits[parent / 8] = (uint8_t)(bits[parent / 8] & ~mask);
        else
            bits[parent / 8] |= mask;
    }
}

static unsigned plru_victim(const void *set, unsigned n_ways, uint64_t chance)
{
    (void)chance;
    const uint8_t *bits = set;
    unsigned way = 0, node = 1;
    for (unsigned half = plru_leaves(n_ways) / 2; half > 0; half /= 2) {
        unsigned right = (bits[node / 8] >> (node % 8)) & 1;
        if (right && way + half >= n_ways)
            right = 0;
        way += right * half;
        node = node * 2 + right;
    }
    return way;
}

const struct tlb_policy tlb_policy_plru = {
    .name = "plru",
    .help = "tree pseudo-LRU, as hardware often builds it",
    .state_bytes = plru_state_bytes,
    .init = plru_init,
    .hit = plru_touch,
    .fill = plru_touch,
    .victim = plru_victim,
};
