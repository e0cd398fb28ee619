/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_sweep.c - sim sweep: a grid of configurations, trials of each, one results file.
 *
 * The same command again goes on where the last one stopped.  Exit status 0: every
 * trial ran, whatever it found; 6: some ended badly (deadlock ...); 130, 143: a signal.
 */
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/interrupt.h"
#include "cli/progress.h"
#include "cli/run_args.h"
#include "cli/sweep_slurm.h"
#include "cli/sweep_text.h"
#include "cli/version.h"
#include "config/text.h"
#include "run/run.h"
#include "sweep/plan_json.h"
#include "sweep/sweep.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TRACES_MAX 64u

enum {
    SWEEP_OPT_VARY = RUN_OPT_LAST,
    SWEEP_OPT_PLAN,
    SWEEP_OPT_ZIP,
    SWEEP_OPT_SEEDS,
    SWEEP_OPT_TRACES,
    SWEEP_OPT_PRECISION,
    SWEEP_OPT_OUT,
    SWEEP_OPT_SHARD,
    SWEEP_OPT_WITNESSES,
    SWEEP_OPT_DRY_RUN,
    SWEEP_OPT_ACCEPT,
    SWEEP_OPT_NO_READERS,
    SWEEP_OPT_RETRY,
};

const struct option_row cmd_sweep_options[] = {
    {"plan", SWEEP_OPT_PLAN, "FILE",
     "a plan in JSON; other options add to it, or win over it"},
    {"vary", SWEEP_OPT_VARY, "KEY=VALUES",
     "an axis: a,b,c or first:last:step, :xF or :logN; may be repeated"},
    {"zip", SWEEP_OPT_ZIP, NULL,
     "pairs the values of the axes instead of crossing them"},
    {"protocols", RUN_OPT_PROTOCOLS, "LIST", "copy-on-write protocols, by commas"},
    {"traces", SWEEP_OPT_TRACES, "LIST", "guests, by commas; operands are guests too"},
    {"config", 'c', "FILE", "machine description; later files win over earlier ones"},
    {"set", RUN_OPT_SET, "KEY=VALUE", "sets one parameter of all points"},
    {"trials", 'n', "N", "trials of each point (default 100)"},
    {"seeds", SWEEP_OPT_SEEDS, "A:B", "seeds A to B - 1: that many trials"},
    {"precision", SWEEP_OPT_PRECISION, "P%",
     "stops a point when half its 95 % interval is at most P points"},
    {"witnesses", SWEEP_OPT_WITNESSES, "N",
     "violations with witness kept per point (3)"},
    {"out", 'o', "FILE", "results file (default results.sqlite)"},
    {"jobs", 'j', "N", "processes (default: one per processor)"},
    {"engine", RUN_OPT_ENGINE, "NAME", "what drives the model: systemc or native"},
    SWEEP_SLURM_ROWS,
    {"shard", SWEEP_OPT_SHARD, "I/N", "only points p with p mod N = I; see sim merge"},
    {"no-readers", SWEEP_OPT_NO_READERS, NULL,
     "lets nobody read the file meanwhile: for NFS, Lustre ..."},
    {"dry-run", SWEEP_OPT_DRY_RUN, NULL,
     "checks and prints the plan, and runs a trial of a few points for an estimate"},
    {"retry-failed", SWEEP_OPT_RETRY, NULL,
     "runs the trials that failed or crashed again"},
    {"accept-changed", SWEEP_OPT_ACCEPT, NULL,
     "goes on with a file of another version of this program"},
    OPTION_ROWS_COMMON,
};

struct sweep_cmd {
    struct run_args args;
    struct sweep_plan plan;
    struct sweep_options options;
    struct sweep_summary summary;
    struct progress progress;
    const char *plan_path; /* Null: no --plan. */
    struct sweep_file file;
    bool own_protocols,
        own_traces; /* The command line's: those of the plan are gone. */
    struct text command;
    struct sweep_slurm slurm;
    const char *trace_paths[TRACES_MAX], *trace_names[TRACES_MAX];
    const char *trace_xxh3[TRACES_MAX]; /* As the plan demands, or null. */
    struct trace *traces[TRACES_MAX];
    uint32_t n_traces;
    const char *files[RUN_ARGS_MAX + 1], *sets[RUN_ARGS_MAX + 1];
    const char *protocols[RUN_ARGS_MAX + 1];
    char config_dir[4096];
    const char *out;
    bool dry_run, no_readers;
    double started;
};

