/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_args.c - reads the options of run and compare. See run_args.h.
 */
#include "cli/run_args.h"

#include "run/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Keeps "text" in the arguments' own memory. */
static enum status keep(struct run_args *args, const char **out, struct err *err,
                        const char *key, const char *value, size_t n)
{
    size_t room = sizeof args->words - args->n_words;
    int used =
        snprintf(args->words + args->n_words, room, "%s%.*s", key, (int)n, value);
    if (used < 0 || (size_t)used >= room)
        return err_set(err, STATUS_USAGE, "the options are too long");
    *out = args->words + args->n_words;
    args->n_words += (size_t)used + 1;
    return STATUS_OK;
}

static enum status push(const char **list, size_t *n, const char *word,
                        const char *name, struct err *err)
{
    if (*n == RUN_ARGS_MAX)
        return err_set(err, STATUS_USAGE, "--%s: at most %u are possible", name,
                       RUN_ARGS_MAX);
    list[(*n)++] = word;
    return STATUS_OK;
}

/* An option that is a configuration key under another name. */
static enum status assign(struct run_args *args, const char *key, const char *value,
                          struct err *err)
{
    const char *text = NULL;
    enum status status = keep(args, &text, err, key, value, strlen(value));
    return status ? status : push(args->sets, &args->n_sets, text, "set", err);
}

/* "a,b,c" */
static enum status split_protocols(struct run_args *args, const char *list,
                                   struct err *err)
{
    while (*list) {
        size_t n = strcspn(list, ",");
        const char *name = NULL;
        if (n == 0)
            return err_set(err, STATUS_USAGE, "--protocols: a name is empty");
        if (keep(args, &name, err, "", list, n) ||
            push(args->protocols, &args->n_protocols, name, "protocols", err))
            return STATUS_USAGE;
        list += n;
        list += *list == ',';
    }
    return STATUS_OK;
}

/* "A:B", cycles. */
static enum status parse_window(struct run_args *args, const char *text,
                                struct err *err)
{
    char first[32];
    const char *colon = strchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof first)
        return err_set(err, STATUS_USAGE, "--vcd-window: '%s' is not FIRST:LAST", text);
    snprintf(first, sizeof first, "%.*s", (int)(colon - text), text);
    if (options_u64("vcd-window", first, 0, UINT64_MAX - 1, &args->vcd_from, err) ||
        options_u64("vcd-window", colon + 1, args->vcd_from, UINT64_MAX - 1,
                    &args->vcd_to, err))
        return err->status;
    return STATUS_OK;
}

/* A number that is also a configuration key. */
static enum status assign_number(struct run_args *args, const char *option,
                                 const char *key, const char *arg, uint64_t min,
                                 uint64_t max, struct err *err)
{
    uint64_t value;
    char text[24];
    if (options_u64(option, arg, min, max, &value, err))
        return err->status;
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    return assign(args, key, text, err);
}

static enum status take_number(struct run_args *args, int id, const char *arg,
                               struct err *err)
{
    switch (id) {
    case RUN_OPT_SEED:
        /* Beyond 2^53 a reader of result.json would see another number. */
        return assign_number(args, "seed", "run.seed=", arg, 0, UINT64_C(1) << 53, err);
    case 'n':
        return assign_number(args, "trials", "run.trials=", arg, 1, 1000000000, err);
    case RUN_OPT_UNTIL:
        return assign_number(args, "until", "run.until_cycles=", arg, 1,
                             1000000000000000000, err);
    case 'j':
        return options_u64("jobs", arg, 1, 1024, &args->jobs, err);
    case RUN_OPT_VCD_PAGE:
        return options_u64("vcd-page", arg, 1, UINT64_MAX, &args->vcd_page, err);
    case RUN_OPT_VCD_WINDOW:
        return parse_window(args, arg, err);
    default:
        return err_set(err, STATUS_INTERNAL, "option %d has no meaning", id);
    }
}

static enum status take_key(struct run_args *args, int id, const char *arg,
                            struct err *err)
{
    static const char *const orders[] = {"recorded", "free", NULL};
    static const char *const segvs[] = {"kill", "stop", "skip", NULL};
    static const char *const watches[] = {"windows", "all", NULL};
    uint32_t unused;
    switch (id) {
    case RUN_OPT_LOCK_ORDER:
        return options_choice("lock-order", arg, orders, &unused, err)
                   ? STATUS_USAGE
                   : assign(args, "core.lock_order=", arg, err);
    case RUN_OPT_ON_SEGV:
        return options_choice("on-segv", arg, segvs, &unused, err)
                   ? STATUS_USAGE
                   : assign(args, "core.on_segv=", arg, err);
    case RUN_OPT_WATCH:
        return options_choice("watch", arg, watches, &unused, err)
                   ? STATUS_USAGE
                   : assign(args, "check.watch=", arg, err);
    case RUN_OPT_SET:
        if (!strchr(arg, '='))
            return err_set(err, STATUS_USAGE, "--set: '%s' is not KEY=VALUE", arg);
        return push(args->sets, &args->n_sets, arg, "set", err);
    default:
        return take_number(args, id, arg, err);
    }
}

enum status run_args_take(struct run_args *args, int id, const char *arg,
                          struct err *err)
{
    switch (id) {
    case 'c':
        return push(args->configs, &args->n_configs, arg, "config", err);
    case 'd':
        args->outdir = arg;
        return STATUS_OK;
    case RUN_OPT_PROTOCOL:
        args->protocol = arg;
        return STATUS_OK;
    case RUN_OPT_PROTOCOLS:
        return split_protocols(args, arg, err);
    case RUN_OPT_ENGINE:
        args->engine = arg;
        return STATUS_OK;
    case RUN_OPT_JSON:
        args->json = arg ? arg : "-";
        return STATUS_OK;
    case RUN_OPT_SCHEDULE:
        args->schedule = arg;
        return STATUS_OK;
    case RUN_OPT_VCD:
        args->vcd = arg;
        return STATUS_OK;
    case RUN_OPT_FORCE:
        args->force = true;
        return STATUS_OK;
    case RUN_OPT_TRUNCATED:
        args->allow_truncated = true;
        return STATUS_OK;
    case RUN_OPT_EXIT_ZERO:
        args->exit_zero = true;
        return STATUS_OK;
    default:
        return take_key(args, id, arg, err);
    }
}

/* What no single option can know. */
static enum status check_together(const struct run_args *args, int n_operands,
                                  struct err *err)
{
    if (n_operands == 0)
        return err_set(err, STATUS_USAGE, "no trace is given");
    if (n_operands > 1)
        return err_set(err, STATUS_USAGE, "%d traces are given; one at a time, please",
                       n_operands);
    if (args->vcd && args->vcd_to == 0)
        return err_set(err, STATUS_USAGE, "--vcd needs --vcd-window=FIRST:LAST");
    if (args->force && !args->outdir)
        return err_set(err, STATUS_USAGE, "--force means nothing without --outdir");
    const struct engine_kind *unused;
    return run_find_engine(args->engine, &unused, err);
}

static uint64_t n_processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n < 1 ? 1 : (uint64_t)n;
}

enum status run_args_parse(struct run_args *args, const struct option_row *rows,
                           int argc, char **argv, struct err *err)
{
    struct options options;
    *args = (struct run_args){.jobs = n_processors()};
    err->status = STATUS_OK;
    options_begin(&options, rows, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (!terminal_option(&args->terminal, id, options.arg, err))
            run_args_take(args, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    enum status status = check_together(args, argc - options.operand, err);
    if (!status)
        args->trace = argv[options.operand];
    return status;
}
