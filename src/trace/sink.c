/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sink.c - where the bytes of a new trace go.
 */
#include "trace/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/bytes.h"

#define SINK_BUFFER_BYTES (64u << 10)

static enum status cannot(const struct trace_sink *s, const char *what, struct err *err)
{
    return err_set(err, STATUS_STORE, "%s: cannot %s: %s", s->name, what,
                   strerror(errno));
}

void trace_sink_open_fd(struct trace_sink *s, int fd, const char *name)
{
    *s = (struct trace_sink){.fd = fd, .name = trace_strdup(name)};
    s->buffer = trace_alloc(SINK_BUFFER_BYTES, 1);
    /* A regular file in append mode would put a rewritten header at its end. */
    struct stat st;
    off_t at = lseek(fd, 0, SEEK_CUR);
    int flags = fcntl(fd, F_GETFL);
    s->seekable = at >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flags >= 0 &&
                  !(flags & O_APPEND);
    s->start = at >= 0 ? (uint64_t)at : 0;
}

enum status trace_sink_open(struct trace_sink *s, const char *path, struct err *err)
{
    struct stat st;
    bool exists = stat(path, &st) == 0;
    bool direct = exists && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
    *s = (struct trace_sink){.fd = -1};
    if (strcmp(path, "-") == 0) {
        trace_sink_open_fd(s, STDOUT_FILENO, "standard output");
        return STATUS_OK;
    }
    if (exists && S_ISDIR(st.st_mode))
        return err_set(err, STATUS_STORE, "%s: is a directory; name a file", path);

    char *temp = trace_alloc(strlen(path) + 32, 1);
    sprintf(temp, "%s.%ld.part", path, (long)getpid());
    int fd = direct ? open(path, O_WRONLY | O_CLOEXEC)
                    : open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        err_set(err, STATUS_STORE, "%s: cannot create: %s", path, strerror(errno));
        free(temp);
        return STATUS_STORE;
    }
    trace_sink_open_fd(s, fd, path);
    s->own_fd = true;
    if (direct) {
        free(temp);
    } else {
        s->temp = temp;
        s->path = trace_strdup(path);
    }
    return STATUS_OK;
}

static enum status write_all(struct trace_sink *s, const uint8_t *data, size_t n,
                             struct err *err)
{
    while (n) {
        ssize_t got = write(s->fd, data, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return cannot(s, "write", err);
        data += got;
        n -= (size_t)got;
    }
    return STATUS_OK;
}

static enum status drain(struct trace_sink *s, struct err *err)
{
    size_t n = s->n_buffered;
    s->n_buffered = 0;
    return write_all(s, s->buffer, n, err);
}

enum status trace_sink_write(struct trace_sink *s, const void *data, size_t n,
                             struct err *err)
{
    s->offset += n;
    if (SINK_BUFFER_BYTES - s->n_buffered < n && drain(s, err) != STATUS_OK)
        return err->status;
    if (n > SINK_BUFFER_BYTES)
        return write_all(s, data, n, err);
    if (n)
        memcpy(s->buffer + s->n_buffered, data, n);
    s->n_buffered += n;
    return STATUS_OK;
}

enum status trace_sink_rewrite(struct trace_sink *s, uint64_t offset, const void *data,
                               size_t n, struct err *err)
{
    assert(s->seekable);
    if (drain(s, err) != STATUS_OK)
        return err->status;
    if (pwrite(s->fd, data, n, (off_t)(s->start + offset)) != (ssize_t)n)
        return cannot(s, "write the header", err);
    return STATUS_OK;
}

enum status trace_sink_finish(struct trace_sink *s, struct err *err)
{
    if (drain(s, err) != STATUS_OK)
        return err->status;
    if (s->own_fd) {
        /* A full network file system may say so only here. */
        int failed = close(s->fd);
        s->own_fd = false;
        if (failed)
            return cannot(s, "close", err);
    }
    if (s->temp && rename(s->temp, s->path) != 0)
        return cannot(s, "rename the finished trace", err);
    free(s->temp);
    s->temp = NULL;
    return STATUS_OK;
}

void trace_sink_close(struct trace_sink *s)
{
    if (s->own_fd)
        close(s->fd);
    if (s->temp)
        unlink(s->temp);
    free(s->temp);
    free(s->path);
    free(s->name);
    free(s->buffer);
    *s = (struct trace_sink){.fd = -1};
}
