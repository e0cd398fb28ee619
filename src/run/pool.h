/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pool.h - many independent tasks on a few processes, answers in order.
 *
 * Task t is done by worker t mod n_workers, a forked copy of this process, and
 * answered with a run of bytes.  The answers are delivered in the order of the
 * tasks, so what is made of them cannot depend on the number of workers.  A
 * worker that is ahead waits in its pipe: memory stays bounded.
 *
 * With one worker pool_run() forks nothing: the tasks run here, in the same order.
 */
#ifndef RUN_POOL_H
#define RUN_POOL_H

#include "base/status.h"

struct pool_answer {
    void *bytes; /* From malloc; freed by the pool. */
    size_t n;
};

struct pool_work {
    void *context;
    /* Does task 'task'. An error ends the pool with that error. */
    enum status (*perform)(void *context, uint64_t task, struct pool_answer *answer,
                           struct err *err);
    /* Takes the answer. Called in this process. False: no more, please. */
    bool (*deliver)(void *context, uint64_t task, const void *bytes, size_t n);
    /* True: stop soon (a signal came). May be null. */
    bool (*stopped)(void *context);
};

/* Returns STATUS_OK when all tasks were delivered, or when 'deliver' or
 * 'stopped' asked to end; '*n_delivered' tells. */
enum status pool_run(const struct pool_work *work, uint64_t n_tasks, unsigned n_workers,
                     uint64_t *n_delivered, struct err *err);

/* The same, but always in forked workers, whose death ends only a task: 'died' is
 * called in its place in the order, and a new worker goes on behind it.  'how' says by
 * what
 * ("killed by signal 9 (Killed)").  'died' answers false: no more, please. */
typedef bool pool_died(void *context, uint64_t task, const char *how);
enum status pool_run_surviving(const struct pool_work *work, pool_died *died,
                               uint64_t n_tasks, unsigned n_workers,
                               uint64_t *n_delivered, struct err *err);

#endif
