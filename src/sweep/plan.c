/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c - see plan.h.
 */
#include "sweep/plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define Z95        1.959963984540054
#define FIRST_LOOK 20u

/* ---- axes -------------------------------------------------------------------------
 */

static enum status add_value(struct sweep_axis *axis, const char *text, size_t n,
                             struct err *err)
{
    if (n == 0)
        return err_set(err, STATUS_USAGE, "--vary %s: a value is empty", axis->key);
    if (axis->n == SWEEP_VALUES)
        return err_set(err, STATUS_USAGE, "--vary %s: more than %u values", axis->key,
                       SWEEP_VALUES);
    char **values = realloc(axis->values, (axis->n + 1) * sizeof *values);
    char *copy = strndup(text, n);
    if (!values || !copy)
        return err_set(err, STATUS_LIMIT, "out of memory");
    axis->values = values;
    axis->values[axis->n++] = copy;
    return STATUS_OK;
}

static enum status add_number(struct sweep_axis *axis, double value, struct err *err)
{
    char text[40];
    snprintf(text, sizeof text, "%.15g", value);
    return add_value(axis, text, strlen(text), err);
}

static enum status add_list(struct sweep_axis *axis, const char *list, struct err *err)
{
    for (;;) {
        size_t n = strcspn(list, ",");
        if (add_value(axis, list, n, err))
            return err->status;
        if (!list[n])
            return STATUS_OK;
        list += n + 1;
    }
}

/* Steps are counted, not added up: no value depends on rounding before it. */
static enum status add_range(struct sweep_axis *axis, double first, double last,
                             double by, bool factor, struct err *err)
{
    bool grows = factor ? by > 1 && first > 0 : by > 0;
    if (!grows || last < first)
        return err_set(
            err, STATUS_USAGE,
            "--vary %s: a range goes up: first:last:step with a step above 0, or "
            "first:last:xF with F above 1",
            axis->key);
    for (uint32_t i = 0; i <= SWEEP_VALUES; i++) {
        double value = factor ? first * pow(by, i) : first + by * i;
        if (value > last * (1 + 1e-12))
            return STATUS_OK;
        if (add_number(axis, value, err))
            return err->status;
    }
    return STATUS_OK;
}

/* first:last:step, first:last:xF. False: it is no range. */
static bool is_range(const char *text, double v[3], bool *factor)
{
    char *end;
    for (unsigned i = 0; i < 3; i++) {
        *factor = i == 2 && *text == 'x';
        text += *factor;
        v[i] = strtod(text, &end);
        if (end == text || *end != (i < 2 ? ':' : 0))
            return false;
        text = end + 1;
    }
    return true;
}

static void find_unit(struct sweep_axis *axis)
{
    const char *under = strrchr(axis->key, '_');
    const char *unit = under ? under + 1 : "";
    if (strcmp(unit, "ns") == 0 || strcmp(unit, "cycles") == 0 ||
        strcmp(unit, "ghz") == 0)
        snprintf(axis->unit, sizeof axis->unit, "%s", unit);
}

enum status sweep_vary(struct sweep_plan *plan, const char *assignment, struct err *err)
{
    const char *is = strchr(assignment, '=');
    double v[3];
    bool factor;
    if (plan->n_axes == SWEEP_AXES)
        return err_set(err, STATUS_USAGE, "--vary: at most %u keys", SWEEP_AXES);
    struct sweep_axis *axis = &plan->axes[plan->n_axes];
    if (!is || is == assignment || (size_t)(is - assignment) >= sizeof axis->key)
        return err_set(err, STATUS_USAGE, "--vary %s: 'key=values' is expected",
                       assignment);
    *axis = (struct sweep_axis){.n = 0};
    memcpy(axis->key, assignment, (size_t)(is - assignment));
    find_unit(axis);
    plan->n_axes++;
    return is_range(is + 1, v, &factor) ? add_range(axis, v[0], v[1], v[2], factor, err)
                                        : add_list(axis, is + 1, err);
}

void sweep_plan_free(struct sweep_plan *plan)
{
    for (uint32_t i = 0; i < plan->n_axes; i++) {
        for (uint32_t k = 0; k < plan->axes[i].n; k++)
            free(plan->axes[i].values[k]);
        free(plan->axes[i].values);
    }
}

/* ---- points
 * -------------------------------------------------------------------------- */

static uint64_t n_protocols(const struct sweep_plan *plan)
{
    return plan->n_protocols ? plan->n_protocols : 1;
}

/* Points that differ in the axes only. */
static uint64_t n_settings(const struct sweep_plan *plan)
{
    uint64_t n = 1;
    for (uint32_t i = 0; i < plan->n_axes; i++)
        n = plan->zip ? plan->axes[i].n : n * plan->axes[i].n;
    return n;
}

