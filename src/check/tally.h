/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tally.h - statistics from records: faults, shootdowns, exposure windows.
 *
 * A listener beside the checker; it judges nothing.
 *
 * Exposure window of a copied page: from the PTE_WRITE that makes the new
 * frame reachable and writable until the last CPU that still had the old frame
 * in its TLB dropped it.  A CPU had it if its TLB_INVAL says so; a flush of more
 * than the page cannot say, and counts as if it had.  If nobody had it any more when
 * the new entry was written, the window is there and has length 0.  If at the end of a
 * run some CPU has neither dropped the page nor shown that it did not have it, the
 * window ends with the run.
 *
 * Numbers add up over runs: call tally_end_run() after each, and
 * tally_reset() to start from zero.
 */
#ifndef CHECK_TALLY_H
#define CHECK_TALLY_H

#include "check/hist.h"
#include "sim/obs.h"

struct tally_numbers {
    uint64_t faults; /* That ended, of any outcome. */
    uint64_t by_outcome[OBS_FAULT_SEGV + 1];
    uint64_t sleeps_on_busy;
    uint64_t cow_faults; /* That made the pages of 'cow_done'. */
    uint64_t cow_done;   /* Pages copied and then writable. */
    uint64_t cow_pages;  /* Pages copied. */
    uint64_t shootdowns, shootdown_targets;
    uint64_t ipis;           /* Sent for shootdowns. */
    uint64_t ipis_other;     /* Sent for anything else. */
    uint64_t skipped_clean;  /* Old entry never accessed: none needed. */
    uint64_t skipped_alone;  /* No other CPU. */
    uint64_t invalidations;  /* TLB_INVAL records. */
    uint64_t exposures_open; /* Windows that only the end of a run closed. */
    uint64_t frames_allocated, frames_freed;
    uint64_t segvs;
};

/* A SIGSEGV of the guest. */
struct tally_segv {
    cycle_t cycle;
    uint64_t va, pc; /* pc 0: the trace does not say. */
    uint64_t op;     /* Index of the operation in its stream. */
    uint64_t error;  /* Error code of the page fault. */
    uint32_t tid, space;
    uint16_t cpu;
};

#define TALLY_SEGVS_MAX 16u

void tally_numbers_add(struct tally_numbers *sum, const struct tally_numbers *more);

struct tally;

struct tally *tally_create(struct obs_hub *hub, struct err *err);
void tally_destroy(struct tally *tally);
void tally_listen(struct tally *tally);
void tally_record(struct tally *tally, const struct obs *record);

/* Closes what is open at 'end'; the next run may begin. */
void tally_end_run(struct tally *tally, cycle_t end);

/* Forgets everything. */
void tally_reset(struct tally *tally);

const struct tally_numbers *tally_numbers(const struct tally *tally);

/* From SHOOTDOWN_BEGIN to SHOOTDOWN_END, and the exposure windows, in cycles.
 * Not const: asking for a percentile sorts. */
struct check_hist *tally_latency(struct tally *tally);
struct check_hist *tally_exposure(struct tally *tally);

/* The first SIGSEGVs of the run, at most TALLY_SEGVS_MAX; numbers.segvs counts
 * all of them. */
const struct tally_segv *tally_segvs(const struct tally *tally, uint32_t *n);

/* Faults that it takes until a page is copied and writable: 1 when the copy is
 * writable at once, 2 when an upgrade follows; 0 if there was none.  Upgrades for
 * other reasons (the last user of a page after a fork) do not count, nor do pages
 * that a fork protected again before their upgrade: they are not done. */
double tally_faults_per_cow_page(const struct tally *tally);

#endif
