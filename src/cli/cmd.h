/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd.h - the commands of sim.
 *
 * A command is a row of the table in main.c and a function in cmd_<name>.c.  It
 * gets argv with its own name first, and returns the exit code of the process:
 *
 *   0 no violation   1 violation found   2 usage   3 configuration   4 trace
 *   5 results cannot be written   6 the guest cannot go on
 *   7 explore: incomplete, neither proved nor violated   8 Slurm cannot be used
 *   70 bug of ours   130, 143 stopped by SIGINT, SIGTERM
 *
 * stdout carries the result and nothing else; messages and progress go to
 * stderr.  To add a command: write cmd_<name>.c, declare its function and its
 * options here, add a row to the table.
 */
#ifndef CLI_CMD_H
#define CLI_CMD_H

#include "base/status.h"
#include "cli/options.h"

#define EXIT_VIOLATION  1
#define EXIT_INCOMPLETE 7

struct cmd {
    const char *name;
    const char *args;                 /* "[OPTION]... TRACE" */
    const char *help;                 /* One sentence. */
    const struct option_row *options; /* Null: the command parses on its own. */
    int (*fn)(int argc, char **argv);
};

int cmd_run(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_litmus(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_reproduce(int argc, char **argv);
int cmd_synthesize(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_config(int argc, char **argv);

extern const struct option_row cmd_run_options[];
extern const struct option_row cmd_compare_options[];
extern const struct option_row cmd_explore_options[];
extern const struct option_row cmd_litmus_options[];
extern const struct option_row cmd_sweep_options[];
extern const struct option_row cmd_merge_options[];
extern const struct option_row cmd_export_options[];
extern const struct option_row cmd_report_options[];
extern const struct option_row cmd_reproduce_options[];
extern const struct option_row cmd_synthesize_options[];

/* Prints "sim COMMAND: message" (or "sim: message") to stderr and, for a usage
 * error, where help is. Returns the exit code for the error. */
int cmd_fail(const char *command, const struct err *err);

#endif
