/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * watch.c - what the tables say, and when a page is worth watching.
 *
 * A watch begins with WATCH_BEGIN.  It ends when the protocol has said
 * WATCH_QUIET *and* every CPU that may hold what the table lost has dropped
 * it, by the records.  The second half is not taken on trust: a protocol that
 * does not wait, or forgets a CPU, says WATCH_QUIET too early, and its page
 * stays watched until the last CPU is clean - to the end of the run, if need
 * be.  So watch = windows finds what watch = all finds.
 *
 * A page on which a stale access did harm stays watched: what the thread does
 * next with what it read may be worse.
 */
#include "base/pte.h"
#include "check/grow.h"
#include "check/state.h"

static uint32_t watch_take(struct check *check)
{
    uint32_t i = check->free_watch;
    if (i != CHECK_MAP_NONE) {
        check->free_watch = check->watches[i].next;
        return i;
    }
    check->watches = check_grow(check->watches, &check->watches_capacity,
                                check->n_watches + 1, sizeof *check->watches);
    return check->n_watches++;
}

static void watch_begin(struct check *check, const struct obs *record)
{
    struct check_page *page =
        check_page_get(check, record->space, record->va >> PAGE_SHIFT);
    if (!page->known || page->n_watches == 0) {
        page->known = true;
        page->dropped = false;
        page->current = (uint32_t)record->a;
    }
    uint32_t i = watch_take(check);
    check->watches[i] = (struct check_window){
        .page = page,
        .next = page->watch,
        .old_frame = (uint32_t)record->a,
        .new_frame = (uint32_t)record->b,
        .fault = record->id,
    };
    page->watch = i;
    page->n_watches++;
    check->result.counts.watches++;
    check->result.counts.watches_open++;
}

static void unwatch(struct check *check, uint32_t frame)
{
    if (check->hub && frame != NO_FRAME)
        obs_unwatch(check->hub, (pfn_t){frame});
}

static void watch_end(struct check *check, uint32_t i)
{
    struct check_window *watch = &check->watches[i];
    struct check_page *page = watch->page;
    uint32_t *link = &page->watch;
    while (*link != i)
        link = &check->watches[*link].next;
    *link = watch->next;
    unwatch(check, watch->old_frame);
    unwatch(check, watch->new_frame);
    watch->page = NULL;
    watch->next = check->free_watch;
    check->free_watch = i;
    check->result.counts.watches_open--;
    if (--page->n_watches == 0)
        check_page_forget(page);
}

static void watch_settle(struct check *check, uint32_t i)
{
    const struct check_window *watch = &check->watches[i];
    if (!check->all && watch->page && watch->quiet && !watch->page->harmful &&
        cpuset_next(&watch->pending, 0) == NO_CPU)
        watch_end(check, i);
}

static void page_invalidated(struct check *check, struct check_page *page, uint32_t cpu)
{
    for (uint32_t i = page->watch, next; i != CHECK_MAP_NONE; i = next) {
        next = check->watches[i].next;
        cpuset_remove(&check->watches[i].pending, cpu);
        watch_settle(check, i);
    }
}

static void invalidated(struct check *check, const struct obs *record)
{
    check_holders_flushed(&check->holders, record);
    if (record->cpu >= CPU_MAX || check->result.counts.watches_open == 0)
        return;
    if (record->b == 1) {
        struct check_page *page =
            check_page_find(check, record->space, record->va >> PAGE_SHIFT);
        if (page)
            page_invalidated(check, page, record->cpu);
        return;
    }
    for (uint32_t i = 0; i < check->n_watches; i++) {
        struct check_window *watch = &check->watches[i];
        bool here = watch->page &&
                    (record->b == 0 || record->space == watch->page->space) &&
                    check_inval_covers(record, watch->page->page);
        if (!here)
            continue;
        cpuset_remove(&watch->pending, record->cpu);
        watch_settle(check, i);
    }
}

static void quiet(struct check *check, const struct obs *record)
{
    struct check_page *page =
        check_page_find(check, record->space, record->va >> PAGE_SHIFT);
    for (uint32_t i = page ? page->watch : CHECK_MAP_NONE; i != CHECK_MAP_NONE;
         i = check->watches[i].next) {
        struct check_window *watch = &check->watches[i];
        if (watch->fault != record->id || watch->quiet)
            continue;
        watch->quiet = true;
        watch_settle(check, i);
        return;
    }
}

void check_watch_record(struct check *check, const struct obs *record)
{
    switch (record->kind) {
    case OBS_WATCH_BEGIN:
        watch_begin(check, record);
        break;
    case OBS_WATCH_QUIET:
        quiet(check, record);
        break;
    case OBS_TLB_INVAL:
        invalidated(check, record);
        break;
    }
}

const struct check_frame *check_frame_find(const struct check *check, uint64_t frame)
{
    if (frame >= check->n_frames || !check->frames[frame].known)
        return NULL;
    return &check->frames[frame];
}

static struct check_frame *frame_get(struct check *check, uint64_t frame)
{
    if (frame >= check->n_frames) {
        check->n_frames = (uint32_t)frame + 1;
        check->frames = check_grow(check->frames, &check->frames_capacity,
                                   check->n_frames, sizeof *check->frames);
    }
    return &check->frames[frame];
}

