/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * points.h - the points of a results file as a table: a row per point, a dimension per
 * thing that differs between them.
 *
 * Dimensions are the varied keys of the plan, and 'protocol', 'trace' and 'cores' where
 * there is more than one.  A dimension knows its values in the order in which an axis
 * shows them: numbers by size, words as in the plan.
 */
#ifndef FIGURE_POINTS_H
#define FIGURE_POINTS_H

#include "results/store.h"

#define POINTS_DIMS 12u

struct points_value {
    char *text;
    double number;
};

struct points_dim {
    char key[96], unit[16];
    bool numeric; /* All values are numbers. */
    struct points_value *values;
    uint32_t n_values, capacity;
};

struct points {
    struct points_dim dims[POINTS_DIMS];
    uint32_t n_dims;
    uint64_t *ids;    /* Ascending. */
    uint32_t *places; /* n rows of POINTS_DIMS: which value, UINT32_MAX: none. */
    uint32_t n, capacity;
};

/* Fills '*points', which the caller frees. STATUS_STORE. */
enum status points_load(struct points *points, struct results *results,
                        struct err *err);
void points_free(struct points *points);

/* The number of a dimension, or -1: it does not differ, or is unknown. */
int points_dim(const struct points *points, const char *key);

/* The row of point 'id', or UINT32_MAX. */
uint32_t points_row(const struct points *points, uint64_t id);

/* Which value of 'dim' the point in 'row' has. */
uint32_t points_place(const struct points *points, uint32_t row, uint32_t dim);

/* Does the value of 'dim' follow from that of 'other' (zipped axes)? */
bool points_follows(const struct points *points, uint32_t dim, uint32_t other);

#endif
