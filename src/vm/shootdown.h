/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown.h - how TLB entries on other CPUs are invalidated.
 *
 * A shootdown algorithm is a constant table.  To add one:
 *   1. write shootdown_<name>.c ending in one 'const struct shootdown_kind';
 *   2. declare it below and add it to vm_shootdowns[] in shootdown.c;
 *   3. name it in the choices of "kernel.shootdown" (vm_config.c).
 *
 * A request is one struct in the target's queue; the interrupt only tells the
 * target to look (rule A6: interrupts of one vector collapse).
 *
 *   initiator                                target
 *   prepare: targets, [mutex]
 *   per target: request, per ICR: write  --> IPI: handler
 *                                            per request: invalidate, ack
 *   wait for the last ack  <----------------
 *   [release the mutex]
 */
#ifndef VM_SHOOTDOWN_H
#define VM_SHOOTDOWN_H

#include "base/flush.h"
#include "base/types.h"

struct shootdown_kind {
    const char *name;
    const char *help;
    /* One shootdown in the system at a time, the initiator with interrupts
     * off (smp_ipi_mtx). */
    bool one_at_a_time;
    /* The target acknowledges before it invalidates: safe, since it cannot
     * return to user mode before it has (r363195). */
    bool ack_first;
    /* Lines of other CPUs' that the initiator writes per target, and that the
     * target reads before it knows what to do: a transfer each.  The mutex and
     * the acknowledgement have their own. */
    uint32_t lines_written, lines_read;
    /* From this many pages on, the request is a full flush. */
    uint32_t full_flush_pages;
    uint8_t (*vector)(const struct flush *flush);
};

extern const struct shootdown_kind shootdown_freebsd2018;
extern const struct shootdown_kind shootdown_freebsd2020;

/* Null-terminated, in the order of the choices of "kernel.shootdown". */
extern const struct shootdown_kind *const vm_shootdowns[];

#endif
