/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * present.h - a finished job on the terminal and in files.
 *
 * Texts come from src/report; here they find their way: the summary to stdout
 * (or, with --json, the JSON instead of it), everything into --outdir.
 */
#ifndef CLI_PRESENT_H
#define CLI_PRESENT_H

#include "base/output_dir.h"
#include "cli/job.h"
#include "config/text.h"
#include "report/report.h"

/* Addresses get the names that the trace knows. */
struct check_names present_names(const struct job *job);

/* The style for stdout, or for a file (no colours, fixed width). */
struct report_style present_style(const struct run_args *args, bool file);

/* A growing text as a FILE, because that is what src/report writes to. */
struct present_buffer {
    FILE *file;
    char *bytes;
    size_t n;
};

enum status present_buffer_open(struct present_buffer *buffer, struct err *err);
/* Closes it: bytes and n are then complete. */
enum status present_buffer_close(struct present_buffer *buffer, struct err *err);
void present_buffer_free(struct present_buffer *buffer);

/* The five files of one job. */
enum status present_files(const struct job *job, const struct run_args *args,
                          const struct output_dir *dir, int argc, char **argv,
                          struct err *err);

/* Prints the summary of 'job' to 'file'. */
enum status present_summary(const struct job *job, FILE *file,
                            struct report_style style, struct err *err);

/* On stderr: how the guest ended, if it did not end well. */
void present_end(const struct job *job, const char *command);

#endif
