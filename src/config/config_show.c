/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_show.c - the effective configuration, for people and as JSON.
 */
#include "config/config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_COLUMN 46
#define HELP_INDENT  8
#define WIDTH        88

/* Nanoseconds are shown with the cycles that the model works with. */
static void show_value(const struct param_section *section, const struct param *row,
                       const struct json *value, const void *target, struct text *line)
{
    char stem[CONFIG_KEY_BYTES];
    enum config_unit unit = config_split_key(value->key, stem, sizeof stem);
    json_write(value, 2, line);
    if (config_is_time(row) && unit == UNIT_NS && value->type == JSON_NUMBER) {
        cycle_t cycles;
        memcpy(&cycles,
               (const char *)target + section->offset + row->offset +
                   (row->type == PARAM_DIST ? offsetof(struct dist, base) : 0),
               sizeof cycles);
        text_add(line, " ns = %llu cycles", (unsigned long long)cycles);
    } else if (row->unit[0] && value->type == JSON_NUMBER) {
        text_add(line, " %s", row->unit);
    }
}

static void show_origin(const struct config *config, const struct json *value,
                        struct text *line)
{
    text_add(line, "  # %s", config_origin_name(config, value));
    if (value->line)
        text_add(line, ":%u", value->line);
}

static void show_sentence(const char *sentence, struct text *out)
{
    text_add(out, "%*s", HELP_INDENT, "");
    text_add_wrapped(out, sentence, HELP_INDENT, WIDTH);
}

static void show_note(const char *note, struct text *out)
{
    if (!note)
        return;
    struct text sentence = {0};
    text_add(&sentence, "Note: %s", note);
    show_sentence(text_get(&sentence), out);
    text_free(&sentence);
}

static void show_row(const struct config *config, size_t section, size_t row,
                     const void *target, struct text *out)
{
    const struct param_section *s = &config->sections[section];
    const struct json *value = config_value(config, section, row);
    if (!value)
        return;
    char path[CONFIG_KEY_BYTES], stem[CONFIG_KEY_BYTES];
    config_row_path(s, value->key, path, sizeof path);
    config_row_path(s, s->rows[row].key, stem, sizeof stem);
    struct text line = {0};
    text_add(&line, "%s = ", path);
    show_value(s, &s->rows[row], value, target, &line);
    if (line.n < VALUE_COLUMN)
        text_add(&line, "%*s", (int)(VALUE_COLUMN - line.n), "");
    show_origin(config, value, &line);
    text_add(out, "%s\n", text_get(&line));
    text_free(&line);
    show_sentence(s->rows[row].help, out);
    show_note(config_note(config, stem, value), out);
}

static void show_whole(const struct config *config, const char *key, const char *help,
                       struct text *out)
{
    const struct json *value = json_find(config->root, key);
    if (!value)
        return;
    text_add(out, "\n%s = ", key);
    json_write(value, 0, out);
    show_origin(config, value, out);
    text_add(out, "\n");
    show_sentence(help, out);
}

/* Values in cycles are taken from a fresh fill, so that what is shown is what
 * the model gets. */
void config_show(const struct config *config, struct text *out)
{
    size_t bytes = 0;
    for (size_t s = 0; s < config->n_sections; s++)
        for (size_t r = 0; r < config->sections[s].n_rows; r++) {
            size_t end = config->sections[s].offset +
                         config->sections[s].rows[r].offset + sizeof(struct dist) +
                         PARAM_STRING_BYTES;
            bytes = end > bytes ? end : bytes;
        }
    void *target = calloc(1, bytes + 1);
    if (!target || config_fill(config, target, NULL)) {
        free(target);
        return;
    }
    for (size_t s = 0; s < config->n_sections; s++) {
        text_add(out, "%s# %s: %s\n", s ? "\n" : "", config->sections[s].path,
                 config->sections[s].help);
        show_note(config_note(config, config->sections[s].path, config->root), out);
        for (size_t r = 0; r < config->sections[s].n_rows; r++)
            show_row(config, s, r, target, out);
    }
    for (uint32_t i = 0; i < config->n_whole; i++)
        show_whole(config, config->whole[i].key, config->whole[i].help, out);
    free(target);
}

/* --- As JSON --- */

/* The object at 'path' below 'root', made if it is not there. */
static struct json *make_objects(struct json *root, const char *path)
{
    struct json *at = root;
    while (*path) {
        char key[CONFIG_KEY_BYTES];
        size_t n = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)n, path);
        struct json *below = json_find(at, key);
        if (!below) {
            below = json_create(JSON_OBJECT, key);
            json_put(at, below);
        }
        at = below;
        path += n + (path[n] == '.');
    }
    return at;
}

/* Copies documentation keys into the objects where they were, in order. */
static void copy_notes(const struct config *config, const struct json *from,
                       struct json *to)
{
    for (const struct json *child = from->first; child; child = child->next) {
        struct json *same = json_find(to, child->key);
        if (same && same->type == JSON_OBJECT && child->type == JSON_OBJECT &&
            !config_is_note(child->key))
            copy_notes(config, child, same);
        else if (!same && config_is_note(child->key))
            json_put(to, json_clone(child));
    }
}

void config_json(const struct config *config, struct text *out)
{
    struct json *root = json_create(JSON_OBJECT, NULL);
    for (size_t s = 0; s < config->n_sections; s++) {
        struct json *object = make_objects(root, config->sections[s].path);
        for (size_t r = 0; r < config->sections[s].n_rows; r++) {
            const struct json *value = config_value(config, s, r);
            if (value)
                json_put(object, json_clone(value));
        }
    }
    for (uint32_t i = 0; i < config->n_whole; i++) {
        const struct json *value = json_find(config->root, config->whole[i].key);
        if (value)
            json_put(root, json_clone(value));
    }
    copy_notes(config, config->root, root);
    json_write(root, 0, out);
    text_add(out, "\n");
    json_destroy(root);
}