/* ---- the command line -------------------------------------------------------------
 */

static enum status take_seeds(struct sweep_cmd *s, const char *arg, struct err *err)
{
    char *end;
    unsigned long long from = strtoull(arg, &end, 10), to = 0;
    if (*end == ':')
        to = strtoull(end + 1, &end, 10);
    if (*end || to <= from || to - from > SWEEP_TRIALS_MAX)
        return err_set(err, STATUS_USAGE, "--seeds %s: A:B with B above A is expected",
                       arg);
    s->plan.seed = from;
    s->plan.trials = (uint32_t)(to - from);
    return STATUS_OK;
}

static enum status take_precision(struct sweep_cmd *s, const char *arg, struct err *err)
{
    char *end;
    double percent = strtod(arg, &end);
    if (end == arg || (*end && strcmp(end, "%") != 0) || !(percent > 0 && percent < 50))
        return err_set(err, STATUS_USAGE,
                       "--precision %s: per cent above 0 and below 50, such as 5%%",
                       arg);
    s->plan.precision = percent / 100;
    return STATUS_OK;
}

static enum status take_shard(struct sweep_cmd *s, const char *arg, struct err *err)
{
    char *end;
    unsigned long i = strtoul(arg, &end, 10), n = 0;
    if (*end == '/')
        n = strtoul(end + 1, &end, 10);
    if (*end || n == 0 || n > 100000 || i >= n)
        return err_set(err, STATUS_USAGE,
                       "--shard %s: I/N is expected, with I from 0 to N - 1", arg);
    s->options.shard = (uint32_t)i;
    s->options.n_shards = (uint32_t)n;
    return STATUS_OK;
}

static enum status add_trace(struct sweep_cmd *s, const char *path, struct err *err)
{
    if (!s->own_traces)
        s->n_traces = 0;
    s->own_traces = true;
    if (s->n_traces == TRACES_MAX)
        return err_set(err, STATUS_USAGE, "at most %u guests", TRACES_MAX);
    s->trace_xxh3[s->n_traces] = NULL;
    s->trace_paths[s->n_traces++] = path;
    return STATUS_OK;
}

/* The list is cut in place: it lives in argv. */
static enum status take_traces(struct sweep_cmd *s, char *list, struct err *err)
{
    char *rest;
    for (char *one = strtok_r(list, ",", &rest); one && !err->status;
         one = strtok_r(NULL, ",", &rest))
        add_trace(s, one, err);
    return err->status;
}

static enum status take(struct sweep_cmd *s, int id, char *arg, struct err *err)
{
    uint64_t value = 0;
    switch (id) {
    case SWEEP_OPT_VARY:
        return sweep_vary(&s->plan, arg, err);
    case SWEEP_OPT_ZIP:
        s->plan.zip = true;
        return STATUS_OK;
    case SWEEP_OPT_SEEDS:
        return take_seeds(s, arg, err);
    case SWEEP_OPT_TRACES:
        return take_traces(s, arg, err);
    case SWEEP_OPT_PRECISION:
        return take_precision(s, arg, err);
    case SWEEP_OPT_SHARD:
        return take_shard(s, arg, err);
    case SWEEP_OPT_WITNESSES:
        if (options_u64("witnesses", arg, 0, 1000, &value, err) == STATUS_OK)
            s->plan.witnesses = (uint32_t)value;
        return err->status;
    case 'n':
        if (options_u64("trials", arg, 1, SWEEP_TRIALS_MAX, &value, err) == STATUS_OK)
            s->plan.trials = (uint32_t)value;
        return err->status;
    case 'o':
        s->out = arg;
        return STATUS_OK;
    case SWEEP_OPT_DRY_RUN:
        s->dry_run = true;
        return STATUS_OK;
    case SWEEP_OPT_NO_READERS:
        s->no_readers = true;
        return STATUS_OK;
    case SWEEP_OPT_ACCEPT:
        s->options.accept_changed = true;
        return STATUS_OK;
    case SWEEP_OPT_RETRY:
        s->options.retry_failed = true;
        return STATUS_OK;
    case SWEEP_OPT_PLAN:
        return STATUS_OK; /* Read before. */
    case RUN_OPT_PROTOCOLS:
        if (!s->own_protocols)
            s->args.n_protocols = 0;
        s->own_protocols = true;
        return run_args_take(&s->args, id, arg, err);
    default:
        return run_args_take(&s->args, id, arg, err);
    }
}

