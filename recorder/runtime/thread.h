/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.h - the table of the guest's threads, as process.c starts it.
 */
#ifndef RECORDER_THREAD_H
#define RECORDER_THREAD_H

#include "rt.h"

/* The calling thread becomes thread 0: of the guest, of a forked child. */
RT_HIDDEN void thread_start_first(void);
RT_HIDDEN void thread_start_child(void);

#endif
