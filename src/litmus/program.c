/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - see program.h.
 *
 * Variables share a page, a cache line each; every frame lies in a page of its
 * own, at an address that the test does not know; pages have no map entry, so
 * that the kernel never repairs them: an access that their entry does not allow
 * is a SIGSEGV, which the machine skips (core.on_segv).
 */
#include "litmus/program.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define VARIABLES UINT64_C(0x10000)
#define FRAMES    UINT64_C(0x20000)
#define PAGES     UINT64_C(0x40000)

va_t program_va(const struct litmus_test *test, unsigned index)
{
    switch ((enum litmus_role)test->names[index].role) {
    case LITMUS_VARIABLE:
        return (va_t){VARIABLES + index * LINE_BYTES};
    case LITMUS_FRAME:
        return (va_t){FRAMES + index * PAGE_BYTES};
    case LITMUS_PAGE:
        return (va_t){PAGES + index * PAGE_BYTES};
    }
    return (va_t){0};
}

static uint64_t va(const struct litmus_test *test, unsigned index)
{
    return program_va(test, index).v;
}

static void write_entry(FILE *f, const struct litmus_test *t, unsigned page,
                        unsigned frame, bool read_only)
{
    if (frame == LITMUS_NONE)
        fprintf(f, "  pte_set 0x%" PRIx64 " 0 none\n", va(t, page));
    else
        fprintf(f, "  pte_set 0x%" PRIx64 " 0x%" PRIx64 " %s\n", va(t, page),
                va(t, frame), read_only ? "r" : "rw");
}

/* The initial state. Returns how many operations it takes. */
static uint64_t write_start(FILE *f, const struct litmus_test *t)
{
    uint64_t n = 1;
    fprintf(f, "  mmap 0x%" PRIx64 " 4K rw\n", VARIABLES);
    for (unsigned i = 0; i < t->n_names; i++) {
        if (t->names[i].role == LITMUS_PAGE)
            continue;
        if (t->names[i].role == LITMUS_FRAME) {
            fprintf(f, "  mmap 0x%" PRIx64 " 4K rw\n", va(t, i));
            n++;
        }
        fprintf(f, "  store 8 0x%" PRIx64 " %u\n", va(t, i), t->names[i].value);
        n++;
    }
    for (unsigned i = 0; i < t->n_names; i++) {
        if (t->names[i].role != LITMUS_PAGE)
            continue;
        write_entry(f, t, i, t->names[i].frame, t->names[i].read_only);
        n++;
    }
    fputs("  fence\n", f);
    return n + 1;
}

static void write_op(FILE *f, const struct litmus_test *t, const struct litmus_op *op)
{
    uint64_t at = op->name == LITMUS_NONE ? 0 : va(t, op->name);
    switch ((enum litmus_op_kind)op->kind) {
    case LITMUS_OP_STORE:
        fprintf(f, "  store 8 0x%" PRIx64 " %u\n", at, op->value);
        return;
    case LITMUS_OP_LOAD:
        fprintf(f, "  load 8 0x%" PRIx64 "\n", at);
        return;
    case LITMUS_OP_EXCHANGE:
        fprintf(f, "  rmw 8 0x%" PRIx64 " %u\n", at, op->value);
        return;
    case LITMUS_OP_FENCE:
        fputs("  fence\n", f);
        return;
    case LITMUS_OP_PTE_STORE:
        write_entry(f, t, op->name, op->frame, op->read_only);
        return;
    case LITMUS_OP_PTE_LOAD:
        fprintf(f, "  pte_get 0x%" PRIx64 "\n", at);
        return;
    case LITMUS_OP_INVLPG:
        fprintf(f, "  invlpg 0x%" PRIx64 "\n", at);
        return;
    case LITMUS_OP_IPI:
    case LITMUS_OP_IPIX:
        fprintf(f, "  ipi 0x%" PRIx64 " %u\n", at, op->kind == LITMUS_OP_IPIX);
        return;
    case LITMUS_OP_ACK:
        fputs("  ack\n", f);
        return;
    case LITMUS_OP_SHOOT: /* The parser has taken it apart. */
    case LITMUS_N_OPS:
        return;
    }
}

static void write_thread(FILE *f, const struct litmus_test *t, unsigned thread,
                         uint64_t *first)
{
    fprintf(f, "stream %u proc 0 \"P%u\"\n  pin %u\n", thread, thread, thread);
    *first = 2; /* After pin and mark. */
    if (thread == 0)
        *first += write_start(f, t);
    fputs("  mark \"test\"\n", f);
    for (unsigned i = 0; i < t->threads[thread].n_ops; i++)
        write_op(f, t, &t->threads[thread].ops[i]);
    fputs("  mark \"end\"\n", f);
}

struct trace *program_open(const struct litmus_test *test,
                           uint64_t first[LITMUS_THREADS], struct err *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    if (!f) {
        err_set(err, STATUS_LIMIT, "out of memory");
        return NULL;
    }
    for (unsigned i = 0; i < test->n_threads; i++)
        write_thread(f, test, i, &first[i]);
    fclose(f);
    struct trace *trace = trace_open_text(text, n, test->name, err);
    free(text);
    return trace;
}
