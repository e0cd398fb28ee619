/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json_strict.c - scanner, then cJSON, then our tree. See json_strict.h.
 *
 * The only file that knows cJSON.
 */
#include "config/json_strict.h"

#include "config/json_scan.h"

#include <assert.h>
#include <cjson/cJSON.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct build {
    const char *name, *text;
    const struct json_places *places;
    uint32_t next;
    uint32_t origin;
};

static enum json_type type_of(const cJSON *node)
{
    if (cJSON_IsBool(node))
        return JSON_BOOL;
    if (cJSON_IsNumber(node))
        return JSON_NUMBER;
    if (cJSON_IsString(node))
        return JSON_STRING;
    if (cJSON_IsArray(node))
        return JSON_ARRAY;
    return cJSON_IsObject(node) ? JSON_OBJECT : JSON_NULL;
}

static char *copy_bytes(const char *bytes, size_t n)
{
    char *copy = strndup(bytes, n);
    assert(copy);
    return copy;
}

/* Turns one cJSON value into ours.  Values come in the order in which the
 * scanner noted their places. */
static struct json *build_value(struct build *b, const cJSON *node)
{
    assert(b->next < b->places->n);
    const struct json_place *place = &b->places->place[b->next++];
    struct json *json = json_create(type_of(node), node->string);
    json->origin = b->origin;
    json->line = place->line;
    json->column = place->column;
    json->truth = cJSON_IsTrue(node);
    json->number = node->valuedouble;
    if (json->type == JSON_STRING)
        json->text = copy_bytes(node->valuestring, strlen(node->valuestring));
    if (json->type == JSON_NUMBER)
        json->text = copy_bytes(b->text + place->offset, place->length);
    struct json **tail = &json->first;
    for (const cJSON *child = node->child; child; child = child->next) {
        *tail = build_value(b, child);
        tail = &(*tail)->next;
    }
    return json;
}

/* By name; equal names in document order, so that the later one is blamed. */
static int by_key(const void *a, const void *b)
{
    const struct json *left = *(const struct json *const *)a;
    const struct json *right = *(const struct json *const *)b;
    int order = strcmp(left->key, right->key);
    if (order)
        return order;
    if (left->line != right->line)
        return left->line < right->line ? -1 : 1;
    return left->column < right->column ? -1 : 1;
}

/* The second of two children of the same name, or null.  Sorted, so that a
 * file of a hundred thousand keys does not take minutes. */
static const struct json *find_duplicate(const struct json *object)
{
    uint32_t n = json_count(object), i = 0;
    if (n < 2)
        return NULL;
    const struct json **sorted = calloc(n, sizeof(*sorted));
    assert(sorted);
    for (const struct json *child = object->first; child; child = child->next)
        sorted[i++] = child;
    qsort(sorted, n, sizeof(*sorted), by_key);
    const struct json *found = NULL;
    for (i = 1; i < n && !found; i++)
        if (strcmp(sorted[i - 1]->key, sorted[i]->key) == 0)
            found = sorted[i];
    free(sorted);
    return found;
}

static enum status check_duplicates(const char *name, const char *path,
                                    const struct json *json, struct err *err)
{
    const struct json *twice = json->type == JSON_OBJECT ? find_duplicate(json) : NULL;
    const char *dot = *path ? "." : "";
    if (twice)
        return err_set(err, STATUS_CONFIG,
                       "%s:%u:%u: %s%s%s: this key is here twice; remove one", name,
                       twice->line, twice->column, path, dot, twice->key);
    for (const struct json *child = json->first; child; child = child->next) {
        if (!child->first)
            continue;
        char below[200];
        snprintf(below, sizeof below, "%s%s%.100s", path, child->key ? dot : "",
                 child->key ? child->key : "");
        enum status status = check_duplicates(name, below, child, err);
        if (status)
            return status;
    }
    return STATUS_OK;
}

struct bounds {
    size_t bytes;
    uint32_t values;
};
static const struct bounds usual = {JSON_BYTES_MAX, JSON_VALUES_MAX};
static const struct bounds large = {JSON_LARGE_BYTES, JSON_LARGE_VALUES};

static enum status parse(const char *name, const char *text, size_t n, uint32_t origin,
                         const struct bounds *bounds, struct json **out,
                         struct err *err)
{
    struct json_places places = {0};
    *out = NULL;
    enum status status = json_scan(name, text, n, bounds->bytes, &places, err);
    if (!status && places.n > bounds->values)
        status = err_set(err, STATUS_CONFIG, "%s: more than %u values", name,
                         bounds->values);
    cJSON *root = status ? NULL : cJSON_ParseWithLength(text, n);
    if (!status && !root)
        status = err_set(err, STATUS_CONFIG, "%s: cJSON cannot read this text", name);
    if (root) {
        struct build build = {name, text, &places, 0, origin};
        *out = build_value(&build, root);
        assert(build.next == places.n);
        status = check_duplicates(name, "", *out, err);
    }
    cJSON_Delete(root);
    free(places.place);
    if (status) {
        json_destroy(*out);
        *out = NULL;
    }
    return status;
}

enum status json_parse(const char *name, const char *text, size_t n, uint32_t origin,
                       struct json **out, struct err *err)
{
    return parse(name, text, n, origin, &usual, out, err);
}

enum status json_parse_large(const char *name, const char *text, size_t n,
                             struct json **out, struct err *err)
{
    return parse(name, text, n, 0, &large, out, err);
}

static enum status read_stream(const char *path, FILE *file, size_t most, char *text,
                               size_t *n, struct err *err)
{
    *n = fread(text, 1, most + 1, file);
    if (ferror(file))
        return err_set(err, STATUS_CONFIG, "%s: cannot be read: %s", path,
                       strerror(errno));
    if (*n > most)
        return err_set(err, STATUS_CONFIG,
                       "%s: larger than %zu MiB; this is no configuration", path,
                       most >> 20);
    return STATUS_OK;
}

static enum status read_file(const char *path, size_t most, char **text, size_t *n,
                             struct err *err)
{
    *text = NULL;
    FILE *file = fopen(path, "rb");
    if (!file)
        return err_set(err, STATUS_CONFIG, "%s: cannot be opened: %s", path,
                       strerror(errno));
    *text = malloc(most + 1);
    assert(*text);
    enum status status = read_stream(path, file, most, *text, n, err);
    fclose(file);
    if (status) {
        free(*text);
        *text = NULL;
    }
    return status;
}

enum status json_read_file(const char *path, char **text, size_t *n, struct err *err)
{
    return read_file(path, JSON_BYTES_MAX, text, n, err);
}

enum status json_read_large(const char *path, char **text, size_t *n, struct err *err)
{
    return read_file(path, JSON_LARGE_BYTES, text, n, err);
}
