/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol_check.c - can this list of steps run at all?
 *
 * The check walks the list once with a handful of facts, as a reader would:
 * what is held, what the entry holds, what is under way.  It refuses what
 * would deadlock the kernel or mean nothing.  It does not judge safety:
 * no_wait, local_only and unbusy_early pass.
 */
#include "config/protocol.h"

#include <stdio.h>
#include <string.h>

/* What the entry holds at a point of the list. */
enum entry {
    ENTRY_OLD,
    ENTRY_CLEAR,
    ENTRY_NEW_RO,
    ENTRY_NEW_RW,
};

struct walk {
    const char *list; /* "copy" or "upgrade" */
    bool upgrading;
    bool busy, locked, copied, stopped, sent, broadcast;
    enum entry entry;
};

/* Each returns null, or what is wrong with the step here. */
static const char *take(bool *held, bool stopped, const char *twice)
{
    if (*held)
        return twice;
    *held = true;
    return stopped ? "would wait for a core that is stopped" : NULL;
}

static const char *give(bool *held, const char *missing)
{
    if (!*held)
        return missing;
    *held = false;
    return NULL;
}

static const char *set_new(struct walk *w, enum entry entry)
{
    if (w->upgrading)
        return "an upgrade has no new frame; use \"pte_set same\"";
    if (!w->copied)
        return "there is no new frame before copy_frame";
    w->entry = entry;
    return NULL;
}

static const char *set_same(struct walk *w, bool write)
{
    if (w->entry == ENTRY_CLEAR)
        return "the entry was cleared, so there is no frame to keep";
    if (w->entry != ENTRY_OLD || w->upgrading)
        w->entry = write ? ENTRY_NEW_RW : ENTRY_NEW_RO;
    return NULL;
}

static const char *copy_frame(struct walk *w)
{
    if (w->upgrading)
        return "an upgrade copies nothing";
    if (w->copied)
        return "the frame is copied twice";
    w->copied = true;
    return NULL;
}

static const char *shootdown_wait(struct walk *w)
{
    if (w->stopped)
        return "cores that are stopped never acknowledge";
    return give(&w->sent, "waits without a shootdown_send before it");
}

static const char *remove_all(struct walk *w)
{
    if (w->upgrading)
        return "an upgrade has no old frame to remove";
    if (w->locked)
        return "takes every pmap lock itself, so not inside pmap_lock";
    if (w->stopped)
        return "would wait for a core that is stopped";
    if (w->entry == ENTRY_OLD)
        w->entry = ENTRY_CLEAR;
    return NULL;
}

static const char *walk_step(struct walk *w, enum protocol_step step)
{
    switch (step) {
    case PROTOCOL_PAGE_BUSY:
        return take(&w->busy, w->stopped, "the page is busy already");
    case PROTOCOL_PAGE_UNBUSY:
        return give(&w->busy, "the page is not busy here");
    case PROTOCOL_COPY_FRAME:
        return copy_frame(w);
    case PROTOCOL_PMAP_LOCK:
        return take(&w->locked, w->stopped, "the pmap is locked already");
    case PROTOCOL_PMAP_UNLOCK:
        return give(&w->locked, "the pmap is not locked here");
    case PROTOCOL_PV_LOCKS:
        return w->stopped ? "would wait for a core that is stopped" : NULL;
    case PROTOCOL_PTE_SET_NEW_RO:
        return set_new(w, ENTRY_NEW_RO);
    case PROTOCOL_PTE_SET_NEW_RW:
        return set_new(w, ENTRY_NEW_RW);
    case PROTOCOL_PTE_SET_SAME_RO:
        return set_same(w, false);
    case PROTOCOL_PTE_SET_SAME_RW:
        return set_same(w, true);
    case PROTOCOL_PTE_CLEAR:
        w->entry = ENTRY_CLEAR;
        return NULL;
    case PROTOCOL_INVALIDATE_LOCAL:
        return NULL;
    case PROTOCOL_SHOOTDOWN_SEND:
        return take(&w->sent, w->stopped, "the shootdown before it was not waited for");
    case PROTOCOL_SHOOTDOWN_WAIT:
        return shootdown_wait(w);
    case PROTOCOL_BROADCAST:
        w->broadcast = true;
        return NULL;
    case PROTOCOL_BROADCAST_SYNC:
        return give(&w->broadcast, "syncs without a broadcast before it");
    case PROTOCOL_STOP_OTHERS:
        if (w->sent)
            return "a shootdown is under way: the stopped cores would not answer it";
        return take(&w->stopped, false, "the others are stopped already");
    case PROTOCOL_RESUME_OTHERS:
        return give(&w->stopped, "nobody is stopped here");
    case PROTOCOL_REMOVE_ALL:
        return remove_all(w);
    case PROTOCOL_N_STEPS:
        break;
    }
    return "not a step";
}

/* What must not be left when the list ends. */
static const char *walk_end(const struct walk *w)
{
    if (w->busy)
        return "ends with the page still busy; add page_unbusy";
    if (w->locked)
        return "ends with the pmap still locked; add pmap_unlock";
    if (w->stopped)
        return "ends with the others still stopped; add resume_others";
    if (!w->upgrading && w->entry < ENTRY_NEW_RO)
        return "ends without the new frame in the entry; add pte_set new";
    if (w->upgrading && w->entry != ENTRY_NEW_RW)
        return "ends without a writable entry; add \"pte_set same rw\"";
    return NULL;
}

static enum status walk_list(struct walk *w, const uint8_t *list, uint32_t n,
                             struct err *err)
{
    for (uint32_t i = 0; i < n; i++) {
        const char *wrong = walk_step(w, (enum protocol_step)list[i]);
        if (wrong)
            return err_set(err, STATUS_CONFIG, "%s[%u]: \"%s\": %s", w->list, i,
                           protocol_step_text((enum protocol_step)list[i]), wrong);
    }
    const char *left = walk_end(w);
    if (left)
        return err_set(err, STATUS_CONFIG, "%s: %s", w->list, left);
    return STATUS_OK;
}

enum status protocol_check(const struct protocol *protocol, struct err *err)
{
    struct walk copy = {.list = "copy"};
    struct walk upgrade = {.list = "upgrade", .upgrading = true, .entry = ENTRY_NEW_RO};
    enum status status = walk_list(&copy, protocol->copy, protocol->n_copy, err);
    if (status)
        return status;
    if (protocol->n_upgrade)
        return walk_list(&upgrade, protocol->upgrade, protocol->n_upgrade, err);
    if (copy.entry == ENTRY_NEW_RO)
        return err_set(err, STATUS_CONFIG,
                       "upgrade: missing, but copy leaves the entry read-only, so the "
                       "store would fault forever");
    return STATUS_OK;
}

bool protocol_needs_upgrade(const struct protocol *protocol)
{
    bool read_only = false;
    for (uint32_t i = 0; i < protocol->n_copy; i++) {
        enum protocol_step step = (enum protocol_step)protocol->copy[i];
        if (step == PROTOCOL_PTE_SET_NEW_RO || step == PROTOCOL_PTE_SET_SAME_RO)
            read_only = true;
        if (step == PROTOCOL_PTE_SET_NEW_RW || step == PROTOCOL_PTE_SET_SAME_RW)
            read_only = false;
    }
    return read_only;
}

const char *protocol_check_prefix(const uint8_t *copy, uint32_t n)
{
    struct walk w = {.list = "copy"};
    const char *wrong = NULL;
    for (uint32_t i = 0; i < n && !wrong; i++)
        wrong = walk_step(&w, (enum protocol_step)copy[i]);
    return wrong;
}
