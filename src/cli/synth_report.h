/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synth_report.h - what sim synthesize prints: the safe orders by cost, the refuted
 * ones by cause.
 */
#ifndef CLI_SYNTH_REPORT_H
#define CLI_SYNTH_REPORT_H

#include "synth/enumerate.h"
#include "synth/judge.h"

#include <stdio.h>

/* One class of orders, judged; 'judged' is false when the search was stopped. */
struct synth_entry {
    const struct synth_candidate *candidate;
    struct synth_judgement judgement;
    struct synth_cost cost; /* If it is safe. */
    bool judged;
};

struct synth_report {
    const struct synth_set *set;
    struct synth_entry *entries; /* [set->n] */
    const struct synth_scenario *scenarios;
    uint32_t n_scenarios;
    const char *machine, *guest; /* For the costs. */
    uint32_t trials;
    double core_mhz;
    uint32_t n_shown; /* Safe orders to list; 0: all. */
    /* Draws the refutation of an entry; null: only says it. */
    void (*draw)(void *context, FILE *file, const struct synth_entry *entry);
    void *context;
};

void synth_report_text(FILE *file, const struct synth_report *report);
void synth_report_json(FILE *file, const struct synth_report *report);

/* "page_busy, copy_frame, ..." */
void synth_list_text(const uint8_t *list, uint32_t n, char *text, size_t room);

#endif
