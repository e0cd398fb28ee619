/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * maps.c - what is known and what the kernel says; see maps.h.
 */
#include "maps.h"

#include <fcntl.h>

#include "kernel_map.h"
#include "ranges.h"
#include "sys.h"

enum { RANGES_MAX = 8192, TEXT_MAX = 1 << 18 };

/* All under rt_lock().  A list that is full forgets: then sim-pack finds
 * accesses outside all maps and adds those. */
static struct range known_list[RANGES_MAX];
static struct ranges known = {.list = known_list, .max = RANGES_MAX};
static char text[TEXT_MAX];

static size_t read_kernel_list(void)
{
    size_t n = 0;
    long fd = sys_call(SYS_openat, AT_FDCWD, (long)"/proc/self/maps",
                       O_RDONLY | O_CLOEXEC, 0, 0, 0);
    while (fd >= 0 && n < TEXT_MAX - 1) {
        long done = SYS_CALL(SYS_read, fd, text + n, TEXT_MAX - 1 - n);
        if (done <= 0)
            break;
        n += (size_t)done;
    }
    if (fd >= 0)
        SYS_CALL(SYS_close, fd, 0, 0);
    text[n] = '\0';
    return n;
}

/* Adds the parts of a range that are not known. */
static void learn(const struct kernel_map *map, bool record)
{
    struct range gap;
    uint64_t first = map->first;
    for (; ranges_gap(&known, first, map->end, &gap); first = gap.end) {
        ranges_add(&known, gap.first, gap.end);
        if (record)
            rt_ordered(OP_MMAP, (void *)gap.first, gap.end - gap.first, map->prot, 0);
    }
}

static void learn_all(bool record)
{
    struct kernel_map map;
    const char *at = text;
    while (kernel_map_next(&at, &map))
        if (!rt_window_at(map.first) && map.first >> 47 == 0)
            learn(&map, record);
}

static void save_list(size_t n)
{
    char name[RT_DIR_MAX + RT_PATH_MAX + 32];
    rt_file_name(name, sizeof name, "maps");
    long fd = sys_call(SYS_openat, AT_FDCWD, (long)name,
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600, 0, 0);
    if (fd < 0)
        return;
    sys_write_all((int)fd, text, n);
    SYS_CALL(SYS_close, fd, 0, 0);
}

void maps_start(void)
{
    save_list(read_kernel_list());
    learn_all(false);
}

void maps_sync(void)
{
    rt_cursor.hold++; /* The token may not leave while the lock is held. */
    rt_lock();
    read_kernel_list();
    learn_all(true);
    rt_unlock();
    rt_cursor.hold--;
}

/* A known range that is mapped once more was unmapped by libc, unseen, or is
 * replaced by MAP_FIXED. */
void maps_mapped(uint64_t addr, uint64_t n, uint32_t prot, uint64_t pc)
{
    if (!rt_recording())
        return;
    uint64_t end = addr + maps_whole_pages(n);
    rt_lock();
    bool replaced = ranges_cut(&known, addr, end);
    ranges_add(&known, addr, end);
    rt_unlock();
    if (replaced)
        rt_ordered(OP_MUNMAP, (void *)addr, end - addr, 0, pc);
    rt_ordered(OP_MMAP, (void *)addr, end - addr, prot, pc);
}

void maps_unmapping(uint64_t addr, uint64_t n, uint64_t pc)
{
    if (!rt_recording())
        return;
    rt_ordered(OP_MUNMAP, (void *)addr, maps_whole_pages(n), 0, pc);
    rt_lock();
    ranges_cut(&known, addr, addr + maps_whole_pages(n));
    rt_unlock();
}
