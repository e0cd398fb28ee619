/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene_cpu.c - what each CPU does; see scene.h.
 *
 * A record that begins something opens a span; the record that ends it closes
 * the last one that is open.  What the witness does not end stays open to its
 * right end, and says so.
 */
#include "witness/scene.h"

#include "base/pte.h"
#include "config/protocol.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* The last open span of a kind in a lane, or null. */
static struct scene_span *open_span(struct scene *scene, enum scene_span_kind kind,
                                    uint32_t lane)
{
    for (uint32_t i = scene->n_spans; i-- > 0;)
        if (scene->spans[i].kind == kind && scene->spans[i].lane == lane &&
            scene->spans[i].open1)
            return &scene->spans[i];
    return NULL;
}

static struct scene_span *close_span(struct scene *scene, enum scene_span_kind kind,
                                     uint32_t lane, int64_t t)
{
    struct scene_span *span = open_span(scene, kind, lane);
    if (span) {
        span->t1 = t;
        span->open1 = false;
    }
    return span;
}

static void __attribute__((format(printf, 3, 4)))
say(char *text, size_t n, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, n, format, arguments);
    va_end(arguments);
}

#define LABEL(at, ...)  say((at)->label, sizeof(at)->label, __VA_ARGS__)
#define DETAIL(at, ...) say((at)->detail, sizeof(at)->detail, __VA_ARGS__)

static const char *name_at(const struct scene *scene, const struct obs *r, char *text)
{
    struct check_names names = witness_names(scene->w);
    names.name(names.context, r->space, r->va, text, 128);
    return text;
}

/* An access of the word, or of another: only then is its name worth space. */
static void add_access(struct scene *scene, const struct obs *r)
{
    const struct check_violation *v = &scene->w->v;
    bool load = r->kind == OBS_LOAD, verdict = scene_is_verdict(v, r);
    bool missed = !load && v->has_missed && r->b == v->missed_version.bits;
    bool earlier = r == scene_earlier_load(v);
    struct scene_mark *mark = scene_mark(scene, load ? SCENE_LOAD : SCENE_STORE, r);
    char name[128], version[48], last[128];
    const char *verb = load ? "load" : "store";
    name_at(scene, r, name);
    scene_version(r->b, version);
    mark->missed = missed;
    mark->weight = verdict             ? SCENE_VERDICT
                   : missed || earlier ? SCENE_KEY
                                       : SCENE_PLAIN;
    scene_verdict(v, last, sizeof last);
    if (verdict)
        LABEL(mark, "%s", last);
    else if (missed && v->rule == CHECK_LOST)
        LABEL(mark, "store %s: gets lost", version);
    else if (missed)
        LABEL(mark, "store %s: not seen", version);
    else
        LABEL(mark, "%s %s", verb, version);
    DETAIL(mark, "thread %" PRIu32 " %s %s of %.90s, frame %" PRIu64 "%s%s", r->tid,
           load ? "loads" : "stores", version, name, r->a, verdict ? ": " : "",
           verdict ? last : "");
}

static void add_lock(struct scene *scene, const struct obs *r)
{
    const struct check_violation *v = &scene->w->v;
    bool lock = r->kind == OBS_LOCK, verdict = lock && scene_is_verdict(v, r);
    struct scene_mark *mark = scene_mark(scene, lock ? SCENE_LOCK : SCENE_UNLOCK, r);
    char name[128];
    name_at(scene, r, name);
    if (lock) {
        close_span(scene, SCENE_SPIN, mark->lane, mark->t);
        LABEL(mark, "lock");
    } else {
        LABEL(mark, "unlock");
    }
    if (verdict) {
        mark->weight = SCENE_VERDICT;
        scene_verdict(v, mark->label, sizeof mark->label);
    }
    DETAIL(mark, "thread %" PRIu32 " %s %.90s", r->tid, lock ? "takes" : "gives back",
           name);
}

static void add_spin(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    int64_t t = scene_time(scene, r->cycle);
    close_span(scene, SCENE_SPIN, lane, t);
    if (r->kind == OBS_SPIN_END)
        return;
    struct scene_span *span = scene_span(scene, SCENE_SPIN, lane, t);
    char name[128];
    span->tid = r->tid;
    LABEL(span, "waits for the lock");
    DETAIL(span, "thread %" PRIu32 " waits for %.90s", r->tid, name_at(scene, r, name));
}

