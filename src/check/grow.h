/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * grow.h - memory of the checker.
 *
 * The machine takes all its memory at creation; the checker cannot, because
 * what it must remember depends on what the guest does.  Its tables grow with
 * the number of threads, locks, watched pages and words (docs/checker.md,
 * "Memory"), and each list inside them has a bound.  A host that has no memory
 * left stops the program by an assertion: there is no result to save that
 * would still be true.
 */
#ifndef CHECK_GROW_H
#define CHECK_GROW_H

#include "base/types.h"

/* 'n' zeroed objects of 'size' bytes. */
void *check_take(size_t n, size_t size);
void check_give(void *memory);

/* Makes room for 'need' objects in an array of '*capacity'; new ones are
 * zeroed. Returns the array, which may have moved. */
void *check_grow(void *array, uint32_t *capacity, uint32_t need, size_t size);

#endif
