/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * queue.c - sbatch and squeue. See queue.h.
 */
#include "slurm/queue.h"

#include "slurm/command.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 60u
#define WORDS_MAX       (QUEUE_ARGS_MAX + 10u)
#define TEXT_BYTES      8400u

/* ---- squeue -------------------------------------------------------------------------
 */

/* What --states=all lists besides tasks that wait or run. */
static const char *const end_words[] = {
    "COMPLETED", "FAILED",    "CANCELLED", "TIMEOUT",       "NODE_FAIL",
    "PREEMPTED", "BOOT_FAIL", "DEADLINE",  "OUT_OF_MEMORY", "REVOKED",
};

static enum queue_state state_of(const char *word)
{
    for (size_t i = 0; i < sizeof end_words / sizeof *end_words; i++)
        if (strcmp(word, end_words[i]) == 0)
            return QUEUE_ENDED;
    bool runs = strcmp(word, "RUNNING") == 0 || strcmp(word, "COMPLETING") == 0;
    return runs ? QUEUE_RUNNING : QUEUE_WAITING;
}

/* "12|3|RUNNING|None": job, index, state, reason.  Copied, as sscanf() would measure
 * the rest of the answer for each line. */
static void take_line(const char *text, size_t length, struct queue_task *tasks,
                      uint32_t n)
{
    char line[200];
    snprintf(line, sizeof line, "%.*s", length < sizeof line ? (int)length : 199, text);
    unsigned long long job, index;
    char word[20], reason[48] = "";
    if (sscanf(line, "%llu|%llu|%19[^|]|%47[^\n]", &job, &index, word, reason) < 3 ||
        index >= n)
        return;
    struct queue_task *t = &tasks[index];
    enum queue_state state = state_of(word);
    /* A shard that was submitted again stands there twice: what lives wins. */
    if (t->state > QUEUE_ENDED && state == QUEUE_ENDED)
        return;
    if (t->state == QUEUE_ENDED && state == QUEUE_ENDED && t->job > job)
        return;
    t->job = job;
    t->state = state;
    memcpy(t->word, word, sizeof word);
    memcpy(t->reason, reason, sizeof reason);
}

static const char *hint(const char *said)
{
    if (strstr(said, "configuration") || strstr(said, "SLURM_CONF") ||
        strstr(said, "slurm.conf"))
        return "; is SLURM_CONF set, and does this machine belong to a cluster?";
    if (strstr(said, "Unable to contact") || strstr(said, "connect"))
        return "; does slurmctld run (scontrol ping)?";
    return "";
}

static enum status fail(const char *program, const struct command_answer *a,
                        struct err *err)
{
    return err_set(err, STATUS_CLUSTER, "%s: %s%s", program,
                   *a->said ? a->said : "failed without a word", hint(a->said));
}

/* Slurm itself would wait a minute for the file to come. */
static enum status check_conf(struct err *err)
{
    const char *conf = getenv("SLURM_CONF");
    if (!conf || access(conf, R_OK) == 0)
        return STATUS_OK;
    return err_set(err, STATUS_CLUSTER,
                   "SLURM_CONF names %.400s, which cannot be read: %s", conf,
                   strerror(errno));
}

enum status queue_look(const char *name, struct queue_task *tasks, uint32_t n,
                       bool (*stopped)(void *context), void *context, struct err *err)
{
    char by_name[120];
    const char *argv[] = {"squeue",       "--noheader",           "--array", "--me",
                          "--states=all", "--format=%F|%K|%T|%r", by_name,   NULL};
    const struct command command = {argv, TIMEOUT_SECONDS, stopped, context};
    struct command_answer answer = {0};
    snprintf(by_name, sizeof by_name, "--name=%s", name);
    err->status = STATUS_OK;
    memset(tasks, 0, n * sizeof *tasks);
    if (!check_conf(err) && !command_run(&command, &answer, err) &&
        answer.exit_code != 0)
        fail("squeue", &answer, err);
    const char *line = err->status ? "" : text_get(&answer.out);
    while (*line) {
        size_t length = strcspn(line, "\n");
        take_line(line, length, tasks, n);
        line += length;
        line += *line == '\n';
    }
    command_answer_free(&answer);
    return err->status;
}

/* ---- sbatch -------------------------------------------------------------------------
 */

/* MaxArraySize of the cluster; 0: it does not say. */
static unsigned long array_limit(void)
{
    const char *argv[] = {"scontrol", "show", "config", NULL};
    const struct command command = {argv, TIMEOUT_SECONDS, NULL, NULL};
    struct command_answer answer = {0};
    struct err err = {0};
    unsigned long limit = 0;
    if (!command_run(&command, &answer, &err)) {
        const char *at = strstr(text_get(&answer.out), "MaxArraySize");
        at = at ? strchr(at, '=') : NULL;
        limit = at ? strtoul(at + 1, NULL, 10) : 0;
    }
    command_answer_free(&answer);
    return limit;
}

static enum status refused(const struct queue_job *job, const struct command_answer *a,
                           struct err *err)
{
    if (!strstr(a->said, "Invalid job array"))
        return fail("sbatch", a, err);
    unsigned long limit = array_limit();
    if (limit == 0 || job->largest < limit)
        return fail("sbatch", a, err);
    return err_set(err, STATUS_CLUSTER,
                   "sbatch: %u shards are too many for this cluster, whose job arrays "
                   "have at most %lu tasks (MaxArraySize); --shards %lu or less",
                   job->largest + 1, limit, limit);
}

/* Ours come last: the last one wins.  'own_args' are at most SLURM_ARGS_MAX. */
static void fill_words(const struct queue_job *job, const char *array,
                       char texts[4][TEXT_BYTES], const char *words[WORDS_MAX])
{
    uint32_t n = 0;
    words[n++] = "sbatch";
    snprintf(texts[0], TEXT_BYTES, "--job-name=%s", job->name);
    snprintf(texts[1], TEXT_BYTES, "--output=%s", job->log);
    snprintf(texts[2], TEXT_BYTES, "--error=%s", job->log);
    snprintf(texts[3], TEXT_BYTES, "--cpus-per-task=%u", job->cpus);
    if (job->cpus)
        words[n++] = texts[3];
    for (uint32_t i = 0; job->own_args && job->own_args[i]; i++) {
        assert(i < QUEUE_ARGS_MAX);
        words[n++] = job->own_args[i];
    }
    words[n++] = "--parsable";
    for (uint32_t i = 0; i < 3; i++)
        words[n++] = texts[i];
    words[n++] = array;
    words[n++] = job->script;
    words[n] = NULL;
}

enum status queue_submit(const struct queue_job *job, uint64_t *id, struct err *err)
{
    char texts[4][TEXT_BYTES];
    const char *words[WORDS_MAX];
    struct text array = {0};
    text_add(&array, "--array=%s", job->indices);
    fill_words(job, text_get(&array), texts, words);
    const struct command command = {words, TIMEOUT_SECONDS, NULL, NULL};
    struct command_answer answer = {0};
    err->status = STATUS_OK;
    if (!command_run(&command, &answer, err) && answer.exit_code != 0)
        refused(job, &answer, err);
    if (!err->status && sscanf(text_get(&answer.out), "%" SCNu64, id) != 1)
        err_set(err, STATUS_CLUSTER,
                "sbatch tells no number of a job but '%.200s'; see "
                "--sbatch-args",
                text_get(&answer.out));
    text_free(&array);
    command_answer_free(&answer);
    return err->status;
}
