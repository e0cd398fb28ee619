/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bytes.c - a growing byte buffer, and a reader that cannot run over its end.
 */
#include "trace/bytes.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "trace/codec.h"

void *trace_alloc(size_t n, size_t size)
{
    void *p = calloc(n ? n : 1, size);
    assert(p);
    return p;
}

void *trace_grow(void *old, size_t n, size_t size)
{
    void *p = reallocarray(old, n ? n : 1, size);
    assert(p);
    return p;
}

char *trace_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(trace_alloc(n, 1), text, n);
}

uint8_t *trace_bytes_reserve(struct trace_bytes *b, size_t extra)
{
    if (b->capacity - b->n < extra) {
        size_t capacity = b->capacity ? b->capacity * 2 : 256;
        while (capacity - b->n < extra)
            capacity *= 2;
        b->data = trace_grow(b->data, capacity, 1);
        b->capacity = capacity;
    }
    return b->data + b->n;
}

void trace_bytes_put(struct trace_bytes *b, const void *data, size_t n)
{
    uint8_t *to = trace_bytes_reserve(b, n);
    if (n)
        memcpy(to, data, n);
    b->n += n;
}

void trace_bytes_put_leb(struct trace_bytes *b, uint64_t v)
{
    uint8_t *to = trace_bytes_reserve(b, 10);
    b->n += (size_t)(trace_put_leb(to, v) - to);
}

void trace_bytes_put_text(struct trace_bytes *b, const char *text)
{
    size_t n = strlen(text);
    trace_bytes_put_leb(b, n);
    trace_bytes_put(b, text, n);
}

void trace_bytes_free(struct trace_bytes *b)
{
    free(b->data);
    *b = (struct trace_bytes){0};
}

uint64_t trace_cursor_leb(struct trace_cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70 && c->p < c->end; shift += 7) {
        uint64_t byte = *c->p++;
        v |= (byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return c->bad ? 0 : v;
    }
    c->bad = true;
    return 0;
}

uint32_t trace_cursor_u32(struct trace_cursor *c)
{
    uint64_t v = trace_cursor_leb(c);
    if (v > UINT32_MAX)
        c->bad = true;
    return c->bad ? 0 : (uint32_t)v;
}

/* The length of the text that follows, or bad. */
static size_t text_length(struct trace_cursor *c, size_t max)
{
    uint64_t n = trace_cursor_leb(c);
    if (!c->bad &&
        (n > max || n > (uint64_t)(c->end - c->p) || (n && memchr(c->p, 0, (size_t)n))))
        c->bad = true;
    return c->bad ? 0 : (size_t)n;
}

char *trace_cursor_text(struct trace_cursor *c, size_t max)
{
    size_t n = text_length(c, max);
    if (c->bad)
        return NULL;
    char *text = trace_alloc(n + 1, 1);
    memcpy(text, c->p, n);
    c->p += n;
    return text;
}

void trace_cursor_copy_text(struct trace_cursor *c, char *out, size_t size)
{
    size_t n = text_length(c, size - 1);
    memcpy(out, c->p, n);
    out[n] = 0;
    c->p += n;
}

size_t trace_cursor_count(struct trace_cursor *c, size_t least)
{
    uint64_t n = trace_cursor_leb(c);
    if (!c->bad && n > (uint64_t)(c->end - c->p) / least)
        c->bad = true;
    return c->bad ? 0 : (size_t)n;
}
