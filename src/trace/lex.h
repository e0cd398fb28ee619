/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lex.h - the lines and tokens of a text trace, and a map from names.
 *
 * Private to src/trace.  A line is tokens between white space; '#' starts a
 * comment; a text in double quotes is one token.
 */
#ifndef TRACE_LEX_H
#define TRACE_LEX_H

#include "base/status.h"

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_STRING, TOKEN_BROKEN };

struct token {
    enum token_kind kind;
    const char *start; /* Of a string: behind the quote, not unescaped. */
    size_t n;
};

/* The rest of one line, and where it is. */
struct line {
    const char *p, *end;
    const char *file;
    uint64_t number;
};

struct token trace_lex(struct line *line);
struct token trace_lex_peek(const struct line *line);
bool trace_token_is(struct token token, const char *word);

/* STATUS_TRACE "file:line: ...". */
enum status trace_line_error(const struct line *line, struct err *err,
                             const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A number: decimal or 0x..., with K, M or G behind it.  False if it is none,
 * or does not fit. */
bool trace_parse_number(const char *p, size_t n, uint64_t *value);

/* Undoes the escapes of a string token. Allocated; null if one is bad, or
 * makes a zero byte. */
char *trace_unescape(struct token token);

/* The names of one vocabulary: labels, strings, streams. Keys are bytes. */
struct names {
    struct name *slots;
    size_t n, capacity;
};

struct name {
    char *key; /* Null: free. */
    size_t n;
    uint64_t value;
};

/* False if the key is there already; its value stays. */
bool trace_names_add(struct names *names, const void *key, size_t n, uint64_t value);
bool trace_names_find(const struct names *names, const void *key, size_t n,
                      uint64_t *value);
void trace_names_free(struct names *names);

#endif
