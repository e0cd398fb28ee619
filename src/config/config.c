/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config.c - merging sources into one tree. See config.h.
 *
 * config_fill.c checks the tree and fills structs, config_value.c converts one
 * value, config_show.c and config_doc.c write.
 */
#include "config/config_internal.h"

#include "config/json_strict.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t count_rows(const struct config *config)
{
    size_t n = 0;
    for (size_t i = 0; i < config->n_sections; i++)
        n += config->sections[i].n_rows;
    return (uint32_t)n;
}

static char *copy_string(const char *string)
{
    char *copy = strdup(string);
    assert(copy);
    return copy;
}

/* The default as a value; a time's key gets its unit, as if a file had it. */
static struct json *parse_default(const struct param *row)
{
    struct json *value;
    enum status status =
        json_parse("default", row->def, strlen(row->def), 0, &value, NULL);
    assert(!status && "a row's default is JSON");
    (void)status;
    char key[CONFIG_KEY_BYTES];
    bool cycles = config_is_time(row) && value->type == JSON_NUMBER;
    snprintf(key, sizeof key, "%s%s", row->key, cycles ? "_cycles" : "");
    value->key = copy_string(key);
    value->line = value->column = 0;
    return value;
}

static void parse_defaults(struct config *config)
{
    uint32_t n = count_rows(config), i = 0;
    config->defaults = calloc(n + 1, sizeof(*config->defaults));
    assert(config->defaults);
    for (size_t s = 0; s < config->n_sections; s++)
        for (size_t r = 0; r < config->sections[s].n_rows; r++, i++)
            if (config->sections[s].rows[r].def)
                config->defaults[i] = parse_default(&config->sections[s].rows[r]);
}

struct config *config_create(const struct param_section *sections, size_t n_sections)
{
    struct config *config = calloc(1, sizeof *config);
    assert(config);
    config->sections = calloc(n_sections, sizeof *sections);
    assert(config->sections);
    memcpy(config->sections, sections, n_sections * sizeof *sections);
    config->n_sections = n_sections;
    config->root = json_create(JSON_OBJECT, NULL);
    config->origins[config->n_origins++] = copy_string("default");
    parse_defaults(config);
    return config;
}

void config_destroy(struct config *config)
{
    if (!config)
        return;
    for (uint32_t i = 0; i < count_rows(config); i++)
        json_destroy(config->defaults[i]);
    free(config->defaults);
    free(config->sections);
    json_destroy(config->root);
    for (uint32_t i = 0; i < config->n_origins; i++)
        free(config->origins[i]);
    free(config);
}

void config_add_whole(struct config *config, const char *key, const char *help)
{
    assert(config->n_whole < CONFIG_WHOLE_MAX);
    config->whole[config->n_whole].key = key;
    config->whole[config->n_whole++].help = help;
}

static enum status add_origin(struct config *config, const char *name, uint32_t *origin,
                              struct err *err)
{
    for (uint32_t i = 0; i < config->n_origins; i++) {
        if (strcmp(config->origins[i], name) == 0) {
            *origin = i;
            return STATUS_OK;
        }
    }
    if (config->n_origins == CONFIG_ORIGINS_MAX)
        return err_set(err, STATUS_LIMIT, "%s: more than %u configuration files", name,
                       CONFIG_ORIGINS_MAX - 1);
    *origin = config->n_origins++;
    config->origins[*origin] = copy_string(name);
    return STATUS_OK;
}

/* The length of a key without the unit at its end. */
static size_t stem_length(const char *key, enum config_unit *unit)
{
    static const char *const suffixes[] = {
        [UNIT_NS] = "_ns", [UNIT_CYCLES] = "_cycles"};
    size_t length = strlen(key);
    for (int u = UNIT_NS; u <= UNIT_CYCLES; u++) {
        size_t suffix = strlen(suffixes[u]);
        if (length <= suffix || strcmp(key + length - suffix, suffixes[u]) != 0)
            continue;
        *unit = (enum config_unit)u;
        return length - suffix;
    }
    *unit = UNIT_NONE;
    return length;
}

enum config_unit config_split_key(const char *key, char *stem, size_t n)
{
    enum config_unit unit;
    size_t length = stem_length(key, &unit);
    length = length < n ? length : n - 1;
    memcpy(stem, key, length);
    stem[length] = '\0';
    return unit;
}

/* Asked for all pairs of keys of two objects, so nothing is copied. */
static bool same_stem(const char *a, const char *b)
{
    enum config_unit unit;
    if (a[0] != b[0])
        return false;
    size_t length = stem_length(a, &unit);
    return length == stem_length(b, &unit) && memcmp(a, b, length) == 0;
}

/* Removes "x_cycles" from 'target' when the patch writes "x_ns", and so on.
 * Spellings that the patch itself has too stay, for config_fill to refuse. */
static void remove_other_spellings(struct json *target, const struct json *patch,
                                   const char *key)
{
    for (struct json *old = target->first, *next; old; old = next) {
        next = old->next;
        if (strcmp(old->key, key) != 0 && same_stem(old->key, key) &&
            !json_find(patch, old->key))
            json_remove(target, old->key);
    }
}

