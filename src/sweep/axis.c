/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * axis.c - the axes of a plan: lists, ranges, and what must not be there twice.
 * See plan.h.
 */
#include "config/json_strict.h"
#include "sweep/plan.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- values -------------------------------------------------------------------- */

/* A word that --set takes without quotes and that is not a JSON value. */
static bool needs_no_quotes(const char *s)
{
    bool letter = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z');
    return letter && !strpbrk(s, "\"{}[]\n,") && strcmp(s, "true") != 0 &&
           strcmp(s, "false") != 0 && strcmp(s, "null") != 0;
}

/* JSON on one line: json_write() breaks lines only between values. */
static void write_line(const struct json *json, struct text *out)
{
    struct text lines = {0};
    json_write(json, 0, &lines);
    for (const char *at = text_get(&lines); *at; at++) {
        if (*at != '\n') {
            text_add_bytes(out, at, 1);
            continue;
        }
        if (at[-1] == ',')
            text_add(out, " ");
        at += strspn(at + 1, " ");
    }
    text_free(&lines);
}

/* One spelling for one value: {"a":1} and { "a": 1 } are equal. */
static char *normal_form(const char *text, size_t n)
{
    struct json *json;
    struct text out = {0};
    if (json_parse("", text, n, 0, &json, NULL) != STATUS_OK)
        return strndup(text, n);
    if (json->type == JSON_STRING && needs_no_quotes(json->text))
        text_add(&out, "%s", json->text);
    else
        write_line(json, &out);
    json_destroy(json);
    char *copy = strdup(text_get(&out));
    text_free(&out);
    return copy;
}

enum status sweep_add_value(struct sweep_axis *axis, const char *text, size_t n,
                            struct err *err)
{
    if (n == 0)
        return err_set(err, STATUS_USAGE, "--vary %s: a value is empty", axis->key);
    if (axis->n == SWEEP_VALUES)
        return err_set(err, STATUS_USAGE, "--vary %s: more than %u values", axis->key,
                       SWEEP_VALUES);
    char **values = realloc(axis->values, (axis->n + 1) * sizeof *values);
    char *copy = normal_form(text, n);
    assert(values && copy);
    axis->values = values;
    axis->values[axis->n++] = copy;
    return STATUS_OK;
}

static bool is_number(const char *text, double *number)
{
    char *end;
    *number = strtod(text, &end);
    return *text && !*end;
}

static int by_value(const void *a, const void *b)
{
    double x, y;
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;
    if (is_number(left, &x) && is_number(right, &y))
        return x < y ? -1 : x > y;
    return strcmp(left, right);
}

enum status sweep_end_axis(const struct sweep_axis *axis, struct err *err)
{
    if (axis->n == 0)
        return err_set(err, STATUS_USAGE, "--vary %s: no values", axis->key);
    char **sorted = malloc(axis->n * sizeof *sorted);
    const char *twice = NULL;
    assert(sorted);
    memcpy(sorted, axis->values, axis->n * sizeof *sorted);
    qsort(sorted, axis->n, sizeof *sorted, by_value);
    for (uint32_t i = 1; i < axis->n && !twice; i++)
        if (by_value(&sorted[i - 1], &sorted[i]) == 0)
            twice = sorted[i];
    free(sorted);
    return twice ? err_set(err, STATUS_USAGE,
                           "--vary %s: the value %.200s is there twice; remove one",
                           axis->key, twice)
                 : STATUS_OK;
}

/* ---- lists and ranges ---------------------------------------------------------- */

/* The length of the first value: up to a comma outside brackets and quotes. */
static size_t value_length(const char *text)
{
    int depth = 0;
    bool quoted = false;
    size_t i = 0;
    for (; text[i] && (text[i] != ',' || depth > 0 || quoted); i++) {
        if (quoted && text[i] == '\\' && text[i + 1])
            i++;
        else if (text[i] == '"')
            quoted = !quoted;
        else if (!quoted)
            depth +=
                (text[i] == '{' || text[i] == '[') - (text[i] == '}' || text[i] == ']');
    }
    return i;
}

