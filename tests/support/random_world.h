/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_world.h - random guests on machines where rare things are common.
 *
 * A seed chooses the guest (random_guest.h), the machine, the protocol, the
 * shootdown algorithm and the length of time slices: 2-entry TLBs, few frames,
 * one store-buffer entry, caches of one line.  SD_SEED=n runs that one seed and
 * prints its guest; SD_SECONDS=n runs longer than a test may.
 */
#ifndef SUPPORT_RANDOM_WORLD_H
#define SUPPORT_RANDOM_WORLD_H

#include <stdbool.h>
#include <time.h>

#include "guest_world.h"
#include "random_guest.h"

static const char *const random_protocols[] = {
    "two_stage",     "break_before_make", "ro_then_rw",       "remove_all",
    "broadcast_bbm", "rendezvous",        "single_stage",     "no_wait",
    "local_only",    "unbusy_early",      "broadcast_single",
};
#define N_RANDOM_CORRECT   6u
#define N_RANDOM_PROTOCOLS (sizeof random_protocols / sizeof *random_protocols)

static const struct random_place {
    const char *machine;
    unsigned n_cpus;
    const char *set; /* Something that makes trouble. */
} random_places[] = {
    {"tiny/three_cores", 3, "core.store_buffer=1"},
    {"tiny/smt", 4, "core.store_buffer=2"},
    {"tiny/jittery", 3, "core.store_buffer=8"},
    {"tiny/one_way_caches", 3, "core.store_buffer=1"},
    {"tiny/slow_ipi", 3, "core.store_buffer=3"},
    {"tiny/two_cores", 2, "mem.copy_lines=64"},
    {"tiny/jittery", 3, "mmu.rewalk_on_permission_miss=true"},
    {"ryzen16", 16, "core.store_buffer=4"},
};
#define N_RANDOM_PLACES (sizeof random_places / sizeof *random_places)

struct random_world {
    struct world w;
    struct machine_config config;
    char *text;
};

static inline uint64_t random_one_seed(void)
{
    const char *text = getenv("SD_SEED");
    return text ? strtoull(text, NULL, 10) : 0;
}

static inline double random_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Runs 'body' for seeds 1, 2, ... for 'seconds'. */
static inline void for_random_seeds(void (*body)(uint64_t seed), double seconds)
{
    if (random_one_seed()) {
        body(random_one_seed());
        return;
    }
    const char *text = getenv("SD_SECONDS");
    double end = random_now() + (text ? atof(text) : seconds);
    for (uint64_t seed = 1; random_now() < end; seed++)
        body(seed);
}

/* No child sees a word that a thread of its parent is writing. */
static inline bool random_is_quiet(uint64_t seed)
{
    return seed / 7 % 2;
}

/* The text of guest 'seed' and the machine that it runs on. 'n_protocols' says
 * how far into random_protocols[] the draw goes. */
static inline char *random_draw(uint64_t seed, bool kills, unsigned n_protocols,
                                struct machine_config *config)
{
    const struct random_place *p = &random_places[seed % N_RANDOM_PLACES];
    struct guest_options options = {.n_cpus = p->n_cpus,
                                    .rounds = 16,
                                    .pins = seed / 2 % 4 == 0,
                                    .kills = kills,
                                    .lock_on_page = seed / 3 % 3 == 0,
                                    .quiet_forks = random_is_quiet(seed)};
    const char *protocol = random_protocols[seed / N_RANDOM_PLACES % n_protocols];
    const char *shootdown =
        seed / 5 % 2 ? "kernel.shootdown=freebsd2018" : "kernel.shootdown=freebsd2020";
    const char *slice =
        seed / 3 % 2 ? "kernel.time_slice_cycles=700" : "kernel.time_slice_cycles=2000";
    *config = world_config(
        p->machine, protocol,
        SETS(p->set, shootdown, slice, "check.watch=all", "mem.frames=2048"));
    char *text = random_guest(seed, &options);
    if (random_one_seed())
        printf("%s\n%s %s %s %s %s\n", text, p->machine, p->set, protocol, shootdown,
               slice);
    return text;
}

#endif
