/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * impl.h - an open trace, as the files of src/trace share it.
 *
 *   source.c   the file descriptor: files, pipes, text that gets assembled
 *   scan.c     one pass over the chunks: everything is checked but records
 *   declare.c  what META, STRINGS, LABELS, IMAGE and STREAM chunks say
 *   load.c     DATA chunks to operations, when they are asked for
 *   symbol.c   names of addresses
 *   trace.c    opening, closing, and the accessors of trace.h
 *
 * After trace_open() only the windows of streams change.
 */
#ifndef TRACE_IMPL_H
#define TRACE_IMPL_H

#include "trace/codec.h"
#include "trace/format.h"
#include "trace/trace.h"

/* A DATA chunk. */
struct data_chunk {
    uint64_t offset; /* Of its head in the file. */
    uint64_t first;  /* Number of its first record in the stream. */
    uint64_t number; /* Of the chunk in the file, for messages. */
    uint32_t stream; /* Index. */
    uint32_t n;
    uint32_t stored_len, raw_len;
    uint8_t codec;
};

struct in_stream {
    struct trace_stream meta; /* 'parent' is an id until the scan is done. */
    uint32_t *chunks;         /* Indices into trace->chunks. */
    uint32_t n_chunks;
    uint32_t current;  /* Place in 'chunks' of what 'raw' holds. */
    struct op *ops;    /* The window: a piece of a chunk, or the whole stream. */
    uint64_t first, n; /* What 'ops' holds. */
    uint8_t *raw;      /* One chunk unpacked; null: none. */
    size_t raw_room;
    struct trace_decoder decoder; /* Behind the window. */
};

struct label {
    uint64_t va;
    char *name;
};

struct trace_text {
    uint32_t id;
    char *text;
};

struct trace {
    int fd;
    char *name; /* For messages. */
    uint64_t bytes;
    bool truncated;
    char hash[33];
    char *json; /* Null: none. */

    struct in_stream *streams; /* By id. */
    uint32_t n_streams;
    struct data_chunk *chunks; /* In file order. */
    uint32_t n_chunks;
    uint64_t n_ops;

    struct trace_image *images;
    uint32_t n_images;
    struct trace_text *strings; /* By id. */
    size_t n_strings;
    struct label *labels; /* In file order. */
    size_t n_labels;
    struct label *by_address; /* The same, sorted; names belong to 'labels'. */
    uint64_t declared_bytes;  /* Of declarations, against the bound. */

    uint8_t *stored, *raw; /* One chunk, as stored and unpacked. */
    size_t stored_room, raw_room;
    void *zstd;
};

/* source.c: opens 'path'; what cannot be read twice is spooled.  'is_text' says
 * by the first bytes which form it has. */
enum status trace_source_open(const char *path, int *fd, bool *is_text,
                              struct err *err);
/* An empty file without a name. */
enum status trace_source_temp(int *fd, struct err *err);
/* Writes all of it. */
enum status trace_source_write(int fd, const char *data, size_t n, struct err *err);
/* Reads exactly 'n' bytes at 'offset'; false at the end of the file or on an
 * error. */
bool trace_source_read(int fd, uint64_t offset, void *to, size_t n);

/* scan.c: fills the tables from t->fd. */
enum status trace_scan(struct trace *t, bool allow_truncated, struct err *err);

/* declare.c: one payload, unpacked, of 'n' bytes. */
enum status trace_declare(struct trace *t, const struct trace_chunk *c,
                          const uint8_t *raw, struct err *err);
/* Sorts streams, resolves parents. Once, after the last STREAM chunk. */
enum status trace_declare_done(struct trace *t, struct err *err);

/* load.c: reads the payload of a chunk into t->raw, followed by
 * TRACE_RECORD_MAX zero bytes. 'head' is checked against it when not null. */
enum status trace_unpack(struct trace *t, uint64_t offset, uint8_t codec,
                         uint32_t stored_len, uint32_t raw_len, const uint8_t *head,
                         struct err *err);
/* Decodes everything now. */
enum status trace_preload(struct trace *t, struct err *err);

/* symbol.c: the label in the page below 'va', or null. */
const struct label *trace_label_near(const struct trace *t, uint64_t va);
/* Prepares the table that trace_label_near() searches. */
void trace_sort_labels(struct trace *t);

#endif
