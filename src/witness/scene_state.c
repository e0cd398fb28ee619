/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene_state.c - what holds while nothing happens; see scene.h.
 *
 * The table says what the entry maps (PTE_WRITE has the entry before and
 * after).  What a TLB maps is known from accesses, which went through an entry
 * filled at a known cycle, and from invalidations, which say what they
 * dropped.  Between an invalidation and the next fill it maps nothing; before
 * the first sign nothing is known, and nothing is drawn.
 */
#include "witness/scene.h"

#include "base/pte.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool is_here(const struct scene *scene, const struct obs *r)
{
    const struct check_violation *v = &scene->w->v;
    return r->space == v->space && r->va >> PAGE_SHIFT == v->va >> PAGE_SHIFT;
}

static void name_entry(struct scene *scene, struct scene_span *span, uint64_t entry)
{
    pte_t pte = {entry};
    bool present = pte_has(pte, PTE_P);
    span->value = entry;
    span->known = true;
    span->frame = present ? pte_frame(pte).v : NO_FRAME;
    span->which = scene_which(scene, span->frame);
    if (present)
        snprintf(span->label, sizeof span->label, "frame %" PRIu32 ", %s", span->frame,
                 pte_has(pte, PTE_RW) ? "read-write" : "read-only");
    else
        snprintf(span->label, sizeof span->label, "not present");
    if (present)
        snprintf(span->brief, sizeof span->brief, "%" PRIu32 " %s", span->frame,
                 pte_has(pte, PTE_RW) ? "rw" : "ro");
    else
        snprintf(span->brief, sizeof span->brief, "none");
    snprintf(span->detail, sizeof span->detail, "entry 0x%" PRIx64 ": %s", entry,
             span->label);
}

/* True if the two entries mean the same to a reader of the picture. */
static bool same_entry(uint64_t a, uint64_t b)
{
    uint64_t bits = PTE_P | PTE_RW | PTE_FRAME_MASK;
    return (a & bits) == (b & bits);
}

static void add_entry(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    struct scene_span *last = NULL;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        if (r->kind != OBS_PTE_WRITE || !is_here(scene, r))
            continue;
        int64_t t = scene_time(scene, r->cycle);
        if (!last) {
            last = scene_span(scene, SCENE_PTE, SCENE_LANE_PTE, scene->from);
            last->open0 = true;
            name_entry(scene, last, r->a);
        }
        if (same_entry(last->value, r->b))
            continue;
        last->t1 = t;
        last->open1 = false;
        last = scene_span(scene, SCENE_PTE, SCENE_LANE_PTE, t);
        name_entry(scene, last, r->b);
    }
    if (last || (v->frame == NO_FRAME && v->current_frame == NO_FRAME) ||
        v->kind == OBS_LOCK)
        return;
    last = scene_span(scene, SCENE_PTE, SCENE_LANE_PTE, scene->from);
    last->open0 = true;
    last->frame = v->current_frame;
    last->which = scene_which(scene, v->current_frame);
    if (v->current_frame == NO_FRAME)
        snprintf(last->label, sizeof last->label, "not present");
    else
        snprintf(last->label, sizeof last->label, "frame %" PRIu32, v->current_frame);
    snprintf(last->detail, sizeof last->detail, "%s at the access; %s", last->label,
             "the witness has no change of it");
}

static struct scene_span *tlb_span(struct scene *scene, uint32_t lane, int64_t t0,
                                   uint32_t frame)
{
    struct scene_span *span = scene_span(scene, SCENE_TLB, lane, t0);
    if (t0 <= scene->from) {
        span->t0 = scene->from;
        span->open0 = true;
    }
    span->frame = frame;
    span->which = scene_which(scene, frame);
    if (frame == NO_FRAME)
        snprintf(span->label, sizeof span->label, "no entry");
    else
        snprintf(span->label, sizeof span->label, "%s %" PRIu32,
                 span->which == SCENE_OLD   ? "old frame"
                 : span->which == SCENE_NEW ? "new frame"
                                            : "frame",
                 frame);
    if (frame == NO_FRAME)
        snprintf(span->brief, sizeof span->brief, "none");
    else
        snprintf(span->brief, sizeof span->brief, "%" PRIu32, frame);
    snprintf(span->detail, sizeof span->detail, "the TLB of CPU %u maps %s",
             scene->lanes[lane].cpu, frame == NO_FRAME ? "nothing here" : span->label);
    return span;
}