static const char *outcome(uint64_t code)
{
    static const char *const words[] = {
        "page copied",     "page taken over", "upgraded",    "spurious",
        "found in memory", "new page",        "starts over", "SIGSEGV",
    };
    return code < sizeof words / sizeof *words ? words[code] : "ended";
}

static void begin_fault(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    int64_t t = scene_time(scene, r->cycle);
    close_span(scene, SCENE_STEP, lane, t);
    close_span(scene, SCENE_SLEEP, lane, t);
    close_span(scene, SCENE_FAULT, lane, t);
    struct scene_span *span = scene_span(scene, SCENE_FAULT, lane, t);
    char name[128];
    const char *how = r->a & PF_W ? "write" : "read";
    span->tid = r->tid;
    span->number = r->id;
    LABEL(span, "#PF %s", how);
    DETAIL(span, "page fault %" PRIu64 " of thread %" PRIu32 ": %s of %.80s", r->id,
           r->tid, how, name_at(scene, r, name));
}

static void end_fault(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    int64_t t = scene_time(scene, r->cycle);
    close_span(scene, SCENE_STEP, lane, t);
    close_span(scene, SCENE_SLEEP, lane, t);
    struct scene_span *span = close_span(scene, SCENE_FAULT, lane, t);
    if (!span) { /* It began before the first record. */
        span = scene_span(scene, SCENE_FAULT, lane, scene->from);
        span->open0 = true;
        span->open1 = false;
        span->t1 = t;
        span->tid = r->tid;
        span->number = r->id;
        LABEL(span, "#PF");
        DETAIL(span, "page fault %" PRIu64 " of thread %" PRIu32, r->id, r->tid);
    }
    size_t n = strlen(span->detail);
    say(span->detail + n, sizeof span->detail - n, "; %s", outcome(r->a));
}

static void add_step(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    int64_t t = scene_time(scene, r->cycle);
    close_span(scene, SCENE_STEP, lane, t);
    close_span(scene, SCENE_SLEEP, lane, t);
    if (r->a >= PROTOCOL_N_STEPS)
        return;
    enum protocol_step step = (enum protocol_step)r->a;
    struct scene_span *span = scene_span(scene, SCENE_STEP, lane, t);
    span->tid = r->tid;
    span->value = r->a;
    span->number = r->id;
    span->wait = step == PROTOCOL_SHOOTDOWN_WAIT || step == PROTOCOL_BROADCAST_SYNC;
    LABEL(span, "%s", protocol_step_text(step));
    DETAIL(span, "kernel step %s: %s", protocol_step_text(step),
           protocol_step_sentence(step));
}

static void add_sleep(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    int64_t t = scene_time(scene, r->cycle);
    close_span(scene, SCENE_STEP, lane, t);
    struct scene_span *span = scene_span(scene, SCENE_SLEEP, lane, t);
    span->tid = r->tid;
    LABEL(span, "page is busy: sleeps");
    DETAIL(span,
           "the fault of thread %" PRIu32 " sleeps until frame %" PRIu64
           " is no longer busy",
           r->tid, r->a);
}

/* The first record of 'kind' about shootdown 'id' on 'cpu' from record 'i' on. */
static const struct obs *later(const struct scene *scene, uint32_t i,
                               enum obs_kind kind, uint64_t id, uint64_t cpu)
{
    const struct check_violation *v = &scene->w->v;
    for (; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        if (r->kind == kind && r->id == id && (cpu == NO_CPU || r->cpu == cpu))
            return r;
    }
    return NULL;
}

static struct scene_arrow *add_arrow(struct scene *scene, enum scene_arrow_kind kind,
                                     uint32_t from, uint32_t to)
{
    uint32_t i =
        scene->n_arrows < SCENE_ARROWS_MAX ? scene->n_arrows++ : SCENE_ARROWS_MAX - 1;
    scene->arrows[i] = (struct scene_arrow){.kind = kind, .from = from, .to = to};
    return &scene->arrows[i];
}

