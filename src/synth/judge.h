/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * judge.h - is an order of steps safe on a family of scenarios, and what does it cost?
 */
#ifndef SYNTH_JUDGE_H
#define SYNTH_JUDGE_H

#include "explore/explore.h"
#include "synth/cause.h"

#define SYNTH_SCENARIOS 16u
#define SYNTH_MOVES     64u
#define SYNTH_THREADS   256u /* Whose faults are timed. */

/* A small guest and the machine that fits it. */
struct synth_scenario {
    char name[64];
    struct machine_config config; /* Its protocol is replaced. */
    struct trace *trace;
    struct machine_freedom freedom;
    struct explore_pages pages;
};

enum synth_verdict { SYNTH_SAFE, SYNTH_UNSAFE, SYNTH_OPEN };

/* Plain bytes. */
struct synth_judgement {
    uint8_t verdict;          /* enum synth_verdict */
    uint8_t cause;            /* UNSAFE: enum synth_cause */
    uint16_t scenario;        /* UNSAFE, OPEN: which one. */
    uint64_t states;          /* Visited, on all scenarios. */
    char why[96];             /* OPEN */
    char rule[8];             /* UNSAFE; "" if it never ends. */
    uint32_t n_moves, n_done; /* UNSAFE: length; steps of the copy list done. */
    struct machine_move moves[SYNTH_MOVES];
};

/* Explores 'protocol' on the scenarios, in their order, until one refutes it or
 * leaves it open. Errors as explore_run(). */
enum status synth_judge(const struct protocol *protocol,
                        struct synth_scenario *scenarios, uint32_t n,
                        const struct explore_options *options,
                        struct synth_judgement *out, struct err *err);

/* Trials of a guest on a machine. */
struct synth_cost {
    double fault_cycles; /* In page faults of copied pages, per page: the copying one,
                          * upgrades, those that sleep on the busy page. */
    double mean_cycles;  /* Of a trial. */
    double faults_per_page;
    uint64_t shootdowns, ipis, copies;
    uint64_t latency_p50, latency_p99; /* Cycles. */
    uint64_t violated;                 /* Trials; 0 for a safe order. */
};
enum status synth_price(const struct protocol *protocol,
                        const struct machine_config *machine, struct trace *trace,
                        struct synth_cost *out, struct err *err);

#endif
