/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * gmalloc.c - the guest's malloc: a small allocator whose work is recorded.
 *
 * libc's own malloc is not instrumented, and a good part of what a program
 * does to its TLBs happens in there.  This one is compiled like the guest, so
 * its lock, its lists and its mmap and munmap calls are in the trace.
 *
 * Blocks of 16, 32, ... 32 KiB come from spans of 256 KiB, one list and one
 * lock per size; larger ones are maps of their own.  Memory of small blocks
 * never goes back to the kernel.
 *
 *    header (16 bytes)          payload, 16-byte aligned
 *   +-------------+-----------+----------------------------
 *   | total bytes | class     | of a free block: next free block
 *   +-------------+-----------+----------------------------
 *
 * Every call holds the runtime's scheduler (shootdown_hold): libc calls malloc
 * with locks of its own held, which the scheduler cannot see.
 */
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

enum {
    N_CLASSES = 12,        /* 16 << 0 to 16 << 11 bytes, header included. */
    CLASS_MAP = N_CLASSES, /* A map of its own. */
    SPAN_BYTES = 256 << 10,
    PAGE = 4096,
    LINE = 64,
};

struct header {
    uint64_t bytes; /* From the start of the block or map. */
    uint32_t class;
    uint32_t shift; /* Map: from its start to the header. */
};

_Static_assert(sizeof(struct header) == 16, "payloads stay aligned");

struct class
{
    pthread_mutex_t lock;
    struct header *free;
    char *next, *end; /* What is left of the newest span. */
} __attribute__((aligned(LINE)));

/* All zeros is PTHREAD_MUTEX_INITIALIZER in glibc. malloc is called before any
 * constructor could do better. */
static struct class classes[N_CLASSES];

void shootdown_hold(void) __attribute__((weak));
void shootdown_release(void) __attribute__((weak));

static void hold(void)
{
    if (shootdown_hold != NULL)
        shootdown_hold();
}

static void release(void)
{
    if (shootdown_release != NULL)
        shootdown_release();
}

static void *map_pages(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

static unsigned class_of(size_t bytes)
{
    unsigned class = 0;
    while (((size_t)16 << class) < bytes)
        class ++;
    return class;
}

/* A new block of the class; its lock is held. */
static struct header *carve(struct class *class, size_t bytes)
{
    if ((size_t)(class->end - class->next) < bytes) {
        char *span = map_pages(SPAN_BYTES);
        if (span == NULL)
            return NULL;
        class->next = span;
        class->end = span + SPAN_BYTES;
    }
    struct header *block = (struct header *)class->next;
    class->next += bytes;
    return block;
}

static struct header *take(unsigned n)
{
    struct class *class = &classes[n];
    size_t bytes = (size_t)16 << n;
    pthread_mutex_lock(&class->lock);
    struct header *block = class->free;
    if (block != NULL)
        class->free = *(struct header **)(block + 1);
    else
        block = carve(class, bytes);
    pthread_mutex_unlock(&class->lock);
    if (block != NULL)
        *block = (struct header){.bytes = bytes, .class = n};
    return block;
}

/* A map whose payload is aligned to 'align', a power of two. */
static struct header *take_map(size_t n, size_t align)
{
    size_t slack = align > sizeof(struct header) ? align : 0;
    if (n > PTRDIFF_MAX - slack - PAGE)
        return NULL;
    size_t bytes = (n + sizeof(struct header) + slack + PAGE - 1) & ~(size_t)(PAGE - 1);
    char *start = map_pages(bytes);
    if (start == NULL)
        return NULL;
    uintptr_t payload = (uintptr_t)start + sizeof(struct header);
    payload = (payload + align - 1) & ~(uintptr_t)(align - 1);
    struct header *block = (struct header *)payload - 1;
    *block = (struct header){
        .bytes = bytes, .class = CLASS_MAP, .shift = (uint32_t)((char *)block - start)};
    return block;
}

static void *allocate(size_t n, size_t align)
{
    size_t largest = ((size_t)16 << (N_CLASSES - 1)) - sizeof(struct header);
    hold();
    struct header *block = n <= largest && align <= 16
                               ? take(class_of(n + sizeof(struct header)))
                               : take_map(n, align);
    release();
    if (block == NULL)
        errno = ENOMEM;
    return block == NULL ? NULL : block + 1;
}

void *malloc(size_t n)
{
    return allocate(n, 16);
}

static void give_back(struct header *block)
{
    struct class *class = &classes[block->class];
    pthread_mutex_lock(&class->lock);
    *(struct header **)(block + 1) = class->free;
    class->free = block;
    pthread_mutex_unlock(&class->lock);
}

void free(void *p)
{
    if (p == NULL)
        return;
    int saved = errno; /* free() must not change it. */
    struct header *block = (struct header *)p - 1;
    hold();
    if (block->class == CLASS_MAP)
        munmap((char *)block - block->shift, block->bytes);
    else
        give_back(block);
    release();
    errno = saved;
}

size_t malloc_usable_size(void *p)
{
    if (p == NULL)
        return 0;
    const struct header *block = (struct header *)p - 1;
    return block->bytes - block->shift - sizeof *block;
}

void *calloc(size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    void *p = malloc(bytes);
    if (p != NULL && ((struct header *)p - 1)->class != CLASS_MAP)
        memset(p, 0, bytes); /* A new map is zero. */
    return p;
}

void *realloc(void *p, size_t n)
{
    size_t had = malloc_usable_size(p);
    if (p != NULL && n > 0 && n <= had)
        return p;
    void *to = malloc(n);
    if (to != NULL && p != NULL) {
        memcpy(to, p, had < n ? had : n);
        free(p);
    }
    return to;
}

void *reallocarray(void *p, size_t n, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(p, bytes);
}

void *aligned_alloc(size_t align, size_t n)
{
    return allocate(n, align < 16 ? 16 : align);
}

void *memalign(size_t align, size_t n)
{
    return aligned_alloc(align, n);
}

int posix_memalign(void **result, size_t align, size_t n)
{
    if (align < sizeof(void *) || (align & (align - 1)) != 0)
        return EINVAL;
    *result = aligned_alloc(align, n);
    return *result == NULL ? ENOMEM : 0;
}

/* Around fork all locks are held, so that the child's lists are whole.  In
 * the child they are made anew: it has no thread that could give them back. */
static void before_fork(void)
{
    for (unsigned i = 0; i < N_CLASSES; i++)
        pthread_mutex_lock(&classes[i].lock);
}

static void after_fork(void)
{
    for (unsigned i = N_CLASSES; i-- > 0;)
        pthread_mutex_unlock(&classes[i].lock);
}

static void in_child(void)
{
    for (unsigned i = 0; i < N_CLASSES; i++)
        pthread_mutex_init(&classes[i].lock, NULL);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_atfork(before_fork, after_fork, in_child);
}
