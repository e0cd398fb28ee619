/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.c - the lines and tokens of a text trace, and a map from names.
 */
#include "trace/lex.h"

#define XXH_INLINE_ALL
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "trace/bytes.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct token lex_string(struct line *line)
{
    const char *start = ++line->p;
    while (line->p < line->end && *line->p != '"')
        line->p += *line->p == '\\' && line->p + 1 < line->end ? 2 : 1;
    struct token token = {TOKEN_STRING, start, (size_t)(line->p - start)};
    if (line->p >= line->end)
        return (struct token){TOKEN_BROKEN, start, (size_t)(line->end - start)};
    line->p++;
    return token;
}

struct token trace_lex(struct line *line)
{
    while (line->p < line->end && is_space(*line->p))
        line->p++;
    if (line->p == line->end || *line->p == '#') {
        line->p = line->end;
        return (struct token){TOKEN_END, line->end, 0};
    }
    if (*line->p == '"')
        return lex_string(line);
    const char *start = line->p;
    while (line->p < line->end && !is_space(*line->p) && *line->p != '#' &&
           *line->p != '"')
        line->p++;
    return (struct token){TOKEN_WORD, start, (size_t)(line->p - start)};
}

struct token trace_lex_peek(const struct line *line)
{
    struct line copy = *line;
    return trace_lex(&copy);
}

bool trace_token_is(struct token token, const char *word)
{
    return token.kind == TOKEN_WORD && strlen(word) == token.n &&
           memcmp(token.start, word, token.n) == 0;
}

enum status trace_line_error(const struct line *line, struct err *err,
                             const char *format, ...)
{
    char what[500];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(err, STATUS_TRACE, "%s:%" PRIu64 ": %s", line->file, line->number,
                   what);
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 99;
}

static unsigned suffix_shift(char c)
{
    switch (c) {
    case 'K':
        return 10;
    case 'M':
        return 20;
    case 'G':
        return 30;
    default:
        return 0;
    }
}

bool trace_parse_number(const char *p, size_t n, uint64_t *value)
{
    unsigned base = 10;
    if (n > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
        base = 16;
        p += 2;
        n -= 2;
    }
    unsigned shift = n > 1 ? suffix_shift(p[n - 1]) : 0;
    n -= shift ? 1 : 0;
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)digit(p[i]);
        if (d >= base || v > (UINT64_MAX - d) / base)
            return false;
        v = v * base + d;
    }
    if (n == 0 || v > UINT64_MAX >> shift)
        return false;
    *value = v << shift;
    return true;
}

/* The byte that the escape at 'p' stands for, or -1; 'n' is its length. */
static int escape(const char *p, const char *end, size_t *n)
{
    *n = 2;
    if (end - p < 2)
        return -1;
    switch (p[1]) {
    case 'n':
        return '\n';
    case 't':
        return '\t';
    case '"':
    case '\\':
        return p[1];
    case 'x':
        *n = 4;
        if (end - p < 4 || digit(p[2]) > 15 || digit(p[3]) > 15)
            return -1;
        return digit(p[2]) * 16 + digit(p[3]);
    default:
        return -1;
    }
}

char *trace_unescape(struct token token)
{
    char *text = trace_alloc(token.n + 1, 1);
    size_t out = 0;
    const char *p = token.start, *end = p + token.n;
    while (p < end) {
        size_t n = 1;
        int c = *p == '\\' ? escape(p, end, &n) : (unsigned char)*p;
        if (c <= 0) {
            free(text);
            return NULL;
        }
        text[out++] = (char)c;
        p += n;
    }
    return text;
}

/* ---- names ------------------------------------------------------------- */

static struct name *find_slot(const struct names *names, const void *key, size_t n)
{
    size_t i = (size_t)XXH3_64bits(key, n) & (names->capacity - 1);
    for (;; i = (i + 1) & (names->capacity - 1)) {
        struct name *slot = &names->slots[i];
        if (!slot->key || (slot->n == n && memcmp(slot->key, key, n) == 0))
            return slot;
    }
}

static void grow(struct names *names)
{
    struct names old = *names;
    names->capacity = old.capacity ? old.capacity * 2 : 64;
    names->slots = trace_alloc(names->capacity, sizeof *names->slots);
    for (size_t i = 0; i < old.capacity; i++) {
        if (old.slots[i].key)
            *find_slot(names, old.slots[i].key, old.slots[i].n) = old.slots[i];
    }
    free(old.slots);
}

bool trace_names_add(struct names *names, const void *key, size_t n, uint64_t value)
{
    if (names->n * 2 >= names->capacity)
        grow(names);
    struct name *slot = find_slot(names, key, n);
    if (slot->key)
        return false;
    *slot = (struct name){trace_alloc(n + 1, 1), n, value};
    memcpy(slot->key, key, n);
    names->n++;
    return true;
}

bool trace_names_find(const struct names *names, const void *key, size_t n,
                      uint64_t *value)
{
    if (names->n == 0)
        return false;
    const struct name *slot = find_slot(names, key, n);
    if (slot->key)
        *value = slot->value;
    return slot->key != NULL;
}

void trace_names_free(struct names *names)
{
    for (size_t i = 0; i < names->capacity; i++)
        free(names->slots[i].key);
    free(names->slots);
    *names = (struct names){0};
}
