/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_layout.c - how high everything is; see svg.h.
 *
 *     axis
 *     entry of the page
 *     owner of the lock
 *     ------------------- for each CPU:
 *     labels                  above_code
 *     code                    a line with marks
 *     labels                  above_kernel
 *     kernel steps            boxes, and one row more for interrupts that
 *     TLB entry               come during a fault
 *     ------------------- legend
 */
#include "witness/svg.h"

#include "config/protocol.h"

#include <string.h>

#define TOP       8.0
#define AXIS      34.0
#define LANE_GAP  9.0
#define NAME_LINE 15.0

const struct svg_measures svg_screen = {
    .left = SVG_LEFT,
    .right = SVG_RIGHT,
    .bold = 1.06,
    .rows = SVG_ROWS_MAX,
    .crowd = 16,
    .lanes = SVG_LANES_MAX,
    .text_width = svg_text_width,
};

double svg_x(const struct svg *svg, int64_t t)
{
    const struct scene *scene = svg->scene;
    const struct svg_measures *measures = svg->measures;
    double share = ((double)t - (double)scene->view_from) /
                   ((double)scene->view_to - (double)scene->view_from);
    double x = measures->left + share * (measures->right - measures->left);
    return x < -1e6 ? -1e6 : x > 1e6 ? 1e6 : x;
}

bool svg_on_code(const struct scene_mark *mark)
{
    return mark->kind == SCENE_LOAD || mark->kind == SCENE_STORE ||
           mark->kind == SCENE_LOCK || mark->kind == SCENE_UNLOCK ||
           mark->kind == SCENE_SYNC;
}

const struct svg_lane *svg_lane_of(const struct svg *svg, uint32_t lane)
{
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        if (svg->lanes[i].lane == lane)
            return &svg->lanes[i];
    return NULL;
}

const struct svg_tag *svg_tag_of(const struct svg_strip *strip, const void *owner)
{
    for (uint32_t i = 0; i < strip->n_tags; i++)
        if (strip->tags[i].owner == owner)
            return &strip->tags[i];
    return NULL;
}

int64_t svg_name_end(const struct scene *scene, const struct scene_span *fault)
{
    int64_t until = fault->t1;
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        if (span->lane == fault->lane &&
            (span->kind == SCENE_STEP || span->kind == SCENE_SLEEP) &&
            span->t0 >= fault->t0 && span->t0 < until)
            until = span->t0;
    }
    return until;
}

int64_t svg_tick_step(int64_t range, int64_t n)
{
    int64_t step = 1;
    for (unsigned i = 0; range / step > n && i < 48; i++)
        step = i % 3 == 1 ? step / 2 * 5 : step * 2;
    return step;
}

const char *svg_label(const struct svg *svg, const struct scene_mark *mark)
{
    return svg->measures->print && mark->weight == SCENE_VERDICT ? svg->access
                                                                 : mark->label;
}

/* False if the picture has no place for what happens from 't0' to 't1'. */
static bool is_shown(const struct svg *svg, int64_t t0, int64_t t1)
{
    return !svg->measures->print ||
           (t1 >= svg->scene->view_from && t0 <= svg->scene->view_to);
}

static void add_tag(const struct svg_measures *measures, struct svg_strip *strip,
                    double x, const char *text, enum scene_weight weight,
                    const void *owner)
{
    if (strip->n_tags == SVG_TAGS_MAX)
        return;
    bool bold = weight <= SCENE_KEY;
    strip->tags[strip->n_tags++] = (struct svg_tag){
        .x = x,
        .width = measures->text_width(text, SVG_FONT) * (bold ? measures->bold : 1),
        .weight = weight,
        .owner = owner,
    };
}

/* No label where the arrow comes in. */
static void keep_free(struct svg_strip *strip, double x)
{
    if (strip->n_tags < SVG_TAGS_MAX)
        strip->tags[strip->n_tags++] = (struct svg_tag){.x = x, .arrow = true};
}

static bool in_kernel_row(const struct scene_span *span)
{
    return span->kind == SCENE_FAULT || span->kind == SCENE_STEP ||
           span->kind == SCENE_SLEEP;
}

static bool overlaps(const struct scene_span *a, const struct scene_span *b)
{
    return a->t0 < b->t1 && b->t0 < a->t1;
}

