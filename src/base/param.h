/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * param.h - one parameter of a component, as a row of a table.
 *
 * Each component declares a plain struct and a table of rows that says how a
 * configuration file fills it.  Reading, checking, `sim config show`, the
 * configuration reference and --help all come from the rows, so a parameter
 * is added by one field and one row.
 *
 * Times: a row of type PARAM_CYCLES or PARAM_DIST named "delivery" is written
 * in a file as "delivery_cycles" or "delivery_ns"; nanoseconds are converted
 * by the core clock, rounded to nearest.  Not both.
 */
#ifndef BASE_PARAM_H
#define BASE_PARAM_H

#include "base/types.h"

/*
 * The distribution of a latency.  'base' is the floor: a draw is never below
 * it, so that the smallest latency of a machine (the look-ahead bound) is
 * known in advance.  In a file: a number (no jitter) or an object such as
 *   {"base_ns": 103, "jitter": "exponential", "mean_ns": 100, "max_ns": 5000}
 *   {"base_cycles": 20, "jitter": "uniform", "spread_cycles": 10}
 *   {"base_ns": 100, "jitter": "lognormal", "median_ns": 50, "sigma": 1.0}
 *   {"base_ns": 100, "jitter": "table", "values_ns": [0, 0, 5, 80]}
 */
enum dist_kind {
    DIST_FIXED,
    DIST_UNIFORM,     /* base + [0, a] */
    DIST_EXPONENTIAL, /* base + exponential of mean a */
    DIST_LOGNORMAL,   /* base + log-normal of median a and shape 'sigma' */
    DIST_TABLE,       /* base + one of the table's values, equally likely */
};

#define DIST_TABLE_MAX 64u

struct dist {
    enum dist_kind kind;
    uint32_t n_table;
    cycle_t base;
    cycle_t a;
    cycle_t max; /* Cap of the jitter part; 0 means none. */
    double sigma;
    cycle_t table[DIST_TABLE_MAX];
};

enum param_type {
    PARAM_U32,
    PARAM_U64,
    PARAM_DOUBLE,
    PARAM_BOOL,
    PARAM_CYCLES, /* cycle_t */
    PARAM_DIST,   /* struct dist */
    PARAM_CHOICE, /* uint32_t: index into 'choices' */
    PARAM_STRING, /* char[PARAM_STRING_BYTES] */
};

#define PARAM_STRING_BYTES 128u

struct param {
    const char *key; /* Without unit suffix. */
    enum param_type type;
    size_t offset;              /* Of the field in the component's struct. */
    double min, max;            /* Inclusive; numbers and times (in cycles). */
    const char *def;            /* JSON text of the default, or null: required.
                                 * Times in cycles. */
    const char *unit;           /* "cycles", "entries", "bytes", ... or "". */
    const char *help;           /* One sentence. */
    const char *const *choices; /* Null-terminated, for PARAM_CHOICE. */
};

/* A table of rows for one object of the configuration, e.g. "tlb.l1d". */
struct param_section {
    const char *path; /* "tlb.l1d"; "" is the root. */
    const char *help; /* One sentence. */
    const struct param *rows;
    size_t n_rows;
    size_t offset; /* Of the component's struct in the target. */
};

#endif
