/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * expect.c - EXPECT operations. See expect.h.
 */
#include "run/expect.h"

#include <string.h>

bool expect_rule(const struct trace *trace, uint64_t id, enum check_rule_id *rule)
{
    const char *text = id <= UINT32_MAX ? trace_string(trace, (uint32_t)id) : NULL;
    for (unsigned i = 0; text && i < CHECK_N_RULES; i++) {
        *rule = (enum check_rule_id)i;
        if (strcmp(check_rule_name(*rule), text) == 0)
            return true;
    }
    return false;
}

static void on_record(void *context, const struct obs *record)
{
    struct expect *expect = context;
    enum check_rule_id rule;
    if (!expect_rule(expect->trace, record->id, &rule))
        return; /* Refused by preflight(). */
    expect->reached[rule] = true;
    expect->count[rule] += record->a;
}

void expect_listen(struct expect *expect, const struct trace *trace,
                   struct obs_hub *hub)
{
    expect->trace = trace;
    obs_listen(hub, (struct obs_listener){expect, on_record},
               UINT64_C(1) << OBS_EXPECT);
}

void expect_reset(struct expect *expect)
{
    *expect = (struct expect){.trace = expect->trace};
}

void expect_judge(const struct expect *expect, const struct check_counts *counts,
                  struct run_result *one)
{
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        if (!expect->reached[i])
            continue;
        one->expects[i] = (struct run_expect){
            .trials = 1,
            .missed = expect->count[i] != counts->total[i],
            .expected = expect->count[i],
            .observed = counts->total[i],
        };
    }
}
