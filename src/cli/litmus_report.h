/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_report.h - what sim litmus prints about a test, herd7 style, and JSON.
 */
#ifndef CLI_LITMUS_REPORT_H
#define CLI_LITMUS_REPORT_H

#include "litmus/litmus.h"

#include <stdio.h>

struct litmus_report {
    const struct litmus_test *test;
    const struct litmus_result *result; /* Null: the test is not modelled. */
};

/* Was the verdict the one that the test expects (or does it expect none)? */
bool litmus_as_expected(const struct litmus_report *report);

void litmus_report_text(FILE *file, const struct litmus_report *report);
/* One line: name, verdict, expected. */
void litmus_report_line(FILE *file, const struct litmus_report *report);
void litmus_report_json(FILE *file, const struct litmus_report *reports, size_t n);

#endif
