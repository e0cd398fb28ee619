/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.h - records of a DATA chunk to operations and back.
 *
 * Private to src/trace.  A record is a tag byte and operands:
 *
 *      7     5 4        0
 *     +-------+----------+
 *     | class | op       |   op 31: the real number is in the next byte
 *     +-------+----------+
 *
 *   LOAD, STORE, RMW   class 0 to 6 is a size of 1, 2, 4, 8, 16, 32, 64;
 *                      class 7: a byte of size and a byte of RECORD_* bits
 *   all others         class is RECORD_* bits
 *
 * then, each where it applies: zigzag(addr - last addr); zigzag(pc - last pc)
 * (always in LOAD, STORE, RMW); target; arg; zigzag(seq - last seq).  Integers
 * are LEB128.  The "last" values start at 0 in each chunk, so that a chunk can
 * be decoded alone.
 */
#ifndef TRACE_CODEC_H
#define TRACE_CODEC_H

#include "base/status.h"
#include "trace/op.h"

/* No record is longer; a decoder may read that far behind a chunk. */
#define TRACE_RECORD_MAX 64u

/* What an operation carries, from its operand letters. */
enum {
    TRACE_HAS_SIZE = 1u << 0,
    TRACE_HAS_ADDR = 1u << 1,
    TRACE_HAS_ARG = 1u << 2,    /* n or l */
    TRACE_HAS_VALUE = 1u << 3,  /* v */
    TRACE_HAS_STREAM = 1u << 4, /* t */
    TRACE_HAS_KIND = 1u << 5,   /* k */
    TRACE_HAS_TARGET = TRACE_HAS_STREAM | TRACE_HAS_KIND,
};

struct trace_op_info {
    const char *text;     /* As written in the text form. */
    const char *operands; /* The letters of op.h. */
    const char *sentence;
};

/* By enum op_kind. */
extern const struct trace_op_info trace_op_infos[OP_N_KINDS];

/* The TRACE_HAS_... bits of an operation. */
unsigned trace_op_has(enum op_kind kind);

/* What deltas are relative to. All zero at the start of a chunk. */
struct trace_context {
    uint64_t addr, pc, seq;
};

/* Writes 'op' to 'out' (room for TRACE_RECORD_MAX); returns the length. The
 * operation must be one that trace_op_valid() accepts. */
size_t trace_encode(struct trace_context *context, const struct op *op, uint8_t *out);

/* Where decoding stands in the records of one chunk. */
struct trace_decoder {
    const uint8_t *at, *end;
    struct trace_context context;
    uint8_t has[OP_N_KINDS]; /* trace_op_has() of each kind. */
};

/* Begins with the 'len' bytes at 'in', which must be followed by
 * TRACE_RECORD_MAX zero bytes. */
void trace_decode_begin(struct trace_decoder *decoder, const uint8_t *in, size_t len);

/* Decodes the next 'n' records.  STATUS_TRACE with the number of the record
 * (counted from 'first') if they are not n good records.  Sets '*names_streams'
 * when one of them has a stream as its target. */
enum status trace_decode(struct trace_decoder *decoder, struct op *ops, uint32_t n,
                         uint64_t first, bool *names_streams, struct err *err);

/* STATUS_TRACE if bytes are left after the record 'last'. */
enum status trace_decode_end(const struct trace_decoder *decoder, uint64_t last,
                             struct err *err);

/* Can the operation be written and read back?  Says what is wrong. */
enum status trace_op_valid(const struct op *op, struct err *err);

/* LEB128. Writes up to 10 bytes; returns the end. */
static inline uint8_t *trace_put_leb(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

/* Reads at most 10 bytes. The bits that do not fit into 64 are dropped. */
static inline uint64_t trace_get_leb(const uint8_t **in)
{
    const uint8_t *p = *in;
    uint64_t v = *p++;
    if (v & 0x80) {
        v &= 0x7f;
        for (unsigned shift = 7; shift < 70; shift += 7) {
            uint64_t byte = *p++;
            v |= (byte & 0x7f) << shift;
            if (!(byte & 0x80))
                break;
        }
    }
    *in = p;
    return v;
}

static inline uint64_t trace_zigzag(uint64_t delta)
{
    return delta << 1 ^ (uint64_t)((int64_t)delta >> 63);
}

static inline uint64_t trace_unzigzag(uint64_t z)
{
    return z >> 1 ^ (~(z & 1) + 1);
}

#endif
