/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c - the words of the text form for kinds and protections.
 */
#include "trace/words.h"

#include <stdio.h>
#include <string.h>

static const char *const lock_words[] = {"mutex", "read", "write", "spin"};
static const char *const advice_words[] = {"dontneed"};

enum trace_kind_form trace_kind_form(enum op_kind kind)
{
    switch ((int)kind) { /* Only some operations have a kind. */
    case OP_LOCK:
    case OP_UNLOCK:
    case OP_TRYLOCK:
        return TRACE_KIND_LOCK;
    case OP_MMAP:
    case OP_MPROTECT:
    case OP_PTE_SET:
        return TRACE_KIND_PROT;
    case OP_MADVISE:
        return TRACE_KIND_ADVICE;
    case OP_MARK:
    case OP_EXPECT:
        return TRACE_KIND_STRING;
    default:
        return TRACE_KIND_NUMBER;
    }
}

/* The words of a form, by value; none for the other forms. */
static size_t words(enum trace_kind_form form, const char *const **list)
{
    if (form == TRACE_KIND_LOCK) {
        *list = lock_words;
        return sizeof lock_words / sizeof *lock_words;
    }
    *list = advice_words;
    return form == TRACE_KIND_ADVICE ? sizeof advice_words / sizeof *advice_words : 0;
}

const char *trace_kind_word(enum trace_kind_form form, uint32_t value)
{
    const char *const *list;
    return value < words(form, &list) ? list[value] : NULL;
}

bool trace_kind_value(enum trace_kind_form form, const char *word, size_t n,
                      uint32_t *value)
{
    const char *const *list;
    size_t n_words = words(form, &list);
    for (uint32_t i = 0; i < n_words; i++) {
        if (strlen(list[i]) == n && memcmp(list[i], word, n) == 0) {
            *value = i;
            return true;
        }
    }
    return false;
}

void trace_prot_text(uint32_t prot, char text[TRACE_PROT_TEXT])
{
    const uint32_t rwx = OP_PROT_READ | OP_PROT_WRITE | OP_PROT_EXEC;
    if (prot & ~(rwx | OP_MAP_SHARED | OP_MAP_FILE)) {
        snprintf(text, TRACE_PROT_TEXT, "0x%x", prot);
        return;
    }
    snprintf(text, TRACE_PROT_TEXT, "%s%s%s%s%s%s", prot & rwx ? "" : "none",
             prot & OP_PROT_READ ? "r" : "", prot & OP_PROT_WRITE ? "w" : "",
             prot & OP_PROT_EXEC ? "x" : "", prot & OP_MAP_SHARED ? ",shared" : "",
             prot & OP_MAP_FILE ? ",file" : "");
}

/* The bits of one part between commas, or 0. */
static uint32_t prot_bits(const char *p, size_t n)
{
    if (n == 6 && memcmp(p, "shared", n) == 0)
        return OP_MAP_SHARED;
    if (n == 4 && memcmp(p, "file", n) == 0)
        return OP_MAP_FILE;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        const char *letter = memchr("rwx", p[i], 3);
        if (!letter)
            return 0;
        bits |= p[i] == 'r' ? OP_PROT_READ : p[i] == 'w' ? OP_PROT_WRITE : OP_PROT_EXEC;
    }
    return bits;
}

bool trace_prot_value(const char *word, size_t n, uint32_t *prot)
{
    const char *end = word + n;
    bool none = n >= 4 && memcmp(word, "none", 4) == 0 && (n == 4 || word[4] == ',');
    *prot = 0;
    if (none && n == 4)
        return true;
    word += none ? 5 : 0;
    for (;;) {
        const char *comma = memchr(word, ',', (size_t)(end - word));
        const char *stop = comma ? comma : end;
        uint32_t bits = prot_bits(word, (size_t)(stop - word));
        if (bits == 0)
            return false;
        *prot |= bits;
        if (!comma)
            return true;
        word = comma + 1;
    }
}

size_t trace_utf8_length(const char *p, size_t n)
{
    const unsigned char *c = (const unsigned char *)p;
    if (n == 0 || c[0] < 0x80)
        return n ? 1 : 0;
    size_t length = c[0] < 0xc2 ? 0 : c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
    if (c[0] > 0xf4 || length > n)
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((c[i] & 0xc0) != 0x80)
            return 0;
    }
    /* Too long a form, half of a UTF-16 pair, or above U+10FFFF. */
    bool bad = (c[0] == 0xe0 && c[1] < 0xa0) || (c[0] == 0xed && c[1] > 0x9f) ||
               (c[0] == 0xf0 && c[1] < 0x90) || (c[0] == 0xf4 && c[1] > 0x8f);
    return bad ? 0 : length;
}

bool trace_utf8_valid(const char *text)
{
    size_t left = strlen(text);
    while (left) {
        size_t n = trace_utf8_length(text, left);
        if (n == 0)
            return false;
        text += n;
        left -= n;
    }
    return true;
}

void trace_one_line(char *json)
{
    for (char *p = json; *p; p++) {
        if ((unsigned char)*p < ' ')
            *p = ' ';
    }
    size_t first = strspn(json, " "), n = strlen(json);
    while (n > first && json[n - 1] == ' ')
        n--;
    memmove(json, json + first, n - first);
    json[n - first] = 0;
}
