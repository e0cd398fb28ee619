/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exact.c - logarithm and exponential with the same bits on every machine.
 * See exact.h.
 */
#include "base/exact.h"

#include <math.h>

/* ln 2 in two pieces; a small integer times LN2_HIGH is exact. */
#define LN2_HIGH  0x1.62e42fee00000p-1
#define LN2_LOW   0x1.a39ef35793c76p-33
#define SQRT_HALF 0x1.6a09e667f3bcdp-1

/*
 * x = m * 2^k with m in [sqrt(1/2), sqrt(2)), and with s = (m - 1) / (m + 1)
 * log m = 2 (s + s^3/3 + s^5/5 + ...); |s| < 0.172, so 21 is enough.
 */
double exact_log(double x)
{
    int k = 0;
    double m = frexp(x, &k);
    if (m < SQRT_HALF) {
        m *= 2;
        k--;
    }
    double s = (m - 1) / (m + 1);
    double s2 = s * s;
    double sum = 0;
    for (int i = 21; i >= 3; i -= 2)
        sum = (sum + 1.0 / i) * s2;
    return k * LN2_HIGH + (2 * (s + s * sum) + k * LN2_LOW);
}

/* x = k ln 2 + r with |r| <= ln 2 / 2, and the Taylor series for e^r. */
double exact_exp(double x)
{
    if (x < -700)
        return 0;
    if (x > 700)
        x = 700;
    int k = (int)floor(x / (LN2_HIGH + LN2_LOW) + 0.5);
    double r = (x - k * LN2_HIGH) - k * LN2_LOW;
    double sum = 1;
    for (int i = 16; i >= 1; i--)
        sum = 1 + sum * r / i;
    return ldexp(sum, k);
}
