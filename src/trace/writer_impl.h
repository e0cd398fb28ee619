/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer_impl.h - a trace writer, as writer.c and writer_declare.c share it.
 */
#ifndef TRACE_WRITER_IMPL_H
#define TRACE_WRITER_IMPL_H

#include <zstd.h>

#include "trace/bytes.h"
#include "trace/codec.h"
#include "trace/format.h"
#include "trace/impl.h"
#include "trace/sink.h"
#include "trace/writer.h"

struct out_stream {
    struct trace_stream meta; /* 'parent' is an id here. */
    struct trace_bytes buffer;
    struct trace_context context;
    uint32_t n_buffered;
    uint64_t n_ops;
    uint64_t first_seq, last_seq; /* Of the buffered records that have one. */
};

struct trace_writer {
    struct trace_sink sink;
    bool sealed; /* Declarations are in the file. */
    bool finished;
    char *json;
    struct trace_text *strings; /* By id once sealed. */
    struct trace_bytes labels, index;
    uint32_t n_strings, n_labels, n_index;
    struct trace_bytes *images; /* Encoded payloads. */
    uint32_t n_images;
    struct out_stream *streams; /* By id once sealed. */
    uint32_t n_streams;
    uint32_t last; /* Index of the stream of the last append. */
    ZSTD_CCtx *zstd;
    struct trace_bytes packed;
    struct err err; /* The first error: it sticks. */
};

/* Hands out the error that stuck. */
enum status trace_writer_fail(struct trace_writer *w, struct err *err);

/* Errors of the caller's data; sticks. */
#define REFUSE(w, err, ...) \
    (err_set(&(w)->err, STATUS_TRACE, __VA_ARGS__), trace_writer_fail(w, err))

/* Writes one chunk; the lengths in 'c' are set here. Errors go to w->err. */
enum status trace_writer_chunk(struct trace_writer *w, struct trace_chunk *c,
                               const struct trace_bytes *raw, bool compress);

/* Rewrites the header when 'footer_off' is not 0. */
enum status trace_writer_header(struct trace_writer *w, uint64_t footer_off);

/* Declarations go to the file; from now on there are only operations. */
enum status trace_writer_seal(struct trace_writer *w);

/* Only after sealing. Null if there is no such stream. */
struct out_stream *trace_writer_find(const struct trace_writer *w, uint32_t id);

#endif
