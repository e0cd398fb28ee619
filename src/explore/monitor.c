/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor.c - rules on explored states. See monitor.h.
 */
#include "explore/monitor.h"

#include "base/pte.h"

#include <string.h>

static void raise_alarm(struct monitor_watch *w, enum monitor_alarm alarm)
{
    if (w->alarm == MONITOR_QUIET)
        w->alarm = alarm;
}

static bool word_is_before(const struct monitor_word *word, uint32_t process,
                           uint64_t va)
{
    return word->process != process ? word->process < process : word->va < va;
}

/* The word of 'va', which gets a place if it has none: in the order of
 * addresses, which does not tell who came first.  Null: no room. */
static struct monitor_word *word_of(struct monitor_watch *w, uint32_t process,
                                    uint64_t va)
{
    struct monitor_word *words = w->monitor->words;
    unsigned at = 0, n = 0;
    va &= ~(uint64_t)(WORD_BYTES - 1);
    while (at < MONITOR_WORDS && words[at].used &&
           word_is_before(&words[at], process, va))
        at++;
    if (at < MONITOR_WORDS && words[at].used && words[at].va == va &&
        words[at].process == process)
        return &words[at];
    for (n = at; n < MONITOR_WORDS && words[n].used; n++)
        continue;
    if (n == MONITOR_WORDS) {
        raise_alarm(w, MONITOR_FULL);
        return NULL;
    }
    memmove(&words[at + 1], &words[at], (n - at) * sizeof *words);
    words[at] = (struct monitor_word){.va = va, .process = process, .used = 1};
    return &words[at];
}

