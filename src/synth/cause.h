/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cause.h - why an order of steps was refuted.
 *
 * From the refuting schedule: how far the copying fault had come when the rule was
 * broken, and whether another fault had upgraded the entry.  That prefix of the list
 * decides:
 *
 *   CAUSE_NEVER_ENDS      no schedule breaks a rule, but some cannot end
 *   CAUSE_NO_REMOTE       the list has ended; nothing in it invalidates other TLBs
 *   CAUSE_TOO_EARLY       the last request is made before the old frame leaves the
 * entry: TLBs fill again, or it is skipped as nothing has changed CAUSE_NO_WAIT the
 * list has ended without a wait for the last request CAUSE_UPGRADED        another
 * fault made the entry writable before the end of the invalidation: lock or busy state
 * were given up too early CAUSE_WRITABLE        the list itself made the new frame
 * writable before the end of the invalidation CAUSE_OWN_TLB         all others have
 * invalidated; the last 'invalidate_local' lies before the old frame leaves the entry,
 * or there is none CAUSE_OTHER           none of these
 */
#ifndef SYNTH_CAUSE_H
#define SYNTH_CAUSE_H

#include "config/protocol.h"

/* CAUSE(NAME, sentence). In the order in which they are asked. */
#define SYNTH_CAUSE_LIST(CAUSE)                                                 \
    CAUSE(NEVER_ENDS, "never ends: a thread can wait for ever")                 \
    CAUSE(NO_REMOTE, "nothing invalidates the TLBs of other CPUs")              \
    CAUSE(TOO_EARLY,                                                            \
          "the other TLBs are asked to invalidate before the entry changes")    \
    CAUSE(UPGRADED,                                                             \
          "another fault makes the page writable before all have invalidated, " \
          "as its lock or busy state was given up")                             \
    CAUSE(WRITABLE, "the new page is writable before all have invalidated")     \
    CAUSE(NO_WAIT, "nobody waits for the acknowledgements")                     \
    CAUSE(OWN_TLB, "the CPU that copies keeps the old page in its own TLB")     \
    CAUSE(OTHER, "another reason")

enum synth_cause {
#define CAUSE(name, sentence) CAUSE_##name,
    SYNTH_CAUSE_LIST(CAUSE)
#undef CAUSE
        SYNTH_N_CAUSES
};

/* 'n_done' steps of the copy list were done, and 'upgraded' says whether an upgrade
 * list had made the entry writable meanwhile. Pure. */
enum synth_cause synth_cause_of(const struct protocol *protocol, uint32_t n_done,
                                bool upgraded);
const char *synth_cause_text(enum synth_cause cause);

#endif
