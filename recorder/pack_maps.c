/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pack_maps.c - the guest's address space at its start.
 *
 * The kernel's list at the start is told in three kinds of operations, at the
 * head of the root stream: IMAGE for ELF files, MMAP for the rest of the list,
 * and MMAP for pages that are accessed although nobody mapped them in sight of
 * the runtime (libc did, inside).
 */
#include "pack.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel_map.h"

enum { RANGES_MAX = 1 << 18, TEXT_MAX = 1 << 18 };

/* The kernel grows the main stack down on demand; this is the usual limit. */
#define STACK_BYTES (UINT64_C(8) << 20)

/* The kernel maps nothing there (vm.mmap_min_addr). */
#define NEVER_MAPPED UINT64_C(65536)

static uint64_t page_down(uint64_t addr)
{
    return addr & ~(uint64_t)(PAGE_BYTES - 1);
}

static uint64_t page_up(uint64_t addr)
{
    return page_down(addr + PAGE_BYTES - 1);
}

static enum status make_ranges(struct ranges *set, struct err *err)
{
    set->max = RANGES_MAX;
    set->list = malloc(RANGES_MAX * sizeof *set->list);
    return set->list != NULL ? STATUS_OK : err_set(err, STATUS_STORE, "out of memory");
}

static enum status read_list(struct pack *pack, struct err *err)
{
    char path[512];
    snprintf(path, sizeof path, "%s/p0.maps", pack->dir);
    pack->maps_text = calloc(1, TEXT_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t n = 0;
    while (pack->maps_text != NULL && fd != -1 && n < TEXT_MAX - 1) {
        ssize_t done = read(fd, pack->maps_text + n, TEXT_MAX - 1 - n);
        if (done <= 0)
            break;
        n += (size_t)done;
    }
    if (fd != -1)
        close(fd);
    return n > 0 ? STATUS_OK
                 : err_set(err, STATUS_TRACE, "%s: cannot be read or is empty", path);
}

static bool is_new_file(const struct kernel_map *map, const struct kernel_map *last)
{
    return map->name_bytes > 0 && map->name[0] == '/' &&
           (map->name_bytes != last->name_bytes ||
            memcmp(map->name, last->name, map->name_bytes) != 0);
}

/* Files that are not ELF (a locale archive) are plain maps. */
static enum status add_image(struct pack *pack, const struct kernel_map *map,
                             struct err *err)
{
    char path[512];
    snprintf(path, sizeof path, "%.*s", (int)map->name_bytes, map->name);
    struct trace_image *image = trace_elf_read(path, NULL);
    if (image == NULL || image->n_segments == 0)
        return STATUS_OK;
    struct pack_image *images =
        realloc(pack->images, (pack->n_images + 1u) * sizeof *images);
    if (images == NULL)
        return err_set(err, STATUS_STORE, "out of memory");
    pack->images = images;
    image->base = map->first - page_down(image->segments[0].va);
    images[pack->n_images++] = (struct pack_image){image, image->base};
    for (uint32_t i = 0; i < image->n_segments; i++) {
        uint64_t first = image->base + image->segments[i].va;
        ranges_add(&pack->at_start, page_down(first),
                   page_up(first + image->segments[i].bytes));
    }
    return STATUS_OK;
}

static enum status add_images(struct pack *pack, struct err *err)
{
    struct kernel_map map, last = {0};
    const char *at = pack->maps_text;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && kernel_map_next(&at, &map)) {
        if (is_new_file(&map, &last))
            status = add_image(pack, &map, err);
        if (map.name_bytes > 0)
            last = map;
    }
    return status;
}

/* A line as a map of the trace: the stack with room to grow, nothing of the
 * kernel's half, nothing that cannot be accessed. */
static bool usable(struct kernel_map *map)
{
    if (map->first >> 47 != 0 || (map->prot & 7u) == 0)
        return false;
    if (strncmp(map->name, "[stack]", 7) == 0 && map->end - map->first < STACK_BYTES)
        map->first = map->end - STACK_BYTES;
    if (map->name_bytes > 0 && map->name[0] == '/')
        map->prot |= OP_MAP_FILE;
    return true;
}

static void cover_list(const struct pack *pack, struct ranges *set)
{
    struct kernel_map map;
    const char *at = pack->maps_text;
    while (kernel_map_next(&at, &map))
        if (usable(&map))
            ranges_add(set, map.first, map.end);
}

