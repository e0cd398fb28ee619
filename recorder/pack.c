/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack.c - sim-pack: makes a trace of a raw recording.
 *
 *   sim-pack DIRECTORY OUTPUT SEED|- STATUS argv...
 *
 * Called by sim-record, which knows the last three.  Same recording, same
 * bytes.  Exit status 0, or that of the error.
 */
#include "pack.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const char *dir, *output, *seed; /* Seed null: there was none. */
    int guest_status;
    char **argv;
    int argc;
};

/* Seeds are 64 bits and JSON numbers are not: as text. */
static char *make_meta(const struct pack *pack, const struct request *request)
{
    cJSON *meta = cJSON_CreateObject();
    cJSON_AddStringToObject(meta, "tool", "sim-record");
    cJSON *argv = cJSON_AddArrayToObject(meta, "argv");
    for (int i = 0; i < request->argc; i++)
        cJSON_AddItemToArray(argv, cJSON_CreateString(request->argv[i]));
    if (request->seed != NULL)
        cJSON_AddStringToObject(meta, "seed", request->seed);
    cJSON_AddNumberToObject(meta, "guest_status", request->guest_status);
    cJSON_AddNumberToObject(meta, "processes", pack->n_processes);
    cJSON_AddNumberToObject(meta, "streams", pack->n_streams);
    cJSON_AddNumberToObject(meta, "early_maps", pack->early.n);
    char *text = cJSON_PrintUnformatted(meta);
    cJSON_Delete(meta);
    return text;
}

static void describe(const struct pack *pack, uint32_t index, struct trace_stream *to)
{
    const struct pack_stream *from = &pack->streams[index];
    bool orphan = from->parent == index;
    *to = (struct trace_stream){
        .id = index,
        .process = from->process,
        .parent = from->parent,
        .birth = orphan              ? TRACE_BIRTH_ROOT
                 : from->thread == 0 ? TRACE_BIRTH_FORK
                                     : TRACE_BIRTH_SPAWN,
    };
    if (from->thread == 0)
        snprintf(to->name, sizeof to->name, from->process == 0 ? "main" : "fork%u",
                 from->process);
    else
        snprintf(to->name, sizeof to->name, "p%ut%u", from->process, from->thread);
}

static enum status declare(const struct pack *pack, const struct request *request,
                           struct trace_writer *writer, struct err *err)
{
    char *meta = make_meta(pack, request);
    if (meta == NULL)
        return err_set(err, STATUS_STORE, "out of memory");
    enum status status = trace_writer_meta(writer, meta, err);
    free(meta);
    for (uint32_t i = 0; status == STATUS_OK && i < pack->n_images; i++)
        status = trace_writer_add_image(writer, pack->images[i].image, err);
    for (uint32_t i = 0; status == STATUS_OK && i < pack->n_streams; i++) {
        struct trace_stream stream;
        describe(pack, i, &stream);
        status = trace_writer_add_stream(writer, &stream, err);
    }
    return status;
}

static enum status write_op(struct pack *pack, struct trace_writer *writer,
                            uint32_t index, struct op *op, struct err *err)
{
    if (pack_is_dropped(pack, &pack->streams[index], op)) {
        pack->n_dropped++;
        return STATUS_OK;
    }
    if (pack_has_target(op))
        op->target = pack_target(pack, &pack->streams[index], op);
    if (op->seq != 0)
        op->seq = pack->ranks[pack->n_ranked++];
    pack->n_ops++;
    return trace_writer_append(writer, index, op, err);
}

/* A stream that was cut off (the process ended elsewhere, or crashed) ends. */
static enum status write_end(struct pack *pack, struct trace_writer *writer,
                             uint32_t index, struct err *err)
{
    bool first = pack->streams[index].thread == 0;
    struct op end = {.kind = first ? OP_EXIT_PROCESS : OP_EXIT};
    return write_op(pack, writer, index, &end, err);
}

static enum status write_stream(struct pack *pack, struct trace_writer *writer,
                                uint32_t index, struct err *err)
{
    struct pack_cursor cursor = pack_begin(&pack->streams[index]);
    struct op op;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && pack_next(&cursor, &op))
        status = write_op(pack, writer, index, &op, err);
    if (status == STATUS_OK && !cursor.ended)
        status = write_end(pack, writer, index, err);
    return status;
}

static enum status write_trace(struct pack *pack, const struct request *request,
                               struct trace_writer *writer, struct err *err)
{
    enum status status = declare(pack, request, writer, err);
    if (status == STATUS_OK)
        status = pack_write_maps(pack, writer, err);
    for (uint32_t i = 0; status == STATUS_OK && i < pack->n_streams; i++)
        status = write_stream(pack, writer, i, err);
    if (status == STATUS_OK)
        status = trace_writer_finish(writer, err);
    return status;
}

static enum status pack_all(struct pack *pack, const struct request *request,
                            struct err *err)
{
    enum status status = pack_open(pack, request->dir, err);
    if (status == STATUS_OK)
        status = pack_find_maps(pack, err);
    if (status == STATUS_OK)
        status = pack_rank(pack, err);
    if (status != STATUS_OK)
        return status;
    struct trace_writer *writer = trace_writer_create(request->output, err);
    if (writer == NULL)
        return err->status;
    status = write_trace(pack, request, writer, err);
    trace_writer_destroy(writer);
    return status;
}

static void report(const struct pack *pack, const struct request *request)
{
    fprintf(stderr, "sim-record: %s: %llu operations, %u threads in %u processes",
            request->output, (unsigned long long)pack->n_ops, pack->n_streams,
            pack->n_processes);
    if (pack->early.n > 0)
        fprintf(stderr, ", %u ranges mapped by libc unseen", pack->early.n);
    if (pack->n_dropped > 0)
        fprintf(stderr, ", %llu operations on threads without a stream dropped",
                (unsigned long long)pack->n_dropped);
    fputs("\n", stderr);
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fputs("usage: sim-pack DIRECTORY OUTPUT SEED|- STATUS argv...\n", stderr);
        return status_exit_code(STATUS_USAGE);
    }
    struct request request = {
        .dir = argv[1],
        .output = argv[2],
        .seed = strcmp(argv[3], "-") == 0 ? NULL : argv[3],
        .guest_status = atoi(argv[4]),
        .argv = argv + 5,
        .argc = argc - 5,
    };
    struct pack pack;
    struct err err = {0};
    enum status status = pack_all(&pack, &request, &err);
    if (status == STATUS_OK)
        report(&pack, &request);
    else
        fprintf(stderr, "sim-record: %s\n", err.message);
    pack_close(&pack);
    return status_exit_code(status);
}
