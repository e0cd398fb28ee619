/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * running.c - runs the trials of a plan that are missing. See sweep.h.
 *
 * Tasks are numbered in the order of the plan: point by point, and within a point first
 * the trials that were taken out (--retry-failed), then those that were never there.
 * Which trial a task is, is computed from a count per point; nothing is kept per trial.
 */
#include "run/pool.h"
#include "run/run.h"
#include "sweep/sweep.h"
#include "sweep/trial.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What the parent knows of a point. */
struct point_state {
    uint64_t first_task;          /* Number of tasks of the points before. */
    uint64_t n, failed, violated; /* Trials that are stored. */
    uint64_t next;                /* First trial that was never there. */
    size_t first_hole;            /* In 'holes'. */
    uint32_t witnesses;
    bool done;
};

/* Shared with the workers, per point: how many witnesses it has; or it is done. */
#define POINT_DONE UINT32_MAX

struct work {
    const struct sweep_plan *plan;
    const struct sweep_options *options;
    struct results *results;
    struct sweep_summary *summary;
    uint64_t n_points, n_tasks;
    struct point_state *points; /* One more, whose first_task is n_tasks. */
    uint64_t *holes;            /* Trials that were taken out, point by point. */
    size_t n_holes, holes_room;
    _Atomic uint32_t *shared;
    uint64_t open_point; /* A worker's: whose machine 'run' is; plus 1. */
    struct run *run;
    struct err *err;
};

static bool stopped(void *context)
{
    const struct work *w = context;
    return w->options->stopped && w->options->stopped(w->options->context);
}

struct task {
    uint64_t point, trial;
};

static size_t n_holes_of(const struct work *w, uint64_t point)
{
    return w->points[point + 1].first_hole - w->points[point].first_hole;
}

static struct task find_task(const struct work *w, uint64_t number)
{
    uint64_t low = 0, high = w->n_points; /* points[low] <= number < points[high] */
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (w->points[middle].first_task <= number)
            low = middle;
        else
            high = middle;
    }
    const struct point_state *p = &w->points[low];
    uint64_t i = number - p->first_task, n_holes = n_holes_of(w, low);
    return (struct task){low, i < n_holes ? w->holes[p->first_hole + i]
                                          : p->next + (i - n_holes)};
}

/* ---- in a worker ----------------------------------------------------------------- */

/* The machine of a point, kept for its next trial. */
static enum status open_run(struct work *w, uint64_t point, struct err *err)
{
    struct machine_config config;
    if (w->open_point == point + 1)
        return STATUS_OK;
    run_destroy(w->run);
    w->run = NULL;
    w->open_point = 0;
    if (sweep_config(w->plan, point, &config, NULL, err))
        return err->status;
    struct trace *trace = w->plan->traces[sweep_place_of(w->plan, point).trace];
    w->run = run_create(&config, trace, w->options->engine, err);
    if (!w->run)
        return err_prefix(err, "point %llu", (unsigned long long)point);
    w->open_point = point + 1;
    return STATUS_OK;
}

static enum status perform(void *context, uint64_t number, struct pool_answer *answer,
                           struct err *err)
{
    struct work *w = context;
    const struct task task = find_task(w, number);
    uint32_t there = atomic_load_explicit(&w->shared[task.point], memory_order_relaxed);
    if (there == POINT_DONE) {
        *answer = (struct pool_answer){calloc(1, 1), 0};
        return STATUS_OK;
    }
    if (open_run(w, task.point, err))
        return err->status;
    /* Trials before this one may bring more witnesses yet, never fewer. */
    uint32_t room = there < w->plan->witnesses ? w->plan->witnesses - there : 0;
    struct trace *trace = w->plan->traces[sweep_place_of(w->plan, task.point).trace];
    return trial_perform(w->run, trace, task.trial, room, answer, err);
}

/* ---- in the parent --------------------------------------------------------------- */

static enum status end_point(struct work *w, uint64_t point, const char *why)
{
    w->points[point].done = true;
    atomic_store_explicit(&w->shared[point], POINT_DONE, memory_order_relaxed);
    w->summary->points_done++;
    return results_end_point(w->results, point, why, w->plan->witnesses, w->err);
}

/* One trial more is stored. Does its point end? */
static enum status note(struct work *w, uint64_t point, bool failed, bool violated)
{
    struct point_state *p = &w->points[point];
    p->n++;
    p->failed += failed;
    p->violated += violated;
    w->summary->trials++;
    w->summary->failed += failed;
    w->summary->violated += violated;
    if (sweep_is_precise(w->plan->precision, p->n - p->failed, p->violated))
        return end_point(w, point, "precision");
    return p->n == w->plan->trials ? end_point(w, point, "trials") : STATUS_OK;
}

/* Trials that were taken out come before others that have their witnesses already; so
 * all are kept until the point ends. */
