/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * engine.h - the port between the model and whatever drives it.
 *
 * A unit is anything that acts in time.  The port is two calls wide:
 *   model -> engine   engine_wake(unit, cycle)   "run me at that cycle"
 *   engine -> model   client.run(unit, now)      the unit acts
 *
 * A unit has at most one pending wake; asking again keeps the earlier of the
 * two.  Running a unit uses its wake up.  Simultaneous wakes run in the order
 * (cycle, phase, unit): this order belongs to the model, and every engine
 * must keep it, so that all engines give the same result bytes.
 *
 * A wake must not lie before the present, which is the (cycle, phase, unit)
 * that runs or ran last: that is asserted.  A wake for CYCLE_NEVER is none.
 */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "base/status.h"

/* Order among units that act in the same cycle. */
enum engine_phase {
    PHASE_MEMORY, /* Directories: requests that arrive now. */
    PHASE_CORE,   /* Cores: everything else. */
    PHASE_TIMER,  /* Watchdogs: they look at what this cycle left. */
    ENGINE_N_PHASES
};

enum engine_stop {
    ENGINE_IDLE,    /* No wake is pending. */
    ENGINE_UNTIL,   /* The next wake lies after 'until'. */
    ENGINE_STOPPED, /* The client asked to stop. */
};

struct engine;

/* What the engine drives.  'run' returns false to stop the engine. */
struct engine_client {
    void *context;
    bool (*run)(void *context, unsigned unit, cycle_t now);
};

struct engine_kind {
    const char *name; /* As written in a configuration or after --engine. */
    const char *help;
    /* Creates an engine for 'n_units' units; phases[u] is unit u's phase. */
    struct engine *(*create)(unsigned n_units, const enum engine_phase *phases,
                             struct engine_client client, struct err *err);
    void (*destroy)(struct engine *engine);
    void (*wake)(struct engine *engine, unsigned unit, cycle_t at);
    /* Runs units in order while the next wake is at or before 'until'. */
    enum engine_stop (*run)(struct engine *engine, cycle_t until);
    /* Drops all pending wakes and goes back to cycle 0. */
    void (*reset)(struct engine *engine);
};

/* Every engine starts its own struct with this. */
struct engine {
    const struct engine_kind *kind;
};

extern const struct engine_kind engine_native;

static inline void engine_wake(struct engine *engine, unsigned unit, cycle_t at)
{
    engine->kind->wake(engine, unit, at);
}

#endif
