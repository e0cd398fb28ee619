/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * verify.c - reads a recorded trace and says whether it holds together.
 *
 *   verify trace.bin
 *
 * Rules of the recorder, beyond what every trace must obey (trace/check.h):
 *   - no error and no warning of trace_check, so LOCK and UNLOCK pair up
 *   - an access lies inside a mapping that its process has at that point
 *   - a wait asks for posts that come before it in the recorded order
 *   - every stream ends
 * Prints counts; exit status 1 and a line for each broken rule otherwise.
 *
 * Mappings change in the order of seq and accesses carry none, so an access is
 * held against what was mapped in its process at the time of the last ordered
 * operation of its own stream, or is mapped by a later one (libc's own maps).
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ranges.h"
#include "trace/check.h"

enum { RANGES_MAX = 1 << 16, SHOWN_MAX = 20 };

struct verify {
    struct trace *trace;
    struct ranges ever; /* Mapped at any time, in any process. */
    struct ranges gone; /* Of one stream: what it unmapped itself. */
    uint64_t n_accesses, n_locks, n_broken;
    uint64_t n_by_kind[OP_N_KINDS];
};

static void broken(struct verify *v, uint32_t stream, uint64_t op, const char *rule,
                   uint64_t what)
{
    if (++v->n_broken <= SHOWN_MAX)
        printf("BROKEN: stream %u, operation %" PRIu64 ": %s (0x%" PRIx64 ")\n", stream,
               op, rule, what);
}

static void problem(void *context, const struct trace_problem *p)
{
    struct verify *v = context;
    if (++v->n_broken <= SHOWN_MAX)
        printf("BROKEN: stream %u, operation %" PRIu64 ": %s\n", p->stream, p->op,
               p->text);
}

typedef void visit(struct verify *v, uint32_t stream, uint64_t at, const struct op *op);

static void for_each(struct verify *v, uint32_t stream, visit *function)
{
    uint64_t n = trace_stream(v->trace, stream)->n_ops;
    for (uint64_t at = 0; at < n;) {
        struct trace_window window;
        struct err err;
        if (trace_read(v->trace, stream, at, &window, &err) != STATUS_OK) {
            printf("%s\n", err.message);
            exit(1);
        }
        for (; at < window.first + window.n; at++)
            function(v, stream, at, &window.ops[at - window.first]);
    }
}

static uint64_t page_down(uint64_t addr)
{
    return addr & ~(uint64_t)(PAGE_BYTES - 1);
}

static void note_map(struct verify *v, uint32_t stream, uint64_t at,
                     const struct op *op)
{
    (void)stream, (void)at;
    if (op->kind == OP_MMAP)
        ranges_add(&v->ever, op->addr, op->addr + op->arg);
    if (op->kind != OP_IMAGE)
        return;
    const struct trace_image *image = trace_image(v->trace, op->target);
    for (uint32_t i = 0; i < image->n_segments; i++) {
        uint64_t first = op->addr + image->segments[i].va;
        uint64_t end = first + image->segments[i].bytes;
        ranges_add(&v->ever, page_down(first), page_down(end + PAGE_BYTES - 1));
    }
}

static uint64_t bytes_of(const struct op *op)
{
    switch ((int)op->kind) { /* All other kinds access nothing. */
    case OP_LOAD:
    case OP_STORE:
    case OP_RMW:
        return op->size;
    case OP_LOAD_RANGE:
    case OP_STORE_RANGE:
        return op->arg;
    case OP_LOCK:
    case OP_UNLOCK:
    case OP_TRYLOCK:
        return sizeof(int);
    default:
        return 0;
    }
}

static void check_access(struct verify *v, uint32_t stream, uint64_t at,
                         const struct op *op)
{
    uint64_t n = bytes_of(op);
    v->n_by_kind[op->kind]++;
    if (op->kind == OP_MMAP)
        ranges_cut(&v->gone, op->addr, op->addr + op->arg);
    if (op->kind == OP_MUNMAP)
        ranges_add(&v->gone, op->addr, op->addr + op->arg);
    if (n == 0)
        return;
    v->n_accesses++;
    if (!ranges_has_all(&v->ever, op->addr, op->addr + n))
        broken(v, stream, at, "an access outside all maps", op->addr);
}

/* Another thread may map again what this one unmapped, so this rule holds for
 * traces of one thread only. */
static void check_gone(struct verify *v, uint32_t stream, uint64_t at,
                       const struct op *op)
{
    if (op->kind == OP_MMAP)
        ranges_cut(&v->gone, op->addr, op->addr + op->arg);
    if (op->kind == OP_MUNMAP)
        ranges_add(&v->gone, op->addr, op->addr + op->arg);
    if (bytes_of(op) > 0 && ranges_has(&v->gone, op->addr))
        broken(v, stream, at, "an access to what the thread unmapped", op->addr);
}

struct ordered {
    uint32_t process;
    uint64_t addr, seq, arg;
    enum op_kind kind;
};

static struct ordered *ordered;
static size_t n_ordered;

static bool is_map(const struct op *op)
{
    return (op->kind >= OP_MMAP && op->kind <= OP_MADVISE) || op->kind == OP_FORK;
}

static void note_order(struct verify *v, uint32_t stream, uint64_t at,
                       const struct op *op)
{
    (void)at;
    if (op->seq == 0)
        return;
    ordered = realloc(ordered, (n_ordered + 1) * sizeof *ordered);
    if (ordered == NULL)
        exit(1);
    ordered[n_ordered++] = (struct ordered){trace_stream(v->trace, stream)->process,
                                            is_map(op) ? 0 : op->addr, op->seq, op->arg,
                                            (enum op_kind)op->kind};
}

static int compare(const void *left, const void *right)
{
    const struct ordered *l = left, *r = right;
    if (l->process != r->process)
        return l->process < r->process ? -1 : 1;
    if (l->addr != r->addr)
        return l->addr < r->addr ? -1 : 1;
    return (l->seq > r->seq) - (l->seq < r->seq);
}

/* On each object: 1, 2, 3 ...; no wait asks for more posts than come before it. */
static void check_orders(struct verify *v)
{
    uint64_t posts = 0, rank = 0;
    if (n_ordered > 0)
        qsort(ordered, n_ordered, sizeof *ordered, compare);
    for (size_t i = 0; i < n_ordered; i++) {
        const struct ordered *o = &ordered[i];
        if (i == 0 || o->addr != o[-1].addr || o->process != o[-1].process)
            posts = rank = 0;
        if (o->seq != ++rank)
            broken(v, NO_THREAD, o->seq, "a gap in the order on an object", o->addr);
        if (o->kind == OP_WAIT && o->arg > posts)
            broken(v, NO_THREAD, o->seq, "a wait for a post that comes later", o->addr);
        posts += o->kind == OP_POST;
    }
}

static void check_end(struct verify *v, uint32_t stream)
{
    uint64_t n = trace_stream(v->trace, stream)->n_ops;
    struct trace_window window;
    if (n == 0 || trace_read(v->trace, stream, n - 1, &window, NULL) != STATUS_OK) {
        broken(v, stream, 0, "an empty stream", 0);
        return;
    }
    uint8_t kind = window.ops[n - 1 - window.first].kind;
    if (kind != OP_EXIT && kind != OP_EXIT_PROCESS)
        broken(v, stream, n, "a stream without an end", kind);
}

static void verify(struct verify *v)
{
    uint32_t n = trace_n_streams(v->trace);
    struct trace_check_result result;
    trace_check(v->trace, problem, v, &result, NULL);
    for (uint32_t i = 0; i < n; i++)
        for_each(v, i, note_map);
    for (uint32_t i = 0; i < n; i++) {
        v->gone.n = 0;
        for_each(v, i, check_access);
        for_each(v, i, note_order);
        if (n == 1)
            for_each(v, i, check_gone);
        check_end(v, i);
    }
    check_orders(v);
}

static void print_counts(const struct verify *v)
{
    static const char *const names[] = {
#define OP(name, text, operands, sentence) text,
        OP_LIST(OP)
#undef OP
    };
    printf("streams %u operations %" PRIu64 " accesses %" PRIu64 "\n",
           trace_n_streams(v->trace), trace_n_ops(v->trace), v->n_accesses);
    for (unsigned i = 0; i < OP_N_KINDS; i++)
        if (v->n_by_kind[i] > 0)
            printf("%s %" PRIu64 "\n", names[i], v->n_by_kind[i]);
    printf("meta %s\n", trace_meta(v->trace));
}

int main(int argc, char **argv)
{
    struct verify v = {0};
    struct err err;
    v.trace = trace_open(argc > 1 ? argv[1] : "", false, &err);
    if (v.trace == NULL) {
        printf("%s\n", err.message);
        return 1;
    }
    v.ever = (struct ranges){calloc(RANGES_MAX, sizeof(struct range)), 0, RANGES_MAX};
    v.gone = (struct ranges){calloc(RANGES_MAX, sizeof(struct range)), 0, RANGES_MAX};
    if (v.ever.list == NULL || v.gone.list == NULL)
        return 1;
    verify(&v);
    print_counts(&v);
    trace_close(v.trace);
    free(v.ever.list);
    free(v.gone.list);
    free(ordered);
    return v.n_broken > 0;
}
