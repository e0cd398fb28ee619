/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * load.c - DATA chunks to operations, when they are asked for.
 *
 * Memory: one chunk as stored, and per stream one unpacked (at most
 * TRACE_DATA_RECORDS_MAX records) with a window of PIECE operations; or all
 * operations of a small trace.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <zstd.h>

#include "trace/bytes.h"
#include "trace/impl.h"

/* Operations of a window: so few that the windows of many streams stay in the
 * host's caches from their decoding to their use. */
#define PIECE 256u

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

static enum status chunk_error(const struct trace *t, const struct data_chunk *c,
                               struct err *err)
{
    return err_prefix(err, "%s: offset %" PRIu64 ", chunk %" PRIu64 ", stream %u",
                      t->name, c->offset, c->number, t->streams[c->stream].meta.id);
}

/* Reads and unpacks a chunk into 's->raw'. */
static enum status load_chunk(struct trace *t, struct in_stream *s,
                              const struct data_chunk *c, struct err *err)
{
    /* The file may have changed since the scan, so its checksum counts again. */
    uint8_t head[TRACE_CHUNK_BYTES];
    enum status status = STATUS_OK;
    if (!trace_source_read(t->fd, c->offset, head, sizeof head))
        status = err_set(err, STATUS_TRACE, "the file became shorter while in use");
    if (status == STATUS_OK)
        status = trace_unpack(t, c->offset + sizeof head, c->codec, c->stored_len,
                              c->raw_len, head, err);
    if (status != STATUS_OK)
        return chunk_error(t, c, err);
    uint8_t *raw = t->raw;
    size_t room = t->raw_room;
    t->raw = s->raw;
    t->raw_room = s->raw_room;
    s->raw = raw;
    s->raw_room = room;
    trace_decode_begin(&s->decoder, raw, c->raw_len);
    return STATUS_OK;
}

/* Decodes the next 'n' operations of the chunk, from number 'first' on. */
static enum status decode(struct trace *t, struct in_stream *s,
                          const struct data_chunk *c, struct op *ops, uint32_t n,
                          uint64_t first, struct err *err)
{
    bool names_streams = false;
    enum status status = trace_decode(&s->decoder, ops, n, first, &names_streams, err);
    if (status == STATUS_OK && first + n == c->first + c->n)
        status = trace_decode_end(&s->decoder, first + n - 1, err);
    if (status == STATUS_OK && names_streams)
        status = resolve_streams(t, ops, n, first, err);
    return status == STATUS_OK ? STATUS_OK : chunk_error(t, c, err);
}

enum status trace_preload(struct trace *t, struct err *err)
{
    for (uint32_t i = 0; i < t->n_streams; i++) {
        struct in_stream *s = &t->streams[i];
        s->ops = trace_alloc(s->meta.n_ops, sizeof *s->ops);
        for (uint32_t k = 0; k < s->n_chunks; k++) {
            const struct data_chunk *c = &t->chunks[s->chunks[k]];
            enum status status = load_chunk(t, s, c, err);
            if (status == STATUS_OK)
                status = decode(t, s, c, s->ops + c->first, c->n, c->first, err);
            if (status != STATUS_OK)
                return status;
        }
        free(s->raw);
        s->raw = NULL;
        s->raw_room = 0;
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

/* Makes the window empty and puts it before the chunk that holds 'index', unless
 * it is in that chunk and before 'index' already. */
static enum status seek(struct trace *t, struct in_stream *s, uint64_t index,
                        struct err *err)
{
    uint32_t place = find_chunk(t, s, index);
    if (s->raw && s->n && s->current == place && s->first < index)
        return STATUS_OK;
    const struct data_chunk *c = &t->chunks[s->chunks[place]];
    if (!s->ops)
        s->ops = trace_alloc(PIECE, sizeof *s->ops);
    s->n = 0;
    s->first = c->first;
    s->current = place;
    return load_chunk(t, s, c, err);
}

/* Shows the piece of the chunk behind the window. */
static enum status next_piece(struct trace *t, struct in_stream *s, struct err *err)
{
    const struct data_chunk *c = &t->chunks[s->chunks[s->current]];
    uint64_t first = s->first + s->n, left = c->first + c->n - first;
    uint32_t n = left < PIECE ? (uint32_t)left : PIECE;
    s->n = 0;
    enum status status = decode(t, s, c, s->ops, n, first, err);
    if (status != STATUS_OK)
        return status;
    s->first = first;
    s->n = n;
    return STATUS_OK;
}

enum status trace_read(struct trace *t, uint32_t stream, uint64_t index,
                       struct trace_window *window, struct err *err)
{
    assert(stream < t->n_streams);
    struct in_stream *s = &t->streams[stream];
    assert(index < s->meta.n_ops);
    bool shown = index - s->first < s->n;
    enum status status = shown ? STATUS_OK : seek(t, s, index, err);
    while (status == STATUS_OK && index - s->first >= s->n)
        status = next_piece(t, s, err);
    if (status != STATUS_OK)
        return status;
    *window = (struct trace_window){s->ops, s->first, s->n};
    return STATUS_OK;
}