void check_frame_record(struct check *check, const struct obs *record)
{
    struct check_frame *frame = frame_get(check, record->a);
    if (record->kind == OBS_FRAME_COPY) {
        frame->fresh = false;
        return;
    }
    *frame = (struct check_frame){
        .since = record->cycle,
        .page = record->va >> PAGE_SHIFT,
        .known = true,
        .free = record->kind == OBS_FRAME_FREE,
        .fresh = record->kind == OBS_FRAME_ALLOC,
    };
}

/* A page without content before: what the guest stored there is gone. */
static bool content_is_new(struct check *check, uint64_t old, uint64_t now)
{
    const struct check_frame *frame =
        check_frame_find(check, pte_frame((pte_t){now}).v);
    return !pte_has((pte_t){old}, PTE_P) && frame && frame->fresh;
}

static void note_change(struct check_page *page, const struct obs *record)
{
    pte_t old = {record->a}, now = {record->b};
    bool gone = pte_has(old, PTE_P) &&
                (!pte_has(now, PTE_P) || pte_frame(old).v != pte_frame(now).v);
    bool back = !pte_has(old, PTE_P) && page->change.fault == record->id;
    if (back && page->change.old_frame != NO_FRAME)
        return; /* Second half of break-before-make. */
    if (gone || !pte_has(old, PTE_P))
        page->change = (struct check_change){
            .fault = record->id,
            .cycle = record->cycle,
            .old_frame = gone ? pte_frame(old).v : NO_FRAME,
            .cpu = record->cpu,
        };
}

void check_table_record(struct check *check, const struct obs *record)
{
    uint64_t number = record->va >> PAGE_SHIFT;
    struct check_page *page = check->all
                                  ? check_page_get(check, record->space, number)
                                  : check_page_find(check, record->space, number);
    pte_t now = {record->b};
    bool present = pte_has(now, PTE_P);
    if (page) {
        if (content_is_new(check, record->a, record->b))
            check_page_forget(page);
        page->known = true;
        page->current = present ? pte_frame(now).v : NO_FRAME;
        page->dropped = !present && record->c == OBS_PTE_UNMAP && record->id == 0;
        if (page->dropped)
            check_page_forget(page);
        note_change(page, record);
        struct cpuset holders;
        if (check_entry_lost(record->a, record->b)) {
            holders = check_holders_of(&check->holders, record->space);
            for (uint32_t i = page->watch; i != CHECK_MAP_NONE;
                 i = check->watches[i].next)
                for (unsigned w = 0; w < CPUSET_WORDS; w++)
                    check->watches[i].pending.word[w] |= holders.word[w];
        }
    }
    const struct check_frame *frame = check_frame_find(check, pte_frame(now).v);
    if (present && frame)
        check->frames[pte_frame(now).v].fresh = false;
}

static struct check_shootdown *shootdown_find(struct check *check, uint64_t number)
{
    struct check_shootdown *s = &check->shootdowns[number % CHECK_SHOOTDOWNS_MAX];
    return s->number == number ? s : NULL;
}

void check_shootdown_record(struct check *check, const struct obs *record)
{
    struct check_shootdown *s = shootdown_find(check, record->id);
    switch (record->kind) {
    case OBS_SHOOTDOWN_BEGIN:
        check->shootdowns[record->id % CHECK_SHOOTDOWNS_MAX] = (struct check_shootdown){
            .number = record->id,
            .fault = record->c,
            .page = record->va >> PAGE_SHIFT,
            .n_pages = record->b,
            .space = record->space,
            .targets = (uint32_t)record->a,
            .begin = record->cycle,
        };
        break;
    case OBS_IPI_ACK:
        if (s)
            s->acks++;
        break;
    case OBS_SHOOTDOWN_END:
        if (s)
            s->ended = true;
        break;
    }
}

const struct check_shootdown *check_shootdown_of(const struct check *check,
                                                 const struct check_page *page)
{
    const struct check_shootdown *best = NULL;
    for (unsigned i = 0; i < CHECK_SHOOTDOWNS_MAX; i++) {
        const struct check_shootdown *s = &check->shootdowns[i];
        bool covers = s->space == page->space &&
                      (s->n_pages == 0 || page->page - s->page < s->n_pages);
        bool same = page->change.fault ? s->fault == page->change.fault
                                       : s->begin >= page->change.cycle;
        if (s->number && covers && same && (!best || s->number > best->number))
            best = s;
    }
    return best;
}

void check_watch_reset(struct check *check)
{
    check->n_watches = 0;
    check->free_watch = CHECK_MAP_NONE;
    for (uint32_t i = 0; i < check->n_frames; i++)
        check->frames[i] = (struct check_frame){0};
    check->n_frames = 0;
    for (unsigned i = 0; i < CHECK_SHOOTDOWNS_MAX; i++)
        check->shootdowns[i] = (struct check_shootdown){0};
    check_holders_reset(&check->holders);
}

void check_watch_free(struct check *check)
{
    check_give(check->watches);
    check_give(check->frames);
}
