/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status.h - how a user's error travels.
 *
 * Three kinds of wrong are never mixed.  A user's error (bad file, bad
 * configuration, full disk) is a status with a message and travels up to the
 * command line.  A bug of ours is an assertion.  A modelled fault (a page
 * fault, a SIGSEGV of the guest) is a plain value and belongs to the model.
 *
 * A fallible function returns 'enum status' and takes 'struct err *' last.
 * The message says what is wrong, where (file, key, record) and what to do.
 */
#ifndef BASE_STATUS_H
#define BASE_STATUS_H

#include "base/types.h"

/* STATUS(NAME, exit code, sentence). */
#define STATUS_LIST(STATUS)                                             \
    STATUS(OK, 0, "no error")                                           \
    STATUS(USAGE, 2, "the command line makes no sense")                 \
    STATUS(CONFIG, 3, "a configuration is wrong")                       \
    STATUS(TRACE, 4, "a trace is wrong or cannot be read")              \
    STATUS(STORE, 5, "results cannot be written")                       \
    STATUS(GUEST, 6, "the guest cannot go on (deadlock, fatal signal)") \
    STATUS(NOT_MODELLED, 3, "asked for something that is not modelled") \
    STATUS(LIMIT, 3, "a limit of the configuration was reached")        \
    STATUS(CLUSTER, 8, "Slurm cannot be used, or loses the work")       \
    STATUS(INTERRUPTED, 130, "stopped by a signal")                     \
    STATUS(INTERNAL, 70, "a bug of this program")

enum status {
#define STATUS(name, exit_code, sentence) STATUS_##name,
    STATUS_LIST(STATUS)
#undef STATUS
};

struct err {
    enum status status;
    char message[1000];
};

/* Sets '*err' (which may be null) and returns 'status'. Long messages are cut
 * at the end of the buffer. */
enum status err_set(struct err *err, enum status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "text: " in front of the message that 'err' holds. Returns its status. */
enum status err_prefix(struct err *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The process exit code for 'status', and one sentence about it. */
int status_exit_code(enum status status);
const char *status_sentence(enum status status);

#endif
