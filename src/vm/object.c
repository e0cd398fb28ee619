/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * object.c - VM objects and shadow chains.
 *
 * An object holds pages by number.  A shadow object looks through to its
 * backing object for the pages that it has not of its own: that is how fork
 * shares memory until it is written.  After FreeBSD vm_object.c.
 *
 * Invariants, checked by vm_assert():
 *   OBJ1  'shadows' of an object counts the objects that it backs.
 *   OBJ2  'refs' counts map entries and shadows.
 */
#include "vm/vm_internal.h"

uint32_t object_create(struct vm *vm, bool file)
{
    struct vm_state *state = vm->state;
    uint32_t o = state->free_object;
    if (o != NO_INDEX) {
        state->free_object = vm->objects[o].next_free;
    } else if (state->n_used_object < vm->config->objects) {
        o = state->n_used_object++;
    } else {
        vm_fail(vm, VM_FAIL_OBJECTS);
        return NO_INDEX;
    }
    vm->objects[o] = (struct object){.refs = 1,
                                     .backing = NO_INDEX,
                                     .first_page = NO_INDEX,
                                     .next_free = NO_INDEX,
                                     .file = file,
                                     .one_mapping = 1,
                                     .used = 1};
    return o;
}

void object_ref(struct vm *vm, uint32_t object)
{
    vm->objects[object].refs++;
}

static void free_pages(struct kctx *k, struct object *o)
{
    while (o->first_page != NO_INDEX) {
        uint32_t frame = o->first_page;
        page_remove(k->vm, frame);
        page_free(k, frame);
    }
}

void object_deref(struct kctx *k, uint32_t object)
{
    struct vm *vm = k->vm;
    while (object != NO_INDEX) {
        struct object *o = &vm->objects[object];
        assert(o->used && o->refs > 0);
        if (--o->refs > 0)
            return;
        uint32_t backing = o->backing;
        free_pages(k, o);
        *o = (struct object){.next_free = vm->state->free_object};
        vm->state->free_object = object;
        if (backing != NO_INDEX)
            vm->objects[backing].shadows--;
        object = backing;
    }
}

/* vm_object_shadow(): takes over the caller's reference to 'source'.  If the
 * source is nobody else's and anonymous, no shadow is needed. */
uint32_t object_shadow(struct vm *vm, uint32_t source, uint64_t index)
{
    struct object *s = &vm->objects[source];
    if (s->refs == 1 && !s->file)
        return source;
    uint32_t shadow = object_create(vm, false);
    if (shadow == NO_INDEX)
        return NO_INDEX;
    vm->objects[shadow].backing = source;
    vm->objects[shadow].backing_index = index;
    s->shadows++;
    s->one_mapping = 0;
    return shadow;
}

/* Moves what the backing object still has to offer up into 'object', and drops
 * the rest: allowed when 'object' is all that refers to it (collapse). */
static unsigned absorb(struct kctx *k, uint32_t object)
{
    struct vm *vm = k->vm;
    struct object *o = &vm->objects[object];
    struct object *b = &vm->objects[o->backing];
    unsigned n = 0;
    uint32_t frame = b->first_page;
    while (frame != NO_INDEX) {
        uint32_t next = vm->pages[frame].next;
        uint64_t index = vm->pages[frame].index - o->backing_index;
        n++;
        if (vm->pages[frame].index >= o->backing_index &&
            page_find(vm, object, index) == NO_INDEX) {
            page_remove(vm, frame);
            page_insert(vm, frame, object, index);
        } else if (vm->pages[frame].pv_first == NO_INDEX) {
            page_remove(vm, frame);
            page_free(k, frame);
        }
        frame = next;
    }
    return n;
}

unsigned object_collapse(struct kctx *k, uint32_t object)
{
    struct vm *vm = k->vm;
    struct object *o = &vm->objects[object];
    unsigned n = 0;
    while (o->backing != NO_INDEX) {
        uint32_t backing = o->backing;
        struct object *b = &vm->objects[backing];
        if (b->refs != 1 || b->file)
            break;
        for (uint32_t f = b->first_page; f != NO_INDEX; f = vm->pages[f].next)
            if (vm->pages[f].busy)
                return n; /* A fault works on it: another time. */
        n += absorb(k, object);
        if (b->first_page != NO_INDEX)
            break; /* Pages that are still mapped stay where they are. */
        o->backing = b->backing;
        o->backing_index += b->backing_index;
        *b = (struct object){.next_free = vm->state->free_object};
        vm->state->free_object = backing;
    }
    return n;
}