/* ---- the plan file -------------------------------------------------------------- */

/* Looks for --plan alone: all other options win over what it says. */
static enum status find_plan(struct sweep_cmd *s, int argc, char **argv,
                             struct err *err)
{
    struct options options;
    options_begin(&options, cmd_sweep_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            return STATUS_OK;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (id == SWEEP_OPT_PLAN && s->plan_path)
            return err_set(err, STATUS_USAGE, "--plan: one plan, please");
        if (id == SWEEP_OPT_PLAN)
            s->plan_path = options.arg;
    }
}

static enum status take_plan(struct sweep_cmd *s, struct err *err)
{
    struct sweep_file *f = &s->file;
    if (!s->plan_path)
        return STATUS_OK;
    if (sweep_file_read(s->plan_path, &s->plan, f, err))
        return err->status;
    memcpy(s->args.configs, f->configs, f->n_configs * sizeof *f->configs);
    memcpy(s->args.sets, f->sets, f->n_sets * sizeof *f->sets);
    memcpy(s->args.protocols, f->protocols, f->n_protocols * sizeof *f->protocols);
    s->args.n_configs = f->n_configs;
    s->args.n_sets = f->n_sets;
    s->args.n_protocols = f->n_protocols;
    for (size_t i = 0; i < f->n_traces; i++) {
        if (add_trace(s, f->traces[i], err))
            return err->status;
        s->trace_xxh3[i] = f->trace_xxh3[i];
    }
    s->own_traces = false;
    s->args.engine = f->engine;
    if (f->out)
        s->out = f->out;
    if (f->jobs)
        s->args.jobs = f->jobs;
    return STATUS_OK;
}

/* For the manifest. Options that change no row are left out. */
static void note_option(struct sweep_cmd *s, int id, const char *arg)
{
    static const int silent[] = {'j',
                                 'o',
                                 'q',
                                 'v',
                                 'h',
                                 OPT_COLOR,
                                 OPT_PROGRESS,
                                 SWEEP_OPT_SHARD,
                                 SWEEP_OPT_DRY_RUN,
                                 SWEEP_OPT_ACCEPT,
                                 SWEEP_OPT_RETRY};
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        if (silent[i] == id)
            return;
    const struct option_row *row = cmd_sweep_options;
    while (row->name && row->id != id)
        row++;
    text_add(&s->command, " --%s", row->name);
    if (arg)
        sweep_text_word(&s->command, arg);
}

