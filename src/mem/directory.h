/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * directory.h - the unit that knows who holds each line.
 *
 * A request is answered the moment it arrives, by messages that carry their
 * times.  With R the arrival of the request, H the request hop, T the total
 * from miss to grant, and ready_at the arrival of the line's last grant:
 *
 *   no snoop   grant = max(R - H + T, ready_at)
 *   snoops     snoop = max(R + (T - H) / 2, ready_at + MEM_HOLD_CYCLES)
 *              grant = snoop + the other half of T - H
 *
 * So without contention a miss costs exactly T; a line under way delays only
 * what must wait for it.  What the rest of the machine builds on:
 *
 *   DIR1  Every message arrives at least H after the directory's present.
 *   DIR2  A grant arrives at least H after the last snoop that it needed.
 *         Cores run ahead by at most H, so the old holder has run up to the
 *         snoop before the new one, ahead of its time, handles the grant:
 *         nobody reads a word before it was written.
 *   DIR3  A snoop arrives after every earlier grant of its line, so it never
 *         finds a line that has not come yet; and a grant arrives after
 *         every earlier snoop, so no late snoop takes a new grant away.
 *
 * A line that nobody else holds is granted exclusively even to a reader, as
 * MESI's state E, so that a private page costs one miss a line.
 *
 * A victim's notice takes the core out of the holders, unless a grant crossed
 * it.  Core C evicts line X at cycle 'at'; the notice arrives later.
 *   - X was given to D meanwhile: C is no holder any more; nothing to do.
 *   - C asked for X again (or C's upgrade was under way when X was evicted):
 *     the notice is about the old copy, and must not undo the new grant.
 * The directory believes the notice only if ready_at < at.  Then every grant
 * of X sent so far had arrived when C dropped X, so C has no X, and can only
 * get one from this directory after now.
 *
 * The shared caches (L3) of the clusters get a line with each grant to their
 * cluster and with each victim that they hear of; an L3 victim is forgotten
 * (its data goes to memory) while private copies stay.  Estimates: an answer
 * without data costs as much as an L3 hit; shared private copies serve nobody.
 */
#ifndef MEM_DIRECTORY_H
#define MEM_DIRECTORY_H

#include "mem/mem.h"
#include "mem/tags.h"

/* What the directory knows of one line. All zero: in memory only. */
struct dir_line {
    cycle_t ready_at;         /* Arrival of its last grant. */
    uint16_t owner;           /* Core that holds it exclusively + 1, or 0. */
    uint32_t snoops_underway; /* For mem_assert_line alone. */
    uint64_t holders[];       /* A bit for each core; then one for each L3. */
};

/* Who served a core's misses. */
struct dir_counters {
    uint64_t from_l3, from_core, from_dram;
};

struct directory {
    /* Fixed at creation. */
    const struct mem_config *config;
    const struct mem_topology *topology;
    struct choice *choice;
    struct post post;
    cycle_t hop;
    uint32_t core_words, cluster_words;
    size_t line_bytes;
    uint16_t *first_core; /* Of each cluster. */
    struct mem_tags *l3;  /* Of each cluster; null if caches are ideal. */

    /* Timing. */
    uint8_t *lines;
    uint8_t *home;                 /* Die of each frame. */
    struct dir_counters *counters; /* [n_cores] */
    uint32_t *number;              /* Of the messages sent. */
};

/* 'config' and 'topology' must live as long as the directory. */
void directory_init(struct directory *dir, struct arena *arena,
                    const struct mem_config *config,
                    const struct mem_topology *topology, struct choice *choice,
                    struct post post);

/* Handles a MSG_LINE_REQUEST at its arrival. */
void directory_request(struct directory *dir, const struct msg *msg);

/* The size of a struct dir_line with its sets. */
static inline size_t directory_line_bytes(uint32_t n_cores, uint32_t n_clusters)
{
    return sizeof(struct dir_line) +
           ((n_cores + 63) / 64 + (n_clusters + 63) / 64) * sizeof(uint64_t);
}

static inline struct dir_line *directory_line(const struct directory *dir,
                                              uint64_t line)
{
    return (struct dir_line *)(void *)(dir->lines + line * dir->line_bytes);
}

static inline bool directory_is_holder(const struct dir_line *line, unsigned core)
{
    return (line->holders[core / 64] >> (core % 64)) & 1;
}

#endif
