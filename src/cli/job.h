/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * job.h - one guest under one configuration: from arguments to numbers.
 *
 * What run and compare share: load, create, run all trials with progress, and
 * keep everything that a report needs.  Whoever has a job owns what is in it.
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "cli/run_args.h"
#include "machine/scheduled.h"
#include "run/trials.h"
#include "run/wave.h"

struct run_store;

struct job {
    struct machine_config config;
    struct config *effective;
    const struct engine_kind *engine;
    struct trace *trace; /* Not owned: compare shares it. */
    struct run *run;
    struct machine_schedule schedule; /* Of --schedule. */
    struct wave *wave;                /* Null unless --vcd. */
    struct trials sum;
    struct run_store *store; /* Gets every trial; not owned, may be null. */
    uint64_t point;          /* Its place there. */
};

/* Loads the configuration and creates the machine. 'protocol' may be null. */
enum status job_prepare(struct job *job, const struct run_args *args,
                        struct trace *trace, const char *protocol, struct err *err);

/* Runs all trials; SIGINT ends it with STATUS_OK, and less in 'sum'. */
enum status job_perform(struct job *job, const struct run_args *args, struct err *err);

/* Gives the machine back; the numbers stay. */
void job_release(struct job *job);
void job_free(struct job *job);

/* The exit code that a finished job deserves: violations, deadlock, signal. */
int job_exit_code(const struct job *job, const struct run_args *args);

#endif
