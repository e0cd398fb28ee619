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

#define JSON_DEPTH_MAX 16u

struct json {
    FILE *file;
    bool dense;     /* On one line. */
    unsigned depth; /* Open objects and lists. */
    bool filled[JSON_DEPTH_MAX];
    bool list[JSON_DEPTH_MAX];
};

struct json json_begin(FILE *file, bool dense);

void json_object(struct json *json, const char *key);
void json_list(struct json *json, const char *key);
void json_close(struct json *json);

/* 'text' is UTF-8; bytes that are not are written as U+FFFD. */
void json_string(struct json *json, const char *key, const char *text);
void json_u64(struct json *json, const char *key, uint64_t value);
void json_bool(struct json *json, const char *key, bool value);

/* Shortest text that reads back as the same double.  Not finite: null. */
void json_double(struct json *json, const char *key, double value);

/* "0x..." as a string. */
void json_hex(struct json *json, const char *key, uint64_t value);

#endif