enum status sweep_count(const struct sweep_plan *plan, uint64_t *n, struct err *err)
{
    double product = (double)plan->n_traces * (double)n_protocols(plan);
    for (uint32_t i = 0; i < plan->n_axes; i++) {
        if (plan->zip && plan->axes[i].n != plan->axes[0].n)
            return err_set(
                err, STATUS_USAGE,
                "--zip: %s has %u values and %s has %u; they must be as many",
                plan->axes[0].key, plan->axes[0].n, plan->axes[i].key, plan->axes[i].n);
        product *= plan->zip && i > 0 ? 1 : plan->axes[i].n;
    }
    if (product > SWEEP_POINTS)
        return err_set(err, STATUS_USAGE, "%.0f points; at most %u", product,
                       SWEEP_POINTS);
    *n = (uint64_t)product;
    return STATUS_OK;
}

struct sweep_place sweep_place_of(const struct sweep_plan *plan, uint64_t id)
{
    struct sweep_place place = {.protocol = NULL};
    uint64_t setting = id % n_settings(plan), rest = id / n_settings(plan);
    if (plan->n_protocols)
        place.protocol = plan->protocols[rest % n_protocols(plan)];
    place.trace = (uint32_t)(rest / n_protocols(plan));
    for (uint32_t i = plan->n_axes; i-- > 0;) {
        const struct sweep_axis *axis = &plan->axes[i];
        place.values[i] = axis->values[setting % axis->n];
        if (!plan->zip)
            setting /= axis->n;
    }
    return place;
}

/* One axis as assignments, behind 'n' others. Returns how many there are then. */
static uint32_t add_sets(const struct sweep_axis *axis, const char *value,
                         char texts[][160], const char **sets, uint32_t n)
{
    static const char *const distances[] = {"cluster", "die", "socket", "machine"};
    if (strncmp(axis->key, "ipi.delivery", 12) != 0) {
        snprintf(texts[n], 160, "%s=%s", axis->key, value);
        sets[n] = texts[n];
        return n + 1;
    }
    for (unsigned d = 0; d < 4; d++, n++) {
        snprintf(texts[n], 160, "ipi.%s%s=%s", distances[d], axis->key + 12, value);
        sets[n] = texts[n];
    }
    return n;
}

/* "point 17 (ipi.delivery_ns=50, protocol two_stage): " before the message. */
static enum status name_point(const struct sweep_plan *plan, uint64_t id,
                              struct err *err)
{
    char text[400];
    const struct sweep_place place = sweep_place_of(plan, id);
    size_t n =
        (size_t)snprintf(text, sizeof text, "point %llu (", (unsigned long long)id);
    for (uint32_t i = 0; i < plan->n_axes && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s=%s, ", plan->axes[i].key,
                              place.values[i]);
    if (n < sizeof text)
        snprintf(text + n, sizeof text - n, "protocol %s)",
                 place.protocol ? place.protocol : "of the configuration");
    return err_prefix(err, "%s", text);
}

enum status sweep_config(const struct sweep_plan *plan, uint64_t id,
                         struct machine_config *config, struct config **effective,
                         struct err *err)
{
    const struct sweep_place place = sweep_place_of(plan, id);
    char texts[SWEEP_AXES * 4 + 2][160];
    const char *sets[RUN_SETS_MAX] = {0};
    uint32_t n = 0, n_common = 0;
    while (plan->sets && plan->sets[n_common])
        n_common++;
    if (n_common + SWEEP_AXES * 4 + 3 > RUN_SETS_MAX)
        return err_set(err, STATUS_USAGE, "more than %u settings",
                       RUN_SETS_MAX - SWEEP_AXES * 4 - 3);
    memcpy(sets, plan->sets, n_common * sizeof *sets);
    const char **own = sets + n_common;
    for (uint32_t i = 0; i < plan->n_axes; i++)
        n = add_sets(&plan->axes[i], place.values[i], texts, own, n);
    snprintf(texts[n], 160, "run.seed=%llu", (unsigned long long)plan->seed);
    own[n] = texts[n];
    n++;
    snprintf(texts[n], 160, "run.trials=%u", plan->trials);
    own[n] = texts[n];
    const struct machine_config_sources sources = {.files = plan->files,
                                                   .sets = sets,
                                                   .protocol = place.protocol,
                                                   .config_dir = plan->config_dir};
    return machine_config_load(&sources, config, effective, err)
               ? name_point(plan, id, err)
               : STATUS_OK;
}

/* ---- statistics
 * ------------------------------------------------------------------------
 */

void sweep_wilson(uint64_t n, uint64_t k, double *low, double *high)
{
    if (n == 0) {
        *low = 0;
        *high = 1;
        return;
    }
    double p = (double)k / (double)n, z2 = Z95 * Z95, m = (double)n;
    double centre = (p + z2 / (2 * m)) / (1 + z2 / m);
    double half = Z95 * sqrt(p * (1 - p) / m + z2 / (4 * m * m)) / (1 + z2 / m);
    *low = k == 0 ? 0 : centre - half;
    *high = k == n ? 1 : centre + half;
}

bool sweep_is_precise(double precision, uint64_t n, uint64_t violated)
{
    double low, high;
    uint64_t look = FIRST_LOOK;
    while (look < n)
        look *= 2;
    if (precision <= 0 || look != n)
        return false;
    sweep_wilson(n, violated, &low, &high);
    return (high - low) / 2 <= precision;
}