static bool is_whole(const struct config *config, const char *key)
{
    for (uint32_t i = 0; i < config->n_whole; i++)
        if (strcmp(config->whole[i].key, key) == 0)
            return true;
    return false;
}

static bool is_container(const struct json *json)
{
    return json && json->type == JSON_OBJECT;
}

/* RFC 7396, section 2. 'root' is null below the root. */
static void merge(const struct config *root, struct json *target,
                  const struct json *patch)
{
    target->origin = patch->origin;
    target->line = patch->line;
    target->column = patch->column;
    for (const struct json *child = patch->first; child; child = child->next) {
        remove_other_spellings(target, patch, child->key);
        if (child->type == JSON_NULL) {
            json_remove(target, child->key);
            continue;
        }
        bool replace = !is_container(child) || (root && is_whole(root, child->key));
        struct json *old = json_find(target, child->key);
        if (replace) {
            json_put(target, json_clone(child));
            continue;
        }
        if (!is_container(old)) {
            old = json_create(JSON_OBJECT, child->key);
            json_put(target, old);
        }
        merge(NULL, old, child);
    }
}

static void drop_note(struct json *notes, const struct json *own, const char *path)
{
    char stem[CONFIG_KEY_BYTES];
    config_split_key(path, stem, sizeof stem);
    const char *const spellings[] = {path, stem};
    for (int i = 0; i < 2; i++)
        if (!own || !json_find(own, spellings[i]))
            json_remove(notes, spellings[i]);
}

/* A note about a parameter, or about a group around it, ends when a later
 * source changes the parameter; what 'own' notes of that source say stays. */
static void drop_stale_notes(struct json *notes, const struct json *own,
                             const struct json *patch, const char *path)
{
    for (const struct json *child = patch->first; child; child = child->next) {
        char below[CONFIG_KEY_BYTES];
        if (!child->key || config_is_note(child->key))
            continue;
        int n =
            snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", child->key);
        if (n < 0 || (size_t)n >= sizeof below)
            continue;
        drop_note(notes, own, below);
        if (is_container(child))
            drop_stale_notes(notes, own, child, below);
    }
}

/* Takes a parsed source in. */
static enum status merge_root(struct config *config, const struct json *patch,
                              struct err *err)
{
    const struct json *base = json_find(patch, "base");
    if (patch->type != JSON_OBJECT)
        return config_fail(config, patch, "", err,
                           "a configuration is an object {...}");
    if (base)
        return config_fail(config, base, "base", err,
                           "only a file can name the file that it is based on");
    struct json *notes = json_find(config->root, "notes");
    if (is_container(notes))
        drop_stale_notes(notes, json_find(patch, "notes"), patch, "");
    merge(config, config->root, patch);
    return STATUS_OK;
}

enum status config_merge_text(struct config *config, const char *name, const char *text,
                              size_t n, struct err *err)
{
    uint32_t origin;
    struct json *patch;
    enum status status = add_origin(config, name, &origin, err);
    if (!status)
        status = json_parse(name, text, n, origin, &patch, err);
    if (status)
        return status;
    status = merge_root(config, patch, err);
    json_destroy(patch);
    return status;
}

/* The files that are being merged, innermost first: to find cycles. */
struct base_chain {
    const struct base_chain *outer;
    const char *real_path;
    uint32_t depth;
};

static enum status merge_file(struct config *config, const char *path,
                              const struct base_chain *outer, struct err *err);

static enum status merge_base(struct config *config, const char *path,
                              const struct json *base, const struct base_chain *chain,
                              struct err *err)
{
    if (base->type != JSON_STRING || !base->text[0])
        return config_fail(config, base, "base", err, "must be the name of a file");
    const char *slash = strrchr(path, '/');
    struct text name = {0};
    if (slash && base->text[0] != '/')
        text_add_bytes(&name, path, (size_t)(slash + 1 - path));
    text_add(&name, "%s", base->text);
    enum status status = merge_file(config, text_get(&name), chain, err);
    text_free(&name);
    return status;
}

static enum status check_chain(const char *path, const struct base_chain *chain,
                               struct err *err)
{
    if (chain->depth > CONFIG_BASES_MAX)
        return err_set(err, STATUS_CONFIG, "%s: base: more than %u files deep", path,
                       CONFIG_BASES_MAX);
    for (const struct base_chain *at = chain->outer; at; at = at->outer)
        if (strcmp(at->real_path, chain->real_path) == 0)
            return err_set(err, STATUS_CONFIG, "%s: base: the file is based on itself",
                           path);
    return STATUS_OK;
}

/* Merges a parsed file after the file that it is based on. */
static enum status merge_parsed(struct config *config, const char *path,
                                struct json *patch, const struct base_chain *outer,
                                struct err *err)
{
    const struct json *base = json_find(patch, "base");
    if (base) {
        char *real_path = realpath(path, NULL);
        struct base_chain chain = {outer, real_path ? real_path : path,
                                   outer ? outer->depth + 1 : 1};
        enum status status = check_chain(path, &chain, err);
        if (!status)
            status = merge_base(config, path, base, &chain, err);
        free(real_path);
        if (status)
            return status;
        json_remove(patch, "base");
    }
    return merge_root(config, patch, err);
}

