/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * thread.c - guest threads: one stream each, from their first call to EXIT.
 *
 * A thread ends in the destructor of a key, after those of the guest: the key
 * is set again until the last round of destructors that POSIX promises.
 */
#include "thread.h"

#include <limits.h>
#include <pthread.h>

#include "maps.h"
#include "real.h"
#include "rt.h"
#include "sched.h"

enum { THREADS = 65536 };

static struct thread {
    pthread_t handle;
    bool known; /* 'handle' is set. */
    void *(*routine)(void *);
    void *argument;
} threads[THREADS];

static pthread_key_t end_key;

static void end_thread(void)
{
    if (rt_recording())
        rt_emit(&(struct rt_event){.kind = OP_EXIT});
    rt_stream_end();
    if (sched_active())
        sched_leave();
}

static void count_round(void *value)
{
    uintptr_t round = (uintptr_t)value + 1;
    if (round < PTHREAD_DESTRUCTOR_ITERATIONS)
        pthread_setspecific(end_key, (void *)round);
    else
        end_thread();
}

void thread_start_first(void)
{
    pthread_key_create(&end_key, count_round);
    thread_start_child();
}

void thread_start_child(void)
{
    for (uint32_t i = 0; i < THREADS && threads[i].routine != NULL; i++)
        threads[i] = (struct thread){0};
    threads[0] = (struct thread){.handle = pthread_self(), .known = true};
    pthread_setspecific(end_key, (void *)1);
}

static void name_thread(uint32_t number, pthread_t handle)
{
    rt_lock();
    threads[number].handle = handle;
    threads[number].known = true;
    rt_unlock();
}

/* 'packed' is the thread's number and whether it takes part in the schedule. */
static void *run_thread(void *packed)
{
    uintptr_t bits = (uintptr_t)packed;
    uint32_t number = (uint32_t)(bits >> 1);
    rt_stream_start(number);
    if ((bits & 1) != 0)
        sched_enter(number);
    name_thread(number, pthread_self());
    pthread_setspecific(end_key, (void *)1);
    return threads[number].routine(threads[number].argument);
}

static int create(pthread_t *handle, const pthread_attr_t *attributes, uint32_t number,
                  uint64_t pc)
{
    uintptr_t bits = (uintptr_t)number << 1 | sched_active();
    if (sched_active())
        sched_seat(number);
    rt_cursor.hold++; /* libc may hold locks of its own in there. */
    int result = real()->pthread_create(handle, attributes, run_thread, (void *)bits);
    rt_cursor.hold--;
    if (result != 0 && sched_active())
        sched_unseat(number);
    if (result == 0) {
        name_thread(number, *handle);
        maps_sync(); /* The new stack must be mapped before the thread starts. */
        if (rt_recording())
            rt_emit(&(struct rt_event){.kind = OP_SPAWN, .target = number, .pc = pc});
    }
    return result;
}

RT_PUBLIC int pthread_create(pthread_t *handle, const pthread_attr_t *attributes,
                             void *(*routine)(void *), void *argument)
{
    if (!rt_recording())
        return real()->pthread_create(handle, attributes, routine, argument);
    uint32_t number = atomic_fetch_add(&rt_process.n_threads, 1);
    if (number >= THREADS)
        return real()->pthread_create(handle, attributes, routine, argument);
    threads[number].routine = routine;
    threads[number].argument = argument;
    return create(handle, attributes, number, RT_PC);
}

/* The newest thread with this handle: libc uses handles again. 0: none. */
static uint32_t find_thread(pthread_t handle)
{
    uint32_t n = atomic_load(&rt_process.n_threads);
    rt_lock();
    uint32_t i = n < THREADS ? n : THREADS;
    while (--i > 0 && !(threads[i].known && pthread_equal(threads[i].handle, handle)))
        ;
    rt_unlock();
    return i;
}

RT_PUBLIC int pthread_join(pthread_t handle, void **value)
{
    uint32_t number = rt_recording() ? find_thread(handle) : 0;
    if (sched_active())
        while (number != 0 && !sched_left(number))
            sched_block(SCHED_WAIT_THREAD, number, SCHED_NO_DEADLINE);
    int result = real()->pthread_join(handle, value);
    if (result == 0 && number != 0)
        rt_emit(&(struct rt_event){.kind = OP_JOIN, .target = number, .pc = RT_PC});
    return result;
}
