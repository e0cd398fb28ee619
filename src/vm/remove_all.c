/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * remove_all.c - the protocol step that removes every mapping of the old frame,
 * in whatever space, with a shootdown for each that was accessed (Mach's
 * pmap_remove_all).  The old page is busy until the last of them is over, so
 * that a fault in another space cannot overtake its own shootdown.
 */
#include "vm/vm_internal.h"

enum remove_phase { REMOVE_CLEAR, REMOVE_LOCAL, REMOVE_SEND, REMOVE_WAIT };

static void remove_clear(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    uint32_t p = vm->pages[act->old_frame].pv_first;
    if (p == NO_INDEX) {
        act->quiet = 1;
        act->acc_was_set = 0;
        if (vm->pages[act->old_frame].busy)
            page_unbusy(k, act->old_frame);
        protocol_advance(k, 0);
        return;
    }
    struct pv pv = vm->pvs[p];
    pa_t pa;
    bool has = pmap_entry_pa(vm, pv.space, pv.vpn, &pa);
    assert(has);
    (void)has;
    if (!k_own_line(k, pa))
        return;
    bool accessed = pte_has(pmap_read(vm, pa), PTE_A);
    pmap_write(k, pv.space, pv.vpn, pa, (pte_t){0}, OBS_PTE_UNMAP, act->fault_id);
    act->child = pv.space; /* Which space, which page: for the shootdown. */
    act->end = pv.vpn;
    act->sub = accessed ? REMOVE_LOCAL : REMOVE_CLEAR;
    k_again(k, vm->config->unmap_pte);
}

void protocol_remove_all(struct kctx *k)
{
    struct act *act = k->act;
    struct flush flush = {FLUSH_PAGES, 1, {act->end}};
    cycle_t cost = 0;
    switch ((enum remove_phase)act->sub) {
    case REMOVE_CLEAR:
        remove_clear(k);
        return;
    case REMOVE_LOCAL:
        if (!k_drained(k))
            return;
        if (act->child == k->kcpu->space)
            shootdown_local(k, &flush, OBS_INVAL_LOCAL, 0, &cost);
        act->sub = REMOVE_SEND;
        k_again(k, cost);
        return;
    case REMOVE_SEND:
        if (!shootdown_send(k, act->child, &flush, act->fault_id))
            return;
        act->sub = REMOVE_WAIT;
        k_again(k, 0);
        return;
    case REMOVE_WAIT:
        if (!shootdown_wait(k))
            return;
        act->sub = REMOVE_CLEAR;
        k_again(k, 0);
        return;
    }
}
