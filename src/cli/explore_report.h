/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore_report.h - what an exploration found, for people and for programs.
 *
 * First the verdict, on a line of its own; then what it holds for, what was
 * visited, and what was reached at all (a proof over dead code shows); then for
 * a violation the picture and the moves.
 */
#ifndef CLI_EXPLORE_REPORT_H
#define CLI_EXPLORE_REPORT_H

#include "explore/explore.h"
#include "report/report.h"

struct explore_report {
    const struct machine_config *config;
    const struct explore_options *options;
    const struct explore_result *result;
    const char *guest;
    const char *shootdown; /* Name of the algorithm. */
    bool early_ack;        /* It acknowledges before it invalidates. */
    uint32_t n_threads;
    double seconds;
    struct check_names names;
    const char *picture; /* Of the violation; null: none. */
};

void explore_report_text(FILE *file, const struct explore_report *report);
void explore_report_json(FILE *file, const struct explore_report *report);

#endif
