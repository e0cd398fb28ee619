/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_file.c - reads a plan. See plan_json.h.
 */
#include "sweep/plan_json.h"

#include "config/json_strict.h"
#include "config/protocol_json.h"

#include <assert.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    struct sweep_plan *plan;
    struct sweep_file *file;
    struct err *err;
};

/* "plan.json:3:5: axes[1].key: what is wrong" */
static enum status __attribute__((format(printf, 4, 5)))
fail(const struct reader *r, const struct json *json, const char *where,
     const char *format, ...)
{
    char what[600];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    return err_set(r->err, STATUS_CONFIG, "%s:%u:%u: %s: %s", r->path, json->line,
                   json->column, where, what);
}

static enum status wrong_type(const struct reader *r, const struct json *json,
                              const char *where, const char *expected)
{
    return fail(r, json, where, "%s is expected, not %s", expected,
                json_type_name(json->type));
}

/* Keeps a text until sweep_file_free(). */
static const char *keep(const struct reader *r, char *text)
{
    struct sweep_file *f = r->file;
    char **own = realloc(f->own, (f->n_own + 1) * sizeof *own);
    assert(own && text);
    f->own = own;
    f->own[f->n_own++] = text;
    return text;
}

/* A file that the plan names is beside the plan. */
static const char *beside(const struct reader *r, const char *file)
{
    const char *slash = strrchr(r->path, '/');
    char *path = NULL;
    if (!slash || *file == '/')
        return keep(r, strdup(file));
    int n = asprintf(&path, "%.*s%s", (int)(slash - r->path) + 1, r->path, file);
    assert(n >= 0);
    return keep(r, path);
}

/* A name without '/' and ".json" is one that ships with the program. */
static bool is_name(const char *text)
{
    size_t n = strlen(text);
    return !strchr(text, '/') && !(n > 5 && strcmp(text + n - 5, ".json") == 0);
}

/* JSON again: what an object in the plan says. */
static const char *content(const struct reader *r, const struct json *json)
{
    struct text text = {0};
    json_write(json, 0, &text);
    const char *kept = keep(r, strdup(text_get(&text)));
    text_free(&text);
    return kept;
}

/* ---- lists --------------------------------------------------------------------- */

typedef enum status take_item(const struct reader *r, const struct json *json,
                              const char *where);

static enum status take_list(const struct reader *r, const struct json *json,
                             const char *where, take_item *take)
{
    unsigned i = 0;
    if (json->type != JSON_ARRAY)
        return wrong_type(r, json, where, "an array");
    for (const struct json *item = json->first; item; item = item->next, i++) {
        char at[80];
        snprintf(at, sizeof at, "%s[%u]", where, i);
        if (i == SWEEP_LIST_MAX)
            return fail(r, item, where, "more than %u", SWEEP_LIST_MAX);
        if (take(r, item, at))
            return r->err->status;
    }
    return STATUS_OK;
}

static enum status take_config(const struct reader *r, const struct json *json,
                               const char *where)
{
    struct sweep_file *f = r->file;
    if (json->type == JSON_OBJECT)
        f->configs[f->n_configs++] = content(r, json);
    else if (json->type == JSON_STRING)
        f->configs[f->n_configs++] =
            is_name(json->text) ? keep(r, strdup(json->text)) : beside(r, json->text);
    else
        return wrong_type(r, json, where, "a machine: a name, a file or an object");
    return STATUS_OK;
}

static enum status take_set(const struct reader *r, const struct json *json,
                            const char *where)
{
    struct sweep_file *f = r->file;
    if (json->type != JSON_STRING)
        return wrong_type(r, json, where, "a string");
    if (!strchr(json->text, '='))
        return fail(r, json, where, "\"key=value\" is expected");
    f->sets[f->n_sets++] = keep(r, strdup(json->text));
    return STATUS_OK;
}

