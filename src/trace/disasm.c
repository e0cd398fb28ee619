/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * disasm.c - the canonical text of a trace.
 *
 * Chunks are printed in the order of the file, so that the assembler, which
 * writes them in the order of the text, gives the same bytes again.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "trace/impl.h"
#include "trace/lex.h"
#include "trace/text.h"
#include "trace/words.h"

struct printer {
    struct trace *t;
    FILE *out;
    struct names texts; /* Text of a string -> its id, for those that have one. */
};

/* True if a terminal might act on the character. */
static bool is_control(const char *p, size_t n)
{
    unsigned char c = (unsigned char)p[0];
    if (n == 1)
        return c < ' ' || c == 0x7f;
    return n == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0;
}

/* Bytes that are no text of their own are escaped, so that the canonical form
 * is UTF-8 without control characters, whatever a guest calls its files. */
static void put_quoted(FILE *out, const char *text)
{
    fputc('"', out);
    for (size_t left = strlen(text); left;) {
        size_t n = trace_utf8_length(text, left);
        bool escape = n == 0 || is_control(text, n);
        n = n ? n : 1;
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        for (size_t i = 0; i < n; i++)
            fprintf(out, escape ? "\\x%02x" : "%c", (unsigned char)text[i]);
        text += n;
        left -= n;
    }
    fputc('"', out);
}

static void put_address(const struct printer *p, uint64_t va)
{
    const struct label *label = trace_label_near(p->t, va);
    if (!label)
        fprintf(p->out, " 0x%" PRIx64, va);
    else if (label->va == va)
        fprintf(p->out, " @%s", label->name);
    else
        fprintf(p->out, " @%s+0x%" PRIx64, label->name, va - label->va);
}

static void put_length(FILE *out, uint64_t n)
{
    static const char suffixes[] = "GMK";
    for (unsigned i = 0; n && i < 3; i++) {
        unsigned shift = 30 - 10 * i;
        if ((n & ((UINT64_C(1) << shift) - 1)) == 0) {
            fprintf(out, " %" PRIu64 "%c", n >> shift, suffixes[i]);
            return;
        }
    }
    fprintf(out, " %" PRIu64, n);
}

static void put_kind(const struct printer *p, const struct op *op)
{
    enum trace_kind_form form = trace_kind_form((enum op_kind)op->kind);
    const char *word = trace_kind_word(form, op->target);
    const char *text = NULL;
    char prot[TRACE_PROT_TEXT];
    uint64_t id;
    if (form == TRACE_KIND_STRING)
        text = trace_string(p->t, op->target);
    if (form == TRACE_KIND_LOCK && op->target == OP_LOCK_MUTEX)
        return;
    if (form == TRACE_KIND_PROT) {
        trace_prot_text(op->target, prot);
        fprintf(p->out, " %s", prot);
    } else if (word) {
        fprintf(p->out, " %s", word);
    } else if (text && trace_names_find(&p->texts, text, strlen(text), &id) &&
               id == op->target) {
        fputc(' ', p->out);
        put_quoted(p->out, text);
    } else {
        fprintf(p->out, " %u", op->target);
    }
}

static void put_operand(const struct printer *p, char letter, const struct op *op)
{
    switch (letter) {
    case 's':
        fprintf(p->out, " %u", op->size);
        break;
    case 'a':
        put_address(p, op->addr);
        break;
    case 'n':
        fprintf(p->out, " %" PRIu64, op->arg);
        break;
    case 'l':
        put_length(p->out, op->arg);
        break;
    case 'v':
        if (op->flags & OP_HAS_VALUE)
            fprintf(p->out, " %" PRIu64, op->arg);
        break;
    case 't':
        fprintf(p->out, " %u", trace_stream(p->t, op->target)->id);
        break;
    default:
        put_kind(p, op);
        break;
    }
}

static void put_op(const struct printer *p, const struct op *op)
{
    const struct trace_op_info *info = &trace_op_infos[op->kind];
    fprintf(p->out, "  %s", info->text);
    for (const char *letter = info->operands; *letter; letter++)
        put_operand(p, *letter, op);
    if (op->flags & OP_BY_KERNEL)
        fprintf(p->out, " kernel");
    if (op->pc) {
        fprintf(p->out, " pc");
        put_address(p, op->pc);
    }
    if (op->seq)
        fprintf(p->out, " seq %" PRIu64, op->seq);
    fputc('\n', p->out);
}

