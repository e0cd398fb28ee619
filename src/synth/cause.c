/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cause.c - see cause.h.
 */
#include "synth/cause.h"

static bool changes_entry(uint8_t step)
{
    return step == PROTOCOL_PTE_SET_NEW_RO || step == PROTOCOL_PTE_SET_NEW_RW ||
           step == PROTOCOL_PTE_CLEAR || step == PROTOCOL_REMOVE_ALL;
}

/* Does it begin to invalidate other TLBs? */
static bool is_remote(uint8_t step)
{
    return step == PROTOCOL_SHOOTDOWN_SEND || step == PROTOCOL_BROADCAST ||
           step == PROTOCOL_STOP_OTHERS || step == PROTOCOL_REMOVE_ALL;
}

static bool is_local(uint8_t step)
{
    return step == PROTOCOL_INVALIDATE_LOCAL || step == PROTOCOL_BROADCAST ||
           step == PROTOCOL_REMOVE_ALL;
}

/* Is the invalidation over behind it? */
static bool is_end(uint8_t step)
{
    return step == PROTOCOL_SHOOTDOWN_WAIT || step == PROTOCOL_BROADCAST_SYNC ||
           step == PROTOCOL_RESUME_OTHERS || step == PROTOCOL_REMOVE_ALL;
}

/* The place behind the last step of that kind among the first 'n'; 0: none. */
static uint32_t behind_last(const struct protocol *p, uint32_t n, bool (*is)(uint8_t))
{
    for (uint32_t i = n; i > 0; i--)
        if (is(p->copy[i - 1]))
            return i;
    return 0;
}

static bool is_writable(const struct protocol *p, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (p->copy[i] == PROTOCOL_PTE_SET_NEW_RW ||
            p->copy[i] == PROTOCOL_PTE_SET_SAME_RW)
            return true;
    return false;
}

/* The place of the first step that takes the old frame out of the entry. */
static uint32_t first_change(const struct protocol *p)
{
    uint32_t i = 0;
    while (i < p->n_copy && !changes_entry(p->copy[i]))
        i++;
    return i;
}

enum synth_cause synth_cause_of(const struct protocol *p, uint32_t n_done,
                                bool upgraded)
{
    uint32_t sent = behind_last(p, p->n_copy, is_remote);
    uint32_t ended = behind_last(p, n_done, is_end);
    if (sent == 0)
        return CAUSE_NO_REMOTE;
    if (sent <= first_change(p))
        return CAUSE_TOO_EARLY;
    if (ended >= sent)
        return behind_last(p, p->n_copy, is_local) <= first_change(p) ? CAUSE_OWN_TLB
                                                                      : CAUSE_OTHER;
    if (upgraded)
        return CAUSE_UPGRADED;
    if (n_done >= p->n_copy)
        return CAUSE_NO_WAIT;
    return is_writable(p, n_done) ? CAUSE_WRITABLE : CAUSE_OTHER;
}

const char *synth_cause_text(enum synth_cause cause)
{
    static const char *const texts[] = {
#define CAUSE(name, sentence) sentence,
        SYNTH_CAUSE_LIST(CAUSE)
#undef CAUSE
    };
    return cause < SYNTH_N_CAUSES ? texts[cause] : "";
}
