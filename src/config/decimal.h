/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decimal.h - decimal numbers as a file writes them, without rounding.
 *
 * A configuration says 25.1 ns and 3.4 GHz.  Neither is a binary number, and
 * a product that ends in exactly one half would be rounded by accident of
 * their binary neighbours.  So times are converted in decimal, and a number
 * that a double cannot hold is recognised by its text.
 */
#ifndef CONFIG_DECIMAL_H
#define CONFIG_DECIMAL_H

#include "base/types.h"

/* (negative ? -1 : 1) * mantissa * 10^exponent; the mantissa has no trailing
 * zeros, and zero is {false, 0, 0}. */
struct decimal {
    bool negative;
    uint64_t mantissa;
    int exponent;
};

/* Reads 'text', a valid JSON number.  False if it has more than 18 significant
 * digits or an exponent beyond +-400. */
bool decimal_parse(const char *text, struct decimal *out);

/* a * b rounded to nearest, halves up.  False if negative or >= 2^63. */
bool decimal_product(const struct decimal *a, const struct decimal *b, uint64_t *out);

/* True if the JSON number 'text' is an integer below 2^64; sets '*out'. */
bool decimal_integer(const char *text, uint64_t *out);

/* True if 'text' is an infinite double, or at or beyond 2^53 and not exactly
 * what a double holds. */
bool decimal_is_rounded(const char *text);

#endif
