/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_engine.c - what an event costs under each engine, and what a reset of
 * an arena costs.  Not a test: it prints numbers and judges nothing.
 *
 * Each unit wakes itself a few cycles later, every fourth run wakes another
 * unit too; so the queue is as full as in a machine with that many cores.
 */
#include "base/arena.h"
#include "sim/engine.h"
#ifdef SD_SYSTEMC
#include "systemc/systemc.h"
#endif

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define UNITS_MAX 1030u

struct load {
    struct engine *engine;
    unsigned n_units;
    uint64_t n_runs, limit, state;
};

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool load_run(void *context, unsigned unit, cycle_t now)
{
    struct load *load = context;
    load->state = load->state * 6364136223846793005u + 1442695040888963407u;
    uint64_t draw = load->state >> 33;
    engine_wake(load->engine, unit, now + 40 + draw % 64);
    if (draw % 4 == 0)
        engine_wake(load->engine, (unsigned)((draw >> 8) % load->n_units), now + 40);
    return ++load->n_runs < load->limit;
}

static void measure_engine(const struct engine_kind *kind, unsigned n_units,
                           uint64_t limit)
{
    static enum engine_phase phases[UNITS_MAX];
    for (unsigned u = 0; u < n_units; u++)
        phases[u] = u == 0 ? PHASE_MEMORY : PHASE_CORE;
    struct load load = {.n_units = n_units, .limit = limit, .state = 1};
    struct err err = {0};
    load.engine =
        kind->create(n_units, phases, (struct engine_client){&load, load_run}, &err);
    if (!load.engine) {
        printf("%s: %s\n", kind->name, err.message);
        return;
    }
    for (unsigned u = 0; u < n_units; u++)
        engine_wake(load.engine, u, u);
    double start = seconds();
    kind->run(load.engine, CYCLE_NEVER);
    double spent = seconds() - start;
    printf("%-8s %5u units  %6.1f ns per event\n", kind->name, n_units,
           1e9 * spent / (double)load.n_runs);
    kind->destroy(load.engine);
}

static void measure_reset(size_t bytes, unsigned n_touched, unsigned n_resets)
{
    struct arena *arena = arena_create(NULL);
    if (!arena)
        return;
    char *memory = arena_take(arena, ARENA_ARCH, bytes, 1);
    if (arena_freeze(arena, NULL) == STATUS_OK) {
        double start = seconds();
        for (unsigned i = 0; i < n_resets; i++) {
            for (unsigned page = 0; page < n_touched; page++)
                memory[(page * 7919u * PAGE_BYTES) % bytes] = 2;
            arena_reset(arena);
        }
        printf("reset    %5zu MiB   %6.2f us with %u pages touched\n", bytes >> 20,
               1e6 * (seconds() - start) / n_resets, n_touched);
    }
    arena_destroy(arena);
}

int main(int argc, char **argv)
{
    uint64_t limit = argc > 1 ? strtoull(argv[1], NULL, 10) : 3000000;
    static const unsigned sizes[] = {2, 17, 65, UNITS_MAX};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        measure_engine(&engine_native, sizes[i], limit);
#ifdef SD_SYSTEMC
        measure_engine(&engine_systemc, sizes[i], limit);
#endif
    }
    measure_reset((size_t)1 << 17, 20, 10000);
    measure_reset((size_t)64 << 20, 20, 10000);
    measure_reset((size_t)1 << 30, 20, 10000);
    measure_reset((size_t)64 << 20, 1000, 1000);
    return 0;
}
