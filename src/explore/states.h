/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * states.h - all states that an exploration has visited, exactly, in few bytes.
 *
 * A state is a block of bytes of fixed size.  It is cut into leaves of 64
 * bytes with a binary tree over them; equal leaves and equal pairs are kept
 * once (tree compression, as in LTSmin).  Two states are equal if and only if
 * their roots are, so a visited state is recognised by comparison and not by a
 * hash alone, and a new state costs only the nodes between what changed and
 * the root.
 *
 * The set keeps a copy of the bytes that were put in or taken out last, so
 * both cost what has changed since.
 */
#ifndef EXPLORE_STATES_H
#define EXPLORE_STATES_H

#include "base/status.h"

#include <stdio.h>

struct states; /* Opaque; see states.c. */

/* Creates a set of states of 'n_bytes' bytes, with memory for about
 * 'max_bytes' of nodes. */
struct states *states_create(size_t n_bytes, size_t max_bytes, struct err *err);
void states_destroy(struct states *states);

/* Puts the state at 'bytes' in.  '*number' gets its number (0, 1, 2 ... in the
 * order of first appearance).  Returns true if it is new.  When memory is used
 * up '*full' is set and nothing is put in. */
bool states_put(struct states *states, const void *bytes, uint32_t *number, bool *full);

/* From byte 'first' (a multiple of 64) on, the states hold 'n' pages of 4096 bytes,
 * of which only those with touched[i] set can differ from the last put or get;
 * states_put() clears the marks.  Call it after the first put. */
void states_note_pages(struct states *states, size_t first, uint32_t n,
                       uint8_t *touched);

/* Copies state 'number' to 'bytes', which must hold exactly the bytes of the last
 * put or get: only what differs between the two states is written. */
void states_get(struct states *states, uint32_t number, void *bytes);

/* The most memory that 'n' more states can take for a moment. */
size_t states_bytes_with(const struct states *states, uint32_t n);

/* Writes all nodes to 'file', and reads them into an empty set of states of the
 * same size.  False: the file ends early, or does not hold such a set. */
bool states_save(const struct states *states, FILE *file);
bool states_load(struct states *states, FILE *file);

uint32_t states_count(const struct states *states);

/* Bytes of memory that the nodes take. */
size_t states_bytes(const struct states *states);

#endif
