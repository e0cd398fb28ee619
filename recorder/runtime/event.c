/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * event.c - condition variables, semaphores, barriers, once.
 *
 * All but barriers become events: POST adds one, WAIT says how many posts
 * there were when the thread went on.  A post takes its number before it is
 * counted and a wait reads the count before it takes its number, so a wait
 * never asks for a post that comes after it in the order:
 *
 *   poster:  seq = 7, posts = 3            waiter: reads 3, seq = 8   right
 *   poster:  posts = 3 ......... seq = 8   waiter: reads 3, seq = 7   deadlock
 *
 * With a seed nothing here waits in libc: the scheduler keeps the waiters.
 */
#include <errno.h>

#include "clock.h"
#include "lock.h"
#include "object.h"
#include "real.h"
#include "rt.h"
#include "sched.h"

static void post(const volatile void *p, uint64_t pc)
{
    struct object *object = object_get(p);
    rt_ordered(OP_POST, (const void *)(uintptr_t)p, 0, 0, pc);
    object->posts++;
}

static void waited(const volatile void *p, uint64_t pc)
{
    uint64_t posts = object_get(p)->posts;
    if (posts > 0)
        rt_ordered(OP_WAIT, (const void *)(uintptr_t)p, posts, 0, pc);
}

/* ---- condition variables ---- */

/* The caller holds the mutex again when this returns. */
static int wait_seeded(pthread_cond_t *cond, pthread_mutex_t *m, uint64_t deadline,
                       uint64_t pc)
{
    /* No turn may end between the unlock and the wait: a signal would be lost. */
    rt_cursor.hold++;
    rt_mutex_unlock(m, pc);
    rt_cursor.hold--;
    bool woken = sched_block(SCHED_WAIT_EVENT, RT_VA(cond), deadline);
    if (woken)
        waited(cond, pc);
    rt_mutex_lock(m, pc);
    return woken ? 0 : ETIMEDOUT;
}

static int wait_free(pthread_cond_t *cond, pthread_mutex_t *m,
                     const struct timespec *until, uint64_t pc)
{
    rt_ordered(OP_UNLOCK, m, 0, OP_LOCK_MUTEX, pc);
    int result = until == NULL ? real()->pthread_cond_wait(cond, m)
                               : real()->pthread_cond_timedwait(cond, m, until);
    if (result == 0)
        waited(cond, pc);
    rt_ordered(OP_LOCK, m, 0, OP_LOCK_MUTEX, pc);
    return result;
}

RT_PUBLIC int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *m)
{
    return sched_active() ? wait_seeded(cond, m, SCHED_NO_DEADLINE, RT_PC)
                          : wait_free(cond, m, NULL, RT_PC);
}

RT_PUBLIC int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *m,
                                     const struct timespec *until)
{
    return sched_active() ? wait_seeded(cond, m, clock_deadline(until), RT_PC)
                          : wait_free(cond, m, until, RT_PC);
}

RT_PUBLIC int pthread_cond_signal(pthread_cond_t *cond)
{
    post(cond, RT_PC);
    if (sched_active())
        sched_wake_one(SCHED_WAIT_EVENT, RT_VA(cond));
    return real()->pthread_cond_signal(cond);
}

RT_PUBLIC int pthread_cond_broadcast(pthread_cond_t *cond)
{
    post(cond, RT_PC);
    if (sched_active())
        sched_wake_all(SCHED_WAIT_EVENT, RT_VA(cond));
    return real()->pthread_cond_broadcast(cond);
}

/* ---- semaphores ---- */

/* Taking number k of a semaphore that began with the value v needs k - v posts;
 * 'credit' is that number for the last taking. */
static void set_value(struct object *object, int64_t value)
{
    object->credit = (int64_t)object->posts - value;
    object->known = 1;
}

static struct object *semaphore(sem_t *sem)
{
    struct object *object = object_get(sem);
    if (!object->known) {
        int value = 0;
        sem_getvalue(sem, &value);
        set_value(object, value);
    }
    return object;
}

static void note_taken(struct object *object, sem_t *sem, uint64_t pc)
{
    int64_t needed = ++object->credit;
    if (needed > 0)
        rt_ordered(OP_WAIT, sem, (uint64_t)needed, 0, pc);
    else
        rt_access(RT_VA(sem), pc, OP_RMW, sizeof(uint64_t));
}

