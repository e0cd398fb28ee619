/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.h - what the EXPECT operations of a guest ask for. Private to src/run.
 *
 * EXPECT says: rule k is violated n times in a run that comes here.  Several for
 * one rule add up.  A listener notes those that were reached; the checker's
 * verdict at the end of the trial says whether they were met.
 */
#ifndef RUN_EXPECT_H
#define RUN_EXPECT_H

#include "check/check.h"
#include "report/result.h"
#include "trace/trace.h"

struct expect {
    const struct trace *trace;
    bool reached[CHECK_N_RULES];
    uint64_t count[CHECK_N_RULES];
};

/* The rule that string 'id' names; false if it names none. */
bool expect_rule(const struct trace *trace, uint64_t id, enum check_rule_id *rule);

void expect_listen(struct expect *expect, const struct trace *trace,
                   struct obs_hub *hub);
void expect_reset(struct expect *expect);

/* Compares with the verdict on the trial, into 'one'. */
void expect_judge(const struct expect *expect, const struct check_counts *counts,
                  struct run_result *one);

#endif
