/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_ipi_topology.c - how far apart hardware threads are (ipi/topology.h).
 *
 * The machine is small but no level has a fan-out of one: 2 sockets x 3 dies x
 * 2 clusters x 2 cores x 2 threads.
 */
#include "ipi/topology.h"

#include <CUnit/Basic.h>

static const struct topology_config machine = {
    .sockets = 2, .dies = 3, .clusters = 2, .cores = 2, .smt = 2};

static enum distance between(unsigned a, unsigned b)
{
    return topology_cpu_distance(&machine, a, b);
}

static void counts_multiply(void)
{
    CU_ASSERT_EQUAL(topology_n_cpus(&machine), 48);
    CU_ASSERT_EQUAL(topology_n_cores(&machine), 24);
    CU_ASSERT_EQUAL(topology_n_clusters(&machine), 12);
}

static void each_level_begins_where_the_smaller_part_ends(void)
{
    CU_ASSERT_EQUAL(between(0, 0), DIST_SELF);
    CU_ASSERT_EQUAL(between(0, 1), DIST_SMT);
    CU_ASSERT_EQUAL(between(0, 2), DIST_CLUSTER);
    CU_ASSERT_EQUAL(between(0, 3), DIST_CLUSTER);
    CU_ASSERT_EQUAL(between(0, 4), DIST_DIE);
    CU_ASSERT_EQUAL(between(0, 7), DIST_DIE);
    CU_ASSERT_EQUAL(between(0, 8), DIST_SOCKET);
    CU_ASSERT_EQUAL(between(0, 23), DIST_SOCKET);
    CU_ASSERT_EQUAL(between(0, 24), DIST_MACHINE);
    CU_ASSERT_EQUAL(between(23, 24), DIST_MACHINE);
    CU_ASSERT_EQUAL(between(7, 8), DIST_SOCKET);
    CU_ASSERT_EQUAL(between(3, 4), DIST_DIE);
    CU_ASSERT_EQUAL(between(1, 2), DIST_CLUSTER);
}

/* "At most as far as the farther of two legs": what a tree gives. */
static void distances_are_those_of_a_tree(void)
{
    unsigned n = topology_n_cpus(&machine), bad = 0;
    for (unsigned a = 0; a < n; a++)
        for (unsigned b = 0; b < n; b++) {
            bad += between(a, b) != between(b, a);
            for (unsigned c = 0; c < n; c++)
                bad += between(a, c) > between(a, b) && between(a, c) > between(b, c);
        }
    CU_ASSERT_EQUAL(bad, 0);
}

static void cores_know_their_cluster_and_die(void)
{
    CU_ASSERT_EQUAL(topology_cluster(&machine, 1), 0);
    CU_ASSERT_EQUAL(topology_cluster(&machine, 2), 1);
    CU_ASSERT_EQUAL(topology_cluster(&machine, 23), 11);
    CU_ASSERT_EQUAL(topology_die(&machine, 3), 0);
    CU_ASSERT_EQUAL(topology_die(&machine, 4), 1);
    CU_ASSERT_EQUAL(topology_die(&machine, 23), 5);
}

static CU_TestInfo tests[] = {
    {"counts multiply", counts_multiply},
    {"each level begins where the smaller part ends",
     each_level_begins_where_the_smaller_part_ends},
    {"distances are those of a tree", distances_are_those_of_a_tree},
    {"cores know their cluster and die", cores_know_their_cluster_and_die},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"ipi_topology", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failures;
}
