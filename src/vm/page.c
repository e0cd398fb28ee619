/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c - physical pages: the free list, pages of objects, the busy state.
 *
 * Invariants, checked by vm_assert():
 *   PAGE1  A page is free, a page-table frame, or in exactly one object.
 *   PAGE2  A page of an object is found in the hash under (object, index).
 *   PAGE3  Only a busy page has sleepers.
 */
#include "vm/vm_internal.h"

uint32_t page_alloc(struct vm *vm, unsigned cpu)
{
    struct vm_state *state = vm->state;
    uint32_t frame = state->free_frame;
    if (frame != NO_FRAME)
        state->free_frame = vm->pages[frame].next;
    else if (state->next_fresh_frame < vm->n_frames)
        frame = state->next_fresh_frame++;
    else
        return NO_FRAME;
    state->n_free_frames--;
    vm->pages[frame] = (struct page){.object = NO_INDEX,
                                     .next = NO_INDEX,
                                     .prev = NO_INDEX,
                                     .pv_first = NO_INDEX,
                                     .sleep_first = NO_THREAD,
                                     .used = 1};
    mem_set_home(vm->mem, (pfn_t){frame}, cpu / vm->parts.n_smt);
    return frame;
}

void page_free(struct kctx *k, uint32_t frame)
{
    struct vm *vm = k->vm;
    struct page *page = &vm->pages[frame];
    assert(page->used && page->object == NO_INDEX && page->pv_first == NO_INDEX);
    struct obs r = k_record(k, OBS_FRAME_FREE);
    r.a = frame;
    k_emit(k, &r);
    *page = (struct page){.object = NO_INDEX, .next = vm->state->free_frame};
    vm->state->free_frame = frame;
    vm->state->n_free_frames++;
}

/* The first of a chain of frames; 0, a frame that nobody uses, ends it.
 * Neighbours in an object are neighbours here: few host pages are touched. */
static uint32_t *bucket(const struct vm *vm, uint32_t object, uint64_t index)
{
    uint64_t h = index + (index >> 20) * 31 + (uint64_t)object * 0x9e3779b1u;
    return &vm->page_hash[h & (vm->n_hash - 1)];
}

void page_insert(struct vm *vm, uint32_t frame, uint32_t object, uint64_t index)
{
    struct page *page = &vm->pages[frame];
    struct object *o = &vm->objects[object];
    assert(page->used && page->object == NO_INDEX);
    page->object = object;
    page->index = index;
    uint32_t *head = bucket(vm, object, index);
    page->hash_next = *head;
    *head = frame;
    page->prev = NO_INDEX;
    page->next = o->first_page;
    if (o->first_page != NO_INDEX)
        vm->pages[o->first_page].prev = frame;
    o->first_page = frame;
    o->n_pages++;
}

void page_remove(struct vm *vm, uint32_t frame)
{
    struct page *page = &vm->pages[frame];
    struct object *o = &vm->objects[page->object];
    uint32_t *link = bucket(vm, page->object, page->index);
    while (*link != frame)
        link = &vm->pages[*link].hash_next;
    *link = page->hash_next;
    if (page->prev != NO_INDEX)
        vm->pages[page->prev].next = page->next;
    else
        o->first_page = page->next;
    if (page->next != NO_INDEX)
        vm->pages[page->next].prev = page->prev;
    o->n_pages--;
    page->object = NO_INDEX;
}

uint32_t page_find(const struct vm *vm, uint32_t object, uint64_t index)
{
    uint32_t frame = *bucket(vm, object, index);
    while (frame != 0 &&
           (vm->pages[frame].object != object || vm->pages[frame].index != index))
        frame = vm->pages[frame].hash_next;
    return frame ? frame : NO_INDEX;
}

void page_busy(struct vm *vm, uint32_t frame)
{
    assert(!vm->pages[frame].busy);
    vm->pages[frame].busy = 1;
}

void page_unbusy(struct kctx *k, uint32_t frame)
{
    struct page *page = &k->vm->pages[frame];
    assert(page->busy);
    page->busy = 0;
    uint32_t tid = page->sleep_first;
    page->sleep_first = NO_THREAD;
    while (tid != NO_THREAD) {
        uint32_t next = k->vm->threads[tid].next;
        sched_wake(k, tid);
        tid = next;
    }
}

/* Sleepers wake in the order in which they came. */
void page_sleep(struct kctx *k, uint32_t frame)
{
    uint32_t *link = &k->vm->pages[frame].sleep_first;
    while (*link != NO_THREAD)
        link = &k->vm->threads[*link].next;
    *link = k->tid;
    k->thread->next = NO_THREAD;
}
