/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * places.h - what a record's numbers are called in the guest. Private to src/run.
 *
 * Reports know no traces: threads, operations and addresses of a SIGSEGV get
 * their names here.
 */
#ifndef RUN_PLACES_H
#define RUN_PLACES_H

#include "check/tally.h"
#include "report/result.h"
#include "trace/trace.h"

/* Fills the places of the SIGSEGVs of trial number 'trial' into '*one'. */
void places_of_segvs(struct trace *trace, const struct tally *tally, uint64_t trial,
                     struct run_result *one);

#endif
