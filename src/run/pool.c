/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.c - forked workers behind pipes. See pool.h.
 *
 * On the pipe: a head (status, number of bytes), then the answer's bytes, or
 * the error's message.
 */
#include "run/pool.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORKERS_MAX 1024u

struct head {
    uint64_t status, n;
};

struct worker {
    pid_t pid;
    int fd; /* Its answers. */
};

static bool write_all(int fd, const void *bytes, size_t n)
{
    const char *at = bytes;
    while (n > 0) {
        ssize_t k = write(fd, at, n);
        if (k < 0 && errno == EINTR)
            continue;
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

/* A worker's whole life. It leaves without flushing what it inherited. */
static void work_and_leave(const struct pool_work *work, uint64_t first, uint64_t step,
                           uint64_t n_tasks, int fd)
{
    signal(SIGPIPE, SIG_IGN);
    for (uint64_t task = first; task < n_tasks; task += step) {
        struct pool_answer answer = {NULL, 0};
        struct err err = {0};
        if (work->stopped && work->stopped(work->context))
            break;
        enum status status = work->perform(work->context, task, &answer, &err);
        const void *bytes = status ? (const void *)err.message : answer.bytes;
        struct head head = {status, status ? strlen(err.message) : answer.n};
        bool good = write_all(fd, &head, sizeof head) && write_all(fd, bytes, head.n);
        free(answer.bytes);
        if (!good || status)
            break;
    }
    _exit(0);
}

static enum status start(const struct pool_work *work, struct worker *workers,
                         unsigned n_workers, uint64_t n_tasks, struct err *err)
{
    for (unsigned w = 0; w < n_workers; w++) {
        int fds[2];
        if (pipe(fds))
            return err_set(err, STATUS_INTERNAL, "pipe: %s", strerror(errno));
        workers[w].pid = fork();
        if (workers[w].pid == 0) {
            close(fds[0]);
            for (unsigned other = 0; other < w; other++)
                close(workers[other].fd);
            work_and_leave(work, w, n_workers, n_tasks, fds[1]);
        }
        close(fds[1]);
        workers[w].fd = fds[0];
        if (workers[w].pid < 0)
            return err_set(err, STATUS_INTERNAL, "fork: %s", strerror(errno));
    }
    return STATUS_OK;
}

/* What the parent has to look after. */
struct crew {
    const struct pool_work *work;
    struct worker *workers;
    unsigned n_workers;
};

/* A signal may have come to this process alone: pass it on, so that the trials
 * in progress end soon. */
static void pass_on(const struct crew *crew)
{
    if (!crew->work->stopped || !crew->work->stopped(crew->work->context))
        return;
    for (unsigned w = 0; w < crew->n_workers; w++)
        if (crew->workers[w].pid > 0)
            kill(crew->workers[w].pid, SIGTERM);
}

/* Reads exactly 'n' bytes. False at the end of the pipe. */
static bool read_all(const struct crew *crew, int fd, void *bytes, size_t n)
{
    char *at = bytes;
    while (n > 0) {
        ssize_t k = read(fd, at, n);
        if (k < 0 && errno == EINTR) {
            pass_on(crew);
            continue;
        }
        if (k <= 0)
            return false;
        at += k;
        n -= (size_t)k;
    }
    return true;
}

static enum status worker_died(const struct worker *worker, uint64_t task,
                               struct err *err)
{
    int how = 0;
    waitpid(worker->pid, &how, WNOHANG | WNOWAIT);
    return err_set(err, STATUS_INTERNAL,
                   "the worker died in trial %llu%s; run it alone with -j 1",
                   (unsigned long long)task, WIFSIGNALED(how) ? " (by a signal)" : "");
}

/* Takes the answer to 'task' and counts it. '*more' becomes false when nothing
 * shall follow. */
static enum status take(const struct crew *crew, uint64_t task, bool *more,
                        uint64_t *n_delivered, struct err *err)
{
    const struct pool_work *work = crew->work;
    const struct worker *worker = &crew->workers[task % crew->n_workers];
    struct head head;
    bool stopped = work->stopped && work->stopped(work->context);
    if (!read_all(crew, worker->fd, &head, sizeof head)) {
        stopped = stopped || (work->stopped && work->stopped(work->context));
        *more = false;
        return stopped ? STATUS_OK : worker_died(worker, task, err);
    }
    char *bytes = malloc(head.n + 1);
    if (!bytes || !read_all(crew, worker->fd, bytes, head.n)) {
        free(bytes);
        return worker_died(worker, task, err);
    }
    bytes[head.n] = '\0';
    enum status status = (enum status)head.status;
    if (status)
        err_set(err, status, "%s", bytes);
    else
        *more = work->deliver(work->context, task, bytes, head.n);
    *n_delivered += !status;
    free(bytes);
    return status;
}

static void stop(struct worker *workers, unsigned n_workers)
{
    for (unsigned w = 0; w < n_workers; w++) {
        if (workers[w].fd >= 0)
            close(workers[w].fd);
        if (workers[w].pid > 0)
            kill(workers[w].pid, SIGTERM);
    }
    for (unsigned w = 0; w < n_workers; w++)
        while (workers[w].pid > 0 && waitpid(workers[w].pid, NULL, 0) < 0 &&
               errno == EINTR)
            ;
}

static enum status run_forked(const struct pool_work *work, uint64_t n_tasks,
                              unsigned n_workers, uint64_t *n_delivered,
                              struct err *err)
{
    struct worker *workers = malloc(n_workers * sizeof *workers);
    if (!workers)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    for (unsigned w = 0; w < n_workers; w++)
        workers[w] = (struct worker){-1, -1};
    fflush(NULL); /* Or the children would print our buffers again. */
    enum status status = start(work, workers, n_workers, n_tasks, err);
    const struct crew crew = {work, workers, n_workers};
    bool more = true;
    for (uint64_t task = 0; !status && more && task < n_tasks; task++)
        status = take(&crew, task, &more, n_delivered, err);
    stop(workers, n_workers);
    free(workers);
    return status;
}

static enum status run_here(const struct pool_work *work, uint64_t n_tasks,
                            uint64_t *n_delivered, struct err *err)
{
    bool more = true;
    for (uint64_t task = 0; more && task < n_tasks; task++) {
        struct pool_answer answer = {NULL, 0};
        if (work->stopped && work->stopped(work->context))
            break;
        enum status status = work->perform(work->context, task, &answer, err);
        if (!status)
            more = work->deliver(work->context, task, answer.bytes, answer.n);
        *n_delivered += !status;
        free(answer.bytes);
        if (status)
            return status;
    }
    return STATUS_OK;
}

enum status pool_run(const struct pool_work *work, uint64_t n_tasks, unsigned n_workers,
                     uint64_t *n_delivered, struct err *err)
{
    *n_delivered = 0;
    if (n_workers > WORKERS_MAX)
        n_workers = WORKERS_MAX;
    if (n_workers > n_tasks)
        n_workers = (unsigned)n_tasks;
    return n_workers <= 1 ? run_here(work, n_tasks, n_delivered, err)
                          : run_forked(work, n_tasks, n_workers, n_delivered, err);
}
