/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_tlb_mem.c - host nanoseconds of the two hottest calls.
 *
 * Not a test: it prints what a look-up and an access cost on streams of known
 * kinds, with the geometry of Zen1 (64-entry L1, 12 x 128 L2; 32 KiB and
 * 512 KiB caches).  A stream is drawn beforehand; reading it is part of the
 * cost and shown as "stream alone".
 */
#include "base/rng.h"
#include "mem/mem.h"
#include "tlb/tlb.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N_STREAM 4096u
#define N_CALLS  (20u * 1000 * 1000)

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void print(const char *what, double started)
{
    printf("%-52s %6.2f ns\n", what, (now_ns() - started) / N_CALLS);
}

/* 'n' pages in turn, or at random. */
static void make_stream(uint64_t *stream, uint64_t n, bool random)
{
    for (uint64_t i = 0; i < N_STREAM; i++)
        stream[i] = (random ? rng_draw(1, n, i) : i) % n;
}

static void bench_stream(const uint64_t *stream)
{
    double started = now_ns();
    uint64_t sum = 0;
    for (unsigned i = 0; i < N_CALLS; i++)
        sum += *(volatile const uint64_t *)&stream[i % N_STREAM];
    (void)sum;
    print("stream alone", started);
}

static void bench_tlb(struct tlb *tlb, const char *what, uint64_t n, bool random)
{
    static uint64_t stream[N_STREAM];
    struct flush all = {.kind = FLUSH_ALL};
    cycle_t cost, filled_at, sum = 0;
    make_stream(stream, n, random);
    tlb_invalidate(tlb, &all, NULL);
    for (uint64_t vpn = 0; vpn < n; vpn++) {
        struct tlb_entry e = {.vpn = vpn, .frame = (uint32_t)vpn, .valid = 1};
        tlb_fill(tlb, TLB_DATA, &e, 0, NULL);
    }
    double started = now_ns();
    for (unsigned i = 0; i < N_CALLS; i++) {
        vpn_t vpn = {stream[i % N_STREAM]};
        const struct tlb_entry *e = tlb_lookup(tlb, TLB_DATA, vpn, &cost, &filled_at);
        sum += e ? e->frame : 1;
    }
    print(what, started);
    *(volatile cycle_t *)&cost = sum; /* The answers are used. */
}

static void bench_flush(struct tlb *tlb)
{
    struct flush all = {.kind = FLUSH_ALL};
    double started = now_ns();
    for (unsigned i = 0; i < N_CALLS / 10; i++) {
        struct tlb_entry e = {.vpn = i % 100, .frame = i, .valid = 1};
        tlb_fill(tlb, TLB_DATA, &e, 0, NULL);
        tlb_invalidate(tlb, &all, NULL);
    }
    printf("%-52s %6.2f ns\n", "tlb: fill one entry, flush all",
           (now_ns() - started) / (N_CALLS / 10));
}

/* Grants 'n' lines to core 0 and accesses them. */
static void bench_mem(struct mem *mem, const char *what, uint64_t n, bool random)
{
    static uint64_t stream[N_STREAM];
    cycle_t cost = 0, sum = 0;
    make_stream(stream, n, random);
    for (uint64_t line = 0; line < n; line++) {
        struct msg grant = {.kind = MSG_LINE_GRANT,
                            .a = line * LINE_BYTES,
                            .b = 1 | (uint64_t)LINE_EXCLUSIVE << 32};
        mem_deliver(mem, 0, &grant);
    }
    double started = now_ns();
    for (unsigned i = 0; i < N_CALLS; i++) {
        pa_t pa = {stream[i % N_STREAM] * LINE_BYTES};
        sum += mem_access(mem, 0, pa, i & 1 ? LINE_SHARED : LINE_EXCLUSIVE, &cost);
        sum += cost;
    }
    print(what, started);
    *(volatile cycle_t *)&cost = sum; /* The answers are used. */
}

/* Messages go straight on: one at a time, no queue. */
struct relay {
    struct mem *mem;
    struct msg queue[64];
    unsigned n;
};

