/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tally.c - statistics from records; see tally.h.
 */
#include "check/tally.h"

#include "base/pte.h"
#include "check/grow.h"
#include "check/holders.h"
#include "check/map.h"

#include <string.h>

#define BIT(kind) (UINT64_C(1) << OBS_##kind)

static const uint64_t tally_kinds =
    BIT(FAULT_END) | BIT(BUSY_SLEEP) | BIT(SHOOTDOWN_BEGIN) | BIT(SHOOTDOWN_END) |
    BIT(SHOOTDOWN_SKIP) | BIT(IPI_SEND) | BIT(TLB_INVAL) | BIT(PTE_WRITE) |
    BIT(FRAME_ALLOC) | BIT(FRAME_FREE) | BIT(SIGSEGV) | BIT(THREAD_START) |
    BIT(SWITCH) | BIT(FAULT_BEGIN) | BIT(LOCK);

/* A page whose frame changes.  'open': the old frame left the table, and the
 * new one is not yet writable, or not everybody has dropped the old one. */
struct exposure {
    uint64_t page;
    uint32_t space, old_frame;
    bool open, writable;
    bool read_only;     /* The entry, after a fault's last change. */
    bool needs_upgrade; /* A copy has left it so. */
    cycle_t begin, last_drop;
    struct cpuset pending;
};

struct tally {
    struct obs_hub *hub;
    struct tally_numbers numbers;
    struct check_hist latency, exposure;
    struct check_holders holders;
    struct check_map shootdowns; /* number -> index in 'begins' */
    uint32_t n_begins, begins_capacity;
    cycle_t *begins;
    struct check_map pages; /* (space, page) -> index in 'exposures' */
    uint32_t n_exposures, exposures_capacity, n_open;
    struct exposure *exposures;
    uint32_t n_segvs;
    struct tally_segv segvs[TALLY_SEGVS_MAX];
};

struct tally *tally_create(struct obs_hub *hub, struct err *err)
{
    (void)err;
    struct tally *tally = check_take(1, sizeof *tally);
    tally->hub = hub;
    tally_reset(tally);
    return tally;
}

void tally_destroy(struct tally *tally)
{
    if (!tally)
        return;
    check_hist_free(&tally->latency);
    check_hist_free(&tally->exposure);
    check_map_free(&tally->shootdowns);
    check_map_free(&tally->pages);
    check_give(tally->begins);
    check_give(tally->exposures);
    check_give(tally);
}

static void on_record(void *context, const struct obs *record)
{
    tally_record(context, record);
}

void tally_listen(struct tally *tally)
{
    obs_listen(tally->hub, (struct obs_listener){tally, on_record}, tally_kinds);
}

/* A page is done when it is writable: with the copy, or with the upgrade that the
 * copy made necessary. */
static void cow_fault_ended(struct tally *tally, const struct obs *record)
{
    struct tally_numbers *n = &tally->numbers;
    uint32_t i = check_map_find(&tally->pages, record->space, record->va >> PAGE_SHIFT);
    struct exposure *e = i == CHECK_MAP_NONE ? NULL : &tally->exposures[i];
    bool copied = record->a == OBS_FAULT_COW_COPY;
    bool read_only = e && e->read_only;
    n->cow_pages += copied;
    if (copied && !read_only) {
        n->cow_done++;
        n->cow_faults++;
    } else if (!copied && e && e->needs_upgrade) {
        n->cow_done++;
        n->cow_faults += 2;
    }
    if (e)
        e->needs_upgrade = copied && read_only;
}

static void fault_ended(struct tally *tally, const struct obs *record)
{
    struct tally_numbers *n = &tally->numbers;
    n->faults++;
    if (record->a <= OBS_FAULT_SEGV)
        n->by_outcome[record->a]++;
    if (record->a == OBS_FAULT_COW_COPY || record->a == OBS_FAULT_UPGRADE)
        cow_fault_ended(tally, record);
}

static void segv_happened(struct tally *tally, const struct obs *record)
{
    tally->numbers.segvs++;
    if (tally->n_segvs == TALLY_SEGVS_MAX)
        return;
    tally->segvs[tally->n_segvs++] = (struct tally_segv){
        .cycle = record->cycle,
        .va = record->va,
        .pc = record->b,
        .op = record->c,
        .error = record->a,
        .tid = record->tid,
        .space = record->space,
        .cpu = record->cpu,
    };
}

