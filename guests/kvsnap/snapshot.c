/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * snapshot.c - forks with all locks held; the child walks what it got.
 *
 * The locks are free again as soon as fork returns: from then on the workers
 * store into pages that the child still needs, and each first store to a page
 * is a copy-on-write fault.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvsnap.h"

static bool equal(struct survey left, struct survey right)
{
    return left.n_entries == right.n_entries && left.sum == right.sum;
}

static pid_t start(struct store *store)
{
    store_lock_all(store);
    struct survey expected = store_expected(store);
    pid_t pid = fork();
    if (pid == 0) {
        struct survey found = store_survey(store);
        _exit(found.n_broken == 0 && equal(found, expected) ? 0 : 1);
    }
    store_unlock_all(store);
    return pid;
}

static void take_one(struct snapshots *snapshots)
{
    int status = 0;
    pid_t pid = start(snapshots->store);
    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        perror("kvsnap: snapshot");
    snapshots->n_taken++;
    snapshots->n_wrong += pid == -1 || status != 0;
}

/* Waits until 'n' operations are done or no worker is left. */
static void wait_for_progress(struct progress *progress, uint64_t n)
{
    pthread_mutex_lock(&progress->mutex);
    while (progress->n_done < n && progress->n_running > 0)
        pthread_cond_wait(&progress->changed, &progress->mutex);
    pthread_mutex_unlock(&progress->mutex);
}

void *snapshots_run(void *argument)
{
    struct snapshots *snapshots = argument;
    for (uint64_t i = 1; i <= snapshots->n; i++) {
        wait_for_progress(snapshots->progress, i * snapshots->every);
        take_one(snapshots);
    }
    return NULL;
}
