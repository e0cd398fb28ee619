/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * arena.h - all memory of one machine, in three parts.
 *
 * A machine takes its memory when it is created and never again.  The parts:
 *   ARENA_FIXED   set at creation, never written afterwards (geometry)
 *   ARENA_ARCH    architectural state: what the explorer hashes and compares
 *   ARENA_TIMING  clocks, statistics, caches: never part of a hash
 *
 * After creation arena_freeze() remembers the pristine content; arena_reset()
 * goes back to it at a cost proportional to the pages touched since and to those
 * that are not zero in the pristine content (docs/decisions/0001).  The arena stays
 * where it is, so pointers from the arena into the arena stay right.  A copy of the
 * ARCH part can be saved and loaded: that is how the explorer clones a machine.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/status.h"

enum arena_part { ARENA_FIXED, ARENA_ARCH, ARENA_TIMING, ARENA_N_PARTS };

struct arena;

/* Creates an empty arena. Reserves address space only. */
struct arena *arena_create(struct err *err);
void arena_destroy(struct arena *arena);

/* Takes 'n' zeroed objects of 'size' bytes, aligned to 64 bytes.  Never
 * returns null: running out of address space is a bug of the caller's bounds
 * and asserts.  Must not be called after arena_freeze(). */
void *arena_take(struct arena *arena, enum arena_part part, size_t n, size_t size);

/* Remembers the content of all parts as the pristine one. */
enum status arena_freeze(struct arena *arena, struct err *err);

/* Back to the pristine content. */
void arena_reset(struct arena *arena);

/* The bytes taken in 'part', and the start of them. */
size_t arena_used(const struct arena *arena, enum arena_part part);
void *arena_base(const struct arena *arena, enum arena_part part);

#endif
