/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preflight.c - does this guest fit this machine? See preflight.h.
 */
#include "run/preflight.h"

#include "run/expect.h"

#include <inttypes.h>

#define LOOK_AT_MOST 4000000u /* Operations in all: a few milliseconds. */

static enum status check_op(struct trace *trace, uint32_t stream, uint64_t index,
                            const struct op *op, uint32_t n_cpus, struct err *err)
{
    const struct trace_stream *s = trace_stream(trace, stream);
    enum check_rule_id rule;
    if (op->kind == OP_PIN && op->target >= n_cpus)
        return err_set(
            err, STATUS_CONFIG,
            "thread %u \"%s\", operation %" PRIu64 ": pin to CPU %u, but the "
            "machine has %u hardware threads (0 to %u); use a larger machine",
            s->id, s->name, index, op->target, n_cpus, n_cpus - 1);
    if (op->kind == OP_EXPECT && !expect_rule(trace, op->target, &rule))
        return err_set(err, STATUS_TRACE,
                       "thread %u \"%s\", operation %" PRIu64 ": expect names no rule; "
                       "the rules are STALE, TORN, LOST, MUTEX, REUSE",
                       s->id, s->name, index);
    return STATUS_OK;
}

enum status preflight(struct trace *trace, uint32_t n_cpus, struct err *err)
{
    bool all = trace_n_ops(trace) <= LOOK_AT_MOST;
    for (uint32_t i = 0; i < trace_n_streams(trace); i++) {
        uint64_t n = trace_stream(trace, i)->n_ops;
        for (uint64_t at = 0; at < n;) {
            struct trace_window w;
            enum status status = trace_read(trace, i, at, &w, err);
            for (; !status && at - w.first < w.n; at++)
                status = check_op(trace, i, at, &w.ops[at - w.first], n_cpus, err);
            if (status)
                return status;
            if (!all)
                break;
        }
    }
    return STATUS_OK;
}
