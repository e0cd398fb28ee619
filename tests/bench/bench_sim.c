/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_sim.c - guest operations per second of the whole simulator, next to a
 * floor.  Not a test: it prints numbers and judges nothing.
 *
 *   bench_sim [-n PAIRS] [-p PROTOCOL] CORES:TRACE...
 *
 * The simulator is what 'sim run' runs: machine, observation, checker and
 * statistics, on the native engine.  CORES is 1, 4, 16 or 64: configs/ryzen16
 * with fewer or more of its clusters.
 *
 * The floor decodes the same trace, window by window, the streams in turn, and
 * asks for each access a 64-entry LRU TLB, and if that misses one of 1536
 * entries, of the core that the stream falls to; a miss of both fills both.
 * It does nothing else: no permissions, caches, time, faults or records.  Its
 * TLBs are those of src/tlb, the fastest that we know how to write.
 *
 * Simulator and floor run in turn, so that a disturbance of the host hits both,
 * and the table shows medians.
 */
#include "run/run.h"
#include "tlb/tlb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAIRS_MAX 101
#define SETS_MAX  4

struct shape {
    unsigned cores;
    const char *sets[SETS_MAX];
};

static const struct shape shapes[] = {
    {1, {"topology.dies=1", "topology.clusters=1", "topology.cores=1"}},
    {4, {"topology.dies=1", "topology.clusters=1"}},
    {16, {NULL}},
    {64, {"topology.sockets=4"}},
};

struct options {
    int n_pairs;
    const char *protocol;
};

/* Of this process on a CPU: a host that is busy with others adds nothing. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* ---- the floor -------------------------------------------------------------- */

struct floor {
    struct trace *trace;
    struct arena *arena;
    struct tlb **tlbs; /* [n_tlbs] */
    uint32_t n_tlbs;
    uint64_t n_accesses, n_misses;
};

static bool floor_open(struct floor *floor, struct trace *trace, unsigned cores,
                       struct err *err)
{
    static const struct tlb_hierarchy_config config = {
        .l1d = {1, 64, 0, 0}, .l1i = {1, 64, 0, 0}, .l2d = {128, 12, 0, 8}};
    *floor = (struct floor){.trace = trace, .n_tlbs = cores};
    floor->arena = arena_create(err);
    floor->tlbs = calloc(cores, sizeof(struct tlb *));
    if (!floor->arena || !floor->tlbs)
        return false;
    for (unsigned i = 0; i < cores; i++)
        floor->tlbs[i] = tlb_create(floor->arena, &config, NULL, i);
    return arena_freeze(floor->arena, err) == STATUS_OK;
}

static void floor_close(struct floor *floor)
{
    arena_destroy(floor->arena);
    free(floor->tlbs);
}

static bool is_access(const struct op *op)
{
    return op->kind <= OP_RMW || op->kind == OP_LOAD_RANGE ||
           op->kind == OP_STORE_RANGE || op->kind == OP_LOCK || op->kind == OP_UNLOCK ||
           op->kind == OP_TRYLOCK;
}

static void floor_window(struct floor *floor, struct tlb *tlb, uint64_t tag,
                         const struct trace_window *window)
{
    for (uint64_t i = 0; i < window->n; i++) {
        const struct op *op = &window->ops[i];
        cycle_t cost, filled_at;
        if (!is_access(op))
            continue;
        floor->n_accesses++;
        vpn_t page = {tag | op->addr >> PAGE_SHIFT};
        if (tlb_lookup(tlb, TLB_DATA, page, &cost, &filled_at))
            continue;
        floor->n_misses++;
        struct tlb_entry entry = {.vpn = page.v, .frame = 1, .valid = 1};
        tlb_fill(tlb, TLB_DATA, &entry, 0, NULL);
    }
}

/* The window of 'stream' after '*window'. False at its end. */
static bool next_window(struct floor *floor, uint32_t stream,
                        struct trace_window *window)
{
    struct err err;
    uint64_t next = window->first + window->n;
    if (next >= trace_stream(floor->trace, stream)->n_ops)
        return false;
    return trace_read(floor->trace, stream, next, window, &err) == STATUS_OK;
}

static double floor_run(struct floor *floor)
{
    uint32_t n_streams = trace_n_streams(floor->trace), n_open;
    struct trace_window *windows = calloc(n_streams, sizeof *windows);
    double start = seconds();
    floor->n_accesses = floor->n_misses = 0;
    arena_reset(floor->arena);
    do {
        n_open = 0;
        for (uint32_t s = 0; windows && s < n_streams; s++) {
            if (!next_window(floor, s, &windows[s]))
                continue;
            uint64_t process = trace_stream(floor->trace, s)->process;
            floor_window(floor, floor->tlbs[s % floor->n_tlbs], process << 40,
                         &windows[s]);
            n_open++;
        }
    } while (n_open);
    free(windows);
    return seconds() - start;
}

