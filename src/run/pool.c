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

static bool is_stopped(const struct pool_work *work)
{
    return work->stopped && work->stopped(work->context);
}

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
        if (is_stopped(work))
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

/* What the parent has to look after. */
struct crew {
    const struct pool_work *work;
    pool_died *died; /* Null: a death ends the pool. */
    struct worker *workers;
    unsigned n_workers;
    uint64_t n_tasks;
};

/* Forks worker 'w' for 'first' and every n-th task behind it. */
static enum status start_one(const struct crew *crew, unsigned w, uint64_t first,
                             struct err *err)
{
    int fds[2];
    struct worker *worker = &crew->workers[w];
    if (pipe(fds))
        return err_set(err, STATUS_INTERNAL, "pipe: %s", strerror(errno));
    fflush(NULL); /* Or the child would print our buffers again. */
    worker->pid = fork();
    if (worker->pid == 0) {
        close(fds[0]);
        for (unsigned other = 0; other < crew->n_workers; other++)
            if (crew->workers[other].fd >= 0)
                close(crew->workers[other].fd);
        work_and_leave(crew->work, first, crew->n_workers, crew->n_tasks, fds[1]);
    }
    close(fds[1]);
    worker->fd = fds[0];
    return worker->pid < 0 ? err_set(err, STATUS_INTERNAL, "fork: %s", strerror(errno))
                           : STATUS_OK;
}

static enum status start(const struct crew *crew, struct err *err)
{
    enum status status = STATUS_OK;
    for (unsigned w = 0; w < crew->n_workers && !status; w++)
        status = start_one(crew, w, w, err);
    return status;
}

/* A signal may have come to this process alone: pass it on, so that the trials
 * in progress end soon. */
static void pass_on(const struct crew *crew)
{
    if (!is_stopped(crew->work))
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

/* Gathers the dead worker and says what ended it. True: it left of its own will,
 * because it was told to stop. */
static bool bury(struct worker *worker, char *how, size_t n)
{
    int end = 0;
    pid_t pid;
    do
        pid = waitpid(worker->pid, &end, 0);
    while (pid < 0 && errno == EINTR);
    close(worker->fd);
    *worker = (struct worker){-1, -1};
    if (WIFSIGNALED(end))
        snprintf(how, n, "killed by signal %d (%s)", WTERMSIG(end),
                 strsignal(WTERMSIG(end)));
    else
        snprintf(how, n, "ended with exit status %d", WEXITSTATUS(end));
    return WIFEXITED(end) && WEXITSTATUS(end) == 0;
}

/* The pipe ended before the answer to 'task' was complete. */
static enum status lose(const struct crew *crew, uint64_t task, bool *more,
                        uint64_t *n_delivered, struct err *err)
{
    char how[100];
    const struct pool_work *work = crew->work;
    const unsigned w = (unsigned)(task % crew->n_workers);
    bool left = bury(&crew->workers[w], how, sizeof how);
    *more = !is_stopped(work);
    if (!*more)
        return STATUS_OK;
    if (!crew->died)
        return err_set(err, STATUS_INTERNAL,
                       "trial %llu: the worker was %s; run it alone with -j 1",
                       (unsigned long long)task, how);
    /* One that was asked to stop, while we were not, has done nothing wrong. */
    if (left)
        return start_one(crew, w, task, err);
    *more = crew->died(work->context, task, how);
    ++*n_delivered;
    uint64_t next = task + crew->n_workers;
    return *more && next < crew->n_tasks ? start_one(crew, w, next, err) : STATUS_OK;
}

/* Takes the answer to 'task' and counts it. '*more' becomes false when nothing
 * shall follow.  A task whose worker was only sent away is asked for once more. */
static enum status take(const struct crew *crew, uint64_t task, bool *more,
                        uint64_t *n_delivered, struct err *err)
{
    const struct pool_work *work = crew->work;
    const struct worker *worker = &crew->workers[task % crew->n_workers];
    struct head head;
    char *bytes = NULL;
    bool whole = read_all(crew, worker->fd, &head, sizeof head);
    if (whole)
        bytes = malloc(head.n + 1);
    if (!whole || !bytes || !read_all(crew, worker->fd, bytes, head.n)) {
        free(bytes);
        return lose(crew, task, more, n_delivered, err);
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

static enum status run_forked(const struct pool_work *work, pool_died *died,
                              uint64_t n_tasks, unsigned n_workers,
                              uint64_t *n_delivered, struct err *err)
{
    struct worker *workers = malloc(n_workers * sizeof *workers);
    if (!workers)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    for (unsigned w = 0; w < n_workers; w++)
        workers[w] = (struct worker){-1, -1};
    const struct crew crew = {work, died, workers, n_workers, n_tasks};
    enum status status = start(&crew, err);
    bool more = true;
    while (!status && more && *n_delivered < n_tasks)
        status = take(&crew, *n_delivered, &more, n_delivered, err);
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
        if (is_stopped(work))
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

static unsigned crew_size(uint64_t n_tasks, unsigned wanted)
{
    unsigned n = wanted < WORKERS_MAX ? wanted : WORKERS_MAX;
    if (n > n_tasks)
        n = (unsigned)n_tasks;
    return n ? n : 1;
}

enum status pool_run(const struct pool_work *work, uint64_t n_tasks, unsigned n_workers,
                     uint64_t *n_delivered, struct err *err)
{
    unsigned n = crew_size(n_tasks, n_workers);
    *n_delivered = 0;
    return n == 1 ? run_here(work, n_tasks, n_delivered, err)
                  : run_forked(work, NULL, n_tasks, n, n_delivered, err);
}

enum status pool_run_surviving(const struct pool_work *work, pool_died *died,
                               uint64_t n_tasks, unsigned n_workers,
                               uint64_t *n_delivered, struct err *err)
{
    *n_delivered = 0;
    if (n_tasks == 0)
        return STATUS_OK;
    return run_forked(work, died, n_tasks, crew_size(n_tasks, n_workers), n_delivered,
                      err);
}
