/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text.h - a string that grows, for everything that this folder writes.
 *
 * A library does not print; it hands a text to the command line, which does.
 * Running out of memory for a text asserts: texts here are small, and nothing
 * sensible could be reported without one.
 */
#ifndef CONFIG_TEXT_H
#define CONFIG_TEXT_H

#include <stddef.h>

/* An all-zero struct is an empty text. 'data' is null or terminated. */
struct text {
    char *data;
    size_t n, capacity;
};

void text_add(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));
void text_add_bytes(struct text *text, const char *bytes, size_t n);

/* Adds a sentence broken at 'width' columns; every line after the first starts
 * with 'indent' blanks. Ends the line. */
void text_add_wrapped(struct text *text, const char *words, size_t indent,
                      size_t width);

/* The content, never null. Valid until the next change. */
const char *text_get(const struct text *text);
void text_free(struct text *text);

#endif
