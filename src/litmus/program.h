/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - a litmus test as a guest. Private to src/litmus.
 *
 * Thread 0 first makes the initial state; then every thread comes to a mark,
 * does its part, and comes to a second mark.
 */
#ifndef LITMUS_PROGRAM_H
#define LITMUS_PROGRAM_H

#include "base/types.h"
#include "litmus/test.h"
#include "trace/trace.h"

/* Where the word of name 'index' is: of a page its address, of a frame the
 * address under which it lies while nothing else points to it. */
va_t program_va(const struct litmus_test *test, unsigned index);

/* The guest. '*first[t]' gets the number of the first operation of thread t that
 * is part of the test. */
struct trace *program_open(const struct litmus_test *test,
                           uint64_t first[LITMUS_THREADS], struct err *err);

#endif
