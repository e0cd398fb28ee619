/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_order.c - the recorded order of operations on each object.
 *
 * An object is a lock, an event, a barrier or the address space of a process.
 * The ranks of all streams together must be 1, 2, 3 ... without gaps: a run
 * lets an operation start when the one before it has completed, so a rank that
 * nobody has would stop everybody behind it for ever.  Within a stream they
 * must grow, for the same reason.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "trace/bytes.h"
#include "trace/check_impl.h"
#include "trace/codec.h"

static enum object_kind object_of(const struct op *op)
{
    switch ((int)op->kind) { /* The others have no order. */
    case OP_LOCK:
    case OP_UNLOCK:
    case OP_TRYLOCK:
        return OBJECT_LOCK;
    case OP_POST:
    case OP_WAIT:
        return OBJECT_EVENT;
    case OP_BARRIER:
        return OBJECT_BARRIER;
    case OP_MMAP:
    case OP_MUNMAP:
    case OP_MPROTECT:
    case OP_MADVISE:
    case OP_IMAGE:
    case OP_FORK:
        return OBJECT_SPACE;
    default:
        return OBJECT_NONE;
    }
}

void trace_check_note_order(struct check *c, const struct op *op)
{
    enum object_kind kind = object_of(op);
    if (kind == OBJECT_NONE) {
        trace_check_say(c, true, "%s with a seq: it has no order on any object",
                        trace_op_infos[op->kind].text);
        return;
    }
    if ((c->n_orders & (c->n_orders - 1)) == 0)
        c->orders =
            trace_grow(c->orders, c->n_orders ? 2 * c->n_orders : 1, sizeof *c->orders);
    c->orders[c->n_orders++] = (struct ordered){
        .addr = kind == OBJECT_SPACE ? 0 : op->addr,
        .seq = op->seq,
        .op = c->at,
        .process = c->meta->process,
        .stream = c->stream,
        .kind = kind,
    };
}

static int compare(uint64_t x, uint64_t y)
{
    return (x > y) - (x < y);
}

static int by_object(const struct ordered *x, const struct ordered *y)
{
    int order = compare(x->kind, y->kind);
    if (order == 0)
        order = compare(x->process, y->process);
    return order ? order : compare(x->addr, y->addr);
}

static int by_stream(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int order = by_object(x, y);
    if (order == 0)
        order = compare(x->stream, y->stream);
    return order ? order : compare(x->op, y->op);
}

static int by_rank(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int order = by_object(x, y);
    return order ? order : compare(x->seq, y->seq);
}

/* What is said next is about this operation. */
static void look_at(struct check *c, const struct ordered *o)
{
    c->stream = o->stream;
    c->meta = trace_stream(c->t, o->stream);
    c->at = o->op;
}

/* Sorted by stream: an operation and the one before it in its stream. */
static void check_growth(struct check *c, const struct ordered *x,
                         const struct ordered *y)
{
    if (by_object(x, y) != 0 || x->stream != y->stream || x->seq < y->seq)
        return;
    look_at(c, y);
    trace_check_say(c, true,
                    "seq %" PRIu64 " does not follow seq %" PRIu64
                    " on this object, of operation %" PRIu64,
                    y->seq, x->seq, x->op);
}

/* Sorted by rank: an operation and the one before it on its object, or null. */
static void check_rank(struct check *c, const struct ordered *x,
                       const struct ordered *y)
{
    uint64_t last = x ? x->seq : 0;
    if (y->seq == last + 1)
        return;
    if (x && y->seq == last) {
        if (x->stream == y->stream)
            return; /* Said by check_growth(). */
        look_at(c, y);
        trace_check_say(c, true,
                        "seq %" PRIu64 " on this object is taken by stream %u, "
                        "operation %" PRIu64,
                        y->seq, trace_stream(c->t, x->stream)->id, x->op);
        return;
    }
    look_at(c, y); /* In a trace cut short the one between may be lost. */
    trace_check_say(c, !trace_truncated(c->t),
                    "seq %" PRIu64 " on this object, but no operation has seq %" PRIu64,
                    y->seq, last + 1);
}

void trace_check_orders(struct check *c)
{
    struct ordered *o = c->orders;
    if (c->n_orders == 0)
        return;
    qsort(o, c->n_orders, sizeof *o, by_stream);
    for (size_t i = 1; i < c->n_orders; i++)
        check_growth(c, &o[i - 1], &o[i]);
    qsort(o, c->n_orders, sizeof *o, by_rank);
    for (size_t i = 0; i < c->n_orders; i++) {
        bool first = i == 0 || by_object(&o[i - 1], &o[i]) != 0;
        check_rank(c, first ? NULL : &o[i - 1], &o[i]);
    }
}
