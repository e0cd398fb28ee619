/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.c - see plan.h.
 */
#include "sweep/plan.h"

#include "config/json_strict.h"
#include "report/stats.h"
#include "results/store.h"
#include "trace/trace.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LOOK 100u

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

static enum status check_twice(const struct sweep_plan *plan, struct err *err)
{
    for (uint32_t i = 1; i < plan->n_protocols; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(plan->protocols[i], plan->protocols[k]) == 0)
                return err_set(err, STATUS_USAGE,
                               "--protocols: %.200s is there twice; remove one",
                               plan->protocols[i]);
    for (uint32_t i = 1; plan->traces && i < plan->n_traces; i++)
        for (uint32_t k = 0; k < i; k++)
            if (strcmp(trace_hash(plan->traces[i]), trace_hash(plan->traces[k])) == 0)
                return err_set(err, STATUS_USAGE,
                               "the guests %s and %s are the same; remove one",
                               plan->trace_names[k], plan->trace_names[i]);
    return STATUS_OK;
}

enum status sweep_count(const struct sweep_plan *plan, uint64_t *n, struct err *err)
{
    if (check_twice(plan, err))
        return err->status;
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

/* ---- configurations ------------------------------------------------------------- */

/* The assignments of one point, in the order in which they win. */
struct assignments {
    const char *set[RUN_SETS_MAX + 1];
    char *own[SWEEP_AXES * 4 + 8];
    uint32_t n, n_own;
};

static void __attribute__((format(printf, 2, 3)))
assign(struct assignments *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    assert(a->n < RUN_SETS_MAX && a->n_own < sizeof a->own / sizeof *a->own);
    int n = vasprintf(&a->own[a->n_own], format, args);
    assert(n >= 0);
    va_end(args);
    a->set[a->n++] = a->own[a->n_own++];
}

static void free_assignments(struct assignments *a)
{
    for (uint32_t i = 0; i < a->n_own; i++)
        free(a->own[i]);
}

/* A sweep keeps the rows of all violations that their ids have room for, and witnesses
 * of no more than it stores; what the user sets comes later and wins. */
static enum status assign_common(const struct sweep_plan *plan, struct assignments *a,
                                 struct err *err)
{
    assign(a, "check.max_violations=%u", RESULTS_VIOLATIONS_MAX);
    assign(a, "check.max_witnesses=%u", plan->witnesses);
    for (uint32_t i = 0; plan->sets && plan->sets[i]; i++) {
        if (a->n + sizeof a->own / sizeof *a->own > RUN_SETS_MAX)
            return err_set(err, STATUS_USAGE, "too many settings");
        a->set[a->n++] = plan->sets[i];
    }
    return STATUS_OK;
}

static bool is_cores(const struct sweep_axis *axis)
{
    return strcmp(axis->key, "cores") == 0;
}

static void assign_axis(const struct sweep_axis *axis, const char *value,
                        struct assignments *a)
{
    static const char *const distances[] = {"cluster", "die", "socket", "machine"};
    if (is_cores(axis))
        return;
    if (strncmp(axis->key, "ipi.delivery", 12) != 0)
        assign(a, "%s=%s", axis->key, value);
    else
        for (unsigned d = 0; d < 4; d++)
            assign(a, "ipi.%s%s=%s", distances[d], axis->key + 12, value);
}

bool sweep_topology(struct topology_config *t, uint64_t n_cpus)
{
    uint64_t cores = n_cpus / t->smt;
    if (cores == 0 || n_cpus % t->smt || n_cpus > UINT32_MAX)
        return false;
    struct topology_config fit = {1, 1, 1, (uint32_t)cores, t->smt};
    if (cores > t->cores) {
        const uint64_t clusters = cores / t->cores;
        const uint64_t in_die = clusters < t->clusters ? clusters : t->clusters;
        const uint64_t dies = clusters / in_die;
        const uint64_t in_socket = dies < t->dies ? dies : t->dies;
        fit =
            (struct topology_config){(uint32_t)(dies / in_socket), (uint32_t)in_socket,
                                     (uint32_t)in_die, t->cores, t->smt};
    }
    if (topology_n_cpus(&fit) != n_cpus)
        return false;
    *t = fit;
    return true;
}

/* The axis 'cores' starts from the topology that everything else gives. */
static enum status assign_cores(const struct machine_config_sources *sources,
                                const char *value, struct assignments *a,
                                struct err *err)
{
    struct machine_config config;
    char *end;
    if (machine_config_load(sources, &config, NULL, err))
        return err->status;
    struct topology_config *t = &config.topology;
    unsigned long n = strtoul(value, &end, 10);
    if (*value < '0' || *value > '9' || *end)
        return err_set(err, STATUS_CONFIG,
                       "cores=%.100s: a whole number of hardware threads is expected",
                       value);
    if (!sweep_topology(t, n))
        return err_set(err, STATUS_CONFIG,
                       "cores=%lu: cannot be built of whole parts; a core has %u "
                       "hardware threads, a cluster %u cores, a die %u clusters, a "
                       "socket %u dies (fewer cores than a cluster has are possible)",
                       n, t->smt, t->cores, t->clusters, t->dies);
    assign(a, "topology.sockets=%u", t->sockets);
    assign(a, "topology.dies=%u", t->dies);
    assign(a, "topology.clusters=%u", t->clusters);
    assign(a, "topology.cores=%u", t->cores);
    return STATUS_OK;
}

void sweep_protocol_label(const char *protocol, char *label, size_t n)
{
    struct json *json = NULL;
    const struct json *name = NULL;
    if (!protocol)
        protocol = "of the configuration";
    else if (*protocol == '{' &&
             json_parse("", protocol, strlen(protocol), 0, &json, NULL) == STATUS_OK)
        name = json_find(json, "name");
    snprintf(label, n, "%s", name && name->text ? name->text : protocol);
    json_destroy(json);
}

/* "point 17 (ipi.delivery_ns=50, protocol two_stage): " before the message. */
enum status sweep_name_point(const struct sweep_plan *plan, uint64_t id,
                             struct err *err)
{
    char text[400], label[80];
    const struct sweep_place place = sweep_place_of(plan, id);
    size_t n =
        (size_t)snprintf(text, sizeof text, "point %llu (", (unsigned long long)id);
    for (uint32_t i = 0; i < plan->n_axes && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s=%s, ", plan->axes[i].key,
                              place.values[i]);
    sweep_protocol_label(place.protocol, label, sizeof label);
    if (n < sizeof text)
        snprintf(text + n, sizeof text - n, "protocol %s)", label);
    return err_prefix(err, "%s", text);
}

/* All assignments; '*sources' refers to them and to the plan. */
static enum status assign_point(const struct sweep_plan *plan, uint64_t id,
                                struct machine_config_sources *sources,
                                struct assignments *a, struct err *err)
{
    const struct sweep_place place = sweep_place_of(plan, id);
    if (assign_common(plan, a, err))
        return err->status;
    for (uint32_t i = 0; i < plan->n_axes; i++)
        assign_axis(&plan->axes[i], place.values[i], a);
    assign(a, "run.seed=%llu", (unsigned long long)plan->seed);
    assign(a, "run.trials=%u", plan->trials);
    if (place.protocol && *place.protocol == '{')
        assign(a, "protocol=%s", place.protocol);
    else
        sources->protocol = place.protocol;
    for (uint32_t i = 0; i < plan->n_axes; i++)
        if (is_cores(&plan->axes[i]) && assign_cores(sources, place.values[i], a, err))
            return err->status;
    return STATUS_OK;
}

enum status sweep_config(const struct sweep_plan *plan, uint64_t id,
                         struct machine_config *config, struct config **effective,
                         struct err *err)
{
    struct assignments a = {.n = 0};
    struct machine_config_sources sources = {
        .files = plan->files, .sets = a.set, .config_dir = plan->config_dir};
    enum status status = assign_point(plan, id, &sources, &a, err);
    if (!status)
        status = machine_config_load(&sources, config, effective, err);
    free_assignments(&a);
    return status ? sweep_name_point(plan, id, err) : STATUS_OK;
}

/* ---- statistics
 * ------------------------------------------------------------------------
 */

bool sweep_is_precise(double precision, uint64_t n, uint64_t violated)
{
    double low, high;
    uint64_t look = FIRST_LOOK;
    while (look < n)
        look = (look * 11 + 9) / 10; /* Times 1.1, rounded up. */
    if (precision <= 0 || look != n)
        return false;
    stats_wilson(violated, n, 0.95, &low, &high);
    return (high - low) / 2 <= precision;
}
