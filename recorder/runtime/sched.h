/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.h - one thread at a time, chosen by a seed.
 *
 * With a seed (SHOOTDOWN_SEED) the threads of a process pass a token around,
 * and only its holder runs guest code.  It passes it on after a drawn number
 * of records, and wherever it would block: the waiting is done here, not in
 * libc.  So the interleaving, and with it every byte of the recording, is a
 * function of the seed.  Without a seed sched_active() is false and the calls
 * below are not made.
 *
 *   RUNNABLE --picked--> (the holder) --turn over--> RUNNABLE
 *   (the holder) --sched_block--> BLOCKED --sched_wake, deadline--> RUNNABLE
 *   (the holder) --sched_leave--> DONE
 *
 * All state is touched by the holder only, so there is no lock.
 *
 * Time is virtual: records and clock readings take some, and when all threads
 * wait, the clock jumps to the nearest deadline.  A forked child runs under
 * its own scheduler, with a seed derived from its parent's.
 *
 * Not deterministic: data that comes from outside (pipes between processes,
 * sockets, signals).
 */
#ifndef RECORDER_SCHED_H
#define RECORDER_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "rt.h"

#define SCHED_NO_DEADLINE UINT64_MAX

/* SCHED_WAIT(NAME, what a thread that waits so is waiting for). */
#define SCHED_WAIT_LIST(WAIT)         \
    WAIT(LOCK, "the lock at")         \
    WAIT(EVENT, "the event at")       \
    WAIT(BARRIER, "the barrier at")   \
    WAIT(THREAD, "the end of thread") \
    WAIT(TIME, "a time")

enum sched_wait {
#define WAIT(name, sentence) SCHED_WAIT_##name,
    SCHED_WAIT_LIST(WAIT)
#undef WAIT
};

/* Whether this thread takes part. */
RT_HIDDEN bool sched_active(void);

/* The calling thread becomes thread 0 and holds the token. 'quantum' is how
 * many slots a turn has on average: short turns split critical sections and
 * keep the order of locks as mixed as on a machine with a CPU per thread. */
RT_HIDDEN void sched_start(uint64_t seed, uint64_t quantum);
/* The same in a child, which is fork number 'fork' of its parent. */
RT_HIDDEN void sched_start_child(uint32_t fork);

/* A seat for a thread that is about to be created; it waits in sched_enter. */
RT_HIDDEN void sched_seat(uint32_t thread);
RT_HIDDEN void sched_unseat(uint32_t thread); /* It was not created after all. */
RT_HIDDEN void sched_enter(uint32_t thread);
/* The last call of a thread. It may still run a few instructions of libc; the
 * next holder waits until the kernel has seen it off. */
RT_HIDDEN void sched_leave(void);
RT_HIDDEN bool sched_left(uint32_t thread);

RT_HIDDEN void sched_pass(void);

/* Waits for a wake-up for (why, on). False: the deadline passed first. */
RT_HIDDEN bool sched_block(enum sched_wait why, uint64_t on, uint64_t deadline);
RT_HIDDEN void sched_wake_all(enum sched_wait why, uint64_t on);
/* One waiter, drawn. */
RT_HIDDEN void sched_wake_one(enum sched_wait why, uint64_t on);

/* Whether another thread could run now. */
RT_HIDDEN bool sched_others(void);

RT_HIDDEN uint64_t sched_draw(void);

/* Virtual nanoseconds since the start; a reading takes time itself. */
RT_HIDDEN uint64_t sched_now(void);

#endif
