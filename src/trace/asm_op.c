/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asm_op.c - one operation of the text form: operands by the letters of op.h.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/asm_impl.h"
#include "trace/codec.h"
#include "trace/words.h"

#define FAIL(a, err, ...) trace_line_error(&(a)->line, err, __VA_ARGS__)

/* ---- expressions ------------------------------------------------------- */

/* The index of the innermost loop of that name. */
static bool loop_index(const struct assembler *a, const char *name, size_t n,
                       uint64_t *value)
{
    for (unsigned i = a->depth; i-- > 0;) {
        const struct loop *loop = &a->loops[i];
        if (loop->n_name == n && n && memcmp(loop->name, name, n) == 0) {
            *value = loop->rounds - loop->left;
            return true;
        }
    }
    return false;
}

static bool factor(const struct assembler *a, const char *p, size_t n, uint64_t *value)
{
    if (n > 1 && *p == '@')
        return trace_names_find(&a->labels, p + 1, n - 1, value);
    return trace_parse_number(p, n, value) || loop_index(a, p, n, value);
}

/* value := factor (('+' | '-' | '*') factor)*, '*' binds tighter. Wraps. */
static enum status expression(struct assembler *a, struct token token, uint64_t *value,
                              struct err *err)
{
    const char *p = token.start, *end = p + token.n;
    uint64_t product = 1;
    bool negative = false;
    *value = 0;
    for (;;) {
        const char *stop = p;
        while (stop < end && *stop != '+' && *stop != '-' && *stop != '*')
            stop++;
        uint64_t one;
        size_t n = (size_t)(stop - p);
        if (!factor(a, p, n, &one))
            return n > 1 && *p == '@'
                       ? FAIL(a, err,
                              "label '%.*s' is not known; write 'let %.*s = "
                              "ADDRESS'",
                              (int)n - 1, p + 1, (int)n - 1, p + 1)
                       : FAIL(a, err, "'%.*s' in '%.*s' is no number and no loop",
                              (int)n, p, (int)token.n, token.start);
        product *= one;
        if (stop == end || *stop != '*') {
            *value += negative ? ~product + 1 : product;
            product = 1;
            negative = stop < end && *stop == '-';
        }
        if (stop == end)
            return STATUS_OK;
        p = stop + 1;
    }
}

enum status trace_asm_number(struct assembler *a, const char *what, uint64_t max,
                             uint64_t *value, struct err *err)
{
    struct token token = trace_lex(&a->line);
    if (token.kind == TOKEN_END)
        return FAIL(a, err, "%s is missing", what);
    if (token.kind != TOKEN_WORD)
        return FAIL(a, err, "%s is expected here, not a text", what);
    if (expression(a, token, value, err) != STATUS_OK)
        return STATUS_TRACE;
    if (*value > max)
        return FAIL(a, err, "%s %.*s is too large; at most %" PRIu64, what,
                    (int)token.n, token.start, max);
    return STATUS_OK;
}

enum status trace_asm_address(struct assembler *a, uint64_t *va, struct err *err)
{
    return trace_asm_number(a, "an address", UINT64_MAX, va, err);
}

/* ---- tokens ------------------------------------------------------------ */

enum status trace_asm_text(struct assembler *a, const char *what, char **text,
                           struct err *err)
{
    struct token token = trace_lex(&a->line);
    if (token.kind == TOKEN_BROKEN)
        return FAIL(a, err, "the closing quote is missing");
    if (token.kind != TOKEN_STRING)
        return FAIL(a, err, "%s in double quotes is expected here", what);
    *text = trace_unescape(token);
    if (!*text)
        return FAIL(a, err,
                    "a bad escape in \"%.*s\"; known are \\\" \\\\ \\n \\t \\x41",
                    (int)token.n, token.start);
    return STATUS_OK;
}

enum status trace_asm_line_end(struct assembler *a, struct err *err)
{
    struct token token = trace_lex(&a->line);
    if (token.kind == TOKEN_END)
        return STATUS_OK;
    return FAIL(a, err, "'%.*s' is too much on this line", (int)token.n, token.start);
}

enum op_kind trace_asm_op_kind(struct token word)
{
    for (unsigned kind = 0; kind < OP_N_KINDS; kind++) {
        if (trace_token_is(word, trace_op_infos[kind].text))
            return (enum op_kind)kind;
    }
    return OP_N_KINDS;
}

enum status trace_asm_op_strings(struct assembler *a, enum op_kind kind,
                                 struct err *err)
{
    if (trace_kind_form(kind) != TRACE_KIND_STRING ||
        trace_lex_peek(&a->line).kind != TOKEN_STRING)
        return STATUS_OK;
    char *text;
    enum status status = trace_asm_text(a, "a name", &text, err);
    if (status != STATUS_OK)
        return status;
    uint32_t id = a->next_string;
    if (trace_names_add(&a->strings, text, strlen(text), id)) {
        trace_names_add(&a->ids, &id, sizeof id, 0);
        a->next_string++;
        status = trace_writer_add_string(a->writer, id, text, err);
    }
    free(text);
    return status;
}

/* ---- operands ---------------------------------------------------------- */

