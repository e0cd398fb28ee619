/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * movers.c - which kernel steps commute with everything that others do.
 *
 * For exploration (docs/decisions/0010).  After Lipton: a step is a right
 * mover if doing it later, after steps of other CPUs that came behind it, leads
 * to the same state; a left mover if doing it earlier does.  Right movers, one
 * step of any kind, left movers: such a sequence may be made without a pause,
 * and no behaviour is lost.  "Others" are also the interrupt handlers of the
 * same CPU, which come between any two steps.
 *
 * Anything that is not listed here with a reason is VM_FIXED.
 */
#include "vm/fault.h"
#include "vm/shootdown.h"
#include "vm/steps.h"

/* Taking a lock that is free is a right mover: who asks for it meanwhile only
 * waits.  A lock that was handed over is already ours.  Queueing up decides
 * the order of the queue. */
static enum vm_mover take_lock(const struct thread *thread, const struct klock *lock,
                               bool shared)
{
    if (thread->lock_granted)
        return VM_BOTH;
    if (lock->owner != NO_THREAD)
        return VM_FIXED;
    bool free = shared ? lock->first == NO_THREAD : lock->n_shared == 0;
    return free ? VM_RIGHT : VM_FIXED;
}

/* Only this CPU's TLB changes: nobody else looks at it, unless it is shared
 * with a sibling or filled and emptied by itself. */
static enum vm_mover own_tlb(const struct vm *vm, bool quiet_tlb)
{
    return quiet_tlb && vm->parts.n_smt == 1 ? VM_BOTH : VM_FIXED;
}

static bool is_drained(const struct vm *vm, unsigned cpu)
{
    return vm->parts.cpus.drained(vm->parts.cpus.context, cpu);
}

static enum vm_mover fault_mover(const struct vm *vm, const struct thread *thread,
                                 bool quiet_tlb)
{
    const struct space *space = &vm->spaces[thread->space];
    switch ((enum fault_step)thread->act.pc) {
    case FAULT_ENTER: /* Drops its own entry (R13). */
        return own_tlb(vm, quiet_tlb);
    case FAULT_MAP_LOCK:
        return take_lock(thread, &space->map_lock, true);
    case FAULT_LOOKUP: /* The map lock is held: the map does not change. */
        return VM_BOTH;
    case FAULT_SHADOW_UNLOCK: /* A release enables others, it stops nobody. */
        return VM_LEFT;
    case FAULT_INSTALL_LOCK:
        return take_lock(thread, &space->pmap_lock, false);
    case FAULT_INSTALL_UNLOCK: /* A page that others sleep on wakes them: no. */
        return thread->act.outcome == OBS_FAULT_NOT_PRESENT ? VM_FIXED : VM_LEFT;
    case FAULT_SHADOW: /* Objects are shared with other spaces. */
    case FAULT_FAST:   /* Looks for pages and at their busy state. */
    case FAULT_SLOW:
    case FAULT_ZERO:
    case FAULT_INSTALL: /* Page walkers look at the entry without a lock. */
    case FAULT_SLEEP:
    case FAULT_AWAKE:
    case FAULT_SEGV:
        return VM_FIXED;
    }
    return VM_FIXED;
}

/* What the CPU's shootdown does next. */
static enum vm_mover send_mover(const struct shootdown *s, bool clean)
{
    switch ((enum send_phase)s->phase) {
    case SEND_IDLE: /* Looks at who is active, or does nothing at all. */
        return clean ? VM_BOTH : VM_FIXED;
    case SEND_LOCK:     /* Turns interrupts off. */
    case SEND_REQUESTS: /* Handlers that run look at their queues. */
        return VM_FIXED;
    case SEND_ICR: /* An interrupt more under way stops nobody. */
        return VM_LEFT;
    case SEND_DONE: /* Local. */
        return VM_BOTH;
    }
    return VM_FIXED;
}

/* Once all have acknowledged it stays so.  The mutex turns interrupts on. */
static enum vm_mover wait_mover(const struct shootdown *s)
{
    return s->n_pending == 0 && !s->has_mutex ? VM_RIGHT : VM_FIXED;
}

