/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * bench_explore.c - states and transitions a second, and bytes a state, of
 * explorations of fixed size.
 *
 *   build/release/bench_explore
 */
#include "explore/explore.h"

#include <stdio.h>
#include <time.h>

struct bench {
    const char *machine, *protocol, *scenario;
    bool spontaneous;
};

static const struct bench benches[] = {
    {"explore_three", "two_stage", "cow_3", false},
    {"explore_three", "two_stage", "cow_3", true},
    {"explore_three", "break_before_make", "cow_3_two_words", true},
    {"explore_four", "two_stage", "cow_4_two_readers", false},
    {"explore_four", "two_stage", "cow_4_second_writer", false},
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum status load(const struct bench *b, struct machine_config *config,
                        struct trace **trace, struct err *err)
{
    char machine[512], scenario[512];
    snprintf(machine, sizeof machine, SD_SOURCE_DIR "/configs/tiny/%s.json",
             b->machine);
    snprintf(scenario, sizeof scenario, SD_SOURCE_DIR "/traces/explore/%s.trace",
             b->scenario);
    const char *files[] = {machine, NULL}, *sets[] = {NULL};
    const struct machine_config_sources sources = {.files = files,
                                                   .sets = sets,
                                                   .protocol = b->protocol,
                                                   .config_dir =
                                                       SD_SOURCE_DIR "/configs"};
    if (machine_config_load(&sources, config, NULL, err))
        return err->status;
    *trace = trace_open(scenario, false, err);
    return *trace ? STATUS_OK : err->status;
}

static enum status run(const struct bench *b, struct err *err)
{
    static const va_t page = {0x20000};
    struct machine_config config;
    struct trace *trace = NULL;
    struct explore_result r;
    const struct explore_options options = {.freedom = {.fills = b->spontaneous,
                                                        .evictions = b->spontaneous,
                                                        .pages = &page,
                                                        .n_pages = 1},
                                            .max_bytes = (size_t)4 << 30};
    if (load(b, &config, &trace, err))
        return err->status;
    double began = now();
    enum status status = explore_run(&config, trace, &options, &r, err);
    double seconds = now() - began;
    if (!status)
        printf("%-20s %-18s %-12s %9u %10llu %7.2f %9.0f %11.0f %6.0f\n", b->scenario,
               b->protocol, b->spontaneous ? "spontaneous" : "quiet", r.states,
               (unsigned long long)r.transitions, seconds, r.states / seconds,
               (double)r.transitions / seconds, (double)r.memory_bytes / r.states);
    explore_free(&r);
    trace_close(trace);
    return status;
}

int main(void)
{
    struct err err = {0};
    printf("%-20s %-18s %-12s %9s %10s %7s %9s %11s %6s\n", "scenario", "protocol",
           "TLBs", "states", "transitions", "s", "states/s", "transit./s", "bytes");
    for (size_t i = 0; i < sizeof benches / sizeof benches[0]; i++) {
        if (run(&benches[i], &err)) {
            fprintf(stderr, "%s\n", err.message);
            return 1;
        }
    }
    return 0;
}
