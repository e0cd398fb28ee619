/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tlb_config.h - geometry of one TLB. Four of them make a core's hierarchy:
 * "tlb.l1d", "tlb.l1i", "tlb.l2d", "tlb.l2i".
 */
#ifndef TLB_TLB_CONFIG_H
#define TLB_TLB_CONFIG_H

#include "base/param.h"

struct tlb_config {
    uint32_t sets;   /* Power of two; 1 = fully associative. 0 = not there. */
    uint32_t ways;   /* 1 to 512. */
    uint32_t policy; /* Index into tlb_policies[]: "lru", "plru", "fifo",
                      * "random". */
    cycle_t hit;     /* Extra cycles when this level hits. */
};

/* How the second levels are arranged. */
enum tlb_l2_kind { TLB_L2_SPLIT, TLB_L2_UNIFIED };

struct tlb_hierarchy_config {
    struct tlb_config l1d, l1i, l2d, l2i;
    uint32_t l2; /* enum tlb_l2_kind; unified: l2d serves both, l2i unused. */
};

extern const struct param tlb_params[];
extern const size_t n_tlb_params;
extern const struct param tlb_hierarchy_params[]; /* "tlb": the key "l2". */
extern const size_t n_tlb_hierarchy_params;

#endif
