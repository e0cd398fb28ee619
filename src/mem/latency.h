/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latency.h - what the ways of getting a line cost, from miss to grant.
 *
 * The request hop H is the same for every core, so that two requests reach
 * the directory in the order in which they were sent.  It is the largest time
 * that leaves every later leg of a transfer at least as long as itself:
 *
 *   L3 hit, memory    |-- H --|------ rest >= H ------|
 *   another core      |-- H --|-- snoop >= H --|-- data >= H --|
 */
#ifndef MEM_LATENCY_H
#define MEM_LATENCY_H

#include "mem/mem.h"

/* Legs of a transfer without and with a snoop. */
#define MEM_LEGS       2u
#define MEM_LEGS_SNOOP 3u

/* A line may be snooped this long after its grant arrived and not before, so
 * that the access that missed gets done: without it, cores that fight for a
 * line could take it from each other for ever. Estimate. */
#define MEM_HOLD_CYCLES 4u

/* Each further line of one request arrives this much later. Estimate: 32
 * bytes a cycle over the fabric. */
#define MEM_PIPELINE_CYCLES 2u

/* The values of mem_topology.core_distance. */
enum mem_distance {
    MEM_CLUSTER = 2,
    MEM_DIE,
    MEM_SOCKET,
    MEM_MACHINE,
};

/* The distribution of a transfer over 'distance'; 'home_local' says whether
 * the line's home is the requester's die. */
const struct dist *mem_c2c(const struct mem_config *config, unsigned distance,
                           bool home_local);

#endif
