/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arena.c - all memory of one machine. See arena.h and docs/decisions/0001.
 *
 * Each part stays at one address for its whole life:
 *
 *   building   a memory file, mapped shared
 *   frozen     anonymous memory at the same address, with the file's content;
 *              of pages that are not all zero a copy is kept
 *   reset      a kept page is filled again, the others are dropped: the next
 *              access finds them zero
 *
 * Which pages are kept is a matter of speed alone: filling a page costs a tenth
 * of the page fault after dropping it, but only if the next run needs it.  Kept
 * are the pages with a copy and those that earlier runs touched, as long as they
 * are few.
 *
 *   page     0   1   2   3   4   5   6   7   8 ...
 *   file     data    .   .   .   data    .   .
 *   kept     [ run ]     [run]   [run]
 *   reset    fill    drop fill drop fill drop ...
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
#define ARENA_PAGE        ((size_t)4096)
#define RESERVE_BYTES     ((size_t)64 << 30)
#define RESERVE_MIN_BYTES ((size_t)1 << 30)

/* More pages than this are not kept: a run that touches so many takes much
 * longer than its reset. */
#define KEPT_MAX ((size_t)4096)

/* Pages [first, end) of a part that a reset fills. */
struct page_run {
    uint32_t first, end;
};

struct part {
    int fd;
    char *base;
    size_t reserved; /* Bytes of address space at 'base'. */
    size_t grown;    /* Bytes of the file. */
    size_t used;

    /* Frozen: */
    size_t n_pages;
    uint32_t *copy_of; /* [n_pages]: number of its copy + 1; 0: all zero. */
    char *copies;
    uint32_t n_copies;
    uint8_t *kept; /* [n_pages] */
    struct page_run *runs;
    uint32_t n_runs;
};

