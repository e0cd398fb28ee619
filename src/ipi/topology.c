/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * topology.c - how far apart two hardware threads are.
 *
 * The machine is a tree; the distance of two leaves is the level of the
 * smallest part that holds both.  So one loop over the levels from the bottom
 * up, dividing by the fan-out, finds it.
 */
#include "ipi/topology.h"

#include <assert.h>

enum distance topology_core_distance(const struct topology_config *t, unsigned core_a,
                                     unsigned core_b)
{
    const struct {
        uint32_t fan_out; /* Parts of the level below in one part. */
        enum distance distance;
    } level[] = {
        {1, DIST_SELF},
        {t->cores, DIST_CLUSTER},
        {t->clusters, DIST_DIE},
        {t->dies, DIST_SOCKET},
    };
    assert(core_a < topology_n_cores(t) && core_b < topology_n_cores(t));
    for (unsigned i = 0; i < sizeof level / sizeof level[0]; i++) {
        core_a /= level[i].fan_out;
        core_b /= level[i].fan_out;
        if (core_a == core_b)
            return level[i].distance;
    }
    return DIST_MACHINE;
}

enum distance topology_cpu_distance(const struct topology_config *t, unsigned cpu_a,
                                    unsigned cpu_b)
{
    if (cpu_a == cpu_b)
        return DIST_SELF;
    if (cpu_a / t->smt == cpu_b / t->smt)
        return DIST_SMT;
    return topology_core_distance(t, cpu_a / t->smt, cpu_b / t->smt);
}

unsigned topology_cluster(const struct topology_config *t, unsigned core)
{
    return core / t->cores;
}

unsigned topology_die(const struct topology_config *t, unsigned core)
{
    return core / (t->cores * t->clusters);
}
