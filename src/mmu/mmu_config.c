/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmu_config.c - the rows that fill struct mmu_config.
 *
 * Keys are field names.  Defaults are those of a Zen 1 core where a figure is known;
 * files in configs/ say for each machine what is measured and what is estimated.
 */
#include "mmu/mmu_config.h"

static const char *const scopes[] = {"all", "path", NULL};

const struct param mmu_params[] = {
    {
        .key = "levels",
        .type = PARAM_U32,
        .offset = offsetof(struct mmu_config, levels),
        .min = 4,
        .max = 5,
        .def = "4",
        .unit = "levels",
        .help = "Levels of the page tables.",
    },
    {
        .key = "pcid",
        .type = PARAM_BOOL,
        .offset = offsetof(struct mmu_config, pcid),
        .def = "false",
        .unit = "",
        .help = "Process-context identifiers; not modelled yet, so only false.",
    },
    {
        .key = "rewalk_on_permission_miss",
        .type = PARAM_BOOL,
        .offset = offsetof(struct mmu_config, rewalk_on_permission_miss),
        .def = "true",
        .unit = "",
        .help = "A permission miss walks the tables again before it faults (AMD) "
                "instead of faulting on what the TLB says (Intel).",
    },
    {
        .key = "invlpg_scope",
        .type = PARAM_CHOICE,
        .offset = offsetof(struct mmu_config, invlpg_scope),
        .def = "\"all\"",
        .unit = "",
        .help = "Which paging-structure entries INVLPG drops: all of them, or "
                "those on the path to the address.",
        .choices = scopes,
    },
    {
        .key = "pde_cache",
        .type = PARAM_U32,
        .offset = offsetof(struct mmu_config, pde_cache),
        .min = 0,
        .max = 1024,
        .def = "64",
        .unit = "entries",
        .help = "Paging-structure cache for page-directory entries; 0 for none.",
    },
    {
        .key = "pdpte_cache",
        .type = PARAM_U32,
        .offset = offsetof(struct mmu_config, pdpte_cache),
        .min = 0,
        .max = 1024,
        .def = "32",
        .unit = "entries",
        .help = "Paging-structure cache for page-directory-pointer entries; 0 for "
                "none.",
    },
    {
        .key = "pml4e_cache",
        .type = PARAM_U32,
        .offset = offsetof(struct mmu_config, pml4e_cache),
        .min = 0,
        .max = 1024,
        .def = "32",
        .unit = "entries",
        .help = "Paging-structure cache for PML4 entries; 0 for none.",
    },
    {
        .key = "walk_start",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct mmu_config, walk_start),
        .min = 0,
        .max = 10000,
        .def = "18",
        .unit = "cycles",
        .help = "Fixed cost of starting a page walk; its memory accesses come on "
                "top.",
    },
    {
        .key = "set_accessed",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct mmu_config, set_accessed),
        .min = 0,
        .max = 100000,
        .def = "500",
        .unit = "cycles",
        .help = "Assist that sets an accessed bit in a table.",
    },
    {
        .key = "set_dirty",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct mmu_config, set_dirty),
        .min = 0,
        .max = 100000,
        .def = "500",
        .unit = "cycles",
        .help = "Assist that sets a dirty bit in a table.",
    },
    {
        .key = "invlpg",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct mmu_config, invlpg),
        .min = 0,
        .max = 100000,
        .def = "130",
        .unit = "cycles",
        .help = "INVLPG of one page.",
    },
    {
        .key = "cr3_write",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct mmu_config, cr3_write),
        .min = 0,
        .max = 100000,
        .def = "124",
        .unit = "cycles",
        .help = "MOV to CR3 that flushes.",
    },
};
const size_t n_mmu_params = sizeof mmu_params / sizeof *mmu_params;
