/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_equivalence.c - orders that the synthesis takes for one have one verdict
 * (src/synth/enumerate.h, EQ1 to EQ3): every order of a small multiset is explored.
 */
#include "explore_world.h"
#include "synth/enumerate.h"

#include <stdlib.h>
#include <string.h>

#define ORDERS_MAX 256u

struct order {
    struct protocol protocol;
    uint8_t normal[PROTOCOL_STEPS_MAX];
    uint32_t n_normal;
    enum explore_verdict verdict;
    uint64_t ends;
};

static struct order orders[ORDERS_MAX];
static unsigned n_orders;

static const uint8_t begin[] = {PROTOCOL_PAGE_BUSY, PROTOCOL_COPY_FRAME,
                                PROTOCOL_PMAP_LOCK};

static void add(const uint8_t *steps, unsigned n)
{
    struct order o = {.protocol = {.n_copy = n + 5}};
    struct err err;
    memcpy(o.protocol.copy, begin, 3);
    memcpy(o.protocol.copy + 3, steps, n);
    o.protocol.copy[n + 3] = PROTOCOL_PMAP_UNLOCK;
    o.protocol.copy[n + 4] = PROTOCOL_PAGE_UNBUSY;
    if (protocol_check(&o.protocol, &err) != STATUS_OK)
        return;
    o.n_normal = synth_normal(o.protocol.copy, o.protocol.n_copy, o.normal);
    CU_ASSERT_FATAL(n_orders < ORDERS_MAX);
    orders[n_orders++] = o;
}

static void permute(uint8_t *steps, unsigned n, unsigned at)
{
    if (at == n) {
        add(steps, n);
        return;
    }
    for (unsigned i = at; i < n; i++) {
        uint8_t kept = steps[at];
        steps[at] = steps[i];
        steps[i] = kept;
        permute(steps, n, at + 1);
        steps[i] = steps[at];
        steps[at] = kept;
    }
}

static void explore(struct order *o, struct machine_config *config, struct trace *trace)
{
    const struct explore_options options = {.max_bytes = 1u << 30,
                                            .max_states = 400000};
    struct explore_result r;
    struct err err;
    config->protocol = o->protocol;
    CU_ASSERT_EQUAL_FATAL(explore_run(config, trace, &options, &r, &err), STATUS_OK);
    CU_ASSERT_NOT_EQUAL(r.verdict, EXPLORE_INCOMPLETE);
    o->verdict = r.verdict;
    o->ends = r.verdict == EXPLORE_PROVED ? r.ends : 0;
    explore_free(&r);
}

static void explore_all(const char *scenario)
{
    struct machine_config config;
    struct err err;
    char path[512];
    const char *files[] = {SD_SOURCE_DIR "/configs/tiny/explore_three.json", NULL};
    const char *sets[] = {NULL};
    const struct machine_config_sources sources = {
        .files = files, .sets = sets, .config_dir = SD_SOURCE_DIR "/configs"};
    snprintf(path, sizeof path, "%s/traces/explore/%s.trace", SD_SOURCE_DIR, scenario);
    CU_ASSERT_EQUAL_FATAL(machine_config_load(&sources, &config, NULL, &err),
                          STATUS_OK);
    struct trace *trace = trace_open(path, false, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(trace);
    for (unsigned i = 0; i < n_orders; i++)
        explore(&orders[i], &config, trace);
    trace_close(trace);
}

static void equivalent_orders_have_one_verdict_and_the_same_ends(void)
{
    uint8_t steps[] = {PROTOCOL_PTE_SET_NEW_RW, PROTOCOL_PV_LOCKS,
                       PROTOCOL_INVALIDATE_LOCAL, PROTOCOL_BROADCAST,
                       PROTOCOL_BROADCAST_SYNC};
    unsigned n_pairs = 0;
    n_orders = 0;
    permute(steps, 5, 0);
    CU_ASSERT_EQUAL(n_orders, 60);
    explore_all("cow_3");
    for (unsigned i = 0; i < n_orders; i++)
        for (unsigned k = 0; k < i; k++) {
            if (orders[i].n_normal != orders[k].n_normal ||
                memcmp(orders[i].normal, orders[k].normal, orders[i].n_normal) != 0)
                continue;
            n_pairs++;
            CU_ASSERT_EQUAL(orders[i].verdict, orders[k].verdict);
            CU_ASSERT_EQUAL(orders[i].ends, orders[k].ends);
        }
    CU_ASSERT(n_pairs > 60);
}

static CU_TestInfo tests[] = {
    {"equivalent orders have one verdict and the same ends",
     equivalent_orders_have_one_verdict_and_the_same_ends},
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"equivalence", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    return explore_world_main(suites);
}
