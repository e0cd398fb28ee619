/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_explore.c - sim explore: every order of a small guest's steps.
 *
 * Exit status 0 is a proof, 1 a violation, 7 neither.  SIGINT ends the search;
 * what is known is printed, and is incomplete.
 */
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/explore_report.h"
#include "cli/interrupt.h"
#include "cli/manifest.h"
#include "cli/present.h"
#include "cli/progress.h"
#include "cli/schedule_file.h"
#include "cli/version.h"
#include "vm/shootdown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MIB               (UINT64_C(1) << 20)
#define DEFAULT_MIB       4096u
#define MOST_MIB          (UINT64_C(1) << 20)
#define MOST_STATES       UINT32_MAX
#define CHECKPOINT_STATES 2000000u /* Half a minute to a minute. */

enum {
    EXPLORE_OPT_FILLS = RUN_OPT_LAST,
    EXPLORE_OPT_EVICTIONS,
    EXPLORE_OPT_NMIS,
    EXPLORE_OPT_EARLY_ACK,
    EXPLORE_OPT_REWALK,
    EXPLORE_OPT_PAGE,
    EXPLORE_OPT_EVERY_STEP,
    EXPLORE_OPT_MAX_STATES,
    EXPLORE_OPT_MEMORY,
    EXPLORE_OPT_REPLAY,
    EXPLORE_OPT_CHECKPOINT,
    EXPLORE_OPT_RESUME,
};

const struct option_row cmd_explore_options[] = {
    {"config", 'c', "FILE", "machine description; later files win over earlier ones"},
    {"set", RUN_OPT_SET, "KEY=VALUE", "sets one parameter; wins over files"},
    {"protocol", RUN_OPT_PROTOCOL, "NAME", "copy-on-write protocol: a name or a file"},
    {"fills", EXPLORE_OPT_FILLS, NULL, "TLBs may cache translations nobody asked for"},
    {"evictions", EXPLORE_OPT_EVICTIONS, NULL, "TLBs may drop translations any time"},
    {"nmis", EXPLORE_OPT_NMIS, NULL,
     "NMIs may arrive any time, also when others may not"},
    {"early-ack", EXPLORE_OPT_EARLY_ACK, NULL,
     "shootdowns are acknowledged before invalidating (kernel.shootdown=freebsd2020)"},
    {"rewalk", EXPLORE_OPT_REWALK, NULL,
     "a permission miss walks again before it faults (mmu.rewalk_on_permission_miss)"},
    {"page", EXPLORE_OPT_PAGE, "ADDRESS",
     "page that fills and evictions are about; may be repeated (default: all used)"},
    {"every-step", EXPLORE_OPT_EVERY_STEP, NULL,
     "makes each kernel step a move of its own: no reduction"},
    {"max-states", EXPLORE_OPT_MAX_STATES, "N", "stops there: incomplete"},
    {"memory", EXPLORE_OPT_MEMORY, "MIB", "memory for states (default 4096)"},
    {"checkpoint", EXPLORE_OPT_CHECKPOINT, "FILE",
     "writes a search that stops early (also now and then), for --resume"},
    {"resume", EXPLORE_OPT_RESUME, "FILE", "goes on with the search in FILE"},
    {"replay", EXPLORE_OPT_REPLAY, "FILE",
     "writes a violation's schedule, for sim run --schedule"},
    {"json", RUN_OPT_JSON, "[FILE]", "writes the result as JSON (default: stdout)"},
    OPTION_ROWS_COMMON,
};

struct exploration {
    struct run_args args;
    struct explore_options options;
    struct explore_pages pages; /* What --page said, or all. */
    struct machine_config config;
    struct config *effective;
    struct trace *trace;
    struct explore_result result;
    struct progress progress;
    struct present_buffer picture;
    const char *replay; /* Null: no file. */
    char key[512];      /* What is explored, for checkpoints. */
};

/* ---- the command line ------------------------------------------------------------ */

static enum status take_page(struct exploration *x, const char *arg, struct err *err)
{
    uint64_t va;
    if (options_u64("page", arg, 0, UINT64_MAX, &va, err))
        return err->status;
    if (x->pages.n == EXPLORE_PAGES)
        return err_set(err, STATUS_USAGE, "--page: at most %u pages", EXPLORE_PAGES);
    x->pages.va[x->pages.n++].v = va & ~(uint64_t)(PAGE_BYTES - 1);
    return STATUS_OK;
}