static void end_tlb(struct scene_span *span, int64_t t)
{
    span->open1 = false;
    span->t1 = t > span->t0 ? t : span->t0;
}

/* An access through an entry that was filled at 'filled'. */
static struct scene_span *see_access(struct scene *scene, uint32_t lane,
                                     struct scene_span *last, const struct obs *r)
{
    int64_t t = scene_time(scene, r->cycle), filled = t;
    if (r->d && r->d < r->cycle) {
        filled = scene_time(scene, r->d);
        filled = filled < scene->from ? scene->from : filled;
    }
    if (last && last->frame == r->a)
        return last;
    if (last && filled < last->t0) /* Told by an invalidation: believe that. */
        filled = last->t0;
    if (last)
        end_tlb(last, filled);
    return tlb_span(scene, lane, filled, (uint32_t)r->a);
}

static struct scene_span *see_inval(struct scene *scene, uint32_t lane,
                                    struct scene_span *last, const struct obs *r)
{
    int64_t t = scene_time(scene, r->cycle);
    if (r->a != NO_FRAME && (!last || last->frame != r->a)) {
        /* It held a frame that no access has told of yet. */
        if (last)
            end_tlb(last, last->t0);
        last = tlb_span(scene, lane, last ? last->t0 : scene->from, (uint32_t)r->a);
        last->open0 = true;
    }
    if (last && last->frame == NO_FRAME)
        return last;
    if (last)
        end_tlb(last, t);
    return tlb_span(scene, lane, t, NO_FRAME);
}

static bool drops_page(const struct scene *scene, const struct obs *r)
{
    uint64_t first = r->va >> PAGE_SHIFT, page = scene->w->v.va >> PAGE_SHIFT;
    return r->kind == OBS_TLB_INVAL &&
           (r->b == 0 || (page >= first && page - first < r->b));
}

static void add_tlb(struct scene *scene, uint32_t lane)
{
    const struct check_violation *v = &scene->w->v;
    struct scene_span *last = NULL;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        if (r->cpu != scene->lanes[lane].cpu)
            continue;
        if ((r->kind == OBS_LOAD || r->kind == OBS_STORE) && is_here(scene, r))
            last = see_access(scene, lane, last, r);
        else if (drops_page(scene, r))
            last = see_inval(scene, lane, last, r);
    }
}

/* The owner's span that has not ended, or null. */
static struct scene_span *owned_by(struct scene *scene, uint32_t tid)
{
    for (uint32_t i = scene->n_spans; i-- > 0;) {
        struct scene_span *span = &scene->spans[i];
        if (span->kind == SCENE_OWNER && span->tid == tid && span->open1)
            return span;
    }
    return NULL;
}

static struct scene_span *add_owner(struct scene *scene, uint32_t tid, int64_t t0)
{
    struct scene_span *span = scene_span(scene, SCENE_OWNER, SCENE_LANE_LOCK, t0);
    span->tid = tid;
    snprintf(span->label, sizeof span->label, "thread %" PRIu32, tid);
    snprintf(span->brief, sizeof span->brief, "T%" PRIu32, tid);
    snprintf(span->detail, sizeof span->detail, "thread %" PRIu32 " owns %.100s", tid,
             scene->w->lock_symbol[0] ? scene->w->lock_symbol : "the lock");
    return span;
}

static void add_owners(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        if (r->space != v->space || r->va != scene->lock_va)
            continue;
        int64_t t = scene_time(scene, r->cycle);
        struct scene_span *span = owned_by(scene, r->tid);
        if (r->kind == OBS_LOCK && !span)
            add_owner(scene, r->tid, t);
        if (r->kind != OBS_UNLOCK)
            continue;
        if (!span) { /* Taken before the first record. */
            span = add_owner(scene, r->tid, scene->from);
            span->open0 = true;
        }
        span->t1 = t;
        span->open1 = false;
    }
}

void scene_add_state(struct scene *scene)
{
    add_entry(scene);
    for (uint32_t i = 0; i < scene->n_lanes; i++)
        add_tlb(scene, i);
    if (scene->has_lock)
        add_owners(scene);
}
