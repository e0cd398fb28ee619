/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.c - counter-based random numbers: Philox4x32-10.
 *
 * After: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3" (SC 2011).  Chosen because any two (seed, stream, counter) may be
 * asked in any order, and because it has published test vectors.
 *
 *   key      { seed low, seed high }
 *   counter  { counter low, counter high, stream low, stream high }
 *   draw     { word 0 = low, word 1 = high }; words 2 and 3 are not used
 */
#include "base/rng.h"

#define N_ROUNDS 10

static const uint32_t multiplier[2] = {0xd2511f53, 0xcd9e8d57};
static const uint32_t weyl[2] = {0x9e3779b9, 0xbb67ae85};

static void philox_round(uint32_t x[4], const uint32_t key[2])
{
    uint64_t p0 = (uint64_t)multiplier[0] * x[0];
    uint64_t p1 = (uint64_t)multiplier[1] * x[2];
    x[0] = (uint32_t)(p1 >> 32) ^ x[1] ^ key[0];
    x[1] = (uint32_t)p1;
    x[2] = (uint32_t)(p0 >> 32) ^ x[3] ^ key[1];
    x[3] = (uint32_t)p0;
}

uint64_t rng_draw(uint64_t seed, uint64_t stream, uint64_t counter)
{
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t x[4] = {(uint32_t)counter, (uint32_t)(counter >> 32), (uint32_t)stream,
                     (uint32_t)(stream >> 32)};
    for (int i = 0; i < N_ROUNDS; i++) {
        philox_round(x, key);
        key[0] += weyl[0];
        key[1] += weyl[1];
    }
    return (uint64_t)x[1] << 32 | x[0];
}

double rng_unit(uint64_t seed, uint64_t stream, uint64_t counter)
{
    /* 53 bits: every value is exact in a double, and 1 is never reached. */
    return (double)(rng_draw(seed, stream, counter) >> 11) * 0x1p-53;
}
