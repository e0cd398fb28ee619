/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.c - intervals for a share of trials; see stats.h.
 *
 * The incomplete beta function by its continued fraction (modified Lentz;
 * Abramowitz and Stegun 26.5.8), its inverse by bisection: slow, but it cannot
 * fail to converge.
 */
#include "report/stats.h"

#include <math.h>

#define FRACTION_MAX 100000
#define TINY         1e-300

/* One step of Lentz's recurrence with coefficient 'a'. */
static double lentz(double a, double *c, double *d)
{
    *d = 1 + a * *d;
    *c = 1 + a / *c;
    if (fabs(*d) < TINY)
        *d = TINY;
    if (fabs(*c) < TINY)
        *c = TINY;
    *d = 1 / *d;
    return *c * *d;
}

static double beta_fraction(double x, double a, double b)
{
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < TINY ? TINY : d);
    double h = d;
    for (int m = 1; m < FRACTION_MAX; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        h *= lentz(even, &c, &d);
        double step = lentz(odd, &c, &d);
        h *= step;
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return h;
}

double stats_beta(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    int sign;
    double front = exp(lgamma_r(a + b, &sign) - lgamma_r(a, &sign) -
                       lgamma_r(b, &sign) + a * log(x) + b * log1p(-x));
    if (x < (a + 1) / (a + b + 2))
        return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* x with I_x(a, b) = p. */
static double beta_inverse(double p, double a, double b)
{
    double low = 0, high = 1;
    for (int i = 0; i < 200 && high - low > 1e-17 * high; i++) {
        double middle = (low + high) / 2;
        if (middle <= low || middle >= high)
            break;
        if (stats_beta(middle, a, b) < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void stats_clopper_pearson(uint64_t k, uint64_t n, double confidence, double *low,
                           double *high)
{
    double tail = (1 - confidence) / 2, hits = (double)k, misses = (double)(n - k);
    *low = 0;
    *high = 1;
    if (n == 0)
        return;
    if (k > 0)
        *low = k == n ? pow(tail, 1 / hits) : beta_inverse(tail, hits, misses + 1);
    if (k < n)
        *high = k == 0 ? -expm1(log(tail) / misses)
                       : beta_inverse(1 - tail, hits + 1, misses);
}

double stats_zero_bound(uint64_t n, double confidence)
{
    return n ? -expm1(log(1 - confidence) / (double)n) : 1;
}

double stats_normal_quantile(double confidence)
{
    double low = 0, high = 40;
    for (int i = 0; i < 200; i++) {
        double middle = (low + high) / 2;
        if (erf(middle / sqrt(2)) < confidence)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}

void stats_wilson(uint64_t k, uint64_t n, double confidence, double *low, double *high)
{
    *low = 0;
    *high = 1;
    if (n == 0)
        return;
    double z = stats_normal_quantile(confidence), size = (double)n;
    double p = (double)k / size, z2 = z * z;
    double middle = (p + z2 / (2 * size)) / (1 + z2 / size);
    double half =
        z * sqrt(p * (1 - p) / size + z2 / (4 * size * size)) / (1 + z2 / size);
    *low = k == 0 ? 0 : middle - half;
    *high = k == n ? 1 : middle + half;
}