static void add_send(struct scene *scene, uint32_t i)
{
    const struct obs *r = &scene->w->v.witness[i];
    struct scene_mark *mark = scene_mark(scene, SCENE_SEND, r);
    const struct obs *there = later(scene, i, OBS_IPI_ARRIVE, r->id, r->a);
    uint32_t to = scene_lane(scene, r->a);
    LABEL(mark, "IPI to CPU %" PRIu64, r->a);
    DETAIL(mark, "interrupt to CPU %" PRIu64 ", shootdown %" PRIu64 "%s", r->a, r->id,
           there ? "" : "; had not arrived at the end of the witness");
    if (to == SCENE_LANE_NONE || to == mark->lane)
        return;
    struct scene_arrow *arrow = add_arrow(scene, SCENE_IPI, mark->lane, to);
    arrow->t0 = mark->t;
    arrow->t1 = there ? scene_time(scene, there->cycle) : scene->to;
    arrow->open = !there;
    arrow->number = r->id;
    DETAIL(arrow, "interrupt from CPU %u to CPU %" PRIu64 "%s", r->cpu, r->a,
           there ? "" : ", had not arrived");
}

static void begin_handler(struct scene *scene, const struct obs *r)
{
    uint32_t lane = scene_lane(scene, r->cpu);
    struct scene_span *span =
        scene_span(scene, SCENE_HANDLER, lane, scene_time(scene, r->cycle));
    span->tid = r->tid;
    span->number = r->id;
    LABEL(span, "interrupt");
    DETAIL(span, "interrupt of shootdown %" PRIu64 ", until it is acknowledged", r->id);
}

static void add_ack(struct scene *scene, uint32_t i)
{
    const struct obs *r = &scene->w->v.witness[i];
    struct scene_mark *mark = scene_mark(scene, SCENE_EVENT, r);
    close_span(scene, SCENE_HANDLER, mark->lane, mark->t);
    LABEL(mark, "ack");
    DETAIL(mark, "acknowledges shootdown %" PRIu64 " to CPU %" PRIu64, r->id, r->a);
    uint32_t to = scene_lane(scene, r->a);
    if (to == SCENE_LANE_NONE || to == mark->lane)
        return;
    struct scene_arrow *arrow = add_arrow(scene, SCENE_ACK, mark->lane, to);
    arrow->t0 = arrow->t1 = mark->t;
    arrow->number = r->id;
    DETAIL(arrow, "CPU %u acknowledges to CPU %" PRIu64, r->cpu, r->a);
}

static void add_inval(struct scene *scene, const struct obs *r)
{
    static const char *const how[] = {
        "INVLPG", "INVLPG", "broadcast", "#PF", "CR3 load", "eviction",
    };
    const char *text = r->c < sizeof how / sizeof *how ? how[r->c] : "INVLPG";
    struct scene_mark *mark = scene_mark(scene, SCENE_INVAL, r);
    bool told = r->a != NO_FRAME;
    mark->weight = told && r->a == scene->old_frame ? SCENE_PLAIN : SCENE_BORING;
    if (told)
        LABEL(mark, "%s drops frame %" PRIu64, text, r->a);
    else
        LABEL(mark, "%s", text);
    DETAIL(mark, "%s of %" PRIu64 " page%s: %s", text, r->b, r->b == 1 ? "" : "s",
           told ? mark->label : "the TLB did not hold the page, or does not say so");
}

