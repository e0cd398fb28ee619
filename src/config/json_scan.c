/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_scan.c - strict JSON grammar, with places. See json_scan.h.
 *
 *   value  := object | array | string | number | true | false | null
 *   object := '{' [ string ':' value { ',' string ':' value } ] '}'
 *   array  := '[' [ value { ',' value } ] ']'
 *
 * Recursion is bounded by JSON_DEPTH_MAX.  Duplicate keys are not found here
 * but in json_strict.c, after escapes are decoded: "a" and "\u0061" are one.
 */
#include "config/json_scan.h"

#include "config/decimal.h"
#include "config/json_strict.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 200

struct scan {
    const char *name;
    const char *at, *end, *start;
    const char *line_start;
    uint32_t line, depth;
    struct json_places *places;
    char path[PATH_BYTES]; /* Of the value being read; cut when too long. */
    struct err *err;
};

static enum status fail_at(struct scan *s, const char *where, const char *what)
{
    const char *sep = s->path[0] ? ": " : "";
    return err_set(s->err, STATUS_CONFIG, "%s:%u:%u: %s%s%s", s->name, s->line,
                   (unsigned)(where - s->line_start) + 1, s->path, sep, what);
}

static enum status fail(struct scan *s, const char *what)
{
    return fail_at(s, s->at, what);
}

static void skip_space(struct scan *s)
{
    for (; s->at < s->end; s->at++) {
        if (*s->at == '\n') {
            s->line++;
            s->line_start = s->at + 1;
        } else if (*s->at != ' ' && *s->at != '\t' && *s->at != '\r') {
            return;
        }
    }
}