/* ---- the simulator ---------------------------------------------------------- */

static struct run *open_run(const struct shape *shape, const struct options *options,
                            struct trace *trace, struct err *err)
{
    static struct machine_config config;
    const char *files[] = {SD_SOURCE_DIR "/configs/ryzen16.json", NULL};
    const char *sets[SETS_MAX + 1] = {0};
    memcpy(sets, shape->sets, sizeof shape->sets);
    const struct machine_config_sources sources = {.files = files,
                                                   .sets = sets,
                                                   .protocol = options->protocol,
                                                   .config_dir =
                                                       SD_SOURCE_DIR "/configs"};
    if (machine_config_load(&sources, &config, NULL, err) != STATUS_OK)
        return NULL;
    return run_create(&config, trace, &engine_native, err);
}

static double sim_run(struct run *run, struct machine_outcome *outcome)
{
    struct err err = {0};
    double start = seconds();
    if (run_trial(run, 0, NULL, outcome, &err) != STATUS_OK)
        printf("the run failed: %s\n", err.message);
    return seconds() - start;
}

/* ---- pairs --------------------------------------------------------------------- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *values, int n)
{
    qsort(values, (size_t)n, sizeof *values, by_value);
    return values[n / 2];
}

static void measure_pairs(const struct shape *shape, const struct options *options,
                          struct run *run, struct floor *floor)
{
    struct machine_outcome outcome;
    double sim[PAIRS_MAX], base[PAIRS_MAX], ratio[PAIRS_MAX];
    sim_run(run, &outcome); /* Once beforehand: page cache, host memory. */
    double ops = (double)outcome.stats.ops;
    for (int i = 0; i < options->n_pairs; i++) {
        base[i] = 1e9 * floor_run(floor) / ops;
        sim[i] = 1e9 * sim_run(run, &outcome) / ops;
        ratio[i] = sim[i] / base[i];
    }
    double ns = median(sim, options->n_pairs);
    printf("%5u  %7.1f  %6.2f  %8.1f  %8.1f  %5.2f  %8.1f  %6.2f  %s\n", shape->cores,
           ops / 1e6, 1e3 / ns, ns, median(base, options->n_pairs),
           median(ratio, options->n_pairs), (double)outcome.stats.cycles / 1e6,
           (double)outcome.stats.events / ops, run_end_name(outcome.end));
    fflush(stdout);
}

static enum status measure(const struct shape *shape, const struct options *options,
                           const char *path, struct err *err)
{
    struct floor floor = {0};
    struct run *run = NULL;
    struct trace *trace = trace_open(path, false, err);
    if (trace)
        run = open_run(shape, options, trace, err);
    bool good = run && floor_open(&floor, trace, shape->cores, err);
    if (good)
        measure_pairs(shape, options, run, &floor);
    if (run)
        floor_close(&floor);
    run_destroy(run);
    trace_close(trace);
    return good ? STATUS_OK : err->status;
}

static const struct shape *find_shape(const char *argument, const char **path)
{
    char *end;
    unsigned long cores = strtoul(argument, &end, 10);
    *path = end + 1;
    for (size_t i = 0; *end == ':' && i < sizeof shapes / sizeof *shapes; i++)
        if (shapes[i].cores == cores)
            return &shapes[i];
    return NULL;
}

static int usage(void)
{
    fprintf(stderr, "usage: bench_sim [-n PAIRS] [-p PROTOCOL] CORES:TRACE...\n"
                    "CORES is 1, 4, 16 or 64; tests/bench/speed.sh makes the traces\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct options options = {5, "two_stage"};
    int letter;
    while ((letter = getopt(argc, argv, "n:p:")) != -1) {
        if (letter == 'n')
            options.n_pairs = atoi(optarg);
        else if (letter == 'p')
            options.protocol = optarg;
        else
            return usage();
    }
    if (optind == argc || options.n_pairs < 1 || options.n_pairs > PAIRS_MAX)
        return usage();
    printf("cores   M ops   Mop/s     ns/op  floor ns  ratio  M cycles  ev/op  end\n");
    for (int i = optind; i < argc; i++) {
        const char *path;
        struct err err = {0};
        const struct shape *shape = find_shape(argv[i], &path);
        if (!shape)
            return usage();
        if (measure(shape, &options, path, &err) != STATUS_OK) {
            fprintf(stderr, "bench_sim: %s\n", err.message);
            return 1;
        }
    }
    return 0;
}
