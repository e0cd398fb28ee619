/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * answer.h - one trial as plain bytes, and back. Private to src/run.
 *
 *   fixed part | latency distribution | exposure distribution | violations
 *
 * Both ends are the same program on the same machine, so the bytes are those
 * of the structs; they never reach a file.
 */
#ifndef RUN_ANSWER_H
#define RUN_ANSWER_H

#include "run/pool.h"
#include "run/trials.h"

struct answer_fixed {
    uint64_t seed;
    enum machine_end end;
    char message[2000];
    struct machine_stats stats;
    struct check_counts counts;
    struct tally_numbers numbers;
    uint32_t n_violations;
};

/* Packs the trial that 'run' and 'tally' have just done. */
enum status answer_pack(const struct answer_fixed *fixed, struct tally *tally,
                        const struct check_result *result, struct pool_answer *answer,
                        struct err *err);

/* Adds a packed trial to '*sum'; at most 'max_kept' violations are kept. */
void answer_add(struct trials *sum, uint64_t trial, const void *bytes, size_t n,
                size_t max_kept);

#endif
