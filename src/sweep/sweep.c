/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep.c - see sweep.h.
 */
#include "sweep/sweep.h"

#include "config/text.h"
#include "run/pool.h"
#include "run/run.h"
#include "sweep/plan_json.h"
#include "sweep/trial.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

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

enum status sweep_check(const struct sweep_plan *plan, struct err *err)
{
    uint64_t n;
    struct machine_config config;
    if (sweep_count(plan, &n, err))
        return err->status;
    for (uint64_t id = 0; id < n; id++)
        if (sweep_config(plan, id, &config, NULL, err))
            return err->status;
    return STATUS_OK;
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

/* ---- running
 * ----------------------------------------------------------------------------
 */

/* What the parent knows of a point. */
struct point_state {
    uint64_t n, failed, violated;
    uint32_t witnesses;
    bool done;
};

struct work {
    const struct sweep_plan *plan;
    const struct sweep_options *options;
    struct results *results;
    struct sweep_summary *summary;
    struct point_state *points;
    uint64_t *tasks; /* point << 32 | trial, in the order of the plan. */
    uint64_t n_tasks;
    volatile uint8_t *skip; /* Shared with the workers: points that are done. */
    uint64_t open_point;    /* A worker's: whose machine 'run' is; plus 1. */
    struct run *run;
    struct err *err;
};

static bool stopped(void *context)
{
    const struct work *w = context;
    return w->options->stopped && w->options->stopped(w->options->context);
}

/* The machine of a point, kept for its next trial. */
static enum status open_run(struct work *w, uint64_t point, struct err *err)
{
    struct machine_config config;
    if (w->open_point == point + 1)
        return STATUS_OK;
    run_destroy(w->run);
    w->run = NULL;
    w->open_point = 0;
    if (sweep_config(w->plan, point, &config, NULL, err))
        return err->status;
    struct trace *trace = w->plan->traces[sweep_place_of(w->plan, point).trace];
    w->run = run_create(&config, trace, w->options->engine, err);
    if (!w->run)
        return err_prefix(err, "point %llu", (unsigned long long)point);
    w->open_point = point + 1;
    return STATUS_OK;
}

static enum status perform(void *context, uint64_t task, struct pool_answer *answer,
                           struct err *err)
{
    struct work *w = context;
    uint64_t point = w->tasks[task] >> 32, trial = w->tasks[task] & 0xffffffffu;
    if (w->skip[point]) {
        *answer = (struct pool_answer){calloc(1, 1), 0};
        return STATUS_OK;
    }
    if (open_run(w, point, err))
        return err->status;
    struct trace *trace = w->plan->traces[sweep_place_of(w->plan, point).trace];
    return trial_perform(w->run, trace, trial, w->plan->witnesses, answer, err);
}

static enum status end_point(struct work *w, uint64_t point, const char *why)
{
    w->points[point].done = true;
    w->skip[point] = 1;
    w->summary->points_done++;
    return results_end_point(w->results, point, why, w->err);
}

/* In the order of the plan. */
static enum status store(struct work *w, uint64_t task, const void *bytes, size_t n)
{
    uint64_t point = w->tasks[task] >> 32, trial = w->tasks[task] & 0xffffffffu;
    struct point_state *p = &w->points[point];
    if (p->done || n == 0)
        return STATUS_OK;
    bool failed, violated;
    uint64_t seed = w->plan->seed + trial;
    if (trial_store(w->results, point, trial, seed, bytes, n, w->plan->witnesses,
                    &p->witnesses, &failed, &violated, w->err))
        return w->err->status;
    p->n++;
    p->failed += failed;
    p->violated += violated;
    w->summary->trials++;
    w->summary->failed += failed;
    w->summary->violated += violated;
    if (sweep_is_precise(w->plan->precision, p->n - p->failed, p->violated))
        return end_point(w, point, "precision");
    return p->n == w->plan->trials ? end_point(w, point, "trials") : STATUS_OK;
}

static bool deliver(void *context, uint64_t task, const void *bytes, size_t n)
{
    struct work *w = context;
    const struct sweep_options *o = w->options;
    if (stopped(w) || store(w, task, bytes, n) != STATUS_OK)
        return false;
    if (o->progress)
        o->progress(o->context, task + 1, w->n_tasks, w->summary->violated,
                    w->summary->failed);
    return true;
}

/* What the file holds of a point, and the trials that are missing. */
static enum status look_at_point(struct work *w, uint64_t point)
{
    struct point_state *p = &w->points[point];
    if (point % w->options->n_shards != w->options->shard)
        return STATUS_OK;
    struct results_progress there;
    if (results_look(w->results, point, &there, w->err))
        return w->err->status;
    *p = (struct point_state){.n = there.n,
                              .failed = there.failed,
                              .violated = there.violated,
                              .witnesses = (uint32_t)there.witnesses};
    w->summary->points++;
    w->summary->trials_before += p->n;
    w->summary->violated += p->violated;
    w->summary->failed += p->failed;
    if (p->n && sweep_is_precise(w->plan->precision, p->n - p->failed, p->violated))
        return end_point(w, point, "precision");
    if (p->n == w->plan->trials)
        return end_point(w, point, "trials");
    for (uint64_t t = p->n; t < w->plan->trials; t++)
        w->tasks[w->n_tasks++] = point << 32 | t;
    return STATUS_OK;
}

static enum status prepare(struct work *w, uint64_t n_points)
{
    uint64_t all = n_points * w->plan->trials;
    if (all > UINT64_C(1) << 30)
        return err_set(w->err, STATUS_USAGE, "%llu trials are too many for one sweep",
                       (unsigned long long)all);
    w->points = calloc(n_points, sizeof *w->points);
    w->tasks = malloc((all + 1) * sizeof *w->tasks);
    void *shared = mmap(NULL, n_points + 1, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!w->points || !w->tasks || shared == MAP_FAILED)
        return err_set(w->err, STATUS_LIMIT, "out of memory");
    w->skip = shared;
    for (uint64_t p = 0; p < n_points; p++)
        if (look_at_point(w, p))
            return w->err->status;
    return STATUS_OK;
}

enum status sweep_run(const struct sweep_plan *plan,
                      const struct sweep_options *options, struct results *results,
                      struct sweep_summary *summary, struct err *err)
{
    struct work w = {.plan = plan,
                     .options = options,
                     .results = results,
                     .summary = summary,
                     .err = err};
    uint64_t n, n_delivered;
    *summary = (struct sweep_summary){0};
    err->status = STATUS_OK;
    if (sweep_count(plan, &n, err))
        return err->status;
    enum status status = prepare(&w, n);
    const struct pool_work work = {&w, perform, deliver, stopped};
    struct err pool_err = {.status = STATUS_OK};
    if (!status && w.n_tasks)
        status = pool_run(&work, w.n_tasks, options->jobs, &n_delivered, &pool_err);
    if (status && !err->status)
        *err = pool_err;
    run_destroy(w.run);
    if (w.skip)
        munmap((void *)(uintptr_t)w.skip, n + 1);
    free(w.points);
    free(w.tasks);
    return err->status;
}
