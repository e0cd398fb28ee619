/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace_files.h - small help for tests of traces: files in memory and on disk.
 */
#ifndef SUPPORT_TRACE_FILES_H
#define SUPPORT_TRACE_FILES_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trace/text.h"
#include "trace/trace.h"
#include "trace/writer.h"

struct blob {
    uint8_t *data;
    size_t n;
};

/* A fresh path; the file does not exist. */
static inline const char *temp_path(char path[64])
{
    strcpy(path, "/tmp/shootdown-test-XXXXXX");
    int fd = mkstemp(path);
    assert(fd >= 0);
    close(fd);
    unlink(path);
    return path;
}

static inline struct blob load_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    assert(f);
    struct blob b = {malloc(1 << 24), 0};
    b.n = fread(b.data, 1, 1 << 24, f);
    fclose(f);
    return b;
}

static inline void save_file(const char *path, const void *data, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert(f && fwrite(data, 1, n, f) == n);
    fclose(f);
}

/* Text to the bytes of a binary trace; n is 0 if it has an error. */
static inline struct blob assemble(const char *text, struct err *err)
{
    char path[64];
    struct blob b = {0};
    struct trace_writer *w = trace_writer_create(temp_path(path), err);
    assert(w);
    if (trace_assemble(text, strlen(text), "test.trace", w, err) == STATUS_OK)
        b = load_file(path);
    trace_writer_destroy(w);
    unlink(path);
    return b;
}

static inline struct trace *open_bytes(const void *data, size_t n, bool allow_truncated,
                                       struct err *err)
{
    char path[64];
    save_file(temp_path(path), data, n);
    struct trace *t = trace_open(path, allow_truncated, err);
    unlink(path);
    return t;
}

/* The canonical text of a trace. */
static inline char *disassemble(const void *data, size_t n)
{
    struct err err;
    struct trace *t = open_bytes(data, n, false, &err);
    assert(t);
    char *text;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    enum status status = trace_disassemble(t, out, &err);
    assert(status == STATUS_OK);
    (void)status;
    fclose(out);
    trace_close(t);
    return text;
}

#endif
