/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.c - a plan in its results file; see sweep.h. running.c runs it.
 */
#include "sweep/sweep.h"

#include "config/text.h"
#include "run/preflight.h"
#include "run/run.h"
#include "sweep/plan_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* ---- the plan in the file
 * ------------------------------------------------------------ */

static void hash_text(const char *bytes, size_t n, char hex[33])
{
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes, n));
    for (size_t i = 0; i < sizeof canonical.digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", canonical.digest[i]);
}

/* Does the guest of a point fit its machine?  One that fits a machine fits all larger
 * ones: '*fits' is the least number of CPUs that is known to do, 0: none yet. */
static enum status check_guest(struct trace *trace, uint32_t n_cpus, uint32_t *fits,
                               struct err *err)
{
    if (*fits && n_cpus >= *fits)
        return STATUS_OK;
    if (preflight(trace, n_cpus, err))
        return err->status;
    *fits = n_cpus;
    return STATUS_OK;
}

static enum status check_points(const struct sweep_plan *plan, uint64_t n,
                                uint32_t *fits, struct err *err)
{
    struct machine_config config;
    for (uint64_t id = 0; id < n; id++) {
        uint32_t trace = sweep_place_of(plan, id).trace;
        if (sweep_config(plan, id, &config, NULL, err))
            return err->status;
        if (check_guest(plan->traces[trace], topology_n_cpus(&config.topology),
                        &fits[trace], err))
            return sweep_name_point(plan, id, err);
    }
    return STATUS_OK;
}

enum status sweep_check(const struct sweep_plan *plan, struct err *err)
{
    uint64_t n;
    if (sweep_count(plan, &n, err))
        return err->status;
    uint32_t *fits = calloc(plan->n_traces + 1, sizeof *fits);
    if (!fits)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = check_points(plan, n, fits, err);
    free(fits);
    return status;
}

static enum status put_traces(const struct sweep_plan *plan, struct results *results,
                              struct err *err)
{
    for (uint32_t i = 0; i < plan->n_traces; i++) {
        const struct results_trace t = {
            i, trace_n_streams(plan->traces[i]), trace_n_ops(plan->traces[i]),
            plan->trace_names[i], trace_hash(plan->traces[i])};
        if (results_put_trace(results, &t, err))
            return err->status;
    }
    return STATUS_OK;
}

static void add_param(struct results_param *params, uint32_t *n, const char *key,
                      const char *value, const char *unit)
{
    char *end;
    double number = strtod(value, &end);
    bool is_number = (*value == '-' || (*value >= '0' && *value <= '9')) && !*end;
    params[(*n)++] = (struct results_param){key, value, unit, is_number, number};
}

/* {"ipi.delivery_ns": 50, ...}: as they were written. */
static void write_params(const struct results_param *params, uint32_t n,
                         struct text *out)
{
    text_add(out, "{");
    for (uint32_t i = 0; i < n; i++) {
        text_add(out, "%s\"%s\": ", i ? ", " : "", params[i].key);
        if (params[i].is_number || strchr("{[", *params[i].value))
            text_add(out, "%s", params[i].value);
        else
            json_write_string(params[i].value, out);
    }
    text_add(out, "}");
}

/* What a point varies in comes first, '*n_varied' of them; guest and cores have their
 * rows in any case. Returns how many there are. */
static uint32_t list_params(const struct sweep_plan *plan,
                            const struct sweep_place *place,
                            const struct machine_config *c, char cores[16],
                            struct results_param *params, uint32_t *n_varied)
{
    uint32_t n = 0;
    bool has_cores = false;
    const char *guest = plan->trace_names[place->trace];
    for (uint32_t i = 0; i < plan->n_axes; i++) {
        has_cores |= strcmp(plan->axes[i].key, "cores") == 0;
        add_param(params, &n, plan->axes[i].key, place->values[i], plan->axes[i].unit);
    }
    add_param(params, &n, "protocol", c->protocol.name, "");
    if (plan->n_traces > 1)
        add_param(params, &n, "trace", guest, "");
    *n_varied = n;
    if (plan->n_traces == 1)
        add_param(params, &n, "trace", guest, "");
    snprintf(cores, 16, "%" PRIu32, topology_n_cpus(&c->topology));
    if (!has_cores)
        add_param(params, &n, "cores", cores, "");
    return n;
}

/* The configuration of a point and its hash. */
static enum status load_point(const struct sweep_plan *plan, uint64_t id,
                              struct machine_config *c, char config_hash[33],
                              struct err *err)
{
    struct config *effective;
    struct text text = {0};
    if (sweep_config(plan, id, c, &effective, err))
        return err->status;
    config_json(effective, &text);
    hash_text(text_get(&text), text.n, config_hash);
    text_free(&text);
    config_destroy(effective);
    return STATUS_OK;
}