static void shootdown_began(struct tally *tally, const struct obs *record)
{
    tally->numbers.shootdowns++;
    tally->numbers.shootdown_targets += record->a;
    if (check_map_find(&tally->shootdowns, record->id, 0) != CHECK_MAP_NONE)
        return;
    check_map_put(&tally->shootdowns, record->id, 0, tally->n_begins);
    tally->begins = check_grow(tally->begins, &tally->begins_capacity,
                               tally->n_begins + 1, sizeof *tally->begins);
    tally->begins[tally->n_begins++] = record->cycle;
}

static void shootdown_ended(struct tally *tally, const struct obs *record)
{
    uint32_t i = check_map_find(&tally->shootdowns, record->id, 0);
    if (i != CHECK_MAP_NONE)
        check_hist_add(&tally->latency, record->cycle - tally->begins[i]);
}

static struct exposure *exposure_get(struct tally *tally, uint32_t space, uint64_t page)
{
    uint32_t i = check_map_find(&tally->pages, space, page);
    if (i != CHECK_MAP_NONE)
        return &tally->exposures[i];
    i = tally->n_exposures++;
    check_map_put(&tally->pages, space, page, i);
    tally->exposures = check_grow(tally->exposures, &tally->exposures_capacity,
                                  tally->n_exposures, sizeof *tally->exposures);
    tally->exposures[i] = (struct exposure){.space = space, .page = page};
    return &tally->exposures[i];
}

static void exposure_close(struct tally *tally, struct exposure *e, cycle_t end)
{
    if (!e->open)
        return;
    e->open = false;
    tally->n_open--;
    if (e->writable)
        check_hist_add(&tally->exposure, end > e->begin ? end - e->begin : 0);
}

static void exposure_settle(struct tally *tally, struct exposure *e)
{
    if (e->open && e->writable && cpuset_next(&e->pending, 0) == NO_CPU)
        exposure_close(tally, e, e->last_drop);
}

static bool frame_leaves(pte_t old, pte_t now)
{
    return pte_has(old, PTE_P) &&
           (!pte_has(now, PTE_P) || pte_frame(old).v != pte_frame(now).v);
}

/* Only a fault's own changes count: unmapping exposes nothing. */
static void entry_written(struct tally *tally, const struct obs *record)
{
    pte_t old = {record->a}, now = {record->b};
    if (record->c != OBS_PTE_COW && record->c != OBS_PTE_FAULT)
        return;
    uint64_t page = record->va >> PAGE_SHIFT;
    struct exposure *e;
    if (frame_leaves(old, now)) {
        e = exposure_get(tally, record->space, page);
        exposure_close(tally, e, e->last_drop);
        bool cached = check_entry_lost(old.bits, now.bits);
        *e = (struct exposure){
            .page = page,
            .space = record->space,
            .old_frame = pte_frame(old).v,
            .open = true,
        };
        if (cached)
            e->pending = check_holders_of(&tally->holders, record->space);
        tally->n_open++;
    }
    bool known = check_map_find(&tally->pages, record->space, page) != CHECK_MAP_NONE;
    if (!known && record->c != OBS_PTE_COW)
        return;
    e = exposure_get(tally, record->space, page);
    e->read_only = pte_has(now, PTE_P) && !pte_has(now, PTE_RW);
    if (e->open && !e->writable && pte_has(now, PTE_P | PTE_RW) &&
        pte_frame(now).v != e->old_frame) {
        e->writable = true;
        e->begin = e->last_drop = record->cycle;
        exposure_settle(tally, e);
    }
}

static void page_dropped(struct tally *tally, struct exposure *e,
                         const struct obs *record)
{
    if (!e->open || !cpuset_has(&e->pending, record->cpu))
        return;
    cpuset_remove(&e->pending, record->cpu);
    /* A flush of more than the page does not say what was there. */
    bool had_it = record->b != 1 || record->a == e->old_frame;
    if (had_it && e->writable)
        e->last_drop = record->cycle;
    exposure_settle(tally, e);
}

