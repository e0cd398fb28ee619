/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.c - who takes part, and when; see scene.h.
 */
#include "witness/scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Longer than this, and the first view begins shortly before the missed store
 * instead of before the change: nothing could be told apart otherwise. */
#define VIEW_CYCLES_MAX 20000
#define VIEW_MARGIN_MIN 40

uint32_t scene_lane(const struct scene *scene, uint64_t cpu)
{
    for (uint32_t i = 0; i < scene->n_lanes; i++)
        if (scene->lanes[i].cpu == cpu)
            return i;
    return SCENE_LANE_NONE;
}

int64_t scene_time(const struct scene *scene, cycle_t cycle)
{
    return (int64_t)(cycle - scene->zero);
}

const char *scene_version(uint64_t bits, char *text)
{
    ver_t version = {bits};
    if (ver_thread(version) == NO_THREAD)
        snprintf(text, 48, "0");
    else
        snprintf(text, 48, "T%" PRIu32 "#%" PRIu64, ver_thread(version),
                 ver_op(version));
    return text;
}

bool scene_is_verdict(const struct check_violation *v, const struct obs *r)
{
    return r->kind == v->kind && r->cycle == v->cycle && r->cpu == v->cpu &&
           r->va == v->va && r->tid == v->tid;
}

void scene_verdict(const struct check_violation *v, char *text, size_t n)
{
    char must[48], was[48];
    bool stale = v->frame != v->current_frame;
    bool torn = v->rule == CHECK_TORN && v->has_earlier;
    scene_version(torn ? v->earlier_version.bits : v->missed_version.bits, must);
    scene_version(v->version.bits, was);
    switch (v->rule) {
    case CHECK_STALE:
        if (stale)
            snprintf(text, n, "reads old frame %" PRIu32 ": must be %s", v->frame,
                     must);
        else
            snprintf(text, n, "reads %s: must be %s", was, must);
        return;
    case CHECK_TORN:
        snprintf(text, n, "reads %s: was %s in the same critical section", was, must);
        return;
    case CHECK_LOST:
        if (v->has_missed)
            snprintf(text, n, "overwrites %s, which it had not seen", must);
        else
            snprintf(text, n, "is lost in old frame %" PRIu32, v->frame);
        return;
    case CHECK_MUTEX:
        snprintf(text, n, "takes the lock that thread %" PRIu32 " owns", v->other_tid);
        return;
    case CHECK_REUSE:
        snprintf(text, n, "%s frame %" PRIu32 ", which is no longer its own",
                 v->kind == OBS_STORE ? "writes to" : "reads", v->frame);
        return;
    case CHECK_N_RULES:
        break;
    }
    snprintf(text, n, "violates a rule");
}

const struct obs *scene_earlier_load(const struct check_violation *v)
{
    const struct obs *load = NULL;
    for (uint32_t i = 0; i < v->n_witness && v->has_earlier; i++) {
        const struct obs *r = &v->witness[i];
        if (r->kind == OBS_LOAD && r->tid == v->tid && r->va == v->va &&
            r->b == v->earlier_version.bits && r->cycle < v->cycle)
            load = r;
    }
    return load;
}

enum scene_frame scene_which(const struct scene *scene, uint32_t frame)
{
    if (frame == NO_FRAME)
        return SCENE_NOTHING;
    if (frame == scene->old_frame)
        return SCENE_OLD;
    return frame == scene->new_frame ? SCENE_NEW : SCENE_OTHER;
}

struct scene_span *scene_span(struct scene *scene, enum scene_span_kind kind,
                              uint32_t lane, int64_t t0)
{
    uint32_t i =
        scene->n_spans < SCENE_SPANS_MAX ? scene->n_spans++ : SCENE_SPANS_MAX - 1;
    scene->spans[i] = (struct scene_span){
        .kind = kind,
        .lane = lane,
        .tid = NO_THREAD,
        .frame = NO_FRAME,
        .t0 = t0,
        .t1 = scene->to,
        .open1 = true,
    };
    return &scene->spans[i];
}

struct scene_mark *scene_mark(struct scene *scene, enum scene_mark_kind kind,
                              const struct obs *r)
{
    uint32_t i =
        scene->n_marks < SCENE_MARKS_MAX ? scene->n_marks++ : SCENE_MARKS_MAX - 1;
    scene->marks[i] = (struct scene_mark){
        .kind = kind,
        .weight = SCENE_PLAIN,
        .lane = scene_lane(scene, r->cpu),
        .tid = r->tid,
        .t = scene_time(scene, r->cycle),
    };
    return &scene->marks[i];
}

static void add_lane(struct scene *scene, uint16_t cpu, bool story)
{
    if (cpu == NO_CPU || scene->n_lanes == SCENE_LANES_MAX)
        return;
    uint32_t i = scene_lane(scene, cpu);
    if (i != SCENE_LANE_NONE) {
        scene->lanes[i].story |= story;
        return;
    }
    for (i = scene->n_lanes++; i > 0 && scene->lanes[i - 1].cpu > cpu; i--)
        scene->lanes[i] = scene->lanes[i - 1];
    scene->lanes[i] = (struct scene_lane){.cpu = cpu, .tid = NO_THREAD, .story = story};
}

static const char *access_role(const struct check_violation *v)
{
    return v->rule == CHECK_MUTEX                   ? "takes the lock"
           : v->rule == CHECK_LOST && v->has_missed ? "overwrites"
           : v->kind == OBS_STORE                   ? "stores"
                                                    : "reads";
}

