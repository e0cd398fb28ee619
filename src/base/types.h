/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * types.h - the value types that every part shares.
 *
 * An address, a page number and a page-table entry are one-field structs, so
 * that the compiler refuses to mix them.  Cycles, counts and small indices
 * are plain integers: they are computed with all the time.
 *
 * A virtual address of 4-level paging:
 *
 *    63      48 47    39 38    30 29    21 20    12 11       0
 *   +----------+--------+--------+--------+--------+----------+
 *   | sign     | PML4   | PDPT   | PD     | PT     | offset   |
 *   +----------+--------+--------+--------+--------+----------+
 */
#ifndef BASE_TYPES_H
#define BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Simulated time, in cycles of the core clock. */
typedef uint64_t cycle_t;
#define CYCLE_NEVER UINT64_MAX

typedef struct {
    uint64_t v;
} va_t; /* Virtual address. */
typedef struct {
    uint64_t v;
} pa_t; /* Physical address. */
typedef struct {
    uint64_t v;
} vpn_t; /* Virtual page number: va >> 12. */
typedef struct {
    uint32_t v;
} pfn_t; /* Physical frame number: pa >> 12. */

#define PAGE_SHIFT     12u
#define PAGE_BYTES     4096u
#define WORD_BYTES     8u
#define LINE_SHIFT     6u
#define LINE_BYTES     64u
#define WORDS_PER_PAGE (PAGE_BYTES / WORD_BYTES)
#define LINES_PER_PAGE (PAGE_BYTES / LINE_BYTES)

/* Bounds that the encodings below and the records rely on. */
#define CPU_MAX    1024u  /* Hardware threads of one machine. */
#define THREAD_MAX 65534u /* Guest threads of one run. */
#define NO_CPU     0xffffu
#define NO_THREAD  0xffffffffu
#define NO_SPACE   0xffffffffu
#define NO_FRAME   0xffffffffu

static inline vpn_t va_page(va_t va)
{
    return (vpn_t){va.v >> PAGE_SHIFT};
}

static inline va_t vpn_va(vpn_t vpn)
{
    return (va_t){vpn.v << PAGE_SHIFT};
}

static inline pfn_t pa_frame(pa_t pa)
{
    return (pfn_t){(uint32_t)(pa.v >> PAGE_SHIFT)};
}

static inline pa_t frame_pa(pfn_t frame)
{
    return (pa_t){(uint64_t)frame.v << PAGE_SHIFT};
}

/* The physical address that 'va' has when its page lies in 'frame'. */
static inline pa_t frame_va_pa(pfn_t frame, va_t va)
{
    return (pa_t){frame_pa(frame).v | (va.v & (PAGE_BYTES - 1))};
}

/* The number of the 64-byte line that holds 'pa'. */
static inline uint64_t pa_line(pa_t pa)
{
    return pa.v >> LINE_SHIFT;
}

/*
 * A version: what one aligned 8-byte word of data memory holds.  It names the
 * store that wrote it, which is what the checker compares; the value is there
 * for lock words and for scenarios whose stores carry one.
 *
 *    63        48 47                       8 7       0
 *   +------------+--------------------------+---------+
 *   | thread + 1 | index of the operation   | value   |
 *   +------------+--------------------------+---------+
 *
 * All bits zero is the content of a fresh page: no thread wrote it, value 0.
 */
typedef struct {
    uint64_t bits;
} ver_t;

#define VER_OP_BITS 40u

static inline ver_t ver_make(uint32_t thread, uint64_t op, uint8_t value)
{
    return (ver_t){((uint64_t)(thread + 1) << 48) |
                   ((op & ((UINT64_C(1) << VER_OP_BITS) - 1)) << 8) | value};
}

/* The thread whose store this is; NO_THREAD for a page's first content. */
static inline uint32_t ver_thread(ver_t ver)
{
    uint32_t t = (uint32_t)(ver.bits >> 48);
    return t == 0 ? NO_THREAD : t - 1;
}

static inline uint64_t ver_op(ver_t ver)
{
    return (ver.bits >> 8) & ((UINT64_C(1) << VER_OP_BITS) - 1);
}

static inline uint8_t ver_value(ver_t ver)
{
    return (uint8_t)ver.bits;
}

/* What an access wants to do with memory; also the key of permission checks. */
enum access { ACCESS_LOAD, ACCESS_STORE, ACCESS_FETCH };

#endif