static enum status take(struct exploration *x, int id, const char *arg, struct err *err)
{
    struct explore_options *o = &x->options;
    uint64_t value = 0;
    switch (id) {
    case EXPLORE_OPT_FILLS:
        o->freedom.fills = true;
        return STATUS_OK;
    case EXPLORE_OPT_EVICTIONS:
        o->freedom.evictions = true;
        return STATUS_OK;
    case EXPLORE_OPT_NMIS:
        o->freedom.nmis = true;
        return STATUS_OK;
    case EXPLORE_OPT_EARLY_ACK:
        return run_args_take(&x->args, RUN_OPT_SET, "kernel.shootdown=freebsd2020",
                             err);
    case EXPLORE_OPT_REWALK:
        return run_args_take(&x->args, RUN_OPT_SET,
                             "mmu.rewalk_on_permission_miss=true", err);
    case EXPLORE_OPT_EVERY_STEP:
        o->freedom.every_step = true;
        return STATUS_OK;
    case EXPLORE_OPT_PAGE:
        return take_page(x, arg, err);
    case EXPLORE_OPT_MAX_STATES:
        options_u64("max-states", arg, 1, MOST_STATES, &value, err);
        o->max_states = (uint32_t)value;
        return err->status;
    case EXPLORE_OPT_MEMORY:
        options_u64("memory", arg, 1, MOST_MIB, &value, err);
        o->max_bytes = value * MIB;
        return err->status;
    case EXPLORE_OPT_REPLAY:
        x->replay = arg;
        return STATUS_OK;
    case EXPLORE_OPT_CHECKPOINT:
        o->checkpoint = arg;
        return STATUS_OK;
    case EXPLORE_OPT_RESUME:
        o->resume = arg;
        return STATUS_OK;
    default:
        return run_args_take(&x->args, id, arg, err);
    }
}

