/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel_op.c - what the guests of litmus tests do as a kernel would.
 *
 * INVLPG, a request to all other CPUs, the wait for their acknowledgements: the
 * same code as a protocol's steps, asked for by the guest one by one.  Entries
 * are stored by the core (core/entry.c), behind the kernel's back: PV lists know
 * nothing of them, so such a guest must not unmap or fork.
 */
#include "vm/vm_internal.h"

static struct flush flush_of(const struct kctx *k)
{
    return (struct flush){FLUSH_PAGES, 1, va_page((va_t){k->act->request.addr})};
}

/* INVLPG is serialising (R19). */
static void do_invlpg(struct kctx *k)
{
    cycle_t cost;
    struct flush flush = flush_of(k);
    if (!k_drained(k))
        return;
    shootdown_local(k, &flush, OBS_INVAL_LOCAL, 0, &cost);
    k_end(k, cost, false);
}

/* A write to the ICR of an xAPIC is a store to uncached memory, which drains;
 * WRMSR to that of an x2APIC does neither drain nor serialise (A10). */
static void do_ipi(struct kctx *k)
{
    struct flush flush = flush_of(k);
    bool drains = k->act->request.target == 0;
    if (drains && !k_drained(k))
        return;
    if (shootdown_send(k, k->thread->space, &flush, 0))
        k_end(k, 0, false);
}

static void do_ack(struct kctx *k)
{
    if (shootdown_wait(k))
        k_end(k, 0, false);
}

static void kernel_op(struct kctx *k)
{
    switch (k->act->request.call) {
    case VM_CALL_INVLPG:
        do_invlpg(k);
        return;
    case VM_CALL_IPI:
        do_ipi(k);
        return;
    case VM_CALL_ACK:
        do_ack(k);
        return;
    default:
        assert(!"the other calls have programs of their own");
    }
}

step_fn *const kernel_op_steps[] = {kernel_op};

pa_t vm_entry_pa(struct vm *vm, unsigned cpu, va_t va)
{
    uint32_t space = vm->threads[vm->cpus[cpu].tid].space;
    struct vm_result out = {0};
    struct kctx k = {.vm = vm, .cpu = cpu, .kcpu = &vm->cpus[cpu], .out = &out};
    pa_t pa = {0};
    pmap_make_tables(&k, space, va_page(va).v, false, &pa);
    return pa;
}

pte_t vm_entry_of(const struct vm *vm, unsigned cpu, va_t va, uint32_t prot)
{
    pa_t pa;
    if (prot == 0 || !vm_pa_of(vm, vm->cpus[cpu].tid, va.v, &pa))
        return (pte_t){0};
    uint64_t write = prot & VM_PROT_WRITE ? PTE_RW : 0;
    return pte_make(pa_frame(pa), PTE_P | PTE_US | PTE_A | PTE_D | PTE_XD | write);
}
