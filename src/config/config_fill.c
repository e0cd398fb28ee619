/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_fill.c - checks the merged tree against the tables, fills structs.
 *
 * First every key of every source is looked up in the tables, so that a
 * misspelt key is reported as one and not as its consequences; then every row
 * takes its value or its default.
 */
#include "config/config_internal.h"

#include "config/suggest.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool config_is_time(const struct param *row)
{
    return row->type == PARAM_CYCLES || row->type == PARAM_DIST;
}

bool config_is_note(const char *key)
{
    return key[0] == '_' || strcmp(key, "note") == 0 || strcmp(key, "notes") == 0 ||
           strcmp(key, "source") == 0 || strcmp(key, "sources") == 0;
}

void config_row_path(const struct param_section *section, const char *key, char *out,
                     size_t n)
{
    snprintf(out, n, "%s%s%s", section->path, *section->path ? "." : "", key);
}

/* True if 'key' spells 'row'. A time may carry a unit. */
static bool row_matches(const struct param *row, const char *key)
{
    char stem[CONFIG_KEY_BYTES];
    if (strcmp(row->key, key) == 0)
        return true;
    return config_is_time(row) &&
           config_split_key(key, stem, sizeof stem) != UNIT_NONE &&
           strcmp(row->key, stem) == 0;
}

struct json *config_find_row(const struct json *section, const struct param *row,
                             const struct json **twice)
{
    struct json *found = NULL;
    for (struct json *child = section->first; child; child = child->next) {
        if (!row_matches(row, child->key))
            continue;
        if (found && twice)
            *twice = child;
        if (!found)
            found = child;
    }
    return found;
}

static size_t row_index(const struct config *config, size_t section, size_t row)
{
    size_t index = row;
    for (size_t s = 0; s < section; s++)
        index += config->sections[s].n_rows;
    return index;
}

/* The value that a source gave a row, or null. */
static struct json *set_value(const struct config *config, size_t section, size_t row,
                              const struct json **twice)
{
    const struct param_section *s = &config->sections[section];
    struct json *object = json_find_path(config->root, s->path);
    if (!object || object->type != JSON_OBJECT)
        return NULL;
    return config_find_row(object, &s->rows[row], twice);
}

const struct json *config_value(const struct config *config, size_t section, size_t row)
{
    const struct json *set = set_value(config, section, row, NULL);
    return set ? set : config->defaults[row_index(config, section, row)];
}

/* --- Unknown keys --- */

static const struct param_section *find_section(const struct config *config,
                                                const char *path)
{
    for (size_t i = 0; i < config->n_sections; i++)
        if (strcmp(config->sections[i].path, path) == 0)
            return &config->sections[i];
    return NULL;
}

/* True if 'path' is a section or lies above one ("tlb" above "tlb.l1d"). */
static bool leads_to_section(const struct config *config, const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < config->n_sections; i++) {
        const char *p = config->sections[i].path;
        if (strncmp(p, path, n) == 0 && (p[n] == '\0' || p[n] == '.'))
            return true;
    }
    return false;
}

static const struct param *find_row(const struct param_section *section,
                                    const char *key)
{
    for (size_t i = 0; section && i < section->n_rows; i++)
        if (row_matches(&section->rows[i], key))
            return &section->rows[i];
    return NULL;
}

static bool whole_known(const struct config *config, const char *key)
{
    for (uint32_t i = 0; i < config->n_whole; i++)
        if (strcmp(config->whole[i].key, key) == 0)
            return true;
    return false;
}

static void offer_row(struct suggest *suggest, const struct param *row)
{
    char key[CONFIG_KEY_BYTES];
    if (!config_is_time(row) || row->type == PARAM_DIST)
        suggest_offer(suggest, row->key);
    if (!config_is_time(row))
        return;
    snprintf(key, sizeof key, "%s_ns", row->key);
    suggest_offer(suggest, key);
    snprintf(key, sizeof key, "%s_cycles", row->key);
    suggest_offer(suggest, key);
}

