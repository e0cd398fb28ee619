/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mem_world.h - a memory with a few cores and a little driver, for tests.
 *
 * The world is 16 cores: clusters of 2, dies of 4, sockets of 8.  The driver
 * delivers messages in the order (arrival, from, number), checks what every
 * message promises, and counts them.  'now' is the time of the last message.
 */
#ifndef TESTS_MEM_WORLD_H
#define TESTS_MEM_WORLD_H

#include "mem/mem.h"

#include <CUnit/CUnit.h>
#include <stdlib.h>

#define WORLD_CORES     16u
#define WORLD_DIRECTORY WORLD_CORES
#define WORLD_INBOX     8192u

struct mem_world {
    struct arena *arena;
    struct choice *choice;
    struct mem *mem;
    struct mem_config config;
    struct mem_topology topology;
    uint8_t cluster[WORLD_CORES], die[WORLD_CORES];
    uint8_t distance[WORLD_CORES * WORLD_CORES];
    struct inbox inbox;
    void *user; /* Of a test that posts its messages elsewhere. */
    cycle_t now, lookahead;
    unsigned n_requests, n_snoops, n_grants;
    struct msg last_grant, last_snoop;
    struct msg memory[WORLD_INBOX];
};

static inline struct mem_config mem_world_config(void)
{
    return (struct mem_config){
        .frames = 16,
        .caches = CACHE_FINITE,
        .l1_sets = 4,
        .l1_ways = 2,
        .l2_sets = 8,
        .l2_ways = 4,
        .l3_sets = 16,
        .l3_ways = 8,
        .l1_hit = 1,
        .l2_hit = 12,
        .l3_hit = 40,
        .dram_local = 200,
        .dram_remote = 300,
        .c2c_cluster = {.kind = DIST_FIXED, .base = 90},
        .c2c_die = {.kind = DIST_FIXED, .base = 120},
        .c2c_die_remote_home = {.kind = DIST_FIXED, .base = 160},
        .c2c_socket = {.kind = DIST_FIXED, .base = 210},
        .c2c_machine = {.kind = DIST_FIXED, .base = 400},
        .copy_lines = 8,
    };
}

static inline void mem_world_send(void *context, const struct msg *msg)
{
    struct mem_world *world = context;
    CU_ASSERT(msg->arrival >= world->now + world->lookahead);
    inbox_push(&world->inbox, msg);
}

static inline void mem_world_topology(struct mem_world *world)
{
    for (unsigned a = 0; a < WORLD_CORES; a++) {
        world->cluster[a] = (uint8_t)(a / 2);
        world->die[a] = (uint8_t)(a / 4);
        for (unsigned b = 0; b < WORLD_CORES; b++) {
            unsigned d = a / 2 == b / 2   ? 2
                         : a / 4 == b / 4 ? 3
                         : a / 8 == b / 8 ? 4
                                          : 5;
            world->distance[a * WORLD_CORES + b] = (uint8_t)(a == b ? 0 : d);
        }
    }
    world->topology = (struct mem_topology){.n_cores = WORLD_CORES,
                                            .n_clusters = WORLD_CORES / 2,
                                            .directory_unit = WORLD_DIRECTORY,
                                            .core_cluster = world->cluster,
                                            .core_die = world->die,
                                            .core_distance = world->distance};
}

/* 'send' null: messages go to the driver below. */
static inline struct mem_world *
mem_world_create_posting(const struct mem_config *config,
                         void (*send)(void *world, const struct msg *msg))
{
    struct mem_world *world = calloc(1, sizeof *world);
    struct err err = {0};
    world->config = *config;
    world->arena = arena_create(&err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(world->arena);
    world->choice = choice_init(
        arena_take(world->arena, ARENA_TIMING, 1, choice_bytes(WORLD_CORES + 1)),
        WORLD_CORES + 1);
    choice_seed(world->choice, 1);
    mem_world_topology(world);
    inbox_init(&world->inbox, world->memory, WORLD_INBOX);
    world->lookahead = mem_lookahead(config);
    struct post post = {world, send ? send : mem_world_send};
    world->mem =
        mem_create(world->arena, &world->config, &world->topology, world->choice, post);
    CU_ASSERT_EQUAL_FATAL(arena_freeze(world->arena, &err), STATUS_OK);
    return world;
}

static inline struct mem_world *mem_world_create(const struct mem_config *config)
{
    return mem_world_create_posting(config, NULL);
}

static inline void mem_world_destroy(struct mem_world *world)
{
    arena_destroy(world->arena);
    free(world);
}

static inline void mem_world_assert_lines(const struct mem_world *world,
                                          const struct msg *msg)
{
    unsigned n = msg->kind == MSG_LINE_GRANT ? (unsigned)(msg->b & 0xffffffffu) : 1;
    for (unsigned i = 0; i < n; i++)
        mem_assert_line(world->mem, (pa_t){msg->a + i * LINE_BYTES});
}

/* Delivers the next message and returns it. */
static inline struct msg mem_world_step(struct mem_world *world)
{
    struct msg msg = inbox_pop(&world->inbox);
    CU_ASSERT(msg.arrival >= world->now);
    world->now = msg.arrival;
    if (msg.to == WORLD_DIRECTORY) {
        world->n_requests++;
        mem_directory(world->mem, &msg);
        return msg;
    }
    mem_deliver(world->mem, msg.to, &msg);
    mem_world_assert_lines(world, &msg);
    if (msg.kind == MSG_LINE_GRANT) {
        world->n_grants++;
        world->last_grant = msg;
    } else {
        world->n_snoops++;
        world->last_snoop = msg;
    }
    return msg;
}

/* Delivers everything that arrives until 'until'; then it is 'until'. */
static inline void mem_world_run(struct mem_world *world, cycle_t until)
{
    while (inbox_next(&world->inbox) <= until)
        mem_world_step(world);
    world->now = until;
}

static inline void mem_world_settle(struct mem_world *world)
{
    while (world->inbox.n)
        mem_world_step(world);
    world->now += 1000;
}

static inline void mem_world_ask(struct mem_world *world, unsigned core, uint64_t pa,
                                 enum line_want want)
{
    mem_request(world->mem, core, core, (pa_t){pa}, 1, want, 0, world->now);
}

/* Gets a line with nothing else going on. Returns the cycles from the request
 * to the grant. */
static inline cycle_t mem_world_get(struct mem_world *world, unsigned core, uint64_t pa,
                                    enum line_want want)
{
    cycle_t asked = world->now;
    mem_world_ask(world, core, pa, want);
    mem_world_settle(world);
    return world->last_grant.arrival - asked;
}

static inline bool mem_world_has(const struct mem_world *world, unsigned core,
                                 uint64_t pa, enum line_want want)
{
    return mem_peek(world->mem, core, (pa_t){pa}, want);
}

#endif
