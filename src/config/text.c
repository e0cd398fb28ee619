/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.c - a string that grows. See text.h.
 */
#include "config/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void reserve(struct text *text, size_t more)
{
    size_t need = text->n + more + 1;
    if (need <= text->capacity)
        return;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity < need)
        capacity *= 2;
    text->data = realloc(text->data, capacity);
    assert(text->data);
    text->capacity = capacity;
}

void text_add_bytes(struct text *text, const char *bytes, size_t n)
{
    reserve(text, n);
    if (n)
        memcpy(text->data + text->n, bytes, n);
    text->n += n;
    text->data[text->n] = '\0';
}

void text_add(struct text *text, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    char probe[1]; /* Only the length is wanted. */
    int n = vsnprintf(probe, sizeof probe, format, args);
    va_end(args);
    assert(n >= 0);
    reserve(text, (size_t)n);
    vsnprintf(text->data + text->n, (size_t)n + 1, format, again);
    va_end(again);
    text->n += (size_t)n;
}

void text_add_wrapped(struct text *text, const char *words, size_t indent, size_t width)
{
    size_t column = indent;
    for (const char *at = words; *at;) {
        size_t n = strcspn(at, " \n");
        if (column > indent && column + n + 1 > width) {
            text_add(text, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            text_add(text, " ");
            column++;
        }
        text_add_bytes(text, at, n);
        column += n;
        at += n;
        at += strspn(at, " \n");
    }
    text_add(text, "\n");
}

const char *text_get(const struct text *text)
{
    return text->data ? text->data : "";
}

void text_free(struct text *text)
{
    free(text->data);
    *text = (struct text){0};
}
