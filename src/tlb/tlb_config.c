/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_config.c - the rows that fill struct tlb_config and struct tlb_hierarchy_config.
 *
 * One table serves the four TLBs of a core; each has a section of its own, such as
 * "tlb.l1d".  The order of policies is that of tlb_policies[] (src/tlb/policy.c);
 * tests/unit/test_config_tables.c holds the two against each other.
 */
#include "tlb/tlb_config.h"

/* In the order of tlb_policies[]. */
static const char *const policies[] = {"lru", "plru", "fifo", "random", NULL};
static const char *const l2_kinds[] = {"split", "unified", NULL};

const struct param tlb_params[] = {
    {
        .key = "sets",
        .type = PARAM_U32,
        .offset = offsetof(struct tlb_config, sets),
        .min = 0,
        .max = 65536,
        .def = "1",
        .unit = "sets",
        .help = "Sets, a power of two; 1 is fully associative, 0 means that this "
                "TLB is not there.",
    },
    {
        .key = "ways",
        .type = PARAM_U32,
        .offset = offsetof(struct tlb_config, ways),
        .min = 1,
        .max = 512,
        .def = "64",
        .unit = "ways",
        .help = "Entries in a set.",
    },
    {
        .key = "policy",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct tlb_config, policy),
        .def = "\"lru\"",
        .unit = "",
        .help = "Which entry of a full set is given up.",
        .choices = policies,
    },
    {
        .key = "hit",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct tlb_config, hit),
        .min = 0,
        .max = 1000,
        .def = "0",
        .unit = "cycles",
        .help = "Extra cycles when this TLB is the one that hits.",
    },
};
const size_t n_tlb_params = sizeof tlb_params / sizeof *tlb_params;

const struct param tlb_hierarchy_params[] = {
    {
        .key = "l2",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct tlb_hierarchy_config, l2),
        .def = "\"split\"",
        .unit = "",
        .help = "Second level: one each for data and code, or l2d for both "
                "(unified; l2i is then not used).",
        .choices = l2_kinds,
    },
};
const size_t n_tlb_hierarchy_params =
    sizeof tlb_hierarchy_params / sizeof *tlb_hierarchy_params;