static char peek(const struct scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static struct json_place *note_place(struct scan *s)
{
    struct json_places *p = s->places;
    if (p->n == p->capacity) {
        p->capacity = p->capacity ? 2 * p->capacity : 64;
        p->place = realloc(p->place, p->capacity * sizeof *p->place);
        assert(p->place);
    }
    p->place[p->n] = (struct json_place){
        .offset = (uint32_t)(s->at - s->start),
        .line = s->line,
        .column = (uint32_t)(s->at - s->line_start) + 1,
    };
    return &p->place[p->n++];
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Reads the four digits of \uXXXX at 'at'; -1 if they are not there. */
static int hex_quad(const struct scan *s, const char *at)
{
    if (s->end - at < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(at[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* At the 'u' of an escape. */
static enum status scan_unicode(struct scan *s)
{
    int code = hex_quad(s, s->at + 1);
    if (code < 0)
        return fail(s, "\\u needs four hexadecimal digits");
    if (code == 0)
        return fail(s, "\\u0000 is not allowed in a string");
    s->at += 5;
    if (code < 0xd800 || code > 0xdfff)
        return STATUS_OK;
    bool pair =
        code < 0xdc00 && s->end - s->at >= 6 && s->at[0] == '\\' && s->at[1] == 'u';
    int low = pair ? hex_quad(s, s->at + 2) : -1;
    if (low < 0xdc00 || low > 0xdfff)
        return fail(s, "half of a surrogate pair");
    s->at += 6;
    return STATUS_OK;
}

static enum status scan_escape(struct scan *s)
{
    s->at++;
    if (peek(s) == 'u')
        return scan_unicode(s);
    if (!peek(s) || !strchr("\"\\/bfnrt", peek(s)))
        return fail(s, "unknown escape in a string");
    s->at++;
    return STATUS_OK;
}

/*
 * The length of the UTF-8 sequence at 'at', or 0 if it is not valid: overlong
 * forms, surrogates and what lies beyond U+10FFFF are not.
 *   C2..DF 80..BF                    E0 A0..BF 80..BF    ED 80..9F 80..BF
 *   E1..EC,EE,EF 80..BF 80..BF       F0 90..BF 80..BF 80..BF
 *   F1..F3 80..BF x3                 F4 80..8F 80..BF 80..BF
 */
static size_t utf8_length(const char *at, size_t room)
{
    const unsigned char *b = (const unsigned char *)at;
    size_t n = b[0] < 0x80 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : 4;
    if (n == 1)
        return 1;
    if (b[0] < 0xc2 || b[0] > 0xf4 || n > room)
        return 0;
    unsigned low = b[0] == 0xe0 ? 0xa0 : b[0] == 0xf0 ? 0x90 : 0x80;
    unsigned high = b[0] == 0xed ? 0x9f : b[0] == 0xf4 ? 0x8f : 0xbf;
    if (b[1] < low || b[1] > high)
        return 0;
    for (size_t i = 2; i < n; i++)
        if (b[i] < 0x80 || b[i] > 0xbf)
            return 0;
    return n;
}

static enum status scan_string(struct scan *s)
{
    s->at++;
    while (s->at < s->end && *s->at != '"') {
        if (*s->at == '\\') {
            enum status status = scan_escape(s);
            if (status)
                return status;
            continue;
        }
        if ((unsigned char)*s->at < 0x20)
            return fail(s, "control character in a string (write it as an escape)");
        size_t n = utf8_length(s->at, (size_t)(s->end - s->at));
        if (!n)
            return fail(s, "invalid UTF-8 in a string");
        s->at += n;
    }
    if (s->at == s->end)
        return fail(s, "the string does not end");
    s->at++;
    return STATUS_OK;
}

static bool skip_digits(struct scan *s)
{
    const char *first = s->at;
    while (peek(s) >= '0' && peek(s) <= '9')
        s->at++;
    return s->at > first;
}

static enum status check_rounding(struct scan *s, const char *first)
{
    char *number = strndup(first, (size_t)(s->at - first));
    assert(number);
    bool rounded = decimal_is_rounded(number);
    free(number);
    if (!rounded)
        return STATUS_OK;
    return fail_at(s, first,
                   "the number is beyond 2^53 and a double would round it; "
                   "write a number that is held exactly");
}

static enum status scan_number(struct scan *s, struct json_place *place)
{
    const char *first = s->at;
    s->at += peek(s) == '-';
    if (peek(s) == '0' && s->at + 1 < s->end && s->at[1] >= '0' && s->at[1] <= '9')
        return fail_at(s, first, "a number must not start with a zero");
    if (!skip_digits(s))
        return fail_at(s, first, "expected a value");
    if (peek(s) == '.') {
        s->at++;
        if (!skip_digits(s))
            return fail(s, "expected a digit after the point");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        s->at += peek(s) == '+' || peek(s) == '-';
        if (!skip_digits(s))
            return fail(s, "expected a digit in the exponent");
    }
    place->length = (uint32_t)(s->at - first);
    return check_rounding(s, first);
}

static enum status scan_word(struct scan *s)
{
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->at) >= n && memcmp(s->at, words[i], n) == 0) {
            s->at += n;
            return STATUS_OK;
        }
    }
    if (strchr("NI", peek(s)) && peek(s))
        return fail(s, "NaN and Infinity are not JSON");
    if (peek(s) == '/')
        return fail(s, "JSON has no comments (use a key \"note\")");
    return fail(s,
                s->at == s->end ? "the text ends in the middle" : "expected a value");
}

/* Adds ".key" (as written) to the path, as far as it fits, and returns the old
 * length. */
static size_t path_push(struct scan *s, const char *key, size_t n)
{
    size_t old = strlen(s->path);
    snprintf(s->path + old, PATH_BYTES - old, "%s%.*s", old ? "." : "", (int)n, key);
    return old;
}

static enum status scan_value(struct scan *s);

/* One '"key": value'. */
static enum status scan_member(struct scan *s)
{
    if (peek(s) != '"')
        return fail(s, "expected a key in quotes");
    const char *key = s->at + 1;
    enum status status = scan_string(s);
    if (status)
        return status;
    size_t old = path_push(s, key, (size_t)(s->at - 1 - key));
    skip_space(s);
    if (peek(s) != ':')
        return fail(s, "expected ':' after the key");
    s->at++;
    skip_space(s);
    status = scan_value(s);
    if (!status)
        s->path[old] = '\0';
    return status;
}

/* At '{' or '['. Both have the same shape. */
static enum status scan_container(struct scan *s, char close)
{
    if (++s->depth > JSON_DEPTH_MAX)
        return fail(s, "nested deeper than 32 levels");
    s->at++;
    skip_space(s);
    bool more = peek(s) != close;
    while (more) {
        enum status status = close == '}' ? scan_member(s) : scan_value(s);
        if (status)
            return status;
        skip_space(s);
        more = peek(s) == ',';
        if (!more && peek(s) != close)
            return fail(s,
                        close == '}' ? "expected ',' or '}'" : "expected ',' or ']'");
        if (more)
            s->at++;
        skip_space(s);
    }
    s->at++;
    s->depth--;
    return STATUS_OK;
}

static enum status scan_value(struct scan *s)
{
    struct json_place *place = note_place(s);
    char c = peek(s);
    if (c == '{')
        return scan_container(s, '}');
    if (c == '[')
        return scan_container(s, ']');
    if (c == '"')
        return scan_string(s);
    if (c == '-' || (c >= '0' && c <= '9'))
        return scan_number(s, place);
    return scan_word(s);
}

enum status json_scan(const char *name, const char *text, size_t n, size_t most,
                      struct json_places *places, struct err *err)
{
    struct scan s = {
        .name = name,
        .at = text,
        .end = text + n,
        .start = text,
        .line_start = text,
        .line = 1,
        .places = places,
        .err = err,
    };
    if (n > most)
        return fail(&s,
                    most > JSON_BYTES_MAX ? "larger than 16 MiB" : "larger than 1 MiB");
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
        return fail(&s, "starts with a byte order mark; save it as plain UTF-8");
    skip_space(&s);
    enum status status = scan_value(&s);
    if (status)
        return status;
    skip_space(&s);
    return s.at == s.end ? STATUS_OK : fail(&s, "text after the end of the value");
}
