/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.h - the rows of a results file as CSV or JSON, in one order, whatever the
 * order in which they came.
 */
#ifndef RESULTS_EXPORT_H
#define RESULTS_EXPORT_H

#include "results/store.h"

#include <stdio.h>

/* "points", "runs", "violations", "distributions"; null ends the list. */
extern const char *const results_exports[];

/* CSV: RFC 4180, with a line of names.  JSONL: an object per line; numbers are numbers,
 * what has no value is null, and a column '..._json' holds the value itself. */
enum results_format { RESULTS_CSV, RESULTS_JSONL };

/* "csv", "jsonl", as the enum; null ends the list. */
extern const char *const results_formats[];

/* Writes one of them, row by row: memory does not grow with the file. */
enum status results_export(struct results *results, const char *what,
                           enum results_format format, FILE *file, struct err *err);

#endif
