/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_slurm.c - see sweep_slurm.h.
 */
#include "cli/sweep_slurm.h"

#include "cli/interrupt.h"
#include "cli/run_args.h"
#include "slurm/script.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHARDS_DEFAULT   16u
#define RESUBMIT_DEFAULT 3u

/* ---- options ------------------------------------------------------------------------
 */

/* Options of the sweep that are not for a shard.  Failed trials are run again by us, in
 * the merged file: few are left to do, and a shard that is submitted again must not do
 * them once more each time. */
static const char *const not_for_shards[] = {
    "out",   "jobs",     "shard", "dry-run", "no-readers", "retry-failed",
    "color", "progress", "quiet", "verbose", "help",       NULL,
};

/* What would take the job out of our hands. */
static const char *const not_for_sbatch[] = {
    "--wait", "-W", "--wrap", "--clusters", "-M", "--test-only", NULL,
};

static enum status keep_word(struct sweep_slurm *s, char *word, struct err *err)
{
    if (!word || s->n_words == SWEEP_SLURM_WORDS) {
        free(word);
        return err_set(err, STATUS_USAGE, "the options are too many or too long");
    }
    s->words[s->n_words++] = word;
    return STATUS_OK;
}

/* The words in front of the options: where this program is, not how it was called. */
static enum status keep_program(struct sweep_slurm *s, struct err *err)
{
    char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (s->n_words)
        return STATUS_OK;
    if (n <= 0)
        return err_set(err, STATUS_INTERNAL, "/proc/self/exe cannot be read");
    path[n] = '\0';
    return keep_word(s, strdup(path), err) ? err->status
                                           : keep_word(s, strdup("sweep"), err);
}

static enum status keep_option(struct sweep_slurm *s, const struct option_row *row,
                               const char *arg, struct err *err)
{
    char *word;
    for (size_t i = 0; not_for_shards[i]; i++)
        if (strcmp(row->name, not_for_shards[i]) == 0)
            return STATUS_OK;
    if (keep_program(s, err))
        return err->status;
    int n = arg ? asprintf(&word, "--%s=%s", row->name, arg)
                : asprintf(&word, "--%s", row->name);
    return keep_word(s, n < 0 ? NULL : word, err);
}

static bool is_option(const char *word, const char *name)
{
    size_t n = strlen(name);
    return strncmp(word, name, n) == 0 &&
           (word[n] == '\0' || word[n] == '=' || name[1] != '-');
}

static enum status check_sbatch(const struct sweep_slurm *s, struct err *err)
{
    for (uint32_t i = 0; i < s->n_args; i++) {
        for (size_t k = 0; not_for_sbatch[k]; k++)
            if (is_option(s->args[i], not_for_sbatch[k]))
                return err_set(err, STATUS_USAGE,
                               "--sbatch-args: %s would take the job out of our hands",
                               not_for_sbatch[k]);
        if (is_option(s->args[i], "-a") || is_option(s->args[i], "--array"))
            if (strncmp(s->args[i], "--array=%", 9) != 0)
                return err_set(err, STATUS_USAGE,
                               "--sbatch-args: the array is that of the shards; "
                               "--array=%%N lets N of them run at once, --shards N "
                               "says how many there are");
    }
    return STATUS_OK;
}

static enum status take_args(struct sweep_slurm *s, const char *line, struct err *err)
{
    if (s->n_blocks == QUEUE_ARGS_MAX)
        return err_set(err, STATUS_USAGE, "--sbatch-args: too many");
    char *block =
        script_split("sbatch-args", line, s->args, &s->n_args, QUEUE_ARGS_MAX, err);
    if (block)
        s->arg_blocks[s->n_blocks++] = block;
    return block ? check_sbatch(s, err) : err->status;
}

static bool take_own(struct sweep_slurm *s, int id, const char *arg, struct err *err)
{
    switch (id) {
    case SWEEP_SLURM_SHARDS:
        s->has_shards = true;
        options_u64("shards", arg, 1, SLURM_SHARDS_MAX, &s->n_shards, err);
        return true;
    case SWEEP_SLURM_ARGS:
        take_args(s, arg, err);
        return true;
    case SWEEP_SLURM_RESUBMIT:
        s->has_resubmit = true;
        options_u64("resubmit", arg, 0, 1000, &s->resubmit, err);
        return true;
    case SWEEP_SLURM_NO_WAIT:
        s->no_wait = true;
        return true;
    default:
        return false;
    }
}

bool sweep_slurm_option(struct sweep_slurm *s, const struct option_row *rows, int id,
                        const char *arg, struct err *err)
{
    const struct option_row *row = rows;
    while (row->name && row->id != id)
        row++;
    if (id == RUN_OPT_ENGINE && strcmp(arg, "slurm") == 0) {
        s->wanted = true;
        return true;
    }
    if (take_own(s, id, arg, err)) {
        s->own_option = row->name;
        return true;
    }
    if (strcmp(row->name, "shard") == 0 || strcmp(row->name, "no-readers") == 0)
        s->foreign_option = row->name;
    if (id == 'j')
        s->cpus = (uint32_t)strtoul(arg, NULL, 10);
    keep_option(s, row, arg, err);
    return err->status != STATUS_OK;
}

