/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trial.h - one trial of a sweep: done in a worker, packed, stored by the parent.
 * Private to src/sweep.
 */
#ifndef SWEEP_TRIAL_H
#define SWEEP_TRIAL_H

#include "results/store.h"
#include "run/pool.h"
#include "run/run.h"

/* Runs trial number 'trial' and packs what the file needs, the witnesses of at most
 * 'n_witnesses' violations among it. */
enum status trial_perform(struct run *run, struct trace *trace, uint64_t trial,
                          uint32_t n_witnesses, struct pool_answer *answer,
                          struct err *err);

/* Stores a packed trial.  '*witnesses' counts those that the point has, at most
 * 'max_witnesses'. */
enum status trial_store(struct results *results, uint64_t point, uint64_t trial,
                        uint64_t seed, const void *bytes, size_t n,
                        uint32_t max_witnesses, uint32_t *witnesses, bool *failed,
                        bool *violated, struct err *err);

/* Stores a trial whose worker died; 'how' is its message. */
enum status trial_store_crashed(struct results *results, uint64_t point, uint64_t trial,
                                uint64_t seed, const char *how, struct err *err);

#endif
