/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * config_value.c - one JSON value into one field, by its row.
 */
#include "config/config_internal.h"

#include "config/decimal.h"
#include "config/suggest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The jitter part of a distribution has no row of its own to bound it. */
#define JITTER_CYCLES_MAX 1e12
#define SIGMA_MAX         8.0

static enum status fail(const struct config_field *f, const struct json *value,
                        struct err *err, const char *what)
{
    return config_fail(f->config, value, f->path, err, "%s", what);
}

static enum status expect(const struct config_field *f, const struct json *value,
                          enum json_type type, struct err *err)
{
    if (value->type == type)
        return STATUS_OK;
    return config_fail(f->config, value, f->path, err, "must be %s, not %s",
                       json_type_name(type), json_type_name(value->type));
}

/* "64" or "0.5", never "1e+06" for a round number. */
static const char *number_text(double number, char *out, size_t n)
{
    bool whole = number == floor(number) && fabs(number) < 1e18;
    snprintf(out, n, whole ? "%.0f" : "%g", number);
    return out;
}

static enum status check_bounds(const struct config_field *f, const struct json *value,
                                double number, double min, double max, struct err *err)
{
    char at_least[40], at_most[40];
    if (number >= min && number <= max)
        return STATUS_OK;
    number_text(min, at_least, sizeof at_least);
    number_text(max, at_most, sizeof at_most);
    return config_fail(f->config, value, f->path, err,
                       "must be from %s to %s%s%s (is %s)", at_least, at_most,
                       *f->row->unit ? " " : "", f->row->unit, value->text);
}

static enum status convert_integer(const struct config_field *f,
                                   const struct json *value, uint64_t *out,
                                   struct err *err)
{
    enum status status = expect(f, value, JSON_NUMBER, err);
    if (status)
        return status;
    status = check_bounds(f, value, value->number, f->row->min, f->row->max, err);
    if (!status && !decimal_integer(value->text, out))
        return fail(f, value, err, "must be a whole number");
    return status;
}

static enum status convert_double(const struct config_field *f,
                                  const struct json *value, double min, double max,
                                  double *out, struct err *err)
{
    enum status status = expect(f, value, JSON_NUMBER, err);
    if (!status)
        status = check_bounds(f, value, value->number, min, max, err);
    *out = value->number;
    return status;
}

static enum status convert_choice(const struct config_field *f,
                                  const struct json *value, uint32_t *out,
                                  struct err *err)
{
    enum status status = expect(f, value, JSON_STRING, err);
    if (status)
        return status;
    struct suggest suggest;
    struct text known = {0};
    suggest_start(&suggest, value->text);
    for (uint32_t i = 0; f->row->choices[i]; i++) {
        if (strcmp(f->row->choices[i], value->text) == 0) {
            *out = i;
            text_free(&known);
            return STATUS_OK;
        }
        text_add(&known, "%s\"%s\"", i ? ", " : "", f->row->choices[i]);
        suggest_offer(&suggest, f->row->choices[i]);
    }
    char hint[SUGGEST_BYTES + 32];
    status = config_fail(f->config, value, f->path, err, "\"%.60s\" is none of %s%s",
                         value->text, text_get(&known),
                         suggest_text(&suggest, hint, sizeof hint));
    text_free(&known);
    return status;
}

static enum status convert_string(const struct config_field *f,
                                  const struct json *value, char *out, struct err *err)
{
    enum status status = expect(f, value, JSON_STRING, err);
    if (status)
        return status;
    if (strlen(value->text) >= PARAM_STRING_BYTES)
        return config_fail(f->config, value, f->path, err, "longer than %u bytes",
                           PARAM_STRING_BYTES - 1);
    memset(out, 0, PARAM_STRING_BYTES);
    memcpy(out, value->text, strlen(value->text));
    return STATUS_OK;
}

/* One number of time; 'unit' from the key's name. */
static enum status convert_time(const struct config_field *f, const struct json *value,
                                enum config_unit unit, double min, double max,
                                cycle_t *out, struct err *err)
{
    struct decimal number, clock = {false, 1, 0};
    enum status status = expect(f, value, JSON_NUMBER, err);
    if (status)
        return status;
    if (value->number < 0)
        return fail(f, value, err, "a time must not be negative");
    if (unit == UNIT_CYCLES && !decimal_integer(value->text, out))
        return fail(f, value, err, "must be a whole number of cycles");
    if (!decimal_parse(value->text, &number))
        return fail(f, value, err, "write at most 18 digits");
    if (unit == UNIT_NS && f->clock && !decimal_parse(f->clock, &clock))
        return fail(f, value, err, "the clock has more than 18 digits");
    if (unit == UNIT_NS && !decimal_product(&number, &clock, out))
        return fail(f, value, err, "is too long a time");
    if ((double)*out >= min && (double)*out <= max)
        return STATUS_OK;
    char at_least[40], at_most[40];
    return config_fail(
        f->config, value, f->path, err, "must be from %s to %s cycles (is %llu)",
        number_text(min, at_least, sizeof at_least),
        number_text(max, at_most, sizeof at_most), (unsigned long long)*out);
}

