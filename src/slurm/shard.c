/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shard.c - a shard's file is taken, its log is read. See shard.h.
 */
#include "slurm/shard.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define TAIL_BYTES 4096

static char *path_of(const char *dir, uint32_t i, const char *ending)
{
    char *path;
    return asprintf(&path, "%s/shard-%u.%s", dir, i, ending) < 0 ? NULL : path;
}

char *shard_file(const char *dir, uint32_t i)
{
    return path_of(dir, i, "sqlite");
}

char *shard_log(const char *dir, uint32_t i)
{
    return path_of(dir, i, "log");
}

/* ---- the file -----------------------------------------------------------------------
 */

static enum status count_trials(struct results *shard, uint64_t *n, struct err *err)
{
    sqlite3_stmt *s = NULL;
    sqlite3 *db = results_db(shard);
    if (sqlite3_prepare_v2(db, "SELECT COUNT(*) FROM run", -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        *n = (uint64_t)sqlite3_column_int64(s, 0);
    else
        err_set(err, STATUS_CLUSTER, "%s", sqlite3_errmsg(db));
    sqlite3_finalize(s);
    return err->status;
}

/* '*has_plan' false: its task was killed before it wrote one; it will. */
static enum status look(const char *file, bool *has_plan, uint64_t *n, struct err *err)
{
    struct stat about;
    *has_plan = false;
    if (stat(file, &about) != 0 && errno == ENOENT)
        return STATUS_OK;
    if (stat(file, &about) == 0 && about.st_size == 0)
        return STATUS_OK;
    struct results *shard = results_open_read(file, err);
    if (!shard) {
        err->status = STATUS_CLUSTER;
        return err->status;
    }
    *has_plan = results_manifest(shard, "plan_xxh3") != NULL;
    enum status status = count_trials(shard, n, err);
    results_close(shard);
    return status;
}

enum status shard_take(struct results *results, const char *file, uint64_t *n_trials,
                       struct err *err)
{
    bool has_plan;
    *n_trials = 0;
    err->status = STATUS_OK;
    if (look(file, &has_plan, n_trials, err) || !has_plan)
        return err->status;
    return results_merge(results, file, err);
}

/* ---- the log ------------------------------------------------------------------------
 */

/* The last bytes of a file, as a string. */
static void read_tail(const char *path, char tail[TAIL_BYTES + 1])
{
    size_t n = 0;
    FILE *file = fopen(path, "rb");
    if (file && fseek(file, -TAIL_BYTES, SEEK_END) != 0)
        rewind(file);
    if (file) {
        n = fread(tail, 1, TAIL_BYTES, file);
        fclose(file);
    }
    tail[n] = '\0';
}

/* "progress: 120/4800 trials ...": what cli/progress.c writes. */
uint64_t shard_progress(const char *log)
{
    static const char key[] = "progress: ";
    char tail[TAIL_BYTES + 1];
    const char *last = NULL;
    read_tail(log, tail);
    for (const char *at = tail; (at = strstr(at, key)); at += sizeof key - 1)
        last = at + sizeof key - 1;
    return last ? strtoull(last, NULL, 10) : 0;
}

void shard_last_words(const char *log, char *words, size_t room)
{
    char tail[TAIL_BYTES + 1];
    read_tail(log, tail);
    size_t n = strlen(tail);
    while (n > 0 && strchr(" \n", tail[n - 1]))
        tail[--n] = '\0';
    const char *line = strrchr(tail, '\n');
    snprintf(words, room, "%s", line ? line + 1 : tail);
}
