/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mmu_config.h - parameters of translation.
 */
#ifndef MMU_MMU_CONFIG_H
#define MMU_MMU_CONFIG_H

#include "base/param.h"

enum invlpg_scope {
    INVLPG_ALL_PWC,  /* "all": drops all paging-structure entries (Intel R8). */
    INVLPG_PATH_PWC, /* "path": only those of the address (AMD, TCE=1). */
};

struct mmu_config {
    uint32_t levels;                    /* 4 or 5. */
    uint32_t pcid;                      /* Bool; not modelled yet: must be false. */
    uint32_t rewalk_on_permission_miss; /* Bool: AMD APM2 5.5, rule R13. */
    uint32_t invlpg_scope;              /* enum invlpg_scope */
    uint32_t pde_cache;                 /* Entries of the PDE cache; 0 = none. */
    uint32_t pdpte_cache;
    uint32_t pml4e_cache;
    cycle_t walk_start;   /* Fixed cost of starting a walk. */
    cycle_t set_accessed; /* Assist to set A. */
    cycle_t set_dirty;    /* Assist to set D. */
    cycle_t invlpg;       /* INVLPG of one page. */
    cycle_t cr3_write;    /* MOV CR3 with flush. */
};

extern const struct param mmu_params[];
extern const size_t n_mmu_params;

#endif