static void add_event(struct scene *scene, const struct obs *r)
{
    struct scene_mark *mark = scene_mark(scene, SCENE_EVENT, r);
    switch (r->kind) {
    case OBS_SHOOTDOWN_BEGIN:
        LABEL(mark, "shootdown to %" PRIu64 " CPU%s", r->a, r->a == 1 ? "" : "s");
        break;
    case OBS_SHOOTDOWN_END:
        LABEL(mark, "all acknowledged");
        break;
    case OBS_SHOOTDOWN_SKIP:
        LABEL(mark, "no shootdown: %s",
              r->a == 0 ? "entry was never used" : "no other CPU");
        break;
    case OBS_FRAME_COPY:
        LABEL(mark, "copied %" PRIu64 " to %" PRIu64, r->b, r->a);
        break;
    case OBS_FRAME_FREE:
        LABEL(mark, "frees frame %" PRIu64, r->a);
        break;
    case OBS_FRAME_ALLOC:
        LABEL(mark, "takes frame %" PRIu64, r->a);
        break;
    case OBS_PTE_WRITE:
        LABEL(mark, "writes the entry");
        break;
    case OBS_SWITCH:
        LABEL(mark, r->tid == NO_THREAD ? "idle" : "runs thread %" PRIu32, r->tid);
        break;
    default:
        LABEL(mark, "%s", obs_name((enum obs_kind)r->kind));
        break;
    }
    bool life = r->kind == OBS_FRAME_FREE || r->kind == OBS_FRAME_ALLOC;
    if (r->kind == OBS_WATCH_BEGIN || r->kind == OBS_WATCH_QUIET ||
        r->kind == OBS_SWITCH || r->kind == OBS_PTE_WRITE ||
        r->kind == OBS_FRAME_COPY || (life && scene->w->v.rule != CHECK_REUSE))
        mark->weight = SCENE_BORING;
    DETAIL(mark, "%s", mark->label);
}

static void add_sync(struct scene *scene, const struct obs *r)
{
    struct scene_mark *mark = scene_mark(scene, SCENE_SYNC, r);
    const char *kind = obs_name((enum obs_kind)r->kind);
    char name[128];
    if (r->kind == OBS_SPAWN || r->kind == OBS_JOIN || r->kind == OBS_FORK ||
        r->kind == OBS_WAITPID)
        LABEL(mark, "%s thread %" PRIu64, kind, r->id);
    else
        LABEL(mark, "%s", kind);
    DETAIL(mark, "thread %" PRIu32 ": %s at %.90s", r->tid, mark->label,
           name_at(scene, r, name));
}

static void add_record(struct scene *scene, uint32_t i)
{
    const struct obs *r = &scene->w->v.witness[i];
    switch (r->kind) {
    case OBS_LOAD:
    case OBS_STORE:
        add_access(scene, r);
        break;
    case OBS_LOCK:
    case OBS_UNLOCK:
        add_lock(scene, r);
        break;
    case OBS_SPIN_BEGIN:
    case OBS_SPIN_END:
        add_spin(scene, r);
        break;
    case OBS_FAULT_BEGIN:
        begin_fault(scene, r);
        break;
    case OBS_FAULT_END:
        end_fault(scene, r);
        break;
    case OBS_STEP:
        add_step(scene, r);
        break;
    case OBS_BUSY_SLEEP:
        add_sleep(scene, r);
        break;
    case OBS_IPI_SEND:
        add_send(scene, i);
        break;
    case OBS_IPI_ARRIVE:
        begin_handler(scene, r);
        break;
    case OBS_IPI_HANDLER:
        break; /* Inside the span from arrival to acknowledgement. */
    case OBS_IPI_ACK:
        add_ack(scene, i);
        break;
    case OBS_TLB_INVAL:
        add_inval(scene, r);
        break;
    case OBS_POST:
    case OBS_WAIT:
    case OBS_BARRIER_ENTER:
    case OBS_BARRIER_LEAVE:
    case OBS_SPAWN:
    case OBS_JOIN:
    case OBS_FORK:
    case OBS_WAITPID:
        add_sync(scene, r);
        break;
    default:
        add_event(scene, r);
        break;
    }
}

/* From the store that was missed to the access that missed it. */
static void add_missed(struct scene *scene)
{
    const struct scene_mark *store = NULL, *access = NULL;
    for (uint32_t i = 0; i < scene->n_marks; i++) {
        if (scene->marks[i].missed && !store)
            store = &scene->marks[i];
        if (scene->marks[i].weight == SCENE_VERDICT)
            access = &scene->marks[i];
    }
    if (!store || !access || store == access)
        return;
    struct scene_arrow *arrow =
        add_arrow(scene, SCENE_MISSED, store->lane, access->lane);
    arrow->t0 = store->t;
    arrow->t1 = access->t;
    DETAIL(arrow, "this store must have been seen here");
}

void scene_add_cpus(struct scene *scene)
{
    for (uint32_t i = 0; i < scene->w->v.n_witness; i++)
        if (scene_lane(scene, scene->w->v.witness[i].cpu) != SCENE_LANE_NONE)
            add_record(scene, i);
    add_missed(scene);
}
