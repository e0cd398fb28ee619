/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exact.h - logarithm and exponential with the same bits on every machine.
 *
 * A C library may answer log(x) differently in the last bit on another
 * processor (glibc itself chooses a variant by the CPU), and a latency that is
 * rounded from it could then differ by a cycle.  These two use only + - * /,
 * which IEEE 754 fixes.  They rely on the compiler not fusing a multiply and
 * an add, which it cannot do for baseline x86-64.
 *
 * Accurate to about 1e-15 (relative); not fast (tens of nanoseconds).
 */
#ifndef BASE_EXACT_H
#define BASE_EXACT_H

/* The natural logarithm of 'x', a normal positive number. */
double exact_log(double x);

/* e to the power of 'x'.  Below -700 the answer is 0, above 700 it is that of
 * 700: nobody here needs the rest. */
double exact_exp(double x);

#endif
