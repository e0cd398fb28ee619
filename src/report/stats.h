/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * stats.h - intervals for a share of trials.
 *
 * 'k' of 'n' trials were hit.  Wilson's interval is close to the truth on
 * average; Clopper and Pearson's is exact: it is never too narrow.  result.json
 * has the exact one, because a rate of zero is a claim.
 *
 * Sources: E. B. Wilson, J. Am. Stat. Assoc. 22 (1927); C. J. Clopper and E. S.
 * Pearson, Biometrika 26 (1934).
 */
#ifndef REPORT_STATS_H
#define REPORT_STATS_H

#include "base/types.h"

void stats_wilson(uint64_t k, uint64_t n, double confidence, double *low, double *high);
void stats_clopper_pearson(uint64_t k, uint64_t n, double confidence, double *low,
                           double *high);

/* What 'n' trials without a hit exclude: the rate is below this with that
 * confidence, one-sided (close to 3 / n for 95 %: the rule of three). */
double stats_zero_bound(uint64_t n, double confidence);

/* I_x(a, b), the regularized incomplete beta function; a, b > 0. */
double stats_beta(double x, double a, double b);

/* z with P(|N(0, 1)| <= z) = confidence. */
double stats_normal_quantile(double confidence);

#endif
