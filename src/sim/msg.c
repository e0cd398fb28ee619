/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * msg.c - the inbox: a binary heap of messages. See msg.h.
 */
#include "sim/msg.h"

#include <assert.h>

static bool comes_before(const struct msg *a, const struct msg *b)
{
    if (a->arrival != b->arrival)
        return a->arrival < b->arrival;
    if (a->from != b->from)
        return a->from < b->from;
    return a->number < b->number;
}

void inbox_init(struct inbox *inbox, struct msg *memory, uint32_t capacity)
{
    *inbox = (struct inbox){.capacity = capacity, .heap = memory};
}

void inbox_push(struct inbox *inbox, const struct msg *msg)
{
    assert(inbox->n < inbox->capacity);
    uint32_t hole = inbox->n++;
    while (hole > 0 && comes_before(msg, &inbox->heap[(hole - 1) / 2])) {
        inbox->heap[hole] = inbox->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    inbox->heap[hole] = *msg;
}

/* Puts 'msg' where the first message was, and moves it down to its place. */
static void sift_down(struct inbox *inbox, const struct msg *msg)
{
    uint32_t hole = 0;
    for (;;) {
        uint32_t child = 2 * hole + 1;
        if (child >= inbox->n)
            break;
        if (child + 1 < inbox->n &&
            comes_before(&inbox->heap[child + 1], &inbox->heap[child]))
            child++;
        if (!comes_before(&inbox->heap[child], msg))
            break;
        inbox->heap[hole] = inbox->heap[child];
        hole = child;
    }
    inbox->heap[hole] = *msg;
}

struct msg inbox_pop(struct inbox *inbox)
{
    assert(inbox->n > 0);
    struct msg first = inbox->heap[0];
    struct msg last = inbox->heap[--inbox->n];
    if (inbox->n > 0)
        sift_down(inbox, &last);
    return first;
}
