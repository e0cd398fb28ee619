/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asm_declare.c - the lines of the text form that declare something.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "trace/asm_impl.h"
#include "trace/bytes.h"
#include "trace/elf.h"
#include "trace/words.h"

#define FAIL(a, err, ...) trace_line_error(&(a)->line, err, __VA_ARGS__)

/* Errors of the writer get the line in front. */
enum status trace_asm_at_line(struct assembler *a, enum status status, struct err *err)
{
    if (status == STATUS_TRACE)
        err_prefix(err, "%s:%" PRIu64, a->line.file, a->line.number);
    return status;
}

enum status trace_asm_meta_line(struct assembler *a, struct err *err)
{
    while (a->line.p < a->line.end && (*a->line.p == ' ' || *a->line.p == '\t'))
        a->line.p++;
    size_t n = (size_t)(a->line.end - a->line.p);
    char *json = trace_alloc(n + 1, 1);
    memcpy(json, a->line.p, n);
    enum status status =
        trace_asm_at_line(a, trace_writer_meta(a->writer, json, err), err);
    free(json);
    return status;
}

enum status trace_asm_string_line(struct assembler *a, struct err *err)
{
    uint64_t value;
    char *text;
    enum status status = trace_asm_number(a, "a number", UINT32_MAX, &value, err);
    if (status == STATUS_OK)
        status = trace_asm_text(a, "a text", &text, err);
    if (status != STATUS_OK)
        return status;
    uint32_t id = (uint32_t)value;
    if (!trace_names_add(&a->ids, &id, sizeof id, 0)) {
        free(text);
        return FAIL(a, err, "string %u is taken; string lines go to the top", id);
    }
    trace_names_add(&a->strings, text, strlen(text), id);
    if (id >= a->next_string && id < UINT32_MAX)
        a->next_string = id + 1;
    status =
        trace_asm_at_line(a, trace_writer_add_string(a->writer, id, text, err), err);
    free(text);
    return status == STATUS_OK ? trace_asm_line_end(a, err) : status;
}

enum status trace_asm_label_line(struct assembler *a, struct err *err)
{
    struct token name = trace_lex(&a->line);
    uint64_t va;
    if (name.kind != TOKEN_WORD || !trace_token_is(trace_lex(&a->line), "="))
        return FAIL(a, err, "a label is written 'let name = 0x1000'");
    enum status status = trace_asm_address(a, &va, err);
    if (status == STATUS_OK)
        status = trace_asm_line_end(a, err);
    if (status != STATUS_OK)
        return status;
    if (!trace_names_add(&a->labels, name.start, name.n, va))
        return FAIL(a, err, "label '%.*s' has a value already", (int)name.n,
                    name.start);
    char *text = trace_alloc(name.n + 1, 1);
    memcpy(text, name.start, name.n);
    status =
        trace_asm_at_line(a, trace_writer_add_label(a->writer, text, va, err), err);
    free(text);
    return status;
}

static enum status copy_text(struct assembler *a, const char *what, char *to,
                             size_t room, struct err *err)
{
    char *text;
    enum status status = trace_asm_text(a, what, &text, err);
    if (status != STATUS_OK)
        return status;
    if (strlen(text) >= room)
        status = FAIL(a, err, "%s is longer than %zu bytes", what, room - 1);
    else
        strcpy(to, text);
    free(text);
    return status;
}

/* ---- streams ----------------------------------------------------------- */

static enum status stream_birth(struct assembler *a, struct trace_stream *s,
                                struct err *err)
{
    struct token word = trace_lex_peek(&a->line);
    s->birth = TRACE_BIRTH_ROOT;
    if (word.kind == TOKEN_END)
        return STATUS_OK;
    trace_lex(&a->line);
    bool forked = trace_token_is(word, "forked");
    uint64_t parent;
    if ((!forked && !trace_token_is(word, "spawned")) ||
        !trace_token_is(trace_lex(&a->line), "by"))
        return FAIL(a, err,
                    "behind a stream's name stands 'spawned by N' or "
                    "'forked by N'");
    enum status status = trace_asm_number(a, "a stream", UINT32_MAX, &parent, err);
    s->birth = forked ? TRACE_BIRTH_FORK : TRACE_BIRTH_SPAWN;
    s->parent = (uint32_t)parent;
    return status == STATUS_OK ? trace_asm_line_end(a, err) : status;
}

