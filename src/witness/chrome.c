/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * chrome.c - Chrome trace events of witnesses.
 *
 * Viewers do not show slices that overlap on one track, so a CPU's activities
 * are cut into pieces (scene_flatten), and what holds (the entry, the TLBs,
 * the lock's owners) has tracks of its own.  Interrupts and acknowledgements
 * are flows from slice to slice.
 */
#include "witness/scene.h"

#include "report/json.h"
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>

/* Thread ids: CPUs by number, then the tracks of what holds. */
#define TRACK_PTE  100000u
#define TRACK_LOCK 100001u /* And one for each more row of owners. */
#define TRACK_TLB  200000u /* And the number of the CPU. */

struct out {
    FILE *file;
    const struct scene *scene;
    uint32_t pid;
    double core_mhz;
    bool filled;
    uint64_t n_flows;
    struct report_json json;
};

static double microseconds(const struct out *o, int64_t cycles)
{
    return (double)cycles / (o->core_mhz > 0 ? o->core_mhz : 1000);
}

static void begin_event(struct out *o, const char *phase, uint64_t tid)
{
    if (o->filled)
        fputc(',', o->file);
    o->filled = true;
    o->json = report_json_begin(o->file, true);
    report_json_object(&o->json, NULL);
    report_json_string(&o->json, "ph", phase);
    report_json_u64(&o->json, "pid", o->pid);
    report_json_u64(&o->json, "tid", tid);
}

static void put_ts(struct out *o, int64_t t)
{
    report_json_double(&o->json, "ts", microseconds(o, t - o->scene->from));
}

static void put_cycle(struct out *o, int64_t t, const char *detail)
{
    char cycle[32];
    snprintf(cycle, sizeof cycle, "%" PRId64, t);
    report_json_object(&o->json, "args");
    report_json_string(&o->json, "what", detail);
    report_json_string(&o->json, o->scene->zero_text, cycle);
    report_json_close(&o->json);
}

static void put_meta(struct out *o, const char *what, uint64_t tid, const char *name)
{
    begin_event(o, "M", tid);
    report_json_string(&o->json, "name", what);
    report_json_object(&o->json, "args");
    report_json_string(&o->json, "name", name);
    report_json_close(&o->json);
    report_json_close(&o->json);
}

static void put_slice(struct out *o, uint64_t tid, const struct scene_span *span,
                      int64_t t0, int64_t t1)
{
    begin_event(o, "X", tid);
    put_ts(o, t0);
    /* By difference, so that a slice ends exactly where the next begins. */
    report_json_double(&o->json, "dur",
                       microseconds(o, t1 - o->scene->from) -
                           microseconds(o, t0 - o->scene->from));
    report_json_string(&o->json, "name", span->label);
    put_cycle(o, t0, span->detail);
    report_json_close(&o->json);
}

static void put_mark(struct out *o, const struct scene_mark *mark)
{
    begin_event(o, "i", o->scene->lanes[mark->lane].cpu);
    put_ts(o, mark->t);
    report_json_string(&o->json, "s", "t");
    report_json_string(&o->json, "name", mark->label);
    put_cycle(o, mark->t, mark->detail);
    report_json_close(&o->json);
}

static void put_flow(struct out *o, const char *phase, uint32_t lane, int64_t t,
                     const struct scene_arrow *arrow)
{
    begin_event(o, phase, o->scene->lanes[lane].cpu);
    put_ts(o, t);
    report_json_u64(&o->json, "id", o->n_flows);
    report_json_string(&o->json, "cat", "ipi");
    report_json_string(&o->json, "name", arrow->kind == SCENE_IPI ? "IPI" : "ack");
    if (*phase == 'f')
        report_json_string(&o->json, "bp", "e");
    report_json_close(&o->json);
}

static void put_arrows(struct out *o)
{
    for (uint32_t i = 0; i < o->scene->n_arrows; i++) {
        const struct scene_arrow *arrow = &o->scene->arrows[i];
        if (arrow->kind == SCENE_MISSED || arrow->open)
            continue;
        o->n_flows++;
        put_flow(o, "s", arrow->from, arrow->t0, arrow);
        put_flow(o, "f", arrow->to, arrow->t1, arrow);
    }
}

static uint64_t track_of(const struct scene *scene, const struct scene_span *span)
{
    if (span->kind == SCENE_PTE)
        return TRACK_PTE;
    if (span->kind == SCENE_OWNER)
        return TRACK_LOCK + (uint64_t)span->row;
    return TRACK_TLB + (uint64_t)scene->lanes[span->lane].cpu;
}

static void put_states(struct out *o)
{
    for (uint32_t i = 0; i < o->scene->n_spans; i++) {
        const struct scene_span *span = &o->scene->spans[i];
        bool state = span->kind == SCENE_PTE || span->kind == SCENE_OWNER ||
                     span->kind == SCENE_TLB;
        if (state && span->t1 > span->t0)
            put_slice(o, track_of(o->scene, span), span, span->t0, span->t1);
    }
}

static void put_names(struct out *o)
{
    const struct witness *w = o->scene->w;
    char name[192];
    snprintf(name, sizeof name, "%s, trial %" PRIu64 ", %s", check_rule_name(w->v.rule),
             w->trial, w->protocol);
    put_meta(o, "process_name", 0, name);
    put_meta(o, "thread_name", TRACK_PTE, "page table entry");
    put_meta(o, "thread_name", TRACK_LOCK, "owner of the lock");
    for (uint32_t i = 0; i < o->scene->n_lanes; i++) {
        const struct scene_lane *lane = &o->scene->lanes[i];
        snprintf(name, sizeof name, "CPU %u%s%s", lane->cpu, lane->role[0] ? ": " : "",
                 lane->role);
        put_meta(o, "thread_name", lane->cpu, name);
        snprintf(name, sizeof name, "TLB of CPU %u", lane->cpu);
        put_meta(o, "thread_name", TRACK_TLB + (uint64_t)lane->cpu, name);
    }
}

static void put_witness(struct out *o, struct scene_piece *pieces)
{
    put_names(o);
    for (uint32_t lane = 0; lane < o->scene->n_lanes; lane++) {
        uint32_t n = scene_flatten(o->scene, lane, pieces);
        for (uint32_t i = 0; i < n; i++)
            put_slice(o, o->scene->lanes[lane].cpu, pieces[i].span, pieces[i].t0,
                      pieces[i].t1);
    }
    put_states(o);
    for (uint32_t i = 0; i < o->scene->n_marks; i++)
        put_mark(o, &o->scene->marks[i]);
    put_arrows(o);
}

enum status witness_chrome(FILE *file, const struct witness *const *w, uint32_t n,
                           double core_mhz, struct err *err)
{
    struct out o = {.file = file, .core_mhz = core_mhz};
    struct scene_piece *pieces = calloc(SCENE_PIECES_MAX, sizeof *pieces);
    enum status status = pieces ? STATUS_OK : STATUS_INTERNAL;
    fputs("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n", file);
    for (uint32_t i = 0; i < n && !status; i++) {
        struct scene *scene = scene_create(w[i]);
        o.scene = scene;
        o.pid = i + 1;
        if (scene)
            put_witness(&o, pieces);
        else
            status = STATUS_INTERNAL;
        scene_destroy(scene);
    }
    fputs("]}\n", file);
    free(pieces);
    if (status)
        return err_set(err, status, "out of memory");
    return report_flush(file, "the trace events", err);
}
