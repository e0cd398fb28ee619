/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * obs.c - buffers of observation records, and the merge. See obs.h.
 *
 * A unit's buffer is a queue in an array: emission appends, a flush takes from
 * the front.  A flush merges the queues with a heap of units, keyed by the
 * first record of each.  Buffers grow in host memory, outside the arena: they
 * are not part of the machine, and how far a core ran ahead decides how much
 * they hold.
 *
 * Invariants:
 *   OBS1  Within a unit, cycles do not decrease.
 *   OBS2  No record comes in that lies before what was already handed out.
 */
#include "sim/obs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(OBS_N_KINDS <= 64, "a kind is a bit of a 64-bit mask");

#define FIRST_CAPACITY 64u

struct queue {
    struct obs *records;
    size_t first, end, capacity; /* Records [first, end) are waiting. */
    cycle_t newest;              /* Of the last record emitted (OBS1). */
};

struct obs_hub {
    unsigned n_units;
    unsigned n_listeners;
    struct obs_listener listeners[OBS_LISTENERS_MAX];
    uint64_t kinds[OBS_LISTENERS_MAX];
    uint64_t wanted; /* All kinds that anybody listens to. */

    struct queue *queues; /* [unit] */
    size_t n_waiting;     /* Records in all queues. */
    cycle_t handed_out;   /* Everything before was handed out (OBS2). */
    bool flushing;
    unsigned n_heap;
    uint32_t *heap; /* Units, by (cycle of their first record, unit). */

    uint32_t n_frames;
    bool direct;
    bool watching_all;
    uint32_t n_touched;
    uint32_t *touched; /* Frames that were ever watched since the reset. */
    uint8_t *is_touched;
    uint32_t *watches; /* [frame] */
    uint8_t *map;      /* [frame]: watches > 0 or watching_all. */
};

static bool allocate(struct obs_hub *hub)
{
    /* One more than needed: calloc(0) may return null. */
    size_t frames = (size_t)hub->n_frames + 1;
    hub->queues = calloc(hub->n_units + 1u, sizeof *hub->queues);
    hub->heap = calloc(hub->n_units + 1u, sizeof *hub->heap);
    hub->touched = calloc(frames, sizeof *hub->touched);
    hub->is_touched = calloc(frames, sizeof *hub->is_touched);
    hub->watches = calloc(frames, sizeof *hub->watches);
    hub->map = calloc(frames, sizeof *hub->map);
    return hub->queues && hub->heap && hub->touched && hub->is_touched &&
           hub->watches && hub->map;
}

struct obs_hub *obs_create(unsigned n_units, uint32_t n_frames, struct err *err)
{
    struct obs_hub *hub = calloc(1, sizeof *hub);
    if (hub) {
        hub->n_units = n_units;
        hub->n_frames = n_frames;
    }
    if (!hub || !allocate(hub)) {
        err_set(err, STATUS_LIMIT,
                "no memory to observe %u units and %u frames; simulate less memory",
                n_units, n_frames);
        obs_destroy(hub);
        return NULL;
    }
    return hub;
}

void obs_destroy(struct obs_hub *hub)
{
    if (!hub)
        return;
    for (unsigned unit = 0; hub->queues && unit < hub->n_units; unit++)
        free(hub->queues[unit].records);
    free(hub->queues);
    free(hub->heap);
    free(hub->touched);
    free(hub->is_touched);
    free(hub->watches);
    free(hub->map);
    free(hub);
}

static void forget_watches(struct obs_hub *hub)
{
    for (uint32_t i = 0; i < hub->n_touched; i++) {
        uint32_t frame = hub->touched[i];
        hub->is_touched[frame] = 0;
        hub->watches[frame] = 0;
        hub->map[frame] = hub->watching_all;
    }
    hub->n_touched = 0;
}

void obs_reset(struct obs_hub *hub)
{
    assert(!hub->flushing);
    for (unsigned unit = 0; unit < hub->n_units; unit++) {
        struct queue *queue = &hub->queues[unit];
        queue->first = queue->end = 0;
        queue->newest = 0;
    }
    hub->n_waiting = 0;
    hub->handed_out = 0;
    forget_watches(hub);
}

void obs_listen(struct obs_hub *hub, struct obs_listener listener, uint64_t kinds)
{
    assert(hub->n_listeners < OBS_LISTENERS_MAX);
    hub->listeners[hub->n_listeners] = listener;
    hub->kinds[hub->n_listeners++] = kinds;
    hub->wanted |= kinds;
}

bool obs_wanted(const struct obs_hub *hub, enum obs_kind kind)
{
    return (hub->wanted >> kind) & 1;
}

/* Makes room at the end: first by moving to the front what half of the array
 * or less still holds, else by doubling. */
static void make_room(struct queue *queue)
{
    size_t n = queue->end - queue->first;
    if (queue->capacity > 0 && n <= queue->capacity / 2) {
        memmove(queue->records, queue->records + queue->first,
                n * sizeof *queue->records);
        queue->first = 0;
        queue->end = n;
        return;
    }
    queue->capacity = queue->capacity ? queue->capacity * 2 : FIRST_CAPACITY;
    queue->records = realloc(queue->records, queue->capacity * sizeof *queue->records);
    assert(queue->records); /* As if the stack had run out: no way on. */
}

