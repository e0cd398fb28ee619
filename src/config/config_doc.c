/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_doc.c - the tables as references: for a terminal, as Markdown (that is
 * docs/configuration.md), and as JSON Schema for editors and validators.
 *
 * Everything comes from the rows, so a reference cannot be out of date.
 */
#include "config/config_internal.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define HELP_INDENT 8
#define WIDTH       88

static bool has_bounds(const struct param *row)
{
    return row->type != PARAM_BOOL && row->type != PARAM_CHOICE &&
           row->type != PARAM_STRING;
}

/* Both bounds are short decimal numbers: rows are written by hand. */
static void add_number(double number, struct text *out)
{
    if (number == floor(number) && fabs(number) < 1e16)
        text_add(out, "%.0f", number);
    else
        text_add(out, "%.15g", number);
}

static void add_bounds(const struct param *row, const char *between, struct text *out)
{
    add_number(row->min, out);
    text_add(out, "%s", between);
    add_number(row->max, out);
}

static void add_choices(const struct param *row, const char *before,
                        const char *between, struct text *out)
{
    for (const char *const *c = row->choices; *c; c++)
        text_add(out, "%s%s\"%s\"", c == row->choices ? before : between, "", *c);
}

static const char *type_name(enum param_type type)
{
    static const char *const names[] = {
        [PARAM_U32] = "integer",   [PARAM_U64] = "integer",
        [PARAM_DOUBLE] = "number", [PARAM_BOOL] = "boolean",
        [PARAM_CYCLES] = "time",   [PARAM_DIST] = "distribution",
        [PARAM_CHOICE] = "choice", [PARAM_STRING] = "string",
    };
    return names[type];
}

/* The key as a file spells it: times with both units. */
static void add_spelling(const struct param_section *section, const struct param *row,
                         struct text *out)
{
    char path[CONFIG_KEY_BYTES];
    config_row_path(section, row->key, path, sizeof path);
    text_add(out, "%s", path);
    if (config_is_time(row))
        text_add(out, "_{ns,cycles}");
}

static void list_row(const struct param_section *section, const struct param *row,
                     struct text *out)
{
    add_spelling(section, row, out);
    text_add(out, "  (%s", type_name(row->type));
    if (has_bounds(row)) {
        text_add(out, " ");
        add_bounds(row, "..", out);
    }
    if (row->choices)
        add_choices(row, ": ", ", ", out);
    if (row->unit[0])
        text_add(out, " %s", row->unit);
    text_add(out, ")  %s%s\n", row->def ? "default " : "required",
             row->def ? row->def : "");
    text_add(out, "%*s", HELP_INDENT, "");
    text_add_wrapped(out, row->help, HELP_INDENT, WIDTH);
}

void config_list(const struct config *config, struct text *out)
{
    for (size_t s = 0; s < config->n_sections; s++) {
        const struct param_section *section = &config->sections[s];
        text_add(out, "%s# %s: %s\n", s ? "\n" : "", section->path, section->help);
        for (size_t r = 0; r < section->n_rows; r++)
            list_row(section, &section->rows[r], out);
    }
    for (uint32_t i = 0; i < config->n_whole; i++)
        text_add(out, "\n%s\n%*s%s\n", config->whole[i].key, HELP_INDENT, "",
                 config->whole[i].help);
}

/* --- Markdown --- */

static void markdown_row(const struct param *row, struct text *out)
{
    if (config_is_time(row))
        text_add(out, "| `%s_ns`, `%s_cycles` | %s | ", row->key, row->key,
                 type_name(row->type));
    else
        text_add(out, "| `%s` | %s | ", row->key, type_name(row->type));
    text_add(out, "%s%s%s | ", row->def ? "`" : "", row->def ? row->def : "required",
             row->def ? "`" : "");
    if (has_bounds(row))
        add_bounds(row, " to ", out);
    if (row->choices)
        for (const char *const *c = row->choices; *c; c++)
            text_add(out, "%s`%s`", c == row->choices ? "" : ", ", *c);
    text_add(out, " | %s | %s |\n", row->unit, row->help);
}

static void markdown_section(const struct param_section *section, struct text *out)
{
    text_add(out, "\n## `%s`\n\n%s\n\n", section->path, section->help);
    text_add(out, "| key | type | default | bounds | unit | meaning |\n"
                  "| --- | --- | --- | --- | --- | --- |\n");
    for (size_t r = 0; r < section->n_rows; r++)
        markdown_row(&section->rows[r], out);
}

