/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.c - all rules, in the order in which they look at an access.
 */
#include "check/rules.h"

#include <stddef.h>

const struct check_rule *const check_rules[] = {
    &check_rule_stale, &check_rule_torn,  &check_rule_lost,
    &check_rule_mutex, &check_rule_reuse, NULL,
};

static const struct {
    const char *name, *sentence;
} rule_words[] = {
#define RULE(name, sentence) {#name, sentence},
    CHECK_RULE_LIST(RULE)
#undef RULE
};

const char *check_rule_name(enum check_rule_id rule)
{
    return rule_words[rule].name;
}

const char *check_rule_sentence(enum check_rule_id rule)
{
    return rule_words[rule].sentence;
}
