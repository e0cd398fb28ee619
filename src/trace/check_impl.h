/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_impl.h - the state of a check, shared by check.c, check_op.c and check_order.c.
 */
#ifndef TRACE_CHECK_IMPL_H
#define TRACE_CHECK_IMPL_H

#include "trace/check.h"

#define CHECK_HELD_MAX 64u

/* What is ordered by seq. A lock and an event at one address are two objects. */
enum object_kind {
    OBJECT_NONE, /* The operation has no order. */
    OBJECT_LOCK,
    OBJECT_EVENT,
    OBJECT_BARRIER,
    OBJECT_SPACE, /* The address space of the process. */
};

struct ordered {
    uint64_t addr, seq, op;
    uint32_t process, stream; /* Stream index. */
    enum object_kind kind;
};

/* Who started a stream. */
struct start {
    uint32_t n; /* How many SPAWN or FORK operations name it. */
    uint32_t n_joined;
};

struct check {
    struct trace *t;
    trace_problem_fn *report;
    void *context;
    struct trace_check_result result;
    struct start *starts;   /* By stream index. */
    struct ordered *orders; /* Every operation with a seq. */
    size_t n_orders;

    /* Of the stream that is looked at. */
    uint32_t stream;
    const struct trace_stream *meta;
    uint64_t at;
    bool ended;
    uint64_t held[CHECK_HELD_MAX]; /* Lock words. */
    unsigned n_held;
    bool unsure; /* A TRYLOCK: what is held is not known any more. */
};

/* Says what is wrong with operation 'c->at' of the stream. */
void trace_check_say(struct check *c, bool error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* check_op.c: one operation by itself, and in its stream. */
void trace_check_op(struct check *c, const struct op *op);

/* check_order.c: remembers an operation that has a seq; at the end, looks at
 * all of them together. */
void trace_check_note_order(struct check *c, const struct op *op);
void trace_check_orders(struct check *c);

#endif
