/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_config.c - the rows that fill struct check_config.
 *
 * Sizes bound the memory of the checker; what does not fit is counted, not lost
 * silently.
 */
#include "check/check_config.h"

static const char *const watches[] = {"windows", "all", NULL};

const struct param check_params[] = {
    {
        .key = "enabled",
        .type = PARAM_BOOL,
        .offset = offsetof(struct check_config, enabled),
        .def = "true",
        .unit = "",
        .help = "Whether the checker listens at all.",
    },
    {
        .key = "watch",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct check_config, watch),
        .def = "\"windows\"",
        .unit = "",
        .help = "Which pages are watched: those whose translation changes while "
                "it does, or all (slow; finds all data races of the guest).",
        .choices = watches,
    },
    {
        .key = "max_violations",
        .type = PARAM_U32,
        .offset = offsetof(struct check_config, max_violations),
        .min = 0,
        .max = 1000000,
        .def = "100",
        .unit = "violations",
        .help = "Violations kept; the rest is counted.",
    },
    {
        .key = "max_witnesses",
        .type = PARAM_U32,
        .offset = offsetof(struct check_config, max_witnesses),
        .min = 0,
        .max = 1000000,
        .def = "100",
        .unit = "violations",
        .help = "The first violations, which are kept with their witness; it is not "
                "made for the others.",
    },
    {
        .key = "history",
        .type = PARAM_U32,
        .offset = offsetof(struct check_config, history),
        .min = 16,
        .max = 16777216,
        .def = "65536",
        .unit = "records",
        .help = "Records remembered for witnesses.",
    },
    {
        .key = "word_history",
        .type = PARAM_U32,
        .offset = offsetof(struct check_config, word_history),
        .min = 1,
        .max = 4096,
        .def = "64",
        .unit = "stores",
        .help = "Stores remembered for each watched word.",
    },
};
const size_t n_check_params = sizeof check_params / sizeof *check_params;