/*
 * A distribution as an object: which keys go with which kind.  'first' is the
 * time that fills dist.a.
 */
static const struct {
    const char *name;
    enum dist_kind kind;
    const char *first;
    bool sigma, values;
} jitters[] = {
    {"none", DIST_FIXED, NULL, false, false},
    {"uniform", DIST_UNIFORM, "spread", false, false},
    {"exponential", DIST_EXPONENTIAL, "mean", false, false},
    {"lognormal", DIST_LOGNORMAL, "median", true, false},
    {"table", DIST_TABLE, NULL, false, true},
};
#define N_JITTERS (sizeof jitters / sizeof *jitters)

/* Finds the jitter's row: "none" if there is no such key. */
static enum status find_jitter(const struct config_field *f, const struct json *object,
                               size_t *found, struct err *err)
{
    const struct json *value = json_find(object, "jitter");
    *found = 0;
    if (!value)
        return STATUS_OK;
    const char *names[N_JITTERS + 1] = {0};
    for (size_t i = 0; i < N_JITTERS; i++)
        names[i] = jitters[i].name;
    struct param row = {.key = "jitter", .choices = names};
    char path[CONFIG_KEY_BYTES];
    snprintf(path, sizeof path, "%s.jitter", f->path);
    struct config_field field = {f->config, &row, path, f->clock};
    uint32_t choice = 0;
    enum status status = convert_choice(&field, value, &choice, err);
    *found = choice;
    return status;
}

/* Finds the time 'stem' in a distribution, with its unit. */
static enum status find_time(const struct config_field *f, const struct json *object,
                             const char *stem, const struct json **found,
                             enum config_unit *unit, struct err *err)
{
    *found = NULL;
    for (const struct json *child = object->first; child; child = child->next) {
        char own[CONFIG_KEY_BYTES];
        enum config_unit u = config_split_key(child->key, own, sizeof own);
        if (u == UNIT_NONE || strcmp(own, stem) != 0)
            continue;
        if (*found)
            return config_fail(f->config, child, f->path, err,
                               "has both %s_ns and %s_cycles; keep one", stem, stem);
        *found = child;
        *unit = u;
    }
    return STATUS_OK;
}

static enum status read_time(const struct config_field *f, const struct json *object,
                             const char *stem, bool required, double min, double max,
                             cycle_t *out, struct err *err)
{
    const struct json *value;
    enum config_unit unit;
    enum status status = find_time(f, object, stem, &value, &unit, err);
    if (status)
        return status;
    if (!value && required)
        return config_fail(f->config, object, f->path, err, "lacks %s_ns or %s_cycles",
                           stem, stem);
    if (!value)
        return STATUS_OK;
    char path[CONFIG_KEY_BYTES];
    snprintf(path, sizeof path, "%s.%s", f->path, value->key);
    struct config_field field = {f->config, f->row, path, f->clock};
    return convert_time(&field, value, unit, min, max, out, err);
}

static enum status read_table(const struct config_field *f, const struct json *object,
                              struct dist *out, struct err *err)
{
    const struct json *values;
    enum config_unit unit;
    enum status status = find_time(f, object, "values", &values, &unit, err);
    if (status)
        return status;
    uint32_t n = values && values->type == JSON_ARRAY ? json_count(values) : 0;
    if (n < 1 || n > DIST_TABLE_MAX)
        return config_fail(
            f->config, values ? values : object, f->path, err,
            "needs values_ns or values_cycles, an array of 1 to %u times",
            DIST_TABLE_MAX);
    for (const struct json *v = values->first; v && !status; v = v->next)
        status = convert_time(f, v, unit, 0, JITTER_CYCLES_MAX,
                              &out->table[out->n_table++], err);
    return status;
}

/* The names that may stand in a distribution of one kind, for the check of
 * unknown keys. */
static bool dist_key_known(size_t jitter, const char *key)
{
    char stem[CONFIG_KEY_BYTES];
    enum config_unit unit = config_split_key(key, stem, sizeof stem);
    if (unit == UNIT_NONE)
        return strcmp(key, "jitter") == 0 || config_is_note(key) ||
               (jitters[jitter].sigma && strcmp(key, "sigma") == 0);
    const char *first = jitters[jitter].first;
    return strcmp(stem, "base") == 0 || (first && strcmp(stem, first) == 0) ||
           (jitters[jitter].kind != DIST_FIXED && strcmp(stem, "max") == 0) ||
           (jitters[jitter].values && strcmp(stem, "values") == 0);
}

