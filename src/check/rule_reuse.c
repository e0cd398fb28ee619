/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_reuse.c - REUSE: an access through a stale translation reached a frame
 * that had been freed or given to another page.
 *
 * Always wrong, ordered or not: the access reads or writes somebody else's
 * memory.  Under lock if the thread held any lock.
 *
 * Excused: the frame came back to the same page and is mapped there now.
 */
#include "check/rules.h"

static void reuse_on_access(struct check *check, const struct check_access *access)
{
    if (!access->reused)
        return;
    bool held = access->thread->locks.n > 0;
    check_report(check,
                 &(struct check_finding){
                     .rule = CHECK_REUSE,
                     .under_lock = held,
                     .record = access->record,
                     .page = access->page,
                     .lock = held ? access->thread->locks.lock[0] : CHECK_MAP_NONE,
                 });
}

const struct check_rule check_rule_reuse = {
    .id = CHECK_REUSE,
    .on_load = reuse_on_access,
    .on_store = reuse_on_access,
};