static void cover_images(const struct pack *pack, struct ranges *set)
{
    for (uint32_t i = 0; i < pack->at_start.n; i++)
        ranges_add(set, pack->at_start.list[i].first, pack->at_start.list[i].end);
}

static void cover_mmaps(const struct pack *pack, struct ranges *set)
{
    for (uint32_t i = 0; i < pack->n_streams; i++) {
        struct pack_cursor cursor = pack_begin(&pack->streams[i]);
        struct op op;
        while (pack_next(&cursor, &op))
            if (op.kind == OP_MMAP)
                ranges_add(set, page_down(op.addr), page_up(op.addr + op.arg));
    }
}

static void check_access(struct pack *pack, const struct op *op)
{
    uint64_t n = op->kind == OP_LOAD_RANGE || op->kind == OP_STORE_RANGE ? op->arg
                 : op->size > 0                                          ? op->size
                                                                         : 1;
    struct range gap;
    uint64_t first = page_down(op->addr), end = page_up(op->addr + n);
    if (op->addr < NEVER_MAPPED)
        return; /* The guest's own fault: it must be one in the simulation too. */
    for (; ranges_gap(&pack->mapped, first, end, &gap); first = gap.end) {
        ranges_add(&pack->mapped, gap.first, gap.end);
        ranges_add(&pack->early, gap.first, gap.end);
    }
}

static void find_early(struct pack *pack)
{
    for (uint32_t i = 0; i < pack->n_streams; i++) {
        struct pack_cursor cursor = pack_begin(&pack->streams[i]);
        uint64_t last_page = 1; /* No page: one look per run of accesses. */
        struct op op;
        while (pack_next(&cursor, &op)) {
            bool whole = op.kind == OP_LOAD_RANGE || op.kind == OP_STORE_RANGE ||
                         page_down(op.addr + op.size) != page_down(op.addr);
            if (!pack_is_access(&op) || (!whole && page_down(op.addr) == last_page))
                continue;
            check_access(pack, &op);
            last_page = page_down(op.addr);
        }
    }
}

enum status pack_find_maps(struct pack *pack, struct err *err)
{
    enum status status = make_ranges(&pack->mapped, err);
    if (status == STATUS_OK)
        status = make_ranges(&pack->at_start, err);
    if (status == STATUS_OK)
        status = make_ranges(&pack->early, err);
    if (status == STATUS_OK)
        status = read_list(pack, err);
    if (status == STATUS_OK)
        status = add_images(pack, err);
    if (status != STATUS_OK)
        return status;
    cover_images(pack, &pack->mapped);
    cover_list(pack, &pack->mapped);
    cover_mmaps(pack, &pack->mapped);
    find_early(pack);
    return STATUS_OK;
}

static enum status write_map(struct pack *pack, struct trace_writer *writer,
                             const struct range *range, uint32_t prot, struct err *err)
{
    struct op op = {.kind = OP_MMAP,
                    .addr = range->first,
                    .arg = range->end - range->first,
                    .target = prot};
    pack->n_ops++;
    return trace_writer_append(writer, 0, &op, err);
}

static enum status write_list(struct pack *pack, struct trace_writer *writer,
                              struct err *err)
{
    struct kernel_map map;
    const char *at = pack->maps_text;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && kernel_map_next(&at, &map)) {
        struct range gap;
        uint64_t first = usable(&map) ? map.first : map.end;
        for (; ranges_gap(&pack->at_start, first, map.end, &gap); first = gap.end)
            status = write_map(pack, writer, &gap, map.prot, err);
    }
    return status;
}

enum status pack_write_maps(struct pack *pack, struct trace_writer *writer,
                            struct err *err)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < pack->n_images; i++) {
        struct op op = {.kind = OP_IMAGE, .target = i, .addr = pack->images[i].base};
        status = trace_writer_append(writer, 0, &op, err);
        pack->n_ops++;
    }
    if (status == STATUS_OK)
        status = write_list(pack, writer, err);
    for (uint32_t i = 0; status == STATUS_OK && i < pack->early.n; i++)
        status = write_map(pack, writer, &pack->early.list[i],
                           OP_PROT_READ | OP_PROT_WRITE, err);
    return status;
}
