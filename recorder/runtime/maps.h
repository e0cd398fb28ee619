/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maps.h - which ranges of the address space the recording knows as mapped.
 *
 * The guest's own mmap and munmap calls are interposed; what libc maps for
 * itself (stacks of threads, libraries) is not.  So at points where such a map
 * may have appeared, the kernel's list is compared with what is known, and the
 * difference is recorded as MMAP.
 */
#ifndef RECORDER_MAPS_H
#define RECORDER_MAPS_H

#include "rt.h"

/* Saves the kernel's list as p0.maps and takes it for known. */
RT_HIDDEN void maps_start(void);

/* Records all ranges that the kernel has and that are not known. */
RT_HIDDEN void maps_sync(void);

/* A successful map call, and an unmap call before it is made: recorded. */
RT_HIDDEN void maps_mapped(uint64_t addr, uint64_t n, uint32_t prot, uint64_t pc);
RT_HIDDEN void maps_unmapping(uint64_t addr, uint64_t n, uint64_t pc);

static inline uint64_t maps_whole_pages(uint64_t n)
{
    return (n + 4095) & ~UINT64_C(4095);
}

#endif
