/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vcd.c - witnesses as a waveform (IEEE 1364, "Value change dump").
 *
 * Per violation a scope with
 *   pte         the entry's 64 bits; x: not known
 *   lock_owner  thread that owns the lock (with several, the last); z: nobody
 *   violation   1 from the violating access on
 * and in it a scope for each CPU:
 *   mode        0 code, 1 kernel, 2 interrupt, 3 waits for a lock, 4 sleeps
 *   tlb_frame   frame of the page in its TLB; z: no entry, x: not known
 *
 * No date in the header, so that equal witnesses give equal bytes.
 */
#include "witness/scene.h"

#include "report/report.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define VARIABLES_MAX (3u + 2u * SCENE_LANES_MAX)
#define CHANGES_MAX   (2u * SCENE_SPANS_MAX + 2u * SCENE_PIECES_MAX + VARIABLES_MAX)

enum { PTE, OWNER, VIOLATION, FIRST_LANE };

enum value_kind { KNOWN, UNKNOWN, NOTHING };

struct change {
    int64_t t;
    uint32_t order, variable;
    enum value_kind kind;
    uint64_t value;
};

struct wave {
    const struct scene *scene;
    uint64_t base; /* Variables of the violations before. */
    uint32_t n;
    struct change changes[CHANGES_MAX];
};

/* All violations, to be merged by time. */
struct file_change {
    uint64_t ps, order, variable;
    uint32_t bits;
    enum value_kind kind;
    uint64_t value;
};

struct out {
    FILE *file;
    double core_mhz;
    uint64_t n_variables;
    size_t n, capacity;
    struct file_change *changes;
    bool failed;
};

static uint32_t bits_of(uint32_t variable)
{
    if (variable == PTE)
        return 64;
    if (variable == VIOLATION)
        return 1;
    if (variable == OWNER)
        return 32;
    return (variable - FIRST_LANE) % 2 ? 32 : 3;
}

static void change(struct wave *w, int64_t t, uint32_t variable, enum value_kind kind,
                   uint64_t value)
{
    assert(w->n < CHANGES_MAX);
    w->changes[w->n] = (struct change){t, w->n, variable, kind, value};
    w->n++;
}

static unsigned mode_of(const struct scene_span *span)
{
    return span->kind == SCENE_HANDLER ? 2
           : span->kind == SCENE_SPIN  ? 3
           : span->kind == SCENE_SLEEP ? 4
                                       : 1;
}

static void add_modes(struct wave *w, uint32_t lane, struct scene_piece *pieces)
{
    uint32_t mode = FIRST_LANE + 2 * lane;
    uint32_t n = scene_flatten(w->scene, lane, pieces);
    change(w, w->scene->from, mode, KNOWN, 0);
    for (uint32_t i = 0; i < n; i++) {
        change(w, pieces[i].t0, mode, KNOWN, mode_of(pieces[i].span));
        if (i + 1 == n || pieces[i + 1].t0 > pieces[i].t1)
            change(w, pieces[i].t1, mode, KNOWN, 0);
    }
}

static void add_states(struct wave *w)
{
    const struct scene *scene = w->scene;
    change(w, scene->from, PTE, UNKNOWN, 0);
    change(w, scene->from, OWNER, NOTHING, 0);
    for (uint32_t i = 0; i < scene->n_lanes; i++)
        change(w, scene->from, FIRST_LANE + 2 * i + 1, UNKNOWN, 0);
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        bool nothing = span->frame == NO_FRAME;
        if (span->kind == SCENE_PTE && span->known)
            change(w, span->t0, PTE, KNOWN, span->value);
        else if (span->kind == SCENE_TLB && span->t1 > span->t0)
            change(w, span->t0, FIRST_LANE + 2 * span->lane + 1,
                   nothing ? NOTHING : KNOWN, nothing ? 0 : span->frame);
    }
}

/* The owner whose span began last; nobody where none is. */
static void add_owners(struct wave *w)
{
    const struct scene *scene = w->scene;
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i], *after = NULL;
        if (span->kind != SCENE_OWNER)
            continue;
        change(w, span->t0, OWNER, KNOWN, span->tid);
        for (uint32_t k = 0; k < scene->n_spans; k++) {
            const struct scene_span *other = &scene->spans[k];
            if (other != span && other->kind == SCENE_OWNER && other->t0 <= span->t1 &&
                other->t1 > span->t1)
                after = other;
        }
        if (!span->open1 && after)
            change(w, span->t1, OWNER, KNOWN, after->tid);
        else if (!span->open1)
            change(w, span->t1, OWNER, NOTHING, 0);
    }
}

static uint64_t picoseconds(const struct out *o, int64_t cycles)
{
    double ps = (double)cycles * (o->core_mhz > 0 ? 1e6 / o->core_mhz : 1000);
    return ps < 1e18 ? (uint64_t)llround(ps) : UINT64_C(1000000000000000000);
}

static bool grow(struct out *o, size_t more)
{
    if (o->n + more <= o->capacity)
        return true;
    size_t capacity = 2 * (o->n + more);
    struct file_change *changes = realloc(o->changes, capacity * sizeof *changes);
    if (!changes)
        return false;
    o->changes = changes;
    o->capacity = capacity;
    return true;
}

