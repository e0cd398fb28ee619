/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * guest_world.h - a whole machine for a test, in a few lines.
 *
 *   struct world w;
 *   world_open(&w, "tiny/three_cores", "two_stage", TEXT, SETS("kernel.spaces=2"));
 *   world_run(&w, 1);
 *   CU_ASSERT_EQUAL(world_count(&w, OBS_FORK), 1);
 *   world_close(&w);
 *
 * The guest is the text form of a trace (trace/text.h).  All records of a run
 * are kept in time order; the checker listens too.  Nothing here has an opinion:
 * what must hold is said by the tests.
 */
#ifndef SUPPORT_GUEST_WORLD_H
#define SUPPORT_GUEST_WORLD_H

#include "base/pte.h"
#include "check/check.h"
#include "machine/machine.h"
#include "trace_files.h"

#include <stdarg.h>

#define WORLD_CONFIGS SD_SOURCE_DIR "/configs"

/* "key=value" settings for world_open(); NO_SETS for none. */
#define SETS(...) ((const char *const[]){__VA_ARGS__, NULL})
#define NO_SETS   NULL

struct world {
    struct trace *trace;
    struct machine *machine;
    struct check *check;
    struct obs *records; /* Of the last run. */
    size_t n, capacity;
    bool keep; /* Records of loads and stores and all are kept. */
    struct machine_outcome out;
    struct err err;
};

static inline void world_record(void *context, const struct obs *record)
{
    struct world *w = context;
    if (!w->keep)
        return;
    if (w->n == w->capacity) {
        w->capacity = w->capacity ? 2 * w->capacity : 4096;
        w->records = realloc(w->records, w->capacity * sizeof *w->records);
        assert(w->records);
    }
    w->records[w->n++] = *record;
}

static inline struct machine_config
world_config(const char *machine, const char *protocol, const char *const *sets)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s.json", WORLD_CONFIGS, machine);
    const char *files[] = {path, NULL};
    struct machine_config_sources sources = {.files = files,
                                             .sets = sets,
                                             .protocol = protocol,
                                             .config_dir = WORLD_CONFIGS};
    struct machine_config config;
    struct err err;
    if (machine_config_load(&sources, &config, NULL, &err) != STATUS_OK) {
        fprintf(stderr, "configuration of the test: %s\n", err.message);
        abort();
    }
    return config;
}

/* Takes the trace over. */
static inline void world_open_trace(struct world *w,
                                    const struct machine_config *config,
                                    struct trace *trace,
                                    const struct engine_kind *engine)
{
    *w = (struct world){.trace = trace, .keep = true};
    w->machine = machine_create(config, trace, engine, &w->err);
    if (!w->machine) {
        fprintf(stderr, "machine of the test: %s\n", w->err.message);
        abort();
    }
    struct obs_listener listener = {.context = w, .on_record = world_record};
    obs_listen(machine_obs(w->machine), listener, ~UINT64_C(0));
    w->check = check_create(&config->check, machine_obs(w->machine),
                            trace_n_streams(trace), &w->err);
    assert(w->check);
    check_listen(w->check);
}

static inline struct trace *world_trace(const char *text)
{
    struct err err;
    struct trace *trace = open_bytes(text, strlen(text), false, &err);
    if (!trace) {
        fprintf(stderr, "guest of the test: %s\n", err.message);
        abort();
    }
    return trace;
}

static inline void world_open(struct world *w, const char *machine,
                              const char *protocol, const char *text,
                              const char *const *sets)
{
    struct machine_config config = world_config(machine, protocol, sets);
    world_open_trace(w, &config, world_trace(text), &engine_native);
}

/* Runs the guest, and checks the machine's invariants at the end. */
static inline void world_run(struct world *w, uint64_t seed)
{
    struct machine_run_options options = {.seed = seed};
    w->n = 0;
    check_reset(w->check);
    enum status status = machine_run(w->machine, &options, &w->out, &w->err);
    assert(status == STATUS_OK);
    (void)status;
    check_finish(w->check, w->out.stats.cycles);
    machine_assert(w->machine);
}

static inline void world_close(struct world *w)
{
    check_destroy(w->check);
    machine_destroy(w->machine);
    trace_close(w->trace);
    free(w->records);
    *w = (struct world){0};
}

/* Opens and runs with seed 1. */
static inline void world_go(struct world *w, const char *machine, const char *protocol,
                            const char *text, const char *const *sets)
{
    world_open(w, machine, protocol, text, sets);
    world_run(w, 1);
}

/* ---- questions about the records ------------------------------------------------- */

/* The first record of 'kind' at or after '*at', or null; '*at' moves behind it. */
static inline const struct obs *world_next(const struct world *w, size_t *at,
                                           enum obs_kind kind)
{
    while (*at < w->n) {
        const struct obs *r = &w->records[(*at)++];
        if (r->kind == kind)
            return r;
    }
    return NULL;
}

static inline unsigned world_count(const struct world *w, enum obs_kind kind)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->records[i].kind == kind;
    return n;
}

/* How many records of 'kind' have that 'a'. */
static inline unsigned world_count_a(const struct world *w, enum obs_kind kind,
                                     uint64_t a)
{
    unsigned n = 0;
    for (size_t i = 0; i < w->n; i++)
        n += w->records[i].kind == kind && w->records[i].a == a;
    return n;
}

/* How many faults ended so. */
static inline unsigned world_faults(const struct world *w,
                                    enum obs_fault_outcome outcome)
{
    return world_count_a(w, OBS_FAULT_END, outcome);
}

/* The first record of 'kind' of thread 'tid' at or after cycle 'from'. */
static inline const struct obs *world_find(const struct world *w, enum obs_kind kind,
                                           uint32_t tid, cycle_t from)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->records[i].kind == kind && w->records[i].tid == tid &&
            w->records[i].cycle >= from)
            return &w->records[i];
    return NULL;
}

static inline const struct obs *world_mark(const struct world *w, uint32_t id)
{
    for (size_t i = 0; i < w->n; i++)
        if (w->records[i].kind == OBS_MARK && w->records[i].id == id)
            return &w->records[i];
    return NULL;
}

static inline const struct check_counts *world_checked(const struct world *w)
{
    return &check_result(w->check)->counts;
}

static inline uint64_t world_violations(const struct world *w)
{
    return check_counts_total(world_checked(w));
}

/* FNV-1a over all records and the counters that a run ends with. */
static inline uint64_t world_hash(const struct world *w)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    const uint8_t *bytes = (const uint8_t *)w->records;
    for (size_t i = 0; i < w->n * sizeof *w->records; i++)
        h = (h ^ bytes[i]) * UINT64_C(0x100000001b3);
    h = (h ^ w->out.stats.ops) * UINT64_C(0x100000001b3);
    h = (h ^ w->out.stats.cycles) * UINT64_C(0x100000001b3);
    return (h ^ (uint64_t)w->out.end) * UINT64_C(0x100000001b3);
}

#endif
