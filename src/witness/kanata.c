/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kanata.c - witnesses in the format Kanata 0004, for the viewer Konata.
 *
 * Konata shows how instructions go through a pipeline.  Here an "instruction"
 * is whatever has a beginning and an end on a CPU: a fault with its kernel
 * steps as stages, an interrupt in flight (Fly) and in its handler (Irq), a
 * wait (Spin), an operation (Ld, St, Lk, Ul).  The violating access ends as
 * "flushed"; the store that it missed is drawn as its producer.
 *
 * The format has one rising clock, so the lines are collected and sorted by
 * cycle, and one violation begins where the one before has ended.
 */
#include "witness/scene.h"

#include "report/report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 100 /* Cycles between two violations. */

struct line {
    int64_t cycle;
    uint32_t order;
    char what;      /* The letter of the command. */
    uint32_t id;    /* Of the instruction, in the order of finding it. */
    uint32_t other; /* I: CPU. L: where. R: flushed. W: id of the producer. */
    char text[224];
};

#define NO_ID UINT32_MAX

struct out {
    const struct scene *scene;
    uint32_t n_ids; /* Of this violation. */
    uint32_t n, capacity;
    struct line *lines;
    bool failed;
    uint32_t missed; /* Id of the missed store, or NO_ID. */
    /* In the whole file: */
    uint64_t first, n_retired; /* Number of the first instruction of this one. */
    int64_t now;
};

static void __attribute__((format(printf, 6, 7)))
put(struct out *o, int64_t t, char what, uint32_t id, uint32_t other,
    const char *format, ...)
{
    if (o->n == o->capacity) {
        uint32_t capacity = o->capacity ? 2 * o->capacity : 1024;
        struct line *more = realloc(o->lines, capacity * sizeof *more);
        o->failed |= !more;
        if (!more)
            return;
        o->lines = more;
        o->capacity = capacity;
    }
    struct line *line = &o->lines[o->n];
    *line = (struct line){t - o->scene->from, o->n, what, id, other, ""};
    o->n++;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line->text, sizeof line->text, format, arguments);
    va_end(arguments);
}

/* Names come from symbols: no tab and no newline may get into a line. */
static const char *clean(const char *text, char *out, size_t n)
{
    size_t i = 0;
    for (; text[i] && i + 1 < n; i++)
        out[i] = (unsigned char)text[i] < 0x20 ? ' ' : text[i];
    out[i] = '\0';
    return out;
}

/* Begins an instruction. Returns its id. */
static uint32_t begin(struct out *o, int64_t t, uint32_t lane, uint32_t tid,
                      const char *label, const char *detail)
{
    uint32_t id = o->n_ids++, cpu = o->scene->lanes[lane].cpu;
    char text[192];
    put(o, t, 'I', id, cpu, "%s", "");
    clean(label, text, sizeof text);
    if (tid == NO_THREAD)
        put(o, t, 'L', id, 0, "CPU %" PRIu32 ": %s", cpu, text);
    else
        put(o, t, 'L', id, 0, "CPU %" PRIu32 " T%" PRIu32 ": %s", cpu, tid, text);
    put(o, t, 'L', id, 1, "%s", clean(detail, text, sizeof text));
    return id;
}

static void stage(struct out *o, uint32_t id, const char *name, int64_t t0, int64_t t1)
{
    char text[64];
    clean(name, text, sizeof text);
    for (char *at = text; *at; at++)
        *at = *at == ' ' ? '_' : *at;
    put(o, t0, 'S', id, 0, "%s", text);
    put(o, t1 > t0 ? t1 : t0 + 1, 'E', id, 0, "%s", text);
}

static void end(struct out *o, uint32_t id, int64_t t, bool flushed)
{
    put(o, t, 'R', id, flushed, "%s", "");
}

static bool is_inside(const struct scene_span *step, const struct scene_span *fault)
{
    return (step->kind == SCENE_STEP || step->kind == SCENE_SLEEP) &&
           step->lane == fault->lane && step->t0 >= fault->t0 &&
           step->t1 <= fault->t1 && step->t1 > step->t0;
}

static void put_fault(struct out *o, const struct scene_span *fault)
{
    const struct scene *scene = o->scene;
    uint32_t id =
        begin(o, fault->t0, fault->lane, fault->tid, fault->label, fault->detail);
    int64_t entry = fault->t1;
    for (uint32_t i = 0; i < scene->n_spans; i++)
        if (is_inside(&scene->spans[i], fault) && scene->spans[i].t0 < entry)
            entry = scene->spans[i].t0;
    if (entry > fault->t0)
        stage(o, id, "#PF", fault->t0, entry);
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *step = &scene->spans[i];
        if (is_inside(step, fault))
            stage(o, id, step->kind == SCENE_SLEEP ? "sleep" : step->label, step->t0,
                  step->t1);
    }
    end(o, id, fault->t1 > fault->t0 ? fault->t1 : fault->t0 + 1, false);
}

static void put_wait(struct out *o, const struct scene_span *span)
{
    uint32_t id = begin(o, span->t0, span->lane, span->tid, span->label, span->detail);
    stage(o, id, "Spin", span->t0, span->t1);
    end(o, id, span->t1 > span->t0 ? span->t1 : span->t0 + 1, false);
}