static enum status add_list(struct sweep_axis *axis, const char *list, struct err *err)
{
    for (;;) {
        size_t n = value_length(list);
        if (sweep_add_value(axis, list, n, err))
            return err->status;
        if (!list[n])
            return STATUS_OK;
        list += n + 1;
    }
}

enum spacing { STEPS, FACTORS, LOGARITHM };

struct range {
    double first, last, by; /* Step, factor, or number of values. */
    enum spacing spacing;
};

static enum status add_number(struct sweep_axis *axis, double value, int digits,
                              struct err *err)
{
    char text[40];
    snprintf(text, sizeof text, "%.*g", digits, value);
    return sweep_add_value(axis, text, strlen(text), err);
}

/* The ends are as they were given; between them six digits are enough. */
static enum status add_logarithmic(struct sweep_axis *axis, const struct range *r,
                                   struct err *err)
{
    if (!(r->by >= 2 && r->by <= SWEEP_VALUES && floor(r->by) == r->by))
        return err_set(err, STATUS_USAGE,
                       "--vary %s: first:last:logN needs 2 to %u values", axis->key,
                       SWEEP_VALUES);
    uint32_t n = (uint32_t)r->by;
    for (uint32_t i = 0; i < n; i++) {
        bool end = i == 0 || i == n - 1;
        double share = (double)i / (n - 1);
        double value = i == 0       ? r->first
                       : i == n - 1 ? r->last
                                    : r->first * pow(r->last / r->first, share);
        if (add_number(axis, value, end ? 15 : 6, err))
            return err->status;
    }
    return STATUS_OK;
}

/* Steps are counted, not added up: no value depends on rounding before it. */
static enum status add_range(struct sweep_axis *axis, const struct range *r,
                             struct err *err)
{
    bool positive = r->spacing == STEPS || r->first > 0;
    bool grows = r->by > (r->spacing == FACTORS ? 1 : 0);
    if (!positive || !grows || r->last < r->first)
        return err_set(
            err, STATUS_USAGE,
            "--vary %s: a range goes up: first:last:step with a step above 0, or "
            "first:last:xF with F above 1, or first:last:logN; the latter two from "
            "above 0",
            axis->key);
    if (r->spacing == LOGARITHM)
        return add_logarithmic(axis, r, err);
    for (uint32_t i = 0; i <= SWEEP_VALUES; i++) {
        double value =
            r->spacing == FACTORS ? r->first * pow(r->by, i) : r->first + r->by * i;
        if (value > r->last * (1 + 1e-12))
            return STATUS_OK;
        if (add_number(axis, value, 15, err))
            return err->status;
    }
    return STATUS_OK;
}

/* first:last:step, first:last:xF, first:last:logN. False: it is no range. */
static bool is_range(const char *text, struct range *r)
{
    double *const numbers[] = {&r->first, &r->last, &r->by};
    r->spacing = STEPS;
    for (unsigned i = 0; i < 3; i++) {
        char *end;
        if (i == 2 && *text == 'x')
            r->spacing = FACTORS;
        if (i == 2 && strncmp(text, "log", 3) == 0)
            r->spacing = LOGARITHM;
        text += r->spacing == FACTORS ? 1 : r->spacing == LOGARITHM ? 3 : 0;
        *numbers[i] = strtod(text, &end);
        if (end == text || *end != (i < 2 ? ':' : 0) || !isfinite(*numbers[i]))
            return false;
        text = end + 1;
    }
    return true;
}

/* ---- axes ---------------------------------------------------------------------- */

static void find_unit(struct sweep_axis *axis)
{
    const char *under = strrchr(axis->key, '_');
    const char *unit = under ? under + 1 : "";
    if (strcmp(unit, "ns") == 0 || strcmp(unit, "cycles") == 0 ||
        strcmp(unit, "ghz") == 0)
        snprintf(axis->unit, sizeof axis->unit, "%s", unit);
}

