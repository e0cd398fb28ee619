/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack_raw.c - the files of a raw recording, and the operations in them.
 */
#include "pack.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- operations ---- */

struct pack_cursor pack_begin(const struct pack_stream *stream)
{
    return (struct pack_cursor){stream->slots, stream->slots + stream->n_slots, false};
}

static void decode_first(const struct raw_slot *slot, struct op *op)
{
    uint32_t kind = (uint32_t)(slot->b >> RAW_PC_BITS) & RAW_KIND_MASK;
    *op = (struct op){.kind = (uint8_t)(kind - 1),
                      .size = (uint8_t)(slot->b >> (RAW_PC_BITS + 8)),
                      .addr = slot->a,
                      .pc = slot->b & RAW_PC_MASK};
}

/* A store with a value has its size where others have a target. */
static void decode_second(const struct raw_slot *slot, struct op *op)
{
    op->flags = op->size;
    op->size = 0;
    op->arg = slot->a;
    op->seq = slot->b & RAW_SEQ_MASK;
    op->target = (uint32_t)(slot->b >> RAW_SEQ_BITS);
    if (op->kind == OP_STORE) {
        op->size = (uint8_t)op->target;
        op->target = 0;
    }
}

bool pack_next(struct pack_cursor *cursor, struct op *op)
{
    for (; !cursor->ended && cursor->next < cursor->end; cursor->next++) {
        uint32_t byte = (uint32_t)(cursor->next->b >> RAW_PC_BITS) & 0xff;
        uint32_t kind = byte & RAW_KIND_MASK;
        if (kind == RAW_PAD)
            continue;
        if (kind == 0 || kind > OP_N_KINDS)
            break;
        decode_first(cursor->next++, op);
        if ((byte & RAW_TWO_SLOTS) == 0)
            return true;
        if (cursor->next == cursor->end)
            break;
        decode_second(cursor->next++, op);
        cursor->ended = op->kind == OP_EXIT || op->kind == OP_EXIT_PROCESS;
        return true;
    }
    cursor->next = cursor->end;
    return false;
}

bool pack_has_target(const struct op *op)
{
    return op->kind == OP_SPAWN || op->kind == OP_JOIN || op->kind == OP_FORK ||
           op->kind == OP_WAITPID;
}

bool pack_is_access(const struct op *op)
{
    return op->kind == OP_LOAD || op->kind == OP_STORE || op->kind == OP_RMW ||
           op->kind == OP_LOAD_RANGE || op->kind == OP_STORE_RANGE ||
           op->kind == OP_LOCK || op->kind == OP_UNLOCK;
}

/* ---- names and their order ---- */

static int compare_paths(const struct pack_path *left, const struct pack_path *right)
{
    for (uint32_t i = 0; i < left->n && i < right->n; i++)
        if (left->forks[i] != right->forks[i])
            return left->forks[i] < right->forks[i] ? -1 : 1;
    return (left->n > right->n) - (left->n < right->n);
}

static int compare_streams(const void *left, const void *right)
{
    const struct pack_stream *l = left, *r = right;
    int order = compare_paths(&l->path, &r->path);
    return order != 0 ? order : (l->thread > r->thread) - (l->thread < r->thread);
}

/* "p0-3-1.t5" */
static bool parse_name(const char *name, struct pack_stream *stream)
{
    char *end = (char *)(uintptr_t)name;
    if (*name != 'p')
        return false;
    do {
        if (stream->path.n == PACK_DEPTH_MAX)
            return false;
        stream->path.forks[stream->path.n++] = (uint32_t)strtoul(end + 1, &end, 10);
    } while (*end == '-');
    if (strncmp(end, ".t", 2) != 0)
        return false;
    stream->thread = (uint32_t)strtoul(end + 2, &end, 10);
    return *end == '\0';
}

static uint32_t find_stream(const struct pack *pack, const struct pack_path *path,
                            uint32_t thread)
{
    struct pack_stream key = {.path = *path, .thread = thread};
    const struct pack_stream *found =
        bsearch(&key, pack->streams, pack->n_streams, sizeof key, compare_streams);
    return found == NULL ? NO_THREAD : (uint32_t)(found - pack->streams);
}

