/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.h - messages between units, and the inbox where they wait.
 *
 * Units influence each other by messages only.  A message takes at least the
 * machine's look-ahead L to arrive, so a unit that has handled all that
 * arrived until 'now' may run alone up to now + L (docs/decisions/0002).
 *
 * An inbox hands out messages in the order (arrival, sender, number of the
 * sender's message): a total order that does not depend on host timing.
 */
#ifndef SIM_MSG_H
#define SIM_MSG_H

#include "base/types.h"

/* MSG(NAME, sentence). */
#define MSG_LIST(MSG)                                                       \
    MSG(LINE_REQUEST, "core to directory: wants lines shared or exclusive") \
    MSG(LINE_GRANT, "directory to core: the lines are yours")               \
    MSG(LINE_DOWNGRADE, "directory to core: keep the line, but shared")     \
    MSG(LINE_INVALIDATE, "directory to core: give the line up")             \
    MSG(IPI, "core to core: an interrupt vector")                           \
    MSG(IPI_ACK, "core to core: a shootdown target is done")                \
    MSG(TLB_BROADCAST, "core to core: invalidation in hardware (INVLPGB)")  \
    MSG(TLB_BROADCAST_ACK, "core to core: hardware invalidation done")      \
    MSG(KERNEL_WAKE, "core to core: a kernel lock or a sleep has ended")    \
    MSG(TIMER, "core to itself: time slice or time-out")

enum msg_kind {
#define MSG(name, sentence) MSG_##name,
    MSG_LIST(MSG)
#undef MSG
};

struct msg {
    cycle_t arrival;
    uint32_t from;    /* Unit that sent it. */
    uint32_t number;  /* Of the sender's messages: breaks ties. */
    uint32_t to;      /* Unit that gets it. */
    uint16_t kind;    /* enum msg_kind */
    uint16_t cpu;     /* Hardware thread it is for, or NO_CPU. */
    uint64_t a, b, c; /* Meaning depends on the kind; see its sender. */
};

/* Where a model part hands in a message it sends.  wire.c puts it into the
 * receiver's inbox and wakes the receiver.  'arrival' must be at least the
 * look-ahead after the sender's present. */
struct post {
    void *context;
    void (*send)(void *context, const struct msg *msg);
};

/* A binary heap of fixed capacity, in memory that the caller gives. */
struct inbox {
    uint32_t n, capacity;
    struct msg *heap;
};

void inbox_init(struct inbox *inbox, struct msg *memory, uint32_t capacity);

/* Asserts that there is room: capacities are computed from the configuration
 * so that every message that can be under way fits. */
void inbox_push(struct inbox *inbox, const struct msg *msg);

/* The arrival of the first message, or CYCLE_NEVER. */
static inline cycle_t inbox_next(const struct inbox *inbox)
{
    return inbox->n ? inbox->heap[0].arrival : CYCLE_NEVER;
}

/* Takes the first message out. Asserts that there is one. */
struct msg inbox_pop(struct inbox *inbox);

#endif
