/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * codec.c - records of a DATA chunk to operations and back.
 *
 * The decoder never checks for the end inside a record: the caller puts zero
 * bytes behind the chunk, a zero ends every LEB128 number, and so one test per
 * record is enough.  LOAD, STORE and RMW, nearly all of a trace, have their own
 * path.
 */
#include "trace/codec.h"

#include <assert.h>
#include <inttypes.h>

/* Bits of the class of a record, see codec.h. */
enum {
    RECORD_PC = 1u << 0,    /* Not LOAD, STORE, RMW: a pc follows. */
    RECORD_SEQ = 1u << 1,   /* A seq follows. */
    RECORD_FLAGS = 1u << 2, /* A byte of operation flags follows the class. */
};

#define OP_ESCAPE      31u
#define CLASS_EXPLICIT 7u
#define FLAGS_KNOWN    (OP_BY_KERNEL | OP_HAS_VALUE)

/* The number of an operation in a file is its place in OP_LIST: append only. */
_Static_assert(OP_LOAD == 0 && OP_STORE == 1 && OP_RMW == 2 && OP_LOCK == 8 &&
                   OP_SPAWN == 14 && OP_MMAP == 20 && OP_EXPECT == 33 && OP_ACK == 38,
               "operation numbers are part of the file format");

const struct trace_op_info trace_op_infos[OP_N_KINDS] = {
#define OP(name, text, operands, sentence) {text, operands, sentence},
    OP_LIST(OP)
#undef OP
};

unsigned trace_op_has(enum op_kind kind)
{
    unsigned has = 0;
    for (const char *letter = trace_op_infos[kind].operands; *letter; letter++) {
        switch (*letter) {
        case 's':
            has |= TRACE_HAS_SIZE;
            break;
        case 'a':
            has |= TRACE_HAS_ADDR;
            break;
        case 'n':
        case 'l':
            has |= TRACE_HAS_ARG;
            break;
        case 'v':
            has |= TRACE_HAS_VALUE;
            break;
        case 't':
            has |= TRACE_HAS_STREAM;
            break;
        case 'k':
            has |= TRACE_HAS_KIND;
            break;
        default:
            assert(false); /* Every letter of op.h has a case. */
        }
    }
    return has;
}

static enum status bad(struct err *err, const char *what, uint64_t value,
                       const char *allowed)
{
    return err_set(err, STATUS_TRACE, "%s %" PRIu64 " (allowed: %s)", what, value,
                   allowed);
}

enum status trace_op_valid(const struct op *op, struct err *err)
{
    if (op->kind >= OP_N_KINDS)
        return bad(err, "unknown operation", op->kind, "see docs/trace-format.md");
    unsigned has = trace_op_has(op->kind);
    if ((has & TRACE_HAS_SIZE) && (op->size < 1 || op->size > 64))
        return bad(err, "access size", op->size, "1 to 64");
    if (op->flags & ~FLAGS_KNOWN)
        return bad(err, "operation flags", op->flags, "by-kernel 1, has-value 2");
    if (op->flags & OP_HAS_VALUE) {
        if (!(has & TRACE_HAS_VALUE))
            return bad(err, "a value for an operation without one:", op->arg, "none");
        if (op->arg > 255)
            return bad(err, "stored value", op->arg, "0 to 255");
    }
    return STATUS_OK;
}

/* ---- encoding ---------------------------------------------------------- */

static uint8_t *put_delta(uint8_t *p, uint64_t value, uint64_t *last)
{
    p = trace_put_leb(p, trace_zigzag(value - *last));
    *last = value;
    return p;
}

/* The class of an access of 'size' bytes that carries nothing special. */
static unsigned size_class(unsigned size)
{
    bool power_of_two = (size & (size - 1)) == 0;
    return power_of_two ? (unsigned)__builtin_ctz(size) : CLASS_EXPLICIT;
}

static size_t encode_access(struct trace_context *context, const struct op *op,
                            uint8_t *out)
{
    unsigned bits = (op->seq ? RECORD_SEQ : 0) | (op->flags ? RECORD_FLAGS : 0);
    unsigned class = bits ? CLASS_EXPLICIT : size_class(op->size);
    uint8_t *p = out;
    *p++ = (uint8_t)(class << 5 | op->kind);
    if (class == CLASS_EXPLICIT) {
        *p++ = op->size;
        *p++ = (uint8_t)bits;
        if (bits & RECORD_FLAGS)
            *p++ = (uint8_t)op->flags;
    }
    p = put_delta(p, op->addr, &context->addr);
    p = put_delta(p, op->pc, &context->pc);
    if (op->flags & OP_HAS_VALUE)
        *p++ = (uint8_t)op->arg;
    if (op->seq)
        p = put_delta(p, op->seq, &context->seq);
    return (size_t)(p - out);
}

