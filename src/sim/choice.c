/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choice.c - the one door for chance. See choice.h.
 *
 * The n-th question of a unit for a purpose is answered from place n of the
 * stream (unit, purpose): the only state is a counter for each of them.
 *
 * Every answer is the same on every machine: draws are integers, and the
 * shapes use IEEE arithmetic, sqrt (which IEEE 754 fixes) and base/exact.h.
 */
#include "sim/choice.h"

#include "base/exact.h"
#include "base/rng.h"

#include <assert.h>
#include <math.h>

/* No draw is longer, however far out in its tail: 2^48 cycles is a day, and
 * sums of such latencies stay far from overflow. */
#define JITTER_MAX ((cycle_t)1 << 48)

struct choice {
    uint64_t seed;
    uint32_t n_units;
    struct choice_oracle oracle;
    uint64_t counters[]; /* n_units x CHOICE_N_PURPOSES */
};

size_t choice_bytes(unsigned n_units)
{
    return sizeof(struct choice) + n_units * CHOICE_N_PURPOSES * sizeof(uint64_t);
}

struct choice *choice_init(void *memory, unsigned n_units)
{
    struct choice *choice = memory;
    choice->n_units = n_units;
    return choice;
}

void choice_seed(struct choice *choice, uint64_t seed)
{
    choice->seed = seed;
    for (size_t i = 0; i < (size_t)choice->n_units * CHOICE_N_PURPOSES; i++)
        choice->counters[i] = 0;
}

void choice_ask_oracle(struct choice *choice, struct choice_oracle oracle)
{
    choice->oracle = oracle;
}

static uint64_t draw(struct choice *choice, unsigned unit, enum choice_purpose purpose)
{
    assert(unit < choice->n_units && purpose < CHOICE_N_PURPOSES);
    uint64_t *counter = &choice->counters[unit * CHOICE_N_PURPOSES + purpose];
    /* Room for 256 purposes, so that a new one leaves the old streams alone. */
    uint64_t stream = (uint64_t)unit << 8 | purpose;
    return rng_draw(choice->seed, stream, (*counter)++);
}

/* In [0, n).  The bias of the multiplication, at most n / 2^64, is nobody's
 * concern for the small n of a model. */
static uint64_t draw_below(struct choice *choice, unsigned unit,
                           enum choice_purpose purpose, uint64_t n)
{
    __extension__ typedef unsigned __int128 wide;
    return (uint64_t)((wide)draw(choice, unit, purpose) * n >> 64);
}

/* In (0, 1]: a logarithm may be taken of it. */
static double draw_unit(struct choice *choice, unsigned unit,
                        enum choice_purpose purpose)
{
    return (double)((draw(choice, unit, purpose) >> 11) + 1) * 0x1p-53;
}

/* Normal deviate of mean 0 and deviation 1: the polar method, because it needs
 * no sine.  It rejects about a fifth of the pairs; the stream goes on. */
static double draw_normal(struct choice *choice, unsigned unit,
                          enum choice_purpose purpose)
{
    for (;;) {
        double x = 2 * draw_unit(choice, unit, purpose) - 1;
        double y = 2 * draw_unit(choice, unit, purpose) - 1;
        double r = x * x + y * y;
        if (r > 0x1p-100 && r < 1)
            return x * sqrt(-2 * exact_log(r) / r);
    }
}

static cycle_t round_cycles(double cycles)
{
    return cycles < (double)JITTER_MAX ? (cycle_t)floor(cycles + 0.5) : JITTER_MAX;
}

static cycle_t jitter(struct choice *choice, unsigned unit, enum choice_purpose purpose,
                      const struct dist *dist)
{
    double a = (double)dist->a;
    switch (dist->kind) {
    case DIST_FIXED:
        return 0;
    case DIST_UNIFORM:
        return draw_below(choice, unit, purpose, dist->a + 1);
    case DIST_EXPONENTIAL:
        return round_cycles(-a * exact_log(draw_unit(choice, unit, purpose)));
    case DIST_LOGNORMAL:
        return round_cycles(
            a * exact_exp(dist->sigma * draw_normal(choice, unit, purpose)));
    case DIST_TABLE:
        assert(dist->n_table > 0 && dist->n_table <= DIST_TABLE_MAX);
        return dist->table[draw_below(choice, unit, purpose, dist->n_table)];
    }
    assert(false); /* The kinds above are all of the enum. */
    return 0;
}

cycle_t choice_latency(struct choice *choice, unsigned unit,
                       enum choice_purpose purpose, const struct dist *dist)
{
    /* An explorer has no time: it chooses the order of arrivals instead. */
    if (choice->oracle.pick)
        return dist->base;
    cycle_t extra = jitter(choice, unit, purpose, dist);
    if (dist->max && extra > dist->max)
        extra = dist->max;
    return dist->base + (extra < JITTER_MAX ? extra : JITTER_MAX);
}

uint64_t choice_pick(struct choice *choice, unsigned unit, enum choice_purpose purpose,
                     uint64_t n)
{
    assert(n > 0);
    if (!choice->oracle.pick)
        return draw_below(choice, unit, purpose, n);
    uint64_t picked = choice->oracle.pick(choice->oracle.context, unit, purpose, n);
    assert(picked < n);
    return picked;
}
