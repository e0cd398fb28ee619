/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.c - contexts of guest threads. See guest.h.
 */
#include "core/guest.h"

#include "trace/codec.h"

struct guest *guest_create(struct arena *arena, struct trace *trace, bool kernel_ops)
{
    struct guest *guest = arena_take(arena, ARENA_TIMING, 1, sizeof *guest);
    uint32_t n = trace_n_streams(trace);
    guest->trace = trace;
    guest->kernel_ops = kernel_ops;
    guest->n_threads = n;
    guest->threads = arena_take(arena, ARENA_ARCH, n, sizeof *guest->threads);
    guest->windows = arena_take(arena, ARENA_TIMING, n, sizeof *guest->windows);
    guest->n_done = arena_take(arena, ARENA_TIMING, n, sizeof *guest->n_done);
    for (uint32_t i = 0; i < n; i++)
        guest->threads[i].process = trace_stream(trace, i)->process;
    return guest;
}

/* Why this operation cannot be run, or null.  Asked once for each operation, when
 * its chunk is decoded. */
static const char *not_modelled(const struct guest *guest, const struct op *op)
{
    if (op->kind >= OP_PTE_SET && !guest->kernel_ops)
        return "what a kernel does belongs to litmus tests (sim litmus)";
    switch ((int)op->kind) { /* The others all can. */
    case OP_ROI_BEGIN:
    case OP_ROI_END:
        return "statistics are always of the whole run";
    case OP_RMW:
        return (op->addr & (LINE_BYTES - 1)) + op->size > LINE_BYTES
                   ? "a locked access across two cache lines"
                   : NULL;
    case OP_MADVISE:
        return op->target ? "the only advice is dontneed" : NULL;
    default:
        return NULL;
    }
}

static bool can_run(struct guest *guest, uint32_t tid,
                    const struct trace_window *window)
{
    for (uint64_t i = 0; i < window->n; i++) {
        const char *why = not_modelled(guest, &window->ops[i]);
        if (!why)
            continue;
        err_set(&guest->error, STATUS_NOT_MODELLED,
                "stream %u, operation %llu (%s) is not modelled: %s; take it out of "
                "the trace",
                trace_stream(guest->trace, tid)->id,
                (unsigned long long)(window->first + i),
                trace_op_infos[window->ops[i].kind].text, why);
        return false;
    }
    return true;
}

const struct op *guest_fetch_slow(struct guest *guest, uint32_t tid)
{
    struct trace_window *window = &guest->windows[tid];
    uint64_t index = guest->threads[tid].op;
    if (index >= trace_stream(guest->trace, tid)->n_ops)
        return NULL;
    if (trace_read(guest->trace, tid, index, window, &guest->error) != STATUS_OK ||
        !can_run(guest, tid, window)) {
        window->n = 0;
        return NULL;
    }
    return &window->ops[index - window->first];
}
