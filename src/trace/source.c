/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * source.c - where the bytes of a trace come from.
 *
 * A trace is read more than once (checked, then decoded), so what cannot be
 * read twice, a pipe, is first copied to a file without a name.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/bytes.h"
#include "trace/impl.h"

#define COPY_BYTES  (256u << 10)
#define SNIFF_BYTES 512u

bool trace_source_read(int fd, uint64_t offset, void *to, size_t n)
{
    char *p = to;
    while (n) {
        ssize_t got = pread(fd, p, n, (off_t)offset);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        p += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

enum status trace_source_temp(int *fd, struct err *err)
{
    const char *dir = getenv("TMPDIR");
    char path[512];
    if (!dir || !*dir)
        dir = "/tmp";
    snprintf(path, sizeof path, "%s/shootdown-XXXXXX", dir);
    *fd = mkstemp(path);
    if (*fd < 0)
        return err_set(err, STATUS_STORE,
                       "%s: cannot create a temporary file: %s; set TMPDIR", dir,
                       strerror(errno));
    unlink(path);
    return STATUS_OK;
}

enum status trace_source_write(int fd, const char *data, size_t n, struct err *err)
{
    while (n) {
        ssize_t put = write(fd, data, n);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return err_set(err, STATUS_STORE,
                           "cannot write a temporary file: %s; set TMPDIR to a larger "
                           "place",
                           strerror(errno));
        data += put;
        n -= (size_t)put;
    }
    return STATUS_OK;
}

/* Text has no control characters but white space. UTF-8 passes. */
static bool looks_like_text(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] < ' ' && p[i] != '\n' && p[i] != '\r' && p[i] != '\t')
            return false;
    }
    return true;
}

static enum status sniff(const char *path, int fd, bool *is_text, struct err *err)
{
    uint8_t start[SNIFF_BYTES];
    ssize_t n = pread(fd, start, sizeof start, 0);
    if (n < 0)
        return err_set(err, STATUS_TRACE, "%s: cannot read: %s", path, strerror(errno));
    if (n == 0)
        return err_set(err, STATUS_TRACE,
                       "%s: is empty; a recorder that was killed leaves nothing", path);
    size_t magic = (size_t)n < TRACE_MAGIC_BYTES ? (size_t)n : TRACE_MAGIC_BYTES;
    *is_text = false;
    if (memcmp(start, TRACE_MAGIC, magic) == 0)
        return STATUS_OK;
    *is_text = looks_like_text(start, (size_t)n);
    if (*is_text)
        return STATUS_OK;
    if (n > 6 && memcmp(start + 1, "MMUTR", 5) == 0)
        return err_set(err, STATUS_TRACE,
                       "%s: the first bytes of the trace are changed, as a transfer in "
                       "text mode does; copy it again in binary mode",
                       path);
    return err_set(err, STATUS_TRACE,
                   "%s: is not a trace: offset 0 holds neither the bytes of a binary "
                   "trace nor text",
                   path);
}

/* Replaces a descriptor that cannot seek by a copy of what comes out of it. */
static enum status spool(const char *path, int *fd, struct err *err)
{
    int to;
    if (trace_source_temp(&to, err) != STATUS_OK)
        return err->status;
    char *buffer = trace_alloc(COPY_BYTES, 1);
    enum status status = STATUS_OK;
    size_t looked = 0;
    for (;;) {
        ssize_t got = read(*fd, buffer, COPY_BYTES);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = err_set(err, STATUS_TRACE, "%s: cannot read: %s", path,
                             strerror(errno));
        if (got <= 0)
            break;
        status = trace_source_write(to, buffer, (size_t)got, err);
        /* What is no trace need not be copied; it may have no end. */
        bool is_text;
        if (status == STATUS_OK && looked < SNIFF_BYTES)
            status = sniff(path, to, &is_text, err);
        looked += (size_t)got;
        if (status != STATUS_OK)
            break;
    }
    free(buffer);
    close(*fd);
    *fd = to;
    return status;
}

static enum status open_path(const char *path, int *fd, struct err *err)
{
    if (strcmp(path, "-") == 0)
        *fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    else
        *fd = open(path, O_RDONLY | O_CLOEXEC);
    if (*fd < 0)
        return err_set(err, STATUS_TRACE, "%s: cannot open: %s", path, strerror(errno));

    struct stat st;
    if (fstat(*fd, &st) != 0)
        return err_set(err, STATUS_TRACE, "%s: cannot look at it: %s", path,
                       strerror(errno));
    if (S_ISDIR(st.st_mode))
        return err_set(err, STATUS_TRACE, "%s: is a directory; name a trace file",
                       path);
    return S_ISREG(st.st_mode) ? STATUS_OK : spool(path, fd, err);
}

enum status trace_source_open(const char *path, int *fd, bool *is_text, struct err *err)
{
    *fd = -1;
    enum status status = open_path(path, fd, err);
    if (status == STATUS_OK)
        status = sniff(path, *fd, is_text, err);
    if (status != STATUS_OK && *fd >= 0) {
        close(*fd);
        *fd = -1;
    }
    return status;
}
