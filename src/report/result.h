/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result.h - what one configuration gave over its trials.
 *
 * Trials are added up one by one, in any number of processes: a worker packs
 * the result of a trial into bytes, the parent unpacks and adds it.
 *
 *   run_result_take(&one, check, tally)   a trial, after check and tally ended
 *   run_result_add(&sum, &one)
 */
#ifndef REPORT_RESULT_H
#define REPORT_RESULT_H

#include "base/status.h"
#include "check/check.h"
#include "check/tally.h"

#define RESULT_SCHEMA "shootdown-result-1"

struct run_hits {
    uint64_t hits, misses;
};

/* Where the guest accessed what it may not, in words. */
struct run_segv {
    uint64_t trial;
    cycle_t cycle;
    uint64_t va, pc; /* pc 0: unknown. */
    uint64_t op;     /* Number of the operation in its stream. */
    uint32_t thread; /* Id of the stream. */
    uint16_t cpu;
    char thread_name[32], operation[16], address[96], pc_symbol[96];
    char why[16]; /* "not mapped", "read-only", ... */
};

#define RUN_SEGVS_MAX 16u

/* What EXPECT operations asked for, of one rule. */
struct run_expect {
    uint64_t trials;   /* In which EXPECT was reached. */
    uint64_t missed;   /* Of those: another number of violations. */
    uint64_t expected; /* Sums over those trials. */
    uint64_t observed;
};

struct run_result {
    /* What ran. The caller fills these. */
    char machine[128], protocol[128], shootdown[64], engine[32], guest[256];
    char end[32]; /* How the runs ended ("done"); "" leaves it out. */
    uint64_t seed;
    uint32_t cores;  /* Hardware threads. */
    double core_mhz; /* For microseconds; 0: unknown. */
    double host_seconds;

    /* Sums over trials. */
    uint64_t trials, trials_violated; /* Violated: at least one under lock. */
    struct check_counts check;
    struct tally_numbers tally;
    struct run_hits l1d, l1i, l2d, l2i;
    uint64_t walks, walk_cycles;
    uint64_t ops, cycles;
    struct run_expect expects[CHECK_N_RULES];

    /* The first SIGSEGVs, in the order of the trials; tally.segvs counts all. */
    uint32_t n_segvs;
    struct run_segv segvs[RUN_SEGVS_MAX];

    /* Distributions over all trials. */
    struct check_hist latency, exposure;
};

/* Fills the sums of one trial from the two listeners. Either may be null.
 * Leaves names, hits, walks, ops, cycles, expects and segvs alone. */
void run_result_take(struct run_result *one, const struct check *check,
                     struct tally *tally);

/* Adds the sums of 'one'; the names of 'sum' stay. */
void run_result_add(struct run_result *sum, const struct run_result *one);

/* The sums as bytes for another process of the same program. From malloc. */
void *run_result_pack(const struct run_result *one, size_t *n);

/* Back again; '*one' must be zeroed. False: these bytes are not a result. */
bool run_result_unpack(struct run_result *one, const void *bytes, size_t n);

/* Whether every EXPECT was met. */
bool run_result_as_expected(const struct run_result *result);

/* Share of violated trials, and its 95 % interval (Clopper-Pearson). */
double run_result_rate(const struct run_result *result);
void run_result_interval(const struct run_result *result, double *low, double *high);

double run_result_faults_per_page(const struct run_result *result);

/* Frees the distributions. */
void run_result_clear(struct run_result *result);

#endif
