/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asm.c - the assembler: text to a binary trace, in two passes.
 *
 * The first pass takes the declarations (a label or a stream may be used above
 * its line), the second one runs the loops and appends the operations.  Every
 * line of the first pass is read once, so time is bounded by the text; the
 * second is bounded by TRACE_TEXT_REPEATED_MAX lines inside loops.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/asm_impl.h"
#include "trace/bytes.h"
#include "trace/elf.h"
#include "trace/impl.h"

#define FAIL(a, err, ...) trace_line_error(&(a)->line, err, __VA_ARGS__)

/* ---- lines ------------------------------------------------------------- */

static bool next_line(struct assembler *a)
{
    if (a->next == a->end)
        return false;
    const char *stop = memchr(a->next, '\n', (size_t)(a->end - a->next));
    a->line.p = a->next;
    a->line.end = stop ? stop : a->end;
    a->line.number++;
    a->next = stop ? stop + 1 : a->end;
    return true;
}

static void rewind_text(struct assembler *a)
{
    a->next = a->text;
    a->line.number = 0;
    a->depth = 0;
}

/* ---- loops ------------------------------------------------------------- */

/* "repeat N" or "repeat N as NAME": NAME counts from 0 to N - 1. */
static enum status loop_header(struct assembler *a, struct loop *loop, struct err *err)
{
    enum status status = trace_asm_number(a, "a count", UINT64_MAX, &loop->rounds, err);
    if (status != STATUS_OK)
        return status;
    loop->left = loop->rounds;
    if (trace_token_is(trace_lex_peek(&a->line), "as")) {
        trace_lex(&a->line);
        struct token name = trace_lex(&a->line);
        if (name.kind != TOKEN_WORD || memchr("0123456789@", *name.start, 11))
            return FAIL(a, err, "behind 'as' stands the name of the loop's index");
        loop->name = name.start;
        loop->n_name = name.n;
    }
    return trace_asm_line_end(a, err);
}

static enum status loop_begin(struct assembler *a, bool declaring, struct err *err)
{
    if (a->depth == TRACE_TEXT_DEPTH_MAX)
        return FAIL(a, err, "loops are nested deeper than %u", TRACE_TEXT_DEPTH_MAX);
    struct loop loop = {.body = a->next, .line = a->line.number};
    if (declaring) { /* Its count may use labels from below. */
        a->loops[a->depth++] = loop;
        return STATUS_OK;
    }
    enum status status = loop_header(a, &loop, err);
    if (status != STATUS_OK)
        return status;
    if (loop.rounds == 0)
        return FAIL(a, err, "'repeat 0' would leave the lines out; use 1 or more");
    a->loops[a->depth++] = loop;
    return STATUS_OK;
}

static enum status loop_end(struct assembler *a, bool declaring, struct err *err)
{
    if (trace_asm_line_end(a, err) != STATUS_OK)
        return STATUS_TRACE;
    if (a->depth == 0)
        return FAIL(a, err, "'end' without 'repeat'");
    struct loop *loop = &a->loops[a->depth - 1];
    if (declaring || --loop->left == 0) {
        a->depth--;
        return STATUS_OK;
    }
    a->next = loop->body;
    a->line.number = loop->line;
    return STATUS_OK;
}

static enum status check_loops(struct assembler *a, struct err *err)
{
    if (a->depth == 0)
        return STATUS_OK;
    a->line.number = a->loops[a->depth - 1].line;
    return FAIL(a, err, "this 'repeat' has no 'end'");
}

/* ---- the passes -------------------------------------------------------- */

static bool is_declaration(struct token word)
{
    return trace_token_is(word, "meta") || trace_token_is(word, "string") ||
           trace_token_is(word, "let") || trace_token_is(word, "elf") ||
           trace_token_is(word, "segment") || trace_token_is(word, "symbol");
}

static enum status unknown_word(struct assembler *a, struct token word, struct err *err)
{
    if (word.kind != TOKEN_WORD)
        return FAIL(a, err, "a line begins with the name of an operation");
    return FAIL(a, err, "'%.*s' is no operation; docs/trace-format.md lists them",
                (int)word.n, word.start);
}

static enum status take_declaration(struct assembler *a, struct token word,
                                    struct err *err)
{
    if (trace_token_is(word, "segment"))
        return trace_asm_segment_line(a, err);
    if (trace_token_is(word, "symbol"))
        return trace_asm_symbol_line(a, err);
    if (trace_asm_image_done(a, err) != STATUS_OK)
        return err->status;
    if (trace_token_is(word, "meta"))
        return trace_asm_meta_line(a, err);
    if (trace_token_is(word, "string"))
        return trace_asm_string_line(a, err);
    if (trace_token_is(word, "let"))
        return trace_asm_label_line(a, err);
    if (trace_token_is(word, "elf"))
        return trace_asm_image_line(a, err);
    if (trace_token_is(word, "stream"))
        return trace_asm_stream(a, true, err);
    if (trace_token_is(word, "repeat"))
        return loop_begin(a, true, err);
    if (trace_token_is(word, "end"))
        return loop_end(a, true, err);
    enum op_kind kind = trace_asm_op_kind(word);
    if (kind == OP_N_KINDS)
        return unknown_word(a, word, err);
    return trace_asm_op_strings(a, kind, err);
}