static enum status take_protocol(const struct reader *r, const struct json *json,
                                 const char *where)
{
    struct sweep_file *f = r->file;
    struct protocol protocol;
    if (json->type == JSON_STRING) {
        f->protocols[f->n_protocols++] =
            is_name(json->text) ? keep(r, strdup(json->text)) : beside(r, json->text);
        return STATUS_OK;
    }
    if (json->type != JSON_OBJECT)
        return wrong_type(r, json, where, "a protocol: a name, a file or an object");
    if (protocol_read(r->path, json, &protocol, r->err))
        return err_prefix(r->err, "%s:%u:%u: %s", r->path, json->line, json->column,
                          where);
    struct text text = {0};
    protocol_write(&protocol, &text);
    f->protocols[f->n_protocols++] = keep(r, strdup(text_get(&text)));
    text_free(&text);
    return STATUS_OK;
}

static enum status take_trace(const struct reader *r, const struct json *json,
                              const char *where)
{
    struct sweep_file *f = r->file;
    const struct json *name = json, *xxh3 = NULL;
    if (json->type == JSON_OBJECT) {
        name = json_find(json, "file");
        xxh3 = json_find(json, "xxh3");
        for (const struct json *c = json->first; c; c = c->next)
            if (c != name && c != xxh3)
                return fail(r, c, where,
                            "unknown key '%.100s'; there are file and xxh3", c->key);
        if (!name)
            return fail(r, json, where, "the key 'file' is missing");
    }
    if (name->type != JSON_STRING || !*name->text)
        return wrong_type(r, name, where, "a guest: a file, or {\"file\", \"xxh3\"}");
    if (xxh3 && xxh3->type != JSON_STRING)
        return wrong_type(r, xxh3, where, "a string in 'xxh3'");
    f->trace_xxh3[f->n_traces] = xxh3 ? keep(r, strdup(xxh3->text)) : NULL;
    f->traces[f->n_traces++] = beside(r, name->text);
    return STATUS_OK;
}

/* ---- axes ---------------------------------------------------------------------- */

static enum status take_value(const struct reader *r, struct sweep_axis *axis,
                              const struct json *json)
{
    struct text text = {0};
    json_write(json, 0, &text);
    enum status status =
        sweep_add_value(axis, text_get(&text), strlen(text_get(&text)), r->err);
    text_free(&text);
    return status;
}

/* Errors of an axis are those of --vary; here they have a place. */
static enum status in_plan(const struct reader *r, const struct json *json,
                           const char *where)
{
    if (!r->err->status)
        return STATUS_OK;
    char message[sizeof r->err->message];
    const char *text = r->err->message;
    snprintf(message, sizeof message, "%.590s",
             strncmp(text, "--vary ", 7) == 0 ? text + 7 : text);
    return fail(r, json, where, "%s", message);
}

static enum status take_values(const struct reader *r, const struct json *json,
                               const char *key, const char *where)
{
    struct sweep_axis *axis;
    char at[100];
    r->err->status = STATUS_OK;
    snprintf(at, sizeof at, "%s.values", where);
    if (json->type == JSON_STRING) {
        char *assignment = NULL;
        int n = asprintf(&assignment, "%s=%s", key, json->text);
        assert(n >= 0);
        sweep_vary(r->plan, assignment, r->err);
        free(assignment);
        return in_plan(r, json, at);
    }
    if (json->type != JSON_ARRAY)
        return wrong_type(r, json, at, "an array of values, or \"first:last:step\",");
    if (sweep_add_axis(r->plan, key, strlen(key), &axis, r->err))
        return in_plan(r, json, where);
    for (const struct json *v = json->first; v && !r->err->status; v = v->next)
        take_value(r, axis, v);
    if (!r->err->status)
        sweep_end_axis(axis, r->err);
    return in_plan(r, json, at);
}

static enum status take_axis(const struct reader *r, const struct json *json,
                             const char *where)
{
    if (json->type != JSON_OBJECT)
        return wrong_type(r, json, where, "{\"key\": ..., \"values\": ...}");
    const struct json *key = json_find(json, "key"),
                      *values = json_find(json, "values");
    for (const struct json *c = json->first; c; c = c->next)
        if (c != key && c != values)
            return fail(r, c, where, "unknown key '%.100s'; there are key and values",
                        c->key);
    if (!key || !values)
        return fail(r, json, where, "the key '%s' is missing", key ? "values" : "key");
    if (key->type != JSON_STRING)
        return wrong_type(r, key, where, "a string in 'key'");
    if (strchr(key->text, '='))
        return fail(r, key, where, "a key has no '='");
    return take_values(r, values, key->text, where);
}