static enum status store(struct work *w, uint64_t number, const void *bytes, size_t n)
{
    const struct task task = find_task(w, number);
    struct point_state *p = &w->points[task.point];
    bool failed, violated;
    bool again = n_holes_of(w, task.point) > 0;
    if (p->done || n == 0)
        return STATUS_OK;
    if (trial_store(w->results, task.point, task.trial, w->plan->seed + task.trial,
                    bytes, n, again ? UINT32_MAX : w->plan->witnesses, &p->witnesses,
                    &failed, &violated, w->err))
        return w->err->status;
    if (!again)
        atomic_store_explicit(&w->shared[task.point], p->witnesses,
                              memory_order_relaxed);
    return note(w, task.point, failed, violated);
}

static bool go_on(struct work *w, uint64_t number, enum status status)
{
    const struct sweep_options *o = w->options;
    if (status)
        return false;
    if (o->progress)
        o->progress(o->context, number + 1, w->n_tasks, w->summary->violated,
                    w->summary->failed);
    return true;
}

static bool deliver(void *context, uint64_t number, const void *bytes, size_t n)
{
    struct work *w = context;
    return !stopped(w) && go_on(w, number, store(w, number, bytes, n));
}

static bool died(void *context, uint64_t number, const char *how)
{
    struct work *w = context;
    const struct task task = find_task(w, number);
    if (w->points[task.point].done)
        return true;
    enum status status = trial_store_crashed(w->results, task.point, task.trial,
                                             w->plan->seed + task.trial, how, w->err);
    if (!status)
        status = note(w, task.point, true, false);
    return go_on(w, number, status);
}

static void take_hole(void *context, uint64_t trial)
{
    struct work *w = context;
    if (w->n_holes == w->holes_room) {
        w->holes_room = w->holes_room ? 2 * w->holes_room : 64;
        w->holes = realloc(w->holes, w->holes_room * sizeof *w->holes);
        assert(w->holes);
    }
    w->holes[w->n_holes++] = trial;
}

/* What the file holds of a point, and the trials that are missing. */
static enum status look_at_point(struct work *w, uint64_t point)
{
    struct point_state *p = &w->points[point];
    struct results_progress there;
    *p = (struct point_state){.first_task = w->n_tasks, .first_hole = w->n_holes};
    if (point % w->options->n_shards != w->options->shard)
        return STATUS_OK;
    if (results_look(w->results, point, &there, w->err))
        return w->err->status;
    p->n = there.n;
    p->failed = there.failed;
    p->violated = there.violated;
    p->next = there.next;
    p->witnesses = (uint32_t)there.witnesses;
    w->summary->points++;
    w->summary->trials_before += p->n;
    w->summary->violated += p->violated;
    w->summary->failed += p->failed;
    if (p->n && sweep_is_precise(w->plan->precision, p->n - p->failed, p->violated))
        return end_point(w, point, "precision");
    if (p->n == w->plan->trials)
        return end_point(w, point, "trials");
    if (there.n < there.next &&
        results_missing(w->results, point, there.next, take_hole, w, w->err))
        return w->err->status;
    bool again = w->n_holes > p->first_hole;
    atomic_init(&w->shared[point], again ? 0 : p->witnesses);
    w->n_tasks += w->plan->trials - p->n;
    return STATUS_OK;
}

static enum status prepare(struct work *w)
{
    void *shared = mmap(NULL, (w->n_points + 1) * sizeof *w->shared,
                        PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    w->points = calloc(w->n_points + 1, sizeof *w->points);
    if (!w->points || shared == MAP_FAILED)
        return err_set(w->err, STATUS_LIMIT, "out of memory");
    w->shared = shared;
    if (w->options->retry_failed &&
        results_forget_failed(w->results, w->plan->precision > 0, &w->summary->retried,
                              w->err))
        return w->err->status;
    for (uint64_t p = 0; p < w->n_points; p++)
        if (look_at_point(w, p))
            return w->err->status;
    w->points[w->n_points].first_task = w->n_tasks;
    w->points[w->n_points].first_hole = w->n_holes;
    return STATUS_OK;
}

enum status sweep_run(const struct sweep_plan *plan,
                      const struct sweep_options *options, struct results *results,
                      struct sweep_summary *summary, struct err *err)
{
    struct work w = {.plan = plan,
                     .options = options,
                     .results = results,
                     .summary = summary,
                     .err = err};
    uint64_t n_delivered;
    *summary = (struct sweep_summary){0};
    err->status = STATUS_OK;
    if (sweep_count(plan, &w.n_points, err))
        return err->status;
    enum status status = prepare(&w);
    const struct pool_work work = {&w, perform, deliver, stopped};
    struct err pool_err = {.status = STATUS_OK};
    if (!status)
        status = pool_run_surviving(&work, died, w.n_tasks, options->jobs, &n_delivered,
                                    &pool_err);
    if (status && !err->status)
        *err = pool_err;
    run_destroy(w.run);
    if (w.shared)
        munmap((void *)w.shared, (w.n_points + 1) * sizeof *w.shared);
    free(w.points);
    free(w.holes);
    return err->status;
}
