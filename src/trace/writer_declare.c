/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * writer_declare.c - what a trace declares: streams, images, names.
 *
 * Declarations are kept until the first append, then written in one order
 * (META, STRINGS, LABELS, IMAGE, STREAM by id), whatever the order of the calls.
 */
#include <assert.h>
#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "trace/words.h"
#include "trace/writer_impl.h"

static enum status put_payload(struct trace_writer *w, enum trace_chunk_type type,
                               uint32_t n_records, const struct trace_bytes *raw)
{
    struct trace_chunk c = {.type = (uint16_t)type, .n_records = n_records};
    if (raw->n > TRACE_META_RAW_MAX)
        return err_set(&w->err, STATUS_TRACE,
                       "%zu bytes of declarations of one kind; at most %u fit", raw->n,
                       TRACE_META_RAW_MAX);
    return trace_writer_chunk(w, &c, raw, true);
}

static enum status can_declare(struct trace_writer *w)
{
    assert(!w->sealed); /* Declarations come before the first append. */
    return w->err.status;
}

enum status trace_writer_meta(struct trace_writer *w, const char *json, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return trace_writer_fail(w, err);
    if (w->json)
        return REFUSE(w, err, "a trace has one META text only");
    if (!trace_utf8_valid(json))
        return REFUSE(w, err, "META is not UTF-8");
    cJSON *parsed = cJSON_ParseWithOpts(json, NULL, true);
    bool object = cJSON_IsObject(parsed);
    cJSON_Delete(parsed);
    if (!object)
        return REFUSE(w, err, "META is not a JSON object");
    w->json = trace_strdup(json);
    trace_one_line(w->json); /* For the text form. */
    return STATUS_OK;
}

enum status trace_writer_add_stream(struct trace_writer *w,
                                    const struct trace_stream *stream, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return trace_writer_fail(w, err);
    if (w->n_streams == THREAD_MAX)
        return REFUSE(w, err, "more than %u streams", THREAD_MAX);
    if ((w->n_streams & (w->n_streams - 1)) == 0)
        w->streams = trace_grow(w->streams, w->n_streams ? 2 * (size_t)w->n_streams : 1,
                                sizeof *w->streams);
    struct out_stream *s = &w->streams[w->n_streams++];
    *s = (struct out_stream){.meta = *stream};
    s->meta.name[sizeof s->meta.name - 1] = 0;
    return STATUS_OK;
}

static void encode_image(struct trace_bytes *b, const struct trace_image *image)
{
    trace_bytes_put_leb(b, image->process);
    trace_bytes_put_leb(b, image->base);
    trace_bytes_put_text(b, image->path);
    trace_bytes_put_text(b, image->build_id);
    trace_bytes_put_leb(b, image->n_segments);
    for (uint32_t i = 0; i < image->n_segments; i++) {
        const struct trace_segment *s = &image->segments[i];
        trace_bytes_put_leb(b, s->va);
        trace_bytes_put_leb(b, s->bytes);
        trace_bytes_put_leb(b, s->file_bytes);
        trace_bytes_put_leb(b, s->prot);
    }
    uint64_t last = 0;
    trace_bytes_put_leb(b, image->n_symbols);
    for (uint32_t i = 0; i < image->n_symbols; i++) {
        const struct trace_elf_symbol *s = &image->symbols[i];
        trace_bytes_put_leb(b, s->va - last);
        trace_bytes_put_leb(b, s->bytes);
        trace_bytes_put_text(b, s->name);
        last = s->va;
    }
}

enum status trace_writer_add_image(struct trace_writer *w,
                                   const struct trace_image *image, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return trace_writer_fail(w, err);
    for (uint32_t i = 1; i < image->n_symbols; i++) {
        if (image->symbols[i].va < image->symbols[i - 1].va)
            return REFUSE(w, err, "the symbols of %s are not sorted by address",
                          image->path);
    }
    struct trace_bytes b = {0};
    encode_image(&b, image);
    w->images = trace_grow(w->images, w->n_images + 1, sizeof *w->images);
    w->images[w->n_images++] = b;
    return STATUS_OK;
}

enum status trace_writer_add_string(struct trace_writer *w, uint32_t id,
                                    const char *text, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return trace_writer_fail(w, err);
    if ((w->n_strings & (w->n_strings - 1)) == 0)
        w->strings = trace_grow(w->strings, w->n_strings ? 2 * (size_t)w->n_strings : 1,
                                sizeof *w->strings);
    w->strings[w->n_strings++] = (struct trace_text){id, trace_strdup(text)};
    return STATUS_OK;
}

