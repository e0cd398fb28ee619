/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * interrupt.h - SIGINT and SIGTERM: stop soon, keep what was found.
 *
 * A signal handler can reach nothing but a variable, so this is the one mutable
 * global of the program; it says something about the process, not about any
 * machine.  A second signal ends the process at once.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

/* Catches both signals from now on. */
void interrupt_catch(void);

/* The signal that came, or 0. */
int interrupt_signal(void);

/* The exit code that says so: 130 or 143. */
int interrupt_exit_code(void);

#endif
