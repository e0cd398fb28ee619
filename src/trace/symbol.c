/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * symbol.c - names of addresses: symbols of images, labels of text traces.
 *
 * The name that begins nearest below an address wins.  A label covers at most
 * a page, a symbol its size (one without a size covers what lies before the
 * next).  A child process has the names of the process that forked it.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/bytes.h"
#include "trace/impl.h"

#define LOOK_BACK 16u /* Symbols inside symbols: how many are tried. */

struct named {
    const char *name;
    uint64_t offset;
};

static int by_address(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    if (x->va != y->va)
        return x->va < y->va ? -1 : 1;
    return strcmp(x->name, y->name);
}

void trace_sort_labels(struct trace *t)
{
    free(t->by_address);
    t->by_address = trace_alloc(t->n_labels, sizeof *t->by_address);
    if (t->n_labels == 0)
        return;
    memcpy(t->by_address, t->labels, t->n_labels * sizeof *t->labels);
    qsort(t->by_address, t->n_labels, sizeof *t->by_address, by_address);
}

const struct label *trace_label_near(const struct trace *t, uint64_t va)
{
    size_t low = 0, high = t->n_labels;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->by_address[middle].va <= va)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || va - t->by_address[low - 1].va >= PAGE_BYTES)
        return NULL;
    uint64_t at = t->by_address[low - 1].va;
    while (low > 1 && t->by_address[low - 2].va == at)
        low--; /* The first of several names, by alphabet. */
    return &t->by_address[low - 1];
}

static void search_image(const struct trace_image *image, uint64_t va,
                         struct named *best)
{
    uint64_t linked = va - image->base;
    uint32_t low = 0, high = image->n_symbols;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (image->symbols[middle].va <= linked)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = 0; i < LOOK_BACK && i < low; i++) {
        const struct trace_elf_symbol *s = &image->symbols[low - 1 - i];
        uint64_t offset = linked - s->va;
        bool covers =
            offset < s->bytes || (s->bytes == 0 && i == 0 && offset < PAGE_BYTES);
        if (covers && (!best->name || offset < best->offset)) {
            *best = (struct named){s->name, offset};
            return;
        }
    }
}

/* The process that forked 'process', or itself. */
static uint32_t parent_process(const struct trace *t, uint32_t process)
{
    for (uint32_t i = 0; i < t->n_streams; i++) {
        const struct trace_stream *s = &t->streams[i].meta;
        if (s->process == process && s->birth == TRACE_BIRTH_FORK)
            return t->streams[s->parent].meta.process;
    }
    return process;
}

void trace_symbol(const struct trace *t, uint32_t process, uint64_t va, char *text,
                  size_t n)
{
    struct named best = {0};
    const struct label *label = trace_label_near(t, va);
    if (label)
        best = (struct named){label->name, va - label->va};
    /* Bounded by the number of streams: a bad file may have a cycle. */
    for (uint32_t depth = 0; t->n_images && depth <= t->n_streams; depth++) {
        for (uint32_t i = 0; i < t->n_images; i++) {
            if (t->images[i].process == process)
                search_image(&t->images[i], va, &best);
        }
        uint32_t parent = parent_process(t, process);
        if (parent == process)
            break;
        process = parent;
    }
    if (!best.name)
        snprintf(text, n, "0x%" PRIx64, va);
    else if (best.offset == 0)
        snprintf(text, n, "%s", best.name);
    else
        snprintf(text, n, "%s+0x%" PRIx64, best.name, best.offset);
}