enum status trace_writer_add_label(struct trace_writer *w, const char *name,
                                   uint64_t va, struct err *err)
{
    if (can_declare(w) != STATUS_OK)
        return trace_writer_fail(w, err);
    if (!trace_label_valid(name))
        return REFUSE(w, err, "'%s' cannot be a label; use letters, digits and _",
                      name);
    trace_bytes_put_leb(&w->labels, va);
    trace_bytes_put_text(&w->labels, name);
    w->n_labels++;
    return STATUS_OK;
}

/* ---- sealing: declarations go to the file ------------------------------ */

static int by_id(const void *a, const void *b)
{
    uint32_t x = ((const struct out_stream *)a)->meta.id;
    uint32_t y = ((const struct out_stream *)b)->meta.id;
    return (x > y) - (x < y);
}

struct out_stream *trace_writer_find(const struct trace_writer *w, uint32_t id)
{
    struct out_stream key = {.meta.id = id};
    if (w->n_streams == 0)
        return NULL;
    return bsearch(&key, w->streams, w->n_streams, sizeof key, by_id);
}

static enum status check_streams(struct trace_writer *w)
{
    for (uint32_t i = 0; i < w->n_streams; i++) {
        const struct trace_stream *s = &w->streams[i].meta;
        if (i && w->streams[i - 1].meta.id == s->id)
            return err_set(&w->err, STATUS_TRACE, "stream %u is declared twice", s->id);
        if (s->birth != TRACE_BIRTH_ROOT && !trace_writer_find(w, s->parent))
            return err_set(&w->err, STATUS_TRACE,
                           "stream %u has the parent %u, which is not declared", s->id,
                           s->parent);
    }
    return STATUS_OK;
}

static enum status put_stream(struct trace_writer *w, const struct trace_stream *s)
{
    struct trace_bytes b = {0};
    trace_bytes_put_leb(&b, s->process);
    trace_bytes_put_leb(&b, s->birth);
    trace_bytes_put_leb(&b, s->birth == TRACE_BIRTH_ROOT ? 0 : s->parent);
    trace_bytes_put_text(&b, s->name);
    struct trace_chunk c = {.type = TRACE_CHUNK_STREAM, .stream = s->id};
    enum status status = trace_writer_chunk(w, &c, &b, false);
    trace_bytes_free(&b);
    return status;
}

static int by_string_id(const void *a, const void *b)
{
    const struct trace_text *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

static enum status put_strings(struct trace_writer *w)
{
    if (w->n_strings == 0)
        return STATUS_OK;
    qsort(w->strings, w->n_strings, sizeof *w->strings, by_string_id);
    struct trace_bytes b = {0};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < w->n_strings; i++) {
        if (i && w->strings[i - 1].id == w->strings[i].id)
            status = err_set(&w->err, STATUS_TRACE, "string %u is declared twice",
                             w->strings[i].id);
        trace_bytes_put_leb(&b, w->strings[i].id);
        trace_bytes_put_text(&b, w->strings[i].text);
    }
    if (status == STATUS_OK)
        status = put_payload(w, TRACE_CHUNK_STRINGS, w->n_strings, &b);
    trace_bytes_free(&b);
    return status;
}

enum status trace_writer_header(struct trace_writer *w, uint64_t footer_off)
{
    struct trace_header h = {
        .major = TRACE_MAJOR,
        .minor = TRACE_MINOR,
        .length = TRACE_HEADER_BYTES,
        .page_shift = PAGE_SHIFT,
        .n_streams = w->n_streams,
        .footer_off = footer_off,
    };
    uint8_t bytes[TRACE_HEADER_BYTES];
    trace_header_encode(&h, bytes);
    if (footer_off)
        return trace_sink_rewrite(&w->sink, 0, bytes, sizeof bytes, &w->err);
    return trace_sink_write(&w->sink, bytes, sizeof bytes, &w->err);
}

enum status trace_writer_seal(struct trace_writer *w)
{
    w->sealed = true;
    if (w->n_streams)
        qsort(w->streams, w->n_streams, sizeof *w->streams, by_id);
    enum status status = check_streams(w);
    if (status == STATUS_OK)
        status = trace_writer_header(w, 0);
    if (status == STATUS_OK && w->json) {
        struct trace_bytes json = {(uint8_t *)w->json, strlen(w->json), 0};
        status = put_payload(w, TRACE_CHUNK_META, 0, &json);
    }
    if (status == STATUS_OK)
        status = put_strings(w);
    if (status == STATUS_OK && w->n_labels)
        status = put_payload(w, TRACE_CHUNK_LABELS, w->n_labels, &w->labels);
    for (uint32_t i = 0; i < w->n_images && status == STATUS_OK; i++)
        status = put_payload(w, TRACE_CHUNK_IMAGE, 0, &w->images[i]);
    for (uint32_t i = 0; i < w->n_streams && status == STATUS_OK; i++)
        status = put_stream(w, &w->streams[i].meta);
    return status;
}
