/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness.c - the records that make a violation happen.
 *
 * Two rings hold the recent past: one of everything but loads and stores, one
 * of the loads and stores of watched words.  When a rule reports, a filter
 * picks what belongs to the case: the fault that changed the entry and its
 * shootdown, the invalidations of the page, the locks of both threads, the
 * accesses to the word.  The missed store and the access itself are always
 * there; what else is too much is left out of the middle, and said so.
 */
#include "check/grow.h"
#include "check/rules.h"

#include <stdlib.h>
#include <string.h>

void check_ring_put(struct check *check, struct check_ring *ring,
                    const struct obs *record)
{
    if (ring->capacity == 0)
        return;
    struct check_ring_entry *entry = &ring->entries[ring->n++ % ring->capacity];
    entry->order = check->order++;
    entry->record = *record;
}

/* What a record must have to do with to belong to the case. */
struct scene {
    const struct check *check;
    const struct check_finding *finding;
    uint32_t space;
    uint64_t page; /* Of the access; the lock's page for MUTEX. */
    uint64_t fault, shootdown;
    cycle_t from;
    uint32_t tid, other;
    uint32_t frame, old_frame;
};

static bool is_fault_kind(const struct obs *r)
{
    return r->kind == OBS_FAULT_BEGIN || r->kind == OBS_FAULT_END ||
           r->kind == OBS_STEP || r->kind == OBS_PTE_WRITE ||
           r->kind == OBS_FRAME_COPY || r->kind == OBS_BUSY_SLEEP ||
           r->kind == OBS_WATCH_BEGIN || r->kind == OBS_WATCH_QUIET;
}

static bool is_ipi_kind(const struct obs *r)
{
    return r->kind == OBS_SHOOTDOWN_BEGIN || r->kind == OBS_SHOOTDOWN_END ||
           r->kind == OBS_IPI_SEND || r->kind == OBS_IPI_ARRIVE ||
           r->kind == OBS_IPI_HANDLER || r->kind == OBS_IPI_ACK;
}

static bool is_sync_kind(const struct obs *r)
{
    return r->kind == OBS_POST || r->kind == OBS_WAIT || r->kind == OBS_BARRIER_ENTER ||
           r->kind == OBS_BARRIER_LEAVE || r->kind == OBS_SPAWN ||
           r->kind == OBS_JOIN || r->kind == OBS_FORK || r->kind == OBS_WAITPID ||
           r->kind == OBS_SWITCH;
}

static bool here(const struct scene *scene, const struct obs *r)
{
    return r->space == scene->space && r->va >> PAGE_SHIFT == scene->page;
}

static bool in_lockset(const struct scene *scene, const struct check_lockset *set,
                       uint64_t va)
{
    for (uint32_t i = 0; i < set->n; i++) {
        const struct check_sync *sync = &scene->check->syncs[set->lock[i]];
        if (sync->space == scene->space && sync->va == va)
            return true;
    }
    return false;
}

static bool is_lock_of_case(const struct scene *scene, const struct obs *r)
{
    const struct check_finding *f = scene->finding;
    if (r->kind != OBS_LOCK && r->kind != OBS_UNLOCK && r->kind != OBS_SPIN_BEGIN &&
        r->kind != OBS_SPIN_END)
        return false;
    if (r->space != scene->space)
        return false;
    if (f->lock != CHECK_MAP_NONE && scene->check->syncs[f->lock].va == r->va)
        return true;
    if (f->missed && in_lockset(scene, &f->missed->locks, r->va))
        return true;
    return in_lockset(scene, &scene->check->threads[scene->tid].locks, r->va);
}

static bool belongs(const struct scene *scene, const struct obs *r)
{
    if (r->cycle < scene->from)
        return false;
    if (is_fault_kind(r))
        return (scene->fault && r->id == scene->fault) || here(scene, r);
    if (is_ipi_kind(r))
        return scene->shootdown && r->id == scene->shootdown;
    if (r->kind == OBS_SHOOTDOWN_SKIP)
        return scene->fault && r->c == scene->fault;
    if (r->kind == OBS_TLB_INVAL)
        return (scene->shootdown && r->id == scene->shootdown) ||
               (r->space == scene->space && check_inval_covers(r, scene->page));
    if (r->kind == OBS_FRAME_FREE || r->kind == OBS_FRAME_ALLOC)
        return r->a == scene->frame || r->a == scene->old_frame;
    if (is_sync_kind(r))
        return r->tid == scene->tid || r->tid == scene->other;
    return is_lock_of_case(scene, r);
}