/* A 64-bit mix (splitmix64's): which versions were read, in which order. */
static uint64_t mix(uint64_t h, uint64_t value)
{
    h = (h ^ value) + UINT64_C(0x9e3779b97f4a7c15);
    h = (h ^ (h >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    h = (h ^ (h >> 27)) * UINT64_C(0x94d049bb133111eb);
    return h ^ (h >> 31);
}

static void on_load(struct monitor_watch *w, const struct obs *r)
{
    if (w->observe && !(r->flags & OBS_LOCKED))
        w->monitor->outcomes[r->tid] = mix(w->monitor->outcomes[r->tid], r->b);
    if ((r->flags & (OBS_FORWARDED | OBS_LOCKED)) || !w->monitor->n_locks[r->tid])
        return;
    struct monitor_word *word = word_of(w, r->space, r->va);
    if (!word)
        return;
    uint8_t bit = (uint8_t)(1u << r->tid);
    w->n_rule[MONITOR_STALE] += word->stored;
    if (word->stored && r->b != word->last)
        raise_alarm(w, MONITOR_STALE);
    w->n_rule[MONITOR_TORN] += (word->read & bit) != 0;
    if ((word->read & bit) && word->seen[r->tid] != r->b)
        raise_alarm(w, MONITOR_TORN);
    word->read |= bit;
    word->seen[r->tid] = r->b;
}

static void forget_read(struct monitor_word *word, uint32_t tid)
{
    word->read &= (uint8_t) ~(1u << tid);
    word->seen[tid] = 0;
}

static void on_store(struct monitor_watch *w, const struct obs *r)
{
    struct monitor_word *word = word_of(w, r->space, r->va);
    if (!word)
        return;
    word->stored = 1;
    word->last = r->b;
    forget_read(word, r->tid);
}

static struct monitor_lock *lock_of(struct monitor_watch *w, uint32_t process,
                                    uint64_t va)
{
    for (unsigned i = 0; i < MONITOR_LOCKS; i++) {
        struct monitor_lock *lock = &w->monitor->locks[i];
        if (lock->va != 0 && (lock->va != va || lock->process != process))
            continue;
        lock->va = va;
        lock->process = process;
        return lock;
    }
    raise_alarm(w, MONITOR_FULL);
    return NULL;
}

static void on_lock(struct monitor_watch *w, const struct obs *r)
{
    struct monitor_lock *lock = lock_of(w, r->space, r->va);
    w->monitor->n_locks[r->tid]++;
    if (!lock || r->id == OBS_LOCK_READ)
        return;
    w->n_rule[MONITOR_MUTEX]++;
    if (lock->owner)
        raise_alarm(w, MONITOR_MUTEX);
    lock->owner = r->tid + 1;
}

static void on_unlock(struct monitor_watch *w, const struct obs *r)
{
    struct monitor *m = w->monitor;
    struct monitor_lock *lock = lock_of(w, r->space, r->va);
    if (lock && r->id != OBS_LOCK_READ)
        lock->owner = 0;
    if (m->n_locks[r->tid])
        m->n_locks[r->tid]--;
    for (unsigned i = 0; m->n_locks[r->tid] == 0 && i < MONITOR_WORDS; i++)
        forget_read(&m->words[i], r->tid);
}

/* ---- which frame a page has ------------------------------------------------------ */

static bool page_is_before(const struct monitor_page *page, uint32_t process,
                           uint64_t va)
{
    return page->process != process ? page->process < process : page->va < va;
}

/* The page's place, or where it belongs; '*there' says which. */
static unsigned page_place(const struct monitor *m, uint32_t process, uint64_t va,
                           bool *there)
{
    const struct monitor_page *pages = m->pages;
    unsigned at = 0;
    while (at < MONITOR_PAGES && pages[at].used &&
           page_is_before(&pages[at], process, va))
        at++;
    *there = at < MONITOR_PAGES && pages[at].used && pages[at].va == va &&
             pages[at].process == process;
    return at;
}

/* The page's place, which is made if need be. Null: no room. */
static struct monitor_page *page_of(struct monitor_watch *w, uint32_t process,
                                    uint64_t va)
{
    struct monitor_page *pages = w->monitor->pages;
    bool there;
    unsigned at = page_place(w->monitor, process, va, &there), n;
    if (there)
        return &pages[at];
    for (n = at; n < MONITOR_PAGES && pages[n].used; n++)
        continue;
    if (n == MONITOR_PAGES) {
        raise_alarm(w, MONITOR_FULL);
        return NULL;
    }
    memmove(&pages[at + 1], &pages[at], (n - at) * sizeof *pages);
    pages[at] = (struct monitor_page){.va = va, .process = process, .used = 1};
    return &pages[at];
}

/* The frame's place, or where it belongs; '*there' says which. */
static unsigned frame_place(const struct monitor *m, uint32_t frame, bool *there)
{
    unsigned at = 0;
    while (at < MONITOR_FRAMES && m->frames[at].frame &&
           m->frames[at].frame < frame + 1)
        at++;
    *there = at < MONITOR_FRAMES && m->frames[at].frame == frame + 1;
    return at;
}

static struct monitor_frame *add_frame(struct monitor_watch *w, uint32_t frame)
{
    struct monitor_frame *frames = w->monitor->frames;
    bool there;
    unsigned at = frame_place(w->monitor, frame, &there), n = at;
    if (there)
        return &frames[at];
    while (n < MONITOR_FRAMES && frames[n].frame)
        n++;
    if (n == MONITOR_FRAMES) {
        raise_alarm(w, MONITOR_FULL);
        return NULL;
    }
    memmove(&frames[at + 1], &frames[at], (n - at) * sizeof *frames);
    frames[at] = (struct monitor_frame){.frame = frame + 1};
    return &frames[at];
}

/* An entry that points to a frame which had been freed gives it to that page. */
static void on_entry(struct monitor_watch *w, const struct obs *r)
{
    const pte_t pte = {r->b};
    struct monitor_page *page = page_of(w, r->space, r->va);
    if (!page)
        return;
    page->frame = pte_has(pte, PTE_P) ? pte_frame(pte).v + 1 : 0;
    if (!page->frame)
        return;
    struct monitor_frame *frame = add_frame(w, page->frame - 1);
    if (frame && (frame->freed || frame->va == 0))
        frame->va = r->va;
}

static void on_free(struct monitor_watch *w, const struct obs *r)
{
    bool there;
    unsigned at = frame_place(w->monitor, (uint32_t)r->a, &there);
    if (there)
        w->monitor->frames[at].freed = 1;
}

/* 'freed' stays when the frame is used again: who still reaches it by an old
 * translation is wrong.  Its page may: then the table maps it. */
static void check_frame(struct monitor_watch *w, const struct obs *r)
{
    uint64_t va = r->va & ~(uint64_t)(PAGE_BYTES - 1);
    bool locked = r->kind == OBS_STORE && w->monitor->n_locks[r->tid] > 0, there;
    unsigned at = page_place(w->monitor, r->space, va, &there);
    w->n_rule[MONITOR_LOST] += locked && there;
    if (!there || w->monitor->pages[at].frame == (uint32_t)r->a + 1)
        return;
    at = frame_place(w->monitor, (uint32_t)r->a, &there);
    w->n_rule[MONITOR_REUSE]++;
    if (there && w->monitor->frames[at].freed)
        raise_alarm(w, MONITOR_REUSE);
    else if (there && w->monitor->frames[at].va != va)
        raise_alarm(w, MONITOR_REUSE);
    else if (locked)
        raise_alarm(w, MONITOR_LOST);
}

/* The child's logical memory starts as the parent's. */
static void on_fork(struct monitor_watch *w, const struct obs *r)
{
    for (unsigned i = 0; i < MONITOR_WORDS; i++) {
        const struct monitor_word from = w->monitor->words[i];
        if (!from.used || from.process != r->space || !from.stored)
            continue;
        struct monitor_word *to = word_of(w, (uint32_t)r->a, from.va);
        if (!to)
            return;
        to->stored = 1;
        to->last = from.last;
    }
}

void monitor_on_record(void *context, const struct obs *r)
{
    struct monitor_watch *w = context;
    if (r->kind == OBS_STEP) {
        w->n_steps[r->b != 0][r->a]++;
        return;
    }
    if (r->kind == OBS_PTE_WRITE || r->kind == OBS_FRAME_FREE) {
        r->kind == OBS_FRAME_FREE ? on_free(w, r) : on_entry(w, r);
        return;
    }
    if (r->tid >= MONITOR_THREADS) {
        raise_alarm(w, MONITOR_FULL);
        return;
    }
    switch ((enum obs_kind)r->kind) {
    case OBS_LOAD:
        check_frame(w, r);
        on_load(w, r);
        return;
    case OBS_STORE:
        check_frame(w, r);
        on_store(w, r);
        return;
    case OBS_LOCK:
        on_lock(w, r);
        return;
    case OBS_UNLOCK:
        on_unlock(w, r);
        return;
    case OBS_FORK:
        on_fork(w, r);
        return;
    default:
        return;
    }
}

uint64_t monitor_kinds(void)
{
    return UINT64_C(1) << OBS_LOAD | UINT64_C(1) << OBS_STORE |
           UINT64_C(1) << OBS_LOCK | UINT64_C(1) << OBS_UNLOCK |
           UINT64_C(1) << OBS_FORK | UINT64_C(1) << OBS_STEP |
           UINT64_C(1) << OBS_PTE_WRITE | UINT64_C(1) << OBS_FRAME_FREE;
}

const char *monitor_alarm_text(enum monitor_alarm alarm)
{
    switch (alarm) {
    case MONITOR_QUIET:
        return "nothing";
    case MONITOR_STALE:
        return "STALE";
    case MONITOR_TORN:
        return "TORN";
    case MONITOR_MUTEX:
        return "MUTEX";
    case MONITOR_LOST:
        return "LOST";
    case MONITOR_REUSE:
        return "REUSE";
    case MONITOR_FULL:
        return "the guest has more words, locks, pages or threads than the monitor has "
               "room for";
    }
    return "";
}