/* What the CPU does in the story, and whose thread it runs there. */
static void name_lane(const struct scene *scene, struct scene_lane *lane)
{
    const struct check_violation *v = &scene->w->v;
    bool changes = lane->cpu == v->fault_cpu && (v->fault || v->change_cycle);
    bool missed = v->has_missed && lane->cpu == v->missed_cpu;
    bool owner = v->other_tid != NO_THREAD && lane->cpu == v->other_cpu;
    bool access = lane->cpu == v->cpu;
    snprintf(lane->role, sizeof lane->role, "%s%s%s%s%s%s%s",
             changes ? "changes the entry" : "", changes && missed ? ", " : "",
             missed ? "stores" : "", (changes || missed) && owner ? ", " : "",
             owner ? "owns the lock" : "",
             (changes || missed || owner) && access ? ", " : "",
             access ? access_role(v) : "");
    lane->tid = access   ? v->tid
                : missed ? v->missed_tid
                : owner  ? v->other_tid
                         : NO_THREAD;
    for (uint32_t i = 0; i < v->n_witness && lane->tid == NO_THREAD; i++)
        if (v->witness[i].cpu == lane->cpu)
            lane->tid = v->witness[i].tid;
}

static void find_lanes(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    add_lane(scene, v->cpu, true);
    add_lane(scene, v->has_missed ? v->missed_cpu : NO_CPU, true);
    add_lane(scene, v->other_cpu, true);
    add_lane(scene, v->fault_cpu, true);
    for (uint32_t i = 0; i < v->n_witness; i++)
        add_lane(scene, v->witness[i].cpu, false);
    for (uint32_t i = 0; i < scene->n_lanes; i++)
        name_lane(scene, &scene->lanes[i]);
}

static void find_zero(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    cycle_t first = v->n_witness ? v->witness[0].cycle : v->cycle;
    scene->zero = first;
    scene->zero_text = "cycles after the first record";
    if (v->change_cycle >= first && v->change_cycle <= v->cycle && v->change_cycle) {
        scene->zero = v->change_cycle;
        scene->zero_text = "cycles after the entry changed";
    }
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        if (r->kind != OBS_FAULT_BEGIN || !v->fault || r->id != v->fault)
            continue;
        scene->zero = r->cycle;
        scene->zero_text = "cycles after the fault";
        return;
    }
}

/* Where the story begins: the change, the missed store, the owner's lock. */
static cycle_t story_begin(const struct check_violation *v, cycle_t first)
{
    cycle_t begin = v->cycle;
    if (v->change_cycle >= first && v->change_cycle < begin)
        begin = v->change_cycle;
    cycle_t near = v->cycle;
    if (v->has_missed && v->missed_cycle >= first && v->missed_cycle < near)
        near = v->missed_cycle;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        bool earlier = r == scene_earlier_load(v);
        bool owner = v->rule == CHECK_MUTEX && r->kind == OBS_LOCK && r->va == v->va &&
                     r->tid == v->other_tid;
        bool freed =
            v->rule == CHECK_REUSE && r->kind == OBS_FRAME_FREE && r->a == v->frame;
        if ((earlier || owner || freed) && r->cycle < near)
            near = r->cycle;
    }
    begin = near < begin ? near : begin;
    return v->cycle - begin > VIEW_CYCLES_MAX && near < v->cycle ? near : begin;
}

static void find_window(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    cycle_t first = v->n_witness ? v->witness[0].cycle : v->cycle;
    cycle_t last = v->n_witness ? v->witness[v->n_witness - 1].cycle : v->cycle;
    first = v->cycle < first ? v->cycle : first;
    last = v->cycle > last ? v->cycle : last;
    cycle_t begin = story_begin(v, first);
    if (begin == v->cycle) /* Nothing is known but the access. */
        begin = first;
    int64_t margin = (int64_t)(v->cycle - begin) / 8;
    margin = margin < VIEW_MARGIN_MIN ? VIEW_MARGIN_MIN : margin;
    scene->verdict = scene_time(scene, v->cycle);
    scene->from = scene_time(scene, first) - margin / 4;
    scene->to = scene_time(scene, last) + margin / 2;
    int64_t from = scene_time(scene, begin) - margin, to = scene->verdict + margin;
    scene->view_from = from > scene->from ? from : scene->from;
    scene->view_to = to < scene->to ? to : scene->to;
}

static void find_frames(struct scene *scene)
{
    const struct check_violation *v = &scene->w->v;
    scene->new_frame = v->current_frame;
    scene->old_frame = v->old_frame != NO_FRAME ? v->old_frame
                       : v->kind != OBS_LOCK && v->frame != v->current_frame ? v->frame
                                                                             : NO_FRAME;
    scene->has_lock = v->has_lock || v->rule == CHECK_MUTEX;
    scene->lock_va = v->rule == CHECK_MUTEX ? v->va : v->lock_va;
}

/* Gives spans of one kind and lane that overlap different rows. */
static void find_rows(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        struct scene_span *span = &scene->spans[i];
        uint32_t row = 0;
        bool taken = true;
        while (taken) {
            taken = false;
            for (uint32_t k = 0; k < i && !taken; k++) {
                const struct scene_span *other = &scene->spans[k];
                taken = other->kind == span->kind && other->lane == span->lane &&
                        other->row == row && other->t0 < span->t1 &&
                        span->t0 < other->t1;
            }
            row += taken;
        }
        span->row = row;
    }
}

struct scene *scene_create(const struct witness *w)
{
    struct scene *scene = calloc(1, sizeof *scene);
    if (!scene)
        return NULL;
    scene->w = w;
    find_lanes(scene);
    find_zero(scene);
    find_window(scene);
    find_frames(scene);
    scene_add_cpus(scene);
    scene_add_state(scene);
    find_rows(scene);
    return scene;
}

void scene_destroy(struct scene *scene)
{
    free(scene);
}