static bool same_word(const struct scene *scene, const struct obs *r)
{
    return r->space == scene->space &&
           r->va / WORD_BYTES == scene->finding->record->va / WORD_BYTES;
}

/* A growing list of entries, to be put in order. */
struct picks {
    uint32_t n, capacity;
    struct check_ring_entry *entries;
};

static void pick(struct picks *picks, const struct obs *record, uint64_t order)
{
    picks->entries = check_grow(picks->entries, &picks->capacity, picks->n + 1,
                                sizeof *picks->entries);
    picks->entries[picks->n++] = (struct check_ring_entry){order, *record};
}

static void pick_from(struct picks *picks, const struct scene *scene,
                      const struct check_ring *ring,
                      bool (*wanted)(const struct scene *, const struct obs *))
{
    uint64_t n = ring->n < ring->capacity ? ring->n : ring->capacity;
    for (uint64_t i = ring->n - n; i < ring->n; i++) {
        const struct check_ring_entry *entry = &ring->entries[i % ring->capacity];
        if (wanted(scene, &entry->record))
            pick(picks, &entry->record, entry->order);
    }
}

static bool recent_word(const struct scene *scene, const struct obs *r)
{
    return r->cycle >= scene->from && same_word(scene, r);
}

static bool is_key(const struct check_finding *f, const struct obs *r)
{
    if (f->missed && r->kind == OBS_STORE && r->b == f->missed->version.bits &&
        r->va == f->missed->va)
        return true;
    if (f->earlier && memcmp(f->earlier, r, sizeof *r) == 0)
        return true;
    return memcmp(f->record, r, sizeof *r) == 0;
}

static struct obs store_record(const struct scene *scene,
                               const struct check_store *store)
{
    return (struct obs){
        .cycle = store->cycle,
        .kind = OBS_STORE,
        .flags = store->flags,
        .cpu = store->cpu,
        .tid = store->tid,
        .space = scene->space,
        .va = store->va,
        .a = store->frame,
        .b = store->version.bits,
        .c = store->op,
        .d = store->filled,
        .id = store->bytes,
    };
}

/* What must be in a witness even if the rings have forgotten it. */
static void pick_missing(struct picks *picks, const struct scene *scene)
{
    const struct check_finding *f = scene->finding;
    bool store = f->missed == NULL, earlier = f->earlier == NULL, last = false;
    for (uint32_t i = 0; i < picks->n; i++) {
        const struct obs *r = &picks->entries[i].record;
        store = store || (r->kind == OBS_STORE && r->b == f->missed->version.bits);
        earlier = earlier || memcmp(r, f->earlier, sizeof *r) == 0;
        last = last || memcmp(r, f->record, sizeof *r) == 0;
    }
    if (!store) {
        struct obs r = store_record(scene, f->missed);
        pick(picks, &r, 0);
    }
    if (!earlier)
        pick(picks, f->earlier, scene->check->order);
    if (!last)
        pick(picks, f->record, scene->check->order);
}

