/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c - mutexes, read/write locks and spin locks.
 *
 * LOCK gets its number after the lock is taken and UNLOCK before it is given
 * back, so on each lock the numbers tell the true order.  A lock is a word of
 * guest memory and the simulator makes the locked access itself: none is
 * recorded here.  A failed try reads the word.  A recursive mutex shows its
 * outermost pair only.
 */
#include <errno.h>

#include "clock.h"
#include "lock.h"
#include "real.h"
#include "rt.h"
#include "sched.h"
#include "sys.h"

static bool nested(const pthread_mutex_t *m)
{
    return (m->__data.__kind & 3) == PTHREAD_MUTEX_RECURSIVE && m->__data.__count > 1;
}

/* An error-checking mutex that this thread holds already. */
static bool refuses_owner(const pthread_mutex_t *m)
{
    return (m->__data.__kind & 3) == PTHREAD_MUTEX_ERRORCHECK &&
           m->__data.__owner == (int)SYS_CALL(SYS_gettid, 0, 0, 0);
}

static bool taken(int result)
{
    return result == 0 || result == EOWNERDEAD;
}

static void failed_try(const void *lock, uint64_t pc)
{
    rt_access(RT_VA(lock), pc, OP_LOAD, sizeof(int));
}

/* With a seed: 'attempt' until it is not busy, waiting in between. */
#define WAIT_FOR_LOCK(result, attempt, lock, deadline)                    \
    do {                                                                  \
        while (((result) = (attempt)) == EBUSY)                           \
            if (!sched_block(SCHED_WAIT_LOCK, RT_VA(lock), (deadline))) { \
                (result) = ETIMEDOUT;                                     \
                break;                                                    \
            }                                                             \
    } while (0)

static int lock_mutex(pthread_mutex_t *m, const struct timespec *until)
{
    int result;
    if (!sched_active())
        return until == NULL ? real()->pthread_mutex_lock(m)
                             : real()->pthread_mutex_timedlock(m, until);
    if (refuses_owner(m))
        return EDEADLK;
    WAIT_FOR_LOCK(result, real()->pthread_mutex_trylock(m), m, clock_deadline(until));
    return result;
}

static void note_lock(pthread_mutex_t *m, uint64_t pc)
{
    if (!nested(m))
        rt_ordered(OP_LOCK, m, 0, OP_LOCK_MUTEX, pc);
}

int rt_mutex_lock(pthread_mutex_t *m, uint64_t pc)
{
    int result = lock_mutex(m, NULL);
    if (taken(result))
        note_lock(m, pc);
    return result;
}

int rt_mutex_unlock(pthread_mutex_t *m, uint64_t pc)
{
    if (!nested(m))
        rt_ordered(OP_UNLOCK, m, 0, OP_LOCK_MUTEX, pc);
    int result = real()->pthread_mutex_unlock(m);
    if (sched_active())
        sched_wake_all(SCHED_WAIT_LOCK, RT_VA(m));
    return result;
}

RT_PUBLIC int pthread_mutex_lock(pthread_mutex_t *m)
{
    return rt_mutex_lock(m, RT_PC);
}

RT_PUBLIC int pthread_mutex_unlock(pthread_mutex_t *m)
{
    return rt_mutex_unlock(m, RT_PC);
}

RT_PUBLIC int pthread_mutex_timedlock(pthread_mutex_t *m, const struct timespec *until)
{
    int result = lock_mutex(m, until);
    if (taken(result))
        note_lock(m, RT_PC);
    return result;
}

RT_PUBLIC int pthread_mutex_trylock(pthread_mutex_t *m)
{
    int result = real()->pthread_mutex_trylock(m);
    if (taken(result))
        note_lock(m, RT_PC);
    else
        failed_try(m, RT_PC);
    return result;
}

