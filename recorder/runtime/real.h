/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * real.h - the functions of libc behind the ones that the runtime interposes.
 *
 * Found at the first use, which may come before our constructor (ld.so and
 * other libraries allocate memory and take locks while they start).
 */
#ifndef RECORDER_REAL_H
#define RECORDER_REAL_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* REAL(NAME). Functions with one version in libc. */
#define REAL_LIST(REAL)            \
    REAL(pthread_mutex_init)       \
    REAL(pthread_mutex_lock)       \
    REAL(pthread_mutex_trylock)    \
    REAL(pthread_mutex_timedlock)  \
    REAL(pthread_mutex_unlock)     \
    REAL(pthread_rwlock_rdlock)    \
    REAL(pthread_rwlock_wrlock)    \
    REAL(pthread_rwlock_tryrdlock) \
    REAL(pthread_rwlock_trywrlock) \
    REAL(pthread_rwlock_unlock)    \
    REAL(pthread_spin_lock)        \
    REAL(pthread_spin_trylock)     \
    REAL(pthread_spin_unlock)      \
    REAL(pthread_barrier_init)     \
    REAL(pthread_barrier_wait)     \
    REAL(pthread_create)           \
    REAL(pthread_join)             \
    REAL(pthread_once)             \
    REAL(sem_init)                 \
    REAL(sem_wait)                 \
    REAL(sem_trywait)              \
    REAL(sem_timedwait)            \
    REAL(sem_post)                 \
    REAL(fork)                     \
    REAL(wait4)                    \
    REAL(nanosleep)                \
    REAL(clock_nanosleep)          \
    REAL(clock_gettime)            \
    REAL(read)                     \
    REAL(write)                    \
    REAL(pread)                    \
    REAL(pwrite)                   \
    REAL(readv)                    \
    REAL(writev)                   \
    REAL(recv)                     \
    REAL(send)                     \
    REAL(poll)                     \
    REAL(select)                   \
    REAL(epoll_wait)

/* Those that also have an old version, which dlsym might give. */
#define REAL_VERSION_LIST(REAL)                 \
    REAL(pthread_cond_wait, "GLIBC_2.3.2")      \
    REAL(pthread_cond_timedwait, "GLIBC_2.3.2") \
    REAL(pthread_cond_signal, "GLIBC_2.3.2")    \
    REAL(pthread_cond_broadcast, "GLIBC_2.3.2")

struct real {
#define REAL(name) __typeof__(&name) name;
    REAL_LIST(REAL)
#undef REAL
#define REAL(name, version) __typeof__(&name) name;
    REAL_VERSION_LIST(REAL)
#undef REAL
    int found; /* All of the above are set. */
};

__attribute__((visibility("hidden"))) extern struct real real_functions;
__attribute__((visibility("hidden"), cold)) void real_find(void);

/* Never null. */
static inline const struct real *real(void)
{
    if (__builtin_expect(!__atomic_load_n(&real_functions.found, __ATOMIC_ACQUIRE), 0))
        real_find();
    return &real_functions;
}

#endif
