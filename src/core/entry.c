/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * entry.c - guests of litmus tests that store and load page-table entries.
 *
 * A kernel reaches its tables through a mapping of all memory that never
 * changes, so nothing is translated here.  The store goes through the store
 * buffer as any other: walkers, which read memory, do not see it before it
 * leaves (R21).
 */
#include "core/core_internal.h"

static pa_t entry_pa(struct core *core, const struct hw *hw, const struct op *op)
{
    return core->kernel->entry_pa(core->kernel->context, hw->cpu, (va_t){op->addr});
}

bool entry_store(struct core *core, struct hw *hw, const struct op *op)
{
    if (sb_full(&hw->sb))
        return false;
    struct store store = {
        .pa = entry_pa(core, hw, op),
        .va = {op->addr},
        .ver = {core->kernel->entry_of(core->kernel->context, hw->cpu, op).bits},
        .tid = hw->tid,
        .space = hw->space,
        .bytes = sizeof(pte_t),
        .kind = STORE_ENTRY,
        .by_kernel = 1};
    access_store(core, hw, &store);
    return true;
}

void entry_load(struct core *core, struct hw *hw, const struct op *op)
{
    pa_t pa = entry_pa(core, hw, op);
    const struct store *own = sb_find(&hw->sb, pa);
    struct obs r = core_record(core, hw, OBS_LOAD, hw_clock_of(core, hw)->time);
    r.va = op->addr;
    r.a = pa_frame(pa).v;
    r.b = own ? own->ver.bits : *mem_word_of(mem_frame(core->mem, pa_frame(pa)), pa);
    r.c = core->guest->threads[hw->tid].op;
    r.id = sizeof(pte_t);
    r.flags = (uint16_t)(OBS_KERNEL | (own ? OBS_FORWARDED : 0));
    obs_emit(core->obs, &r);
}

void entry_visible(struct core *core, struct hw *hw, const struct store *store,
                   cycle_t cycle)
{
    uint64_t *word = mem_word_of(mem_frame(core->mem, pa_frame(store->pa)), store->pa);
    struct obs r = core_record(core, hw, OBS_PTE_WRITE, cycle);
    r.tid = store->tid;
    r.space = store->space;
    r.va = store->va.v;
    r.a = *word;
    r.b = store->ver.bits;
    r.c = OBS_PTE_GUEST;
    *word = store->ver.bits;
    obs_emit(core->obs, &r);
}
