/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.c - the life of a trace writer: buffers, chunks, finish.
 *
 * A stream's buffer becomes a chunk at the append that fills it, and what is
 * left becomes chunks in the order of stream ids at the end.  So the bytes
 * follow from the sequence of calls alone, and a disassembled trace assembles
 * to the same file.  Where bytes go is sink.c's business.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "trace/writer_impl.h"

#define ZSTD_LEVEL 3

enum status trace_writer_fail(struct trace_writer *w, struct err *err)
{
    if (err)
        *err = w->err;
    return w->err.status;
}

static struct trace_writer *writer_new(void)
{
    struct trace_writer *w = trace_alloc(1, sizeof *w);
    w->zstd = ZSTD_createCCtx();
    assert(w->zstd);
    return w;
}

struct trace_writer *trace_writer_create(const char *path, struct err *err)
{
    struct trace_writer *w = writer_new();
    if (trace_sink_open(&w->sink, path, err) != STATUS_OK) {
        trace_writer_destroy(w);
        return NULL;
    }
    return w;
}

struct trace_writer *trace_writer_create_fd(int fd, const char *name, struct err *err)
{
    struct trace_writer *w = writer_new();
    (void)err;
    trace_sink_open_fd(&w->sink, fd, name);
    return w;
}

void trace_writer_destroy(struct trace_writer *w)
{
    if (!w)
        return;
    trace_sink_close(&w->sink);
    for (uint32_t i = 0; i < w->n_streams; i++)
        trace_bytes_free(&w->streams[i].buffer);
    for (uint32_t i = 0; i < w->n_images; i++)
        trace_bytes_free(&w->images[i]);
    for (uint32_t i = 0; i < w->n_strings; i++)
        free(w->strings[i].text);
    free(w->strings);
    trace_bytes_free(&w->labels);
    trace_bytes_free(&w->index);
    trace_bytes_free(&w->packed);
    ZSTD_freeCCtx(w->zstd);
    free(w->images);
    free(w->streams);
    free(w->json);
    free(w);
}

/* ---- chunks ------------------------------------------------------------ */

/* Compresses the payload unless that would not make it smaller. */
static const uint8_t *pack(struct trace_writer *w, const uint8_t *raw, size_t n,
                           struct trace_chunk *c)
{
    c->raw_len = c->stored_len = (uint32_t)n;
    c->codec = TRACE_CODEC_RAW;
    w->packed.n = 0;
    uint8_t *to = trace_bytes_reserve(&w->packed, ZSTD_compressBound(n));
    size_t got = ZSTD_compressCCtx(w->zstd, to, w->packed.capacity, raw, n, ZSTD_LEVEL);
    if (ZSTD_isError(got) || got >= n)
        return raw;
    c->stored_len = (uint32_t)got;
    c->codec = TRACE_CODEC_ZSTD;
    return to;
}

enum status trace_writer_chunk(struct trace_writer *w, struct trace_chunk *c,
                               const struct trace_bytes *raw, bool compress)
{
    static const uint8_t zeros[8];
    const uint8_t *payload = raw->data;
    c->raw_len = c->stored_len = (uint32_t)raw->n;
    if (compress && raw->n)
        payload = pack(w, raw->data, raw->n, c);

    uint8_t head[TRACE_CHUNK_BYTES];
    trace_chunk_encode(c, payload, head);
    struct trace_sink *s = &w->sink;
    size_t padding = (size_t)(trace_padded(c->stored_len) - c->stored_len);
    enum status status = trace_sink_write(s, head, sizeof head, &w->err);
    if (status == STATUS_OK)
        status = trace_sink_write(s, payload, c->stored_len, &w->err);
    if (status == STATUS_OK)
        status = trace_sink_write(s, zeros, padding, &w->err);
    return status;
}

static void note_in_index(struct trace_writer *w, const struct out_stream *s,
                          uint64_t offset, uint64_t first_record)
{
    uint8_t entry[TRACE_INDEX_ENTRY_BYTES];
    trace_put32(entry, s->meta.id);
    trace_put32(entry + 4, s->n_buffered);
    trace_put64(entry + 8, offset);
    trace_put64(entry + 16, first_record);
    trace_put64(entry + 24, s->first_seq);
    trace_put64(entry + 32, s->last_seq);
    trace_bytes_put(&w->index, entry, sizeof entry);
    w->n_index++;
}

static enum status flush_stream(struct trace_writer *w, struct out_stream *s)
{
    if (s->n_buffered == 0)
        return STATUS_OK;
    struct trace_chunk c = {
        .type = TRACE_CHUNK_DATA,
        .stream = s->meta.id,
        .n_records = s->n_buffered,
        .first_record = s->n_ops - s->n_buffered,
        .first_seq = s->first_seq,
    };
    note_in_index(w, s, w->sink.offset, c.first_record);
    enum status status = trace_writer_chunk(w, &c, &s->buffer, true);
    s->buffer.n = 0;
    s->n_buffered = 0;
    s->context = (struct trace_context){0};
    s->first_seq = s->last_seq = 0;
    return status;
}