static void hand_out(struct obs_hub *hub, const struct obs *record)
{
    for (unsigned i = 0; i < hub->n_listeners; i++) {
        if ((hub->kinds[i] >> record->kind) & 1)
            hub->listeners[i].on_record(hub->listeners[i].context, record);
    }
}

void obs_emit(struct obs_hub *hub, const struct obs *record)
{
    if (!obs_wanted(hub, record->kind))
        return;
    assert(!hub->flushing && record->unit < hub->n_units);
    if (hub->direct) {
        hand_out(hub, record);
        return;
    }
    struct queue *queue = &hub->queues[record->unit];
    assert(record->cycle >= queue->newest);   /* OBS1 */
    assert(record->cycle >= hub->handed_out); /* OBS2 */
    if (queue->end == queue->capacity)
        make_room(queue);
    queue->records[queue->end++] = *record;
    queue->newest = record->cycle;
    hub->n_waiting++;
}

static cycle_t first_cycle(const struct obs_hub *hub, uint32_t unit)
{
    const struct queue *queue = &hub->queues[unit];
    return queue->records[queue->first].cycle;
}

static bool unit_before(const struct obs_hub *hub, uint32_t a, uint32_t b)
{
    cycle_t at = first_cycle(hub, a), bt = first_cycle(hub, b);
    return at != bt ? at < bt : a < b;
}

static void sift_up(struct obs_hub *hub, unsigned hole, uint32_t unit)
{
    while (hole > 0 && unit_before(hub, unit, hub->heap[(hole - 1) / 2])) {
        hub->heap[hole] = hub->heap[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    hub->heap[hole] = unit;
}

static void sift_down(struct obs_hub *hub, uint32_t unit)
{
    unsigned hole = 0;
    for (;;) {
        unsigned child = 2 * hole + 1;
        if (child >= hub->n_heap)
            break;
        if (child + 1 < hub->n_heap &&
            unit_before(hub, hub->heap[child + 1], hub->heap[child]))
            child++;
        if (!unit_before(hub, hub->heap[child], unit))
            break;
        hub->heap[hole] = hub->heap[child];
        hole = child;
    }
    hub->heap[hole] = unit;
}

static bool has_before(const struct obs_hub *hub, uint32_t unit, cycle_t before)
{
    const struct queue *queue = &hub->queues[unit];
    return queue->first < queue->end && queue->records[queue->first].cycle < before;
}

/* Takes the first record of the unit at the top of the heap, hands it out and
 * lets the unit sink to its next record, or leave. */
static void hand_out_first(struct obs_hub *hub, cycle_t before)
{
    uint32_t unit = hub->heap[0];
    struct queue *queue = &hub->queues[unit];
    const struct obs *record = &queue->records[queue->first++];
    hub->n_waiting--;
    hub->handed_out = record->cycle;
    hand_out(hub, record);
    if (queue->first == queue->end)
        queue->first = queue->end = 0;
    if (!has_before(hub, unit, before)) {
        if (--hub->n_heap == 0)
            return;
        unit = hub->heap[hub->n_heap];
    }
    sift_down(hub, unit);
}

void obs_flush(struct obs_hub *hub, cycle_t before)
{
    assert(!hub->flushing);
    hub->flushing = true;
    hub->n_heap = 0;
    for (uint32_t unit = 0; hub->n_waiting > 0 && unit < hub->n_units; unit++) {
        if (has_before(hub, unit, before))
            sift_up(hub, hub->n_heap++, unit);
    }
    while (hub->n_heap > 0)
        hand_out_first(hub, before);
    /* "Everything" sets no bound on what a run that goes on may emit. */
    if (before != CYCLE_NEVER && before > hub->handed_out)
        hub->handed_out = before;
    hub->flushing = false;
}

void obs_direct(struct obs_hub *hub, bool direct)
{
    hub->direct = direct;
}

void obs_watch(struct obs_hub *hub, pfn_t frame)
{
    assert(frame.v < hub->n_frames);
    if (!hub->is_touched[frame.v]) {
        hub->is_touched[frame.v] = 1;
        hub->touched[hub->n_touched++] = frame.v;
    }
    hub->watches[frame.v]++;
    hub->map[frame.v] = 1;
}

void obs_unwatch(struct obs_hub *hub, pfn_t frame)
{
    assert(frame.v < hub->n_frames && hub->watches[frame.v] > 0);
    if (--hub->watches[frame.v] == 0)
        hub->map[frame.v] = hub->watching_all;
}

void obs_watch_all(struct obs_hub *hub, bool all)
{
    hub->watching_all = all;
    for (uint32_t frame = 0; frame < hub->n_frames; frame++)
        hub->map[frame] = all || hub->watches[frame] > 0;
}

bool obs_watching_all(const struct obs_hub *hub)
{
    return hub->watching_all;
}

const uint8_t *obs_watch_map(const struct obs_hub *hub)
{
    return hub->map;
}

static const struct {
    const char *name, *meaning;
} kinds[OBS_N_KINDS] = {
#define OBS(name, sentence) {#name, sentence},
    OBS_LIST(OBS)
#undef OBS
};

const char *obs_name(enum obs_kind kind)
{
    return kinds[kind].name;
}

const char *obs_meaning(enum obs_kind kind)
{
    return kinds[kind].meaning;
}
