/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * preflight.h - does this guest fit this machine?
 *
 * Looks through all operations for what would end a run in the middle and can
 * be known before it: a PIN to a hardware thread that is not there, an EXPECT
 * of a rule that does not exist.  Of a trace that is decoded while it runs
 * (trace/trace.h), only the beginning of each stream is looked at, where both
 * belong; the run itself reports the rest.
 */
#ifndef RUN_PREFLIGHT_H
#define RUN_PREFLIGHT_H

#include "trace/trace.h"

/* STATUS_CONFIG: too few hardware threads; STATUS_TRACE. */
enum status preflight(struct trace *trace, uint32_t n_cpus, struct err *err);

#endif
