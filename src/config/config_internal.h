/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_internal.h - what the files config_*.c share.  Nobody else includes
 * it.
 */
#ifndef CONFIG_CONFIG_INTERNAL_H
#define CONFIG_CONFIG_INTERNAL_H

#include "config/config.h"
#include "config/json.h"

#define CONFIG_ORIGINS_MAX 256u
#define CONFIG_WHOLE_MAX   8u
#define CONFIG_BASES_MAX   16u
#define CONFIG_KEY_BYTES   128u

struct config {
    struct param_section *sections; /* A copy of the caller's list. */
    size_t n_sections;
    struct json *root;      /* Merged sources, an object. */
    struct json **defaults; /* One per row, in order of sections; null: required. */
    uint32_t n_origins;
    char *origins[CONFIG_ORIGINS_MAX]; /* 0 is "default". */
    uint32_t n_whole;
    struct {
        const char *key, *help;
    } whole[CONFIG_WHOLE_MAX];
};

/* The unit that a key's name carries. */
enum config_unit { UNIT_NONE, UNIT_NS, UNIT_CYCLES };

/* Splits "delivery_ns" into 'stem' "delivery" and its unit. */
enum config_unit config_split_key(const char *key, char *stem, size_t n);

/* True if a row is a time, so that its key takes a unit. */
bool config_is_time(const struct param *row);

/* True for keys that only document. */
bool config_is_note(const char *key);

/* The value of a row in an object: the node, or null. 'twice' (may be null)
 * gets a second spelling of the same time. */
struct json *config_find_row(const struct json *section, const struct param *row,
                             const struct json **twice);

/* The row's effective value: set or default; null if it is required and not
 * set.  The node's key carries the unit (defaults: "..._cycles"). */
const struct json *config_value(const struct config *config, size_t section,
                                size_t row);

/* The name of the file a value came from. */
const char *config_origin_name(const struct config *config, const struct json *value);

/* The note about a parameter, or null. Stale notes are null. */
const char *config_note(const struct config *config, const char *path,
                        const struct json *value);

/* "section.key" */
void config_row_path(const struct param_section *section, const char *key, char *out,
                     size_t n);

/* Where and what, the form of every message about a value. */
enum status config_fail(const struct config *config, const struct json *value,
                        const char *path, struct err *err, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* Converts a value into a row's field. 'clock' is the text of the clock in GHz. */
struct config_field {
    const struct config *config;
    const struct param *row;
    const char *path;  /* "section.key" as written, for messages. */
    const char *clock; /* Null when it is not known (tables only). */
};
enum status config_convert(const struct config_field *field, const struct json *value,
                           void *target, struct err *err);

#endif
