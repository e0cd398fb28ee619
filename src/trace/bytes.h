/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.h - a growing byte buffer, and a reader that cannot run over its end.
 *
 * Private to src/trace: the payloads of all chunks but DATA are built and taken
 * apart with these.  Memory that runs out is not an error that a caller could
 * handle: it asserts.
 */
#ifndef TRACE_BYTES_H
#define TRACE_BYTES_H

#include "base/types.h"

struct trace_bytes {
    uint8_t *data;
    size_t n, capacity;
};

/* Makes room for 'extra' more bytes and returns where they go. */
uint8_t *trace_bytes_reserve(struct trace_bytes *b, size_t extra);
void trace_bytes_put(struct trace_bytes *b, const void *data, size_t n);
void trace_bytes_put_leb(struct trace_bytes *b, uint64_t v);
/* Length and bytes, without the terminating zero. */
void trace_bytes_put_text(struct trace_bytes *b, const char *text);
void trace_bytes_free(struct trace_bytes *b);

/* A position in bytes.  'bad' is set by the first read that does not fit; reads
 * after it give zeros, so a caller checks once at the end. */
struct trace_cursor {
    const uint8_t *p, *end;
    bool bad;
};

uint64_t trace_cursor_leb(struct trace_cursor *c);
uint32_t trace_cursor_u32(struct trace_cursor *c);
/* A text without zero bytes, at most 'max' long. Allocated; null when bad. */
char *trace_cursor_text(struct trace_cursor *c, size_t max);
/* The same into 'out' of 'size' bytes. */
void trace_cursor_copy_text(struct trace_cursor *c, char *out, size_t size);
/* A count of things that take at least 'least' bytes each. */
size_t trace_cursor_count(struct trace_cursor *c, size_t least);

/* malloc, calloc and realloc that assert; n * size does not overflow. */
void *trace_alloc(size_t n, size_t size);
void *trace_grow(void *old, size_t n, size_t size);
char *trace_strdup(const char *text);

#endif