static void invalidated(struct tally *tally, const struct obs *record)
{
    tally->numbers.invalidations++;
    check_holders_flushed(&tally->holders, record);
    if (tally->n_open == 0 || record->cpu >= CPU_MAX)
        return;
    if (record->b == 1) {
        uint32_t i =
            check_map_find(&tally->pages, record->space, record->va >> PAGE_SHIFT);
        if (i != CHECK_MAP_NONE)
            page_dropped(tally, &tally->exposures[i], record);
        return;
    }
    for (uint32_t i = 0; i < tally->n_exposures; i++) {
        struct exposure *e = &tally->exposures[i];
        if ((record->b == 0 || record->space == e->space) &&
            check_inval_covers(record, e->page))
            page_dropped(tally, e, record);
    }
}

void tally_record(struct tally *tally, const struct obs *record)
{
    struct tally_numbers *n = &tally->numbers;
    switch (record->kind) {
    case OBS_FAULT_END:
        fault_ended(tally, record);
        break;
    case OBS_BUSY_SLEEP:
        n->sleeps_on_busy++;
        break;
    case OBS_SHOOTDOWN_BEGIN:
        shootdown_began(tally, record);
        break;
    case OBS_SHOOTDOWN_END:
        shootdown_ended(tally, record);
        break;
    case OBS_SHOOTDOWN_SKIP:
        n->skipped_clean += record->a == 0;
        n->skipped_alone += record->a != 0;
        break;
    case OBS_IPI_SEND:
        n->ipis += record->id != 0;
        n->ipis_other += record->id == 0;
        break;
    case OBS_TLB_INVAL:
        invalidated(tally, record);
        break;
    case OBS_PTE_WRITE:
        entry_written(tally, record);
        break;
    case OBS_FRAME_ALLOC:
        n->frames_allocated++;
        break;
    case OBS_FRAME_FREE:
        n->frames_freed++;
        break;
    case OBS_SIGSEGV:
        segv_happened(tally, record);
        break;
    case OBS_THREAD_START:
    case OBS_SWITCH:
    case OBS_FAULT_BEGIN:
    case OBS_LOCK:
        if (record->tid != NO_THREAD)
            check_holders_note(&tally->holders, record->cpu, record->space);
        break;
    }
}

static void forget_run(struct tally *tally)
{
    check_map_clear(&tally->shootdowns);
    check_map_clear(&tally->pages);
    check_holders_reset(&tally->holders);
    tally->n_begins = tally->n_exposures = tally->n_open = 0;
}

void tally_end_run(struct tally *tally, cycle_t end)
{
    for (uint32_t i = 0; i < tally->n_exposures; i++) {
        struct exposure *e = &tally->exposures[i];
        if (e->open && e->writable)
            tally->numbers.exposures_open++;
        exposure_close(tally, e, end);
    }
    forget_run(tally);
}

void tally_reset(struct tally *tally)
{
    forget_run(tally);
    check_hist_clear(&tally->latency);
    check_hist_clear(&tally->exposure);
    tally->numbers = (struct tally_numbers){0};
    tally->n_segvs = 0;
}

/* All fields are counters of 64 bits, so the sum is one loop. */
void tally_numbers_add(struct tally_numbers *sum, const struct tally_numbers *more)
{
    _Static_assert(sizeof *sum % sizeof(uint64_t) == 0, "only counters");
    uint64_t a[sizeof *sum / sizeof(uint64_t)], b[sizeof *sum / sizeof(uint64_t)];
    memcpy(a, sum, sizeof a);
    memcpy(b, more, sizeof b);
    for (size_t i = 0; i < sizeof a / sizeof a[0]; i++)
        a[i] += b[i];
    memcpy(sum, a, sizeof a);
}

const struct tally_numbers *tally_numbers(const struct tally *tally)
{
    return &tally->numbers;
}

struct check_hist *tally_latency(struct tally *tally)
{
    return &tally->latency;
}

struct check_hist *tally_exposure(struct tally *tally)
{
    return &tally->exposure;
}

const struct tally_segv *tally_segvs(const struct tally *tally, uint32_t *n)
{
    *n = tally->n_segvs;
    return tally->segvs;
}

double tally_faults_per_cow_page(const struct tally *tally)
{
    const struct tally_numbers *n = &tally->numbers;
    return n->cow_done ? (double)n->cow_faults / (double)n->cow_done : 0;
}
