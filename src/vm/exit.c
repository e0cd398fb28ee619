/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * exit.c - the end of a thread and of a process.
 *
 * The last thread of a process takes the address space down.  exit_process
 * first makes the other threads end: those that sleep in a system call are
 * taken out of it, those that run end when they next enter the kernel.
 */
#include "vm/vm_internal.h"

enum exit_step {
    EXIT_BEGIN,
    EXIT_OTHERS,
    EXIT_DRAIN,
    EXIT_ENTRIES,
    EXIT_SPACE,
    EXIT_THREAD,
};

static struct space *space_of(const struct kctx *k)
{
    return &k->vm->spaces[k->thread->space];
}

/* Makes a thread of an exiting process come to the kernel's attention. */
static void hurry(struct kctx *k, uint32_t tid)
{
    struct vm *vm = k->vm;
    struct thread *thread = &vm->threads[tid];
    bool in_call = thread->why == SLEEP_ORDER || thread->why == SLEEP_EVENT ||
                   thread->why == SLEEP_BARRIER;
    if (thread->state == THREAD_RUNNING) {
        sched_end_slice(vm, k->cpu, thread->cpu, k->now);
    } else if (thread->state == THREAD_ASLEEP &&
               (in_call || thread->why == SLEEP_JOIN)) {
        if (in_call)
            sync_cancel(vm, tid);
        thread->act =
            (struct act){.program = PROGRAM_EXIT, .request = {.call = VM_CALL_EXIT}};
        sched_wake(k, tid);
    }
}

static void exit_begin(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct space *space = space_of(k);
    if (space->exiting) /* Another thread was first, and waits for this one. */
        k->act->request.call = VM_CALL_EXIT;
    if (k->act->request.call == VM_CALL_EXIT_PROCESS && space->n_threads > 1) {
        space->exiting = 1;
        for (uint32_t t = 0; t < vm->parts.n_threads; t++)
            if (t != k->tid && vm->threads[t].space == k->thread->space &&
                vm->threads[t].state != THREAD_DEAD)
                hurry(k, t);
    }
    k_next(k, vm->config->lock);
}

/* The thread that called exit_process waits for the others. */
static void exit_others(struct kctx *k)
{
    struct space *space = space_of(k);
    if (k->act->request.call == VM_CALL_EXIT_PROCESS && space->n_threads > 1) {
        space->exit_waiter = k->tid;
        k_sleep(k, SLEEP_EXIT, 0);
        return;
    }
    bool last = space->n_threads == 1;
    k->act->va = 0;
    k->act->end = UINT64_C(1) << (PT_INDEX_BITS * k->vm->parts.pt_levels - 1);
    k_goto(k, last ? EXIT_DRAIN : EXIT_THREAD, 0);
}

static void exit_drain(struct kctx *k)
{
    if (k_drained(k))
        k_next(k, 0);
}

/* Takes the entries of a line out.  No other CPU runs in this space. */
static void exit_entries(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    act->va = pmap_skip(vm, k->thread->space, act->va, act->end);
    if (act->va >= act->end) {
        k_next(k, 0);
        return;
    }
    unsigned n = 0;
    do {
        pa_t pa;
        bool has = pmap_entry_pa(vm, k->thread->space, act->va, &pa);
        assert(has);
        (void)has;
        if (pte_has(pmap_read(vm, pa), PTE_P)) {
            pmap_write(k, k->thread->space, act->va, pa, (pte_t){0}, OBS_PTE_UNMAP, 0);
            n++;
        }
        act->va++;
    } while (act->va % (PT_ENTRIES / 8) != 0);
    k_again(k, n * vm->config->unmap_pte);
}

static void exit_space(struct kctx *k)
{
    struct vm *vm = k->vm;
    uint32_t space = k->thread->space;
    if (!k_drained(k))
        return;
    if (cpuset_count(&vm->spaces[space].active) > 1) {
        k_again(k, vm->config->lock + 1); /* A thread that ended is not off its CPU. */
        return;
    }
    map_remove(k, space, 0, UINT64_MAX);
    cycle_t cost = sched_activate(k, NO_SPACE);
    assert(cpuset_count(&vm->spaces[space].active) == 0);
    space_destroy(k, space);
    k_next(k, cost);
}

static void wake_joiners(struct kctx *k)
{
    struct vm *vm = k->vm;
    for (uint32_t t = 0; t < vm->parts.n_threads; t++)
        if (vm->threads[t].state == THREAD_ASLEEP && vm->threads[t].why == SLEEP_JOIN)
            sched_wake(k, t); /* It looks for itself and sleeps again if need be. */
}

static void exit_thread(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct space *space = space_of(k);
    struct obs r = k_record(k, OBS_THREAD_EXIT);
    r.c = k->act->request.index;
    k_emit(k, &r);
    k->thread->state = THREAD_DEAD;
    k->thread->in_kernel = 0;
    space->n_threads--;
    vm->state->n_live--;
    vm->cpus[k->thread->cpu].n_assigned--;
    if (space->exit_waiter != NO_THREAD && space->n_threads == 1) {
        uint32_t waiter = space->exit_waiter;
        space->exit_waiter = NO_THREAD;
        sched_wake(k, waiter);
    }
    wake_joiners(k);
    k->kcpu->tid = NO_THREAD;
    k_again(k, vm->config->sched);
}

step_fn *const exit_steps[] = {
    [EXIT_BEGIN] = exit_begin, [EXIT_OTHERS] = exit_others,
    [EXIT_DRAIN] = exit_drain, [EXIT_ENTRIES] = exit_entries,
    [EXIT_SPACE] = exit_space, [EXIT_THREAD] = exit_thread,
};
