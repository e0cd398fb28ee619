/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore_world.h - explores a scenario of traces/explore under a protocol.
 */
#ifndef TESTS_EXPLORE_WORLD_H
#define TESTS_EXPLORE_WORLD_H

#include "explore/explore.h"

#include <CUnit/Basic.h>
#include <stdio.h>

struct explore_case {
    const char *machine, *protocol, *scenario;
    const char *set; /* "key=value", or null. */
    struct explore_options options;
};

/* The bounds keep a test that goes wrong from running on. */
static inline enum status
explore_world_run(struct explore_case c, struct explore_result *result, struct err *err)
{
    char machine[512], scenario[512];
    struct machine_config config;
    struct explore_pages pages;
    snprintf(machine, sizeof machine, "%s/configs/tiny/%s.json", SD_SOURCE_DIR,
             c.machine);
    snprintf(scenario, sizeof scenario, "%s/traces/explore/%s.trace", SD_SOURCE_DIR,
             c.scenario);
    const char *files[] = {machine, NULL}, *sets[] = {c.set, NULL};
    const struct machine_config_sources sources = {.files = files,
                                                   .sets = sets,
                                                   .protocol = c.protocol,
                                                   .config_dir =
                                                       SD_SOURCE_DIR "/configs"};
    *result = (struct explore_result){0};
    if (machine_config_load(&sources, &config, NULL, err))
        return err->status;
    struct trace *trace = trace_open(scenario, false, err);
    if (!trace)
        return err->status;
    c.options.max_bytes = c.options.max_bytes ? c.options.max_bytes : 1u << 30;
    c.options.max_states = c.options.max_states ? c.options.max_states : 400000;
    enum status status = explore_find_pages(trace, &pages, err);
    if (!c.options.freedom.n_pages) {
        c.options.freedom.pages = pages.va;
        c.options.freedom.n_pages = pages.n;
    }
    if (!status)
        status = explore_run(&config, trace, &c.options, result, err);
    trace_close(trace);
    return status;
}

static inline int explore_world_main(CU_SuiteInfo *suites)
{
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    unsigned failed = CU_get_number_of_failures();
    CU_cleanup_registry();
    return (int)failed;
}

#endif
