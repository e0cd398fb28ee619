/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.h - runs another program and waits for it. No shell is between.
 */
#ifndef BASE_PROGRAM_H
#define BASE_PROGRAM_H

#define PROGRAM_NOT_THERE 127

/* Runs argv[0] (found by PATH; the list ends with null) in directory 'dir' (null:
 * here); what it prints goes to the file 'log' in that directory (null: to where ours
 * goes). Returns its exit code, PROGRAM_NOT_THERE, or -1: killed by a signal, or no
 * process could be made. */
int program_run(const char *dir, const char *const *argv, const char *log);

#endif
