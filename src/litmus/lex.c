/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.c - words, values and names of a litmus test's text. See lex.h.
 */
#include "litmus/lex.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FAIL(p, ...) litmus_fail(p, (p)->at, __VA_ARGS__)

bool litmus_fail(struct parser *p, const char *at, const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    err_set(p->err, STATUS_TRACE, "%s:%u:%u: %s", p->file, p->line,
            (unsigned)(at - p->start) + 1, what);
    return false;
}

/* ---- tokens ------------------------------------------------------------------- */

void litmus_skip_space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

struct word litmus_take_word(struct parser *p)
{
    litmus_skip_space(p);
    struct word w = {p->at, 0};
    while (p->at < p->end && is_word_char(*p->at))
        p->at++;
    w.n = (size_t)(p->at - w.text);
    return w;
}

bool litmus_take_char(struct parser *p, char c)
{
    litmus_skip_space(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

bool litmus_at_line_end(struct parser *p)
{
    litmus_skip_space(p);
    return p->at == p->end;
}

bool litmus_word_is(struct word w, const char *text)
{
    return strlen(text) == w.n && memcmp(w.text, text, w.n) == 0;
}

/* The rest of the line, without the space around it. */
bool litmus_take_rest(struct parser *p, char text[LITMUS_TEXT])
{
    litmus_skip_space(p);
    const char *end = p->end;
    while (end > p->at && isspace((unsigned char)end[-1]))
        end--;
    size_t n = (size_t)(end - p->at);
    if (n == 0)
        return FAIL(p, "something must follow on this line");
    if (n >= LITMUS_TEXT)
        return FAIL(p, "this text has %zu characters; at most %u", n, LITMUS_TEXT - 1);
    memcpy(text, p->at, n);
    text[n] = 0;
    p->at = p->end;
    return true;
}

bool litmus_take_value(struct parser *p, uint8_t *value)
{
    const char *at = (litmus_skip_space(p), p->at);
    struct word w = litmus_take_word(p);
    unsigned n = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (!isdigit((unsigned char)w.text[i]) || n > 255)
            return litmus_fail(p, at,
                               "'%.*s' is no value; write a number from 0 to 255",
                               (int)w.n, w.text);
        n = n * 10 + (unsigned)(w.text[i] - '0');
    }
    if (w.n == 0 || n > 255)
        return litmus_fail(p, at, "a value is expected here: a number from 0 to 255");
    *value = (uint8_t)n;
    return true;
}

bool litmus_take_register(struct parser *p, uint8_t *reg)
{
    const char *at = (litmus_skip_space(p), p->at);
    struct word w = litmus_take_word(p);
    if (w.n != 2 || w.text[0] != 'r' || !isdigit((unsigned char)w.text[1]))
        return litmus_fail(p, at, "a register is expected here: r0 to r9");
    *reg = (uint8_t)(w.text[1] - '0');
    return true;
}

/* ---- names ---------------------------------------------------------------------- */

bool litmus_take_name(struct parser *p, uint8_t *index)
{
    struct litmus_test *t = p->test;
    const char *at = (litmus_skip_space(p), p->at);
    struct word w = litmus_take_word(p);
    if (w.n == 0 || isdigit((unsigned char)w.text[0]))
        return litmus_fail(p, at, "a name is expected here, such as x");
    if (litmus_word_is(w, "inv"))
        return litmus_fail(p, at, "'inv' is the entry that is not present, no name");
    if (w.n >= sizeof t->names[0].text)
        return litmus_fail(p, at, "the name has more than %zu letters",
                           sizeof t->names[0].text - 1);
    for (*index = 0; *index < t->n_names; (*index)++)
        if (litmus_word_is(w, t->names[*index].text))
            return true;
    if (t->n_names == LITMUS_NAMES)
        return litmus_fail(p, at, "more than %u names", LITMUS_NAMES);
    struct litmus_name *name = &t->names[t->n_names++];
    *name = (struct litmus_name){.frame = LITMUS_NONE};
    memcpy(name->text, w.text, w.n);
    return true;
}

/* A name is found to be a page or a frame; it cannot be both. */
bool litmus_set_role(struct parser *p, const char *at, uint8_t index,
                     enum litmus_role role)
{
    struct litmus_name *name = &p->test->names[index];
    if (name->role != LITMUS_VARIABLE && name->role != role)
        return litmus_fail(
            p, at,
            "'%s' is used as a page (it has an entry) and as a frame (an entry "
            "points to it); use two names",
            name->text);
    name->role = (uint8_t)role;
    return true;
}

/* FRAME, FRAME:ro, inv */
bool litmus_take_entry(struct parser *p, uint8_t *frame, uint8_t *read_only)
{
    const char *at = (litmus_skip_space(p), p->at);
    struct parser before = *p;
    *frame = LITMUS_NONE;
    *read_only = 0;
    if (litmus_word_is(litmus_take_word(p), "inv"))
        return true;
    p->at = before.at;
    if (!litmus_take_name(p, frame) || !litmus_set_role(p, at, *frame, LITMUS_FRAME))
        return false;
    if (!litmus_take_char(p, ':'))
        return true;
    at = p->at;
    if (!litmus_word_is(litmus_take_word(p), "ro"))
        return litmus_fail(p, at, "after ':' only 'ro' may follow");
    *read_only = 1;
    return true;
}