static enum vm_mover protocol_mover(const struct vm *vm, unsigned cpu,
                                    const struct thread *thread, bool quiet_tlb)
{
    const struct protocol *p = &vm->protocol;
    const struct act *act = &thread->act;
    const struct shootdown *s = &vm->cpus[cpu].shoot;
    bool copy = act->program == PROGRAM_COPY;
    if (act->pc == (copy ? p->n_copy : p->n_upgrade))
        return VM_LEFT; /* Gives up what it holds, and goes back to user mode. */
    switch ((enum protocol_step)(copy ? p->copy : p->upgrade)[act->pc]) {
    case PROTOCOL_PMAP_LOCK:
        return take_lock(thread, &vm->spaces[thread->space].pmap_lock, false);
    case PROTOCOL_PMAP_UNLOCK:
        return VM_LEFT;
    case PROTOCOL_PV_LOCKS: /* Takes time and nothing else. */
        return VM_BOTH;
    case PROTOCOL_INVALIDATE_LOCAL:
        return is_drained(vm, cpu) ? own_tlb(vm, quiet_tlb) : VM_FIXED;
    case PROTOCOL_SHOOTDOWN_SEND:
        return send_mover(s, !act->acc_was_set);
    case PROTOCOL_SHOOTDOWN_WAIT:
    case PROTOCOL_BROADCAST_SYNC:
        return wait_mover(s);
    case PROTOCOL_PAGE_BUSY: /* Others look for pages and at their state. */
    case PROTOCOL_PAGE_UNBUSY:
    case PROTOCOL_COPY_FRAME:
    case PROTOCOL_PTE_SET_NEW_RO: /* Page walkers look at the entry. */
    case PROTOCOL_PTE_SET_NEW_RW:
    case PROTOCOL_PTE_SET_SAME_RO:
    case PROTOCOL_PTE_SET_SAME_RW:
    case PROTOCOL_PTE_CLEAR:
    case PROTOCOL_BROADCAST:
    case PROTOCOL_STOP_OTHERS:
    case PROTOCOL_RESUME_OTHERS:
    case PROTOCOL_REMOVE_ALL:
    case PROTOCOL_N_STEPS:
        return VM_FIXED;
    }
    return VM_FIXED;
}

/* The acknowledgement lets the initiator go on and stops nobody. */
static enum vm_mover irq_mover(const struct vm *vm, unsigned cpu, bool quiet_tlb)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    const struct act *act = &kcpu->irq[kcpu->irq_depth - 1];
    bool ack_first = vm->shootdown->ack_first;
    if (act->program != PROGRAM_SHOOTDOWN_IRQ)
        return VM_FIXED;
    switch ((enum irq_step)act->pc) {
    case IRQ_READ: /* The first request stays the first; an empty queue does not. */
        return kcpu->n_requests && is_drained(vm, cpu) ? VM_BOTH : VM_FIXED;
    case IRQ_SERVE:
        return ack_first ? VM_LEFT : own_tlb(vm, quiet_tlb);
    case IRQ_SERVE_SECOND:
        return ack_first ? own_tlb(vm, quiet_tlb) : VM_LEFT;
    case IRQ_STOP_ACK:
        return VM_LEFT;
    case IRQ_STOP_WAIT:
        return VM_FIXED;
    case IRQ_STOP_FLUSH:
        return own_tlb(vm, quiet_tlb);
    }
    return VM_FIXED;
}

enum vm_mover vm_mover(const struct vm *vm, unsigned cpu, bool quiet_tlb)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    if (kcpu->irq_depth)
        return irq_mover(vm, cpu, quiet_tlb);
    if (kcpu->tid == NO_THREAD || kcpu->resched)
        return VM_FIXED;
    const struct thread *thread = &vm->threads[kcpu->tid];
    if (thread->state != THREAD_RUNNING)
        return VM_FIXED;
    if (!thread->in_kernel)
        return VM_BOTH; /* Back to user mode. See vm_ends_spaces(). */
    switch ((enum program)thread->act.program) {
    case PROGRAM_FAULT:
        return fault_mover(vm, thread, quiet_tlb);
    case PROGRAM_COPY:
    case PROGRAM_UPGRADE:
        return protocol_mover(vm, cpu, thread, quiet_tlb);
    case PROGRAM_CALL: /* An order that was recorded is looked at; else local. */
        return thread->act.pc == CALL_GATE && thread->act.request.seq == 0 ? VM_BOTH
                                                                           : VM_FIXED;
    default:
        return VM_FIXED;
    }
}

bool vm_ends_spaces(const struct vm *vm)
{
    for (uint32_t s = 0; s < vm->config->spaces; s++)
        if (vm->spaces[s].used && vm->spaces[s].exiting)
            return true;
    return false;
}
