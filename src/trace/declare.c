/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * declare.c - what META, STRINGS, LABELS, IMAGE and STREAM chunks say.
 *
 * Everything is checked here, so that the rest of the program may trust it:
 * counts against the bytes that are there, texts for zero bytes, numbers for
 * their range, symbols for their order.
 */
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/impl.h"
#include "trace/words.h"

#define LABEL_MAX 4096u

static enum status malformed(const char *what, struct err *err)
{
    return err_set(err, STATUS_TRACE, "the %s chunk is not well formed", what);
}

static enum status declare_meta(struct trace *t, struct trace_cursor *c,
                                struct err *err)
{
    size_t n = (size_t)(c->end - c->p);
    if (t->json)
        return err_set(err, STATUS_TRACE, "a second META chunk; one is allowed");
    char *json = trace_alloc(n + 1, 1);
    if (n)
        memcpy(json, c->p, n);
    bool whole = strlen(json) == n && trace_utf8_valid(json);
    trace_one_line(json);
    cJSON *parsed = cJSON_ParseWithOpts(json, NULL, true);
    bool object = whole && cJSON_IsObject(parsed);
    cJSON_Delete(parsed);
    if (!object) {
        free(json);
        return err_set(err, STATUS_TRACE, "the META chunk is not a JSON object");
    }
    t->json = json;
    return STATUS_OK;
}

static enum status declare_strings(struct trace *t, struct trace_cursor *c, size_t n,
                                   struct err *err)
{
    if (n > (size_t)(c->end - c->p) / 2)
        return malformed("STRINGS", err);
    t->strings = trace_grow(t->strings, t->n_strings + n, sizeof *t->strings);
    for (size_t i = 0; i < n; i++) {
        uint32_t id = trace_cursor_u32(c);
        char *text = trace_cursor_text(c, SIZE_MAX);
        if (!text)
            return malformed("STRINGS", err);
        if (t->n_strings && t->strings[t->n_strings - 1].id >= id) {
            free(text);
            return err_set(err, STATUS_TRACE, "string %u is out of order", id);
        }
        t->strings[t->n_strings++] = (struct trace_text){id, text};
    }
    return c->p == c->end ? STATUS_OK : malformed("STRINGS", err);
}

static enum status declare_labels(struct trace *t, struct trace_cursor *c, size_t n,
                                  struct err *err)
{
    if (n > (size_t)(c->end - c->p) / 2)
        return malformed("LABELS", err);
    t->labels = trace_grow(t->labels, t->n_labels + n, sizeof *t->labels);
    for (size_t i = 0; i < n; i++) {
        uint64_t va = trace_cursor_leb(c);
        char *name = trace_cursor_text(c, LABEL_MAX);
        if (!name || !trace_label_valid(name)) {
            free(name);
            return malformed("LABELS", err);
        }
        t->labels[t->n_labels++] = (struct label){va, name};
    }
    return c->p == c->end ? STATUS_OK : malformed("LABELS", err);
}

static bool hex_only(const char *text)
{
    return text[strspn(text, "0123456789abcdef")] == 0;
}

static void image_segments(struct trace_image *image, struct trace_cursor *c)
{
    size_t n = trace_cursor_count(c, 4);
    struct trace_segment *segments = trace_alloc(n, sizeof *segments);
    for (size_t i = 0; i < n; i++) {
        segments[i].va = trace_cursor_leb(c);
        segments[i].bytes = trace_cursor_leb(c);
        segments[i].file_bytes = trace_cursor_leb(c);
        segments[i].prot = trace_cursor_u32(c);
    }
    image->segments = segments;
    image->n_segments = (uint32_t)n;
}

