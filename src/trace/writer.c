/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer.c - the life of a trace writer: declarations, buffers, chunks, finish.
 *
 * A stream's buffer becomes a chunk at the append that fills it, and what is
 * left becomes chunks in the order of stream ids at the end.  So the bytes
 * follow from the sequence of calls alone, and a disassembled trace assembles
 * to the same file.  Where bytes go is sink.c's business.
 */
#include "trace/writer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/codec.h"
#include "trace/format.h"
#include "trace/sink.h"

#include <zstd.h>

#define ZSTD_LEVEL 3

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
    struct trace_bytes strings, labels, index;
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

static enum status fail(struct trace_writer *w, struct err *err)
{
    if (err)
        *err = w->err;
    return w->err.status;
}

/* Errors of the caller's data; sticks. */
#define REFUSE(w, err, ...) \
    (err_set(&(w)->err, STATUS_TRACE, __VA_ARGS__), fail(w, err))

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
    trace_bytes_free(&w->strings);
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

static enum status put_chunk(struct trace_writer *w, struct trace_chunk *c,
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

static enum status put_payload(struct trace_writer *w, enum trace_chunk_type type,
                               uint32_t n_records, const struct trace_bytes *raw)
{
    struct trace_chunk c = {.type = (uint16_t)type, .n_records = n_records};
    if (raw->n > TRACE_META_RAW_MAX)
        return err_set(&w->err, STATUS_TRACE,
                       "%s: %zu bytes of declarations of one kind; at most %u fit",
                       w->sink.name, raw->n, TRACE_META_RAW_MAX);
    return put_chunk(w, &c, raw, true);
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
    enum status status = put_chunk(w, &c, &s->buffer, true);
    s->buffer.n = 0;
    s->n_buffered = 0;
    s->context = (struct trace_context){0};
    s->first_seq = s->last_seq = 0;
    return status;
}

/* ---- declarations ------------------------------------------------------ */

static enum status can_declare(struct trace_writer *w)
{
    assert(!w->sealed); /* Declarations come before the first append. */
    return w->err.status;
}

enum status trace_writer_meta(struct trace_writer *w, const char *json, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return fail(w, err);
    if (w->json)
        return REFUSE(w, err, "%s: a trace has one META text only", w->sink.name);
    w->json = trace_strdup(json);
    /* One line, for the text form.  In JSON a control character is white space:
     * inside a string it would have to be escaped. */
    for (char *p = w->json; *p; p++) {
        if ((unsigned char)*p < ' ')
            *p = ' ';
    }
    return STATUS_OK;
}

enum status trace_writer_add_stream(struct trace_writer *w,
                                    const struct trace_stream *stream, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return fail(w, err);
    if (w->n_streams == THREAD_MAX)
        return REFUSE(w, err, "%s: more than %u streams", w->sink.name, THREAD_MAX);
    if ((w->n_streams & (w->n_streams - 1)) == 0)
        w->streams = trace_grow(w->streams, w->n_streams ? 2 * (size_t)w->n_streams : 1,
                                sizeof *w->streams);
    struct out_stream *s = &w->streams[w->n_streams++];
    *s = (struct out_stream){.meta = *stream};
    s->meta.name[sizeof s->meta.name - 1] = 0;
    return STATUS_OK;
}

enum status trace_writer_add_image(struct trace_writer *w,
                                   const struct trace_image *image, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return fail(w, err);
    struct trace_bytes b = {0};
    trace_bytes_put_leb(&b, image->process);
    trace_bytes_put_leb(&b, image->base);
    trace_bytes_put_text(&b, image->path);
    trace_bytes_put_text(&b, image->build_id);
    trace_bytes_put_leb(&b, image->n_segments);
    for (uint32_t i = 0; i < image->n_segments; i++) {
        const struct trace_segment *s = &image->segments[i];
        trace_bytes_put_leb(&b, s->va);
        trace_bytes_put_leb(&b, s->bytes);
        trace_bytes_put_leb(&b, s->file_bytes);
        trace_bytes_put_leb(&b, s->prot);
    }
    uint64_t last = 0;
    trace_bytes_put_leb(&b, image->n_symbols);
    for (uint32_t i = 0; i < image->n_symbols; i++) {
        const struct trace_elf_symbol *s = &image->symbols[i];
        trace_bytes_put_leb(&b, s->va - last);
        trace_bytes_put_leb(&b, s->bytes);
        trace_bytes_put_text(&b, s->name);
        last = s->va;
    }
    w->images = trace_grow(w->images, w->n_images + 1, sizeof *w->images);
    w->images[w->n_images++] = b;
    return STATUS_OK;
}

enum status trace_writer_add_string(struct trace_writer *w, uint32_t id,
                                    const char *text, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return fail(w, err);
    trace_bytes_put_leb(&w->strings, id);
    trace_bytes_put_text(&w->strings, text);
    w->n_strings++;
    return STATUS_OK;
}

enum status trace_writer_add_label(struct trace_writer *w, const char *name,
                                   uint64_t va, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return fail(w, err);
    if (!trace_label_valid(name))
        return REFUSE(w, err, "%s: '%s' cannot be a label; use letters, digits and _",
                      w->sink.name, name);
    trace_bytes_put_leb(&w->labels, va);
    trace_bytes_put_text(&w->labels, name);
    w->n_labels++;
    return STATUS_OK;
}

/* ---- sealing: declarations go to the file ------------------------------ */

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct out_stream *)a)->meta.id;
    uint32_t y = ((const struct out_stream *)b)->meta.id;
    return (x > y) - (x < y);
}

