/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.h - small words that several formats share, here and in src/witness.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include "report/report.h"

#define REPORT_NAME_BYTES 96u

/* The name of an address by 'names' (may be null), in 'text' of
 * REPORT_NAME_BYTES bytes. Returns 'text'. */
const char *report_name(const struct check_names *names, uint32_t space, uint64_t va,
                        char *text);

/* "1 234 567" in 'text' of 32 bytes. Returns 'text'. */
const char *report_number(uint64_t value, char *text);

/* "0.42 %" style text of a share, in 'text' of 32 bytes. Returns 'text'. */
const char *report_percent(double share, char *text);

/* A page-table entry as "42 rw" (frame and permission) or "not present", in 'text'
 * of 48. */
const char *report_entry(uint64_t entry, char *text);

/* The columns that UTF-8 'text' takes. */
unsigned report_columns(const char *text);

enum report_color {
    REPORT_PLAIN,
    REPORT_BOLD,
    REPORT_DIM,
    REPORT_RED,
    REPORT_GREEN,
    REPORT_YELLOW,
    REPORT_BLUE,
    REPORT_N_COLORS
};

/* The escape sequence, or "" without colours. */
const char *report_color(const struct report_style *style, enum report_color color);

#endif
