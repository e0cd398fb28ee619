/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_json.h - a plan as a JSON file, and back.
 *
 *   {"config": [{...}, "ryzen16"],            machines: content, names or files
 *    "sets": ["kernel.spaces=8"],             as after --set
 *    "axes": [{"key": "ipi.delivery_ns", "values": [50, 100]},
 *             {"key": "mem.copy_lines", "values": "1:64:x2"}],
 *    "zip": false,
 *    "protocols": ["two_stage", {"name": ..., "copy": [...]}],
 *    "traces": ["a.trace", {"file": "b.trace", "xxh3": "..."}],
 *    "seed": 1, "trials": 100, "precision": 5, "witnesses": 3, "engine": "native",
 *    "out": "results.sqlite", "jobs": 8}
 *
 * Every key may be missing.  Files are relative to the plan.
 */
#ifndef SWEEP_PLAN_JSON_H
#define SWEEP_PLAN_JSON_H

#include "sweep/plan.h"

#define SWEEP_LIST_MAX 256u

/* What a plan file says beside what fits into struct sweep_plan.  Lists are
 * null-terminated; their texts live until sweep_file_free(). */
struct sweep_file {
    const char *configs[SWEEP_LIST_MAX + 1], *sets[SWEEP_LIST_MAX + 1];
    const char *protocols[SWEEP_LIST_MAX + 1], *traces[SWEEP_LIST_MAX + 1];
    const char *trace_xxh3[SWEEP_LIST_MAX + 1]; /* Null: any content. */
    size_t n_configs, n_sets, n_protocols, n_traces;
    const char *engine, *out; /* Null: not given. */
    uint32_t jobs;            /* 0: not given. */
    char **own;
    size_t n_own;
};

/* Reads 'path': axes (which may be replaced), zip, seed, trials, precision and
 * witnesses into '*plan', the rest into '*file', which must be all zero and is to be
 * freed also on error.  STATUS_CONFIG names file, line, column and JSON path. */
enum status sweep_file_read(const char *path, struct sweep_plan *plan,
                            struct sweep_file *file, struct err *err);
void sweep_file_free(struct sweep_file *file);

/* Writes a plan that needs no other file but its guests: configurations and protocols
 * of the user's by content, ranges as their values.  Nothing in it depends on host,
 * number of jobs or shard. */
enum status sweep_plan_json(const struct sweep_plan *plan, const char *engine,
                            struct text *out, struct err *err);

#endif