static struct out_stream *find_stream(struct trace_writer *w, uint32_t id)
{
    struct out_stream key = {.meta.id = id};
    if (w->n_streams == 0)
        return NULL;
    return bsearch(&key, w->streams, w->n_streams, sizeof key, by_id);
}

static enum status check_streams(struct trace_writer *w)
{
    for (uint32_t i = 0; i < w->n_streams; i++) {
        const struct trace_stream *s = &w->streams[i].meta;
        if (i && w->streams[i - 1].meta.id == s->id)
            return err_set(&w->err, STATUS_TRACE, "%s: stream %u is declared twice",
                           w->sink.name, s->id);
        if (s->birth != TRACE_BIRTH_ROOT && !find_stream(w, s->parent))
            return err_set(&w->err, STATUS_TRACE,
                           "%s: stream %u has the parent %u, which is not declared",
                           w->sink.name, s->id, s->parent);
    }
    return STATUS_OK;
}

static enum status put_stream(struct trace_writer *w, const struct trace_stream *s)
{
    struct trace_bytes b = {0};
    trace_bytes_put_leb(&b, s->process);
    trace_bytes_put_leb(&b, s->birth);
    trace_bytes_put_leb(&b, s->birth == TRACE_BIRTH_ROOT ? 0 : s->parent);
    trace_bytes_put_text(&b, s->name);
    struct trace_chunk c = {.type = TRACE_CHUNK_STREAM, .stream = s->id};
    enum status status = put_chunk(w, &c, &b, false);
    trace_bytes_free(&b);
    return status;
}

static enum status put_header(struct trace_writer *w, uint64_t footer_off)
{
    struct trace_header h = {
        .major = TRACE_MAJOR,
        .minor = TRACE_MINOR,
        .length = TRACE_HEADER_BYTES,
        .page_shift = PAGE_SHIFT,
        .n_streams = w->n_streams,
        .footer_off = footer_off,
    };
    uint8_t bytes[TRACE_HEADER_BYTES];
    trace_header_encode(&h, bytes);
    if (footer_off)
        return trace_sink_rewrite(&w->sink, 0, bytes, sizeof bytes, &w->err);
    return trace_sink_write(&w->sink, bytes, sizeof bytes, &w->err);
}

