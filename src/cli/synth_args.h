/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synth_args.h - the question that a command line of sim synthesize asks.
 */
#ifndef CLI_SYNTH_ARGS_H
#define CLI_SYNTH_ARGS_H

#include "cli/progress.h"
#include "cli/run_args.h"
#include "cli/synth_report.h"

#define SYNTH_KNOWN_MAX 32u

struct synthesis {
    struct run_args args;
    struct synth_space space;
    struct explore_options options;
    struct synth_scenario scenarios[SYNTH_SCENARIOS];
    uint32_t n_scenarios;
    const char *scenario_files[SYNTH_SCENARIOS];
    uint32_t n_scenario_files;
    struct protocol known[SYNTH_KNOWN_MAX];
    uint32_t n_known;
    struct synth_set set;
    struct synth_entry *entries;
    struct machine_config machine;
    struct config *effective;
    const char *cost_path;
    struct trace *cost_trace;
    struct progress progress;
    char data[4096];
    uint32_t n_judged, n_safe;
    bool has_steps, has_begin, has_upgrade, has_vocabulary;
    bool thorough, spontaneous, all, draw;
};

/* Fills in what the options say, and what is usual where they are silent.
 * STATUS_USAGE. */
enum status synth_args_parse(struct synthesis *s, int argc, char **argv,
                             struct err *err);

#endif
