/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem_config.h - parameters of memory, caches and line transfers.
 */
#ifndef MEM_MEM_CONFIG_H
#define MEM_MEM_CONFIG_H

#include "base/param.h"

enum cache_model {
    CACHE_FINITE, /* "finite": sets, ways, evictions. */
    CACHE_IDEAL,  /* "ideal": ownership is kept, capacity is infinite. */
};

struct mem_config {
    uint32_t frames; /* Physical frames of 4 KiB. */
    uint32_t caches; /* enum cache_model */
    uint32_t l1_sets, l1_ways;
    uint32_t l2_sets, l2_ways;
    uint32_t l3_sets, l3_ways; /* Per cluster. */
    cycle_t l1_hit;            /* Extra cycles of an L1 hit: 0 when pipelined. */
    cycle_t l2_hit;            /* L1 miss, L2 hit. */
    cycle_t l3_hit;            /* L2 miss, hit in the cluster's L3; >= 2 hops. */
    cycle_t dram_local;        /* Memory of the own die. */
    cycle_t dram_remote;       /* Memory of another die or socket. */
    /* One-way transfer of a line between two cores' caches, by distance. */
    struct dist c2c_cluster;
    struct dist c2c_die;             /* Line homed on the requester's die. */
    struct dist c2c_die_remote_home; /* Line homed on another die. */
    struct dist c2c_socket;
    struct dist c2c_machine;
    uint32_t copy_lines; /* Lines under way at once in a page copy (1-64). */
};

extern const struct param mem_params[];
extern const size_t n_mem_params;

#endif