static enum status seal(struct trace_writer *w)
{
    w->sealed = true;
    if (w->n_streams)
        qsort(w->streams, w->n_streams, sizeof *w->streams, by_id);
    enum status status = check_streams(w);
    if (status == STATUS_OK)
        status = put_header(w, 0);
    if (status == STATUS_OK && w->json) {
        struct trace_bytes json = {(uint8_t *)w->json, strlen(w->json), 0};
        status = put_payload(w, TRACE_CHUNK_META, 0, &json);
    }
    if (status == STATUS_OK && w->n_strings)
        status = put_payload(w, TRACE_CHUNK_STRINGS, w->n_strings, &w->strings);
    if (status == STATUS_OK && w->n_labels)
        status = put_payload(w, TRACE_CHUNK_LABELS, w->n_labels, &w->labels);
    for (uint32_t i = 0; i < w->n_images && status == STATUS_OK; i++)
        status = put_payload(w, TRACE_CHUNK_IMAGE, 0, &w->images[i]);
    for (uint32_t i = 0; i < w->n_streams && status == STATUS_OK; i++)
        status = put_stream(w, &w->streams[i].meta);
    return status;
}

/* ---- operations -------------------------------------------------------- */

static enum status check_op(struct trace_writer *w, const struct out_stream *s,
                            const struct op *op)
{
    if (trace_op_valid(op, &w->err) != STATUS_OK)
        return err_prefix(&w->err, "%s: stream %u, operation %" PRIu64, w->sink.name,
                          s->meta.id, s->n_ops);
    if ((trace_op_has(op->kind) & TRACE_HAS_STREAM) && !find_stream(w, op->target))
        return err_set(&w->err, STATUS_TRACE,
                       "%s: stream %u, operation %" PRIu64
                       ": %s of stream %u, which is not declared",
                       w->sink.name, s->meta.id, s->n_ops,
                       trace_op_infos[op->kind].text, op->target);
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
    if (w->err.status != STATUS_OK || (!w->sealed && seal(w) != STATUS_OK))
        return fail(w, err);
    if (w->last >= w->n_streams || w->streams[w->last].meta.id != stream) {
        const struct out_stream *found = find_stream(w, stream);
        if (!found)
            return REFUSE(w, err,
                          "%s: an operation for stream %u, which is not declared",
                          w->sink.name, stream);
        w->last = (uint32_t)(found - w->streams);
    }
    struct out_stream *s = &w->streams[w->last];
    if ((op->kind > OP_RMW || op->flags || op->size - 1u > 63) &&
        check_op(w, s, op) != STATUS_OK)
        return fail(w, err);
    buffer_op(s, op);
    if (s->n_buffered == TRACE_DATA_RECORDS_MAX ||
        s->buffer.n > TRACE_DATA_RAW_MAX - TRACE_RECORD_MAX) {
        if (flush_stream(w, s) != STATUS_OK)
            return fail(w, err);
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
    enum status status = put_chunk(w, &index, &w->index, false);
    if (status == STATUS_OK)
        status = put_chunk(w, &end, &nothing, false);
    uint64_t footer_off = w->sink.offset;
    if (status == STATUS_OK)
        status = put_footer(w, index_off);
    if (status == STATUS_OK && w->sink.seekable)
        status = put_header(w, footer_off);
    return status;
}

enum status trace_writer_finish(struct trace_writer *w, struct err *err)
{
    assert(!w->finished);
    if (w->err.status == STATUS_OK && !w->sealed)
        seal(w);
    for (uint32_t i = 0; i < w->n_streams && w->err.status == STATUS_OK; i++)
        flush_stream(w, &w->streams[i]);
    if (w->err.status == STATUS_OK)
        put_end(w);
    if (w->err.status == STATUS_OK)
        trace_sink_finish(&w->sink, &w->err);
    if (w->err.status != STATUS_OK)
        return fail(w, err);
    w->finished = true;
    return STATUS_OK;
}
