/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * slurm.c - shards are submitted, waited for, taken and submitted again. See slurm.h.
 */
#include "slurm/slurm.h"

#include "slurm/array.h"
#include "slurm/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Short jobs are asked for often, long ones rarely: squeue costs the controller. */
#define POLL_SHARE       20.0
#define POLL_LEAST       0.25
#define POLL_MOST        15.0
#define SLICE_NS         100000000L
#define PATIENCE_SECONDS 600.0
#define LOST_SHOWN       3u

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool stopped(const struct array *a)
{
    return a->o->stopped && a->o->stopped(a->o->context);
}

/* ---- looking and waiting ------------------------------------------------------------
 */

/* Without an answer of the controller nothing is known, but jobs go on without it. */
static enum status bear_silence(struct array *a, struct err *err)
{
    double now = now_seconds();
    if (err->status != STATUS_CLUSTER || !a->greeted)
        return err->status;
    if (a->silent_since <= 0) {
        a->silent_since = now;
        array_say(a, "%s; asking on for %.0f minutes, the job goes on meanwhile",
                  err->message, PATIENCE_SECONDS / 60);
    }
    if (now - a->silent_since > PATIENCE_SECONDS)
        return err->status;
    err->status = STATUS_OK;
    return STATUS_OK;
}

static enum status look(struct array *a, bool *answered, struct err *err)
{
    *answered = queue_look(a->folder.name, a->tasks, a->folder.n_shards, a->o->stopped,
                           a->o->context, err) == STATUS_OK;
    if (!*answered)
        return bear_silence(a, err);
    if (a->silent_since > 0)
        array_say(a, "Slurm answers again");
    a->silent_since = 0;
    return STATUS_OK;
}

/* An sbatch that was refused is an error; one that reached nobody is tried again, and
 * one that gave no answer may have reached somebody. */
static enum status submit_or_bear(struct array *a, struct err *err)
{
    struct err refusal;
    bool answered;
    if (array_submit(a, err) != STATUS_CLUSTER || !a->greeted)
        return err->status;
    refusal = *err;
    err->status = STATUS_OK;
    if (look(a, &answered, err) || !answered)
        return err->status;
    if (array_wants(a))
        *err = refusal;
    return err->status;
}

/* Somebody, or Slurm after a failure, holds a task: that does not end by itself. */
static bool is_held(const char *reason)
{
    return strstr(reason, "held") || strstr(reason, "Held");
}

/* The reason told is that of a held task, or else of the first that waits. */
static void count_queue(struct array *a, struct slurm_progress *p)
{
    *p = (struct slurm_progress){.points = a->outcome->points,
                                 .points_done = a->outcome->points_done,
                                 .trials = a->n_trials,
                                 .reason = ""};
    for (uint32_t i = 0; i < a->folder.n_shards; i++) {
        p->running += a->tasks[i].state == QUEUE_RUNNING;
        p->waiting += a->tasks[i].state == QUEUE_WAITING;
        if (a->tasks[i].state == QUEUE_WAITING && !is_held(p->reason) &&
            (!*p->reason || is_held(a->tasks[i].reason)))
            p->reason = a->tasks[i].reason;
    }
    a->outcome->in_queue = p->running + p->waiting;
}

static void tell_of_hold(struct array *a, const char *reason)
{
    bool held = is_held(reason);
    if (held && !a->told_of_hold)
        array_say(a,
                  "shards are held in the queue (%s): scontrol release "
                  "jobname=%s lets them go, scancel --name=%s ends them",
                  reason, a->folder.name, a->folder.name);
    a->told_of_hold = held;
}

static void tell_progress(struct array *a)
{
    struct slurm_progress p;
    count_queue(a, &p);
    tell_of_hold(a, p.reason);
    for (uint32_t i = 0; a->o->progress && i < a->folder.n_shards; i++) {
        char *log =
            a->tasks[i].state == QUEUE_RUNNING ? shard_log(a->folder.path, i) : NULL;
        if (log)
            p.trials += shard_progress(log);
        free(log);
    }
    if (a->o->progress)
        a->o->progress(a->o->context, &p);
}

