/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rows.c - see rows.h.
 */
#include "report/rows.h"

#include "report/report.h"

#include <stdio.h>

void report_counts(const struct check_counts *v, const struct tally_numbers *t,
                   uint64_t c[RESULTS_N_COUNTS])
{
    c[RESULTS_VIOLATIONS] = check_counts_total(v);
    c[RESULTS_UNDER_LOCK] = check_counts_under_lock(v);
    for (unsigned r = 0; r < CHECK_N_RULES; r++)
        c[RESULTS_STALE + r] = v->total[r];
    c[RESULTS_HARMLESS] = v->harmless;
    c[RESULTS_UNORDERED] = v->unordered;
    c[RESULTS_RACES] = v->races;
    c[RESULTS_FAULTS] = t->faults;
    c[RESULTS_COW_COPY] = t->by_outcome[OBS_FAULT_COW_COPY];
    c[RESULTS_UPGRADE] = t->by_outcome[OBS_FAULT_UPGRADE];
    c[RESULTS_SPURIOUS] = t->by_outcome[OBS_FAULT_SPURIOUS];
    c[RESULTS_NOT_PRESENT] = t->by_outcome[OBS_FAULT_NOT_PRESENT];
    c[RESULTS_RETRY] = t->by_outcome[OBS_FAULT_RETRY];
    c[RESULTS_SLEEPS] = t->sleeps_on_busy;
    c[RESULTS_SHOOTDOWNS] = t->shootdowns;
    c[RESULTS_IPIS] = t->ipis;
    c[RESULTS_SKIPPED] = t->skipped_clean;
    c[RESULTS_EXPOSURES_OPEN] = t->exposures_open;
}

char *report_witness_line(const struct check_violation *v, const char *protocol,
                          uint64_t trial, const struct check_names *names, size_t *n)
{
    char *line = NULL;
    struct err err;
    struct run_result result = {.trials = 0};
    const struct check_result one = {.violations = v, .n_violations = 1};
    const struct report_context context = {.names = names};
    *n = 0;
    FILE *f = open_memstream(&line, n);
    if (!f)
        return NULL;
    snprintf(result.protocol, sizeof result.protocol, "%s", protocol);
    report_violations_jsonl(f, &result, trial, &one, &context, &err);
    fclose(f);
    if (*n && line[*n - 1] == '\n')
        line[*n - 1] = '\0';
    return line;
}
