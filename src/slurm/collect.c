/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * collect.c - what the results file lacks, and shards that left the queue.
 * See array.h.
 */
#include "slurm/array.h"
#include "slurm/shard.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define TOLD_AT_ONCE 5u

void array_say(const struct array *a, const char *format, ...)
{
    char sentence[1200];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    if (a->o->say)
        a->o->say(a->o->context, sentence);
}

bool array_in_queue(const struct array *a, uint32_t i)
{
    return a->tasks[i].state == QUEUE_WAITING || a->tasks[i].state == QUEUE_RUNNING;
}

/* ---- what the results file lacks ----------------------------------------------------
 */

/* Runs a query that answers pairs of numbers. */
static enum status each_pair(struct array *a, const char *sql,
                             void (*take)(struct array *a, uint64_t x, uint64_t y),
                             struct err *err)
{
    sqlite3_stmt *s = NULL;
    sqlite3 *db = results_db(a->results);
    int code = sqlite3_prepare_v2(db, sql, -1, &s, NULL);
    while (code == SQLITE_OK && (code = sqlite3_step(s)) == SQLITE_ROW) {
        take(a, (uint64_t)sqlite3_column_int64(s, 0),
             (uint64_t)sqlite3_column_int64(s, 1));
        code = SQLITE_OK;
    }
    if (code != SQLITE_DONE)
        err_set(err, STATUS_STORE, "%s: %s", a->o->results_path, sqlite3_errmsg(db));
    sqlite3_finalize(s);
    return err->status;
}

static void take_points(struct array *a, uint64_t all, uint64_t done)
{
    a->outcome->points = all;
    a->outcome->points_done = done;
    a->outcome->complete = all == done;
}

static void take_open(struct array *a, uint64_t shard, uint64_t n)
{
    a->shards[shard].n_open = n;
}

static void take_trials(struct array *a, uint64_t n, uint64_t unused)
{
    (void)unused;
    a->n_trials = n;
}

enum status array_count_points(struct array *a, struct err *err)
{
    return each_pair(
        a, "SELECT COUNT(*), COUNT(*) FILTER (WHERE status <> 'open') FROM point",
        take_points, err);
}

enum status array_count_open(struct array *a, struct err *err)
{
    char sql[160];
    for (uint32_t i = 0; i < a->folder.n_shards; i++)
        a->shards[i].n_open = 0;
    snprintf(
        sql, sizeof sql,
        "SELECT point_id %% %u, COUNT(*) FROM point WHERE status = 'open' GROUP BY 1",
        a->folder.n_shards);
    if (array_count_points(a, err) || each_pair(a, sql, take_open, err))
        return err->status;
    return each_pair(a, "SELECT COUNT(*), 0 FROM run", take_trials, err);
}

/* ---- shards that are not in the queue -----------------------------------------------
 */

/* Takes the file of shard 'i'. What is wrong with this one file is kept for later. */
static enum status take(struct array *a, uint32_t i, uint64_t *n_trials,
                        struct err *err)
{
    char *file = shard_file(a->folder.path, i);
    if (!file)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = shard_take(a->results, file, n_trials, err);
    free(file);
    if (status != STATUS_CLUSTER)
        return status;
    a->trouble = *err;
    err->status = STATUS_OK;
    return STATUS_OK;
}

/* A shard without a task that still has open points: once more, or not? */
static void judge(struct array *a, uint32_t i, uint64_t n_trials)
{
    struct shard *s = &a->shards[i];
    bool got_on = n_trials > s->n_trials;
    s->n_trials = n_trials;
    if (s->submitted) {
        s->n_futile = got_on ? 0 : s->n_futile + 1;
        s->lost = a->o->resubmit == 0 || s->n_futile > a->o->resubmit;
    }
    s->wanted = !s->lost;
}

/* Tells of shard 'i', the 'nth' at once: a cancelled array is no reason for a thousand
 * lines. */
static void tell(const struct array *a, uint32_t i, uint32_t nth)
{
    const struct shard *s = &a->shards[i];
    bool ended = a->tasks[i].state == QUEUE_ENDED;
    if ((s->submitted || ended) && nth < TOLD_AT_ONCE)
        array_say(
            a, "shard %u ended too early (%s), %" PRIu64 " of its points are open; %s",
            i, ended ? a->tasks[i].word : "gone", s->n_open,
            s->lost ? "it is given up" : "it is submitted again");
    else if ((s->submitted || ended) && nth == TOLD_AT_ONCE)
        array_say(a, "more shards ended too early");
}

/* Takes all files that nobody writes, then sees which shards still lack points. */
enum status array_collect(struct array *a, struct err *err)
{
    uint32_t n = a->folder.n_shards, n_idle = 0;
    uint32_t *idle = malloc(n * sizeof *idle);
    uint64_t *n_trials = calloc(n, sizeof *n_trials);
    if (!idle || !n_trials)
        err_set(err, STATUS_LIMIT, "out of memory");
    for (uint32_t i = 0; i < n && !err->status; i++) {
        struct shard *s = &a->shards[i];
        s->submitted |= array_in_queue(a, i);
        if (array_in_queue(a, i))
            s->wanted = false;
        else if (s->n_open == 0 || s->lost || s->wanted)
            continue;
        else if (!take(a, i, &n_trials[n_idle], err))
            idle[n_idle++] = i;
    }
    if (!err->status && n_idle)
        array_count_open(a, err);
    for (uint32_t k = 0, nth = 0; k < n_idle && !err->status; k++)
        if (a->shards[idle[k]].n_open > 0) {
            judge(a, idle[k], n_trials[k]);
            tell(a, idle[k], nth++);
        }
    free(idle);
    free(n_trials);
    return err->status;
}
