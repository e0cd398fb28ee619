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

double svg_x(const struct scene *scene, int64_t t)
{
    double share = ((double)t - (double)scene->view_from) /
                   ((double)scene->view_to - (double)scene->view_from);
    double x = SVG_LEFT + share * (SVG_RIGHT - SVG_LEFT);
    return x < -1e6 ? -1e6 : x > 1e6 ? 1e6 : x;
}

const struct svg_lane *svg_lane_of(const struct svg *svg, uint32_t lane)
{
    for (uint32_t i = 0; i < svg->n_lanes; i++)
        if (svg->lanes[i].lane == lane)
            return &svg->lanes[i];
    return NULL;
}

bool svg_on_code(const struct scene_mark *mark)
{
    return mark->kind == SCENE_LOAD || mark->kind == SCENE_STORE ||
           mark->kind == SCENE_LOCK || mark->kind == SCENE_UNLOCK ||
           mark->kind == SCENE_SYNC;
}

static void add_tag(struct svg_strip *strip, double x, const char *text,
                    enum scene_weight weight, const void *owner)
{
    if (strip->n_tags == SVG_TAGS_MAX)
        return;
    bool bold = weight <= SCENE_KEY;
    strip->tags[strip->n_tags++] = (struct svg_tag){
        .x = x,
        .width = svg_text_width(text, SVG_FONT) * (bold ? 1.06 : 1),
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
static bool needs_row(const struct scene *scene, uint32_t lane)
{
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *irq = &scene->spans[i];
        for (uint32_t k = 0;
             irq->kind == SCENE_HANDLER && irq->lane == lane && k < scene->n_spans; k++)
            if (scene->spans[k].lane == lane && in_kernel_row(&scene->spans[k]) &&
                overlaps(irq, &scene->spans[k]))
                return true;
    }
    return false;
}

/* A step whose name has no room in its box gets a label above. */
static void tag_step(struct svg_lane *lane, const struct scene *scene,
                     const struct scene_span *span)
{
    double x0 = svg_x(scene, span->t0), x1 = svg_x(scene, span->t1);
    x0 = x0 < SVG_LEFT ? SVG_LEFT : x0;
    x1 = x1 > SVG_RIGHT ? SVG_RIGHT : x1;
    bool key =
        span->value >= PROTOCOL_PTE_SET_NEW_RO && span->value <= PROTOCOL_PTE_CLEAR;
    if (x1 > x0 && x1 - x0 < svg_text_width(span->label, SVG_FONT) + 8)
        add_tag(&lane->above_kernel, (x0 + x1) / 2, span->label,
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

static void look_at_lane(struct svg_lane *lane, const struct scene *scene)
{
    for (uint32_t i = 0; i < scene->n_marks; i++) {
        const struct scene_mark *mark = &scene->marks[i];
        bool code = svg_on_code(mark);
        if (mark->lane != lane->lane)
            continue;
        lane->has_kernel |= !code;
        lane->has_code |= code;
        if (svg_tag_below(scene, mark)) {
            lane->below = true;
            keep_free(&lane->above_code, svg_x(scene, mark->t));
            continue;
        }
        add_tag(code ? &lane->above_code : &lane->above_kernel, svg_x(scene, mark->t),
                mark->label, mark->weight, mark);
    }
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        if (span->lane != lane->lane)
            continue;
        lane->has_kernel |= in_kernel_row(span) || span->kind == SCENE_HANDLER;
        lane->has_code |= span->kind == SCENE_SPIN;
        lane->has_tlb |= span->kind == SCENE_TLB;
        if (span->kind == SCENE_STEP)
            tag_step(lane, scene, span);
    }
    lane->apart = needs_row(scene, lane->lane);
    svg_place(&lane->above_code);
    svg_place(&lane->above_kernel);
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
static double place_lane(struct svg_lane *lane, const struct scene *scene, double y)
{
    lane->top = y;
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
    double names = lane->top + NAME_LINE * name_lines(&scene->lanes[lane->lane]) + 8;
    lane->bottom = (y > names ? y : names) + LANE_GAP;
    return lane->bottom;
}

static bool takes_part(const struct scene *scene, uint32_t lane)
{
    if (scene->lanes[lane].story)
        return true;
    for (uint32_t i = 0; i < scene->n_arrows; i++)
        if (scene->arrows[i].from == lane || scene->arrows[i].to == lane)
            return true;
    for (uint32_t i = 0; i < scene->n_spans; i++)
        if (scene->spans[i].lane == lane &&
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
        for (uint32_t i = 0; i < scene->n_lanes && n < SVG_LANES_MAX; i++) {
            bool wanted = pass == 0 ? scene->lanes[i].story : takes_part(scene, i);
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

void svg_layout(struct svg *svg, const struct scene *scene)
{
    *svg = (struct svg){.scene = scene};
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
        look_at_lane(&svg->lanes[i], scene);
        y = place_lane(&svg->lanes[i], scene, y);
    }
    svg->legend = y + 6;
    bool notes = svg->n_left_out || scene->w->v.witness_cut;
    svg->height = svg->legend + (notes ? 60 : 41);
}