static enum status declare_stream(struct assembler *a, uint32_t id, struct err *err)
{
    struct trace_stream s = {.id = id};
    uint64_t process, line;
    enum status status = trace_asm_number(a, "a process", UINT32_MAX, &process, err);
    if (status != STATUS_OK)
        return status;
    s.process = (uint32_t)process;
    if (trace_lex_peek(&a->line).kind >= TOKEN_STRING)
        status = copy_text(a, "a stream's name", s.name, sizeof s.name, err);
    if (status == STATUS_OK)
        status = stream_birth(a, &s, err);
    if (status != STATUS_OK)
        return status;
    if (trace_names_find(&a->streams, &id, sizeof id, &line))
        return FAIL(a, err, "stream %u is declared in line %" PRIu64 " already", id,
                    line);
    trace_names_add(&a->streams, &id, sizeof id, a->line.number);
    if (s.birth != TRACE_BIRTH_ROOT) {
        a->births = trace_grow(a->births, a->n_births + 1, sizeof *a->births);
        a->births[a->n_births++] = (struct birth){s.parent, a->line.number};
    }
    return trace_asm_at_line(a, trace_writer_add_stream(a->writer, &s, err), err);
}

/* "stream N" goes on with a stream, "stream N proc P ..." also declares it. */
enum status trace_asm_stream(struct assembler *a, bool declaring, struct err *err)
{
    uint64_t value, line;
    enum status status = trace_asm_number(a, "a stream", UINT32_MAX, &value, err);
    if (status != STATUS_OK)
        return status;
    uint32_t id = (uint32_t)value;
    bool declares = trace_token_is(trace_lex_peek(&a->line), "proc");
    if (declaring && declares) {
        trace_lex(&a->line);
        return declare_stream(a, id, err);
    }
    if (!declares && trace_asm_line_end(a, err) != STATUS_OK)
        return STATUS_TRACE;
    if (declaring)
        return STATUS_OK;
    if (!trace_names_find(&a->streams, &id, sizeof id, &line))
        return FAIL(a, err, "stream %u is not declared; write 'stream %u proc N'", id,
                    id);
    if (a->depth)
        return FAIL(a, err,
                    "a stream cannot change inside a loop; close it with 'end'");
    a->has_stream = true;
    a->stream = id;
    return STATUS_OK;
}

enum status trace_asm_check_births(struct assembler *a, struct err *err)
{
    for (size_t i = 0; i < a->n_births; i++) {
        const struct birth *b = &a->births[i];
        uint64_t line;
        if (trace_names_find(&a->streams, &b->parent, sizeof b->parent, &line))
            continue;
        a->line.number = b->line;
        return FAIL(a, err, "the parent stream %u is not declared", b->parent);
    }
    return STATUS_OK;
}

/* The text is not terminated, so strspn() would run over its end. */
static bool hex_only(struct token token)
{
    for (size_t i = 0; i < token.n; i++) {
        if (!memchr("0123456789abcdef", token.start[i], 16))
            return false;
    }
    return true;
}

/* ---- images ------------------------------------------------------------ */

static enum status image_header(struct assembler *a, struct trace_image *image,
                                struct err *err)
{
    uint64_t number = 0;
    enum status status = trace_asm_number(a, "an image", UINT32_MAX, &number, err);
    if (status == STATUS_OK && number != a->n_images)
        return FAIL(a, err, "images are numbered from 0: this one is %u", a->n_images);
    if (status == STATUS_OK && !trace_token_is(trace_lex(&a->line), "proc"))
        return FAIL(a, err,
                    "an image is written 'elf 0 proc 0 base 0x400000 \"path\"'");
    if (status == STATUS_OK)
        status = trace_asm_number(a, "a process", UINT32_MAX, &number, err);
    image->process = (uint32_t)number;
    if (status == STATUS_OK && !trace_token_is(trace_lex(&a->line), "base"))
        return FAIL(a, err, "'base ADDRESS' is expected here");
    return status == STATUS_OK ? trace_asm_address(a, &image->base, err) : status;
}

