/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.h - one trial as plain bytes, and back. Private to src/run.
 *
 *   fixed part | sums (run_result_pack) | violations with witnesses | races
 *
 * Both ends are the same program on the same machine, so the bytes are those
 * of the structs; they never reach a file.
 */
#ifndef RUN_ANSWER_H
#define RUN_ANSWER_H

#include "run/pool.h"
#include "run/trials.h"

struct answer_fixed {
    enum machine_end end;
    char message[2000];
    struct machine_stats stats;
    struct check_result check; /* Pointers mean nothing here. */
    uint64_t n_packed;         /* Bytes of the sums. */
};

/* Packs trial number 'trial', which 'run' has just done with 'outcome'. */
enum status answer_pack(struct run *run, uint64_t trial,
                        const struct machine_outcome *outcome,
                        struct pool_answer *answer, struct err *err);

/* A packed trial that is looked at: what it says, and what it owns. */
struct answer {
    struct answer_fixed fixed;
    struct run_result result; /* Sums. */
    struct check_result check;
};
void answer_unpack(struct answer *answer, const void *bytes, size_t n);

/* Adds it to '*sum', which takes over what it owns; at most 'max_kept' violations are
 * kept. */
void answer_add(struct trials *sum, uint64_t trial, struct answer *answer,
                size_t max_kept);

/* Frees what a kept verdict points to. */
void answer_free_check(struct check_result *check);

#endif