/* On first sight of the queue. */
static void greet(struct array *a)
{
    struct slurm_progress p;
    count_queue(a, &p);
    if (a->outcome->in_queue)
        array_say(a, "attached to job %s: %u of %u shards run, %u wait", a->folder.name,
                  p.running, a->folder.n_shards, p.waiting);
    a->greeted = true;
}

static void pause_between(const struct array *a)
{
    double now = now_seconds(), wait = (now - a->began) / POLL_SHARE;
    double until = now + (wait < POLL_LEAST  ? POLL_LEAST
                          : wait > POLL_MOST ? POLL_MOST
                                             : wait);
    const struct timespec slice = {0, SLICE_NS};
    while (!stopped(a) && now_seconds() < until)
        nanosleep(&slice, NULL);
}

/* ---- the whole ----------------------------------------------------------------------
 */

static enum status tell_lost(const struct array *a, struct err *err)
{
    struct text text = {0};
    uint32_t n = 0;
    char words[161];
    for (uint32_t i = 0; i < a->folder.n_shards; i++) {
        if (!a->shards[i].lost || n++ >= LOST_SHOWN)
            continue;
        char *log = shard_log(a->folder.path, i);
        if (log)
            shard_last_words(log, words, sizeof words);
        text_add(&text, "%sshard %u (%s; shard-%u.log ends: '%s')", n > 1 ? ", " : "",
                 i, a->tasks[i].state == QUEUE_ENDED ? a->tasks[i].word : "gone", i,
                 log ? words : "");
        free(log);
    }
    err_set(err, STATUS_CLUSTER,
            "%u of %u shards are lost: %s%s; the others are merged. Logs: %.300s; when "
            "the cause is mended, the same command submits them again%s%.200s",
            n, a->folder.n_shards, text_get(&text), n > LOST_SHOWN ? " ..." : "",
            a->folder.path, a->trouble.status ? ". " : "",
            a->trouble.status ? a->trouble.message : "");
    text_free(&text);
    return err->status;
}

/* One look at the queue and what follows from it. '*over': no more is to come. */
static enum status step(struct array *a, bool *over, struct err *err)
{
    bool answered;
    if (look(a, &answered, err) || !answered)
        return err->status;
    if (!a->greeted)
        greet(a);
    if (array_collect(a, err) || submit_or_bear(a, err))
        return err->status;
    tell_progress(a);
    bool wanted = array_wants(a);
    *over = a->outcome->complete || (!a->outcome->in_queue && !wanted) ||
            (!a->o->wait && !wanted);
    return STATUS_OK;
}

static enum status work(struct array *a, struct err *err)
{
    bool over = false;
    while (!stopped(a) && !over && !err->status) {
        step(a, &over, err);
        if (!over && !err->status)
            pause_between(a);
    }
    if (err->status == STATUS_INTERRUPTED)
        err->status = STATUS_OK;
    bool ended = over && !a->outcome->complete && !a->outcome->in_queue;
    return !err->status && ended ? tell_lost(a, err) : err->status;
}

static enum status begin(struct array *a, struct err *err)
{
    uint64_t n_points = a->outcome->points;
    char plan[40];
    const char *hash = results_manifest(a->results, "plan_xxh3");
    snprintf(plan, sizeof plan, "%s", hash ? hash : "");
    bool asked = a->o->n_shards_asked && a->o->n_shards <= n_points;
    if (folder_open(&a->folder, a->o->results_path, plan,
                    array_shards_for(a->o, n_points), asked, err))
        return err->status;
    snprintf(a->outcome->name, sizeof a->outcome->name, "%s", a->folder.name);
    a->shards = calloc(a->folder.n_shards, sizeof *a->shards);
    a->tasks = calloc(a->folder.n_shards, sizeof *a->tasks);
    if (!a->shards || !a->tasks)
        return err_set(err, STATUS_LIMIT, "out of memory");
    return array_count_open(a, err);
}

enum status slurm_sweep(const struct slurm_options *options, struct results *results,
                        struct slurm_outcome *outcome, struct err *err)
{
    struct array a = {
        .o = options, .results = results, .outcome = outcome, .began = now_seconds()};
    *outcome = (struct slurm_outcome){.complete = false};
    err->status = STATUS_OK;
    if (!array_count_points(&a, err) && !outcome->complete && !begin(&a, err))
        work(&a, err);
    folder_close(&a.folder);
    free(a.shards);
    free(a.tasks);
    return err->status;
}