struct arena {
    bool frozen;
    uint64_t n_resets;
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
static bool reserve(struct part *part, int i)
{
    /* Where the first arena of a process lies if nothing else is there: pointers from
     * the arena into it are then the same in another process (a search that is
     * resumed compares states with those of a file). */
    uint64_t wanted = UINT64_C(0x200000000000) + (uint64_t)i * (UINT64_C(1) << 41);
    void *hint = (void *)(uintptr_t)wanted;
    for (size_t n = RESERVE_BYTES; n >= RESERVE_MIN_BYTES; n /= 2) {
        if (!file_may_have(n))
            continue;
        void *base = mmap(hint, n, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE,
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
        if (part->fd < 0 || !reserve(part, i)) {
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
        free(part->copy_of);
        free(part->copies);
        free(part->kept);
        free(part->runs);
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

static char *page_at(const struct part *part, size_t page)
{
    return part->base + page * ARENA_PAGE;
}

static bool is_zero(const char *page)
{
    return page[0] == 0 && memcmp(page, page + 1, ARENA_PAGE - 1) == 0;
}

/* Calls 'visit' for each page of the file that was ever written. */
static void visit_data(struct part *part, void (*visit)(struct part *, size_t page))
{
    off_t at = 0;
    while ((at = lseek(part->fd, at, SEEK_DATA)) >= 0) {
        off_t end = lseek(part->fd, at, SEEK_HOLE);
        for (; at < end; at += (off_t)ARENA_PAGE)
            visit(part, (size_t)at / ARENA_PAGE);
    }
}

static void count_copy(struct part *part, size_t page)
{
    if (!is_zero(page_at(part, page)))
        part->copy_of[page] = ++part->n_copies;
}

static void make_copy(struct part *part, size_t page)
{
    if (part->copy_of[page])
        memcpy(part->copies + (part->copy_of[page] - 1) * ARENA_PAGE,
               page_at(part, page), ARENA_PAGE);
}

static bool copy_pages(struct part *part)
{
    part->n_pages = part->grown / ARENA_PAGE;
    part->copy_of = calloc(part->n_pages, sizeof *part->copy_of);
    part->kept = calloc(part->n_pages, 1);
    if (!part->copy_of || !part->kept)
        return false;
    visit_data(part, count_copy);
    part->copies = malloc(part->n_copies * ARENA_PAGE + 1);
    if (part->copies)
        visit_data(part, make_copy);
    return part->copies != NULL;
}

/* Back to the pristine content. */
static void fill(struct part *part, size_t page)
{
    if (part->copy_of[page])
        memcpy(page_at(part, page),
               part->copies + (part->copy_of[page] - 1) * ARENA_PAGE, ARENA_PAGE);
    else
        memset(page_at(part, page), 0, ARENA_PAGE);
}

static void drop(struct part *part, size_t first, size_t end)
{
    if (first == end)
        return;
    int failed =
        madvise(page_at(part, first), (end - first) * ARENA_PAGE, MADV_DONTNEED);
    assert(!failed);
}

static bool is_kept(const struct part *part, size_t page)
{
    return part->copy_of[page] || part->kept[page];
}

/* Writes down the runs of pages that are kept. */
static bool find_runs(struct part *part)
{
    struct page_run *runs = NULL;
    uint32_t n = 0, room = 0;
    for (uint32_t page = 0; page < part->n_pages; page++) {
        if (!is_kept(part, page))
            continue;
        if (n && runs[n - 1].end == page) {
            runs[n - 1].end++;
            continue;
        }
        if (n == room) {
            room = room ? 2 * room : 64;
            struct page_run *more = realloc(runs, room * sizeof *runs);
            if (!more) {
                free(runs);
                return false;
            }
            runs = more;
        }
        runs[n++] = (struct page_run){page, page + 1};
    }
    free(part->runs);
    part->runs = runs;
    part->n_runs = n;
    return true;
}

/* Keeps the pages that are in memory now, unless they are many.  mincore() may
 * be wrong about a page that was swapped out: that costs time, nothing else. */
static void keep_touched(struct part *part)
{
    unsigned char *present = malloc(part->n_pages + 1);
    size_t n = 0;
    if (present && mincore(part->base, part->grown, present) == 0) {
        for (size_t page = 0; page < part->n_pages; page++)
            n += present[page] & 1;
        for (size_t page = 0; n <= KEPT_MAX && page < part->n_pages; page++)
            part->kept[page] |= present[page] & 1;
    }
    free(present);
    bool good = n == 0 || n > KEPT_MAX || find_runs(part);
    assert(good);
}

/* From here on the part is private memory.  The rest of the reservation becomes
 * inaccessible: nothing may be taken any more. */
static bool freeze_part(struct part *part, bool constant)
{
    if (part->grown && !constant && !copy_pages(part))
        return false;
    if (mmap(part->base, part->reserved, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
             0) == MAP_FAILED)
        return false;
    if (part->grown == 0)
        return true;
    if (constant)
        return mmap(part->base, part->grown, PROT_READ,
                    MAP_PRIVATE | MAP_NORESERVE | MAP_FIXED, part->fd, 0) != MAP_FAILED;
    if (mprotect(part->base, part->grown, PROT_READ | PROT_WRITE) ||
        ftruncate(part->fd, 0) || !find_runs(part))
        return false;
    for (size_t page = 0; page < part->n_pages; page++)
        if (part->copy_of[page])
            fill(part, page);
    return true;
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
    size_t at = 0;
    for (uint32_t i = 0; i < part->n_runs; i++) {
        const struct page_run *run = &part->runs[i];
        drop(part, at, run->first);
        for (size_t page = run->first; page < run->end; page++)
            fill(part, page);
        at = run->end;
    }
    drop(part, at, part->n_pages);
}

/* Now and then it looks what the runs touch: more often at first. */
void arena_reset(struct arena *arena)
{
    assert(arena->frozen);
    uint64_t n = arena->n_resets++;
    for (int i = ARENA_FIXED + 1; i < ARENA_N_PARTS; i++) {
        if (arena->parts[i].grown == 0)
            continue;
        if (n && (n & (n - 1)) == 0)
            keep_touched(&arena->parts[i]);
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
