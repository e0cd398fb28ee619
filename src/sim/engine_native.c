/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine_native.c - the engine port in plain C. See engine.h.
 *
 * This is the hottest loop of a run that needs no SystemC, so the queue is a
 * tournament instead of a heap.  Units are ranked once by (phase, unit).
 * Leaf r holds the wake of the unit of rank r, an inner node the earlier one
 * of its two children, so the root is the next wake:
 *
 *                   [1] 5, rank 0
 *            [2] 5, rank 0   [3] 5, rank 2      A tie goes to the left child:
 *           5       9       5       NEVER       it is the one of lower rank.
 *         rank 0    1       2        3
 *
 * While a unit runs, its leaf is free but the nodes above still name it.
 * Nothing can come before it, so other units' wakes stay right; when
 * the unit is done, one walk to the root repairs its path.  Thus "take the
 * first out, put it back in later" costs one walk instead of two.
 *
 * Invariants, outside a run of a unit:
 *   ENG1  Every inner node is the earlier one of its children.
 *   ENG2  No wake lies before the present (cycle, phase, unit).
 */
#include "sim/engine.h"

#include <assert.h>
#include <stdlib.h>

#define NO_RANK UINT32_MAX

struct node {
    cycle_t at;
    uint32_t rank;
};

struct native {
    struct engine base;
    struct engine_client client;
    uint32_t n_units;
    uint32_t n_leaves; /* A power of two. */
    uint32_t running;  /* Rank of the unit that runs now, or NO_RANK. */
    uint32_t last;     /* Rank of the unit that ran last: with 'now' the present. */
    cycle_t now;
    struct node *tree; /* 2 * n_leaves; [0] is not used. */
    uint32_t *rank_of; /* [unit] */
    uint32_t *unit_of; /* [rank] */
};

static struct native *native_of(struct engine *engine)
{
    return (struct native *)engine;
}

static void rank_units(struct native *native, const enum engine_phase *phases)
{
    uint32_t rank = 0;
    for (int phase = 0; phase < ENGINE_N_PHASES; phase++) {
        for (uint32_t unit = 0; unit < native->n_units; unit++) {
            if ((int)phases[unit] != phase)
                continue;
            native->rank_of[unit] = rank;
            native->unit_of[rank++] = unit;
        }
    }
    assert(rank == native->n_units);
}

static void native_reset(struct engine *engine)
{
    struct native *native = native_of(engine);
    assert(native->running == NO_RANK);
    for (uint32_t i = 0; i < native->n_leaves; i++)
        native->tree[native->n_leaves + i] = (struct node){CYCLE_NEVER, i};
    for (uint32_t i = native->n_leaves; i-- > 1;)
        native->tree[i] = native->tree[2 * i];
    native->now = 0;
    native->last = 0;
}

static void native_destroy(struct engine *engine)
{
    if (!engine)
        return;
    struct native *native = native_of(engine);
    free(native->tree);
    free(native->rank_of);
    free(native->unit_of);
    free(native);
}

static bool native_allocate(struct native *native)
{
    native->n_leaves = 1;
    while (native->n_leaves < native->n_units)
        native->n_leaves *= 2;
    native->tree = calloc(2 * (size_t)native->n_leaves, sizeof *native->tree);
    native->rank_of = calloc(native->n_leaves, sizeof *native->rank_of);
    native->unit_of = calloc(native->n_leaves, sizeof *native->unit_of);
    return native->tree && native->rank_of && native->unit_of;
}

static struct engine *native_create(unsigned n_units, const enum engine_phase *phases,
                                    struct engine_client client, struct err *err)
{
    struct native *native = calloc(1, sizeof *native);
    if (native)
        native->n_units = n_units;
    if (!native || !native_allocate(native)) {
        err_set(err, STATUS_LIMIT, "no memory for an engine of %u units", n_units);
        native_destroy(native ? &native->base : NULL);
        return NULL;
    }
    native->base.kind = &engine_native;
    native->client = client;
    native->running = NO_RANK;
    rank_units(native, phases);
    native_reset(&native->base);
    return &native->base;
}

/* Repairs ENG1 above a leaf whose wake became earlier. */
static void lower(struct native *native, struct node leaf)
{
    struct node *tree = native->tree;
    uint32_t i = (native->n_leaves + leaf.rank) / 2;
    while (i > 0 && (leaf.at < tree[i].at ||
                     (leaf.at == tree[i].at && leaf.rank < tree[i].rank))) {
        tree[i] = leaf;
        i /= 2;
    }
}

/* Repairs ENG1 above a leaf that changed in any way.  The winner so far stays
 * in registers, so that no load waits for the store of the level below. */
static void repair(struct native *native, uint32_t rank)
{
    struct node *tree = native->tree;
    uint32_t i = native->n_leaves + rank;
    struct node best = tree[i];
    for (; i > 1; i /= 2) {
        struct node sibling = tree[i ^ 1];
        bool is_left = i & 1; /* The sibling is: it wins a tie. */
        bool wins = sibling.at < best.at || (is_left && sibling.at == best.at);
        best.at = wins ? sibling.at : best.at;
        best.rank = wins ? sibling.rank : best.rank;
        tree[i / 2] = best;
    }
}

static void native_wake(struct engine *engine, unsigned unit, cycle_t at)
{
    struct native *native = native_of(engine);
    assert(unit < native->n_units);
    uint32_t rank = native->rank_of[unit];
    assert(at > native->now || (at == native->now && rank >= native->last)); /* ENG2 */
    struct node *leaf = &native->tree[native->n_leaves + rank];
    if (at >= leaf->at)
        return;
    leaf->at = at;
    if (rank != native->running)
        lower(native, *leaf);
}

/* Runs the unit whose wake is the first. Returns false if it wants to stop. */
static bool run_first(struct native *native)
{
    uint32_t rank = native->tree[1].rank;
    native->running = rank;
    native->last = rank;
    native->tree[native->n_leaves + rank].at = CYCLE_NEVER;
    bool go_on =
        native->client.run(native->client.context, native->unit_of[rank], native->now);
    native->running = NO_RANK;
    repair(native, rank);
    return go_on;
}

static enum engine_stop native_run(struct engine *engine, cycle_t until)
{
    struct native *native = native_of(engine);
    assert(native->running == NO_RANK);
    for (;;) {
        cycle_t next = native->tree[1].at;
        if (next == CYCLE_NEVER)
            return ENGINE_IDLE;
        if (next > until)
            return ENGINE_UNTIL;
        native->now = next;
        if (!run_first(native))
            return ENGINE_STOPPED;
    }
}

const struct engine_kind engine_native = {
    .name = "native",
    .help = "a priority queue in C: fastest, needs no SystemC",
    .create = native_create,
    .destroy = native_destroy,
    .wake = native_wake,
    .run = native_run,
    .reset = native_reset,
};
