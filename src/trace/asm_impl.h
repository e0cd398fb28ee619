/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * asm_impl.h - the assembler's state, shared by the files asm*.c.
 */
#ifndef TRACE_ASM_IMPL_H
#define TRACE_ASM_IMPL_H

#include "trace/lex.h"
#include "trace/text.h"
#include "trace/writer.h"

struct loop {
    const char *body; /* Text behind the line of the "repeat". */
    uint64_t line;    /* Number of the line of the "repeat". */
    uint64_t rounds;
    uint64_t left;    /* Rounds still to go, this one included. */
    const char *name; /* Of the index; 'n_name' is 0 without one. */
    size_t n_name;
};

/* A stream that is not a root; parents may be declared below it. */
struct birth {
    uint32_t parent;
    uint64_t line;
};

struct assembler {
    const char *text, *end;
    const char *next; /* Where the next line begins. */
    struct line line;
    struct trace_writer *writer;

    struct names labels;  /* -> address */
    struct names strings; /* -> id */
    struct names streams; /* id (4 bytes) -> line of the declaration */
    struct names ids;     /* string id (4 bytes) -> 0 */
    uint32_t next_string; /* The id of the next string without one. */

    struct birth *births;
    size_t n_births;
    uint32_t n_images;
    struct trace_image *image; /* The "elf" line whose parts follow, or null. */
    bool has_stream;
    uint32_t stream; /* Id of the stream that operations go to. */
    struct loop loops[TRACE_TEXT_DEPTH_MAX];
    unsigned depth;
    uint64_t n_repeated; /* Lines taken inside loops. */
};

/* Numbers and addresses are expressions: 64K, @label+8, @table+i*4K, where i is
 * the index of a loop. No white space inside. */
enum status trace_asm_address(struct assembler *a, uint64_t *va, struct err *err);
enum status trace_asm_number(struct assembler *a, const char *what, uint64_t max,
                             uint64_t *value, struct err *err);

/* A quoted text, allocated. */
enum status trace_asm_text(struct assembler *a, const char *what, char **text,
                           struct err *err);
/* Nothing but a comment is left on the line. */
enum status trace_asm_line_end(struct assembler *a, struct err *err);

/* Puts file and line in front of an error of the writer. */
enum status trace_asm_at_line(struct assembler *a, enum status status, struct err *err);

/* asm_declare.c: what follows the first word of a declaration. */
enum status trace_asm_meta_line(struct assembler *a, struct err *err);
enum status trace_asm_string_line(struct assembler *a, struct err *err);
enum status trace_asm_label_line(struct assembler *a, struct err *err);
enum status trace_asm_image_line(struct assembler *a, struct err *err);
enum status trace_asm_segment_line(struct assembler *a, struct err *err);
enum status trace_asm_symbol_line(struct assembler *a, struct err *err);
/* The image is complete when anything but a segment or a symbol follows. */
enum status trace_asm_image_done(struct assembler *a, struct err *err);
/* "stream N" goes on with a stream; "stream N proc P ..." also declares it, in
 * the first pass. */
enum status trace_asm_stream(struct assembler *a, bool declaring, struct err *err);
enum status trace_asm_check_births(struct assembler *a, struct err *err);

/* The operation that 'word' names, or OP_N_KINDS. */
enum op_kind trace_asm_op_kind(struct token word);
/* First pass: the quoted text of a MARK or EXPECT gets a number. */
enum status trace_asm_op_strings(struct assembler *a, enum op_kind kind,
                                 struct err *err);
/* Second pass: the operands of one operation. */
enum status trace_asm_op(struct assembler *a, enum op_kind kind, struct op *op,
                         struct err *err);

#endif
