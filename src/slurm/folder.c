/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * folder.c - see folder.h.
 */
#include "slurm/folder.h"

#include "config/text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#define PATH_MOST 4000u

static enum status no_memory(struct err *err)
{
    return err_set(err, STATUS_LIMIT, "out of memory");
}

static enum status fail(const char *path, struct err *err)
{
    return err_set(err, STATUS_STORE, "%s: %s", path, strerror(errno));
}

/* The working directory as the user calls it: what a cluster mounts under one name may
 * have another one on this machine. */
char *folder_path(const char *results_path)
{
    char *path = NULL, *here = NULL;
    if (results_path[0] != '/')
        here = get_current_dir_name();
    int n = results_path[0] == '/' ? asprintf(&path, "%s.slurm", results_path)
            : here                 ? asprintf(&path, "%s/%s.slurm", here, results_path)
                                   : -1;
    free(here);
    return n < 0 ? NULL : path;
}

/* ---- the file 'job' -----------------------------------------------------------------
 */

struct job_file {
    char plan[40], name[64];
    unsigned n_shards;
};

/* Whole or not at all, also when we are killed or the disk is full. */
static enum status replace(const char *path, const char *text, mode_t mode,
                           struct err *err)
{
    char *fresh;
    if (asprintf(&fresh, "%s.new", path) < 0)
        return no_memory(err);
    FILE *file = fopen(fresh, "w");
    bool good = file && fputs(text, file) >= 0 && fflush(file) == 0 &&
                fchmod(fileno(file), mode) == 0 && fsync(fileno(file)) == 0;
    if (file && fclose(file) != 0)
        good = false;
    if (!good || rename(fresh, path) != 0) {
        fail(fresh, err);
        unlink(fresh);
    }
    free(fresh);
    return err->status;
}

static void fill_name(const struct folder *f, const char *plan, char name[64])
{
    char hex[17];
    snprintf(hex, sizeof hex, "%016llx",
             (unsigned long long)(XXH3_64bits(f->path, strlen(f->path)) ^
                                  XXH3_64bits(plan, strlen(plan))));
    snprintf(name, 64, "sweep-%.12s", hex);
}

static enum status write_job(struct folder *f, const char *path, const char *plan,
                             uint32_t n_shards, struct err *err)
{
    struct text text = {0};
    f->n_shards = n_shards;
    fill_name(f, plan, f->name);
    text_add(&text, "plan_xxh3 %s\nshards %u\nname %s\n", plan, n_shards, f->name);
    replace(path, text_get(&text), 0666 & ~(mode_t)022, err);
    text_free(&text);
    return err->status;
}

static enum status read_job(FILE *file, const char *path, struct job_file *job,
                            struct err *err)
{
    if (fscanf(file, "plan_xxh3 %39s shards %u name %63s", job->plan, &job->n_shards,
               job->name) == 3 &&
        job->n_shards > 0 && job->n_shards <= 100000)
        return STATUS_OK;
    return err_set(err, STATUS_STORE,
                   "%s: is not what sim sweep --engine slurm writes; delete the "
                   "directory, or name another results file with --out",
                   path);
}

static enum status take_job(struct folder *f, const struct job_file *job,
                            const char *plan, uint32_t n_shards, bool asked,
                            struct err *err)
{
    if (strcmp(job->plan, plan) != 0)
        return err_set(err, STATUS_STORE,
                       "%s: has the shards of another sweep; delete it when no job of "
                       "the name %s runs, or name another results file with --out",
                       f->path, job->name);
    if (asked && n_shards != job->n_shards)
        return err_set(err, STATUS_USAGE,
                       "--shards: the sweep was begun with %u shards, so say that or "
                       "nothing; or end its job (scancel --name=%s), delete %s and "
                       "begin again: points that are merged stay",
                       job->n_shards, job->name, f->path);
    f->n_shards = job->n_shards;
    memcpy(f->name, job->name, sizeof f->name);
    return STATUS_OK;
}

static enum status open_job(struct folder *f, const char *plan, uint32_t n_shards,
                            bool asked, struct err *err)
{
    char *path;
    struct job_file job;
    if (asprintf(&path, "%s/job", f->path) < 0)
        return no_memory(err);
    FILE *file = fopen(path, "r");
    if (!file && errno == ENOENT)
        write_job(f, path, plan, n_shards, err);
    else if (!file)
        fail(path, err);
    else if (!read_job(file, path, &job, err))
        take_job(f, &job, plan, n_shards, asked, err);
    if (file)
        fclose(file);
    free(path);
    return err->status;
}

enum status folder_note_job(const struct folder *f, uint64_t id, const char *indices,
                            struct err *err)
{
    char *path;
    if (asprintf(&path, "%s/job", f->path) < 0)
        return no_memory(err);
    FILE *file = fopen(path, "a");
    bool good = file && fprintf(file, "job %llu shards %s\n", (unsigned long long)id,
                                indices) > 0;
    if (file && fclose(file) != 0)
        good = false;
    if (!good)
        fail(path, err);
    free(path);
    return good ? STATUS_OK : err->status;
}

/* ---- the directory ------------------------------------------------------------------
 */

/* In --output a backslash switches %a off, and a newline ends the path. */
static enum status fill_log_pattern(struct folder *f, struct err *err)
{
    struct text text = {0};
    if (strpbrk(f->path, "\\\n") || strlen(f->path) > PATH_MOST)
        return err_set(err, STATUS_USAGE,
                       "--out: Slurm cannot write logs into %.600s: no backslash, no "
                       "line break, and at most %u bytes",
                       f->path, PATH_MOST);
    for (const char *c = f->path; *c; c++)
        text_add_bytes(&text, *c == '%' ? "%%" : c, *c == '%' ? 2 : 1);
    text_add(&text, "/shard-%%a.log");
    f->log_pattern = text.data;
    return STATUS_OK;
}

enum status folder_open(struct folder *f, const char *results_path, const char *plan,
                        uint32_t n_shards, bool asked, struct err *err)
{
    *f = (struct folder){.path = folder_path(results_path)};
    err->status = STATUS_OK;
    if (!f->path)
        return no_memory(err);
    if (fill_log_pattern(f, err))
        return err->status;
    if (mkdir(f->path, 0777) != 0 && errno != EEXIST)
        return fail(f->path, err);
    return open_job(f, plan, n_shards, asked, err);
}

void folder_close(struct folder *f)
{
    free(f->path);
    free(f->log_pattern);
    *f = (struct folder){0};
}

enum status folder_put_script(const struct folder *f, const char *text, struct err *err)
{
    char *path;
    if (asprintf(&path, "%s/job.sh", f->path) < 0)
        return no_memory(err);
    err->status = STATUS_OK;
    replace(path, text, 0755, err);
    free(path);
    return err->status;
}
