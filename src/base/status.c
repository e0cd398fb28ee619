/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * status.c - messages of user errors. See status.h.
 */
#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    int exit_code;
    const char *sentence;
} statuses[] = {
#define STATUS(name, exit_code, sentence) {exit_code, sentence},
    STATUS_LIST(STATUS)
#undef STATUS
};

enum status err_set(struct err *err, enum status status, const char *format, ...)
{
    if (!err)
        return status;
    err->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    return status;
}

enum status err_prefix(struct err *err, const char *format, ...)
{
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < sizeof err->message)
        snprintf(err->message + n, sizeof err->message - (size_t)n, ": %.*s",
                 (int)(sizeof old - 1), old);
    return err->status;
}

int status_exit_code(enum status status)
{
    return statuses[status].exit_code;
}

const char *status_sentence(enum status status)
{
    return statuses[status].sentence;
}
