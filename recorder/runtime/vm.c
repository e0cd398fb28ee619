/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm.c - the calls that change the guest's address space.
 *
 * A map is recorded after the call and an unmap before it, so that the numbers
 * tell the true order when two threads use one range in turn.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps.h"
#include "rt.h"
#include "sys.h"

_Static_assert(PROT_READ == OP_PROT_READ && PROT_WRITE == OP_PROT_WRITE &&
                   PROT_EXEC == OP_PROT_EXEC,
               "the kernel's protection bits are those of a trace");

/* A result of the kernel as libc gives it. */
static long checked(long result)
{
    if (result < 0 && result >= -4095) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

static uint32_t kind_of(int prot, int flags)
{
    uint32_t kind = (uint32_t)prot & (OP_PROT_READ | OP_PROT_WRITE | OP_PROT_EXEC);
    if ((flags & MAP_SHARED) != 0)
        kind |= OP_MAP_SHARED;
    if ((flags & MAP_ANONYMOUS) == 0)
        kind |= OP_MAP_FILE;
    return kind;
}

static void *map(void *addr, size_t n, int prot, int flags, int fd, off_t offset,
                 uint64_t pc)
{
    long result =
        checked(sys_call(SYS_mmap, (long)addr, (long)n, prot, flags, fd, offset));
    if (result != -1)
        maps_mapped((uint64_t)result, n, kind_of(prot, flags), pc);
    return (void *)result;
}

RT_PUBLIC void *mmap(void *addr, size_t n, int prot, int flags, int fd, off_t offset)
{
    return map(addr, n, prot, flags, fd, offset, RT_PC);
}

RT_PUBLIC void *mmap64(void *addr, size_t n, int prot, int flags, int fd,
                       off64_t offset)
{
    return map(addr, n, prot, flags, fd, offset, RT_PC);
}

RT_PUBLIC int munmap(void *addr, size_t n)
{
    maps_unmapping(RT_VA(addr), n, RT_PC);
    return (int)checked(SYS_CALL(SYS_munmap, addr, n, 0));
}

RT_PUBLIC int mprotect(void *addr, size_t n, int prot)
{
    rt_ordered(OP_MPROTECT, addr, maps_whole_pages(n), kind_of(prot, MAP_ANONYMOUS),
               RT_PC);
    return (int)checked(SYS_CALL(SYS_mprotect, addr, n, prot));
}

/* Of all advice only what drops pages shows in the translations; both kinds do
 * it at once here. */
RT_PUBLIC int madvise(void *addr, size_t n, int advice)
{
    if (advice == MADV_DONTNEED || advice == MADV_FREE)
        rt_ordered(OP_MADVISE, addr, maps_whole_pages(n), 0, RT_PC);
    return (int)checked(SYS_CALL(SYS_madvise, addr, n, advice));
}

/* A range that moves is unmapped and mapped anew. */
static void note_remap(uint64_t from, size_t n_from, uint64_t to, size_t n_to,
                       uint64_t pc)
{
    uint32_t prot = OP_PROT_READ | OP_PROT_WRITE;
    if (from != to) {
        maps_unmapping(from, n_from, pc);
        maps_mapped(to, n_to, prot, pc);
    } else if (n_to > n_from) {
        maps_mapped(from + n_from, n_to - n_from, prot, pc);
    } else if (n_to < n_from) {
        maps_unmapping(from + n_to, n_from - n_to, pc);
    }
}

RT_PUBLIC void *mremap(void *addr, size_t n_old, size_t n_new, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    void *wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void *) : NULL;
    va_end(rest);
    long result = checked(sys_call(SYS_mremap, (long)addr, (long)n_old, (long)n_new,
                                   flags, (long)wanted, 0));
    if (result != -1)
        note_remap(RT_VA(addr), n_old, (uint64_t)result, n_new, RT_PC);
    return (void *)result;
}

/* The heap that libc's own malloc would use; the guest may use it directly. */
static uint64_t move_break(uint64_t to, uint64_t pc)
{
    uint64_t from = (uint64_t)SYS_CALL(SYS_brk, 0, 0, 0);
    uint64_t old_end = (from + 4095) & ~UINT64_C(4095);
    uint64_t new_end = (to + 4095) & ~UINT64_C(4095);
    if (to == 0)
        return from;
    if (new_end < old_end)
        maps_unmapping(new_end, old_end - new_end, pc);
    uint64_t now = (uint64_t)SYS_CALL(SYS_brk, to, 0, 0);
    if (now == to && new_end > old_end)
        maps_mapped(old_end, new_end - old_end, OP_PROT_READ | OP_PROT_WRITE, pc);
    return now;
}

RT_PUBLIC int brk(void *to)
{
    if (move_break(RT_VA(to), RT_PC) == RT_VA(to))
        return 0;
    errno = ENOMEM;
    return -1;
}

RT_PUBLIC void *sbrk(intptr_t by)
{
    uint64_t from = move_break(0, 0);
    uint64_t to = from + (uint64_t)by;
    if (by != 0 && move_break(to, RT_PC) != to) {
        errno = ENOMEM;
        return (void *)-1;
    }
    return (void *)from;
}
