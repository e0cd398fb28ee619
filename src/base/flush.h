/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * flush.h - a described invalidation.
 *
 * The kernel computes it, an interrupt carries it, mmu/invalidate applies it:
 * one value for all roads, so no road can forget a level of TLB.
 */
#ifndef BASE_FLUSH_H
#define BASE_FLUSH_H

#include "base/types.h"

enum flush_kind {
    FLUSH_PAGES, /* 'n_pages' pages from 'first' (INVLPG each; rule R8). */
    FLUSH_ALL,   /* Every non-global entry (MOV CR3 without PCID; R10). */
};

struct flush {
    enum flush_kind kind;
    uint32_t n_pages;
    vpn_t first;
};

#endif
