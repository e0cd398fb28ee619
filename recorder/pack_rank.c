/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack_rank.c - from one order per process to one order per object.
 *
 * The runtime numbers all locks, events and map operations of a process with
 * one counter.  A trace wants the rank of each operation on its own object, an
 * address or the address space, without gaps.
 */
#include "pack.h"

#include <stdlib.h>

struct ordered {
    uint64_t object; /* An address; 0: the address space. */
    uint64_t seq;    /* Of the runtime. */
    uint32_t process;
    uint32_t index; /* Among the ordered operations, stream by stream. */
};

struct list {
    struct ordered *all;
    size_t n, max;
};

/* What the simulator takes for one object: the address space, or a lock, an
 * event or a barrier at an address.  A user address has no bits above 56. */
static uint64_t object_of(const struct op *op)
{
    uint64_t event = (uint64_t)1 << 62, barrier = (uint64_t)1 << 63;
    bool map = op->kind == OP_MMAP || op->kind == OP_MUNMAP ||
               op->kind == OP_MPROTECT || op->kind == OP_MADVISE || op->kind == OP_FORK;
    if (map)
        return 0;
    if (op->kind == OP_POST || op->kind == OP_WAIT)
        return op->addr | event;
    return op->kind == OP_BARRIER ? op->addr | barrier : op->addr;
}

static bool add(struct list *list, uint32_t process, const struct op *op)
{
    if (list->n == list->max) {
        size_t max = list->max == 0 ? 1024 : 2 * list->max;
        struct ordered *all = realloc(list->all, max * sizeof *all);
        if (all == NULL || max > UINT32_MAX)
            return false;
        list->all = all;
        list->max = max;
    }
    list->all[list->n] =
        (struct ordered){object_of(op), op->seq, process, (uint32_t)list->n};
    list->n++;
    return true;
}

static bool collect(const struct pack *pack, struct list *list)
{
    for (uint32_t i = 0; i < pack->n_streams; i++) {
        const struct pack_stream *stream = &pack->streams[i];
        struct pack_cursor cursor = pack_begin(stream);
        struct op op;
        while (pack_next(&cursor, &op))
            if (op.seq != 0 && !pack_is_dropped(pack, stream, &op) &&
                !add(list, stream->process, &op))
                return false;
    }
    return true;
}

static int compare(const void *left, const void *right)
{
    const struct ordered *l = left, *r = right;
    if (l->process != r->process)
        return l->process < r->process ? -1 : 1;
    if (l->object != r->object)
        return l->object < r->object ? -1 : 1;
    return (l->seq > r->seq) - (l->seq < r->seq);
}

enum status pack_rank(struct pack *pack, struct err *err)
{
    struct list list = {0};
    bool complete = collect(pack, &list);
    pack->ranks = calloc(list.n + 1, sizeof *pack->ranks);
    if (!complete || pack->ranks == NULL) {
        free(list.all);
        return err_set(err, STATUS_STORE, "out of memory");
    }
    if (list.n > 0)
        qsort(list.all, list.n, sizeof *list.all, compare);
    for (size_t i = 0; i < list.n; i++) {
        const struct ordered *o = &list.all[i];
        bool same = i > 0 && o->object == o[-1].object && o->process == o[-1].process;
        pack->ranks[o->index] = same ? pack->ranks[o[-1].index] + 1 : 1;
    }
    free(list.all);
    return STATUS_OK;
}
