/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * topology.h - where hardware threads sit, and how far apart they are.
 *
 * Numbering, as FreeBSD enumerates with SMT off or on: hardware thread =
 * core * smt + sibling; cores are numbered through clusters, clusters through
 * dies, dies through sockets.
 *
 *   machine > socket > die > cluster (CCX) > core > hardware thread
 */
#ifndef IPI_TOPOLOGY_H
#define IPI_TOPOLOGY_H

#include "base/param.h"

enum distance {
    DIST_SELF,    /* The same hardware thread. */
    DIST_SMT,     /* Siblings in one core. */
    DIST_CLUSTER, /* Cores of one cluster. */
    DIST_DIE,     /* Clusters of one die. */
    DIST_SOCKET,  /* Dies of one socket. */
    DIST_MACHINE, /* Sockets. */
    DIST_N
};

struct topology_config {
    uint32_t sockets;  /* In the machine. */
    uint32_t dies;     /* In a socket. */
    uint32_t clusters; /* In a die. */
    uint32_t cores;    /* In a cluster. */
    uint32_t smt;      /* Hardware threads in a core. */
};

extern const struct param topology_params[];
extern const size_t n_topology_params;

static inline uint32_t topology_n_cores(const struct topology_config *t)
{
    return t->sockets * t->dies * t->clusters * t->cores;
}

static inline uint32_t topology_n_cpus(const struct topology_config *t)
{
    return topology_n_cores(t) * t->smt;
}

static inline uint32_t topology_n_clusters(const struct topology_config *t)
{
    return t->sockets * t->dies * t->clusters;
}

/* How far two cores are apart (DIST_SELF if they are the same). */
enum distance topology_core_distance(const struct topology_config *t, unsigned core_a,
                                     unsigned core_b);

/* How far two hardware threads are apart. */
enum distance topology_cpu_distance(const struct topology_config *t, unsigned cpu_a,
                                    unsigned cpu_b);

/* The cluster and the die of a core, numbered through the machine. */
unsigned topology_cluster(const struct topology_config *t, unsigned core);
unsigned topology_die(const struct topology_config *t, unsigned core);

#endif
