/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_torn.c - TORN: two loads of one word inside one critical section, no
 * store of the owner between them, returned different versions.
 *
 * The word may also have changed because the guest races on it.  That is told
 * apart like this: in a race both loads return the newest content there is;
 * in a torn read one of the two missed a store that happens before it.
 *
 * Excused: both loads were up to date (a race, or a word that an inner lock
 * guards which was released between the loads).
 */
#include "check/rules.h"

static void torn_on_load(struct check *check, const struct check_access *access)
{
    const struct check_seen *earlier = access->earlier;
    if (!earlier || access->reused || earlier->record.b == access->record->b)
        return;
    const struct check_store *missed = access->missed;
    if (!missed && earlier->stale)
        missed = &earlier->missed;
    if (!missed)
        return;
    struct check_finding finding = {
        .rule = CHECK_TORN,
        .record = access->record,
        .earlier = &earlier->record,
        .page = access->page,
        .missed = missed,
        .lock = CHECK_MAP_NONE,
    };
    finding.under_lock =
        check_locks_meet(&access->thread->locks, &missed->locks, &finding.lock);
    check_report(check, &finding);
}

const struct check_rule check_rule_torn = {
    .id = CHECK_TORN,
    .on_load = torn_on_load,
};
