/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - everything that a person or a program reads about runs.
 *
 * The command line fills a 'struct run_result' from the machine's counters,
 * the tally and the checker; the functions here only write.  Each writes to
 * the FILE that it gets and returns STATUS_STORE if that failed.  Equal input
 * gives equal bytes, on every machine.
 *
 * To add a format: write src/report/<name>.c with one function of this shape
 * and declare it here; the command line has the table of names.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/result.h"

#include <stdio.h>

/* How text is drawn. */
struct report_style {
    bool color;     /* ANSI colours. */
    bool ascii;     /* No box-drawing characters. */
    unsigned width; /* Columns; 0 means 110. Clamped to 80..120. */
};

/* What the text says besides the numbers. */
struct report_context {
    struct report_style style;
    const struct check_names *names; /* May be null: addresses in hexadecimal. */
    /* Text of a protocol step's code ("pte_set new rw"); null: that of
     * config/protocol.h. */
    const char *(*step_text)(uint64_t code);
};

/* What happened, for a person: facts, then one violation drawn.  'check' holds
 * the violations of the run (or of the first trial that had one) and may be
 * null. */
enum status report_summary(FILE *file, const struct run_result *result,
                           const struct check_result *check,
                           const struct report_context *context, struct err *err);

/* One violation as a picture: a column per CPU involved, time flows down. */
enum status report_timeline(FILE *file, const struct check_violation *violation,
                            const struct report_context *context, struct err *err);

/* Several results side by side, a column each; costs relative to the first. */
enum status report_compare(FILE *file, const struct run_result *const *results,
                           uint32_t n, const struct report_context *context,
                           struct err *err);

/* result.json, with the names of MODEL section 7. */
enum status report_result_json(FILE *file, const struct run_result *result,
                               struct err *err);

/* The same for several, as one JSON list. */
enum status report_results_json(FILE *file, const struct run_result *const *results,
                                uint32_t n, struct err *err);

/* violations.jsonl: one line of JSON per violation kept, with its witness. */
enum status report_violations_jsonl(FILE *file, const struct run_result *result,
                                    uint64_t trial, const struct check_result *check,
                                    const struct report_context *context,
                                    struct err *err);

/* STATUS_STORE if writing to 'file' has failed. */
enum status report_flush(FILE *file, const char *what, struct err *err);

#endif
