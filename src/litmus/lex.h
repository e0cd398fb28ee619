/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.h - words, values and names of a litmus test's text. Private to src/litmus.
 *
 * Each function takes what it is named for at the parser's place, or complains there
 * (litmus_fail()) and returns false.
 */
#ifndef LITMUS_LEX_H
#define LITMUS_LEX_H

#include "litmus/test.h"

struct parser {
    const char *file;
    struct litmus_test *test;
    unsigned line;
    const char *start, *at, *end; /* Of the line. */
    uint8_t seen_exists, seen_expect;
    struct err *err;
};

struct word {
    const char *text;
    size_t n;
};

/* "file:line:column: ...", with the column of 'at'.  Returns false. */
bool litmus_fail(struct parser *p, const char *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void litmus_skip_space(struct parser *p);
struct word litmus_take_word(struct parser *p); /* May be empty. */
bool litmus_take_char(struct parser *p, char c);
bool litmus_at_line_end(struct parser *p);
bool litmus_word_is(struct word w, const char *text);

/* The rest of the line, without the space around it. */
bool litmus_take_rest(struct parser *p, char text[LITMUS_TEXT]);
bool litmus_take_value(struct parser *p, uint8_t *value);
bool litmus_take_register(struct parser *p, uint8_t *reg);

/* The name's number; a new name is a variable at first. */
bool litmus_take_name(struct parser *p, uint8_t *index);
bool litmus_set_role(struct parser *p, const char *at, uint8_t index,
                     enum litmus_role role);

/* FRAME, FRAME:ro, inv */
bool litmus_take_entry(struct parser *p, uint8_t *frame, uint8_t *read_only);

#endif
