/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enumerate.h - all orders of a few protocol steps, up to obvious equivalence.
 *
 * A copy list has a fixed beginning and end, and between them any order of a multiset
 * of steps, some of which may be left out.  Kept are orders that can run at all
 * (protocol_check()) and whose entries change inside the pmap lock; when the entry
 * ends read-only, the given upgrade list follows.
 *
 * Two orders are equivalent when one becomes the other by leaving out what has no
 * effect and exchanging neighbours that commute:
 *
 *   EQ1  'pv_locks' takes time and nothing else: a list with it is equivalent to the
 *        one without.
 *   EQ2  'invalidate_local' changes only the TLB of the CPU that runs the list,
 *        which runs no user code before the list ends: it commutes with every
 *        step that neither changes an entry nor invalidates.  That it drains the
 *        store buffer changes nothing: a store may leave at any time, and the steps
 *        that change entries drain it too.
 *
 *   EQ3  Behind a 'pte_set new', 'pte_set same' stores the same frame as another
 *        'pte_set new': the two words mean one thing.
 *
 * One order of each class is kept: that of a known protocol if there is one, else
 * the first one met.
 */
#ifndef SYNTH_ENUMERATE_H
#define SYNTH_ENUMERATE_H

#include "config/protocol.h"

struct synth_space {
    uint8_t prefix[PROTOCOL_STEPS_MAX];
    uint32_t n_prefix;
    uint8_t suffix[PROTOCOL_STEPS_MAX];
    uint32_t n_suffix;
    uint8_t least[PROTOCOL_N_STEPS], most[PROTOCOL_N_STEPS]; /* Between them. */
    uint32_t length;       /* Of the part between them; 0: any. */
    uint32_t most_entries; /* Changes of the entry. */
    uint8_t upgrade[PROTOCOL_STEPS_MAX];
    uint32_t n_upgrade;
    uint32_t max_classes;
};

struct synth_candidate {
    struct protocol protocol; /* Its name is "order-N", or that of a known one. */
    uint8_t normal[PROTOCOL_STEPS_MAX]; /* synth_normal() of its copy list. */
    uint32_t n_normal;
    uint32_t n_orders; /* In its class. */
    bool known;
};

struct synth_set {
    struct synth_candidate *candidates;
    uint32_t n, capacity;
    double n_raw;        /* Orders of the multiset. */
    uint64_t n_runnable; /* Of them that can run. */
};

/* Fills the set, whose memory is the caller's: synth_set_free().  'known' are
 * 'n_known' protocols whose names are to be given.  STATUS_LIMIT: too many classes. */
enum status synth_enumerate(const struct synth_space *space,
                            const struct protocol *known, uint32_t n_known,
                            struct synth_set *set, struct err *err);
void synth_set_free(struct synth_set *set);

/* The normal form of 'list' into 'out': equal for equivalent lists.  Returns its
 * length. Pure. */
uint32_t synth_normal(const uint8_t *list, uint32_t n, uint8_t *out);

/* May neighbours 'a' and 'b' be exchanged (EQ2)? Pure. */
bool synth_commute(enum protocol_step a, enum protocol_step b);

#endif