static int by_time(const void *left, const void *right)
{
    const struct check_ring_entry *a = left, *b = right;
    if (a->record.cycle != b->record.cycle)
        return a->record.cycle < b->record.cycle ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Leaves out of the middle what is too much, but no key record. */
static uint32_t cut(struct picks *picks, const struct check_finding *f)
{
    uint32_t head = CHECK_WITNESS_MAX / 3, tail = CHECK_WITNESS_MAX - head - 4;
    uint32_t n = 0;
    for (uint32_t i = 0; i < picks->n; i++)
        if (i < head || i + tail >= picks->n ||
            (n < head + 4 && is_key(f, &picks->entries[i].record)))
            picks->entries[n++] = picks->entries[i];
    picks->n = n;
    return n;
}

static cycle_t scene_start(const struct scene *scene)
{
    const struct check_finding *f = scene->finding;
    const struct check_page *page = f->page;
    cycle_t from = f->record->cycle;
    if (page && scene->fault)
        from = page->change.cycle;
    if (f->missed && f->missed->cycle < from)
        from = f->missed->cycle;
    const struct check_ring *ring = &scene->check->control;
    uint64_t n = ring->n < ring->capacity ? ring->n : ring->capacity;
    for (uint64_t i = ring->n - n; i < ring->n; i++) {
        const struct obs *r = &ring->entries[i % ring->capacity].record;
        bool fault =
            r->kind == OBS_FAULT_BEGIN && scene->fault && r->id == scene->fault;
        bool owner = f->owner && r->kind == OBS_LOCK && r->tid == f->owner->tid &&
                     r->va == f->record->va && r->space == scene->space;
        bool life =
            f->rule == CHECK_REUSE && r->kind == OBS_FRAME_FREE && r->a == scene->frame;
        if ((fault || owner || life) && r->cycle < from)
            from = r->cycle;
    }
    return from;
}

static struct scene scene_of(const struct check *check, const struct check_finding *f,
                             const struct check_shootdown *shootdown)
{
    struct scene scene = {
        .check = check,
        .finding = f,
        .space = f->record->space,
        .page = f->record->va >> PAGE_SHIFT,
        .fault = f->page ? f->page->change.fault : 0,
        .shootdown = shootdown ? shootdown->number : 0,
        .tid = f->record->tid,
        .other = f->missed  ? f->missed->tid
                 : f->owner ? f->owner->tid
                            : NO_THREAD,
        .frame = (uint32_t)f->record->a,
        .old_frame = f->page ? f->page->change.old_frame : NO_FRAME,
    };
    scene.from = scene_start(&scene);
    return scene;
}

static void keep_witness(struct check_violation *v, const struct scene *scene)
{
    struct picks picks = {0};
    pick_from(&picks, scene, &scene->check->control, belongs);
    pick_from(&picks, scene, &scene->check->accesses, recent_word);
    pick_missing(&picks, scene);
    qsort(picks.entries, picks.n, sizeof *picks.entries, by_time);
    v->witness_cut = picks.n > CHECK_WITNESS_MAX;
    uint32_t n = v->witness_cut ? cut(&picks, scene->finding) : picks.n;
    struct obs *witness = check_take(n, sizeof *witness);
    for (uint32_t i = 0; i < n; i++)
        witness[i] = picks.entries[i].record;
    check_give(picks.entries);
    v->witness = witness;
    v->n_witness = n;
}

static void fill_access(struct check_violation *v, const struct check_finding *f)
{
    const struct obs *record = f->record;
    v->rule = f->rule;
    v->under_lock = f->under_lock;
    v->cycle = record->cycle;
    v->cpu = record->cpu;
    v->tid = record->tid;
    v->space = record->space;
    v->va = record->va;
    v->kind = record->kind;
    v->frame = (uint32_t)record->a;
    v->other_tid = NO_THREAD;
    v->other_cpu = NO_CPU;
    v->fault_cpu = NO_CPU;
    v->current_frame = v->old_frame = v->missed_frame = NO_FRAME;
    if (record->kind == OBS_LOCK)
        return;
    v->bytes = (uint32_t)record->id;
    v->version = (ver_t){record->b};
    v->tlb_age = record->cycle > record->d ? record->cycle - record->d : 0;
}

static void fill_context(struct check_violation *v, const struct check *check,
                         const struct check_finding *f,
                         const struct check_shootdown *shootdown)
{
    if (f->page) {
        v->current_frame = f->page->known ? f->page->current : NO_FRAME;
        v->fault = f->page->change.fault;
        v->fault_cpu = f->page->change.cpu;
        v->change_cycle = f->page->change.cycle;
        v->old_frame = f->page->change.old_frame;
    }
    if (shootdown) {
        v->shootdown = shootdown->number;
        v->acks = shootdown->acks;
        v->targets = shootdown->targets;
        v->shootdown_ended = shootdown->ended;
    }
    if (f->missed) {
        v->has_missed = true;
        v->missed_version = f->missed->version;
        v->missed_tid = f->missed->tid;
        v->missed_cpu = f->missed->cpu;
        v->missed_cycle = f->missed->cycle;
        v->missed_frame = f->missed->frame;
    }
    if (f->lock != CHECK_MAP_NONE) {
        v->has_lock = true;
        v->lock_va = check->syncs[f->lock].va;
    }
    if (f->earlier) {
        v->has_earlier = true;
        v->earlier_version = (ver_t){f->earlier->b};
    }
    if (f->owner) {
        v->other_tid = f->owner->tid;
        v->other_cpu = f->owner->cpu;
    }
}

void check_report(struct check *check, const struct check_finding *finding)
{
    check->result.counts.total[finding->rule]++;
    check->result.counts.under_lock[finding->rule] += finding->under_lock;
    if (check->result.n_violations >= check->config.max_violations)
        return;
    const struct check_shootdown *shootdown =
        finding->page ? check_shootdown_of(check, finding->page) : NULL;
    struct check_violation *v = &check->violations[check->result.n_violations++];
    *v = (struct check_violation){0};
    fill_access(v, finding);
    fill_context(v, check, finding, shootdown);
    if (check->result.n_violations <= check->config.max_witnesses) {
        struct scene scene = scene_of(check, finding, shootdown);
        keep_witness(v, &scene);
    }
    check_sentence(v, NULL, v->sentence, sizeof v->sentence);
}
