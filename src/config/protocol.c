/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol.c - reading a protocol: words, files. See protocol.h.
 *
 * protocol_check.c says which lists can run.
 */
#include "config/protocol.h"

#include "config/json_strict.h"
#include "config/protocol_json.h"
#include "config/suggest.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *text, *sentence;
} steps[PROTOCOL_N_STEPS] = {
#define STEP(name, text, sentence) {text, sentence},
    PROTOCOL_STEP_LIST(STEP)
#undef STEP
};

const char *protocol_step_text(enum protocol_step step)
{
    assert(step < PROTOCOL_N_STEPS);
    return steps[step].text;
}

const char *protocol_step_sentence(enum protocol_step step)
{
    assert(step < PROTOCOL_N_STEPS);
    return steps[step].sentence;
}

bool protocol_step_find(const char *text, enum protocol_step *step)
{
    for (int i = 0; i < PROTOCOL_N_STEPS; i++) {
        if (strcmp(steps[i].text, text) != 0)
            continue;
        *step = (enum protocol_step)i;
        return true;
    }
    return false;
}

/* ":12:3", or nothing for a value that is in no file. */
static const char *place(const struct json *value, char *out, size_t n)
{
    out[0] = '\0';
    if (value->line)
        snprintf(out, n, ":%u:%u", value->line, value->column);
    return out;
}

/* An error in a file, at a value. */
static enum status fail(const char *origin, const struct json *value, const char *path,
                        struct err *err, const char *what)
{
    char at[32];
    return err_set(err, STATUS_CONFIG, "%s%s: %s: %s", origin,
                   place(value, at, sizeof at), path, what);
}

static enum status read_step(const char *origin, const struct json *value,
                             const char *path, uint8_t *out, struct err *err)
{
    enum protocol_step step;
    if (value->type != JSON_STRING)
        return fail(origin, value, path, err, "a step is a string");
    if (protocol_step_find(value->text, &step)) {
        *out = (uint8_t)step;
        return STATUS_OK;
    }
    struct suggest suggest;
    char hint[SUGGEST_BYTES + 32], what[SUGGEST_BYTES + 128];
    suggest_start(&suggest, value->text);
    for (int i = 0; i < PROTOCOL_N_STEPS; i++)
        suggest_offer(&suggest, steps[i].text);
    snprintf(what, sizeof what, "unknown step \"%.60s\"%s", value->text,
             suggest_text(&suggest, hint, sizeof hint));
    return fail(origin, value, path, err, what);
}

static enum status read_list(const char *origin, const struct json *list,
                             const char *name, uint8_t *out, uint32_t *n,
                             struct err *err)
{
    if (list->type != JSON_ARRAY)
        return fail(origin, list, name, err, "must be an array of steps");
    if (json_count(list) > PROTOCOL_STEPS_MAX)
        return fail(origin, list, name, err, "has more than 32 steps");
    enum status status = STATUS_OK;
    for (const struct json *step = list->first; step && !status; step = step->next) {
        char path[32];
        snprintf(path, sizeof path, "%s[%u]", name, *n);
        status = read_step(origin, step, path, &out[*n], err);
        *n += 1;
    }
    return status;
}

static enum status read_text(const char *origin, const struct json *value,
                             const char *name, char *out, size_t n, struct err *err)
{
    if (value->type != JSON_STRING)
        return fail(origin, value, name, err, "must be a string");
    if (strlen(value->text) >= n)
        return fail(origin, value, name, err, "is too long");
    memcpy(out, value->text, strlen(value->text));
    return STATUS_OK;
}

/* Keys that begin with '_' and "source" document, as everywhere. */
static enum status read_key(const char *origin, const struct json *value,
                            struct protocol *out, struct err *err)
{
    const char *key = value->key;
    if (strcmp(key, "name") == 0)
        return read_text(origin, value, key, out->name, sizeof out->name, err);
    if (strcmp(key, "note") == 0)
        return read_text(origin, value, key, out->note, sizeof out->note, err);
    if (strcmp(key, "copy") == 0)
        return read_list(origin, value, key, out->copy, &out->n_copy, err);
    if (strcmp(key, "upgrade") == 0)
        return read_list(origin, value, key, out->upgrade, &out->n_upgrade, err);
    if (key[0] == '_' || strcmp(key, "source") == 0)
        return STATUS_OK;
    return fail(origin, value, key, err,
                "unknown key; a protocol has name, note, source, copy, upgrade");
}

enum status protocol_read(const char *origin, const struct json *root,
                          struct protocol *out, struct err *err)
{
    memset(out, 0, sizeof *out);
    enum status status = STATUS_OK;
    if (root->type != JSON_OBJECT)
        return fail(origin, root, "protocol", err, "must be an object");
    for (const struct json *value = root->first; value && !status; value = value->next)
        status = read_key(origin, value, out, err);
    if (status)
        return status;
    if (!out->name[0])
        return fail(origin, root, "name", err, "a protocol needs a name");
    status = protocol_check(out, err);
    if (!status)
        return STATUS_OK;
    char at[32];
    return err_prefix(err, "%s%s: protocol %s", origin, place(root, at, sizeof at),
                      out->name);
}

enum status protocol_parse(const char *origin, const char *text, size_t n,
                           struct protocol *out, struct err *err)
{
    struct json *root;
    enum status status = json_parse(origin, text, n, 0, &root, err);
    if (status)
        return status;
    status = protocol_read(origin, root, out, err);
    json_destroy(root);
    return status;
}

static enum status load_file(const char *path, struct protocol *out, struct err *err)
{
    char *text;
    size_t n;
    enum status status = json_read_file(path, &text, &n, err);
    if (status)
        return status;
    status = protocol_parse(path, text, n, out, err);
    free(text);
    return status;
}

static bool is_path(const char *name)
{
    size_t n = strlen(name);
    return strchr(name, '/') || (n > 5 && strcmp(name + n - 5, ".json") == 0);
}

enum status protocol_load(const char *name, const char *const *dirs,
                          struct protocol *out, struct err *err)
{
    struct text searched = {0}, path = {0};
    if (is_path(name))
        return load_file(name, out, err);
    for (; *dirs; dirs++) {
        path.n = 0;
        text_add(&path, "%s/%s.json", *dirs, name);
        text_add(&searched, "%s%s", searched.n ? ", " : "", *dirs);
        if (access(text_get(&path), F_OK) == 0)
            break;
    }
    enum status status =
        *dirs
            ? load_file(text_get(&path), out, err)
            : err_set(err, STATUS_CONFIG,
                      "protocol \"%.60s\": no such file in %s ('sim config list' shows "
                      "the protocols there are)",
                      name, searched.n ? text_get(&searched) : "any directory");
    text_free(&searched);
    text_free(&path);
    return status;
}

static void write_list(const char *name, const uint8_t *list, uint32_t n,
                       struct text *out)
{
    text_add(out, ", \"%s\": [", name);
    for (uint32_t i = 0; i < n; i++)
        text_add(out, "%s\"%s\"", i ? ", " : "", steps[list[i]].text);
    text_add(out, "]");
}

void protocol_write(const struct protocol *protocol, struct text *out)
{
    text_add(out, "{\"name\": ");
    json_write_string(protocol->name, out);
    if (protocol->note[0]) {
        text_add(out, ", \"note\": ");
        json_write_string(protocol->note, out);
    }
    write_list("copy", protocol->copy, protocol->n_copy, out);
    if (protocol->n_upgrade)
        write_list("upgrade", protocol->upgrade, protocol->n_upgrade, out);
    text_add(out, "}");
}
