/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - the text form of a trace, one operation per line.
 *
 * The assembler turns text into a binary trace, the disassembler prints the
 * canonical text of one.  Text -> binary -> text is the identity on canonical
 * text, and binary -> text -> binary on whatever trace_writer wrote.  Comments,
 * loops and label arithmetic are for people: the binary form does not keep them.
 *
 * Grammar and examples: docs/trace-format.md.
 */
#ifndef TRACE_TEXT_H
#define TRACE_TEXT_H

#include <stdio.h>

#include "trace/trace.h"

struct trace_writer;

/* Bounds of the assembler, so that a short text cannot make a huge trace. */
#define TRACE_TEXT_BYTES_MAX    (1u << 30)
#define TRACE_TEXT_REPEATED_MAX 20000000u /* Lines taken inside loops. */
#define TRACE_TEXT_DEPTH_MAX    16u

/* Assembles 'n' bytes of text into 'w' and finishes it. 'name' is for messages:
 * "name:line: what is wrong, what to do". */
enum status trace_assemble(const char *text, size_t n, const char *name,
                           struct trace_writer *w, struct err *err);

/* Assembles the file 'in' ("-": standard input) into the file 'out'. */
enum status trace_assemble_file(const char *in, const char *out, struct err *err);

/* Assembles from all of descriptor 'from' to descriptor 'to'. */
enum status trace_assemble_fd(int from, const char *name, int to, struct err *err);

/* Prints the canonical text of a trace. */
enum status trace_disassemble(struct trace *trace, FILE *out, struct err *err);

#endif
