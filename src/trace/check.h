/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - does a trace make sense as a program?
 *
 * The reader has verified bytes; this looks at meaning, without simulating: who
 * starts whom, orders, addresses, what each thread holds.  An error is what no
 * run could obey.  A warning is what a correct guest would hardly do (a mutex
 * released by a thread that does not hold it), and what a run shows anyway.
 *
 * Not checked: whether addresses are mapped, whether threads deadlock.  Both
 * depend on the interleaving; a run reports them.
 */
#ifndef TRACE_CHECK_H
#define TRACE_CHECK_H

#include "trace/trace.h"

struct trace_problem {
    bool error;      /* Or else a warning. */
    uint32_t stream; /* Id, or NO_THREAD: of the whole trace. */
    bool has_op;
    uint64_t op; /* Number of the operation in its stream. */
    char text[200];
};

struct trace_check_result {
    uint64_t n_errors, n_warnings;
};

typedef void trace_problem_fn(void *context, const struct trace_problem *problem);

/* Hands every problem to 'report' (may be null), stream by stream, and counts
 * them.  The status is about reading the trace: problems are not failures. */
enum status trace_check(struct trace *trace, trace_problem_fn *report, void *context,
                        struct trace_check_result *result, struct err *err);

#endif
