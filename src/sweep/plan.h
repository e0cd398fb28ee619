/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan.h - the points of a sweep: a grid over configuration keys, protocols, guests.
 *
 *   --vary key=a,b,c           these values; commas inside {}, [] and "" are the
 * value's
 *   --vary key=50:2000:50      from 50 to 2000 in steps of 50
 *   --vary key=50:6400:x2      50, 100, 200 ... 6400
 *   --vary key=50:6400:log8    8 values, evenly spaced in the logarithm, with both ends
 *
 * Several axes make a grid, the last one running fastest; zipped, they go along side by
 * side.  Behind guests and protocols come the axes in their order.  Two keys stand for
 * several: 'ipi.delivery_ns' (or _cycles) for the delivery at every distance within and
 * between clusters, dies, sockets and the machine; 'cores' for a topology of that many
 * hardware threads (sweep_topology()).
 */
#ifndef SWEEP_PLAN_H
#define SWEEP_PLAN_H

#include "machine/machine_config.h"

#define SWEEP_AXES       8u
#define SWEEP_VALUES     10000u
#define SWEEP_POINTS     1000000u
#define SWEEP_TRIALS_MAX 16777216u /* The ids of runs have 24 bits for it. */
#define RUN_SETS_MAX     320u

struct sweep_axis {
    char key[96];
    char unit[8]; /* "ns", "cycles" or "". */
    char **values;
    uint32_t n;
    bool may_be_replaced; /* It comes from a plan file; the command line wins. */
};

struct sweep_plan {
    const char *const
        *files; /* Machine files and sets of all points, null-terminated. */
    const char *const *sets;
    const char *config_dir;
    const char *const
        *protocols; /* Null-terminated; empty: what the files say.  Names, paths,
                     * or texts that begin with '{': the protocol itself. */
    struct trace **traces;
    const char *const *trace_names;
    uint32_t n_traces, n_protocols, n_axes;
    struct sweep_axis axes[SWEEP_AXES];
    bool zip;
    uint64_t seed;
    uint32_t trials;    /* The most, with 'precision'. */
    double precision;   /* Half of the interval at most; 0: all trials. */
    uint32_t witnesses; /* Kept per point. */
};

/* Adds "key=values" to the plan, or replaces an axis of a plan file.  STATUS_USAGE says
 * what is wrong: also a value or a key that is there twice, under any spelling. */
enum status sweep_vary(struct sweep_plan *plan, const char *assignment,
                       struct err *err);

/* The same with one value after the other: first the axis, then each of its 'n' bytes
 * of text (a JSON value or a bare word), then the check for values that are equal. */
enum status sweep_add_axis(struct sweep_plan *plan, const char *key, size_t n,
                           struct sweep_axis **axis, struct err *err);
enum status sweep_add_value(struct sweep_axis *axis, const char *text, size_t n,
                            struct err *err);
enum status sweep_end_axis(const struct sweep_axis *axis, struct err *err);
void sweep_plan_free(struct sweep_plan *plan);

/* How many points; STATUS_USAGE: none, too many, zipped axes of several lengths, or a
 * guest or a protocol that is there twice. */
enum status sweep_count(const struct sweep_plan *plan, uint64_t *n, struct err *err);

/* Where point 'id' lies: its guest, its protocol (null: the files'), its value on each
 * axis. */
struct sweep_place {
    uint32_t trace;
    const char *protocol;
    const char *values[SWEEP_AXES];
};
struct sweep_place sweep_place_of(const struct sweep_plan *plan, uint64_t id);

/* The name of a protocol for people: it may be given by its content, or be null. */
void sweep_protocol_label(const char *protocol, char *label, size_t n);

/* The configuration of a point. An error names the point and its values.  'effective'
 * may be null. */
enum status sweep_config(const struct sweep_plan *plan, uint64_t id,
                         struct machine_config *config, struct config **effective,
                         struct err *err);

/* Makes '*t' a topology of 'n_cpus' hardware threads that is built of its parts: 'smt'
 * stays; fewer cores than a cluster has are one cluster; else there are as many full
 * clusters as are needed, then full dies, then full sockets, whose number is free.
 * False: it cannot be; '*t' is as it was. */
bool sweep_topology(struct topology_config *t, uint64_t n_cpus);

/* Puts the point and its values before the message of '*err'. Returns its status. */
enum status sweep_name_point(const struct sweep_plan *plan, uint64_t id,
                             struct err *err);

/* After 'n' trials of which 'violated' were: does --precision allow to stop?  Asked
 * after 100, 110, 121, 134 ... trials only (each 1.1 times the one before, rounded up),
 * because looking often biases the rate. Pure. */
bool sweep_is_precise(double precision, uint64_t n, uint64_t violated);

#endif