/* One row; its hash goes into that of the plan. */
static enum status put_point(const struct sweep_plan *plan,
                             const struct sweep_options *o, struct results *results,
                             uint64_t id, struct text *all, struct err *err)
{
    struct machine_config c;
    const struct sweep_place place = sweep_place_of(plan, id);
    struct results_param params[SWEEP_AXES + 3];
    char config_hash[33], hash[33], key[200], cores[16];
    uint32_t n, n_varied;
    if (load_point(plan, id, &c, config_hash, err))
        return err->status;
    snprintf(key, sizeof key, "%s %s %s %g %u", config_hash,
             trace_hash(plan->traces[place.trace]), o->engine_name, plan->precision,
             place.trace);
    hash_text(key, strlen(key), hash);
    text_add(all, "%s\n", hash);
    if (!results)
        return STATUS_OK;
    struct text json = {0};
    n = list_params(plan, &place, &c, cores, params, &n_varied);
    write_params(params, n_varied, &json);
    const struct results_point row = {.id = id,
                                      .trace_id = place.trace,
                                      .cores = topology_n_cpus(&c.topology),
                                      .first_seed = plan->seed,
                                      .trials_planned = plan->trials,
                                      .core_mhz = c.machine.clock_ghz * 1000,
                                      .xxh3 = hash,
                                      .machine = c.machine.name,
                                      .protocol = c.protocol.name,
                                      .shootdown = run_shootdown_name(&c),
                                      .engine = o->engine_name,
                                      .params_json = text_get(&json),
                                      .config_xxh3 = config_hash,
                                      .params = params,
                                      .n_params = n};
    enum status status = results_put_point(results, &row, err);
    text_free(&json);
    return status;
}

/* All points, into the file if there is one; '*hash' is that of the plan. */
static enum status put_points(const struct sweep_plan *plan,
                              const struct sweep_options *o, struct results *results,
                              char hash[33], struct err *err)
{
    uint64_t n;
    struct text all = {0};
    if (sweep_count(plan, &n, err))
        return err->status;
    enum status status = STATUS_OK;
    for (uint64_t id = 0; id < n && !status; id++)
        status = put_point(plan, o, results, id, &all, err);
    hash_text(text_get(&all), all.n, hash);
    text_free(&all);
    return status;
}

/* What makes the same sweep again: the plan itself, the command, the program. */
static enum status put_origin(const struct sweep_plan *plan,
                              const struct sweep_options *o, struct results *results,
                              struct err *err)
{
    struct text json = {0};
    enum status status = sweep_plan_json(plan, o->engine_name, &json, err);
    if (!status)
        status = results_put_manifest(results, "plan_json", text_get(&json), err);
    text_free(&json);
    if (!status)
        status = results_put_manifest(results, "command", o->command, err);
    return status ? status : results_put_manifest(results, "program", o->program, err);
}

static enum status write_plan(const struct sweep_plan *plan,
                              const struct sweep_options *o, struct results *results,
                              struct err *err)
{
    char hash[33];
    if (results_begin(results, err) || put_traces(plan, results, err) ||
        put_points(plan, o, results, hash, err) ||
        results_put_manifest(results, "plan_xxh3", hash, err) ||
        put_origin(plan, o, results, err))
        return err->status;
    return results_commit(results, err);
}

static enum status compare_plan(const struct sweep_plan *plan,
                                const struct sweep_options *o, struct results *results,
                                struct err *err)
{
    char hash[33];
    if (put_points(plan, o, NULL, hash, err))
        return err->status;
    const char *theirs = results_manifest(results, "plan_xxh3");
    if (!theirs || strcmp(theirs, hash) != 0)
        return err_set(
            err, STATUS_STORE,
            "the results file holds another sweep (another guest, configuration, "
            "seed, number of trials or axis); name another file with --out");
    const char *program = results_manifest(results, "program");
    if (program && strcmp(program, o->program) == 0)
        return STATUS_OK;
    if (!o->accept_changed)
        return err_set(
            err, STATUS_STORE,
            "the results file was made by another version of this program (%s, "
            "now %s); --accept-changed goes on all the same, and says so in the "
            "manifest",
            program ? program : "?", o->program);
    return results_put_manifest(results, "program_changed", o->program, err);
}

enum status sweep_begin(const struct sweep_plan *plan,
                        const struct sweep_options *options, struct results *results,
                        bool is_new, struct err *err)
{
    /* A file that was killed while the plan was written holds nothing. */
    if (is_new || !results_manifest(results, "plan_xxh3"))
        return write_plan(plan, options, results, err);
    return compare_plan(plan, options, results, err);
}
