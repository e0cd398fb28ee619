/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * format.c - the fixed-size pieces of a binary trace, to bytes and back.
 */
#include "trace/format.h"

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

/* CRC-32C bit by bit: it covers 60 bytes and an index, so a table would cost
 * more to explain than it saves. */
uint32_t trace_crc32c(const uint8_t *bytes, size_t n)
{
    uint32_t crc = ~UINT32_C(0);
    for (size_t i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0x82f63b78) : 0);
    }
    return ~crc;
}

void trace_header_encode(const struct trace_header *h, uint8_t out[TRACE_HEADER_BYTES])
{
    memset(out, 0, TRACE_HEADER_BYTES);
    memcpy(out, TRACE_MAGIC, TRACE_MAGIC_BYTES);
    trace_put16(out + 8, h->major);
    trace_put16(out + 10, h->minor);
    trace_put32(out + 12, h->length);
    trace_put32(out + 16, h->flags);
    out[20] = h->page_shift;
    trace_put32(out + 24, h->n_streams);
    trace_put64(out + 32, h->footer_off);
    trace_put32(out + 60, trace_crc32c(out, 60));
}

bool trace_header_decode(const uint8_t in[TRACE_HEADER_BYTES], struct trace_header *h)
{
    h->major = trace_get16(in + 8);
    h->minor = trace_get16(in + 10);
    h->length = trace_get32(in + 12);
    h->flags = trace_get32(in + 16);
    h->page_shift = in[20];
    h->n_streams = trace_get32(in + 24);
    h->footer_off = trace_get64(in + 32);
    return trace_get32(in + 60) == trace_crc32c(in, 60);
}

static uint64_t checksum(const uint8_t head[TRACE_CHUNK_BYTES], const uint8_t *payload,
                         size_t n)
{
    uint8_t zeroed[TRACE_CHUNK_BYTES];
    memcpy(zeroed, head, sizeof zeroed);
    memset(zeroed + 40, 0, 8);

    XXH3_state_t state;
    XXH3_64bits_reset(&state);
    XXH3_64bits_update(&state, zeroed, sizeof zeroed);
    XXH3_64bits_update(&state, payload, n);
    return XXH3_64bits_digest(&state);
}

void trace_chunk_encode(struct trace_chunk *c, const uint8_t *payload,
                        uint8_t out[TRACE_CHUNK_BYTES])
{
    trace_put32(out, TRACE_CHUNK_MAGIC);
    trace_put16(out + 4, c->type);
    out[6] = c->codec;
    out[7] = c->flags;
    trace_put32(out + 8, c->stream);
    trace_put32(out + 12, c->n_records);
    trace_put32(out + 16, c->stored_len);
    trace_put32(out + 20, c->raw_len);
    trace_put64(out + 24, c->first_record);
    trace_put64(out + 32, c->first_seq);
    c->checksum = checksum(out, payload, c->stored_len);
    trace_put64(out + 40, c->checksum);
}

bool trace_chunk_decode(const uint8_t in[TRACE_CHUNK_BYTES], struct trace_chunk *c)
{
    c->type = trace_get16(in + 4);
    c->codec = in[6];
    c->flags = in[7];
    c->stream = trace_get32(in + 8);
    c->n_records = trace_get32(in + 12);
    c->stored_len = trace_get32(in + 16);
    c->raw_len = trace_get32(in + 20);
    c->first_record = trace_get64(in + 24);
    c->first_seq = trace_get64(in + 32);
    c->checksum = trace_get64(in + 40);
    return trace_get32(in) == TRACE_CHUNK_MAGIC;
}

bool trace_chunk_intact(const uint8_t head[TRACE_CHUNK_BYTES], const uint8_t *payload,
                        size_t n)
{
    return checksum(head, payload, n) == trace_get64(head + 40);
}

static bool label_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '.' ||
           c == '$';
}

bool trace_label_valid(const char *name)
{
    if (!label_start(*name))
        return false;
    while (label_start(*name) || (*name >= '0' && *name <= '9'))
        name++;
    return *name == 0;
}