static enum status check_dist_keys(const struct config_field *f, size_t jitter,
                                   const struct json *object, struct err *err)
{
    for (const struct json *child = object->first; child; child = child->next)
        if (!dist_key_known(jitter, child->key))
            return config_fail(
                f->config, child, f->path, err,
                "unknown key \"%.60s\" for jitter \"%s\" (known: base%s%s, "
                "%s%s%sjitter; times end in _ns or _cycles)",
                child->key, jitters[jitter].name, jitters[jitter].first ? ", " : "",
                jitters[jitter].first ? jitters[jitter].first : "",
                jitters[jitter].kind == DIST_FIXED ? "" : "max, ",
                jitters[jitter].sigma ? "sigma, " : "",
                jitters[jitter].values ? "values, " : "");
    return STATUS_OK;
}

static enum status read_sigma(const struct config_field *f, const struct json *object,
                              struct dist *out, struct err *err)
{
    const struct json *sigma = json_find(object, "sigma");
    if (!sigma)
        return config_fail(f->config, object, f->path, err, "lacks sigma");
    const struct param row = {.key = "sigma", .unit = ""};
    char path[CONFIG_KEY_BYTES];
    snprintf(path, sizeof path, "%s.sigma", f->path);
    struct config_field field = {f->config, &row, path, f->clock};
    return convert_double(&field, sigma, 0, SIGMA_MAX, &out->sigma, err);
}

static enum status convert_dist_object(const struct config_field *f,
                                       const struct json *object, struct dist *out,
                                       struct err *err)
{
    size_t jitter;
    enum status status = find_jitter(f, object, &jitter, err);
    if (!status)
        status = check_dist_keys(f, jitter, object, err);
    if (status)
        return status;
    out->kind = jitters[jitter].kind;
    status =
        read_time(f, object, "base", true, f->row->min, f->row->max, &out->base, err);
    if (!status && jitters[jitter].first)
        status = read_time(f, object, jitters[jitter].first, true, 0, JITTER_CYCLES_MAX,
                           &out->a, err);
    if (!status)
        status =
            read_time(f, object, "max", false, 0, JITTER_CYCLES_MAX, &out->max, err);
    if (!status && jitters[jitter].sigma)
        status = read_sigma(f, object, out, err);
    if (!status && jitters[jitter].values)
        status = read_table(f, object, out, err);
    return status;
}

static enum status convert_row_time(const struct config_field *f,
                                    const struct json *value, cycle_t *out,
                                    struct err *err)
{
    char stem[CONFIG_KEY_BYTES];
    enum config_unit unit = config_split_key(value->key, stem, sizeof stem);
    if (unit == UNIT_NONE)
        return config_fail(f->config, value, f->path, err,
                           "a time needs its unit: write \"%s_ns\" or \"%s_cycles\"",
                           f->row->key, f->row->key);
    return convert_time(f, value, unit, f->row->min, f->row->max, out, err);
}

static enum status convert_dist(const struct config_field *f, const struct json *value,
                                struct dist *out, struct err *err)
{
    char stem[CONFIG_KEY_BYTES];
    memset(out, 0, sizeof *out);
    if (value->type != JSON_OBJECT)
        return convert_row_time(f, value, &out->base, err);
    if (config_split_key(value->key, stem, sizeof stem) != UNIT_NONE)
        return config_fail(f->config, value, f->path, err,
                           "an object carries its units inside: write \"%s\": {...}",
                           f->row->key);
    return convert_dist_object(f, value, out, err);
}

enum status config_convert(const struct config_field *field, const struct json *value,
                           void *target, struct err *err)
{
    uint64_t integer = 0;
    enum status status;
    switch (field->row->type) {
    case PARAM_U32:
        status = convert_integer(field, value, &integer, err);
        *(uint32_t *)target = (uint32_t)integer;
        return status;
    case PARAM_U64:
        return convert_integer(field, value, target, err);
    case PARAM_DOUBLE:
        return convert_double(field, value, field->row->min, field->row->max, target,
                              err);
    case PARAM_BOOL:
        *(uint32_t *)target = value->truth;
        return expect(field, value, JSON_BOOL, err);
    case PARAM_CYCLES:
        return convert_row_time(field, value, target, err);
    case PARAM_DIST:
        return convert_dist(field, value, target, err);
    case PARAM_CHOICE:
        return convert_choice(field, value, target, err);
    case PARAM_STRING:
        return convert_string(field, value, target, err);
    }
    return err_set(err, STATUS_INTERNAL, "%s: row without a type", field->path);
}
