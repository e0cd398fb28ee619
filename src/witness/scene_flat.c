/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene_flat.c - one activity at a time; see scene.h.
 *
 * An interrupt comes on top of a kernel step, which is a part of a fault.
 * Formats with one track per CPU want pieces that do not overlap: at each
 * moment the one on top.
 */
#include "witness/scene.h"

#include <assert.h>
#include <stdlib.h>

/* What lies on top of what; -1: no activity of a CPU. */
static int height(enum scene_span_kind kind)
{
    switch (kind) {
    case SCENE_SPIN:
        return 0;
    case SCENE_FAULT:
        return 1;
    case SCENE_SLEEP:
        return 2;
    case SCENE_STEP:
        return 3;
    case SCENE_HANDLER:
        return 4;
    case SCENE_TLB:
    case SCENE_PTE:
    case SCENE_OWNER:
    case SCENE_N_SPAN_KINDS:
        break;
    }
    return -1;
}

static int by_value(const void *left, const void *right)
{
    const int64_t *a = left, *b = right;
    return *a < *b ? -1 : *a > *b;
}

/* The span on top at 't', or null. */
static const struct scene_span *top_at(const struct scene *scene, uint32_t lane,
                                       int64_t t)
{
    const struct scene_span *top = NULL;
    for (uint32_t i = 0; i < scene->n_spans; i++) {
        const struct scene_span *span = &scene->spans[i];
        if (span->lane == lane && height(span->kind) >= 0 && span->t0 <= t &&
            t < span->t1 && (!top || height(span->kind) >= height(top->kind)))
            top = span;
    }
    return top;
}

uint32_t scene_flatten(const struct scene *scene, uint32_t lane,
                       struct scene_piece *pieces)
{
    int64_t ends[2 * SCENE_SPANS_MAX];
    uint32_t n_ends = 0, n = 0;
    for (uint32_t i = 0; i < scene->n_spans; i++)
        if (scene->spans[i].lane == lane && height(scene->spans[i].kind) >= 0) {
            ends[n_ends++] = scene->spans[i].t0;
            ends[n_ends++] = scene->spans[i].t1;
        }
    qsort(ends, n_ends, sizeof *ends, by_value);
    for (uint32_t i = 0; i + 1 < n_ends; i++) {
        const struct scene_span *top = top_at(scene, lane, ends[i]);
        if (ends[i] == ends[i + 1] || !top)
            continue;
        if (n && pieces[n - 1].span == top && pieces[n - 1].t1 == ends[i]) {
            pieces[n - 1].t1 = ends[i + 1];
            continue;
        }
        assert(n < SCENE_PIECES_MAX);
        pieces[n++] = (struct scene_piece){ends[i], ends[i + 1], top};
    }
    return n;
}
