/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - DATA chunks to operations, when they are asked for.
 *
 * Memory: one chunk as stored, one unpacked, and per stream one decoded chunk
 * (at most TRACE_DATA_RECORDS_MAX operations), or all of a small trace.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "trace/bytes.h"
#include "trace/impl.h"

static void make_room(uint8_t **buffer, size_t *room, size_t n)
{
    if (*room >= n)
        return;
    free(*buffer);
    *buffer = trace_alloc(n, 1);
    *room = n;
}

enum status trace_unpack(struct trace *t, uint64_t offset, uint8_t codec,
                         uint32_t stored_len, uint32_t raw_len, const uint8_t *head,
                         struct err *err)
{
    make_room(&t->raw, &t->raw_room, (size_t)raw_len + TRACE_RECORD_MAX);
    bool packed = codec == TRACE_CODEC_ZSTD;
    if (packed)
        make_room(&t->stored, &t->stored_room, stored_len);
    uint8_t *to = packed ? t->stored : t->raw;
    if (!trace_source_read(t->fd, offset, to, stored_len))
        return err_set(err, STATUS_TRACE, "the file ends inside the chunk");
    if (head && !trace_chunk_intact(head, to, stored_len))
        return err_set(err, STATUS_TRACE, "the checksum does not fit the bytes");
    if (packed) {
        if (!t->zstd)
            t->zstd = ZSTD_createDCtx();
        assert(t->zstd);
        size_t got =
            ZSTD_decompressDCtx(t->zstd, t->raw, raw_len, t->stored, stored_len);
        if (ZSTD_isError(got) || got != raw_len)
            return err_set(err, STATUS_TRACE, "the payload does not unpack: %s",
                           ZSTD_isError(got) ? ZSTD_getErrorName(got) : "wrong length");
    }
    memset(t->raw + raw_len, 0, TRACE_RECORD_MAX);
    return STATUS_OK;
}

/* Stream ids become indices. */
static enum status resolve_streams(struct trace *t, struct op *ops, uint32_t n,
                                   uint64_t first, struct err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        struct op *op = &ops[i];
        if (op->kind != OP_SPAWN && op->kind != OP_JOIN && op->kind != OP_FORK &&
            op->kind != OP_WAITPID)
            continue;
        uint32_t index = trace_find_stream(t, op->target);
        if (index == NO_THREAD)
            return err_set(err, STATUS_TRACE,
                           "record %" PRIu64
                           " is %s of stream %u, which does not exist",
                           first + i, trace_op_infos[op->kind].text, op->target);
        op->target = index;
    }
    return STATUS_OK;
}

static enum status decode_chunk(struct trace *t, const struct data_chunk *c,
                                struct op *ops, struct err *err)
{
    /* The file may have changed since the scan, so its checksum counts again. */
    uint8_t head[TRACE_CHUNK_BYTES];
    enum status status = STATUS_OK;
    bool names_streams = false;
    if (!trace_source_read(t->fd, c->offset, head, sizeof head))
        status = err_set(err, STATUS_TRACE, "the file became shorter while in use");
    if (status == STATUS_OK)
        status = trace_unpack(t, c->offset + sizeof head, c->codec, c->stored_len,
                              c->raw_len, head, err);
    if (status == STATUS_OK)
        status =
            trace_decode(t->raw, c->raw_len, ops, c->n, c->first, &names_streams, err);
    if (status == STATUS_OK && names_streams)
        status = resolve_streams(t, ops, c->n, c->first, err);
    if (status != STATUS_OK)
        err_prefix(err, "%s: offset %" PRIu64 ", chunk %" PRIu64 ", stream %u", t->name,
                   c->offset, c->number, t->streams[c->stream].meta.id);
    return status;
}

enum status trace_load_chunk(struct trace *t, struct in_stream *s, uint32_t place,
                             struct err *err)
{
    const struct data_chunk *c = &t->chunks[s->chunks[place]];
    if (!s->ops)
        s->ops = trace_alloc(s->most, sizeof *s->ops);
    s->n = 0;
    enum status status = decode_chunk(t, c, s->ops, err);
    if (status != STATUS_OK)
        return status;
    s->current = place;
    s->first = c->first;
    s->n = c->n;
    return STATUS_OK;
}

enum status trace_preload(struct trace *t, struct err *err)
{
    for (uint32_t i = 0; i < t->n_streams; i++) {
        struct in_stream *s = &t->streams[i];
        s->ops = trace_alloc(s->meta.n_ops, sizeof *s->ops);
        for (uint32_t k = 0; k < s->n_chunks; k++) {
            const struct data_chunk *c = &t->chunks[s->chunks[k]];
            enum status status = decode_chunk(t, c, s->ops + c->first, err);
            if (status != STATUS_OK)
                return status;
        }
        s->first = 0;
        s->n = s->meta.n_ops;
    }
    return STATUS_OK;
}

/* The place of the chunk that holds operation 'index'. */
static uint32_t find_chunk(const struct trace *t, const struct in_stream *s,
                           uint64_t index)
{
    uint32_t low = 0, high = s->n_chunks;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (t->chunks[s->chunks[middle]].first <= index)
            low = middle;
        else
            high = middle;
    }
    return low;
}

enum status trace_read(struct trace *t, uint32_t stream, uint64_t index,
                       struct trace_window *window, struct err *err)
{
    assert(stream < t->n_streams);
    struct in_stream *s = &t->streams[stream];
    assert(index < s->meta.n_ops);
    if (index - s->first >= s->n) {
        enum status status = trace_load_chunk(t, s, find_chunk(t, s, index), err);
        if (status != STATUS_OK)
            return status;
    }
    *window = (struct trace_window){s->ops, s->first, s->n};
    return STATUS_OK;
}
