/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check_config.h - parameters of the checker.
 */
#ifndef CHECK_CHECK_CONFIG_H
#define CHECK_CHECK_CONFIG_H

#include "base/param.h"

enum check_watch {
    CHECK_WATCH_WINDOWS, /* "windows": pages while their translation changes. */
    CHECK_WATCH_ALL,     /* "all": every page, always; slow, finds all races. */
};

struct check_config {
    uint32_t enabled;        /* Bool. */
    uint32_t watch;          /* enum check_watch */
    uint32_t max_violations; /* Kept; the rest is counted. */
    uint32_t max_witnesses;  /* The first so many keep their witness. */
    uint32_t history;        /* Records remembered for witnesses. */
    uint32_t word_history;   /* Stores remembered per watched word. */
};

extern const struct param check_params[];
extern const size_t n_check_params;

#endif
