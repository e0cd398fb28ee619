/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.c - does a trace make sense as a program: streams, and the whole.
 */
#include "trace/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/bytes.h"
#include "trace/check_impl.h"

static void say(struct check *c, bool error, uint32_t stream, const uint64_t *op,
                const char *format, va_list args)
{
    struct trace_problem p = {.error = error, .stream = stream, .has_op = op != NULL};
    if (op)
        p.op = *op;
    vsnprintf(p.text, sizeof p.text, format, args);
    c->result.n_errors += error;
    c->result.n_warnings += !error;
    if (c->report)
        c->report(c->context, &p);
}

void trace_check_say(struct check *c, bool error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(c, error, c->meta->id, &c->at, format, args);
    va_end(args);
}

/* About a stream as a whole; NO_THREAD: about the trace. */
__attribute__((format(printf, 4, 5))) static void
say_stream(struct check *c, bool error, uint32_t stream, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    say(c, error, stream, NULL, format, args);
    va_end(args);
}

/* ---- streams ----------------------------------------------------------- */

static void check_birth(struct check *c, uint32_t index)
{
    const struct trace_stream *s = trace_stream(c->t, index);
    if (s->birth == TRACE_BIRTH_ROOT)
        return;
    uint32_t process = trace_stream(c->t, s->parent)->process;
    bool same = process == s->process;
    if (s->birth == TRACE_BIRTH_SPAWN && !same)
        say_stream(c, true, s->id, "is spawned by a thread of another process");
    if (s->birth == TRACE_BIRTH_FORK && same)
        say_stream(c, true, s->id, "is forked into the process of its parent");
    if (c->starts[index].n == 0) /* In a trace cut short its start may be lost. */
        say_stream(c, !trace_truncated(c->t), s->id,
                   "is never %s by its parent, stream %u",
                   s->birth == TRACE_BIRTH_FORK ? "forked" : "spawned",
                   trace_stream(c->t, s->parent)->id);
}

struct first_thread {
    uint32_t process, stream;
};

static int by_process(const void *a, const void *b)
{
    const struct first_thread *x = a, *y = b;
    if (x->process != y->process)
        return x->process < y->process ? -1 : 1;
    return (x->stream > y->stream) - (x->stream < y->stream);
}

/* A process begins once. */
static void check_processes(struct check *c)
{
    uint32_t n = 0, n_streams = trace_n_streams(c->t);
    struct first_thread *first = trace_alloc(n_streams, sizeof *first);
    for (uint32_t i = 0; i < n_streams; i++) {
        const struct trace_stream *s = trace_stream(c->t, i);
        if (s->birth == TRACE_BIRTH_FORK)
            first[n++] = (struct first_thread){s->process, s->id};
    }
    if (n)
        qsort(first, n, sizeof *first, by_process);
    for (uint32_t i = 1; i < n; i++) {
        if (first[i].process == first[i - 1].process)
            say_stream(c, true, first[i].stream,
                       "is forked as process %u, as stream %u is", first[i].process,
                       first[i - 1].stream);
    }
    free(first);
}

static void check_streams(struct check *c)
{
    uint32_t n_roots = 0, n = trace_n_streams(c->t);
    for (uint32_t i = 0; i < n; i++) {
        n_roots += trace_stream(c->t, i)->birth == TRACE_BIRTH_ROOT;
        check_birth(c, i);
    }
    check_processes(c);
    if (n == 0)
        say_stream(c, true, NO_THREAD, "the trace has no streams");
    else if (n_roots == 0)
        say_stream(c, true, NO_THREAD, "no stream runs from the start");
}

static enum status check_stream(struct check *c, uint32_t index, struct err *err)
{
    struct trace_window w;
    c->stream = index;
    c->meta = trace_stream(c->t, index);
    c->ended = c->unsure = false;
    c->n_held = 0;
    for (c->at = 0; c->at < c->meta->n_ops;) {
        enum status status = trace_read(c->t, index, c->at, &w, err);
        if (status != STATUS_OK)
            return status;
        for (; c->at - w.first < w.n; c->at++) {
            const struct op *op = &w.ops[c->at - w.first];
            trace_check_op(c, op);
            if (op->seq)
                trace_check_note_order(c, op);
        }
    }
    return STATUS_OK;
}

enum status trace_check(struct trace *trace, trace_problem_fn *report, void *context,
                        struct trace_check_result *result, struct err *err)
{
    struct check c = {.t = trace, .report = report, .context = context};
    uint32_t n = trace_n_streams(trace);
    c.starts = trace_alloc(n, sizeof *c.starts);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < n && status == STATUS_OK; i++)
        status = check_stream(&c, i, err);
    if (status == STATUS_OK) {
        trace_check_orders(&c);
        check_streams(&c);
    }
    free(c.starts);
    free(c.orders);
    *result = c.result;
    return status;
}
