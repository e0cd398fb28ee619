/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - what the compiler calls before plain accesses.
 *
 * The names and signatures are those that gcc 12 and clang 14 emit for
 * '-fsanitize=thread'.  A volatile load that is repeated is a thread that
 * spins: it is written down once (see rt_spin_load in spin.h).
 */
#include "rt.h"
#include "spin.h"

/* Entry points that no header declares. */
#define ENTRY(name, ...)    \
    void name(__VA_ARGS__); \
    void name(__VA_ARGS__)

#define LOAD_OF(name, bytes)                        \
    ENTRY(name, void *p)                            \
    {                                               \
        rt_access(RT_VA(p), RT_PC, OP_LOAD, bytes); \
    }

#define STORE_OF(name, bytes)                        \
    ENTRY(name, void *p)                             \
    {                                                \
        rt_access(RT_VA(p), RT_PC, OP_STORE, bytes); \
    }

#define SPIN_LOAD_OF(name, bytes)             \
    ENTRY(name, void *p)                      \
    {                                         \
        rt_spin_load(RT_VA(p), RT_PC, bytes); \
    }

#define LOAD_STORE_OF(name, bytes)                   \
    ENTRY(name, void *p)                             \
    {                                                \
        rt_access(RT_VA(p), RT_PC, OP_LOAD, bytes);  \
        rt_access(RT_VA(p), RT_PC, OP_STORE, bytes); \
    }

#define ACCESSES_OF(bytes)                                     \
    LOAD_OF(__tsan_read##bytes, bytes)                         \
    STORE_OF(__tsan_write##bytes, bytes)                       \
    LOAD_OF(__tsan_unaligned_read##bytes, bytes)               \
    STORE_OF(__tsan_unaligned_write##bytes, bytes)             \
    SPIN_LOAD_OF(__tsan_volatile_read##bytes, bytes)           \
    STORE_OF(__tsan_volatile_write##bytes, bytes)              \
    SPIN_LOAD_OF(__tsan_unaligned_volatile_read##bytes, bytes) \
    STORE_OF(__tsan_unaligned_volatile_write##bytes, bytes)    \
    LOAD_STORE_OF(__tsan_read_write##bytes, bytes)             \
    LOAD_STORE_OF(__tsan_unaligned_read_write##bytes, bytes)

ACCESSES_OF(1)
ACCESSES_OF(2)
ACCESSES_OF(4)
ACCESSES_OF(8)
ACCESSES_OF(16)

ENTRY(__tsan_read_range, void *p, unsigned long n)
{
    rt_range(OP_LOAD_RANGE, p, n, RT_PC, 0);
}

ENTRY(__tsan_write_range, void *p, unsigned long n)
{
    rt_range(OP_STORE_RANGE, p, n, RT_PC, 0);
}

ENTRY(__tsan_vptr_update, void **p, void *value)
{
    (void)value;
    rt_access(RT_VA(p), RT_PC, OP_STORE, sizeof *p);
}

ENTRY(__tsan_vptr_read, void **p)
{
    rt_access(RT_VA(p), RT_PC, OP_LOAD, sizeof *p);
}

/* Every access brings its own pc, so calls and returns add nothing. */
ENTRY(__tsan_func_entry, void *caller)
{
    (void)caller;
}

ENTRY(__tsan_func_exit, void)
{
}

ENTRY(__tsan_init, void)
{
}
