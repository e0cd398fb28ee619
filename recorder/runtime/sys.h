/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sys.h - system calls and byte loops that touch nothing of the guest's libc.
 *
 * The runtime interposes mmap, write, memcpy and so on; if it called them it
 * would record itself.  These go to the kernel directly.  A failure is the
 * negative error number; errno stays as the guest left it.
 */
#ifndef RECORDER_SYS_H
#define RECORDER_SYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

static inline long sys_call(long nr, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#define SYS_CALL(nr, a, b, c) sys_call((nr), (long)(a), (long)(b), (long)(c), 0, 0, 0)

static inline long sys_yield(void)
{
    return SYS_CALL(SYS_sched_yield, 0, 0, 0);
}

static inline void sys_write_all(int fd, const char *text, size_t n)
{
    while (n > 0) {
        long done = SYS_CALL(SYS_write, fd, text, n);
        if (done <= 0)
            return;
        text += done;
        n -= (size_t)done;
    }
}

/* Copies forward. The compiler must not turn these into calls of memcpy. */
static inline void sys_copy(void *to, const void *from, size_t n)
{
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
}

static inline void sys_fill(void *to, int byte, size_t n)
{
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(byte) : "memory");
}

static inline size_t sys_length(const char *text)
{
    size_t n = 0;
    while (text[n] != '\0') {
        n++;
        __asm__ volatile("" : "+r"(n)); /* Not an idiom for strlen. */
    }
    return n;
}

/* Appends to a text of 'size' bytes; what does not fit is cut off. */
static inline size_t sys_append(char *text, size_t at, size_t size, const char *more)
{
    while (*more != '\0' && at + 1 < size)
        text[at++] = *more++;
    text[at] = '\0';
    return at;
}

static inline size_t sys_append_base(char *text, size_t at, size_t size, uint64_t n,
                                     unsigned base)
{
    char digits[24];
    size_t i = sizeof digits;
    digits[--i] = '\0';
    do {
        digits[--i] = "0123456789abcdef"[n % base];
        n /= base;
    } while (n > 0);
    return sys_append(text, at, size, digits + i);
}

static inline size_t sys_append_number(char *text, size_t at, size_t size, uint64_t n)
{
    return sys_append_base(text, at, size, n, 10);
}

static inline size_t sys_append_hex(char *text, size_t at, size_t size, uint64_t n)
{
    at = sys_append(text, at, size, "0x");
    return sys_append_base(text, at, size, n, 16);
}

#endif
