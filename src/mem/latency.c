/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency.c - see latency.h.
 */
#include "mem/latency.h"

#include <assert.h>

static cycle_t smaller(cycle_t a, cycle_t b)
{
    return a < b ? a : b;
}

cycle_t mem_lookahead(const struct mem_config *config)
{
    cycle_t c2c = config->c2c_cluster.base;
    c2c = smaller(c2c, config->c2c_die.base);
    c2c = smaller(c2c, config->c2c_die_remote_home.base);
    c2c = smaller(c2c, config->c2c_socket.base);
    c2c = smaller(c2c, config->c2c_machine.base);
    cycle_t hop = c2c / MEM_LEGS_SNOOP;
    hop = smaller(hop, config->l3_hit / MEM_LEGS);
    hop = smaller(hop, config->dram_local / MEM_LEGS);
    hop = smaller(hop, config->dram_remote / MEM_LEGS);
    return hop ? hop : 1;
}

const struct dist *mem_c2c(const struct mem_config *config, unsigned distance,
                           bool home_local)
{
    switch ((enum mem_distance)distance) {
    case MEM_CLUSTER:
        return &config->c2c_cluster;
    case MEM_DIE:
        return home_local ? &config->c2c_die : &config->c2c_die_remote_home;
    case MEM_SOCKET:
        return &config->c2c_socket;
    case MEM_MACHINE:
        return &config->c2c_machine;
    }
    assert(false && "two different cores are one of these distances apart");
    return NULL;
}
