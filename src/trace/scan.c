/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scan.c - one pass over a binary trace: header, chunks, index, footer.
 *
 * Every checksum is verified here, so damage is known before a run starts.
 * Two kinds of wrong are told apart: damage (the file is cut short, or bytes
 * changed) ends the usable part of the trace; a whole chunk that makes no
 * sense was written so, and is an error in any case.
 *
 * The index is not needed to read a trace, because the scan sees every chunk;
 * it is compared with what was seen.
 */
#include <inttypes.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/impl.h"

struct scan {
    struct trace *t;
    uint64_t at;     /* Offset of the chunk that is looked at. */
    uint64_t number; /* Of that chunk. */
    struct trace_header header;
    bool streams_done; /* DATA has begun. */
    bool damaged;      /* The error is damage. */
    bool end;          /* The END chunk was seen. */
    uint64_t index_off;
    uint32_t index_len, index_crc;
};

static enum status damage(struct scan *s, struct err *err, const char *what)
{
    s->damaged = true;
    return err_set(err, STATUS_TRACE, "%s", what);
}

static enum status read_header(struct scan *s, struct err *err)
{
    uint8_t bytes[TRACE_HEADER_BYTES];
    struct trace *t = s->t;
    if (t->bytes < sizeof bytes)
        return err_set(err, STATUS_TRACE,
                       "%s: the file ends inside the header: %" PRIu64
                       " of %u bytes; nothing is usable",
                       t->name, t->bytes, TRACE_HEADER_BYTES);
    if (!trace_source_read(t->fd, 0, bytes, sizeof bytes))
        return err_set(err, STATUS_TRACE, "%s: cannot read the header", t->name);
    bool intact = trace_header_decode(bytes, &s->header);
    if (intact && s->header.major != TRACE_MAJOR)
        return err_set(err, STATUS_TRACE,
                       "%s: format version %u.%u; this program reads %u.x: record it "
                       "again, or use the program that wrote it",
                       t->name, s->header.major, s->header.minor, TRACE_MAJOR);
    if (!intact || s->header.length != TRACE_HEADER_BYTES ||
        s->header.page_shift != PAGE_SHIFT)
        return err_set(err, STATUS_TRACE,
                       "%s: offset 0: the header is damaged; nothing is usable",
                       t->name);
    s->at = TRACE_HEADER_BYTES;
    return STATUS_OK;
}

/* The lengths of a chunk, before any memory is taken for it. */
static enum status check_lengths(struct scan *s, const struct trace_chunk *c,
                                 struct err *err)
{
    bool data = c->type == TRACE_CHUNK_DATA;
    uint32_t most = data ? TRACE_DATA_RAW_MAX : TRACE_META_RAW_MAX;
    if (c->raw_len > most || c->stored_len > c->raw_len ||
        (data && c->n_records > TRACE_DATA_RECORDS_MAX))
        return damage(s, err, "the lengths in the chunk are out of bounds");
    if (s->t->bytes - s->at - TRACE_CHUNK_BYTES < trace_padded(c->stored_len))
        return damage(s, err, "the file ends inside the chunk");
    return STATUS_OK;
}

static enum status add_data(struct scan *s, const struct trace_chunk *c,
                            struct err *err)
{
    struct trace *t = s->t;
    uint32_t index = trace_find_stream(t, c->stream);
    if (index == NO_THREAD)
        return err_set(err, STATUS_TRACE, "records of stream %u, which does not exist",
                       c->stream);
    struct in_stream *stream = &t->streams[index];
    if (c->first_record != stream->meta.n_ops)
        return damage(s, err, "a chunk of this stream is missing before it");
    if (c->n_records == 0)
        return err_set(err, STATUS_TRACE, "a DATA chunk without records");
    if ((t->n_chunks & (t->n_chunks - 1)) == 0)
        t->chunks = trace_grow(t->chunks, t->n_chunks ? 2 * (size_t)t->n_chunks : 1,
                               sizeof *t->chunks);
    if ((stream->n_chunks & (stream->n_chunks - 1)) == 0)
        stream->chunks = trace_grow(stream->chunks,
                                    stream->n_chunks ? 2 * (size_t)stream->n_chunks : 1,
                                    sizeof *stream->chunks);
    stream->chunks[stream->n_chunks++] = t->n_chunks;
    t->chunks[t->n_chunks++] = (struct data_chunk){
        .offset = s->at,
        .first = c->first_record,
        .number = s->number,
        .stream = index,
        .n = c->n_records,
        .stored_len = c->stored_len,
        .raw_len = c->raw_len,
        .codec = c->codec,
    };
    stream->meta.n_ops += c->n_records;
    t->n_ops += c->n_records;
    return STATUS_OK;
}

static enum status check_index(struct scan *s, const struct trace_chunk *c,
                               struct err *err)
{
    const struct trace *t = s->t;
    bool same = c->n_records == t->n_chunks &&
                c->raw_len == (uint64_t)t->n_chunks * TRACE_INDEX_ENTRY_BYTES;
    for (uint32_t i = 0; same && i < t->n_chunks; i++) {
        const uint8_t *entry = t->raw + (size_t)i * TRACE_INDEX_ENTRY_BYTES;
        const struct data_chunk *d = &t->chunks[i];
        same = trace_get32(entry) == t->streams[d->stream].meta.id &&
               trace_get32(entry + 4) == d->n && trace_get64(entry + 8) == d->offset &&
               trace_get64(entry + 16) == d->first;
    }
    if (!same)
        return err_set(err, STATUS_TRACE,
                       "the index does not agree with the chunks before it");
    s->index_off = s->at;
    s->index_len = c->raw_len;
    s->index_crc = trace_crc32c(t->raw, c->raw_len);
    return STATUS_OK;
}

