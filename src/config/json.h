/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.h - a JSON value that remembers how and where it was written.
 *
 * cJSON parses (json_strict.c), but its tree keeps neither positions nor the
 * text of a number, and both are needed: an error names line and column, and
 * 3.4 must come out as 3.4.  So this tree is what the rest of the folder
 * works on.  A tree owns everything below it; there is no sharing.
 *
 * Running out of memory asserts: a configuration is at most 1 MiB of text.
 */
#ifndef CONFIG_JSON_H
#define CONFIG_JSON_H

#include "base/types.h"
#include "config/text.h"

enum json_type {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json {
    enum json_type type;
    bool truth;            /* JSON_BOOL */
    double number;         /* JSON_NUMBER */
    char *key;             /* Name in the object around it, or null. */
    char *text;            /* JSON_STRING: content. JSON_NUMBER: as written. */
    uint32_t origin;       /* Which source: an index that the owner knows. */
    uint32_t line, column; /* Where the value starts; 0: not from a file. */
    struct json *first;    /* First child of an array or object. */
    struct json *next;     /* Next sibling. */
};

struct json *json_create(enum json_type type, const char *key);
void json_destroy(struct json *json);
struct json *json_clone(const struct json *json);

/* The child of an object by name, or null. */
struct json *json_find(const struct json *object, const char *key);

/* Descends along "a.b.c". Null if a part is missing. The empty path is 'root'. */
struct json *json_find_path(const struct json *root, const char *path);

/* Takes 'child' into 'parent', as the last one; in an object it takes the
 * place of a child of the same name. */
void json_put(struct json *parent, struct json *child);

/* Removes a child by name; nothing happens if it is not there. */
void json_remove(struct json *object, const char *key);

uint32_t json_count(const struct json *json);

/* "a string", "an object", ... for messages. */
const char *json_type_name(enum json_type type);

/* Writes 'json' as indented JSON; short arrays and objects that hold only
 * plain values stay on one line. The same tree gives the same bytes. */
void json_write(const struct json *json, size_t indent, struct text *out);

/* Writes a string with quotes and escapes. */
void json_write_string(const char *string, struct text *out);

#endif
