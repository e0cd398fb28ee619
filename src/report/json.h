/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - writes JSON, exactly.
 *
 * 64-bit integers are printed with all their digits (a reader that keeps
 * numbers as doubles loses those beyond 2^53, so addresses and versions are
 * written as strings by the callers).  Commas and indentation are the
 * writer's; the caller opens, fills and closes.  A key of null means "inside
 * a list".
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "base/types.h"

#include <stdio.h>

#define REPORT_JSON_DEPTH_MAX 16u

struct report_json {
    FILE *file;
    bool dense;     /* On one line. */
    unsigned depth; /* Open objects and lists. */
    bool filled[REPORT_JSON_DEPTH_MAX];
    bool list[REPORT_JSON_DEPTH_MAX];
};

struct report_json report_json_begin(FILE *file, bool dense);

void report_json_object(struct report_json *json, const char *key);
void report_json_list(struct report_json *json, const char *key);
void report_json_close(struct report_json *json);

/* 'text' is UTF-8; bytes that are not are written as U+FFFD. */
void report_json_string(struct report_json *json, const char *key, const char *text);
void report_json_u64(struct report_json *json, const char *key, uint64_t value);
void report_json_bool(struct report_json *json, const char *key, bool value);

/* Shortest text that reads back as the same double.  Not finite: null. */
void report_json_double(struct report_json *json, const char *key, double value);

/* "0x..." as a string. */
void report_json_hex(struct report_json *json, const char *key, uint64_t value);

#endif
