# SPDX-License-Identifier: BSD-2-Clause
"""intervals.py - the judge of test_intervals.sh; it computes with rational numbers.

    intervals.py wilson|exact TOLERANCE < lines of "k n low high"
    intervals.py percentiles < lines of "name value n" and "name percentile exact"

An end of an interval is right if the equation that defines it changes sign within
TOLERANCE of it, relative to its distance from 0 or 1, whichever is nearer, or within
2e-15 (near 1 a double has steps of 1e-16, and the formulas take several).  Wilson's ends
solve (k - np)^2 = z^2 np(1 - p); at those of Clopper and Pearson a binomial tail is 1/40.
A percentile of counts is right if it is the exact one or at most 1/64 above it.  Prints
what is wrong; exit status 1 then.
"""
import sys
from fractions import Fraction as F

Z2 = F("1.95996398454005423552") ** 2  # P(|N(0, 1)| <= z) = 0.95
ONE = 1 << 600


def score(k, n, p):
    return (k - n * p) ** 2 - Z2 * n * p * (1 - p)


def tail(k, n, p):
    """P(at most k of n), exact."""
    if n > 200:
        return long_tail(k, n, p)
    term, total = (1 - p) ** n, F(0)
    for i in range(k + 1):
        total += term
        term *= F(n - i, i + 1) * p / (1 - p)
    return total


def long_tail(k, n, p):
    """The same for many trials: terms in units of 2^-600 of the largest, rounded down, so
    their sum is off by less than 2^-580 of it.  Terms below a unit are left out."""
    mode = int((n + 1) * p)
    odds = p / (1 - p)
    up, down = odds.numerator, odds.denominator
    below = above = 0
    weight, i = ONE, mode
    while weight and i >= 0:
        below, above = (below + weight, above) if i <= k else (below, above + weight)
        weight = weight * i * down // ((n - i + 1) * up)
        i -= 1
    weight, i = ONE, mode
    while weight and i < n:
        weight = weight * (n - i) * up // ((i + 1) * down)
        i += 1
        below, above = (below + weight, above) if i <= k else (below, above + weight)
    return F(below, below + above)


def changes_sign(f, p, tolerance):
    step = max(min(p, 1 - p) * tolerance, F(2, 10**15))
    return f(p - step) * f(p + step) < 0


def judge(rule, tolerance, k, n, low, high):
    if (low == 0) != (k == 0) or (high == 1) != (k == n) or not 0 <= low < high <= 1:
        return False
    if rule == "wilson":
        functions = [lambda p: score(k, n, p)] * 2
    else:
        functions = [lambda p: 1 - tail(k - 1, n, p) - F(1, 40), lambda p: tail(k, n, p) - F(1, 40)]
    ends = [(f, p) for f, p in zip(functions, (F(low), F(high))) if 0 < p < 1]
    return all(changes_sign(f, p, tolerance) for f, p in ends)


def percentile(counts, percent):
    """Nearest rank."""
    rank = max(1, -(-percent * sum(counts.values()) // 100))
    for value in sorted(counts):
        rank -= counts[value]
        if rank <= 0:
            return value


def judge_percentiles(lines):
    counts, wrong, judged = {}, 0, 0
    for name, first, second in lines:
        if first.startswith("p"):
            exact, ours = int(second), percentile(counts[name], int(first[1:]))
            judged += 1
            if not exact <= ours <= exact + exact // 64:
                print(f"{name} {first}: {ours}, exact {exact}")
                wrong += 1
        else:
            counts.setdefault(name, {})[int(first)] = int(second)
    print(judged, "percentiles")
    return wrong


def judge_intervals(rule, tolerance, lines):
    wrong = 0
    for k, n, low, high in lines:
        if not judge(rule, tolerance, int(k), int(n), float(low), float(high)):
            print(f"{rule} {k} of {n}: {low} to {high}")
            wrong += 1
    print(len(lines), "intervals")
    return wrong


rows = [line.split() for line in sys.stdin]
if sys.argv[1] == "percentiles":
    sys.exit(judge_percentiles(rows) > 0)
sys.exit(judge_intervals(sys.argv[1], F(sys.argv[2]), rows) > 0)
