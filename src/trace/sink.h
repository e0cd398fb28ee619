/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink.h - where the bytes of a new trace go.
 *
 * Private to src/trace.  A sink is a file under a temporary name that becomes
 * the real one at the end, or a descriptor that is written as it is (a pipe, a
 * device, standard output).
 */
#ifndef TRACE_SINK_H
#define TRACE_SINK_H

#include "base/status.h"

struct trace_sink {
    int fd;
    bool own_fd;
    bool seekable;     /* The header can be written again. */
    char *name;        /* For messages. */
    char *path, *temp; /* Null: nothing to rename. */
    uint64_t start;    /* File position of offset 0. */
    uint64_t offset;   /* Bytes written. */
    uint8_t *buffer;
    size_t n_buffered;
};

enum status trace_sink_open(struct trace_sink *s, const char *path, struct err *err);
void trace_sink_open_fd(struct trace_sink *s, int fd, const char *name);
enum status trace_sink_write(struct trace_sink *s, const void *data, size_t n,
                             struct err *err);
/* Writes over bytes that were written before; only where 'seekable'. */
enum status trace_sink_rewrite(struct trace_sink *s, uint64_t offset, const void *data,
                               size_t n, struct err *err);
/* Everything is out and has its name. */
enum status trace_sink_finish(struct trace_sink *s, struct err *err);
/* Frees; removes a temporary file that was not finished. */
void trace_sink_close(struct trace_sink *s);

#endif
