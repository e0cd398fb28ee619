/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ranges.c - a sorted list of disjoint ranges; see ranges.h.
 */
#include "ranges.h"

/* The first range that ends after 'addr'. */
static uint32_t find(const struct ranges *set, uint64_t addr)
{
    uint32_t low = 0, high = set->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (set->list[middle].end <= addr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Puts 'n_new' ranges in the place of 'n_old'. */
static void replace(struct ranges *set, uint32_t at, uint32_t n_old,
                    const struct range *by, uint32_t n_new)
{
    struct range *list = set->list;
    uint32_t tail = set->n - at - n_old;
    if (set->n - n_old + n_new > set->max)
        return;
    if (n_new < n_old)
        for (uint32_t i = 0; i < tail; i++)
            list[at + n_new + i] = list[at + n_old + i];
    else
        for (uint32_t i = tail; i-- > 0;)
            list[at + n_new + i] = list[at + n_old + i];
    for (uint32_t i = 0; i < n_new; i++)
        list[at + i] = by[i];
    set->n = set->n - n_old + n_new;
}

void ranges_add(struct ranges *set, uint64_t first, uint64_t end)
{
    uint32_t at = find(set, first), n = 0;
    struct range whole = {first, end};
    if (at > 0 && set->list[at - 1].end == first)
        at--; /* It touches the new one. */
    for (; at + n < set->n && set->list[at + n].first <= end; n++) {
        const struct range *old = &set->list[at + n];
        whole.first = old->first < whole.first ? old->first : whole.first;
        whole.end = old->end > whole.end ? old->end : whole.end;
    }
    replace(set, at, n, &whole, 1);
}

bool ranges_cut(struct ranges *set, uint64_t first, uint64_t end)
{
    uint32_t at = find(set, first), n = 0, n_left = 0;
    struct range left[2];
    while (at + n < set->n && set->list[at + n].first < end)
        n++;
    if (n == 0)
        return false;
    if (set->list[at].first < first)
        left[n_left++] = (struct range){set->list[at].first, first};
    if (set->list[at + n - 1].end > end)
        left[n_left++] = (struct range){end, set->list[at + n - 1].end};
    replace(set, at, n, left, n_left);
    return true;
}

bool ranges_has(const struct ranges *set, uint64_t addr)
{
    uint32_t at = find(set, addr);
    return at < set->n && set->list[at].first <= addr;
}

bool ranges_has_all(const struct ranges *set, uint64_t first, uint64_t end)
{
    uint32_t at = find(set, first);
    return at < set->n && set->list[at].first <= first && set->list[at].end >= end;
}

bool ranges_gap(const struct ranges *set, uint64_t first, uint64_t end,
                struct range *gap)
{
    uint32_t at = find(set, first);
    if (at < set->n && set->list[at].first <= first)
        first = set->list[at++].end;
    if (first >= end)
        return false;
    *gap = (struct range){first, end};
    if (at < set->n && set->list[at].first < end)
        gap->end = set->list[at].first;
    return true;
}
