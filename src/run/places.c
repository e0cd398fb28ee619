/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * places.c - names for what a SIGSEGV tells in numbers. See places.h.
 */
#include "run/places.h"

#include "trace/codec.h"

#include <stdio.h>

_Static_assert(RUN_SEGVS_MAX >= TALLY_SEGVS_MAX, "all of a trial fit");

/* Bits of the error code of an x86 page fault. */
enum { ERROR_PRESENT = 1u << 0, ERROR_WRITE = 1u << 1, ERROR_FETCH = 1u << 4 };

/* 'allowed' looks like a permission only when something is mapped. */
static const char *why(uint64_t error)
{
    if (error & ERROR_FETCH)
        return error & ERROR_PRESENT ? "execute denied" : "execute";
    if (error & ERROR_WRITE)
        return error & ERROR_PRESENT ? "write denied" : "write";
    return error & ERROR_PRESENT ? "read denied" : "read";
}

/* The name of operation number 'op' of stream 'tid'. */
static const char *operation_name(struct trace *trace, uint32_t tid, uint64_t op)
{
    struct trace_window window;
    struct err err;
    if (op >= trace_stream(trace, tid)->n_ops ||
        trace_read(trace, tid, op, &window, &err) != STATUS_OK)
        return "?";
    return trace_op_infos[window.ops[op - window.first].kind].text;
}

void places_of_segvs(struct trace *trace, const struct tally *tally, uint64_t trial,
                     struct run_result *one)
{
    const struct tally_segv *list = tally_segvs(tally, &one->n_segvs);
    for (uint32_t i = 0; i < one->n_segvs; i++) {
        const struct tally_segv *from = &list[i];
        const struct trace_stream *stream = trace_stream(trace, from->tid);
        struct run_segv *to = &one->segvs[i];
        *to = (struct run_segv){
            .trial = trial,
            .cycle = from->cycle,
            .va = from->va,
            .pc = from->pc,
            .op = from->op,
            .thread = stream->id,
            .cpu = from->cpu,
        };
        snprintf(to->thread_name, sizeof to->thread_name, "%s", stream->name);
        snprintf(to->operation, sizeof to->operation, "%s",
                 operation_name(trace, from->tid, from->op));
        snprintf(to->why, sizeof to->why, "%s", why(from->error));
        trace_symbol(trace, from->space, from->va, to->address, sizeof to->address);
        trace_symbol(trace, from->space, from->pc, to->pc_symbol, sizeof to->pc_symbol);
    }
}