void config_markdown(const struct config *config, struct text *out)
{
    for (size_t s = 0; s < config->n_sections; s++)
        markdown_section(&config->sections[s], out);
    for (uint32_t i = 0; i < config->n_whole; i++)
        text_add(out, "\n## `%s`\n\n%s\n", config->whole[i].key, config->whole[i].help);
}

/* --- JSON Schema --- */

static void schema_head(const char *key, const char *help, bool first, struct text *out)
{
    text_add(out, "%s", first ? "" : ", ");
    json_write_string(key, out);
    text_add(out, ": {\"description\": ");
    json_write_string(help, out);
}

static void schema_number(const char *type, double min, double max, struct text *out)
{
    text_add(out, ", \"type\": \"%s\", \"minimum\": ", type);
    add_number(min, out);
    text_add(out, ", \"maximum\": ");
    add_number(max, out);
    text_add(out, "}");
}

/* Bounds of times are in cycles; a schema can state them for _cycles only. */
static void schema_time(const struct param *row, bool first, struct text *out)
{
    char key[CONFIG_KEY_BYTES];
    snprintf(key, sizeof key, "%s_cycles", row->key);
    schema_head(key, row->help, first, out);
    schema_number("integer", row->min, row->max, out);
    snprintf(key, sizeof key, "%s_ns", row->key);
    schema_head(key, row->help, false, out);
    text_add(out, ", \"type\": \"number\", \"minimum\": 0}");
    if (row->type != PARAM_DIST)
        return;
    schema_head(row->key, row->help, false, out);
    text_add(out, ", \"type\": \"object\"}");
}

static void schema_row(const struct param *row, bool first, struct text *out)
{
    if (config_is_time(row)) {
        schema_time(row, first, out);
        return;
    }
    schema_head(row->key, row->help, first, out);
    if (row->choices) {
        add_choices(row, ", \"enum\": [", ", ", out);
        text_add(out, "]}");
    } else if (row->type == PARAM_STRING) {
        text_add(out, ", \"type\": \"string\", \"maxLength\": %u}",
                 PARAM_STRING_BYTES - 1);
    } else if (row->type == PARAM_BOOL) {
        text_add(out, ", \"type\": \"boolean\"}");
    } else {
        schema_number(row->type == PARAM_DOUBLE ? "number" : "integer", row->min,
                      row->max, out);
    }
}

/* Opens an object schema that allows documentation keys. */
static void schema_open(struct text *out)
{
    text_add(out, ", \"type\": \"object\", \"additionalProperties\": false, "
                  "\"patternProperties\": {\"^(_.*|notes?|sources?)$\": {}}, "
                  "\"properties\": {");
}

/* The name directly below 'path' that leads to section 's', or null if the
 * section does not lie below, or an earlier section has led there already. */
static bool name_below(const struct config *config, const char *path, size_t s,
                       char *name, size_t n)
{
    size_t length = strlen(path);
    const char *p = config->sections[s].path;
    if (strncmp(p, path, length) != 0 || (length && p[length] != '.'))
        return false;
    p += length + (length ? 1 : 0);
    snprintf(name, n, "%.*s", (int)strcspn(p, "."), p);
    for (size_t i = 0; i < s; i++) {
        char earlier[CONFIG_KEY_BYTES];
        if (name_below(config, path, i, earlier, sizeof earlier) &&
            strcmp(earlier, name) == 0)
            return false;
    }
    return name[0] != '\0';
}

static void schema_object(const struct config *config, const char *path,
                          struct text *out)
{
    bool first = true;
    for (size_t s = 0; s < config->n_sections; s++) {
        const struct param_section *section = &config->sections[s];
        if (strcmp(section->path, path) != 0)
            continue;
        for (size_t r = 0; r < section->n_rows; r++, first = false)
            schema_row(&section->rows[r], first, out);
    }
    for (size_t s = 0; s < config->n_sections; s++) {
        char name[CONFIG_KEY_BYTES / 2], below[2 * CONFIG_KEY_BYTES];
        if (!name_below(config, path, s, name, sizeof name))
            continue;
        snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", name);
        schema_head(name, config->sections[s].help, first, out);
        schema_open(out);
        schema_object(config, below, out);
        text_add(out, "}}");
        first = false;
    }
}

void config_schema(const struct config *config, struct text *out)
{
    text_add(out, "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", "
                  "\"title\": \"Shootdown configuration\"");
    schema_open(out);
    schema_head("base", "Another file that is merged first.", true, out);
    text_add(out, ", \"type\": \"string\"}");
    for (uint32_t i = 0; i < config->n_whole; i++) {
        schema_head(config->whole[i].key, config->whole[i].help, false, out);
        text_add(out, "}");
    }
    text_add(out, ", ");
    schema_object(config, "", out);
    text_add(out, "}}\n");
}
