/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare.h - do two results files hold the same rows?
 */
#ifndef RESULTS_COMPARE_H
#define RESULTS_COMPARE_H

#include "results/store.h"

struct results_difference {
    uint64_t points;    /* Done in 'again'; all of them are in 'first', too. */
    uint64_t rows;      /* Compared. */
    uint64_t different; /* Rows that only one of the two has. */
    char where[64];     /* Table of the first such row; "" if there is none. */
    uint64_t point;     /* And its point. */
};

/* Compares all rows (points, runs, violations with their witnesses, distributions) of
 * the points that are done in 'again' with those of 'first', byte by byte.  The two
 * must be of one plan.  STATUS_STORE. */
enum status results_compare(struct results *first, const char *again,
                            struct results_difference *difference, struct err *err);

#endif