uint32_t pack_target(const struct pack *pack, const struct pack_stream *from,
                     const struct op *op)
{
    struct pack_path path = from->path;
    if (op->kind == OP_SPAWN || op->kind == OP_JOIN)
        return find_stream(pack, &path, op->target);
    if (path.n == PACK_DEPTH_MAX)
        return NO_THREAD;
    path.forks[path.n++] = op->target;
    return find_stream(pack, &path, 0);
}

bool pack_is_dropped(const struct pack *pack, const struct pack_stream *from,
                     const struct op *op)
{
    return pack_has_target(op) && pack_target(pack, from, op) == NO_THREAD;
}

/* ---- files ---- */

static enum status failed(const char *dir, const char *name, struct err *err)
{
    return err_set(err, STATUS_TRACE, "%s/%s: %s", dir, name, strerror(errno));
}

static enum status map_stream(const char *dir, const char *name,
                              struct pack_stream *stream, struct err *err)
{
    char path[512];
    struct stat stat;
    snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || fstat(fd, &stat) == -1)
        return failed(dir, name, err);
    stream->n_slots = (size_t)stat.st_size / RAW_SLOT_BYTES;
    if (stream->n_slots > 0) {
        void *slots = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (slots == MAP_FAILED)
            return failed(dir, name, err);
        stream->slots = slots;
    }
    close(fd);
    return STATUS_OK;
}

static enum status add_stream(struct pack *pack, const char *name, struct err *err)
{
    struct pack_stream stream = {0};
    if (!parse_name(name, &stream))
        return STATUS_OK;
    size_t n = pack->n_streams + 1u;
    struct pack_stream *streams = realloc(pack->streams, n * sizeof stream);
    if (streams == NULL)
        return failed(pack->dir, name, err);
    pack->streams = streams;
    enum status status = map_stream(pack->dir, name, &stream, err);
    if (status == STATUS_OK)
        pack->streams[pack->n_streams++] = stream;
    return status;
}

static enum status add_streams(struct pack *pack, struct err *err)
{
    DIR *dir = opendir(pack->dir);
    if (dir == NULL)
        return failed(pack->dir, "", err);
    enum status status = STATUS_OK;
    const struct dirent *entry;
    while (status == STATUS_OK && (entry = readdir(dir)) != NULL)
        status = add_stream(pack, entry->d_name, err);
    closedir(dir);
    return status;
}

static void number_processes(struct pack *pack)
{
    for (uint32_t i = 0; i < pack->n_streams; i++) {
        struct pack_stream *stream = &pack->streams[i];
        if (i > 0 && compare_paths(&stream->path, &stream[-1].path) != 0)
            pack->n_processes++;
        stream->process = pack->n_processes;
        stream->parent = i;
    }
    pack->n_processes++;
}

static void find_parents(struct pack *pack)
{
    for (uint32_t i = 0; i < pack->n_streams; i++) {
        struct pack_cursor cursor = pack_begin(&pack->streams[i]);
        struct op op;
        while (pack_next(&cursor, &op)) {
            if (op.kind != OP_SPAWN && op.kind != OP_FORK)
                continue;
            uint32_t target = pack_target(pack, &pack->streams[i], &op);
            if (target != NO_THREAD)
                pack->streams[target].parent = i;
        }
    }
}

enum status pack_open(struct pack *pack, const char *dir, struct err *err)
{
    *pack = (struct pack){.dir = dir};
    enum status status = add_streams(pack, err);
    if (status != STATUS_OK)
        return status;
    if (pack->n_streams == 0)
        return err_set(err, STATUS_TRACE,
                       "the program recorded nothing: it was not built with sim-cc, or "
                       "it ended before its start");
    qsort(pack->streams, pack->n_streams, sizeof *pack->streams, compare_streams);
    number_processes(pack);
    find_parents(pack);
    return STATUS_OK;
}

void pack_close(struct pack *pack)
{
    for (uint32_t i = 0; i < pack->n_images; i++)
        trace_elf_free(pack->images[i].image);
    for (uint32_t i = 0; i < pack->n_streams; i++)
        if (pack->streams[i].slots != NULL)
            munmap((void *)(uintptr_t)pack->streams[i].slots,
                   pack->streams[i].n_slots * RAW_SLOT_BYTES);
    free(pack->images);
    free(pack->ranks);
    free(pack->streams);
    free(pack->maps_text);
    free(pack->mapped.list);
    free(pack->at_start.list);
    free(pack->early.list);
}