/* Offers what may stand in the object 'path': its rows, and sections below. */
static void offer_here(const struct config *config, const char *path,
                       struct suggest *suggest)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < config->n_sections; i++) {
        const struct param_section *s = &config->sections[i];
        if (strcmp(s->path, path) == 0)
            for (size_t r = 0; r < s->n_rows; r++)
                offer_row(suggest, &s->rows[r]);
        if (strncmp(s->path, path, n) != 0 || (n && s->path[n] != '.'))
            continue;
        char name[CONFIG_KEY_BYTES];
        const char *below = s->path + n + (n ? 1 : 0);
        snprintf(name, sizeof name, "%.*s", (int)strcspn(below, "."), below);
        if (name[0])
            suggest_offer(suggest, name);
    }
    for (uint32_t i = 0; !n && i < config->n_whole; i++)
        suggest_offer(suggest, config->whole[i].key);
}

/* The full path of a row of exactly this name in another object. */
static bool find_elsewhere(const struct config *config, const char *key, char *out,
                           size_t n)
{
    for (size_t i = 0; i < config->n_sections; i++) {
        if (!find_row(&config->sections[i], key))
            continue;
        config_row_path(&config->sections[i], key, out, n);
        return true;
    }
    return false;
}

static enum status unknown_key(const struct config *config, const char *path,
                               const struct json *child, const char *full,
                               struct err *err)
{
    struct suggest suggest;
    char hint[SUGGEST_BYTES + 32], elsewhere[CONFIG_KEY_BYTES];
    suggest_start(&suggest, child->key);
    offer_here(config, path, &suggest);
    if (!suggest.found[0] &&
        find_elsewhere(config, child->key, elsewhere, sizeof elsewhere))
        snprintf(suggest.found, sizeof suggest.found, "%s", elsewhere);
    return config_fail(config, child, full, err, "unknown key%s",
                       suggest_text(&suggest, hint, sizeof hint));
}

/* Notes are strings, or arrays or objects of strings; "_keys" are anything. */
static enum status check_note(const struct config *config, const struct json *note,
                              const char *path, struct err *err)
{
    bool fine = note->type == JSON_STRING || note->key[0] == '_';
    if (!fine && (note->type == JSON_ARRAY || note->type == JSON_OBJECT)) {
        fine = true;
        for (const struct json *child = note->first; child; child = child->next)
            fine = fine && child->type == JSON_STRING;
    }
    if (fine)
        return STATUS_OK;
    return config_fail(config, note, path, err,
                       "documentation is a string, or an array or object of strings");
}

static enum status check_keys(const struct config *config, const struct json *object,
                              const char *path, struct err *err);

static enum status check_key(const struct config *config, const struct json *child,
                             const char *path, struct err *err)
{
    char full[CONFIG_KEY_BYTES];
    snprintf(full, sizeof full, "%s%s%s", path, *path ? "." : "", child->key);
    if (find_row(find_section(config, path), child->key))
        return STATUS_OK;
    if (config_is_note(child->key))
        return check_note(config, child, full, err);
    if (!*path && whole_known(config, child->key))
        return STATUS_OK;
    if (!leads_to_section(config, full))
        return unknown_key(config, path, child, full, err);
    if (child->type != JSON_OBJECT)
        return config_fail(config, child, full, err, "must be an object, not %s",
                           json_type_name(child->type));
    return check_keys(config, child, full, err);
}

static enum status check_keys(const struct config *config, const struct json *object,
                              const char *path, struct err *err)
{
    enum status status = STATUS_OK;
    for (const struct json *child = object->first; child && !status;
         child = child->next)
        status = check_key(config, child, path, err);
    return status;
}

/* --- Values --- */

/* The text of the clock, so that times convert exactly. Null: no such row. */
static const char *clock_text(const struct config *config)
{
    for (size_t s = 0; s < config->n_sections; s++) {
        for (size_t r = 0; r < config->sections[s].n_rows; r++) {
            if (strcmp(config->sections[s].rows[r].key, CONFIG_CLOCK_KEY) != 0)
                continue;
            const struct json *value = config_value(config, s, r);
            return value && value->type == JSON_NUMBER ? value->text : NULL;
        }
    }
    return NULL;
}