static void image_symbols(struct trace_image *image, struct trace_cursor *c)
{
    size_t n = trace_cursor_count(c, 3);
    struct trace_elf_symbol *symbols = trace_alloc(n, sizeof *symbols);
    image->symbols = symbols;
    uint64_t va = 0;
    for (size_t i = 0; i < n && !c->bad; i++) {
        uint64_t next = va + trace_cursor_leb(c);
        if (next < va)
            c->bad = true;
        va = next;
        symbols[i].va = va;
        symbols[i].bytes = trace_cursor_leb(c);
        symbols[i].name = trace_cursor_text(c, SIZE_MAX);
        image->n_symbols += symbols[i].name != NULL;
    }
}

static enum status declare_image(struct trace *t, struct trace_cursor *c,
                                 struct err *err)
{
    t->images = trace_grow(t->images, t->n_images + 1, sizeof *t->images);
    struct trace_image *image = &t->images[t->n_images++];
    *image = (struct trace_image){0};
    image->process = trace_cursor_u32(c);
    image->base = trace_cursor_leb(c);
    trace_cursor_copy_text(c, image->path, sizeof image->path);
    trace_cursor_copy_text(c, image->build_id, sizeof image->build_id);
    image_segments(image, c);
    image_symbols(image, c);
    if (c->bad || c->p != c->end || !hex_only(image->build_id))
        return malformed("IMAGE", err);
    return STATUS_OK;
}

static enum status declare_stream(struct trace *t, uint32_t id, struct trace_cursor *c,
                                  struct err *err)
{
    if (t->n_streams == THREAD_MAX)
        return err_set(err, STATUS_TRACE, "more than %u streams", THREAD_MAX);
    if ((t->n_streams & (t->n_streams - 1)) == 0)
        t->streams = trace_grow(t->streams, t->n_streams ? 2 * (size_t)t->n_streams : 1,
                                sizeof *t->streams);
    struct trace_stream meta = {.id = id, .process = trace_cursor_u32(c)};
    uint64_t birth = trace_cursor_leb(c);
    meta.parent = trace_cursor_u32(c);
    trace_cursor_copy_text(c, meta.name, sizeof meta.name);
    if (c->bad || c->p != c->end || birth > TRACE_BIRTH_FORK)
        return malformed("STREAM", err);
    meta.birth = (enum trace_birth)birth;
    t->streams[t->n_streams++] = (struct in_stream){.meta = meta};
    return STATUS_OK;
}

enum status trace_declare(struct trace *t, const struct trace_chunk *c,
                          const uint8_t *raw, struct err *err)
{
    struct trace_cursor cursor = {raw, raw + c->raw_len, false};
    switch (c->type) {
    case TRACE_CHUNK_META:
        return declare_meta(t, &cursor, err);
    case TRACE_CHUNK_STRINGS:
        return declare_strings(t, &cursor, c->n_records, err);
    case TRACE_CHUNK_LABELS:
        return declare_labels(t, &cursor, c->n_records, err);
    case TRACE_CHUNK_IMAGE:
        return declare_image(t, &cursor, err);
    case TRACE_CHUNK_STREAM:
        return declare_stream(t, c->stream, &cursor, err);
    default:
        return STATUS_OK; /* A kind from the future, to be skipped. */
    }
}

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct in_stream *)a)->meta.id;
    uint32_t y = ((const struct in_stream *)b)->meta.id;
    return (x > y) - (x < y);
}

enum status trace_declare_done(struct trace *t, struct err *err)
{
    if (t->n_streams)
        qsort(t->streams, t->n_streams, sizeof *t->streams, by_id);
    for (uint32_t i = 0; i < t->n_streams; i++) {
        struct trace_stream *s = &t->streams[i].meta;
        if (i && t->streams[i - 1].meta.id == s->id)
            return err_set(err, STATUS_TRACE, "stream %u is declared twice", s->id);
        if (s->birth == TRACE_BIRTH_ROOT) {
            s->parent = NO_THREAD;
            continue;
        }
        uint32_t parent = trace_find_stream(t, s->parent);
        if (parent == NO_THREAD)
            return err_set(err, STATUS_TRACE,
                           "stream %u has the parent %u, which does not exist", s->id,
                           s->parent);
        s->parent = parent;
    }
    trace_sort_labels(t);
    return STATUS_OK;
}
