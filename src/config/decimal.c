/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * decimal.c - decimal numbers without rounding. See decimal.h.
 */
#include "config/decimal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define DIGITS_MAX    18 /* Two mantissas multiply below 10^36 < 2^127. */
#define EXPONENT_MAX  400
#define FIRST_ROUNDED 9007199254740992.0 /* 2^53 */

/* Reads the exponent at 'at' ("e-5"); 0 if there is none. Saturates. */
static int read_exponent(const char *at)
{
    if (*at != 'e' && *at != 'E')
        return 0;
    long value = strtol(at + 1, NULL, 10);
    if (value > 10 * EXPONENT_MAX)
        return 10 * EXPONENT_MAX;
    return value < -10 * EXPONENT_MAX ? -10 * EXPONENT_MAX : (int)value;
}

static bool add_digit(struct decimal *d, char digit, int *n_digits)
{
    if (*n_digits == 0 && digit == '0')
        return true;
    if (++*n_digits > DIGITS_MAX)
        return false;
    d->mantissa = d->mantissa * 10 + (uint64_t)(digit - '0');
    return true;
}

/* A trailing zero is taken in only when a digit follows it, so that 1000...0
 * does not run out of digits. */
bool decimal_parse(const char *text, struct decimal *out)
{
    struct decimal d = {.negative = *text == '-'};
    const char *at = text + d.negative;
    int n_digits = 0, zeros = 0;
    bool fraction = false;
    for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        d.exponent -= fraction;
        if (*at == '0') {
            zeros++;
            continue;
        }
        for (; zeros; zeros--)
            if (!add_digit(&d, '0', &n_digits))
                return false;
        if (!add_digit(&d, *at, &n_digits))
            return false;
    }
    d.exponent += zeros + read_exponent(at);
    if (!d.mantissa)
        d = (struct decimal){0};
    *out = d;
    return abs(d.exponent) <= EXPONENT_MAX;
}

static bool scale_up(wide value, int exponent, uint64_t *out)
{
    for (; exponent > 0 && value; exponent--) {
        if (value > INT64_MAX)
            return false;
        value *= 10;
    }
    if (value > INT64_MAX)
        return false;
    *out = (uint64_t)value;
    return true;
}

bool decimal_product(const struct decimal *a, const struct decimal *b, uint64_t *out)
{
    wide value = (wide)a->mantissa * b->mantissa;
    int exponent = a->exponent + b->exponent;
    if (value && a->negative != b->negative)
        return false;
    if (exponent >= 0)
        return scale_up(value, exponent, out);
    /* All digits but the first dropped one only decide below a half. */
    for (; exponent < -1 && value; exponent++)
        value /= 10;
    value = exponent < -1 ? 0 : (value + 5) / 10;
    return scale_up(value, 0, out);
}

bool decimal_integer(const char *text, uint64_t *out)
{
    struct decimal d;
    if (!decimal_parse(text, &d)) {
        char *end;
        if (strspn(text, "0123456789") != strlen(text) || strlen(text) > 19)
            return false;
        *out = strtoull(text, &end, 10);
        return true;
    }
    if (d.negative || d.exponent < 0)
        return false;
    wide value = d.mantissa;
    for (int i = 0; i < d.exponent && value; i++) {
        value *= 10;
        if (value > UINT64_MAX)
            return false;
    }
    *out = (uint64_t)value;
    return true;
}

/* Splits a JSON number into its significant digits (written into 'digits')
 * and the power of ten of the last of them. */
static int normalise(const char *text, char *digits)
{
    int exponent = 0;
    size_t n = 0;
    bool fraction = false;
    const char *at = text + (*text == '-');
    for (; (*at >= '0' && *at <= '9') || *at == '.'; at++) {
        if (*at == '.') {
            fraction = true;
            continue;
        }
        exponent -= fraction;
        if (n || *at != '0')
            digits[n++] = *at;
    }
    exponent += read_exponent(at);
    for (; n && digits[n - 1] == '0'; n--)
        exponent++;
    digits[n] = '\0';
    return exponent;
}

bool decimal_is_rounded(const char *text)
{
    double value = fabs(strtod(text, NULL));
    if (isinf(value))
        return true;
    if (value < FIRST_ROUNDED)
        return false;
    char exact[400];
    snprintf(exact, sizeof exact, "%.0f", value);
    size_t room = strlen(text) + sizeof exact;
    char *a = malloc(2 * room);
    bool same = a && normalise(text, a) == normalise(exact, a + room) &&
                strcmp(a, a + room) == 0;
    free(a);
    return !same;
}