static void relay_send(void *context, const struct msg *msg)
{
    struct relay *relay = context;
    relay->queue[relay->n++] = *msg;
}

static void bench_ping_pong(struct relay *relay)
{
    double started = now_ns();
    cycle_t now = 0;
    for (unsigned i = 0; i < N_CALLS / 10; i++) {
        relay->n = 0;
        mem_request(relay->mem, i % 2, 0, (pa_t){(i / 2 % 512) * LINE_BYTES}, 1,
                    LINE_EXCLUSIVE, 0, now);
        mem_directory(relay->mem, &relay->queue[0]);
        for (unsigned k = 1; k < relay->n; k++)
            mem_deliver(relay->mem, relay->queue[k].to, &relay->queue[k]);
        now += 1000;
    }
    printf("%-52s %6.2f ns\n", "mem: a whole transfer between two cores",
           (now_ns() - started) / (N_CALLS / 10));
}

static struct mem *create_mem(struct arena *arena, struct relay *relay,
                              enum cache_model caches)
{
    static const uint8_t cluster[2] = {0, 0}, distance[4] = {0, 2, 2, 0};
    static const struct mem_topology topology = {.n_cores = 2,
                                                 .n_clusters = 1,
                                                 .directory_unit = 2,
                                                 .core_cluster = cluster,
                                                 .core_die = cluster,
                                                 .core_distance = distance};
    struct mem_config config = {.frames = 4096,
                                .caches = caches,
                                .l1_sets = 64,
                                .l1_ways = 8,
                                .l2_sets = 1024,
                                .l2_ways = 8,
                                .l3_sets = 8192,
                                .l3_ways = 16,
                                .l2_hit = 13,
                                .l3_hit = 40,
                                .dram_local = 250,
                                .dram_remote = 400,
                                .c2c_cluster = {.base = 90},
                                .c2c_die = {.base = 90},
                                .c2c_die_remote_home = {.base = 90},
                                .c2c_socket = {.base = 90},
                                .c2c_machine = {.base = 90}};
    struct choice *choice =
        choice_init(arena_take(arena, ARENA_TIMING, 1, choice_bytes(3)), 3);
    return mem_create(arena, &config, &topology, choice,
                      (struct post){relay, relay_send});
}

static void bench_memory(enum cache_model caches, const char *name)
{
    struct err err = {0};
    struct arena *arena = arena_create(&err);
    struct relay relay = {0};
    relay.mem = create_mem(arena, &relay, caches);
    printf("%s caches\n", name);
    bench_mem(relay.mem, "mem: same line", 1, false);
    bench_mem(relay.mem, "mem: 64 lines in turn", 64, false);
    bench_mem(relay.mem, "mem: 400 lines at random (L1)", 400, true);
    bench_mem(relay.mem, "mem: 4000 lines at random (L2)", 4000, true);
    bench_ping_pong(&relay);
    arena_destroy(arena);
}

int main(void)
{
    struct err err = {0};
    struct arena *arena = arena_create(&err);
    struct tlb_hierarchy_config config = {.l1d = {1, 64, 0, 0},
                                          .l1i = {1, 64, 0, 0},
                                          .l2d = {128, 12, 0, 7},
                                          .l2i = {64, 8, 0, 7}};
    struct tlb *tlb = tlb_create(arena, &config, NULL, 0);
    static uint64_t stream[N_STREAM];
    bench_stream(stream);
    bench_tlb(tlb, "tlb: same page", 1, false);
    bench_tlb(tlb, "tlb: 64 pages in turn", 64, false);
    bench_tlb(tlb, "tlb: 64 pages at random", 64, true);
    bench_tlb(tlb, "tlb: 1500 pages at random (L2)", 1500, true);
    bench_tlb(tlb, "tlb: pages that are not there", 100000, false);
    bench_flush(tlb);
    arena_destroy(arena);
    bench_memory(CACHE_FINITE, "finite");
    bench_memory(CACHE_IDEAL, "ideal");
    return 0;
}
