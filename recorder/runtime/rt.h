/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rt.h - the runtime behind '-fsanitize=thread', seen from inside.
 *
 * The compiler calls __tsan_* before every access of the guest; sim-cc links
 * this runtime in place of libtsan, and it writes down what it is told.  It
 * detects no race.  It lives in the guest's process, so unlike the simulator
 * it has global state (struct rt_process, and one cursor per thread), and it
 * never calls a libc function that it interposes itself, except through
 * real.h.
 *
 * The fast path is four stores: every thread has a cursor into a window of its
 * file.  When nothing is recorded the cursor goes round in a scratch window,
 * so the path stays the same and needs no test.
 *
 * Not recorded: what libc does inside (but for the calls interposed here),
 * inline assembly, spills to the stack.
 */
#ifndef RECORDER_RT_H
#define RECORDER_RT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "raw.h"
#include "trace/op.h"

#define RT_HIDDEN    __attribute__((visibility("hidden")))
#define RT_PUBLIC    __attribute__((visibility("default"))) /* For the guest. */
#define RT_COLD      __attribute__((noinline, cold))
#define RT_LIKELY(x) __builtin_expect(!!(x), 1)

/* The code that called the function in which this stands. */
#define RT_PC    ((uint64_t)(uintptr_t)__builtin_return_address(0))
#define RT_VA(p) ((uint64_t)(uintptr_t)(p))

enum {
    RT_SCRATCH_SLOTS = 256,
    RT_WINDOW_SLOTS = 16384,  /* 256 KiB of a file are mapped at a time. */
    RT_WINDOW_BASE_BITS = 45, /* Windows lie from 1 << 45 to 2 << 45. */
    RT_DIR_MAX = RAW_DIR_MAX,
    RT_PATH_MAX = 256,
};

enum rt_mode {
    RT_EARLY, /* Before our constructor: nothing is recorded yet. */
    RT_OFF,   /* The guest runs without recording, or has ended. */
    RT_ON,
};

/* What is one per guest process.  A forked child starts with a copy. */
struct rt_process {
    _Atomic int mode;       /* enum rt_mode */
    char dir[RT_DIR_MAX];   /* Absolute. */
    char path[RT_PATH_MAX]; /* See raw.h. */
    _Atomic uint32_t n_threads;
    _Atomic uint32_t n_forks;
    _Atomic uint64_t seq;
};

extern RT_HIDDEN struct rt_process rt_process;

/* Where the next record of this thread goes. */
struct rt_cursor {
    struct raw_slot *next;
    struct raw_slot *limit;  /* At or past it: rt_make_room().  Two slots fit
                              * at every place before it. */
    struct raw_slot *window; /* Null: the scratch window is in use. */
    struct raw_slot *turn;   /* Where 'turn_left' was last counted. */
    int64_t turn_left;       /* Slots before the token goes on (sched.h). */
    uint32_t n_windows;      /* Made so far, the present one included. */
    uint32_t thread;         /* Number within the process. */
    uint32_t n_repeats;      /* Of one spinning load, not recorded. */
    uint32_t hold;           /* Not preempted while above 0. */
    bool ended;              /* EXIT is written: nothing may follow. */
    uint64_t fork_pc;        /* Who called fork(), */
    uint32_t fork;           /* and its number in the process. */
};

extern RT_HIDDEN __thread struct rt_cursor rt_cursor
    __attribute__((tls_model("initial-exec")));

/* Makes room for two slots and hands the token over when the thread's turn is
 * at its end.  Leaves errno alone. */
RT_HIDDEN RT_COLD void rt_make_room(void);

/* An access: one slot. */
static inline void rt_access(uint64_t addr, uint64_t pc, enum op_kind kind,
                             uint32_t size)
{
    if (!RT_LIKELY(rt_cursor.next < rt_cursor.limit))
        rt_make_room();
    struct raw_slot *slot = rt_cursor.next;
    slot->a = addr;
    slot->b = raw_word(pc, (uint32_t)kind + 1, size);
    rt_cursor.next = slot + 1;
}

/* Anything else: two slots.  'seq' 0 means: no order on an object. */
struct rt_event {
    enum op_kind kind;
    uint32_t target;
    uint32_t flags; /* OP_BY_KERNEL, OP_HAS_VALUE */
    uint64_t addr, arg, seq, pc;
};
RT_HIDDEN void rt_emit(const struct rt_event *event);

/* The next number in the order of all ordered operations of the process. */
static inline uint64_t rt_next_seq(void)
{
    return atomic_fetch_add(&rt_process.seq, 1) + 1;
}

/* A range that is read or written as one; of 0 bytes: nothing. */
RT_HIDDEN void rt_range(enum op_kind kind, const void *p, size_t n, uint64_t pc,
                        uint32_t flags);

/* A lock, an event or a map operation, with the next seq. */
RT_HIDDEN void rt_ordered(enum op_kind kind, const void *p, uint64_t arg,
                          uint32_t target, uint64_t pc);

/* Whether this thread's operations are being written down. */
static inline bool rt_recording(void)
{
    return atomic_load_explicit(&rt_process.mode, memory_order_relaxed) == RT_ON &&
           !rt_cursor.ended;
}

/* A new turn of 'n' slots begins here (sched.c calls it). */
RT_HIDDEN void rt_new_turn(int64_t n);

/* Life of a stream (stream.c). */
RT_HIDDEN void rt_stream_start(uint32_t thread);
RT_HIDDEN void rt_stream_end(void); /* Nothing of this thread follows. */

/* Whether 'addr' lies where the runtime maps its windows. */
static inline bool rt_window_at(uint64_t addr)
{
    return addr >> RT_WINDOW_BASE_BITS == 1;
}

/* The name of file p<path>.<suffix> of the recording. */
RT_HIDDEN void rt_file_name(char *name, size_t size, const char *suffix);

/* A short lock of the runtime itself, never held while guest code runs. */
RT_HIDDEN void rt_lock(void);
RT_HIDDEN void rt_unlock(void);

#endif
