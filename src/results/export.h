/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.h - the rows of a results file as CSV, in one order, whatever the order in
 * which they came.
 */
#ifndef RESULTS_EXPORT_H
#define RESULTS_EXPORT_H

#include "results/store.h"

#include <stdio.h>

/* "points", "runs", "violations", "distributions"; null ends the list. */
extern const char *const results_exports[];

/* Writes one of them, row by row: memory does not grow with the file. */
enum status results_export_csv(struct results *results, const char *what, FILE *file,
                               struct err *err);

#endif
