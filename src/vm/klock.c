/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * klock.c - kernel locks: exclusive and shared, first come first served.
 *
 * A thread that finds a lock taken queues and spins on its CPU with
 * interrupts on (an adaptive mutex whose owner runs).  The lock is handed to
 * the first waiter at release; a message tells its CPU, one line transfer
 * later.  Kernel code is not preempted, so an owner is always on a CPU or
 * asleep with no lock but the map lock.
 */
#include "vm/vm_internal.h"

void klock_init(struct klock *lock)
{
    *lock = (struct klock){.owner = NO_THREAD, .first = NO_THREAD, .last = NO_THREAD};
}

static bool queue_up(struct kctx *k, struct klock *lock, bool shared)
{
    struct thread *thread = k->thread;
    if (thread->lock_granted) {
        thread->lock_granted = 0;
        return true;
    }
    if (thread->why != SLEEP_LOCK) {
        thread->why = SLEEP_LOCK;
        thread->wait_shared = shared;
        thread->next = NO_THREAD;
        if (lock->first == NO_THREAD)
            lock->first = k->tid;
        else
            k->vm->threads[lock->last].next = k->tid;
        lock->last = k->tid;
    }
    k_wait(k);
    return false;
}

bool klock_take(struct kctx *k, struct klock *lock)
{
    if (lock->owner == NO_THREAD && lock->n_shared == 0 && !k->thread->lock_granted) {
        lock->owner = k->tid;
        return true;
    }
    return queue_up(k, lock, false);
}

bool klock_share(struct kctx *k, struct klock *lock)
{
    bool free = lock->owner == NO_THREAD && lock->first == NO_THREAD;
    if (free && !k->thread->lock_granted) {
        lock->n_shared++;
        return true;
    }
    return queue_up(k, lock, true);
}

static void grant(struct kctx *k, struct klock *lock)
{
    uint32_t tid = lock->first;
    struct thread *thread = &k->vm->threads[tid];
    lock->first = thread->next;
    thread->why = SLEEP_NONE;
    thread->lock_granted = 1;
    if (thread->wait_shared)
        lock->n_shared++;
    else
        lock->owner = tid;
    sched_poke(k->vm, k->cpu, thread->cpu, k->now);
}

/* Hands the lock to those at the head of the queue that can have it now. */
static void grant_ready(struct kctx *k, struct klock *lock)
{
    while (lock->first != NO_THREAD && lock->owner == NO_THREAD &&
           (lock->n_shared == 0 || k->vm->threads[lock->first].wait_shared))
        grant(k, lock);
}

void klock_downgrade(struct kctx *k, struct klock *lock)
{
    assert(lock->owner == k->tid && lock->n_shared == 0);
    lock->owner = NO_THREAD;
    lock->n_shared = 1;
    grant_ready(k, lock);
}

void klock_drop(struct kctx *k, struct klock *lock)
{
    if (lock->owner == k->tid) {
        lock->owner = NO_THREAD;
    } else {
        assert(lock->owner == NO_THREAD && lock->n_shared > 0);
        lock->n_shared--;
    }
    grant_ready(k, lock);
}