/* A free mutex: the word becomes 0, whatever it was. */
RT_PUBLIC int pthread_mutex_init(pthread_mutex_t *m,
                                 const pthread_mutexattr_t *attributes)
{
    rt_emit(&(struct rt_event){.kind = OP_STORE,
                               .target = sizeof(int),
                               .flags = OP_HAS_VALUE,
                               .addr = RT_VA(m),
                               .pc = RT_PC});
    return real()->pthread_mutex_init(m, attributes);
}

/* ---- read/write locks ---- */

static int lock_rw(pthread_rwlock_t *lock, bool write)
{
    int result;
    if (!sched_active())
        return write ? real()->pthread_rwlock_wrlock(lock)
                     : real()->pthread_rwlock_rdlock(lock);
    WAIT_FOR_LOCK(result,
                  write ? real()->pthread_rwlock_trywrlock(lock)
                        : real()->pthread_rwlock_tryrdlock(lock),
                  lock, SCHED_NO_DEADLINE);
    return result;
}

RT_PUBLIC int pthread_rwlock_rdlock(pthread_rwlock_t *lock)
{
    int result = lock_rw(lock, false);
    if (result == 0)
        rt_ordered(OP_LOCK, lock, 0, OP_LOCK_READ, RT_PC);
    return result;
}

RT_PUBLIC int pthread_rwlock_wrlock(pthread_rwlock_t *lock)
{
    int result = lock_rw(lock, true);
    if (result == 0)
        rt_ordered(OP_LOCK, lock, 0, OP_LOCK_WRITE, RT_PC);
    return result;
}

static int note_try(int result, const void *lock, enum op_lock_kind kind, uint64_t pc)
{
    if (result == 0)
        rt_ordered(OP_LOCK, lock, 0, kind, pc);
    else
        failed_try(lock, pc);
    return result;
}

RT_PUBLIC int pthread_rwlock_tryrdlock(pthread_rwlock_t *lock)
{
    return note_try(real()->pthread_rwlock_tryrdlock(lock), lock, OP_LOCK_READ, RT_PC);
}

RT_PUBLIC int pthread_rwlock_trywrlock(pthread_rwlock_t *lock)
{
    return note_try(real()->pthread_rwlock_trywrlock(lock), lock, OP_LOCK_WRITE, RT_PC);
}

/* While a writer holds the lock, only the writer can be the one to unlock it. */
RT_PUBLIC int pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    enum op_lock_kind kind =
        lock->__data.__cur_writer != 0 ? OP_LOCK_WRITE : OP_LOCK_READ;
    rt_ordered(OP_UNLOCK, lock, 0, kind, RT_PC);
    int result = real()->pthread_rwlock_unlock(lock);
    if (sched_active())
        sched_wake_all(SCHED_WAIT_LOCK, RT_VA(lock));
    return result;
}

/* ---- spin locks ---- */

RT_PUBLIC int pthread_spin_lock(pthread_spinlock_t *lock)
{
    int result;
    if (sched_active())
        WAIT_FOR_LOCK(result, real()->pthread_spin_trylock(lock), lock,
                      SCHED_NO_DEADLINE);
    else
        result = real()->pthread_spin_lock(lock);
    if (result == 0)
        rt_ordered(OP_LOCK, (const void *)(uintptr_t)lock, 0, OP_LOCK_SPIN, RT_PC);
    return result;
}

RT_PUBLIC int pthread_spin_trylock(pthread_spinlock_t *lock)
{
    return note_try(real()->pthread_spin_trylock(lock), (const void *)(uintptr_t)lock,
                    OP_LOCK_SPIN, RT_PC);
}

RT_PUBLIC int pthread_spin_unlock(pthread_spinlock_t *lock)
{
    rt_ordered(OP_UNLOCK, (const void *)(uintptr_t)lock, 0, OP_LOCK_SPIN, RT_PC);
    int result = real()->pthread_spin_unlock(lock);
    if (sched_active())
        sched_wake_all(SCHED_WAIT_LOCK, RT_VA(lock));
    return result;
}