/* ---- operations -------------------------------------------------------- */

static enum status check_op(struct trace_writer *w, const struct out_stream *s,
                            const struct op *op)
{
    if (trace_op_valid(op, &w->err) != STATUS_OK)
        return err_prefix(&w->err, "stream %u, operation %" PRIu64, s->meta.id,
                          s->n_ops);
    if ((trace_op_has(op->kind) & TRACE_HAS_STREAM) &&
        !trace_writer_find(w, op->target))
        return err_set(&w->err, STATUS_TRACE,
                       "stream %u, operation %" PRIu64
                       ": %s of stream %u, which is not declared",
                       s->meta.id, s->n_ops, trace_op_infos[op->kind].text, op->target);
    return STATUS_OK;
}

static void buffer_op(struct out_stream *s, const struct op *op)
{
    uint8_t *to = trace_bytes_reserve(&s->buffer, TRACE_RECORD_MAX);
    s->buffer.n += trace_encode(&s->context, op, to);
    s->n_buffered++;
    s->n_ops++;
    if (op->seq) {
        s->last_seq = op->seq;
        if (!s->first_seq)
            s->first_seq = op->seq;
    }
}

enum status trace_writer_append(struct trace_writer *w, uint32_t stream,
                                const struct op *op, struct err *err)
{
    assert(!w->finished);
    if (w->err.status != STATUS_OK || (!w->sealed && trace_writer_seal(w) != STATUS_OK))
        return trace_writer_fail(w, err);
    if (w->last >= w->n_streams || w->streams[w->last].meta.id != stream) {
        const struct out_stream *found = trace_writer_find(w, stream);
        if (!found)
            return REFUSE(w, err, "an operation for stream %u, which is not declared",
                          stream);
        w->last = (uint32_t)(found - w->streams);
    }
    struct out_stream *s = &w->streams[w->last];
    if ((op->kind > OP_RMW || op->flags || op->size - 1u > 63) &&
        check_op(w, s, op) != STATUS_OK)
        return trace_writer_fail(w, err);
    buffer_op(s, op);
    if (s->n_buffered == TRACE_DATA_RECORDS_MAX ||
        s->buffer.n > TRACE_DATA_RAW_MAX - TRACE_RECORD_MAX) {
        if (flush_stream(w, s) != STATUS_OK)
            return trace_writer_fail(w, err);
    }
    return STATUS_OK;
}

/* ---- the end ----------------------------------------------------------- */

static enum status put_footer(struct trace_writer *w, uint64_t index_off)
{
    uint8_t footer[TRACE_FOOTER_BYTES];
    trace_put64(footer, index_off);
    trace_put32(footer + 8, (uint32_t)w->index.n);
    trace_put32(footer + 12, trace_crc32c(w->index.data, w->index.n));
    memcpy(footer + 16, TRACE_FOOTER_MAGIC, TRACE_MAGIC_BYTES);
    return trace_sink_write(&w->sink, footer, sizeof footer, &w->err);
}

static enum status put_end(struct trace_writer *w)
{
    struct trace_chunk index = {.type = TRACE_CHUNK_INDEX, .n_records = w->n_index};
    struct trace_chunk end = {.type = TRACE_CHUNK_END};
    struct trace_bytes nothing = {0};
    uint64_t index_off = w->sink.offset;
    enum status status = trace_writer_chunk(w, &index, &w->index, false);
    if (status == STATUS_OK)
        status = trace_writer_chunk(w, &end, &nothing, false);
    uint64_t footer_off = w->sink.offset;
    if (status == STATUS_OK)
        status = put_footer(w, index_off);
    if (status == STATUS_OK && w->sink.seekable)
        status = trace_writer_header(w, footer_off);
    return status;
}

enum status trace_writer_finish(struct trace_writer *w, struct err *err)
{
    assert(!w->finished);
    if (w->err.status == STATUS_OK && !w->sealed)
        trace_writer_seal(w);
    for (uint32_t i = 0; i < w->n_streams && w->err.status == STATUS_OK; i++)
        flush_stream(w, &w->streams[i]);
    if (w->err.status == STATUS_OK)
        put_end(w);
    if (w->err.status == STATUS_OK)
        trace_sink_finish(&w->sink, &w->err);
    if (w->err.status != STATUS_OK)
        return trace_writer_fail(w, err);
    w->finished = true;
    return STATUS_OK;
}
