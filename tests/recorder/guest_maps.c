/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_maps.c - a guest of one thread that uses memory in every way.
 *
 * Prints "ok"; what each part must leave in the trace is known exactly, see
 * test_operations.sh.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

static void fail(const char *part)
{
    printf("failed: %s\n", part);
    exit(1);
}

static void move_maps(void)
{
    int prot = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
    volatile char *p = mmap(NULL, 4 * PAGE, prot, flags, -1, 0);
    p[0] = 1;
    p[3 * PAGE] = 2;
    mprotect((void *)p, PAGE, PROT_READ);
    mprotect((void *)p, PAGE, prot);
    madvise((void *)(p + 3 * PAGE), PAGE, MADV_DONTNEED);
    if (p[0] != 1 || p[3 * PAGE] != 0)
        fail("madvise");
    volatile char *q = mremap((void *)p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    q[63 * PAGE] = 3;
    munmap((void *)q, 64 * PAGE);
    char *heap = sbrk(3 * PAGE);
    memset(heap, 1, 3 * PAGE);
    sbrk(-3 * PAGE);
}

static void use_text(void)
{
    char a[64] = "alpha", b[64], padded[8];
    strcpy(b, a);
    strcat(b, "beta");
    strncpy(padded, "xy", sizeof padded);
    char *copy = strdup(b);
    if (strcmp(copy, "alphabeta") != 0 || strncmp(copy, "alphaZ", 5) != 0 ||
        strlen(copy) != 9 || strchr(copy, 'b') != copy + 5 ||
        strchr(copy, 'q') != NULL || strrchr(copy, 'a') != copy + 8 ||
        strcasecmp("ABC", "abc") != 0 || memcmp("abd", "abc", 3) <= 0 ||
        memchr(copy, 't', 9) != copy + 7 || memcmp(padded, "xy\0\0\0\0\0", 8) != 0 ||
        strnlen(copy, 4) != 4)
        fail("text");
    memmove(copy + 1, copy, 8);
    if (strcmp(copy, "aalphabet") != 0)
        fail("memmove up");
    memmove(copy, copy + 1, 9);
    if (strcmp(copy, "alphabet") != 0)
        fail("memmove down");
    free(copy);
}

static void use_heap(void)
{
    for (size_t n = 0; n < 100000; n = n * 3 + 1) {
        unsigned char *p = malloc(n), *q = calloc(1, n + 1);
        if (((uintptr_t)p | (uintptr_t)q) % 16 != 0 || q[n] != 0)
            fail("malloc");
        memset(p, 7, n);
        p = realloc(p, 2 * n + 10);
        if (n > 0 && (p[0] != 7 || p[n - 1] != 7))
            fail("realloc");
        free(q);
        free(p);
    }
    void *aligned;
    if (posix_memalign(&aligned, 1 << 16, 100) != 0 ||
        (uintptr_t)aligned % (1 << 16) != 0)
        fail("posix_memalign");
    memset(aligned, 1, 100);
    free(aligned);
    volatile size_t much = SIZE_MAX / 2;
    void *volatile none = malloc(much), *volatile neither = calloc(much, 4);
    if (none != NULL || neither != NULL)
        fail("malloc of too much");
}

static void fork_twice(void)
{
    int status;
    volatile int value = 1;
    pid_t child = fork();
    if (child == 0) {
        value = 2;
        pid_t grandchild = fork();
        if (grandchild == 0)
            _exit(value + 5);
        wait(&status);
        _exit(WEXITSTATUS(status) + 1);
    }
    if (waitpid(child, &status, 0) != child || WEXITSTATUS(status) != 8 || value != 1)
        fail("fork");
}

static void use_wide_atomics(void)
{
    __extension__ typedef unsigned __int128 u128;
    static u128 word;
    u128 expected = 0, big = (u128)7 << 64 | 9;
    if (!__atomic_compare_exchange_n(&word, &expected, big, 0, __ATOMIC_SEQ_CST,
                                     __ATOMIC_SEQ_CST) ||
        __atomic_load_n(&word, __ATOMIC_SEQ_CST) != big ||
        __atomic_compare_exchange_n(&word, &expected, 1, 0, __ATOMIC_SEQ_CST,
                                    __ATOMIC_SEQ_CST) ||
        expected != big)
        fail("16-byte atomics");
}

int main(void)
{
    if (strlen(getenv("PATH")) == 0)
        fail("environment");
    move_maps();
    use_text();
    use_heap();
    fork_twice();
    use_wide_atomics();
    puts("ok");
    return 0;
}
