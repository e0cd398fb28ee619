/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus.h - which outcomes of a litmus test can happen.
 *
 * The test becomes a guest whose threads run on one CPU each of an explored
 * machine (machine/explorable.h): the same core, TLBs, walker, store buffers,
 * APICs and shootdown handler as everywhere.  Every order of their operations,
 * of stores leaving the buffers, of interrupts, and (if the test has pages) of
 * spontaneous TLB fills and evictions is tried, breadth first with all states
 * kept.  What counts is a final state: all threads done, all buffers empty, no
 * interrupt under way.
 */
#ifndef LITMUS_LITMUS_H
#define LITMUS_LITMUS_H

#include "litmus/test.h"
#include "machine/machine_config.h"

/* Registers in the order P0:r0, P0:r1 ..., then the condition's memory. */
#define LITMUS_COLUMNS (LITMUS_THREADS * LITMUS_REGS + LITMUS_TERMS)

struct litmus_outcome {
    litmus_value_t values[LITMUS_COLUMNS];
    uint64_t n; /* Final states with these values. */
    bool holds; /* The condition. */
};

struct litmus_column {
    uint8_t is_memory, thread, reg, name;
};

struct litmus_result {
    bool complete;
    char why[200]; /* Not complete: what stopped it. */
    struct litmus_column columns[LITMUS_COLUMNS];
    unsigned n_columns;
    struct litmus_outcome *outcomes; /* In ascending order of their values. */
    unsigned n_outcomes;
    uint64_t positive, negative; /* Final states with and without the condition. */
    uint32_t states;
    uint64_t transitions;
};

struct litmus_options {
    uint32_t max_states;
    size_t max_bytes;
    bool (*stopped)(void *context); /* Asked now and then; may be null. */
    void *context;
};

/* Runs the test on 'machine', whose number of cores is set to the number of
 * threads.  The result's memory is the caller's: litmus_free().
 * STATUS_CONFIG, STATUS_LIMIT. */
enum status litmus_run(const struct litmus_test *test,
                       const struct machine_config *machine,
                       const struct litmus_options *options,
                       struct litmus_result *result, struct err *err);
void litmus_free(struct litmus_result *result);

/* Allowed if the condition holds in some final state.  Forbidden only if the
 * search was complete; else unknown. */
enum litmus_expect litmus_verdict(const struct litmus_result *result);

#endif