enum status sweep_slurm_guests(struct sweep_slurm *s, char **guests, struct err *err)
{
    if (!s->wanted && s->own_option)
        return err_set(err, STATUS_USAGE, "--%s means nothing without --engine slurm",
                       s->own_option);
    if (!s->wanted)
        return STATUS_OK;
    if (s->foreign_option)
        return err_set(err, STATUS_USAGE,
                       "--%s and --engine slurm exclude each other: its tasks have it "
                       "anyway",
                       s->foreign_option);
    for (uint32_t i = 0; guests[i]; i++) {
        if (i == SWEEP_SLURM_WORDS)
            return err_set(err, STATUS_USAGE, "too many guests");
        s->guests[i] = guests[i];
    }
    return keep_program(s, err);
}

void sweep_slurm_free(struct sweep_slurm *s)
{
    for (uint32_t i = 0; i < s->n_words; i++)
        free(s->words[i]);
    for (uint32_t i = 0; i < s->n_blocks; i++)
        free(s->arg_blocks[i]);
}

/* ---- what is said -------------------------------------------------------------------
 */

static bool stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

static void say(void *context, const char *sentence)
{
    struct sweep_slurm *s = context;
    if (s->terminal.quiet)
        return;
    progress_end(&s->progress);
    fprintf(stderr, "sim sweep: %s\n", sentence);
}

static void show(void *context, const struct slurm_progress *p)
{
    struct sweep_slurm *s = context;
    char note[120];
    snprintf(note, sizeof note,
             "%" PRIu64 " trials, %" PRIu32 " shards run, %" PRIu32 " wait%s%.40s%s",
             p->trials, p->running, p->waiting, *p->reason ? " (" : "", p->reason,
             *p->reason ? ")" : "");
    progress_update(&s->progress, p->points_done, p->points, note);
}

/* How to go on, when the file is not complete. */
static void tell_rest(const struct slurm_outcome *o, const char *out, bool failed)
{
    if (!failed)
        printf("%s: %" PRIu64 " of %" PRIu64 " points done\n", out, o->points_done,
               o->points);
    if (o->in_queue)
        fprintf(stderr,
                "sim sweep: %s%" PRIu32 " shards stay in the queue and go on; the same "
                "command takes what they find, and scancel --name=%s ends them\n",
                interrupt_signal() ? "stopped; " : "", o->in_queue, o->name);
    else if (interrupt_signal())
        fputs("sim sweep: stopped; the same command goes on from here\n", stderr);
}

/* ---- running ------------------------------------------------------------------------
 */

static enum status submit_and_wait(struct sweep_slurm *s, const struct sweep_plan *plan,
                                   const struct sweep_options *options,
                                   const struct slurm_options *o, struct err *err)
{
    bool is_new;
    struct slurm_outcome outcome = {.complete = false};
    struct results *results = results_open(o->results_path, &is_new, err);
    if (!results)
        return err->status;
    enum status status = sweep_begin(plan, options, results, is_new, err);
    if (!status) {
        progress_begin(&s->progress, &s->terminal, "points");
        status = slurm_sweep(o, results, &outcome, err);
        progress_end(&s->progress);
    }
    results_close(results);
    s->complete = outcome.complete;
    if (!outcome.complete)
        tell_rest(&outcome, o->results_path, status != STATUS_OK);
    return status;
}

static enum status print_script(const struct sweep_plan *plan,
                                const struct slurm_options *o, struct err *err)
{
    uint64_t n;
    struct text text = {0};
    if (!sweep_count(plan, &n, err) && !slurm_script(o, n, &text, err))
        printf("%s\n", text_get(&text));
    text_free(&text);
    return err->status;
}

enum status sweep_slurm(struct sweep_slurm *s, const struct sweep_plan *plan,
                        const struct sweep_options *options,
                        const struct terminal *terminal, const char *out, bool dry,
                        struct err *err)
{
    const char *args[QUEUE_ARGS_MAX + 1], *throttle = "";
    const char *words[SWEEP_SLURM_WORDS + 2] = {NULL};
    uint32_t n_args = 0;
    memcpy(words, s->words, s->n_words * sizeof *words);
    for (uint32_t i = 0; i < s->n_args; i++)
        if (strncmp(s->args[i], "--array=", 8) == 0)
            throttle = s->args[i] + 8;
        else
            args[n_args++] = s->args[i];
    args[n_args] = NULL;
    s->terminal = *terminal;
    const struct slurm_options o = {
        .results_path = out,
        .command = words,
        .guests = s->guests,
        .sbatch_args = args,
        .throttle = throttle,
        .n_shards = s->has_shards ? (uint32_t)s->n_shards : SHARDS_DEFAULT,
        .n_shards_asked = s->has_shards,
        .cpus = s->cpus,
        .resubmit = s->has_resubmit ? (uint32_t)s->resubmit : RESUBMIT_DEFAULT,
        .wait = !s->no_wait,
        .stopped = stopped,
        .say = say,
        .progress = terminal->quiet ? NULL : show,
        .context = s};
    return dry ? print_script(plan, &o, err)
               : submit_and_wait(s, plan, options, &o, err);
}
