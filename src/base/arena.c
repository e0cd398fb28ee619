/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arena.c - all memory of one machine. See arena.h and docs/decisions/0001.
 *
 * Each part is a memory file, mapped at one address for its whole life:
 *
 *   building   MAP_SHARED: what is written is in the file
 *   frozen     MAP_PRIVATE over the same address: the file is the pristine
 *              content, and a write copies its page first
 *   reset      MADV_DONTNEED: the copies go away, the file shines through
 *
 * A part below SMALL_BYTES is copied back instead: one copy costs less than
 * a system call and the page faults that follow it.
 *
 * Address space is reserved beyond the end of the file, and the file grows as
 * memory is taken; so a reservation costs nothing, and an access behind what
 * was taken dies at once.
 */
#include "base/arena.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define ALIGN_BYTES       ((size_t)64)
#define GROW_BYTES        ((size_t)1 << 21)
#define SMALL_BYTES       ((size_t)1 << 20)
#define RESERVE_BYTES     ((size_t)64 << 30)
#define RESERVE_MIN_BYTES ((size_t)1 << 30)

struct part {
    int fd;
    char *base;
    const char *pristine; /* A read-only view of the file; small parts only. */
    size_t reserved;      /* Bytes of address space at 'base'. */
    size_t grown;         /* Bytes of the file. */
    size_t used;
};

struct arena {
    bool frozen;
    struct part parts[ARENA_N_PARTS];
};

static size_t round_up(size_t bytes, size_t unit)
{
    return (bytes + unit - 1) & ~(unit - 1);
}

static enum status out_of_memory(struct err *err, const char *what)
{
    return err_set(err, STATUS_LIMIT,
                   "cannot get memory for a machine (%s: %s); raise the limits of "
                   "this process (ulimit -v, -n, -f) or simulate a smaller machine",
                   what, strerror(errno));
}

/* A limit on the size of files (ulimit -f) is one on memory files too. */
static bool file_may_have(size_t n)
{
    struct rlimit limit;
    errno = EFBIG;
    return getrlimit(RLIMIT_FSIZE, &limit) || limit.rlim_cur == RLIM_INFINITY ||
           n <= limit.rlim_cur;
}

/* A limit on address space (ulimit -v) is common on clusters and most machines
 * need little, so a smaller reservation is tried before giving up. */
static bool reserve(struct part *part)
{
    for (size_t n = RESERVE_BYTES; n >= RESERVE_MIN_BYTES; n /= 2) {
        if (!file_may_have(n))
            continue;
        void *base = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
                          part->fd, 0);
        if (base == MAP_FAILED)
            continue;
        part->base = base;
        part->reserved = n;
        return true;
    }
    return false;
}

struct arena *arena_create(struct err *err)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (!arena) {
        out_of_memory(err, "calloc");
        return NULL;
    }
    for (int i = 0; i < ARENA_N_PARTS; i++)
        arena->parts[i].fd = -1;
    for (int i = 0; i < ARENA_N_PARTS; i++) {
        struct part *part = &arena->parts[i];
        part->fd = memfd_create("shootdown-arena", MFD_CLOEXEC);
        if (part->fd < 0 || !reserve(part)) {
            out_of_memory(err, part->fd < 0 ? "memfd_create" : "mmap");
            arena_destroy(arena);
            return NULL;
        }
    }
    return arena;
}

void arena_destroy(struct arena *arena)
{
    if (!arena)
        return;
    for (int i = 0; i < ARENA_N_PARTS; i++) {
        struct part *part = &arena->parts[i];
        if (part->pristine)
            munmap((void *)(uintptr_t)part->pristine, part->grown);
        if (part->base)
            munmap(part->base, part->reserved);
        if (part->fd >= 0)
            close(part->fd);
    }
    free(arena);
}

void *arena_take(struct arena *arena, enum arena_part which, size_t n, size_t size)
{
    struct part *part = &arena->parts[which];
    size_t bytes = 0;
    bool overflow = __builtin_mul_overflow(n, size, &bytes);
    assert(!arena->frozen && !overflow);
    assert(bytes <= part->reserved - part->used - ALIGN_BYTES);
    void *taken = part->base + part->used;
    part->used += round_up(bytes, ALIGN_BYTES);
    if (part->used > part->grown) {
        part->grown = round_up(part->used, GROW_BYTES);
        int failed = ftruncate(part->fd, (off_t)part->grown);
        assert(!failed);
    }
    return taken;
}

/* Keeps the address, but from here on a write makes a private copy.  The rest
 * of the reservation becomes inaccessible: nothing may be taken any more. */
static bool freeze_part(struct part *part, bool constant)
{
    int access = constant ? PROT_READ : PROT_READ | PROT_WRITE;
    if (mmap(part->base, part->reserved, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED)
        return false;
    if (part->grown == 0)
        return true;
    if (mmap(part->base, part->grown, access, MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED,
             part->fd, 0) == MAP_FAILED)
        return false;
    if (constant || part->used >= SMALL_BYTES)
        return true;
    void *view = mmap(NULL, part->grown, PROT_READ, MAP_SHARED, part->fd, 0);
    part->pristine = view == MAP_FAILED ? NULL : view;
    return part->pristine != NULL;
}

enum status arena_freeze(struct arena *arena, struct err *err)
{
    assert(!arena->frozen);
    for (int i = 0; i < ARENA_N_PARTS; i++) {
        if (!freeze_part(&arena->parts[i], i == ARENA_FIXED))
            return out_of_memory(err, "mmap");
    }
    arena->frozen = true;
    return STATUS_OK;
}

static void reset_part(struct part *part)
{
    if (part->pristine) {
        memcpy(part->base, part->pristine, part->used);
        return;
    }
    int failed = madvise(part->base, part->grown, MADV_DONTNEED);
    assert(!failed);
}

void arena_reset(struct arena *arena)
{
    assert(arena->frozen);
    for (int i = ARENA_FIXED + 1; i < ARENA_N_PARTS; i++) {
        if (arena->parts[i].used > 0)
            reset_part(&arena->parts[i]);
    }
}

size_t arena_used(const struct arena *arena, enum arena_part part)
{
    return arena->parts[part].used;
}

void *arena_base(const struct arena *arena, enum arena_part part)
{
    return arena->parts[part].base;
}