/* The handler that an interrupt started, or null. */
static const struct scene_span *handler_of(const struct scene *scene,
                                           const struct scene_arrow *ipi)
{
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        if (span->kind == SCENE_HANDLER && span->lane == ipi->to &&
            span->t0 == ipi->t1 && span->number == ipi->number)
            return span;
    }
    return NULL;
}

static void put_ipi(struct out *o, const struct scene_arrow *ipi)
{
    if (ipi->kind != SCENE_IPI)
        return;
    const struct scene_span *handler = ipi->open ? NULL : handler_of(o->scene, ipi);
    uint32_t id = begin(o, ipi->t0, ipi->to, NO_THREAD, "interrupt", ipi->detail);
    int64_t done = handler && handler->t1 > ipi->t1 ? handler->t1 : ipi->t1;
    stage(o, id, "Fly", ipi->t0, ipi->t1);
    if (handler && handler->t1 > ipi->t1)
        stage(o, id, "Irq", ipi->t1, handler->t1);
    end(o, id, done > ipi->t0 ? done : ipi->t0 + 1, false);
}

static void put_operation(struct out *o, const struct scene_mark *mark)
{
    static const char *const stages[SCENE_N_MARK_KINDS] = {
        [SCENE_LOAD] = "Ld",   [SCENE_STORE] = "St", [SCENE_LOCK] = "Lk",
        [SCENE_UNLOCK] = "Ul", [SCENE_SYNC] = "Sy",
    };
    bool verdict = mark->weight == SCENE_VERDICT;
    if (!stages[mark->kind])
        return;
    uint32_t id = begin(o, mark->t, mark->lane, mark->tid, mark->label, mark->detail);
    stage(o, id, stages[mark->kind], mark->t, mark->t + 1);
    if (mark->missed)
        o->missed = id;
    if (verdict && o->missed != NO_ID)
        put(o, mark->t, 'W', id, o->missed, "%s", "");
    end(o, id, mark->t + 1, verdict);
}

static int by_cycle(const void *left, const void *right)
{
    const struct line *a = left, *b = right;
    if (a->cycle != b->cycle)
        return a->cycle < b->cycle ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

/* Collects the lines of one violation. */
static void collect(struct out *o)
{
    const struct scene *scene = o->scene;
    o->n = 0;
    o->missed = NO_ID;
    o->n_ids = 0;
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        if (scene->spans[i].kind == SCENE_FAULT)
            put_fault(o, &scene->spans[i]);
        else if (scene->spans[i].kind == SCENE_SPIN)
            put_wait(o, &scene->spans[i]);
    }
    for (uint32_t i = 0; i < scene->n_arrows; i++)
        put_ipi(o, &scene->arrows[i]);
    for (uint32_t i = 0; i < scene->n_marks; i++)
        put_operation(o, &scene->marks[i]);
    if (o->n)
        qsort(o->lines, o->n, sizeof *o->lines, by_cycle);
}

static void write_line(FILE *file, struct out *o, const struct line *line,
                       const uint64_t *number)
{
    uint64_t id = number[line->id];
    switch (line->what) {
    case 'I':
        fprintf(file, "I\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu32 "\n", id, id,
                line->other);
        break;
    case 'R':
        fprintf(file, "R\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu32 "\n", id, o->n_retired++,
                line->other);
        break;
    case 'W':
        fprintf(file, "W\t%" PRIu64 "\t%" PRIu64 "\t0\n", id, number[line->other]);
        break;
    default:
        fprintf(file, "%c\t%" PRIu64 "\t%" PRIu32 "\t%s\n", line->what, id, line->other,
                line->text);
        break;
    }
}

/* Writes the lines from cycle 'start' on.  Konata wants the instructions
 * numbered in the order in which they begin. */
static void write_lines(FILE *file, struct out *o, int64_t start)
{
    uint64_t *number = calloc(o->n_ids ? o->n_ids : 1, sizeof *number);
    o->failed |= !number;
    if (!number)
        return;
    for (uint32_t i = 0; i < o->n; i++)
        if (o->lines[i].what == 'I')
            number[o->lines[i].id] = o->first++;
    for (uint32_t i = 0; i < o->n; i++) {
        int64_t cycle = start + o->lines[i].cycle;
        if (cycle > o->now)
            fprintf(file, "C\t%" PRId64 "\n", cycle - o->now);
        o->now = cycle > o->now ? cycle : o->now;
        write_line(file, o, &o->lines[i], number);
    }
    free(number);
}

enum status witness_kanata(FILE *file, const struct witness *const *w, uint32_t n,
                           double core_mhz, struct err *err)
{
    struct out o = {0};
    (void)core_mhz; /* The format counts cycles. */
    fputs("Kanata\t0004\nC=\t0\n", file);
    for (uint32_t i = 0; i < n && !o.failed; i++) {
        struct scene *scene = scene_create(w[i]);
        o.failed = !scene;
        o.scene = scene;
        if (scene)
            collect(&o);
        if (!o.failed)
            write_lines(file, &o, i ? o.now + GAP : 0);
        scene_destroy(scene);
    }
    free(o.lines);
    if (o.failed)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    return report_flush(file, "the Kanata file", err);
}
