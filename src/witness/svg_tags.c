/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_tags.c - places labels so that none lies on another; see svg.h.
 *
 *            store T2#887: not seen       row 1
 *            |          unlock            row 0
 *        ----#----------]------------     the line
 *
 * A label stands right or left of a thin line that rises from its mark.  It
 * takes the lowest row in which neither it nor that line meets another label.
 * The labels that weigh most choose first; what finds no place is not drawn
 * (the text is still in the mark's <title>).
 */
#include "witness/svg.h"

#define GAP 5.0 /* Between two labels, and between a label and its line. */

#define ARROW 16.0 /* Half of what an arrow's end takes. */

struct interval {
    double x0, x1;
    uint32_t row;
};

/* Labels and rising lines that have their place. */
struct taken {
    uint32_t n;
    struct interval at[SVG_TAGS_MAX * (SVG_ROWS_MAX + 1)];
};

static bool is_free(const struct taken *taken, uint32_t row, double x0, double x1)
{
    for (uint32_t i = 0; i < taken->n; i++)
        if (taken->at[i].row == row && taken->at[i].x0 < x1 && x0 < taken->at[i].x1)
            return false;
    return true;
}

static void take(struct taken *taken, uint32_t row, double x0, double x1)
{
    taken->at[taken->n++] = (struct interval){x0, x1, row};
}

/* The extent of a tag on one side of its mark. */
static struct interval extent(const struct svg_tag *tag, bool left)
{
    double x0 = left ? tag->x - GAP - tag->width : tag->x - 1;
    double x1 = left ? tag->x + 1 : tag->x + GAP + tag->width;
    return (struct interval){x0, x1, 0};
}

static bool fits(const struct taken *taken, const struct svg_measures *measures,
                 const struct svg_tag *tag, uint32_t row, bool left)
{
    struct interval at = extent(tag, left);
    if (at.x0 < measures->left || at.x1 > measures->right ||
        !is_free(taken, row, at.x0 - GAP, at.x1 + GAP))
        return false;
    for (uint32_t below = 0; below < row; below++)
        if (!is_free(taken, below, tag->x - 2, tag->x + 2))
            return false;
    return true;
}

/* Many labels that matter little would pile up: then only one row of them. */
static uint32_t rows_for(const struct svg_strip *strip,
                         const struct svg_measures *measures, enum scene_weight weight)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < strip->n_tags; i++)
        n += strip->tags[i].x >= measures->left && strip->tags[i].x <= measures->right;
    return weight >= SCENE_PLAIN && n > measures->crowd ? 1 : measures->rows;
}

static void place_one(struct svg_strip *strip, const struct svg_measures *measures,
                      struct taken *taken, struct svg_tag *tag)
{
    if (tag->x < measures->left || tag->x > measures->right)
        return;
    if (tag->arrow) {
        take(taken, 0, tag->x - ARROW, tag->x + ARROW);
        return;
    }
    uint32_t n_rows = rows_for(strip, measures, tag->weight);
    for (uint32_t i = 0; i < 2 * n_rows; i++) {
        uint32_t row = i / 2;
        bool left = i % 2;
        if (!fits(taken, measures, tag, row, left))
            continue;
        struct interval at = extent(tag, left);
        take(taken, row, at.x0, at.x1);
        for (uint32_t below = 0; below < row; below++)
            take(taken, below, tag->x - 2, tag->x + 2);
        tag->placed = true;
        tag->left = left;
        tag->row = row;
        if (strip->n_rows < row + 1)
            strip->n_rows = row + 1;
        return;
    }
}

void svg_place(struct svg_strip *strip, const struct svg_measures *measures)
{
    struct taken taken;
    taken.n = 0;
    for (unsigned weight = SCENE_VERDICT; weight < SCENE_BORING; weight++)
        for (uint32_t i = 0; i < strip->n_tags; i++)
            if (strip->tags[i].weight == weight)
                place_one(strip, measures, &taken, &strip->tags[i]);
}