static void put_stream(const struct printer *p, const struct trace_stream *s)
{
    fprintf(p->out, "\nstream %u proc %u ", s->id, s->process);
    put_quoted(p->out, s->name);
    if (s->birth != TRACE_BIRTH_ROOT)
        fprintf(p->out, " %s by %u",
                s->birth == TRACE_BIRTH_FORK ? "forked" : "spawned",
                trace_stream(p->t, s->parent)->id);
    fputc('\n', p->out);
}

static void put_image(const struct printer *p, uint32_t number)
{
    const struct trace_image *image = trace_image(p->t, number);
    fprintf(p->out, "elf %u proc %u base 0x%" PRIx64 " ", number, image->process,
            image->base);
    put_quoted(p->out, image->path);
    if (image->build_id[0])
        fprintf(p->out, " build_id %s", image->build_id);
    fputc('\n', p->out);
    for (uint32_t i = 0; i < image->n_segments; i++) {
        const struct trace_segment *s = &image->segments[i];
        char prot[TRACE_PROT_TEXT];
        trace_prot_text(s->prot, prot);
        fprintf(p->out, "  segment 0x%" PRIx64 " %" PRIu64 " %" PRIu64 " %s\n", s->va,
                s->bytes, s->file_bytes, prot);
    }
    for (uint32_t i = 0; i < image->n_symbols; i++) {
        const struct trace_elf_symbol *s = &image->symbols[i];
        fprintf(p->out, "  symbol 0x%" PRIx64 " %" PRIu64 " ", s->va, s->bytes);
        put_quoted(p->out, s->name);
        fputc('\n', p->out);
    }
}

static void put_declarations(struct printer *p)
{
    const struct trace *t = p->t;
    fprintf(p->out, "# guest trace; see docs/trace-format.md\n");
    if (t->json)
        fprintf(p->out, "meta %s\n", t->json);
    for (size_t i = 0; i < t->n_strings; i++) {
        const struct trace_text *s = &t->strings[i];
        trace_names_add(&p->texts, s->text, strlen(s->text), s->id);
        fprintf(p->out, "string %u ", s->id);
        put_quoted(p->out, s->text);
        fputc('\n', p->out);
    }
    for (size_t i = 0; i < t->n_labels; i++)
        fprintf(p->out, "let %s = 0x%" PRIx64 "\n", t->labels[i].name, t->labels[i].va);
    for (uint32_t i = 0; i < t->n_images; i++)
        put_image(p, i);
}

static enum status put_chunk(struct printer *p, const struct data_chunk *c,
                             struct err *err)
{
    uint64_t at = c->first;
    while (at < c->first + c->n) {
        struct trace_window window;
        enum status status = trace_read(p->t, c->stream, at, &window, err);
        if (status != STATUS_OK)
            return status;
        for (; at < c->first + c->n && at - window.first < window.n; at++)
            put_op(p, &window.ops[at - window.first]);
    }
    return STATUS_OK;
}

static enum status put_chunks(struct printer *p, struct err *err)
{
    const struct trace *t = p->t;
    uint32_t current = NO_THREAD;
    for (uint32_t i = 0; i < t->n_chunks; i++) {
        const struct data_chunk *c = &t->chunks[i];
        if (c->first == 0)
            put_stream(p, trace_stream(t, c->stream));
        else if (c->stream != current)
            fprintf(p->out, "\nstream %u\n", trace_stream(t, c->stream)->id);
        current = c->stream;
        enum status status = put_chunk(p, c, err);
        if (status != STATUS_OK)
            return status;
    }
    for (uint32_t i = 0; i < t->n_streams; i++) {
        if (trace_stream(t, i)->n_ops == 0)
            put_stream(p, trace_stream(t, i));
    }
    return STATUS_OK;
}

enum status trace_disassemble(struct trace *t, FILE *out, struct err *err)
{
    struct printer p = {.t = t, .out = out};
    put_declarations(&p);
    enum status status = put_chunks(&p, err);
    trace_names_free(&p.texts);
    if (status == STATUS_OK && (fflush(out) != 0 || ferror(out)))
        return err_set(err, STATUS_STORE, "cannot write the text: %s", strerror(errno));
    return status;
}
