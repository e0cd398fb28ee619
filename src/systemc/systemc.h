/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * systemc.h - the C API over SystemC: the engine port, driven by SystemC.
 *
 * Each unit is a SystemC method process and each wake a timed notification,
 * so the model sits in a real SystemC simulation.  This header is all that C
 * sees: no C++ type and no exception crosses it, and SystemC prints nothing.
 *
 * Time.  One cycle is SYSTEMC_CYCLE_PS picoseconds of SystemC time.  Phase and
 * unit are encoded below that, so that no two units ever share a time point
 * and SystemC's scheduler has nothing left to decide:
 *
 *   time = origin + cycle * 10000 + 1 + phase * 3333 + unit
 *
 * The origin differs from engine to engine and moves when an engine was away
 * from SystemC, because SystemC has one clock per process and it never goes
 * back.  A wake more than 2^44 cycles ahead is kept outside of SystemC until
 * all before it is done; then the origin moves.
 *
 * Limits.  SystemC's kernel is one object per process and belongs to one
 * thread: engines may exist side by side and run in turn, but not inside one
 * another and not from two threads.  SystemC's 64-bit clock is used up after
 * about 10^15 cycles in one process; see systemc_status().
 *
 * libsystemc calls a function 'sc_main' from its own 'main'.  Our programs
 * have a 'main' in C, which the linker prefers; systemc.cpp defines an empty
 * 'sc_main' for the linker only, and starts SystemC by sc_start() itself.
 */
#ifndef SYSTEMC_SYSTEMC_H
#define SYSTEMC_SYSTEMC_H

#include "sim/engine.h"

#define SYSTEMC_CYCLE_PS  10000u
#define SYSTEMC_UNITS_MAX 3333u

#ifdef __cplusplus
extern "C" {
#endif

extern const struct engine_kind engine_systemc;

/* What went wrong inside SystemC.  STATUS_OK unless run() answered
 * ENGINE_STOPPED although the client did not ask for it. */
enum status systemc_status(const struct engine *engine, struct err *err);

/* The version of the SystemC library, e.g. "2.3.4". */
const char *systemc_version(void);

#ifdef __cplusplus
}
#endif

#endif