static enum status take_operation(struct assembler *a, struct token word,
                                  struct err *err)
{
    if (is_declaration(word))
        return STATUS_OK;
    if (trace_token_is(word, "stream"))
        return trace_asm_stream(a, false, err);
    if (a->depth && a->n_repeated++ == TRACE_TEXT_REPEATED_MAX)
        return FAIL(a, err, "the loops make more than %u lines; use smaller counts",
                    TRACE_TEXT_REPEATED_MAX);
    if (trace_token_is(word, "repeat"))
        return loop_begin(a, false, err);
    if (trace_token_is(word, "end"))
        return loop_end(a, false, err);
    if (!a->has_stream)
        return FAIL(a, err, "an operation before the first 'stream N proc P' line");
    struct op op;
    enum status status = trace_asm_op(a, trace_asm_op_kind(word), &op, err);
    if (status == STATUS_OK)
        status = trace_asm_at_line(
            a, trace_writer_append(a->writer, a->stream, &op, err), err);
    return status;
}

/* The same characters that make a file look like text; others are written as
 * escapes, so that what an editor shows is what there is. */
static enum status check_characters(struct assembler *a, struct err *err)
{
    for (const char *p = a->line.p; p < a->line.end; p++) {
        if ((unsigned char)*p < ' ' && *p != '\t' && *p != '\r')
            return FAIL(a, err, "the control character 0x%02x; in a text write \\x%02x",
                        (unsigned)*p, (unsigned)*p);
    }
    return STATUS_OK;
}

static enum status pass(struct assembler *a, bool declaring, struct err *err)
{
    rewind_text(a);
    while (next_line(a)) {
        if (declaring && check_characters(a, err) != STATUS_OK)
            return err->status;
        struct token word = trace_lex(&a->line);
        if (word.kind == TOKEN_END)
            continue;
        enum status status =
            declaring ? take_declaration(a, word, err) : take_operation(a, word, err);
        if (status != STATUS_OK)
            return status;
    }
    return check_loops(a, err);
}

static enum status run(struct assembler *a, struct err *err)
{
    enum status status = pass(a, true, err);
    if (status == STATUS_OK)
        status = trace_asm_image_done(a, err);
    if (status == STATUS_OK)
        status = trace_asm_check_births(a, err);
    if (status == STATUS_OK)
        status = pass(a, false, err);
    return status == STATUS_OK ? trace_writer_finish(a->writer, err) : status;
}

enum status trace_assemble(const char *text, size_t n, const char *name,
                           struct trace_writer *w, struct err *err)
{
    struct err local; /* Messages get their line in front. */
    struct assembler a = {
        .text = text,
        .end = text + n,
        .line = {.file = name},
        .writer = w,
    };
    enum status status = run(&a, err ? err : &local);
    trace_elf_free(a.image);
    trace_names_free(&a.labels);
    trace_names_free(&a.strings);
    trace_names_free(&a.streams);
    trace_names_free(&a.ids);
    free(a.births);
    return status;
}

/* All of a text file, into memory. */
static enum status load_text(int fd, const char *name, char **text, size_t *n,
                             struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0 || (uint64_t)st.st_size > TRACE_TEXT_BYTES_MAX)
        return err_set(err, STATUS_TRACE,
                       "%s: a text trace has at most %u bytes; use the binary form",
                       name, TRACE_TEXT_BYTES_MAX);
    *n = (size_t)st.st_size;
    *text = trace_alloc(*n, 1);
    if (trace_source_read(fd, 0, *text, *n))
        return STATUS_OK;
    free(*text);
    return err_set(err, STATUS_TRACE, "%s: cannot read it to its end", name);
}

static enum status assemble_into(int from, const char *name, struct trace_writer *w,
                                 struct err *err)
{
    char *text = NULL;
    size_t n = 0;
    enum status status = load_text(from, name, &text, &n, err);
    if (status == STATUS_OK) {
        status = trace_assemble(text, n, name, w, err);
        free(text);
    }
    trace_writer_destroy(w);
    return status;
}

enum status trace_assemble_fd(int from, const char *name, int to, struct err *err)
{
    return assemble_into(from, name, trace_writer_create_fd(to, name, err), err);
}

enum status trace_assemble_file(const char *in, const char *out, struct err *err)
{
    int fd;
    bool is_text;
    enum status status = trace_source_open(in, &fd, &is_text, err);
    if (status != STATUS_OK)
        return status;
    struct trace_writer *w = NULL;
    if (!is_text)
        status = err_set(err, STATUS_TRACE, "%s: is a binary trace already", in);
    else if (!(w = trace_writer_create(out, err)))
        status = STATUS_STORE;
    else
        status =
            assemble_into(fd, strcmp(in, "-") == 0 ? "standard input" : in, w, err);
    close(fd);
    return status;
}
