/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.h - a configuration: files and overrides merged, checked against
 * tables of rows (base/param.h), filled into plain structs, shown again.
 *
 *   config_create ---> config_merge_file ... config_set ---> config_fill
 *                      (any number, later wins)              config_show
 *                                                            config_json
 *
 * Merging is RFC 7396 (JSON merge patch): objects merge key by key, anything
 * else replaces, null removes.  Two additions:
 *   - "base": "other.json" at the root of a file merges that file first; the
 *     name is relative to the file.
 *   - "x_ns", "x_cycles" and "x" are one parameter: a later source that writes
 *     one of them removes the others.  One source that writes two is an error.
 * Whole keys (config_add_whole) such as "protocol" are replaced as a whole.
 *
 * Documentation keys are allowed in every object and never interpreted: keys
 * that begin with '_', and "note", "notes", "source", "sources" whose value
 * is a string, or an array or object of strings.  The root's "notes" hold one
 * sentence per parameter, by its path: {"tlb.l1d.ways": "[F:22]"}; a note is
 * dropped when a later source sets the parameter without a note of its own.
 *
 * Types of the target's fields: PARAM_U32, PARAM_BOOL and PARAM_CHOICE fill a
 * uint32_t, PARAM_U64 and PARAM_CYCLES a uint64_t.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/param.h"
#include "base/status.h"
#include "config/json.h"

struct config;

/* Nanoseconds are converted by the parameter of this name, in any section. */
#define CONFIG_CLOCK_KEY "clock_ghz"

/* The list of sections is copied, their rows must outlive the configuration.
 * Defaults are parsed here; one that is not JSON asserts. */
struct config *config_create(const struct param_section *sections, size_t n_sections);
void config_destroy(struct config *config);

/* Allows the root key 'key', whose value the caller interprets. */
void config_add_whole(struct config *config, const char *key, const char *help);

/* Merges a file, a text, or one "key.path=value".  The value is JSON, or else
 * a bare word that is taken as a string. */
enum status config_merge_file(struct config *config, const char *path, struct err *err);
enum status config_merge_text(struct config *config, const char *name, const char *text,
                              size_t n, struct err *err);
enum status config_set(struct config *config, const char *assignment, struct err *err);

/* Checks everything and writes every parameter into 'target'. */
enum status config_fill(const struct config *config, void *target, struct err *err);

/* Where a parameter's value came from: a file name, "--set", or "default".
 * 'path' is "section.key" without unit. Line 0: no line. */
const char *config_origin(const struct config *config, const char *path,
                          uint32_t *line);

/* The value of a whole key; null if it is not set. */
const struct json *config_get_whole(const struct config *config, const char *key);

/* Puts JSON in the place of a whole key.  'origin' says where it came from;
 * null: from where the old value came. Asserts that it parses. */
void config_put_whole(struct config *config, const char *key, const char *json,
                      const char *origin);

/* An error about the parameter 'path' ("section.key"): names file and line. */
enum status config_error(const struct config *config, enum status status,
                         const char *path, struct err *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* The complete effective configuration for people: every parameter with value,
 * unit, sentence, origin and note.  Call after config_fill succeeded. */
void config_show(const struct config *config, struct text *out);

/* The same as one JSON file: it loads to the same configuration and writes
 * itself again byte for byte. */
void config_json(const struct config *config, struct text *out);

/* References made from the tables: for a terminal, as Markdown, as JSON Schema. */
void config_list(const struct config *config, struct text *out);
void config_markdown(const struct config *config, struct text *out);
void config_schema(const struct config *config, struct text *out);

#endif