/* True if an interrupt comes while the kernel is busy on the same CPU. */
static bool needs_row(const struct svg *svg, uint32_t lane)
{
    const struct scene *scene = svg->scene;
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *irq = &scene->spans[i];
        for (uint32_t k = 0;
             irq->kind == SCENE_HANDLER && irq->lane == lane && k < scene->n_spans; k++)
            if (scene->spans[k].lane == lane && in_kernel_row(&scene->spans[k]) &&
                is_shown(svg, irq->t0, irq->t1) && overlaps(irq, &scene->spans[k]))
                return true;
    }
    return false;
}

/* A step whose name has no room in its box gets a label above. */
static void tag_step(struct svg_lane *lane, const struct svg *svg,
                     const struct scene_span *span)
{
    const struct svg_measures *measures = svg->measures;
    double x0 = svg_x(svg, span->t0);
    double x1 = svg_x(svg, span->t1);
    x0 = x0 < measures->left ? measures->left : x0;
    x1 = x1 > measures->right ? measures->right : x1;
    bool key =
        span->value >= PROTOCOL_PTE_SET_NEW_RO && span->value <= PROTOCOL_PTE_CLEAR;
    if (x1 > x0 && x1 - x0 < measures->text_width(span->label, SVG_FONT) + 8)
        add_tag(measures, &lane->above_kernel, (x0 + x1) / 2, span->label,
                key ? SCENE_KEY : SCENE_PLAIN, span);
}

bool svg_tag_below(const struct scene *scene, const struct scene_mark *mark)
{
    const struct scene_arrow *arrow = NULL;
    for (uint32_t i = 0; i < scene->n_arrows; i++)
        if (scene->arrows[i].kind == SCENE_MISSED)
            arrow = &scene->arrows[i];
    if (!arrow || arrow->from == arrow->to)
        return false;
    bool down = arrow->from < arrow->to;
    if (mark->weight == SCENE_VERDICT)
        return down;
    return mark->missed && !down;
}

static void look_at_marks(struct svg_lane *lane, const struct svg *svg)
{
    const struct scene *scene = svg->scene;
    for (uint32_t i = 0; i < scene->n_marks; i++) {
        const struct scene_mark *mark = &scene->marks[i];
        bool code = svg_on_code(mark);
        double x = svg_x(svg, mark->t);
        if (mark->lane != lane->lane || !is_shown(svg, mark->t, mark->t) ||
            (svg->measures->print && mark->weight == SCENE_BORING))
            continue;
        lane->has_kernel |= !code;
        lane->has_code |= code;
        if (svg_tag_below(scene, mark)) {
            lane->below = true;
            keep_free(&lane->above_code, x);
            continue;
        }
        add_tag(svg->measures, code ? &lane->above_code : &lane->above_kernel, x,
                svg_label(svg, mark), mark->weight, mark);
    }
}

static void look_at_lane(struct svg_lane *lane, const struct svg *svg)
{
    const struct scene *scene = svg->scene;
    look_at_marks(lane, svg);
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        if (span->lane != lane->lane || !is_shown(svg, span->t0, span->t1))
            continue;
        lane->has_kernel |= in_kernel_row(span) || span->kind == SCENE_HANDLER;
        lane->has_code |= span->kind == SCENE_SPIN;
        lane->has_tlb |= span->kind == SCENE_TLB;
        if (span->kind == SCENE_STEP)
            tag_step(lane, svg, span);
    }
    lane->apart = needs_row(svg, lane->lane);
    svg_place(&lane->above_code, svg->measures);
    svg_place(&lane->above_kernel, svg->measures);
}

/* The lines of the role, which is a list with commas. */
static unsigned name_lines(const struct scene_lane *lane)
{
    unsigned n = lane->tid == NO_THREAD ? 1 : 2;
    if (lane->role[0])
        n++;
    for (const char *at = lane->role; (at = strstr(at, ", ")); at += 2)
        n++;
    return n;
}