static enum status operand_string(struct assembler *a, struct op *op, struct err *err)
{
    char *text;
    uint64_t id = 0;
    enum status status = trace_asm_text(a, "a name", &text, err);
    if (status != STATUS_OK)
        return status;
    /* The first pass has numbered all of them. */
    trace_names_find(&a->strings, text, strlen(text), &id);
    op->target = (uint32_t)id;
    free(text);
    return STATUS_OK;
}

static enum status operand_kind(struct assembler *a, struct op *op, struct err *err)
{
    enum trace_kind_form form = trace_kind_form((enum op_kind)op->kind);
    struct token token = trace_lex_peek(&a->line);
    bool is_word = token.kind == TOKEN_WORD;
    bool number = is_word && token.start[0] >= '0' && token.start[0] <= '9';
    if (form == TRACE_KIND_STRING && token.kind >= TOKEN_STRING)
        return operand_string(a, op, err);
    if (!number && is_word &&
        (form == TRACE_KIND_PROT
             ? trace_prot_value(token.start, token.n, &op->target)
             : trace_kind_value(form, token.start, token.n, &op->target))) {
        trace_lex(&a->line);
        return STATUS_OK;
    }
    if (!number && form == TRACE_KIND_LOCK)
        return STATUS_OK; /* A mutex: what follows is a suffix, or wrong. */
    if (!number && form == TRACE_KIND_PROT && is_word)
        return FAIL(a, err,
                    "'%.*s' is no protection; write r, rw, rx or none, then "
                    ",shared or ,file",
                    (int)token.n, token.start);
    uint64_t value;
    const char *what = form == TRACE_KIND_PROT     ? "a protection such as rw,shared"
                       : form == TRACE_KIND_ADVICE ? "dontneed"
                       : form == TRACE_KIND_STRING ? "a name in quotes, or its number,"
                                                   : "a number";
    enum status status = trace_asm_number(a, what, UINT32_MAX, &value, err);
    if (status == STATUS_OK)
        op->target = (uint32_t)value;
    return status;
}

static enum status operand_stream(struct assembler *a, struct op *op, struct err *err)
{
    uint64_t id, line;
    if (trace_token_is(trace_lex_peek(&a->line), "stream"))
        trace_lex(&a->line);
    enum status status = trace_asm_number(a, "a stream", UINT32_MAX, &id, err);
    if (status != STATUS_OK)
        return status;
    op->target = (uint32_t)id;
    if (!trace_names_find(&a->streams, &op->target, sizeof op->target, &line))
        return FAIL(a, err, "stream %u is not declared; write 'stream %u proc N'",
                    op->target, op->target);
    return STATUS_OK;
}

/* A value may be left out. */
static enum status operand_value(struct assembler *a, struct op *op, struct err *err)
{
    struct token token = trace_lex_peek(&a->line);
    if (token.kind != TOKEN_WORD || token.start[0] < '0' || token.start[0] > '9')
        return STATUS_OK;
    op->flags |= OP_HAS_VALUE;
    return trace_asm_number(a, "a stored value", 255, &op->arg, err);
}

static enum status operand(struct assembler *a, char letter, struct op *op,
                           struct err *err)
{
    uint64_t size;
    enum status status;
    switch (letter) {
    case 's':
        status = trace_asm_number(a, "a size of 1 to 64", 64, &size, err);
        if (status == STATUS_OK && size == 0)
            return FAIL(a, err, "an access has 1 to 64 bytes, not 0");
        op->size = (uint8_t)size;
        return status;
    case 'a':
        return trace_asm_address(a, &op->addr, err);
    case 'n':
        return trace_asm_number(a, "a count", UINT64_MAX, &op->arg, err);
    case 'l':
        return trace_asm_number(a, "a length", UINT64_MAX, &op->arg, err);
    case 'v':
        return operand_value(a, op, err);
    case 't':
        return operand_stream(a, op, err);
    default:
        return operand_kind(a, op, err);
    }
}

static enum status suffix(struct assembler *a, struct op *op, struct err *err)
{
    struct token token = trace_lex(&a->line);
    if (trace_token_is(token, "kernel")) {
        op->flags |= OP_BY_KERNEL;
        return STATUS_OK;
    }
    if (trace_token_is(token, "pc"))
        return trace_asm_address(a, &op->pc, err);
    if (!trace_token_is(token, "seq"))
        return FAIL(a, err,
                    "'%.*s' does not belong to %s; at the end of a line stand "
                    "kernel, pc ADDRESS or seq NUMBER",
                    (int)token.n, token.start, trace_op_infos[op->kind].text);
    enum status status = trace_asm_number(a, "a seq", UINT64_MAX, &op->seq, err);
    if (status == STATUS_OK && op->seq == 0)
        return FAIL(a, err, "seq 0 means none; start at 1");
    return status;
}

enum status trace_asm_op(struct assembler *a, enum op_kind kind, struct op *op,
                         struct err *err)
{
    *op = (struct op){.kind = (uint8_t)kind};
    enum status status = STATUS_OK;
    const char *letters = trace_op_infos[kind].operands;
    for (; *letters && status == STATUS_OK; letters++)
        status = operand(a, *letters, op, err);
    while (status == STATUS_OK && trace_lex_peek(&a->line).kind != TOKEN_END)
        status = suffix(a, op, err);
    return status;
}
