/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_strict.h - reads JSON, and nothing that only looks like JSON.
 *
 * cJSON accepts duplicate keys (the first wins), leading zeros, text after
 * the end, and numbers that it then rounds.  A configuration that means
 * something else than its author thinks is worse than an error, so a scanner
 * of our own (json_scan.c) passes over the text first.  Refused:
 *   duplicate keys, leading zeros, trailing text, NaN and Infinity, comments,
 *   numbers at or beyond 2^53 that a double would round, nesting deeper than
 *   32, invalid UTF-8, control characters and \u0000 in strings, lone
 *   surrogates, files over 1 MiB or over 10000 values (merging searches
 *   objects key by key; the bound keeps that short for any input).
 * Every error reads "file:line:column: key.path: what is wrong".
 */
#ifndef CONFIG_JSON_STRICT_H
#define CONFIG_JSON_STRICT_H

#include "base/status.h"
#include "config/json.h"

#define JSON_DEPTH_MAX  32u
#define JSON_BYTES_MAX  (1u << 20)
#define JSON_VALUES_MAX 10000u

#define JSON_LARGE_BYTES  (16u << 20)
#define JSON_LARGE_VALUES 200000u

/* Parses 'text' of 'n' bytes. 'name' is the file for messages; 'origin' is
 * noted in every value. */
enum status json_parse(const char *name, const char *text, size_t n, uint32_t origin,
                       struct json **out, struct err *err);

/* The same with JSON_LARGE_ instead of JSON_..._MAX: for what is read and never merged,
 * such as the plan of a sweep. */
enum status json_parse_large(const char *name, const char *text, size_t n,
                             struct json **out, struct err *err);

/* Reads a whole file, at most JSON_BYTES_MAX bytes; at most JSON_LARGE_BYTES. The
 * caller frees. */
enum status json_read_file(const char *path, char **text, size_t *n, struct err *err);
enum status json_read_large(const char *path, char **text, size_t *n, struct err *err);

#endif