static enum status unpack_declaration(struct scan *s, const struct trace_chunk *c,
                                      const uint8_t *head, struct err *err)
{
    struct trace *t = s->t;
    t->declared_bytes += c->raw_len;
    if (t->declared_bytes > TRACE_META_TOTAL_MAX)
        return err_set(err, STATUS_TRACE, "more than %u bytes of declarations",
                       TRACE_META_TOTAL_MAX);
    return trace_unpack(t, s->at + TRACE_CHUNK_BYTES, c->codec, c->stored_len,
                        c->raw_len, head, err);
}

static enum status take_chunk(struct scan *s, const struct trace_chunk *c,
                              const uint8_t *head, struct err *err)
{
    bool declares = c->type != TRACE_CHUNK_DATA && c->type != TRACE_CHUNK_END;
    if (declares && unpack_declaration(s, c, head, err) != STATUS_OK)
        return err->status;
    if (c->type == TRACE_CHUNK_STREAM && s->streams_done)
        return err_set(err, STATUS_TRACE, "a STREAM chunk after the first DATA chunk");
    bool needs_streams = c->type >= TRACE_CHUNK_DATA && c->type <= TRACE_CHUNK_END;
    if (needs_streams && !s->streams_done) {
        s->streams_done = true;
        if (trace_declare_done(s->t, err) != STATUS_OK)
            return err->status;
    }
    switch (c->type) {
    case TRACE_CHUNK_DATA:
        return add_data(s, c, err);
    case TRACE_CHUNK_INDEX:
        return check_index(s, c, err);
    case TRACE_CHUNK_END:
        s->end = true;
        return STATUS_OK;
    default:
        return trace_declare(s->t, c, s->t->raw, err);
    }
}

static enum status scan_chunk(struct scan *s, struct err *err)
{
    struct trace *t = s->t;
    uint8_t head[TRACE_CHUNK_BYTES];
    struct trace_chunk c;
    if (t->bytes - s->at < sizeof head)
        return damage(s, err, "the file ends where a chunk should begin");
    if (!trace_source_read(t->fd, s->at, head, sizeof head))
        return damage(s, err, "the file cannot be read here");
    if (!trace_chunk_decode(head, &c))
        return damage(s, err, "no chunk begins here");
    if (check_lengths(s, &c, err) != STATUS_OK)
        return err->status;

    /* The checksum goes first: a flipped bit is damage whatever it hits. */
    if (trace_unpack(t, s->at + sizeof head, TRACE_CODEC_RAW, c.stored_len,
                     c.stored_len, head, err) != STATUS_OK) {
        s->damaged = true;
        return err->status;
    }
    bool raw = c.codec == TRACE_CODEC_RAW && c.stored_len == c.raw_len;
    if (!raw && c.codec != TRACE_CODEC_ZSTD)
        return err_set(err, STATUS_TRACE, "codec %u is not known to this program",
                       c.codec);
    if (take_chunk(s, &c, head, err) != STATUS_OK)
        return err->status;
    s->at += sizeof head + trace_padded(c.stored_len);
    s->number++;
    return STATUS_OK;
}

static enum status check_footer(struct scan *s, struct err *err)
{
    struct trace *t = s->t;
    uint8_t f[TRACE_FOOTER_BYTES];
    if (t->bytes - s->at < sizeof f || !trace_source_read(t->fd, s->at, f, sizeof f))
        return damage(s, err, "the file ends inside the footer");
    if (memcmp(f + 16, TRACE_FOOTER_MAGIC, TRACE_MAGIC_BYTES) != 0 ||
        trace_get64(f) != s->index_off || trace_get32(f + 8) != s->index_len ||
        trace_get32(f + 12) != s->index_crc ||
        (s->header.footer_off && s->header.footer_off != s->at))
        return damage(s, err, "the footer does not fit the trace");
    if (t->bytes - s->at != sizeof f)
        return damage(s, err, "more bytes follow after the end of the trace");
    return STATUS_OK;
}

static enum status give_up(struct scan *s, bool allow_truncated, struct err *err)
{
    struct trace *t = s->t;
    if (!s->damaged)
        return err_prefix(err, "%s: offset %" PRIu64 ", chunk %" PRIu64, t->name, s->at,
                          s->number);
    struct err ignored;
    if (!s->streams_done && trace_declare_done(t, &ignored) != STATUS_OK)
        return err_prefix(err, "%s", t->name); /* A parent lies behind the damage. */
    t->truncated = true;
    if (allow_truncated)
        return STATUS_OK;
    const struct err what = *err;
    return err_set(err, STATUS_TRACE,
                   "%s: offset %" PRIu64 ", chunk %" PRIu64
                   ": %s; usable before it: %" PRIu64 " operations in %u streams "
                   "(--allow-truncated)",
                   t->name, s->at, s->number, what.message, t->n_ops, t->n_streams);
}

enum status trace_scan(struct trace *t, bool allow_truncated, struct err *err)
{
    struct scan s = {.t = t};
    enum status status = read_header(&s, err);
    if (status != STATUS_OK)
        return status;
    while (status == STATUS_OK && !s.end)
        status = scan_chunk(&s, err);
    if (status == STATUS_OK)
        status = check_footer(&s, err);
    return status == STATUS_OK ? STATUS_OK : give_up(&s, allow_truncated, err);
}
