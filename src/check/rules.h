/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rules.h - the table of rules.
 *
 * A rule looks at one access at a time, after access.c has judged it (which
 * store it missed, through which frame it went), and reports what it finds
 * with check_report().  Rules do not change state and do not know each other.
 *
 * To add a rule:
 *   1. add a row to CHECK_RULE_LIST in check.h: name and sentence;
 *   2. write rule_<name>.c ending in one 'const struct check_rule';
 *   3. declare it below and add it to check_rules[] in rules.c;
 *   4. give it three tests in tests/unit/test_check_rules.c: a sequence of
 *      records that keeps it, one that breaks it, one that is excused.
 */
#ifndef CHECK_RULES_H
#define CHECK_RULES_H

#include "check/state.h"

struct check_rule {
    enum check_rule_id id;
    /* Each may be null. */
    void (*on_load)(struct check *check, const struct check_access *access);
    void (*on_store)(struct check *check, const struct check_access *access);
    /* Before the thread becomes an owner of 'lock'. */
    void (*on_lock)(struct check *check, const struct obs *record, uint32_t lock);
};

extern const struct check_rule check_rule_stale;
extern const struct check_rule check_rule_torn;
extern const struct check_rule check_rule_lost;
extern const struct check_rule check_rule_mutex;
extern const struct check_rule check_rule_reuse;

extern const struct check_rule *const check_rules[]; /* Ends with null. */

#endif
