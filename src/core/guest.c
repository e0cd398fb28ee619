/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest.c - contexts of guest threads. See guest.h.
 */
#include "core/guest.h"

struct guest *guest_create(struct arena *arena, struct trace *trace)
{
    struct guest *guest = arena_take(arena, ARENA_TIMING, 1, sizeof *guest);
    uint32_t n = trace_n_streams(trace);
    guest->trace = trace;
    guest->n_threads = n;
    guest->threads = arena_take(arena, ARENA_ARCH, n, sizeof *guest->threads);
    guest->windows = arena_take(arena, ARENA_TIMING, n, sizeof *guest->windows);
    guest->n_done = arena_take(arena, ARENA_TIMING, n, sizeof *guest->n_done);
    for (uint32_t i = 0; i < n; i++)
        guest->threads[i].process = trace_stream(trace, i)->process;
    return guest;
}

const struct op *guest_fetch_slow(struct guest *guest, uint32_t tid)
{
    struct trace_window *window = &guest->windows[tid];
    uint64_t index = guest->threads[tid].op;
    if (index >= trace_stream(guest->trace, tid)->n_ops)
        return NULL;
    if (trace_read(guest->trace, tid, index, window, &guest->error) != STATUS_OK) {
        window->n = 0;
        return NULL;
    }
    return &window->ops[index - window->first];
}
