/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * run_args.h - what the command line of run and compare asks for.
 *
 * Only words and numbers are checked here; files are opened later.  Options
 * that stand for one configuration key (--seed, --watch, ...) become
 * "key=value" assignments after those of --set, so the echo of the
 * configuration shows them too.
 */
#ifndef CLI_RUN_ARGS_H
#define CLI_RUN_ARGS_H

#include "cli/options.h"
#include "cli/terminal.h"

#define RUN_ARGS_MAX 256u

struct run_args {
    struct terminal terminal;
    const char *trace;                 /* A path, or "-". */
    const char *configs[RUN_ARGS_MAX]; /* In the order given. */
    const char *sets[RUN_ARGS_MAX];
    const char *protocols[RUN_ARGS_MAX]; /* compare: one or more. */
    size_t n_configs, n_sets, n_protocols;
    const char *protocol; /* run: null means what the configuration says. */
    const char *engine;   /* Null: the default. */
    const char *outdir;   /* Null: none. */
    const char *json;     /* "-": stdout; null: none. */
    const char *schedule; /* Null: time decides. */
    const char *vcd;
    uint64_t vcd_from, vcd_to;
    uint64_t vcd_page; /* 0: the page of the first violation. */
    uint64_t jobs;
    bool force, allow_truncated, exit_zero;
    char words[RUN_ARGS_MAX * 64]; /* Where assignments and names are kept. */
    size_t n_words;
};

/* Rows for the tables of both commands. */
enum {
    RUN_OPT_PROTOCOL = OPT_FIRST_OWN,
    RUN_OPT_PROTOCOLS,
    RUN_OPT_SET,
    RUN_OPT_SEED,
    RUN_OPT_TRIALS,
    RUN_OPT_ENGINE,
    RUN_OPT_LOCK_ORDER,
    RUN_OPT_ON_SEGV,
    RUN_OPT_FORCE,
    RUN_OPT_JSON,
    RUN_OPT_SCHEDULE,
    RUN_OPT_VCD,
    RUN_OPT_VCD_WINDOW,
    RUN_OPT_VCD_PAGE,
    RUN_OPT_WATCH,
    RUN_OPT_TRUNCATED,
    RUN_OPT_UNTIL,
    RUN_OPT_EXIT_ZERO,
    RUN_OPT_LAST,
};

#define RUN_ROWS                                                                       \
    {"config", 'c', "FILE", "machine description; later files win over earlier ones"}, \
        {"set", RUN_OPT_SET, "KEY=VALUE", "sets one parameter; wins over files"},      \
        {"seed", RUN_OPT_SEED, "N", "seed of all chance (default 1)"},                 \
        {"trials", 'n', "N", "runs the guest N times, each with a seed of its own"},   \
        {"jobs", 'j', "N", "processes for trials (default: one per processor)"},       \
        {"engine", RUN_OPT_ENGINE, "NAME",                                             \
         "what drives the model: systemc or native"},                                  \
        {"lock-order", RUN_OPT_LOCK_ORDER, "ORDER",                                    \
         "locks are taken: recorded, free"},                                           \
        {"on-segv", RUN_OPT_ON_SEGV, "WHAT", "after a guest fault: kill, stop, skip"}, \
        {"watch", RUN_OPT_WATCH, "WHAT", "pages checked: windows (fast) or all"},      \
        {"until", RUN_OPT_UNTIL, "CYCLES", "stops there"},                             \
        {"allow-truncated", RUN_OPT_TRUNCATED, NULL,                                   \
         "uses what is left of a cut trace"},                                          \
        {"outdir", 'd', "DIR", "writes all results into a new directory"},             \
        {"force", RUN_OPT_FORCE, NULL, "lets --outdir name one that is not empty"},    \
        {"json", RUN_OPT_JSON, "[FILE]",                                               \
         "writes the result as JSON (default: stdout)"},                               \
    {                                                                                  \
        "exit-zero", RUN_OPT_EXIT_ZERO, NULL, "exits with 0 when violations are found" \
    }

/* Takes one option that run knows. For commands with rows of their own. */
enum status run_args_take(struct run_args *args, int id, const char *arg,
                          struct err *err);

/* Parses argv by 'rows'. STATUS_USAGE. 'args' is large: not for the stack of a
 * deep call. */
enum status run_args_parse(struct run_args *args, const struct option_row *rows,
                           int argc, char **argv, struct err *err);

#endif
