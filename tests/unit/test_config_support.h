/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_support.h - what the tests of src/config share: a program around
 * a list of tests, and a component that exists only here.
 */
#ifndef TEST_CONFIG_SUPPORT_H
#define TEST_CONFIG_SUPPORT_H

#include "config/config.h"

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two strings are equal, and if not, both are shown. */
#define SAME(actual, expected)                                             \
    do {                                                                   \
        const char *is = (actual), *should = (expected);                   \
        CU_ASSERT_STRING_EQUAL(is, should);                                \
        if (strcmp(is, should) != 0)                                       \
            fprintf(stderr, "\n  is:     %s\n  should: %s\n", is, should); \
    } while (0)

static inline int run_tests(const char *name, CU_TestInfo *tests)
{
    CU_SuiteInfo suites[] = {{name, NULL, NULL, NULL, NULL, tests}, CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}

struct oven {
    uint32_t plates;
    uint64_t serial;
    double heat;
    uint32_t lit;
    cycle_t warm_up;
    struct dist delivery;
    uint32_t fuel;
    char name[PARAM_STRING_BYTES];
};

struct kitchen {
    double clock_ghz;
    struct oven oven;
};

static const char *const fuels[] = {"gas", "wood", "power", NULL};

#define OVEN(field) .key = #field, .offset = offsetof(struct oven, field)
static const struct param oven_rows[] = {
    {OVEN(plates), .type = PARAM_U32, .min = 1, .max = 8, .def = "4", .unit = "plates",
     .help = "Plates."},
    {OVEN(serial), .type = PARAM_U64, .min = 0, .max = 1e16, .def = "7", .unit = "",
     .help = "Serial number."},
    {OVEN(heat), .type = PARAM_DOUBLE, .min = -1, .max = 2.5, .def = "0.5",
     .unit = "kW", .help = "Heat."},
    {OVEN(lit), .type = PARAM_BOOL, .def = "false", .unit = "", .help = "Lit."},
    {OVEN(warm_up), .type = PARAM_CYCLES, .min = 2, .max = 1000, .def = "10",
     .unit = "cycles", .help = "Time to warm up."},
    {OVEN(delivery), .type = PARAM_DIST, .min = 1, .max = 5000, .def = "3",
     .unit = "cycles", .help = "Time to deliver."},
    {OVEN(fuel), .type = PARAM_CHOICE, .def = "\"gas\"", .unit = "", .help = "Fuel.",
     .choices = fuels},
    {OVEN(name), .type = PARAM_STRING, .def = "\"aga\"", .unit = "", .help = "Name."},
};
#undef OVEN

static const struct param kitchen_rows[] = {
    {.key = CONFIG_CLOCK_KEY,
     .type = PARAM_DOUBLE,
     .offset = offsetof(struct kitchen, clock_ghz),
     .min = 0.1,
     .max = 10,
     .def = "2",
     .unit = "GHz",
     .help = "Clock."},
};

static const struct param_section kitchen_sections[] = {
    {"room", "The room.", kitchen_rows, 1, 0},
    {"room.oven", "The oven.", oven_rows, sizeof oven_rows / sizeof *oven_rows,
     offsetof(struct kitchen, oven)},
};

/* Merges 'text' (null: nothing) as file "k.json" into a new configuration and
 * fills '*out'.  The message of an error goes into '*err', else it is empty. */
static inline struct config *kitchen_load(const char *text, struct kitchen *out,
                                          struct err *err)
{
    struct config *config = config_create(kitchen_sections, 2);
    config_add_whole(config, "menu", "The menu.");
    memset(out, 0, sizeof *out);
    err->message[0] = '\0';
    err->status = STATUS_OK;
    if (!text || !config_merge_text(config, "k.json", text, strlen(text), err))
        config_fill(config, out, err);
    return config;
}

/* The same, for one error. */
static inline const char *kitchen_error(const char *text, struct err *err)
{
    struct kitchen kitchen;
    config_destroy(kitchen_load(text, &kitchen, err));
    return err->message;
}

#endif
