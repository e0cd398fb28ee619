/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cron.c - what the server does from time to time, as Redis's serverCron: it
 * takes snapshots.
 *
 * A snapshot forks with all locks held; the child checks and writes out what
 * it got.  The locks are free again as soon as fork returns: from then on the
 * workers store into pages that the child still needs, and each first store to
 * a page is a copy-on-write fault.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kvsnap.h"

static bool save(const struct cron *cron, uint64_t expected_sum)
{
    struct survey found = store_survey(cron->store);
    return found.n_broken == 0 && found.sum == expected_sum &&
           store_save(cron->store, cron->file);
}

/* Waits until 'n' operations are done or no worker is left. */
static void wait_for_progress(struct progress *progress, uint64_t n)
{
    pthread_mutex_lock(&progress->mutex);
    while (progress->n_done < n && progress->n_running > 0)
        pthread_cond_wait(&progress->changed, &progress->mutex);
    pthread_mutex_unlock(&progress->mutex);
}

static pid_t start(const struct cron *cron)
{
    struct store *store = cron->store;
    store_lock_all(store);
    uint64_t expected_sum = store_expected_sum(store);
    pid_t pid = fork();
    if (pid == 0)
        _exit(save(cron, expected_sum) ? 0 : 1);
    store_unlock_all(store);
    return pid;
}

static void take_one(struct cron *cron)
{
    int status = 0;
    pid_t pid = start(cron);
    if (pid == -1 || waitpid(pid, &status, 0) != pid)
        perror("kvsnap: snapshot");
    cron->n_taken++;
    cron->n_wrong += pid == -1 || status != 0;
}

void *cron_run(void *argument)
{
    struct cron *cron = argument;
    for (uint64_t i = 1; i <= cron->n; i++) {
        wait_for_progress(cron->progress, i * cron->every);
        take_one(cron);
    }
    return NULL;
}