static int take(sem_t *sem, const struct timespec *until)
{
    if (!sched_active())
        return until == NULL ? real()->sem_wait(sem)
                             : real()->sem_timedwait(sem, until);
    while (real()->sem_trywait(sem) != 0) {
        if (!sched_block(SCHED_WAIT_EVENT, RT_VA(sem), clock_deadline(until))) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
    return 0;
}

static int take_and_note(sem_t *sem, const struct timespec *until, uint64_t pc)
{
    struct object *object = semaphore(sem);
    int result = take(sem, until);
    if (result == 0)
        note_taken(object, sem, pc);
    return result;
}

RT_PUBLIC int sem_init(sem_t *sem, int shared, unsigned value)
{
    set_value(object_get(sem), value);
    rt_access(RT_VA(sem), RT_PC, OP_STORE, sizeof(uint64_t));
    return real()->sem_init(sem, shared, value);
}

RT_PUBLIC int sem_wait(sem_t *sem)
{
    return take_and_note(sem, NULL, RT_PC);
}

RT_PUBLIC int sem_timedwait(sem_t *sem, const struct timespec *until)
{
    return take_and_note(sem, until, RT_PC);
}

RT_PUBLIC int sem_trywait(sem_t *sem)
{
    struct object *object = semaphore(sem);
    int result = real()->sem_trywait(sem);
    if (result == 0)
        note_taken(object, sem, RT_PC);
    else
        rt_access(RT_VA(sem), RT_PC, OP_LOAD, sizeof(uint64_t));
    return result;
}

RT_PUBLIC int sem_post(sem_t *sem)
{
    semaphore(sem);
    post(sem, RT_PC);
    int result = real()->sem_post(sem);
    if (sched_active())
        sched_wake_one(SCHED_WAIT_EVENT, RT_VA(sem));
    return result;
}

/* ---- barriers ---- */

RT_PUBLIC int pthread_barrier_init(pthread_barrier_t *barrier,
                                   const pthread_barrierattr_t *attributes, unsigned n)
{
    object_get(barrier)->n = n;
    return real()->pthread_barrier_init(barrier, attributes, n);
}

static int arrive_seeded(struct object *object, pthread_barrier_t *barrier)
{
    uint64_t round = object->round;
    if (++object->arrived == object->n) {
        object->arrived = 0;
        object->round++;
        sched_wake_all(SCHED_WAIT_BARRIER, RT_VA(barrier));
        return PTHREAD_BARRIER_SERIAL_THREAD;
    }
    while (object->round == round)
        sched_block(SCHED_WAIT_BARRIER, RT_VA(barrier), SCHED_NO_DEADLINE);
    return 0;
}

/* No number: an operation on a barrier ends only when all have begun, so no
 * order among them makes sense. */
RT_PUBLIC int pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct object *object = object_get(barrier);
    if (rt_recording())
        rt_emit(&(struct rt_event){
            .kind = OP_BARRIER, .addr = RT_VA(barrier), .arg = object->n, .pc = RT_PC});
    return sched_active() ? arrive_seeded(object, barrier)
                          : real()->pthread_barrier_wait(barrier);
}

/* ---- once ---- */

enum { ONCE_NEW = 0, ONCE_RUNNING = 1, ONCE_DONE = 2 }; /* As glibc has them. */

static void once_seeded(pthread_once_t *once, void (*routine)(void), uint64_t pc)
{
    while (*once != ONCE_DONE) {
        if (*once == ONCE_NEW) {
            *once = ONCE_RUNNING;
            routine();
            *once = ONCE_DONE;
            post(once, pc);
            sched_wake_all(SCHED_WAIT_EVENT, RT_VA(once));
            return;
        }
        sched_block(SCHED_WAIT_EVENT, RT_VA(once), SCHED_NO_DEADLINE);
    }
    waited(once, pc);
}

/* Without a seed libc does the waiting, and the order is only that of the
 * accesses that the routine makes. */
RT_PUBLIC int pthread_once(pthread_once_t *once, void (*routine)(void))
{
    rt_access(RT_VA(once), RT_PC, OP_LOAD, sizeof *once);
    if (!sched_active())
        return real()->pthread_once(once, routine);
    once_seeded(once, routine, RT_PC);
    return 0;
}
