/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault_zero.c - the first touch of a page: zeros, or the content of a file.
 */
#include "vm/fault.h"

/* Where a page that nobody has yet belongs: a page of a file at the end of the
 * chain, where others find it too; zeros for a write in the top object. */
static void chain_home(const struct kctx *k, uint32_t *object, uint64_t *index)
{
    const struct object *objects = k->vm->objects;
    uint32_t o = *object;
    uint64_t i = *index;
    while (objects[o].backing != NO_INDEX) {
        i += objects[o].backing_index;
        o = objects[o].backing;
    }
    if (objects[o].file || !is_write(k)) {
        *object = o;
        *index = i;
    }
}

/* First touch: a page of zeros, or of a file. */
static bool zero_begin(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    uint32_t object = act->object;
    uint64_t index = page_index(k);
    if (object != entry_of(k)->object) { /* Another fault has shadowed a file. */
        k_goto(k, FAULT_FAST, vm->config->lock);
        return false;
    }
    chain_home(k, &object, &index);
    uint32_t other = page_find(vm, object, index);
    if (other != NO_INDEX) { /* Another fault was faster. */
        fault_blocked(k, other);
        return false;
    }
    act->new_frame = page_alloc(vm, k->cpu);
    if (act->new_frame == NO_FRAME) {
        vm_fail(vm, VM_FAIL_MEMORY);
        return false;
    }
    page_insert(vm, act->new_frame, object, index);
    page_busy(vm, act->new_frame);
    act->changed = object == act->object &&
                   (!vm->objects[object].file || (entry_of(k)->prot & VM_MAP_SHARED));
    struct obs r = k_record(k, OBS_FRAME_ALLOC);
    r.a = act->new_frame;
    r.va = vpn_va((vpn_t){act->va}).v;
    r.id = act->fault_id;
    k_emit(k, &r);
    return true;
}

/* The page is filled.  A private write to a page of a file copies it next. */
static void zero_end(struct kctx *k, cycle_t cost)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    const struct object *home = &vm->objects[vm->pages[act->new_frame].object];
    act->outcome = OBS_FAULT_NOT_PRESENT;
    if (home->file)
        cost += vm->config->page_in;
    if (is_write(k) && !act->changed) {
        page_unbusy(k, act->new_frame);
        k_goto(k, FAULT_SLOW, cost);
        return;
    }
    k_next(k, cost);
}

void fault_zero(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    if (act->sub == 0) {
        if (!zero_begin(k))
            return;
        act->sub = 1;
        act->line = 0;
        k_again(k, vm->config->page_alloc);
        return;
    }
    unsigned n = vm->parts.mem_config->copy_lines;
    if (n > LINES_PER_PAGE - act->line)
        n = LINES_PER_PAGE - act->line;
    pa_t pa = {frame_pa((pfn_t){act->new_frame}).v + act->line * LINE_BYTES};
    if (!k_drained(k))
        return;
    n = k_have_lines(k, pa, n, LINE_EXCLUSIVE);
    if (n == 0)
        return;
    memset(mem_word_of(mem_frame(vm->mem, pa_frame(pa)), pa), 0, n * LINE_BYTES);
    act->line += n;
    if (act->line < LINES_PER_PAGE) {
        k_again(k, vm->config->zero_line * n);
        return;
    }
    zero_end(k, vm->config->zero_line * n);
}