/* Identifiers of variables: numbers in the printable characters. */
static const char *id_of(uint64_t variable, char *text)
{
    unsigned n = 0;
    do {
        text[n++] = (char)('!' + variable % 94);
        variable /= 94;
    } while (variable);
    text[n] = '\0';
    return text;
}

static void declare(const struct out *o, const struct wave *w, uint32_t variable,
                    const char *name)
{
    char id[16];
    uint32_t bits = bits_of(variable);
    id_of(w->base + variable, id);
    if (bits == 1)
        fprintf(o->file, "$var reg 1 %s %s $end\n", id, name);
    else
        fprintf(o->file, "$var reg %" PRIu32 " %s %s [%" PRIu32 ":0] $end\n", bits, id,
                name, bits - 1);
}

static void declare_all(const struct out *o, const struct wave *w, uint32_t number)
{
    fprintf(o->file, "$scope module violation%" PRIu32 "_%s $end\n", number,
            check_rule_name(w->scene->w->v.rule));
    declare(o, w, PTE, "pte");
    declare(o, w, OWNER, "lock_owner");
    declare(o, w, VIOLATION, "violation");
    for (uint32_t i = 0; i < w->scene->n_lanes; i++) {
        fprintf(o->file, "$scope module cpu%u $end\n", w->scene->lanes[i].cpu);
        declare(o, w, FIRST_LANE + 2 * i, "mode");
        declare(o, w, FIRST_LANE + 2 * i + 1, "tlb_frame");
        fputs("$upscope $end\n", o->file);
    }
    fputs("$upscope $end\n", o->file);
}

static void take_changes(struct out *o, const struct wave *w)
{
    o->failed |= !grow(o, w->n);
    for (uint32_t i = 0; i < w->n && !o->failed; i++) {
        const struct change *c = &w->changes[i];
        o->changes[o->n] = (struct file_change){
            .ps = picoseconds(o, c->t - w->scene->from),
            .order = o->n,
            .variable = w->base + c->variable,
            .bits = bits_of(c->variable),
            .kind = c->kind,
            .value = c->value,
        };
        o->n++;
    }
}

static void add_witness(struct out *o, struct wave *w, uint32_t number,
                        struct scene_piece *pieces)
{
    w->n = 0;
    w->base = o->n_variables;
    o->n_variables += FIRST_LANE + 2 * (uint64_t)w->scene->n_lanes;
    for (uint32_t i = 0; i < w->scene->n_lanes; i++)
        add_modes(w, i, pieces);
    add_states(w);
    add_owners(w);
    change(w, w->scene->from, VIOLATION, KNOWN, 0);
    change(w, w->scene->verdict, VIOLATION, KNOWN, 1);
    declare_all(o, w, number);
    take_changes(o, w);
}

static int by_time(const void *left, const void *right)
{
    const struct file_change *a = left, *b = right;
    if (a->ps != b->ps)
        return a->ps < b->ps ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void put_value(FILE *file, const struct file_change *c)
{
    char id[16];
    id_of(c->variable, id);
    if (c->bits == 1) {
        fprintf(file, "%d%s\n", (int)c->value, id);
        return;
    }
    fputc('b', file);
    if (c->kind != KNOWN)
        fputc(c->kind == UNKNOWN ? 'x' : 'z', file);
    else
        for (uint32_t bit = 63 - (c->value ? (uint32_t)__builtin_clzll(c->value) : 63);
             bit < 64; bit--)
            fputc('0' + (int)(c->value >> bit & 1), file);
    fprintf(file, " %s\n", id);
}

/* Several changes of a variable at one time: the last one holds. */
static bool is_last(const struct out *o, size_t i)
{
    for (size_t k = i + 1; k < o->n && o->changes[k].ps == o->changes[i].ps; k++)
        if (o->changes[k].variable == o->changes[i].variable)
            return false;
    return true;
}

static void put_changes(struct out *o)
{
    if (o->n)
        qsort(o->changes, o->n, sizeof *o->changes, by_time);
    for (size_t i = 0; i < o->n; i++) {
        if (i == 0 || o->changes[i].ps != o->changes[i - 1].ps)
            fprintf(o->file, "#%" PRIu64 "\n", o->changes[i].ps);
        if (is_last(o, i))
            put_value(o->file, &o->changes[i]);
    }
}

enum status witness_vcd(FILE *file, const struct witness *const *w, uint32_t n,
                        double core_mhz, struct err *err)
{
    struct out o = {.file = file, .core_mhz = core_mhz};
    struct wave *wave = calloc(1, sizeof *wave);
    struct scene_piece *pieces = calloc(SCENE_PIECES_MAX, sizeof *pieces);
    o.failed = !wave || !pieces;
    fputs("$version Shootdown $end\n$timescale 1 ps $end\n", file);
    for (uint32_t i = 0; i < n && !o.failed; i++) {
        struct scene *scene = scene_create(w[i]);
        o.failed = !scene;
        wave->scene = scene;
        if (scene)
            add_witness(&o, wave, i + 1, pieces);
        scene_destroy(scene);
    }
    fputs("$enddefinitions $end\n", file);
    if (!o.failed)
        put_changes(&o);
    free(o.changes);
    free(pieces);
    free(wave);
    if (o.failed)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    return report_flush(file, "the waveform", err);
}