/* ---- single values -------------------------------------------------------------- */

static enum status number(const struct reader *r, const struct json *json,
                          const char *where, double min, double max, bool whole,
                          double *out)
{
    if (json->type != JSON_NUMBER)
        return wrong_type(r, json, where, "a number");
    *out = json->number;
    if (*out < min || *out > max || (whole && floor(*out) != *out))
        return fail(r, json, where, "%s from %.16g to %.16g is expected, not %s",
                    whole ? "a whole number" : "a number", min, max, json->text);
    return STATUS_OK;
}

static enum status text_of(const struct reader *r, const struct json *json,
                           const char *where, const char **out)
{
    if (json->type != JSON_STRING || !*json->text)
        return wrong_type(r, json, where, "a string that is not empty");
    *out = keep(r, strdup(json->text));
    return STATUS_OK;
}

static enum status take_number(const struct reader *r, const struct json *json)
{
    double value = 0;
    struct sweep_plan *p = r->plan;
    const char *key = json->key;
    if (strcmp(key, "seed") == 0) {
        number(r, json, key, 0, 9007199254740992.0, true, &value);
        p->seed = (uint64_t)value;
    } else if (strcmp(key, "trials") == 0) {
        number(r, json, key, 1, SWEEP_TRIALS_MAX, true, &value);
        p->trials = (uint32_t)value;
    } else if (strcmp(key, "precision") == 0) {
        number(r, json, key, 1e-6, 49.999999, false, &value);
        p->precision = value / 100;
    } else if (strcmp(key, "witnesses") == 0) {
        number(r, json, key, 0, 1000, true, &value);
        p->witnesses = (uint32_t)value;
    } else {
        number(r, json, key, 1, 1024, true, &value);
        r->file->jobs = (uint32_t)value;
    }
    return r->err->status;
}

static enum status take_key(const struct reader *r, const struct json *json)
{
    static const struct {
        const char *key;
        take_item *take;
    } lists[] = {{"config", take_config},
                 {"sets", take_set},
                 {"axes", take_axis},
                 {"protocols", take_protocol},
                 {"traces", take_trace}};
    static const char *const numbers[] = {"seed", "trials", "precision", "witnesses",
                                          "jobs"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(json->key, lists[i].key) == 0)
            return take_list(r, json, json->key, lists[i].take);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (strcmp(json->key, numbers[i]) == 0)
            return take_number(r, json);
    if (strcmp(json->key, "zip") == 0) {
        r->plan->zip = json->truth;
        return json->type == JSON_BOOL ? STATUS_OK
                                       : wrong_type(r, json, "zip", "true or false");
    }
    if (strcmp(json->key, "engine") == 0)
        return text_of(r, json, "engine", &r->file->engine);
    if (strcmp(json->key, "out") == 0) {
        if (text_of(r, json, "out", &r->file->out))
            return r->err->status;
        r->file->out = beside(r, r->file->out);
        return STATUS_OK;
    }
    return fail(r, json, json->key,
                "unknown key; there are config, sets, axes, zip, protocols, traces, "
                "seed, trials, precision, witnesses, engine, out and jobs");
}

enum status sweep_file_read(const char *path, struct sweep_plan *plan,
                            struct sweep_file *file, struct err *err)
{
    const struct reader r = {path, plan, file, err};
    struct json *root = NULL;
    char *text;
    size_t n;
    err->status = STATUS_OK;
    if (json_read_large(path, &text, &n, err))
        return err->status;
    json_parse_large(path, text, n, &root, err);
    free(text);
    if (!err->status && root->type != JSON_OBJECT)
        wrong_type(&r, root, "plan", "an object");
    for (const struct json *key = err->status ? NULL : root->first; key && !err->status;
         key = key->next)
        take_key(&r, key);
    json_destroy(root);
    for (uint32_t i = 0; i < plan->n_axes; i++)
        plan->axes[i].may_be_replaced = true;
    return err->status;
}

void sweep_file_free(struct sweep_file *file)
{
    for (size_t i = 0; i < file->n_own; i++)
        free(file->own[i]);
    free(file->own);
}
