/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcd.h - a waveform of a window of a run, drawn by SystemC.
 *
 * The caller knows from the records what changed when; this part replays the
 * changes inside a SystemC simulation and has sc_trace() write them, in the
 * Value Change Dump format (IEEE 1364) that every waveform viewer reads.  It
 * knows nothing of the model, and it draws after the run, so that a waveform
 * costs a run nothing.
 *
 * One time unit of the file (called 1 ps) is one cycle of the core clock, and
 * times are cycles of the run.  Names are split into scopes at dots:
 * "cpu0.mode" is the signal "mode" of the scope "cpu0".
 *
 * Equal input gives equal bytes: SystemC's date and build are left out.
 */
#ifndef SYSTEMC_VCD_H
#define SYSTEMC_VCD_H

#include "base/status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define VCD_WIDTH_MAX 64u

struct vcd_signal {
    const char *name;   /* Letters, digits, '_' and '.'. */
    unsigned width;     /* Bits, 1 to VCD_WIDTH_MAX. */
    const char *legend; /* What the numbers mean, e.g. "0 idle, 1 user"; a
                         * comment of the file.  Null if they mean numbers. */
};

struct vcd_change {
    cycle_t cycle;
    uint32_t signal; /* Index into the signals. */
    uint64_t value;  /* VCD_UNKNOWN is drawn as x (narrow signals only). */
};

/* Not a value of any signal narrower than 64 bits. */
#define VCD_UNKNOWN UINT64_MAX

/* Writes the file 'path': the cycles from 'from' to 'to' inclusive.  'changes'
 * are in time order; those at or before 'from' give the first values, those
 * after 'to' are left out, and of several changes of one signal in one cycle
 * the last one counts.  Before its first change a signal is unknown (64 bits
 * wide: 0).  Writes "<path>.part.vcd" first and removes it. */
enum status vcd_write(const char *path, const struct vcd_signal *signals,
                      size_t n_signals, const struct vcd_change *changes,
                      size_t n_changes, cycle_t from, cycle_t to, struct err *err);

#ifdef __cplusplus
}
#endif

#endif
