/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.h - the bytes of a binary trace: header, chunks, footer, records.
 *
 * Private to src/trace; docs/trace-format.md says the same in prose.  This file
 * knows how the pieces look, not where they are in a file (writer.c, scan.c).
 *
 *   file   := header chunk* footer                     all little endian
 *   header := 64 bytes, CRC-32C at its end
 *   chunk  := 48-byte head, payload, zeros up to a multiple of 8
 *   footer := 24 bytes: offset, length and CRC-32C of the INDEX payload, magic
 *
 *   order of chunks: META? STRINGS? LABELS? IMAGE* STREAM* DATA* INDEX END
 */
#ifndef TRACE_FORMAT_H
#define TRACE_FORMAT_H

#include "trace/trace.h"

#define TRACE_MAGIC             "\x89MMUTR\r\n"
#define TRACE_FOOTER_MAGIC      "MMUTREND"
#define TRACE_MAGIC_BYTES       8u
#define TRACE_MAJOR             1u
#define TRACE_MINOR             0u
#define TRACE_HEADER_BYTES      64u
#define TRACE_CHUNK_BYTES       48u
#define TRACE_FOOTER_BYTES      24u
#define TRACE_INDEX_ENTRY_BYTES 40u
#define TRACE_CHUNK_MAGIC       0x4b4e4843u /* "CHNK" */

/* Bounds, so that no file makes a reader take much memory. */
#define TRACE_DATA_RAW_MAX     (256u << 10)
#define TRACE_DATA_RECORDS_MAX 32768u
#define TRACE_META_RAW_MAX     (64u << 20)  /* One chunk that is not DATA. */
#define TRACE_META_TOTAL_MAX   (256u << 20) /* All of them in one file. */

/* CHUNK(NAME, number in the file, what it holds). */
#define TRACE_CHUNK_LIST(CHUNK)                                  \
    CHUNK(META, 1, "JSON text about the recording")              \
    CHUNK(IMAGE, 2, "an ELF image: segments and symbols")        \
    CHUNK(STREAM, 3, "one stream: process, birth, parent, name") \
    CHUNK(DATA, 4, "records of one stream")                      \
    CHUNK(INDEX, 5, "where the DATA chunks are")                 \
    CHUNK(END, 6, "nothing: the trace is complete")              \
    CHUNK(STRINGS, 7, "texts of marks and rules")                \
    CHUNK(LABELS, 8, "names of addresses")

enum trace_chunk_type {
#define CHUNK(name, number, sentence) TRACE_CHUNK_##name = number,
    TRACE_CHUNK_LIST(CHUNK)
#undef CHUNK
};

/* How a payload is stored. Numbers 2 and 3 are reserved (lz4, fixed records). */
enum trace_codec { TRACE_CODEC_RAW = 0, TRACE_CODEC_ZSTD = 1 };

struct trace_header {
    uint16_t major, minor;
    uint32_t length;
    uint32_t flags;
    uint8_t page_shift;
    uint32_t n_streams;  /* A hint. */
    uint64_t footer_off; /* 0: written to a pipe, or not finished. */
};

struct trace_chunk {
    uint16_t type;
    uint8_t codec;
    uint8_t flags;
    uint32_t stream;
    uint32_t n_records;
    uint32_t stored_len, raw_len;
    uint64_t first_record, first_seq;
    uint64_t checksum;
};

void trace_header_encode(const struct trace_header *h, uint8_t out[TRACE_HEADER_BYTES]);
/* False when the checksum is wrong. The magic is the caller's to check. */
bool trace_header_decode(const uint8_t in[TRACE_HEADER_BYTES], struct trace_header *h);

/* The checksum field is filled here, over the head and the 'payload'. */
void trace_chunk_encode(struct trace_chunk *c, const uint8_t *payload,
                        uint8_t out[TRACE_CHUNK_BYTES]);
/* False when these bytes are no chunk head. */
bool trace_chunk_decode(const uint8_t in[TRACE_CHUNK_BYTES], struct trace_chunk *c);
/* Does the checksum in 'head' fit it and the payload? */
bool trace_chunk_intact(const uint8_t head[TRACE_CHUNK_BYTES], const uint8_t *payload,
                        size_t n);

uint32_t trace_crc32c(const uint8_t *bytes, size_t n);

/* May 'name' be a label? See writer.h. */
bool trace_label_valid(const char *name);

/* Payload length with its padding. */
static inline uint64_t trace_padded(uint64_t n)
{
    return (n + 7) & ~UINT64_C(7);
}

static inline void trace_put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
}

static inline void trace_put32(uint8_t *p, uint32_t v)
{
    trace_put16(p, (uint16_t)v);
    trace_put16(p + 2, (uint16_t)(v >> 16));
}

static inline void trace_put64(uint8_t *p, uint64_t v)
{
    trace_put32(p, (uint32_t)v);
    trace_put32(p + 4, (uint32_t)(v >> 32));
}

static inline uint16_t trace_get16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t trace_get32(const uint8_t *p)
{
    return (uint32_t)trace_get16(p) | (uint32_t)trace_get16(p + 2) << 16;
}

static inline uint64_t trace_get64(const uint8_t *p)
{
    return (uint64_t)trace_get32(p) | (uint64_t)trace_get32(p + 4) << 32;
}

#endif
