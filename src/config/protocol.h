/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol.h - a copy-on-write protocol: two short lists of kernel steps.
 *
 * A protocol is data (configs/protocols/<name>.json), so that a new order of
 * steps is tried without compiling anything.  'copy' runs in the fault that
 * copies the page; when it leaves the entry read-only, the store faults again
 * and 'upgrade' runs.  MODEL.md section 2 has the vocabulary.
 *
 * Checked here: the words, and what makes a list runnable at all (locks and
 * busy states balance, a frame exists before it is mapped, a wait has a send
 * before it).  Not checked: whether the order is safe.  That is what the
 * simulator is for, so broken protocols stay expressible.
 *
 * A struct protocol is plain bytes and lies in the machine's arena.
 */
#ifndef CONFIG_PROTOCOL_H
#define CONFIG_PROTOCOL_H

#include "base/status.h"

/* STEP(NAME, text in a file, sentence). */
#define PROTOCOL_STEP_LIST(STEP)                                                     \
    STEP(PAGE_BUSY, "page_busy", "takes the new page's exclusive busy state")        \
    STEP(PAGE_UNBUSY, "page_unbusy", "gives the busy state up and wakes who sleeps") \
    STEP(COPY_FRAME, "copy_frame", "allocates the new frame and copies the old one") \
    STEP(PMAP_LOCK, "pmap_lock", "takes the address space's pmap mutex")             \
    STEP(PMAP_UNLOCK, "pmap_unlock", "releases the pmap mutex")                      \
    STEP(PV_LOCKS, "pv_locks", "hands the PV-list lock over; it can wait")           \
    STEP(PTE_SET_NEW_RO, "pte_set new ro", "stores the new frame, read-only")        \
    STEP(PTE_SET_NEW_RW, "pte_set new rw", "stores the new frame, writable")         \
    STEP(PTE_SET_SAME_RO, "pte_set same ro", "stores the same frame, read-only")     \
    STEP(PTE_SET_SAME_RW, "pte_set same rw", "stores the same frame, writable")      \
    STEP(PTE_CLEAR, "pte_clear", "stores a not-present entry")                       \
    STEP(INVALIDATE_LOCAL, "invalidate_local", "INVLPG on this core")                \
    STEP(SHOOTDOWN_SEND, "shootdown_send", "sends requests to the other cores")      \
    STEP(SHOOTDOWN_WAIT, "shootdown_wait", "waits for the last acknowledgement")     \
    STEP(BROADCAST, "broadcast", "INVLPGB: hardware invalidation on all cores")      \
    STEP(BROADCAST_SYNC, "broadcast_sync", "TLBSYNC: waits for own broadcasts")      \
    STEP(STOP_OTHERS, "stop_others", "stops every other core where the space runs")  \
    STEP(RESUME_OTHERS, "resume_others", "lets the stopped cores go, flushed")       \
    STEP(REMOVE_ALL, "remove_all", "removes the old frame from every address space")

enum protocol_step {
#define STEP(name, text, sentence) PROTOCOL_##name,
    PROTOCOL_STEP_LIST(STEP)
#undef STEP
        PROTOCOL_N_STEPS
};

#define PROTOCOL_STEPS_MAX 32u

struct protocol {
    char name[64];
    char note[256];
    uint32_t n_copy, n_upgrade;
    uint8_t copy[PROTOCOL_STEPS_MAX]; /* enum protocol_step */
    uint8_t upgrade[PROTOCOL_STEPS_MAX];
};

/* A step as a file spells it ("pte_set new ro"), and one sentence about it. */
const char *protocol_step_text(enum protocol_step step);
const char *protocol_step_sentence(enum protocol_step step);

/* Finds the step that 'text' names. False if there is none. */
bool protocol_step_find(const char *text, enum protocol_step *step);

/* Reads one protocol from JSON 'text' of 'n' bytes; 'origin' is the file name
 * for messages. Checks it with protocol_check(). */
enum status protocol_parse(const char *origin, const char *text, size_t n,
                           struct protocol *out, struct err *err);

/* Reads a protocol by path or by name.  A name (no '/' and no ".json") is
 * looked up as <dir>/<name>.json in 'dirs', a null-terminated list. */
enum status protocol_load(const char *name, const char *const *dirs,
                          struct protocol *out, struct err *err);

/* Checks that the lists can run at all. STATUS_CONFIG names list and step. */
enum status protocol_check(const struct protocol *protocol, struct err *err);

/* What is wrong with the first 'n' steps of a copy list as the beginning of one, or
 * null: for those who build lists step by step.  Pure. */
const char *protocol_check_prefix(const uint8_t *copy, uint32_t n);

/* True if 'copy' leaves the entry read-only, so that 'upgrade' must follow. */
bool protocol_needs_upgrade(const struct protocol *protocol);

#endif