/* 'elf K proc P base A from "path"' takes all from the file; without "from",
 * segment and symbol lines follow. */
enum status trace_asm_image_line(struct assembler *a, struct err *err)
{
    struct trace_image *image = trace_alloc(1, sizeof *image);
    a->image = image;
    enum status status = image_header(a, image, err);
    bool from = trace_token_is(trace_lex_peek(&a->line), "from");
    if (from)
        trace_lex(&a->line);
    if (status == STATUS_OK)
        status = copy_text(a, "a path", image->path, sizeof image->path, err);
    if (status == STATUS_OK && from) {
        struct trace_image *read = trace_elf_read(image->path, err);
        if (!read)
            return trace_asm_at_line(a, err->status, err);
        read->process = image->process;
        read->base = image->base;
        trace_elf_free(image);
        a->image = read;
    } else if (status == STATUS_OK &&
               trace_token_is(trace_lex_peek(&a->line), "build_id")) {
        trace_lex(&a->line);
        struct token id = trace_lex(&a->line);
        if (id.kind != TOKEN_WORD || id.n >= sizeof image->build_id || !hex_only(id))
            return FAIL(a, err, "a build-id is at most 40 of the digits 0-9a-f");
        memcpy(image->build_id, id.start, id.n);
    }
    return status == STATUS_OK ? trace_asm_line_end(a, err) : status;
}

enum status trace_asm_segment_line(struct assembler *a, struct err *err)
{
    struct trace_image *image = a->image;
    struct trace_segment s = {0};
    if (!image)
        return FAIL(a, err, "a segment line belongs below an elf line");
    enum status status = trace_asm_address(a, &s.va, err);
    if (status == STATUS_OK)
        status = trace_asm_number(a, "a length", UINT64_MAX, &s.bytes, err);
    if (status == STATUS_OK)
        status =
            trace_asm_number(a, "a length in the file", UINT64_MAX, &s.file_bytes, err);
    if (status != STATUS_OK)
        return status;
    struct token prot = trace_lex(&a->line);
    if (prot.kind != TOKEN_WORD || !trace_prot_value(prot.start, prot.n, &s.prot))
        return FAIL(a, err, "a segment ends with its protection: r, rw or rx");
    struct trace_segment *all =
        trace_grow((void *)image->segments, image->n_segments + 1, sizeof *all);
    all[image->n_segments++] = s;
    image->segments = all;
    return trace_asm_line_end(a, err);
}

enum status trace_asm_symbol_line(struct assembler *a, struct err *err)
{
    struct trace_image *image = a->image;
    struct trace_elf_symbol s = {0};
    char *name;
    if (!image)
        return FAIL(a, err, "a symbol line belongs below an elf line");
    enum status status = trace_asm_address(a, &s.va, err);
    if (status == STATUS_OK)
        status = trace_asm_number(a, "a length", UINT64_MAX, &s.bytes, err);
    if (status == STATUS_OK)
        status = trace_asm_text(a, "a symbol's name", &name, err);
    if (status != STATUS_OK)
        return status;
    s.name = name;
    uint32_t n = image->n_symbols++;
    if ((n & (n - 1)) == 0)
        image->symbols =
            trace_grow((void *)image->symbols, n ? 2 * (size_t)n : 1, sizeof s);
    ((struct trace_elf_symbol *)image->symbols)[n] = s;
    return trace_asm_line_end(a, err);
}

/* The image is complete when anything but a segment or a symbol follows. */
enum status trace_asm_image_done(struct assembler *a, struct err *err)
{
    if (!a->image)
        return STATUS_OK;
    enum status status =
        trace_asm_at_line(a, trace_writer_add_image(a->writer, a->image, err), err);
    trace_elf_free(a->image);
    a->image = NULL;
    a->n_images++;
    return status;
}
