/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memory.c - libc's functions on memory and text, as ranges.
 *
 * libc is not instrumented, so what its functions read and write would be
 * missing.  These do the work themselves: they are called before libc can be
 * asked for its own (from ld.so's relocations on), and must not call each
 * other.  Compiled with -fno-builtin, or they would.
 */
#include "rt.h"
#include "sys.h"

#include <string.h>
#include <strings.h>

#undef strdup
#undef strndup

static void loads(const void *p, size_t n, uint64_t pc)
{
    rt_range(OP_LOAD_RANGE, p, n, pc, 0);
}

static void stores(const void *p, size_t n, uint64_t pc)
{
    rt_range(OP_STORE_RANGE, p, n, pc, 0);
}

static void *copy(void *to, const void *from, size_t n, uint64_t pc)
{
    loads(from, n, pc);
    stores(to, n, pc);
    sys_copy(to, from, n);
    return to;
}

static void *move(void *to, const void *from, size_t n, uint64_t pc)
{
    uint8_t *t = to;
    const uint8_t *f = from;
    if (RT_VA(to) - RT_VA(from) >= n)
        return copy(to, from, n, pc);
    loads(from, n, pc);
    stores(to, n, pc);
    while (n-- > 0)
        t[n] = f[n];
    return to;
}

static void *fill(void *to, int byte, size_t n, uint64_t pc)
{
    stores(to, n, pc);
    sys_fill(to, byte, n);
    return to;
}

static int fold(int c, bool ignore_case)
{
    return ignore_case && c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* The end of text counts unless 'raw'; 'n' bytes at most. */
static int compare(const void *left, const void *right, size_t n, bool raw,
                   bool ignore_case, uint64_t pc)
{
    const uint8_t *l = left, *r = right;
    size_t i = 0;
    int difference = 0;
    while (i < n) {
        difference = fold(l[i], ignore_case) - fold(r[i], ignore_case);
        i++;
        if (difference != 0 || (!raw && l[i - 1] == '\0'))
            break;
    }
    loads(left, i, pc);
    loads(right, i, pc);
    return difference;
}

static size_t length(const char *text, size_t max, uint64_t pc)
{
    size_t n = 0;
    while (n < max && text[n] != '\0') {
        n++;
        __asm__ volatile("" : "+r"(n)); /* Not an idiom for strlen. */
    }
    loads(text, n < max ? n + 1 : n, pc);
    return n;
}

/* The first byte 'c' among 'n'; the end of text ends the search unless 'raw'. */
static void *find(const void *p, int c, size_t n, bool raw, uint64_t pc)
{
    const uint8_t *bytes = p;
    for (size_t i = 0; i < n; i++) {
        bool here = bytes[i] == (uint8_t)c;
        if (here || (!raw && bytes[i] == '\0')) {
            loads(p, i + 1, pc);
            return here ? (void *)(uintptr_t)(bytes + i) : NULL;
        }
    }
    loads(p, n, pc);
    return NULL;
}

static char *find_last(const char *text, int c, uint64_t pc)
{
    size_t n = length(text, SIZE_MAX, pc) + 1;
    while (n-- > 0)
        if (text[n] == (char)c)
            return (char *)(uintptr_t)(text + n);
    return NULL;
}

static char *duplicate(const char *text, size_t max, uint64_t pc)
{
    extern void *malloc(size_t);
    size_t n = length(text, max, pc);
    char *to = malloc(n + 1);
    if (to == NULL)
        return NULL;
    copy(to, text, n, pc);
    to[n] = '\0';
    return to;
}

/* Pads with zeros, as strncpy does. */
static char *copy_padded(char *to, const char *from, size_t n, uint64_t pc)
{
    size_t used = length(from, n, pc);
    stores(to, n, pc);
    sys_copy(to, from, used);
    sys_fill(to + used, 0, n - used);
    return to;
}

static char *append(char *to, const char *from, size_t max, uint64_t pc)
{
    size_t at = length(to, SIZE_MAX, pc), n = length(from, max, pc);
    copy(to + at, from, n, pc);
    to[at + n] = '\0';
    return to;
}

/* clang calls the first three by names of their own. */
#define NAME(result, name, body, ...)   \
    RT_PUBLIC result name(__VA_ARGS__); \
    RT_PUBLIC result name(__VA_ARGS__)  \
    {                                   \
        return body;                    \
    }

NAME(void *, memcpy, copy(to, from, n, RT_PC), void *to, const void *from, size_t n)
NAME(void *, memmove, move(to, from, n, RT_PC), void *to, const void *from, size_t n)
NAME(void *, memset, fill(to, byte, n, RT_PC), void *to, int byte, size_t n)
NAME(void *, __tsan_memcpy, copy(to, from, n, RT_PC), void *to, const void *from,
     size_t n)
NAME(void *, __tsan_memmove, move(to, from, n, RT_PC), void *to, const void *from,
     size_t n)
NAME(void *, __tsan_memset, fill(to, byte, n, RT_PC), void *to, int byte, size_t n)
NAME(int, memcmp, compare(l, r, n, true, false, RT_PC), const void *l, const void *r,
     size_t n)
NAME(int, bcmp, compare(l, r, n, true, false, RT_PC), const void *l, const void *r,
     size_t n)
NAME(void *, memchr, find(p, c, n, true, RT_PC), const void *p, int c, size_t n)
NAME(size_t, strlen, length(s, SIZE_MAX, RT_PC), const char *s)
NAME(size_t, strnlen, length(s, n, RT_PC), const char *s, size_t n)
NAME(int, strcmp, compare(l, r, SIZE_MAX, false, false, RT_PC), const char *l,
     const char *r)
NAME(int, strncmp, compare(l, r, n, false, false, RT_PC), const char *l, const char *r,
     size_t n)
NAME(int, strcasecmp, compare(l, r, SIZE_MAX, false, true, RT_PC), const char *l,
     const char *r)
NAME(int, strncasecmp, compare(l, r, n, false, true, RT_PC), const char *l,
     const char *r, size_t n)
NAME(char *, strchr, find(s, c, SIZE_MAX, false, RT_PC), const char *s, int c)
NAME(char *, strrchr, find_last(s, c, RT_PC), const char *s, int c)
NAME(char *, strcpy, copy(to, from, length(from, SIZE_MAX, RT_PC) + 1, RT_PC), char *to,
     const char *from)
NAME(char *, strncpy, copy_padded(to, from, n, RT_PC), char *to, const char *from,
     size_t n)
NAME(char *, strcat, append(to, from, SIZE_MAX, RT_PC), char *to, const char *from)
NAME(char *, strncat, append(to, from, n, RT_PC), char *to, const char *from, size_t n)
NAME(char *, strdup, duplicate(s, SIZE_MAX, RT_PC), const char *s)
NAME(char *, strndup, duplicate(s, n, RT_PC), const char *s, size_t n)