/* Gives the lane its place from 'y' down. Returns where it ends. */
static double place_lane(struct svg_lane *lane, const struct svg *svg, double y)
{
    bool above = svg->measures->names_above;
    lane->top = y;
    y += above ? NAME_LINE : 0;
    lane->code = y + 8;
    y += 4;
    if (lane->has_code) {
        y += 4 + SVG_TAG_HEIGHT * lane->above_code.n_rows + 8;
        lane->code = y;
        y += lane->below ? 10 + SVG_TAG_HEIGHT : 10;
    }
    if (lane->has_kernel) {
        y += SVG_TAG_HEIGHT * lane->above_kernel.n_rows + 6;
        lane->kernel = lane->handler = y;
        y += SVG_BOX + 4;
        if (lane->apart) {
            lane->handler = y;
            y += SVG_BOX + 4;
        }
    }
    if (lane->has_tlb) {
        lane->tlb = y + 1;
        y += SVG_BAND + 3;
    }
    double names = lane->top + 8 +
                   NAME_LINE * (above ? 1 : name_lines(&svg->scene->lanes[lane->lane]));
    lane->bottom = (y > names ? y : names) + LANE_GAP;
    return lane->bottom;
}

static bool takes_part(const struct svg *svg, uint32_t lane)
{
    const struct scene *scene = svg->scene;
    if (scene->lanes[lane].story)
        return true;
    for (uint32_t i = 0; i < scene->n_arrows; i++)
        if ((scene->arrows[i].from == lane || scene->arrows[i].to == lane) &&
            is_shown(svg, scene->arrows[i].t0, scene->arrows[i].t1))
            return true;
    for (uint32_t i = 0; i < scene->n_spans; i++)
        if (scene->spans[i].lane == lane &&
            is_shown(svg, scene->spans[i].t0, scene->spans[i].t1) &&
            (scene->spans[i].kind == SCENE_FAULT ||
             (scene->spans[i].kind == SCENE_TLB && scene->spans[i].frame != NO_FRAME)))
            return true;
    return false;
}

/* The CPUs of the story, then others that take part, in the order of CPUs. */
static void choose_lanes(struct svg *svg, const struct scene *scene)
{
    bool chosen[SCENE_LANES_MAX] = {false};
    uint32_t n = 0;
    for (unsigned pass = 0; pass < 2; pass++)
        for (uint32_t i = 0; i < scene->n_lanes && n < svg->measures->lanes; i++) {
            bool wanted = pass == 0 ? scene->lanes[i].story : takes_part(svg, i);
            n += wanted && !chosen[i];
            chosen[i] |= wanted;
        }
    for (uint32_t i = 0; i < scene->n_lanes; i++)
        if (chosen[i])
            svg->lanes[svg->n_lanes++].lane = i;
    svg->n_left_out = scene->n_lanes - svg->n_lanes;
}

static void look_at_tops(struct svg *svg, const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        svg->has_pte |= span->lane == SCENE_LANE_PTE;
        svg->has_owner |= span->lane == SCENE_LANE_LOCK;
        if (span->lane == SCENE_LANE_LOCK && svg->n_owner_rows < span->row + 1)
            svg->n_owner_rows = span->row + 1;
    }
    svg->n_owner_rows = svg->n_owner_rows > 3 ? 3 : svg->n_owner_rows;
}

static void name_access(struct svg *svg)
{
    const struct check_violation *v = &svg->scene->w->v;
    char version[48];
    scene_version(v->version.bits, version);
    if (v->kind == OBS_LOCK)
        snprintf(svg->access, sizeof svg->access, "lock");
    else
        snprintf(svg->access, sizeof svg->access, "%s %s",
                 v->kind == OBS_STORE ? "store" : "load", version);
}

void svg_layout(struct svg *svg, const struct scene *scene,
                const struct svg_measures *measures)
{
    *svg = (struct svg){.scene = scene, .measures = measures};
    name_access(svg);
    choose_lanes(svg, scene);
    look_at_tops(svg, scene);
    double y = TOP + AXIS;
    svg->axis = y;
    y += 8;
    svg->pte = y;
    y += svg->has_pte ? SVG_BAND + 6 : 0;
    svg->owner = y;
    y += (SVG_BAND + 3) * svg->n_owner_rows + (svg->n_owner_rows ? 3 : 0);
    svg->first = y;
    for (uint32_t i = 0; i < svg->n_lanes; i++) {
        look_at_lane(&svg->lanes[i], svg);
        y = place_lane(&svg->lanes[i], svg, y);
    }
    svg->legend = y + 6;
    bool notes = svg->n_left_out || scene->w->v.witness_cut;
    svg->height = svg->legend + (notes ? 60 : 41);
}