static enum status merge_file(struct config *config, const char *path,
                              const struct base_chain *outer, struct err *err)
{
    char *text;
    size_t n;
    uint32_t origin;
    struct json *patch = NULL;
    enum status status = json_read_file(path, &text, &n, err);
    if (status)
        return status;
    status = add_origin(config, path, &origin, err);
    if (!status)
        status = json_parse(path, text, n, origin, &patch, err);
    free(text);
    if (!status)
        status = merge_parsed(config, path, patch, outer, err);
    json_destroy(patch);
    return status;
}

enum status config_merge_file(struct config *config, const char *path, struct err *err)
{
    return merge_file(config, path, NULL, err);
}

/* A word that needs no quotes: letters first, so that a misspelt number or a
 * broken object is an error and not a string. */
static bool is_bare_word(const char *value)
{
    bool letter = (*value >= 'a' && *value <= 'z') ||
                  (*value >= 'A' && *value <= 'Z') || strchr("_./", *value);
    return letter && *value && !strpbrk(value, "\"{}[]\n");
}

/* An assignment has no lines. */
static void clear_places(struct json *value)
{
    value->line = value->column = 0;
    for (struct json *child = value->first; child; child = child->next)
        clear_places(child);
}

static enum status parse_set_value(const char *value, uint32_t origin,
                                   struct json **out, struct err *err)
{
    bool word = is_bare_word(value);
    enum status status =
        json_parse("--set", value, strlen(value), origin, out, word ? NULL : err);
    if (status && word) {
        struct text quoted = {0};
        json_write_string(value, &quoted);
        status = json_parse("--set", quoted.data, quoted.n, origin, out, err);
        text_free(&quoted);
    }
    if (*out)
        clear_places(*out);
    return status;
}

/* Wraps 'value' in objects: "a.b" and 1 become {"a": {"b": 1}}. */
static struct json *wrap(const char *path, size_t n, struct json *value)
{
    struct json *root = json_create(JSON_OBJECT, NULL), *at = root;
    for (size_t i = 0; i < n;) {
        size_t part = strcspn(path + i, ".=");
        char *key = strndup(path + i, part);
        assert(key);
        bool last = i + part >= n;
        struct json *child = last ? value : json_create(JSON_OBJECT, NULL);
        child->key = key;
        child->origin = at->origin = value->origin;
        json_put(at, child);
        at = child;
        i += part + 1;
    }
    return root;
}

/* Names of letters, digits and '_', with dots between. */
static bool is_key_path(const char *path, size_t n)
{
    bool empty = true;
    uint32_t depth = 1;
    for (size_t i = 0; i < n; i++) {
        char c = path[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                    (c >= '0' && c <= '9') || c == '_';
        if (!word && (c != '.' || empty))
            return false;
        depth += !word;
        empty = !word;
    }
    return !empty && depth < JSON_DEPTH_MAX && n < CONFIG_KEY_BYTES;
}

enum status config_set(struct config *config, const char *assignment, struct err *err)
{
    const char *equals = strchr(assignment, '=');
    size_t n = equals ? (size_t)(equals - assignment) : 0;
    if (!equals || !is_key_path(assignment, n))
        return err_set(err, STATUS_CONFIG,
                       "--set %s: expected key.path=value, such as tlb.l1d.ways=2",
                       assignment);
    uint32_t origin;
    struct json *value = NULL;
    enum status status = add_origin(config, "--set", &origin, err);
    if (!status)
        status = parse_set_value(equals + 1, origin, &value, err);
    if (status)
        return err_prefix(err, "%.*s", (int)n, assignment);
    struct json *patch = wrap(assignment, n, value);
    status = merge_root(config, patch, err);
    json_destroy(patch);
    return status;
}

const char *config_origin_name(const struct config *config, const struct json *value)
{
    return config->origins[value->origin];
}

enum status config_fail(const struct config *config, const struct json *value,
                        const char *path, struct err *err, const char *format, ...)
{
    char what[700], place[64] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (value->line)
        snprintf(place, sizeof place, ":%u:%u", value->line, value->column);
    return err_set(err, STATUS_CONFIG, "%s%s: %s%s%s",
                   config_origin_name(config, value), place, path, *path ? ": " : "",
                   what);
}

const struct json *config_get_whole(const struct config *config, const char *key)
{
    return json_find(config->root, key);
}

void config_put_whole(struct config *config, const char *key, const char *json,
                      const char *origin)
{
    const struct json *old = json_find(config->root, key);
    uint32_t index = old ? old->origin : 0, line = old ? old->line : 0;
    struct json *value;
    enum status status = json_parse(key, json, strlen(json), 0, &value, NULL);
    if (!status && origin) {
        line = 0;
        status = add_origin(config, origin, &index, NULL);
    }
    assert(!status);
    (void)status;
    value->key = copy_string(key);
    value->origin = index;
    value->line = line;
    json_put(config->root, value);
}
