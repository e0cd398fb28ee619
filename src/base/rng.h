/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rng.h - counter-based random numbers.
 *
 * A draw is a pure function of (seed, stream, counter), so the order in which
 * units happen to run cannot change any unit's draws (DESIGN section 3).
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stdint.h>

/* The 'counter'-th 64-bit draw of 'stream' under 'seed'. */
uint64_t rng_draw(uint64_t seed, uint64_t stream, uint64_t counter);

/* The same, as a double in [0, 1). */
double rng_unit(uint64_t seed, uint64_t stream, uint64_t counter);

#endif
