/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_trace.c - arbitrary bytes as a trace: opened, read, checked, printed.
 *
 * The first byte chooses what the rest is: the bytes as they are, text, or a
 * binary trace whose checksums are made right first, so that the fuzzer gets
 * behind them.  What opens must print as text, and what a text assembles to
 * must print and assemble to the same bytes.
 */
#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "trace/check.h"
#include "trace/format.h"
#include "trace/text.h"
#include "trace/writer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes the checksums fit, as far as the chunks can be followed. */
static void repair(uint8_t *data, size_t n)
{
    if (n < TRACE_HEADER_BYTES)
        return;
    memcpy(data, TRACE_MAGIC, TRACE_MAGIC_BYTES);
    trace_put32(data + 60, trace_crc32c(data, 60));
    size_t at = TRACE_HEADER_BYTES;
    struct trace_chunk c;
    while (n - at >= TRACE_CHUNK_BYTES) {
        trace_chunk_decode(data + at, &c);
        if (n - at - TRACE_CHUNK_BYTES < trace_padded(c.stored_len))
            return;
        trace_chunk_encode(&c, data + at + TRACE_CHUNK_BYTES, data + at);
        at += TRACE_CHUNK_BYTES + trace_padded(c.stored_len);
    }
}

static int memory_file(const void *data, size_t n, char path[64])
{
    int fd = memfd_create("fuzz", 0);
    assert(fd >= 0);
    ssize_t put = write(fd, data, n);
    assert(put == (ssize_t)n);
    (void)put;
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static char *print(struct trace *t, size_t *n)
{
    char *text;
    struct err err;
    FILE *out = open_memstream(&text, n);
    assert(out);
    enum status status = trace_disassemble(t, out, &err);
    fclose(out);
    if (status == STATUS_OK)
        return text;
    free(text);
    return NULL;
}

static void look_at(struct trace *t)
{
    struct err err;
    struct trace_check_result result;
    char name[64];
    trace_check(t, NULL, NULL, &result, &err);
    trace_symbol(t, 0, 0x400010, name, sizeof name);
    trace_symbol(t, 1, UINT64_MAX, name, sizeof name);
    for (uint32_t i = 0; i < trace_n_images(t); i++) {
        const struct trace_image *image = trace_image(t, i);
        if (image->n_symbols)
            trace_symbol(t, image->process, image->base + image->symbols[0].va, name,
                         sizeof name);
    }
}

static char *assemble(const char *text, size_t n, size_t *length)
{
    char path[64];
    struct err err;
    int fd = memory_file("", 0, path);
    struct trace_writer *w = trace_writer_create_fd(fd, "fuzz", &err);
    char *bytes = NULL;
    if (trace_assemble(text, n, "fuzz", w, &err) == STATUS_OK) {
        *length = (size_t)lseek(fd, 0, SEEK_END);
        bytes = malloc(*length + 1);
        assert(bytes && pread(fd, bytes, *length, 0) == (ssize_t)*length);
    }
    trace_writer_destroy(w);
    close(fd);
    return bytes;
}

/* The canonical text of assembled text gives the same bytes. */
static void check_identity(const char *text, size_t n)
{
    size_t n_first, n_text, n_second;
    struct err err;
    char path[64];
    char *first = assemble(text, n, &n_first);
    if (!first)
        return;
    int fd = memory_file(first, n_first, path);
    struct trace *t = trace_open(path, false, &err);
    assert(t);
    char *canonical = print(t, &n_text);
    assert(canonical);
    char *second = assemble(canonical, n_text, &n_second);
    assert(second && n_first == n_second && memcmp(first, second, n_first) == 0);
    trace_close(t);
    close(fd);
    free(first);
    free(second);
    free(canonical);
}

/* A text from the fuzzer must not read files or loop for long. */
static bool too_costly(const char *text, size_t n)
{
    return memmem(text, n, "from", 4) || memmem(text, n, "repeat", 6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    uint8_t *copy = malloc(size);
    assert(copy);
    size_t n = size - 1;
    memcpy(copy, data + 1, n);
    if (data[0] == 'b')
        repair(copy, n);
    if (!too_costly((char *)copy, n)) {
        struct err err;
        char path[64];
        int fd = memory_file(copy, n, path);
        struct trace *t = trace_open(path, data[0] & 1, &err);
        if (t) {
            size_t length;
            free(print(t, &length));
            look_at(t);
        }
        trace_close(t);
        close(fd);
        if (data[0] == 't')
            check_identity((char *)copy, n);
    }
    free(copy);
    return 0;
}
