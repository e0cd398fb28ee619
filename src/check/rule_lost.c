/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_lost.c - LOST: a store under lock that nobody will see, or that
 * destroyed a store which its thread had to see and did not.
 *
 * First form: the store landed in a frame that the space's table does not map
 * for the page.  Second form: in the same critical section the thread had
 * loaded the word, the load was stale, and now it overwrites the bytes of the
 * store that it missed (read-modify-write on old data).
 *
 * Excused: no lock is held; the guest itself unmapped the page and goes on
 * using it; the store wrote other bytes than the missed one; the frame has a
 * new owner (that is REUSE).
 */
#include "check/rules.h"

static void lost_to_dead_frame(struct check *check, const struct check_access *access)
{
    struct check_finding finding = {
        .rule = CHECK_LOST,
        .under_lock = true,
        .record = access->record,
        .page = access->page,
        .lock = access->thread->locks.lock[0],
    };
    check_report(check, &finding);
}

static void lost_overwrites(struct check *check, const struct check_access *access,
                            const struct check_seen *earlier)
{
    struct check_finding finding = {
        .rule = CHECK_LOST,
        .record = access->record,
        .earlier = &earlier->record,
        .page = access->page,
        .missed = &earlier->missed,
        .lock = CHECK_MAP_NONE,
    };
    finding.under_lock =
        check_locks_meet(&access->thread->locks, &earlier->missed.locks, &finding.lock);
    check_report(check, &finding);
}

static void lost_on_store(struct check *check, const struct check_access *access)
{
    if (access->thread->locks.n == 0 || access->reused)
        return;
    const struct check_seen *earlier = access->earlier;
    if (access->off_table && !access->page->dropped)
        lost_to_dead_frame(check, access);
    else if (earlier && earlier->stale && (earlier->missed.mask & access->mask))
        lost_overwrites(check, access, earlier);
}

const struct check_rule check_rule_lost = {
    .id = CHECK_LOST,
    .on_store = lost_on_store,
};