/* The parameters that a key stands for, without unit. Returns how many. */
static unsigned parameters_of(const char *key, char names[4][96])
{
    static const char *const distances[] = {"ipi.cluster", "ipi.die", "ipi.socket",
                                            "ipi.machine"};
    static const char *const parts[] = {"topology.sockets", "topology.dies",
                                        "topology.clusters", "topology.cores"};
    const char *const *list = strncmp(key, "ipi.delivery", 12) == 0 ? distances
                              : strcmp(key, "cores") == 0           ? parts
                                                                    : NULL;
    for (unsigned i = 0; list && i < 4; i++)
        snprintf(names[i], 96, "%s", list[i]);
    if (list)
        return 4;
    size_t n = strlen(key);
    n -= n > 3 && strcmp(key + n - 3, "_ns") == 0       ? 3
         : n > 7 && strcmp(key + n - 7, "_cycles") == 0 ? 7
                                                        : 0;
    snprintf(names[0], 96, "%.*s", (int)n, key);
    return 1;
}

static bool overlap(const char *a, const char *b)
{
    char left[4][96], right[4][96];
    unsigned n = parameters_of(a, left), m = parameters_of(b, right);
    for (unsigned i = 0; i < n; i++)
        for (unsigned k = 0; k < m; k++)
            if (strcmp(left[i], right[k]) == 0)
                return true;
    return false;
}

static void free_values(struct sweep_axis *axis)
{
    for (uint32_t k = 0; k < axis->n; k++)
        free(axis->values[k]);
    free(axis->values);
    axis->values = NULL;
    axis->n = 0;
}

enum status sweep_add_axis(struct sweep_plan *plan, const char *key, size_t n,
                           struct sweep_axis **axis, struct err *err)
{
    struct sweep_axis fresh = {.n = 0}, *at = NULL;
    if (n == 0 || n >= sizeof fresh.key)
        return err_set(err, STATUS_USAGE, "--vary %.100s: 'key=values' is expected",
                       key);
    memcpy(fresh.key, key, n);
    find_unit(&fresh);
    if (strcmp(fresh.key, "protocol") == 0)
        return err_set(err, STATUS_USAGE,
                       "--vary protocol: protocols are an axis of their own; use "
                       "--protocols");
    for (uint32_t i = 0; i < plan->n_axes; i++) {
        if (!overlap(plan->axes[i].key, fresh.key))
            continue;
        if (!plan->axes[i].may_be_replaced || at)
            return err_set(err, STATUS_USAGE,
                           "--vary %s: this parameter varies already, by %s; remove "
                           "one of the two",
                           fresh.key, plan->axes[i].key);
        at = &plan->axes[i];
    }
    if (!at && plan->n_axes == SWEEP_AXES)
        return err_set(err, STATUS_USAGE, "--vary: at most %u keys", SWEEP_AXES);
    if (at)
        free_values(at);
    else
        at = &plan->axes[plan->n_axes++];
    *at = fresh;
    *axis = at;
    return STATUS_OK;
}

enum status sweep_vary(struct sweep_plan *plan, const char *assignment, struct err *err)
{
    const char *is = strchr(assignment, '=');
    struct range range;
    struct sweep_axis *axis;
    if (!is || is == assignment)
        return err_set(err, STATUS_USAGE, "--vary %s: 'key=values' is expected",
                       assignment);
    if (sweep_add_axis(plan, assignment, (size_t)(is - assignment), &axis, err))
        return err->status;
    enum status status = is_range(is + 1, &range) ? add_range(axis, &range, err)
                                                  : add_list(axis, is + 1, err);
    return status ? status : sweep_end_axis(axis, err);
}

void sweep_plan_free(struct sweep_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_axes; i++)
        free_values(&plan->axes[i]);
}
