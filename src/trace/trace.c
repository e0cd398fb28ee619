/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trace.c - opening and closing a trace, and looking at its tables.
 */
#include "trace/trace.h"

#define XXH_INLINE_ALL
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "trace/bytes.h"
#include "trace/impl.h"
#include "trace/text.h"

#define HASH_BYTES (256u << 10)

/* Hashes all bytes of 'fd' into 32 hex digits. */
static void hash_file(int fd, char hash[33])
{
    XXH3_state_t *state = XXH3_createState();
    XXH3_128bits_reset(state);
    uint8_t *buffer = trace_alloc(HASH_BYTES, 1);
    uint64_t at = 0;
    ssize_t got;
    while ((got = pread(fd, buffer, HASH_BYTES, (off_t)at)) > 0) {
        XXH3_128bits_update(state, buffer, (size_t)got);
        at += (uint64_t)got;
    }
    XXH128_hash_t h = XXH3_128bits_digest(state);
    snprintf(hash, 33, "%016" PRIx64 "%016" PRIx64, (uint64_t)h.high64,
             (uint64_t)h.low64);
    free(buffer);
    XXH3_freeState(state);
}

/* Replaces the descriptor of a text by one of the trace that it describes. */
static enum status assemble(struct trace *t, struct err *err)
{
    int binary;
    if (trace_source_temp(&binary, err) != STATUS_OK)
        return err->status;
    enum status status = trace_assemble_fd(t->fd, t->name, binary, err);
    close(t->fd);
    t->fd = binary;
    return status;
}

static enum status open_trace(struct trace *t, bool is_text, bool allow_truncated,
                              struct err *err)
{
    hash_file(t->fd, t->hash);
    if (is_text && assemble(t, err) != STATUS_OK)
        return err->status;
    struct stat st;
    if (fstat(t->fd, &st) != 0)
        return err_set(err, STATUS_TRACE, "%s: cannot look at it", t->name);
    t->bytes = (uint64_t)st.st_size;
    enum status status = trace_scan(t, allow_truncated, err);
    if (status == STATUS_OK && t->n_ops <= TRACE_PRELOAD_OPS)
        status = trace_preload(t, err);
    return status;
}

struct trace *trace_open(const char *path, bool allow_truncated, struct err *err)
{
    struct err local; /* The files below use the message that they wrote. */
    if (!err)
        err = &local;
    int fd;
    bool is_text;
    if (trace_source_open(path, &fd, &is_text, err) != STATUS_OK)
        return NULL;
    struct trace *t = trace_alloc(1, sizeof *t);
    t->fd = fd;
    t->name = trace_strdup(strcmp(path, "-") == 0 ? "standard input" : path);
    if (open_trace(t, is_text, allow_truncated, err) != STATUS_OK) {
        trace_close(t);
        return NULL;
    }
    return t;
}

struct trace *trace_open_text(const char *text, size_t n, const char *name,
                              struct err *err)
{
    int fd;
    if (trace_source_temp(&fd, err) != STATUS_OK)
        return NULL;
    struct trace *t = trace_alloc(1, sizeof *t);
    t->fd = fd;
    t->name = trace_strdup(name);
    if (trace_source_write(fd, text, n, err) != STATUS_OK || lseek(fd, 0, SEEK_SET) ||
        open_trace(t, true, false, err) != STATUS_OK) {
        trace_close(t);
        return NULL;
    }
    return t;
}

static void free_image(struct trace_image *image)
{
    for (uint32_t i = 0; i < image->n_symbols; i++)
        free((char *)image->symbols[i].name);
    free((void *)image->symbols);
    free((void *)image->segments);
}

void trace_close(struct trace *t)
{
    if (!t)
        return;
    if (t->fd >= 0)
        close(t->fd);
    for (uint32_t i = 0; i < t->n_streams; i++) {
        free(t->streams[i].chunks);
        free(t->streams[i].ops);
        free(t->streams[i].raw);
    }
    for (uint32_t i = 0; i < t->n_images; i++)
        free_image(&t->images[i]);
    for (size_t i = 0; i < t->n_strings; i++)
        free(t->strings[i].text);
    for (size_t i = 0; i < t->n_labels; i++)
        free(t->labels[i].name);
    ZSTD_freeDCtx(t->zstd);
    free(t->streams);
    free(t->chunks);
    free(t->images);
    free(t->strings);
    free(t->labels);
    free(t->by_address);
    free(t->stored);
    free(t->raw);
    free(t->json);
    free(t->name);
    free(t);
}

uint32_t trace_n_streams(const struct trace *t)
{
    return t->n_streams;
}

const struct trace_stream *trace_stream(const struct trace *t, uint32_t index)
{
    return &t->streams[index].meta;
}

uint32_t trace_find_stream(const struct trace *t, uint32_t id)
{
    uint32_t low = 0, high = t->n_streams;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (t->streams[middle].meta.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->n_streams && t->streams[low].meta.id == id ? low : NO_THREAD;
}

uint32_t trace_n_images(const struct trace *t)
{
    return t->n_images;
}

const struct trace_image *trace_image(const struct trace *t, uint32_t index)
{
    return &t->images[index];
}

uint64_t trace_n_ops(const struct trace *t)
{
    return t->n_ops;
}

bool trace_truncated(const struct trace *t)
{
    return t->truncated;
}

const char *trace_meta(const struct trace *t)
{
    return t->json ? t->json : "{}";
}

const char *trace_string(const struct trace *t, uint32_t id)
{
    size_t low = 0, high = t->n_strings;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->strings[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < t->n_strings && t->strings[low].id == id ? t->strings[low].text : NULL;
}

const char *trace_hash(const struct trace *t)
{
    return t->hash;
}
