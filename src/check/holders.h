/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * holders.h - which CPUs may hold translations of an address space.
 *
 * A CPU may hold translations of the space whose thread ran on it last: a
 * CR3 load drops them all, and an idle CPU keeps what it has.  This is what
 * the records alone tell; it errs on the side of "may hold".
 *
 * Not modelled: PCID, where a CPU holds translations of several spaces.
 */
#ifndef CHECK_HOLDERS_H
#define CHECK_HOLDERS_H

#include "base/cpuset.h"
#include "sim/obs.h"

struct check_holders {
    uint32_t n_cpus;         /* Highest CPU seen, plus one. */
    uint32_t space[CPU_MAX]; /* NO_SPACE: nothing ran here yet. */
};

void check_holders_reset(struct check_holders *holders);

/* Learns from any record that says which space runs on which CPU. */
void check_holders_note(struct check_holders *holders, uint32_t cpu, uint32_t space);

/* Learns from a TLB_INVAL: a CR3 load leaves the CPU with nothing, until the
 * next thread is known. */
void check_holders_flushed(struct check_holders *holders, const struct obs *record);

/* The CPUs that may hold a translation of 'space' now. */
struct cpuset check_holders_of(const struct check_holders *holders, uint32_t space);

/* True if 'old' could be cached and 'now' takes something of it away, so that
 * a CPU with 'old' in its TLB is out of date.  An entry whose A bit is clear
 * was never loaded into any TLB (reference: x86 rules, accessed flag). */
bool check_entry_lost(uint64_t old, uint64_t now);

/* True if a TLB_INVAL record reaches 'page'. No number of pages means all. */
bool check_inval_covers(const struct obs *record, uint64_t page);

#endif