static enum status parse(struct sweep_cmd *s, int argc, char **argv, struct err *err)
{
    struct options options;
    err->status = STATUS_OK;
    if (find_plan(s, argc, argv, err) || take_plan(s, err))
        return err->status;
    text_add(&s->command, "sim sweep");
    options_begin(&options, cmd_sweep_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        note_option(s, id, options.arg);
        if (!sweep_slurm_option(&s->slurm, cmd_sweep_options, id, options.arg, err) &&
            !terminal_option(&s->args.terminal, id, options.arg, err))
            take(s, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    sweep_slurm_guests(&s->slurm, argv + options.operand, err);
    for (int i = options.operand; i < argc && !err->status; i++) {
        sweep_text_word(&s->command, argv[i]);
        add_trace(s, argv[i], err);
    }
    if (!err->status && s->n_traces == 0)
        return err_set(err, STATUS_USAGE, "a guest, please: name a trace");
    return err->status;
}

/* ---- the plan
 * ------------------------------------------------------------------------ */

static enum status load(struct sweep_cmd *s, struct err *err)
{
    memcpy(s->files, s->args.configs, s->args.n_configs * sizeof *s->files);
    memcpy(s->sets, s->args.sets, s->args.n_sets * sizeof *s->sets);
    memcpy(s->protocols, s->args.protocols, s->args.n_protocols * sizeof *s->protocols);
    s->plan.files = s->files;
    s->plan.sets = s->sets;
    s->plan.protocols = s->protocols;
    s->plan.n_protocols = (uint32_t)s->args.n_protocols;
    if (data_dir_configs(s->config_dir, sizeof s->config_dir))
        s->plan.config_dir = s->config_dir;
    for (uint32_t i = 0; i < s->n_traces; i++) {
        const char *slash = strrchr(s->trace_paths[i], '/');
        s->trace_names[i] = slash ? slash + 1 : s->trace_paths[i];
        s->traces[i] = trace_open(s->trace_paths[i], false, err);
        if (!s->traces[i])
            return err->status;
        if (s->trace_xxh3[i] && strcmp(s->trace_xxh3[i], trace_hash(s->traces[i])) != 0)
            return err_set(err, STATUS_TRACE,
                           "%s: is not the guest of the plan: its XXH3 is %s, %s is "
                           "expected",
                           s->trace_paths[i], trace_hash(s->traces[i]),
                           s->trace_xxh3[i]);
    }
    s->plan.traces = s->traces;
    s->plan.trace_names = s->trace_names;
    s->plan.n_traces = s->n_traces;
    if (run_find_engine(s->args.engine, &s->options.engine, err))
        return err->status;
    s->options.engine_name = s->options.engine->name;
    s->options.jobs = (unsigned)s->args.jobs;
    s->options.program = version_git();
    s->options.command = text_get(&s->command);
    return sweep_check(&s->plan, err);
}

/* ---- running
 * --------------------------------------------------------------------------- */

static bool stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

static void show(void *context, uint64_t trials, uint64_t all, uint64_t violated,
                 uint64_t failed)
{
    struct sweep_cmd *s = context;
    char note[96];
    double seconds = progress_seconds(&s->progress);
    snprintf(note, sizeof note,
             "%.0f a second, %" PRIu64 " violated, %" PRIu64 " failed",
             seconds > 0 ? (double)trials / seconds : 0, violated, failed);
    progress_update(&s->progress, trials, all, note);
}

static enum status run(struct sweep_cmd *s, struct err *err)
{
    bool is_new;
    struct results *results = s->no_readers ? results_open_alone(s->out, &is_new, err)
                                            : results_open(s->out, &is_new, err);
    if (!results)
        return err->status;
    s->options.stopped = stopped;
    s->options.progress = show;
    s->options.context = s;
    enum status status = sweep_begin(&s->plan, &s->options, results, is_new, err);
    if (!status) {
        progress_begin(&s->progress, &s->args.terminal, "trials");
        status = sweep_run(&s->plan, &s->options, results, &s->summary, err);
        progress_end(&s->progress);
    }
    results_close(results);
    return status;
}

static void print_summary(const struct sweep_cmd *s)
{
    const struct sweep_summary *m = &s->summary;
    printf("%s: %" PRIu64 " of %" PRIu64 " points done; %" PRIu64
           " trials now, %" PRIu64 " before; %" PRIu64 " violated, %" PRIu64
           " failed\n",
           s->out, m->points_done, m->points, m->trials, m->trials_before, m->violated,
           m->failed);
    if (m->retried)
        printf("%" PRIu64 " trials that had failed were taken out\n", m->retried);
    if (interrupt_signal())
        fputs("sim sweep: stopped; the same command goes on from here\n", stderr);
}

static int exit_code(const struct sweep_cmd *s)
{
    if (interrupt_signal())
        return interrupt_exit_code();
    return s->summary.failed ? status_exit_code(STATUS_GUEST) : 0;
}

static void destroy(struct sweep_cmd *s)
{
    for (uint32_t i = 0; i < s->n_traces; i++)
        trace_close(s->traces[i]);
    sweep_slurm_free(&s->slurm);
    sweep_plan_free(&s->plan);
    sweep_file_free(&s->file);
    text_free(&s->command);
    free(s);
}

int cmd_sweep(int argc, char **argv)
{
    struct err err = {0};
    struct sweep_cmd *s = calloc(1, sizeof *s);
    if (!s)
        return status_exit_code(STATUS_INTERNAL);
    s->args.jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    s->plan.seed = 1;
    s->plan.trials = 100;
    s->plan.witnesses = 3;
    s->options.n_shards = 1;
    s->out = "results.sqlite";
    enum status status = parse(s, argc, argv, &err);
    interrupt_catch();
    if (!status)
        status = load(s, &err);
    if (!status && s->slurm.wanted)
        status = sweep_slurm(&s->slurm, &s->plan, &s->options, &s->args.terminal,
                             s->out, s->dry_run, &err);
    bool here = !s->slurm.wanted || s->slurm.complete;
    if (!status && s->dry_run) {
        sweep_text_plan(&s->plan);
        status = sweep_text_estimate(&s->plan, &s->options, &err);
    } else if (!status && here)
        status = run(s, &err);
    if (!status && !s->dry_run && here)
        print_summary(s);
    int code = status ? cmd_fail("sweep", &err) : s->dry_run ? 0 : exit_code(s);
    destroy(s);
    return code;
}
