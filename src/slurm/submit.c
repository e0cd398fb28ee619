/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * submit.c - the shards that are wanted become a job. See array.h.
 */
#include "slurm/array.h"
#include "slurm/script.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define INDICES_BYTES 60000u /* One word of a command line has 128 KiB. */

static bool is_wanted(const struct array *a, uint32_t i)
{
    return a->shards[i].wanted && !array_in_queue(a, i);
}

bool array_wants(const struct array *a)
{
    bool wants = false;
    for (uint32_t i = 0; i < a->folder.n_shards; i++)
        wants |= is_wanted(a, i);
    return wants;
}

/* "0-3,7": shards wanted, up to the length of a word; '*largest' is the last. */
static void list_wanted(const struct array *a, struct text *list, uint32_t *largest)
{
    uint32_t n = a->folder.n_shards;
    for (uint32_t i = 0; i < n && list->n < INDICES_BYTES; i++) {
        uint32_t first = i;
        if (!is_wanted(a, i))
            continue;
        while (i + 1 < n && is_wanted(a, i + 1))
            i++;
        text_add(list, "%s%u", list->n ? "," : "", first);
        if (i > first)
            text_add(list, "-%u", i);
        *largest = i;
    }
}

static enum status fill_script(const struct slurm_options *o, const char *dir,
                               uint32_t n_shards, struct text *text, struct err *err)
{
    char *here = get_current_dir_name();
    if (!here)
        return err_set(err, STATUS_STORE, "the working directory has no name");
    const struct script script = {here, dir, o->command, o->guests, n_shards};
    script_write(&script, text);
    free(here);
    return STATUS_OK;
}

static enum status put_script(struct array *a, struct err *err)
{
    struct text text = {0};
    if (!a->has_script &&
        !fill_script(a->o, a->folder.path, a->folder.n_shards, &text, err))
        a->has_script =
            folder_put_script(&a->folder, text_get(&text), err) == STATUS_OK;
    text_free(&text);
    return err->status;
}

static void mark_submitted(struct array *a, uint32_t largest, uint64_t id)
{
    for (uint32_t i = 0; i <= largest; i++)
        if (is_wanted(a, i)) {
            a->shards[i].wanted = false;
            a->shards[i].submitted = true;
            a->tasks[i] = (struct queue_task){.job = id, .state = QUEUE_WAITING};
        }
}

static enum status submit_list(struct array *a, struct text *list, uint32_t largest,
                               struct err *err)
{
    uint64_t id = 0;
    struct text indices = {0};
    char *script;
    if (asprintf(&script, "%s/job.sh", a->folder.path) < 0)
        return err_set(err, STATUS_LIMIT, "out of memory");
    text_add(&indices, "%s%s", text_get(list), a->o->throttle);
    const struct queue_job job = {.name = a->folder.name,
                                  .script = script,
                                  .log = a->folder.log_pattern,
                                  .indices = text_get(&indices),
                                  .largest = largest,
                                  .cpus = a->o->cpus,
                                  .own_args = a->o->sbatch_args};
    if (!queue_submit(&job, &id, err)) {
        struct err unnoted = {0};
        mark_submitted(a, largest, id);
        array_say(a, "job %" PRIu64 " is submitted: shards %.300s of %u", id,
                  text_get(list), a->folder.n_shards);
        if (folder_note_job(&a->folder, id, text_get(list), &unnoted))
            array_say(a, "%s; the job runs all the same", unnoted.message);
    }
    text_free(&indices);
    free(script);
    return err->status;
}

enum status array_submit(struct array *a, struct err *err)
{
    uint32_t largest = 0;
    struct text list = {0};
    list_wanted(a, &list, &largest);
    if (list.n && !put_script(a, err))
        submit_list(a, &list, largest, err);
    text_free(&list);
    return err->status;
}

uint32_t array_shards_for(const struct slurm_options *o, uint64_t n_points)
{
    return n_points < o->n_shards ? (uint32_t)n_points : o->n_shards;
}

enum status slurm_script(const struct slurm_options *options, uint64_t n_points,
                         struct text *text, struct err *err)
{
    char *dir = folder_path(options->results_path);
    if (!dir)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status =
        fill_script(options, dir, array_shards_for(options, n_points), text, err);
    free(dir);
    return status;
}
