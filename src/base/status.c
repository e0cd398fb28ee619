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

/* Appends what fits of 'text' at 'end', and a null byte. */
static void append(struct err *err, size_t end, const char *text)
{
    size_t room = sizeof err->message - 1 - end;
    size_t n = strnlen(text, room);
    memcpy(err->message + end, text, n);
    err->message[end + n] = '\0';
}

enum status err_prefix(struct err *err, const char *format, ...)
{
    char old[sizeof err->message];
    memcpy(old, err->message, sizeof old);
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    append(err, strlen(err->message), ": ");
    append(err, strlen(err->message), old);
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