static enum status fill_row(const struct config *config, size_t section, size_t row,
                            void *target, struct err *err)
{
    const struct param_section *s = &config->sections[section];
    char path[CONFIG_KEY_BYTES];
    config_row_path(s, s->rows[row].key, path, sizeof path);
    const struct json *twice = NULL;
    (void)set_value(config, section, row, &twice);
    if (twice)
        return config_fail(config, twice, path, err,
                           "is here in two spellings; keep one of %s_ns, %s_cycles",
                           s->rows[row].key, s->rows[row].key);
    const struct json *value = config_value(config, section, row);
    if (!value)
        return err_set(err, STATUS_CONFIG,
                       "configuration: %s: required, but no file sets it (%s)", path,
                       s->rows[row].help);
    config_row_path(s, value->key, path, sizeof path);
    struct config_field field = {config, &s->rows[row], path, clock_text(config)};
    return config_convert(&field, value,
                          (char *)target + s->offset + s->rows[row].offset, err);
}

/* The clock goes first: when it is wrong, every time would be. */
static enum status fill_clock(const struct config *config, void *target,
                              struct err *err)
{
    for (size_t s = 0; s < config->n_sections; s++)
        for (size_t r = 0; r < config->sections[s].n_rows; r++)
            if (strcmp(config->sections[s].rows[r].key, CONFIG_CLOCK_KEY) == 0)
                return fill_row(config, s, r, target, err);
    return STATUS_OK;
}

enum status config_fill(const struct config *config, void *target, struct err *err)
{
    enum status status = check_keys(config, config->root, "", err);
    if (!status)
        status = fill_clock(config, target, err);
    for (size_t s = 0; s < config->n_sections && !status; s++)
        for (size_t r = 0; r < config->sections[s].n_rows && !status; r++)
            status = fill_row(config, s, r, target, err);
    return status;
}

/* --- Where from --- */

/* The value of "section.key" (without unit), or of a whole key, or null. */
static const struct json *value_at(const struct config *config, const char *path)
{
    for (size_t s = 0; s < config->n_sections; s++) {
        for (size_t r = 0; r < config->sections[s].n_rows; r++) {
            char own[CONFIG_KEY_BYTES];
            config_row_path(&config->sections[s], config->sections[s].rows[r].key, own,
                            sizeof own);
            if (strcmp(own, path) == 0)
                return config_value(config, s, r);
        }
    }
    return json_find_path(config->root, path);
}

const char *config_origin(const struct config *config, const char *path, uint32_t *line)
{
    const struct json *value = value_at(config, path);
    if (line)
        *line = value ? value->line : 0;
    return value ? config_origin_name(config, value) : config->origins[0];
}

const char *config_note(const struct config *config, const char *path,
                        const struct json *value)
{
    const struct json *notes = json_find(config->root, "notes");
    char with_unit[CONFIG_KEY_BYTES];
    const char *dot = strrchr(path, '.');
    if (!notes || notes->type != JSON_OBJECT)
        return NULL;
    const struct json *note = json_find(notes, path);
    if (!note && value->key) {
        snprintf(with_unit, sizeof with_unit, "%.*s%s", dot ? (int)(dot + 1 - path) : 0,
                 path, value->key);
        note = json_find(notes, with_unit);
    }
    return note && note->type == JSON_STRING ? note->text : NULL;
}

enum status config_error(const struct config *config, enum status status,
                         const char *path, struct err *err, const char *format, ...)
{
    uint32_t line;
    const char *origin = config_origin(config, path, &line);
    char what[700], place[24] = "";
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (line)
        snprintf(place, sizeof place, ":%u", line);
    return err_set(err, status, "%s%s: %s: %s", origin, place, path, what);
}
