/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - the JSON tree. See json.h.
 */
#include "config/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LINE_WIDTH 88

static char *copy_string(const char *string)
{
    if (!string)
        return NULL;
    char *copy = strdup(string);
    assert(copy);
    return copy;
}

struct json *json_create(enum json_type type, const char *key)
{
    struct json *json = calloc(1, sizeof *json);
    assert(json);
    json->type = type;
    json->key = copy_string(key);
    return json;
}

void json_destroy(struct json *json)
{
    while (json) {
        struct json *next = json->next;
        json_destroy(json->first);
        free(json->key);
        free(json->text);
        free(json);
        json = next;
    }
}

struct json *json_clone(const struct json *json)
{
    struct json *copy = json_create(json->type, json->key);
    copy->truth = json->truth;
    copy->number = json->number;
    copy->text = copy_string(json->text);
    copy->origin = json->origin;
    copy->line = json->line;
    copy->column = json->column;
    struct json **tail = &copy->first;
    for (const struct json *child = json->first; child; child = child->next) {
        *tail = json_clone(child);
        tail = &(*tail)->next;
    }
    return copy;
}

struct json *json_find(const struct json *object, const char *key)
{
    if (object->type != JSON_OBJECT)
        return NULL;
    for (struct json *child = object->first; child; child = child->next)
        if (strcmp(child->key, key) == 0)
            return child;
    return NULL;
}

struct json *json_find_path(const struct json *root, const char *path)
{
    struct json *at = (struct json *)root;
    while (at && *path) {
        size_t n = strcspn(path, ".");
        char *key = strndup(path, n);
        assert(key);
        at = json_find(at, key);
        free(key);
        path += n + (path[n] == '.');
    }
    return at;
}

void json_put(struct json *parent, struct json *child)
{
    assert(!child->next && (parent->type != JSON_OBJECT || child->key));
    struct json **at = &parent->first;
    for (; *at; at = &(*at)->next) {
        if (parent->type != JSON_OBJECT || strcmp((*at)->key, child->key) != 0)
            continue;
        child->next = (*at)->next;
        (*at)->next = NULL;
        json_destroy(*at);
        break;
    }
    *at = child;
}

void json_remove(struct json *object, const char *key)
{
    for (struct json **at = &object->first; *at; at = &(*at)->next) {
        if (strcmp((*at)->key, key) != 0)
            continue;
        struct json *gone = *at;
        *at = gone->next;
        gone->next = NULL;
        json_destroy(gone);
        return;
    }
}

uint32_t json_count(const struct json *json)
{
    uint32_t n = 0;
    for (const struct json *child = json->first; child; child = child->next)
        n++;
    return n;
}

const char *json_type_name(enum json_type type)
{
    static const char *const names[] = {"null",     "true or false", "a number",
                                        "a string", "an array",      "an object"};
    return names[type];
}

void json_write_string(const char *string, struct text *out)
{
    text_add(out, "\"");
    for (const char *at = string; *at; at++) {
        unsigned char c = (unsigned char)*at;
        if (c == '"' || c == '\\')
            text_add(out, "\\%c", c);
        else if (c == '\n')
            text_add(out, "\\n");
        else if (c < 0x20)
            text_add(out, "\\u%04x", c);
        else
            text_add_bytes(out, at, 1);
    }
    text_add(out, "\"");
}

static bool is_plain(const struct json *json)
{
    return json->type != JSON_ARRAY && json->type != JSON_OBJECT;
}

static void write_value(const struct json *json, size_t indent, bool flat,
                        struct text *out);

static void write_children(const struct json *json, size_t indent, bool flat,
                           struct text *out)
{
    bool object = json->type == JSON_OBJECT;
    text_add(out, object ? "{" : "[");
    for (const struct json *child = json->first; child; child = child->next) {
        if (!flat)
            text_add(out, "\n%*s", (int)indent + 2, "");
        if (object) {
            json_write_string(child->key, out);
            text_add(out, ": ");
        }
        write_value(child, indent + 2, flat, out);
        if (child->next)
            text_add(out, flat ? ", " : ",");
    }
    if (!flat && json->first)
        text_add(out, "\n%*s", (int)indent, "");
    text_add(out, object ? "}" : "]");
}

static void write_value(const struct json *json, size_t indent, bool flat,
                        struct text *out)
{
    switch (json->type) {
    case JSON_NULL:
        text_add(out, "null");
        return;
    case JSON_BOOL:
        text_add(out, json->truth ? "true" : "false");
        return;
    case JSON_NUMBER:
        text_add(out, "%s", json->text);
        return;
    case JSON_STRING:
        json_write_string(json->text, out);
        return;
    case JSON_ARRAY:
    case JSON_OBJECT:
        if (flat)
            write_children(json, indent, true, out);
        else
            json_write(json, indent, out);
        return;
    }
}

/* True if 'json' fits on one line: no container inside, and not too long. */
static bool fits_flat(const struct json *json, size_t indent)
{
    for (const struct json *child = json->first; child; child = child->next)
        if (!is_plain(child))
            return false;
    struct text line = {0};
    write_value(json, 0, true, &line);
    size_t key = json->key ? strlen(json->key) + 5 : 1;
    bool fits = indent + key + line.n <= LINE_WIDTH;
    text_free(&line);
    return fits;
}

void json_write(const struct json *json, size_t indent, struct text *out)
{
    if (is_plain(json))
        write_value(json, indent, true, out);
    else
        write_children(json, indent, indent > 0 && fits_flat(json, indent), out);
}
