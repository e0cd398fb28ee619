/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pmap.c - page tables as real entries in simulated frames, and PV lists.
 *
 * A leaf entry that hardware may be reading is written only while this core
 * owns its line exclusively (k_own_line): only then is it certain what the
 * walkers of other cores, which run ahead, can see (docs/decisions/0002).
 * Upper entries are made with A set, as FreeBSD's _pmap_allocpte() does, so
 * walkers never write them.
 *
 * Invariants, checked by vm_assert():
 *   PV1  A present user leaf entry has exactly one PV entry at its frame.
 */
#include "vm/vm_internal.h"

#define UPPER_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static pte_t *slot(const struct vm *vm, uint32_t table, uint64_t vpn, unsigned level)
{
    uint64_t *words = mem_frame(vm->mem, (pfn_t){table});
    return (pte_t *)(void *)&words[pt_index(vpn_va((vpn_t){vpn}), level)];
}

static pa_t slot_pa(uint32_t table, uint64_t vpn, unsigned level)
{
    return (pa_t){frame_pa((pfn_t){table}).v +
                  pt_index(vpn_va((vpn_t){vpn}), level) * sizeof(pte_t)};
}

bool pmap_entry_pa(const struct vm *vm, uint32_t space, uint64_t vpn, pa_t *pa)
{
    uint32_t table = vm->spaces[space].root;
    for (unsigned level = vm->parts.pt_levels - 1; level > 0; level--) {
        pte_t pte = *slot(vm, table, vpn, level);
        if (!pte_has(pte, PTE_P))
            return false;
        table = pte_frame(pte).v;
    }
    *pa = slot_pa(table, vpn, 0);
    return true;
}

/*
 * Makes the tables for 'vpn' and finds its leaf entry.  'walked': a CPU may be
 * walking this space, so the line of an upper entry must be owned before it is
 * written; then false may mean that the step has to wait for a line.
 */
bool pmap_make_tables(struct kctx *k, uint32_t space, uint64_t vpn, bool walked,
                      pa_t *pa)
{
    struct vm *vm = k->vm;
    uint32_t table = vm->spaces[space].root;
    for (unsigned level = vm->parts.pt_levels - 1; level > 0; level--) {
        pte_t *entry = slot(vm, table, vpn, level);
        if (!pte_has(*entry, PTE_P)) {
            if (walked && !k_own_line(k, slot_pa(table, vpn, level)))
                return false;
            uint32_t frame = page_alloc(vm, k->cpu);
            if (frame == NO_FRAME) {
                vm_fail(vm, VM_FAIL_MEMORY);
                return false;
            }
            memset(mem_frame(vm->mem, (pfn_t){frame}), 0, PAGE_BYTES);
            *entry = pte_make((pfn_t){frame}, UPPER_FLAGS);
        }
        table = pte_frame(*entry).v;
    }
    *pa = slot_pa(table, vpn, 0);
    return true;
}

/* Gives the frame of an empty table back. Tables have no PV entries. */
static void free_table(struct vm *vm, uint32_t table, unsigned level)
{
    const uint64_t *words = mem_frame(vm->mem, (pfn_t){table});
    for (unsigned i = 0; level > 0 && i < PT_ENTRIES; i++) {
        pte_t pte = {words[i]};
        if (pte_has(pte, PTE_P))
            free_table(vm, pte_frame(pte).v, level - 1);
    }
    vm->pages[table] = (struct page){.object = NO_INDEX, .next = vm->state->free_frame};
    vm->state->free_frame = table;
    vm->state->n_free_frames++;
}

void pmap_free_tables(struct vm *vm, uint32_t space)
{
    free_table(vm, vm->spaces[space].root, vm->parts.pt_levels - 1);
}

pte_t pmap_read(const struct vm *vm, pa_t pa)
{
    return (pte_t){*mem_word_of(mem_frame(vm->mem, pa_frame(pa)), pa)};
}

/* The first page at or after 'vpn' whose leaf table exists, at most 'end'. */
uint64_t pmap_skip(const struct vm *vm, uint32_t space, uint64_t vpn, uint64_t end)
{
    while (vpn < end) {
        uint32_t table = vm->spaces[space].root;
        unsigned level = vm->parts.pt_levels - 1;
        for (; level > 0; level--) {
            pte_t pte = *slot(vm, table, vpn, level);
            if (!pte_has(pte, PTE_P))
                break;
            table = pte_frame(pte).v;
        }
        if (level == 0)
            return vpn;
        uint64_t span = UINT64_C(1) << (PT_INDEX_BITS * level);
        vpn = (vpn | (span - 1)) + 1;
    }
    return end;
}

/* Keeps the PV lists in step with the entry. */
static void update_pv(struct vm *vm, uint32_t space, uint64_t vpn, pte_t old, pte_t new)
{
    bool had = pte_has(old, PTE_P), has = pte_has(new, PTE_P);
    if (had && has && pte_frame(old).v == pte_frame(new).v)
        return;
    if (had)
        pv_remove(vm, pte_frame(old).v, space, vpn);
    if (has)
        pv_insert(vm, pte_frame(new).v, space, vpn);
}

void pmap_write(struct kctx *k, uint32_t space, uint64_t vpn, pa_t pa, pte_t pte,
                enum obs_pte_reason reason, uint64_t fault_id)
{
    struct vm *vm = k->vm;
    uint64_t *word = mem_word_of(mem_frame(vm->mem, pa_frame(pa)), pa);
    pte_t old = {*word};
    update_pv(vm, space, vpn, old, pte);
    *word = pte.bits;
    struct obs r = k_record(k, OBS_PTE_WRITE);
    r.space = vm_process_of(vm, space);
    r.va = vpn_va((vpn_t){vpn}).v;
    r.a = old.bits;
    r.b = pte.bits;
    r.c = reason;
    r.id = fault_id;
    k_emit(k, &r);
}

bool pv_insert(struct vm *vm, uint32_t frame, uint32_t space, uint64_t vpn)
{
    struct vm_state *state = vm->state;
    uint32_t p = state->free_pv;
    if (p != NO_INDEX) {
        state->free_pv = vm->pvs[p].next;
    } else if (state->n_used_pv < vm->n_pv) {
        p = state->n_used_pv++;
    } else {
        vm_fail(vm, VM_FAIL_PV);
        return false;
    }
    vm->pvs[p] =
        (struct pv){.vpn = vpn, .space = space, .next = vm->pages[frame].pv_first};
    vm->pages[frame].pv_first = p;
    return true;
}

void pv_remove(struct vm *vm, uint32_t frame, uint32_t space, uint64_t vpn)
{
    uint32_t *link = &vm->pages[frame].pv_first;
    while (*link != NO_INDEX) {
        struct pv *pv = &vm->pvs[*link];
        if (pv->space == space && pv->vpn == vpn) {
            uint32_t p = *link;
            *link = pv->next;
            pv->next = vm->state->free_pv;
            vm->state->free_pv = p;
            return;
        }
        link = &pv->next;
    }
    assert(!"a mapping has a PV entry (PV1)");
}
