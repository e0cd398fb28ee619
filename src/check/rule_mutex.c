/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * rule_mutex.c - MUTEX: two threads own one lock at the same time.
 *
 * The machine does not grant locks: taking one is a locked operation on a
 * word of guest memory, which may itself lie in two frames at once.
 *
 * Excused: readers beside readers; a thread that takes a lock again that it
 * owns (recursive locks are the guest's business).
 */
#include "check/rules.h"

static void mutex_on_lock(struct check *check, const struct obs *record, uint32_t lock)
{
    const struct check_sync *sync = &check->syncs[lock];
    bool shared = record->id == OBS_LOCK_READ;
    for (uint32_t i = 0; i < sync->n_owners; i++) {
        const struct check_owner *owner = &sync->owners[i];
        if (owner->tid == record->tid || (shared && owner->shared))
            continue;
        check_report(check, &(struct check_finding){
                                .rule = CHECK_MUTEX,
                                .under_lock = true,
                                .record = record,
                                .page = check_page_find(check, record->space,
                                                        record->va >> PAGE_SHIFT),
                                .lock = lock,
                                .owner = owner,
                            });
        return;
    }
}

const struct check_rule check_rule_mutex = {
    .id = CHECK_MUTEX,
    .on_lock = mutex_on_lock,
};
