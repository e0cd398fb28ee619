/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_end.c - a guest that ends badly, in the way its argument says.
 *
 *   crash      a null pointer          abort   abort()
 *   deadlock   two locks, crossed      status  exit status 42
 *   detached   main leaves first, by pthread_exit
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t first = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t second = PTHREAD_MUTEX_INITIALIZER;
static volatile int words[1000];

static void *cross(void *unused)
{
    pthread_mutex_lock(&second);
    usleep(1000);
    pthread_mutex_lock(&first);
    return unused;
}

static void deadlock(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, cross, NULL);
    pthread_mutex_lock(&first);
    usleep(1000);
    pthread_mutex_lock(&second);
}

static void *linger(void *unused)
{
    usleep(2000);
    words[0]++;
    return unused;
}

static void leave_first(void)
{
    pthread_t thread;
    for (int i = 0; i < 3; i++) {
        pthread_create(&thread, NULL, linger, NULL);
        pthread_detach(thread);
    }
    pthread_exit(NULL);
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    for (int i = 0; i < 1000; i++)
        words[i] = i;
    if (strcmp(how, "crash") == 0)
        *(volatile int *)(uintptr_t)words[0] = 1;
    else if (strcmp(how, "abort") == 0)
        abort();
    else if (strcmp(how, "deadlock") == 0)
        deadlock();
    else if (strcmp(how, "detached") == 0)
        leave_first();
    return 42;
}
