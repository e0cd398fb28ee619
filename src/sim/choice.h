/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * choice.h - the one door for chance.
 *
 * Everything that is not determined asks here: jitter, a spontaneous
 * eviction, which waiter wins.  A timed run answers from counter-based
 * streams, one per unit and purpose, keyed by the run's seed; an explorer
 * answers with every alternative.
 */
#ifndef SIM_CHOICE_H
#define SIM_CHOICE_H

#include "base/param.h"

enum choice_purpose {
    CHOICE_IPI,    /* Delivery latency. */
    CHOICE_LINE,   /* Line transfer latency. */
    CHOICE_KERNEL, /* Cost of a kernel step; interrupt-off delays. */
    CHOICE_POLICY, /* Random replacement. */
    CHOICE_START,  /* When a thread starts. */
    CHOICE_N_PURPOSES
};

struct choice;

/* An explorer's answer to "which of n?"; timed runs leave it null. */
struct choice_oracle {
    void *context;
    uint64_t (*pick)(void *context, unsigned unit, enum choice_purpose purpose,
                     uint64_t n);
};

/* The door's state lies in 'memory' of choice_bytes(n_units) bytes, zeroed. */
size_t choice_bytes(unsigned n_units);
struct choice *choice_init(void *memory, unsigned n_units);
void choice_seed(struct choice *choice, uint64_t seed);
void choice_ask_oracle(struct choice *choice, struct choice_oracle oracle);

/* A draw of 'dist' (>= dist->base), in cycles. */
cycle_t choice_latency(struct choice *choice, unsigned unit,
                       enum choice_purpose purpose, const struct dist *dist);

/* A number in [0, n). n > 0. */
uint64_t choice_pick(struct choice *choice, unsigned unit, enum choice_purpose purpose,
                     uint64_t n);

#endif