size_t trace_encode(struct trace_context *context, const struct op *op, uint8_t *out)
{
    if (op->kind <= OP_RMW)
        return encode_access(context, op, out);

    unsigned has = trace_op_has(op->kind);
    unsigned bits = (op->pc ? RECORD_PC : 0) | (op->seq ? RECORD_SEQ : 0) |
                    (op->flags ? RECORD_FLAGS : 0);
    uint8_t *p = out;
    *p++ = (uint8_t)(bits << 5 | (op->kind < OP_ESCAPE ? op->kind : OP_ESCAPE));
    if (op->kind >= OP_ESCAPE)
        *p++ = op->kind;
    if (bits & RECORD_FLAGS)
        *p++ = (uint8_t)op->flags;
    if (has & TRACE_HAS_ADDR)
        p = put_delta(p, op->addr, &context->addr);
    if (bits & RECORD_PC)
        p = put_delta(p, op->pc, &context->pc);
    if (has & TRACE_HAS_TARGET)
        p = trace_put_leb(p, op->target);
    if (has & TRACE_HAS_ARG)
        p = trace_put_leb(p, op->arg);
    if (bits & RECORD_SEQ)
        p = put_delta(p, op->seq, &context->seq);
    return (size_t)(p - out);
}

/* ---- decoding ---------------------------------------------------------- */

static inline uint64_t get_delta(const uint8_t **p, uint64_t *last)
{
    *last += trace_unzigzag(trace_get_leb(p));
    return *last;
}

/* The rare form of an access: odd size, value, kernel, or seq. */
static bool decode_explicit(const uint8_t **p, struct trace_context *context,
                            struct op *op)
{
    op->size = *(*p)++;
    unsigned bits = *(*p)++;
    if (bits & ~(unsigned)(RECORD_SEQ | RECORD_FLAGS))
        return false;
    if (bits & RECORD_FLAGS)
        op->flags = *(*p)++;
    op->addr = get_delta(p, &context->addr);
    op->pc = get_delta(p, &context->pc);
    if (op->flags & OP_HAS_VALUE)
        op->arg = *(*p)++;
    if (bits & RECORD_SEQ)
        op->seq = get_delta(p, &context->seq);
    return trace_op_valid(op, NULL) == STATUS_OK;
}

static bool decode_other(const uint8_t **p, struct trace_context *context,
                         const uint8_t has[OP_N_KINDS], unsigned bits, struct op *op)
{
    if (op->kind == OP_ESCAPE)
        op->kind = *(*p)++;
    if (op->kind >= OP_N_KINDS || op->kind <= OP_RMW)
        return false;
    if (bits & RECORD_FLAGS)
        op->flags = *(*p)++;
    if (has[op->kind] & TRACE_HAS_ADDR)
        op->addr = get_delta(p, &context->addr);
    if (bits & RECORD_PC)
        op->pc = get_delta(p, &context->pc);
    if (has[op->kind] & TRACE_HAS_TARGET) {
        uint64_t target = trace_get_leb(p);
        if (target > UINT32_MAX)
            return false;
        op->target = (uint32_t)target;
    }
    if (has[op->kind] & TRACE_HAS_ARG)
        op->arg = trace_get_leb(p);
    if (bits & RECORD_SEQ)
        op->seq = get_delta(p, &context->seq);
    return op->flags == 0 || trace_op_valid(op, NULL) == STATUS_OK;
}

void trace_decode_begin(struct trace_decoder *decoder, const uint8_t *in, size_t len)
{
    *decoder = (struct trace_decoder){.at = in, .end = in + len};
    for (unsigned kind = 0; kind < OP_N_KINDS; kind++)
        decoder->has[kind] = (uint8_t)trace_op_has((enum op_kind)kind);
}

enum status trace_decode_end(const struct trace_decoder *decoder, uint64_t last,
                             struct err *err)
{
    if (decoder->at == decoder->end)
        return STATUS_OK;
    return err_set(err, STATUS_TRACE, "%zu bytes too many after record %" PRIu64,
                   (size_t)(decoder->end - decoder->at), last);
}

enum status trace_decode(struct trace_decoder *decoder, struct op *ops, uint32_t n,
                         uint64_t first, bool *names_streams, struct err *err)
{
    const uint8_t *has = decoder->has;
    struct trace_context context = decoder->context;
    const uint8_t *p = decoder->at, *end = decoder->end;
    for (uint32_t i = 0; i < n; i++) {
        if (p >= end)
            return err_set(err, STATUS_TRACE, "record %" PRIu64 " is missing",
                           first + i);
        unsigned class = *p >> 5, code = *p & 31;
        p++;
        struct op op = {.kind = (uint8_t)code};
        bool good = true;
        if (code <= OP_RMW && class != CLASS_EXPLICIT) {
            op.size = (uint8_t)(1u << class);
            op.addr = get_delta(&p, &context.addr);
            op.pc = get_delta(&p, &context.pc);
        } else if (code <= OP_RMW) {
            good = decode_explicit(&p, &context, &op);
        } else {
            good = decode_other(&p, &context, has, class, &op);
            if (good && (has[op.kind] & TRACE_HAS_STREAM))
                *names_streams = true;
        }
        if (!good || p > end)
            return err_set(err, STATUS_TRACE,
                           "record %" PRIu64 " is %s (operation number %u)", first + i,
                           p > end ? "cut off" : "not valid", op.kind);
        ops[i] = op;
    }
    decoder->at = p;
    decoder->context = context;
    return STATUS_OK;
}