static enum status parse(struct exploration *x, int argc, char **argv, struct err *err)
{
    struct options options;
    x->options.max_bytes = DEFAULT_MIB * MIB;
    err->status = STATUS_OK;
    options_begin(&options, cmd_explore_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (!terminal_option(&x->args.terminal, id, options.arg, err))
            take(x, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    if (argc - options.operand != 1)
        return err_set(err, STATUS_USAGE, "one trace, please: %d are given",
                       argc - options.operand);
    if (x->pages.n && !x->options.freedom.fills && !x->options.freedom.evictions)
        return err_set(err, STATUS_USAGE,
                       "--page means nothing without --fills or --evictions");
    x->args.trace = argv[options.operand];
    return STATUS_OK;
}

/* ---- the search --------------------------------------------------------------------
 */

static bool progress(void *context, uint32_t states, uint32_t queued, uint32_t depth)
{
    struct exploration *x = context;
    char note[96];
    double seconds = progress_seconds(&x->progress);
    snprintf(note, sizeof note,
             "%.0f a second, %" PRIu32 " on the queue, depth %" PRIu32,
             seconds > 0 ? states / seconds : 0, queued, depth);
    progress_update(&x->progress, states, 0, note);
    return interrupt_signal() == 0;
}

static enum status load(struct exploration *x, struct err *err)
{
    char configs[4096];
    const char *files[RUN_ARGS_MAX + 1] = {0}, *sets[RUN_ARGS_MAX + 1] = {0};
    memcpy(files, x->args.configs, x->args.n_configs * sizeof *files);
    memcpy(sets, x->args.sets, x->args.n_sets * sizeof *sets);
    const struct machine_config_sources sources = {
        .files = files,
        .sets = sets,
        .protocol = x->args.protocol,
        .config_dir = data_dir_configs(configs, sizeof configs) ? configs : NULL,
    };
    if (machine_config_load(&sources, &x->config, &x->effective, err))
        return err->status;
    x->trace = trace_open(x->args.trace, false, err);
    if (!x->trace)
        return err->status;
    struct machine_freedom *freedom = &x->options.freedom;
    if ((freedom->fills || freedom->evictions) && x->pages.n == 0 &&
        explore_find_pages(x->trace, &x->pages, err))
        return err->status;
    freedom->pages = x->pages.va;
    freedom->n_pages = x->pages.n;
    return STATUS_OK;
}

/* Everything that decides which states there are. */
static void make_key(struct exploration *x)
{
    const struct machine_freedom *f = &x->options.freedom;
    char config[33], pages[EXPLORE_PAGES * 20] = "";
    size_t n = 0;
    manifest_config_hash(x->effective, config);
    for (uint32_t i = 0; i < f->n_pages; i++)
        n += (size_t)snprintf(pages + n, sizeof pages - n, " %" PRIx64, f->pages[i].v);
    snprintf(x->key, sizeof x->key, "%s %s %s %d%d%d%d%s", version_git(),
             trace_hash(x->trace), config, f->fills, f->evictions, f->nmis,
             f->every_step, pages);
    x->options.key = x->key;
}

static enum status search(struct exploration *x, struct err *err)
{
    make_key(x);
    x->options.checkpoint_states = CHECKPOINT_STATES;
    x->options.progress = progress;
    x->options.progress_context = x;
    progress_begin(&x->progress, &x->args.terminal, "states");
    enum status status =
        explore_run(&x->config, x->trace, &x->options, &x->result, err);
    progress_end(&x->progress);
    return status;
}

/* ---- the result ---------------------------------------------------------------------
 */

static void name_address(void *context, uint32_t space, uint64_t va, char *text,
                         size_t n)
{
    trace_symbol(context, space, va, text, n);
}

static void draw(void *context, const struct check_result *check)
{
    struct exploration *x = context;
    struct err err;
    const struct check_names names = {x->trace, name_address};
    const struct report_context drawing = {.style = present_style(&x->args, false),
                                           .names = &names};
    if (check->n_violations)
        report_timeline(x->picture.file, &check->violations[0], &drawing, &err);
}

/* The picture is the checker's, of the same schedule made once more. */
static enum status draw_violation(struct exploration *x, struct err *err)
{
    struct explore_result *r = &x->result;
    if (r->verdict != EXPLORE_VIOLATED)
        return STATUS_OK;
    if (present_buffer_open(&x->picture, err) ||
        explore_replay(&x->config, x->trace, &x->options.freedom, r->schedule,
                       r->n_schedule, draw, x, err))
        return err->status;
    return present_buffer_close(&x->picture, err);
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static enum status write_json(const struct explore_report *report, const char *path,
                              struct err *err)
{
    struct present_buffer buffer;
    enum status status = present_buffer_open(&buffer, err);
    if (!status) {
        explore_report_json(buffer.file, report);
        status = present_buffer_close(&buffer, err);
    }
    if (!status)
        status = output_file_write(path, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

static enum status present(struct exploration *x, struct err *err)
{
    if (draw_violation(x, err))
        return err->status;
    const struct explore_report report = {
        .config = &x->config,
        .options = &x->options,
        .result = &x->result,
        .shootdown = run_shootdown_name(&x->config),
        .early_ack = vm_shootdowns[x->config.kernel.shootdown]->ack_first,
        .guest = last_part(x->args.trace),
        .n_threads = trace_n_streams(x->trace),
        .seconds = progress_seconds(&x->progress),
        .names = {x->trace, name_address},
        .picture = x->picture.bytes,
    };
    if (!x->args.json || strcmp(x->args.json, "-") != 0)
        explore_report_text(stdout, &report);
    fflush(stdout);
    if (x->replay && x->result.verdict == EXPLORE_VIOLATED &&
        schedule_file_write(x->replay, &x->result, &x->options.freedom, x->trace,
                            report.guest, x->effective, err))
        return err->status;
    return x->args.json ? write_json(&report, x->args.json, err) : STATUS_OK;
}

static int exit_code(const struct exploration *x)
{
    if (interrupt_signal())
        return interrupt_exit_code();
    switch (x->result.verdict) {
    case EXPLORE_PROVED:
        return 0;
    case EXPLORE_VIOLATED:
        return EXIT_VIOLATION;
    case EXPLORE_INCOMPLETE:
        return EXIT_INCOMPLETE;
    }
    return EXIT_INCOMPLETE;
}

int cmd_explore(int argc, char **argv)
{
    struct err err = {0};
    struct exploration *x = calloc(1, sizeof *x);
    if (!x)
        return status_exit_code(STATUS_INTERNAL);
    enum status status = parse(x, argc, argv, &err);
    interrupt_catch();
    if (!status)
        status = load(x, &err);
    if (!status)
        status = search(x, &err);
    if (!status)
        status = present(x, &err);
    int code = status ? cmd_fail("explore", &err) : exit_code(x);
    explore_free(&x->result);
    present_buffer_free(&x->picture);
    trace_close(x->trace);
    config_destroy(x->effective);
    free(x);
    return code;
}
