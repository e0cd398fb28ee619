/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h - the words of the text form for kinds and protections.
 *
 * Private to src/trace: what the assembler reads and the disassembler prints.
 */
#ifndef TRACE_WORDS_H
#define TRACE_WORDS_H

#include "trace/op.h"

/* How the 'k' operand of an operation is written. */
enum trace_kind_form {
    TRACE_KIND_NUMBER,
    TRACE_KIND_LOCK,   /* mutex (left out), read, write, spin */
    TRACE_KIND_PROT,   /* rwx, then ,shared ,file; "none" */
    TRACE_KIND_ADVICE, /* dontneed */
    TRACE_KIND_STRING, /* A quoted text: STRINGS has its number. */
};

enum trace_kind_form trace_kind_form(enum op_kind kind);

/* The word for lock kind or advice 'value', or null: print the number. */
const char *trace_kind_word(enum trace_kind_form form, uint32_t value);
/* The value of a word; false if it is none. */
bool trace_kind_value(enum trace_kind_form form, const char *word, size_t n,
                      uint32_t *value);

#define TRACE_PROT_TEXT 32u
/* "rw,shared"; "none" for 0; a number if there are unknown bits. */
void trace_prot_text(uint32_t prot, char text[TRACE_PROT_TEXT]);
bool trace_prot_value(const char *word, size_t n, uint32_t *prot);

/* The length of the UTF-8 character at 'p', of which 'n' bytes are there; 0 if
 * it is none. */
size_t trace_utf8_length(const char *p, size_t n);
bool trace_utf8_valid(const char *text);

/* Makes JSON one line without white space at its ends.  In JSON a control
 * character is white space: inside a string it would have to be escaped. */
void trace_one_line(char *json);

#endif
