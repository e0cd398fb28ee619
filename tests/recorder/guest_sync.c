/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_sync.c - a guest that uses every kind of synchronisation once or more.
 *
 * Each part computes something that is wrong if the synchronisation is; the
 * program prints "ok" or says which part failed.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { N = 6, ROUNDS = 50 };

static struct {
    pthread_mutex_t mutex, recursive;
    pthread_rwlock_t rw;
    pthread_spinlock_t spin;
    pthread_cond_t cond;
    pthread_barrier_t barrier;
    sem_t items, room;
    pthread_once_t once;
    uint64_t by_mutex, by_rw, by_spin, by_turn, n_once, sum_out;
    uint64_t queue[4], head, tail;
    _Atomic uint64_t by_atomic;
    _Atomic int flag;
    volatile int spun;
    int pipe[2];
    uint64_t at_barrier[N];
} all;

static void fail(const char *part)
{
    printf("failed: %s\n", part);
    exit(1);
}

static void count_once(void)
{
    all.n_once++;
    usleep(10); /* Others must wait for it. */
    all.n_once++;
}

static void use_locks(void)
{
    pthread_mutex_lock(&all.recursive);
    pthread_mutex_lock(&all.recursive);
    all.by_mutex++;
    pthread_mutex_unlock(&all.recursive);
    pthread_mutex_unlock(&all.recursive);
    pthread_rwlock_wrlock(&all.rw);
    all.by_rw++;
    pthread_rwlock_unlock(&all.rw);
    pthread_rwlock_rdlock(&all.rw);
    if (all.by_rw == 0)
        fail("read lock");
    pthread_rwlock_unlock(&all.rw);
    while (pthread_spin_trylock(&all.spin) != 0)
        sched_yield();
    all.by_spin++;
    pthread_spin_unlock(&all.spin);
    atomic_fetch_add(&all.by_atomic, 1);
}

/* Threads take turns: each waits until the counter names it. */
static void take_turn(uint64_t me)
{
    pthread_mutex_lock(&all.mutex);
    while (all.by_turn % N != me)
        pthread_cond_wait(&all.cond, &all.mutex);
    all.by_turn++;
    pthread_cond_broadcast(&all.cond);
    pthread_mutex_unlock(&all.mutex);
}

static void pass_item(uint64_t me, uint64_t round)
{
    if (me % 2 == 0) {
        sem_wait(&all.room);
        pthread_mutex_lock(&all.mutex);
        all.queue[all.tail++ % 4] = round;
        pthread_mutex_unlock(&all.mutex);
        sem_post(&all.items);
    } else {
        sem_wait(&all.items);
        pthread_mutex_lock(&all.mutex);
        all.sum_out += all.queue[all.head++ % 4];
        pthread_mutex_unlock(&all.mutex);
        sem_post(&all.room);
    }
}

static void meet(uint64_t me, uint64_t round)
{
    all.at_barrier[me] = round;
    pthread_barrier_wait(&all.barrier);
    for (unsigned i = 0; i < N; i++)
        if (all.at_barrier[i] != round)
            fail("barrier");
    pthread_barrier_wait(&all.barrier);
}

static void *work(void *argument)
{
    uint64_t me = (uintptr_t)argument;
    pthread_once(&all.once, count_once);
    if (all.n_once != 2)
        fail("once");
    for (uint64_t round = 0; round < ROUNDS; round++) {
        use_locks();
        take_turn(me);
        pass_item(me, round);
        meet(me, round);
    }
    return argument;
}

/* Spins on an atomic and on a volatile; then a byte through a pipe. */
static void *spin(void *unused)
{
    char byte = 0;
    while (atomic_load(&all.flag) == 0)
        ;
    all.spun = 1;
    if (read(all.pipe[0], &byte, 1) != 1 || byte != 'x')
        fail("pipe");
    return unused;
}

static void time_out(void)
{
    struct timespec until, after;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&all.mutex);
    if (pthread_cond_timedwait(&all.cond, &all.mutex, &until) != ETIMEDOUT)
        fail("time-out of a condition");
    pthread_mutex_unlock(&all.mutex);
    clock_gettime(CLOCK_REALTIME, &after);
    if (after.tv_sec < until.tv_sec ||
        (after.tv_sec == until.tv_sec && after.tv_nsec < until.tv_nsec))
        fail("clock");
    errno = 0;
    if (sem_timedwait(&all.items, &until) != -1 || errno != ETIMEDOUT)
        fail("time-out of a semaphore");
}

static void *leave_early(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, malloc(100));
    pthread_exit(key);
}

static void make_all(void)
{
    pthread_mutexattr_t recursive;
    pthread_mutexattr_init(&recursive);
    pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&all.mutex, NULL);
    pthread_mutex_init(&all.recursive, &recursive);
    pthread_rwlock_init(&all.rw, NULL);
    pthread_spin_init(&all.spin, 0);
    pthread_cond_init(&all.cond, NULL);
    pthread_barrier_init(&all.barrier, NULL, N);
    sem_init(&all.items, 0, 0);
    sem_init(&all.room, 0, 4);
    if (pipe(all.pipe) != 0)
        fail("pipe");
}

static void run_workers(void)
{
    pthread_t threads[N];
    void *result;
    for (uintptr_t i = 0; i < N; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (uintptr_t i = 0; i < N; i++)
        if (pthread_join(threads[i], &result) != 0 || result != (void *)i)
            fail("join");
    if (all.by_mutex != N * ROUNDS || all.by_rw != N * ROUNDS ||
        all.by_spin != N * ROUNDS || all.by_atomic != N * ROUNDS)
        fail("mutual exclusion");
    if (all.sum_out != (uint64_t)N / 2 * ROUNDS * (ROUNDS - 1) / 2)
        fail("semaphores");
}

int main(void)
{
    pthread_t spinner, leaver;
    pthread_key_t key;
    void *result;
    make_all();
    run_workers();
    pthread_create(&spinner, NULL, spin, NULL);
    atomic_store(&all.flag, 1);
    while (all.spun == 0)
        ;
    usleep(1000);
    if (write(all.pipe[1], "x", 1) != 1)
        fail("pipe");
    pthread_join(spinner, NULL);
    time_out();
    pthread_key_create(&key, free);
    pthread_create(&leaver, NULL, leave_early, &key);
    if (pthread_join(leaver, &result) != 0 || result != &key)
        fail("pthread_exit");
    puts("ok");
    return 0;
}
