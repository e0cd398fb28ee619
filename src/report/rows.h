/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.h - a trial as the rows of a results file have it: the same for a run, a
 * comparison and a sweep.
 */
#ifndef REPORT_ROWS_H
#define REPORT_ROWS_H

#include "check/check.h"
#include "check/tally.h"
#include "results/store.h"

/* Fills what the checker and the statistics counted.  What the machine counts itself
 * (hits, walks, operations, cycles) and the number of exposures are the caller's. */
void report_counts(const struct check_counts *check, const struct tally_numbers *tally,
                   uint64_t counts[RESULTS_N_COUNTS]);

/* The line of violations.jsonl for one violation, without its line end; '*n' are its
 * bytes with the 0 at the end.  From malloc; null, and '*n' 0, without memory. */
char *report_witness_line(const struct check_violation *violation, const char *protocol,
                          uint64_t trial, const struct check_names *names, size_t *n);

#endif
