/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_stale.c - STALE: a load returned a version although a newer store to
 * the same bytes happens before the load.
 *
 * Under lock if the reader holds a lock that the writer held when it stored:
 * then the lock that guards the word did not protect it.
 *
 * Excused: the newer store is not ordered with the load (a race of the
 * guest); it wrote other bytes of the word; the load was answered by the own
 * store buffer.
 */
#include "check/rules.h"

static void stale_on_load(struct check *check, const struct check_access *access)
{
    if (!access->missed || access->reused)
        return;
    struct check_finding finding = {
        .rule = CHECK_STALE,
        .record = access->record,
        .page = access->page,
        .missed = access->missed,
        .lock = CHECK_MAP_NONE,
    };
    finding.under_lock =
        check_locks_meet(&access->thread->locks, &access->missed->locks, &finding.lock);
    check_report(check, &finding);
}

const struct check_rule check_rule_stale = {
    .id = CHECK_STALE,
    .on_load = stale_on_load,
};
