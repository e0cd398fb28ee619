/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schedule_file.h - a schedule of an exploration, for a timed run to follow.
 *
 *   shootdown-schedule 1
 *   trace 83c4... cow_3.trace       XXH3-128 of the guest
 *   config 9f0a...                  of the effective configuration
 *   rule TORN                       what the exploration found
 *   step 0 0x8000000000010000       cpu, machine_position() after it  # words
 *   drain 1
 *   arrive 2 0                      cpu, which of the messages that are held
 *   fill 2 0x20000
 *   evict 2 0x20000
 *
 * '#' begins a comment.
 */
#ifndef CLI_SCHEDULE_FILE_H
#define CLI_SCHEDULE_FILE_H

#include "config/config.h"
#include "explore/explore.h"
#include "machine/scheduled.h"
#include "trace/trace.h"

/* Writes the schedule of a violation to 'path' ("-": standard output). */
enum status schedule_file_write(const char *path, const struct explore_result *result,
                                const struct machine_freedom *freedom,
                                const struct trace *trace, const char *guest,
                                const struct config *config, struct err *err);

/* Reads one for this trace and configuration.  '*schedule' is the caller's:
 * schedule_file_free().  STATUS_TRACE: "file:line: what is wrong". */
enum status schedule_file_read(const char *path, const struct trace *trace,
                               const struct config *config, uint32_t n_cpus,
                               struct machine_schedule *schedule, struct err *err);
void schedule_file_free(struct machine_schedule *schedule);

#endif
