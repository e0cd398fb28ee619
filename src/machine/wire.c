/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * wire.c - the one file that knows both ends: core and kernel, sender and
 * receiver.
 */
#include "machine/machine_internal.h"

#include <assert.h>

_Static_assert((int)KERNEL_STEP == (int)VM_STEP && (int)KERNEL_IDLE == (int)VM_IDLE &&
                   (int)KERNEL_NEED_LINES == (int)VM_NEED_LINES &&
                   (int)KERNEL_DRAIN == (int)VM_DRAIN &&
                   (int)KERNEL_WAIT == (int)VM_WAIT && (int)KERNEL_USER == (int)VM_USER,
               "the verdicts of a step are the same on both sides");
_Static_assert((int)OP_PROT_READ == (int)VM_PROT_READ &&
                   (int)OP_PROT_WRITE == (int)VM_PROT_WRITE &&
                   (int)OP_PROT_EXEC == (int)VM_PROT_EXEC &&
                   (int)OP_MAP_SHARED == (int)VM_MAP_SHARED &&
                   (int)OP_MAP_FILE == (int)VM_MAP_FILE,
               "protections in traces and in the kernel are the same bits");
_Static_assert((int)ON_SEGV_KILL == (int)VM_SEGV_KILL &&
                   (int)ON_SEGV_STOP == (int)VM_SEGV_STOP &&
                   (int)ON_SEGV_SKIP == (int)VM_SEGV_SKIP,
               "what to do at a SIGSEGV has the same names");

/* ---- core to kernel ---------------------------------------------------------- */

static enum vm_call call_of(enum op_kind kind)
{
    switch (kind) {
    case OP_BARRIER:
        return VM_CALL_BARRIER;
    case OP_POST:
        return VM_CALL_POST;
    case OP_WAIT:
        return VM_CALL_WAIT;
    case OP_SPAWN:
        return VM_CALL_SPAWN;
    case OP_JOIN:
        return VM_CALL_JOIN;
    case OP_FORK:
        return VM_CALL_FORK;
    case OP_WAITPID:
        return VM_CALL_WAITPID;
    case OP_EXIT:
        return VM_CALL_EXIT;
    case OP_EXIT_PROCESS:
        return VM_CALL_EXIT_PROCESS;
    case OP_MMAP:
        return VM_CALL_MMAP;
    case OP_MUNMAP:
        return VM_CALL_MUNMAP;
    case OP_MPROTECT:
        return VM_CALL_MPROTECT;
    case OP_MADVISE:
        return VM_CALL_MADVISE;
    case OP_IMAGE:
        return VM_CALL_IMAGE;
    case OP_SYSCALL:
        return VM_CALL_SYSCALL;
    case OP_PIN:
        return VM_CALL_PIN;
    case OP_LOCK:
    case OP_UNLOCK:
    case OP_TRYLOCK:
        return VM_CALL_LOCK_GATE;
    case OP_INVLPG:
        return VM_CALL_INVLPG;
    case OP_IPI:
        return VM_CALL_IPI;
    case OP_ACK:
        return VM_CALL_ACK;
    default:
        assert(!"the core runs the other operations itself");
        return VM_CALL_SYSCALL;
    }
}

/* With a free order of locks nobody can promise the recorded order of posts:
 * what a thread posts under a lock, it posts when it has the lock. */
static bool keeps_order(const struct machine *m, const struct op *op)
{
    return m->config.core.lock_order == LOCK_ORDER_RECORDED ||
           (op->kind != OP_POST && op->kind != OP_WAIT);
}

static struct vm_request request_of(const struct machine *m, const struct op *op,
                                    uint64_t index)
{
    return (struct vm_request){.call = call_of((enum op_kind)op->kind),
                               .target = op->target,
                               .trace_op = op->kind,
                               .addr = op->addr,
                               .arg = op->arg,
                               .seq = keeps_order(m, op) ? op->seq : 0,
                               .index = index};
}

static void port_fault(void *context, unsigned cpu, va_t va, uint32_t error_code,
                       uint64_t pc, uint64_t index, cycle_t now)
{
    struct machine *m = context;
    vm_fault(m->vm, cpu, va, error_code, pc, index, now);
}

static void port_syscall(void *context, unsigned cpu, const struct op *op,
                         uint64_t index, cycle_t now)
{
    struct machine *m = context;
    struct vm_request request = request_of(m, op, index);
    vm_syscall(m->vm, cpu, &request, now);
}

static void port_interrupt(void *context, unsigned cpu, uint8_t vector, cycle_t now)
{
    struct machine *m = context;
    vm_interrupt(m->vm, cpu, vector, now);
}

static void port_step(void *context, unsigned cpu, cycle_t now,
                      struct kernel_result *out)
{
    struct machine *m = context;
    struct vm_result r = {0};
    vm_step(m->vm, cpu, now, &r);
    *out = (struct kernel_result){.verdict = (enum kernel_verdict)r.verdict,
                                  .cost = r.cost,
                                  .pa = r.pa,
                                  .n_lines = r.n_lines,
                                  .want = r.want,
                                  .tid = r.tid,
                                  .space = r.space,
                                  .retry_op = r.retry_op};
}

static bool port_message(void *context, unsigned cpu, const struct msg *msg)
{
    struct machine *m = context;
    return vm_message(m->vm, cpu, msg);
}

static bool port_interrupts_on(void *context, unsigned cpu)
{
    struct machine *m = context;
    return vm_interrupts_on(m->vm, cpu);
}

static bool port_gate(void *context, unsigned cpu, const struct op *op, uint64_t index,
                      cycle_t now)
{
    struct machine *m = context;
    struct vm_request request = request_of(m, op, index);
    return vm_gate(m->vm, cpu, &request, now);
}

static void port_done(void *context, unsigned cpu, const struct op *op, cycle_t now)
{
    struct machine *m = context;
    struct vm_request request = request_of(m, op, 0);
    vm_gate_done(m->vm, cpu, &request, now);
}

static uint64_t port_position(void *context, unsigned cpu)
{
    struct machine *m = context;
    return vm_position(m->vm, cpu);
}

static pa_t port_entry_pa(void *context, unsigned cpu, va_t va)
{
    struct machine *m = context;
    return vm_entry_pa(m->vm, cpu, va);
}

static pte_t port_entry_of(void *context, unsigned cpu, const struct op *op)
{
    struct machine *m = context;
    return vm_entry_of(m->vm, cpu, (va_t){op->arg}, op->target);
}

struct kernel_port wire_kernel_port(struct machine *machine)
{
    return (struct kernel_port){.context = machine,
                                .fault = port_fault,
                                .syscall = port_syscall,
                                .interrupt = port_interrupt,
                                .step = port_step,
                                .message = port_message,
                                .interrupts_on = port_interrupts_on,
                                .gate = port_gate,
                                .done = port_done,
                                .position = port_position,
                                .entry_pa = port_entry_pa,
                                .entry_of = port_entry_of};
}

/* ---- kernel to core ------------------------------------------------------------ */

static struct core *core_of(struct machine *m, unsigned cpu)
{
    return m->cores[cpu / m->config.topology.smt];
}

static cycle_t cpu_invalidate(void *context, unsigned cpu, const struct flush *flush,
                              struct mmu_dropped *dropped)
{
    return core_invalidate(core_of(context, cpu), cpu, flush, dropped);
}

static void cpu_fault_drops(void *context, unsigned cpu, va_t va,
                            struct mmu_dropped *dropped)
{
    core_fault_drops(core_of(context, cpu), cpu, va, dropped);
}

static void cpu_set_root(void *context, unsigned cpu, pfn_t root)
{
    core_set_root(core_of(context, cpu), cpu, root);
}

static bool cpu_drained(void *context, unsigned cpu)
{
    return core_drained(core_of(context, cpu), cpu);
}

struct cpu_port wire_cpu_port(struct machine *machine)
{
    return (struct cpu_port){.context = machine,
                             .invalidate = cpu_invalidate,
                             .fault_drops = cpu_fault_drops,
                             .set_root = cpu_set_root,
                             .drained = cpu_drained};
}

void wire_kick(void *context, unsigned cpu, cycle_t at)
{
    struct machine *m = context;
    core_kick(core_of(m, cpu), cpu, at);
    engine_wake(m->engine, cpu / m->config.topology.smt, at);
}

/* ---- sender to receiver ---------------------------------------------------------- */

static void deliver(void *context, const struct msg *msg)
{
    struct machine *m = context;
    if (m->exploring) {
        explorable_post(m, msg);
        return;
    }
    if (scheduled_holds(m, msg)) {
        in_flight_add(m->held, msg);
        return;
    }
    struct msg numbered = *msg;
    assert(msg->arrival >= m->now + m->lookahead || msg->from == msg->to); /* LA1 */
    numbered.number = m->sent[msg->from]++;
    inbox_push(&m->inboxes[msg->to], &numbered);
    engine_wake(m->engine, msg->to, msg->arrival);
}

struct post wire_post(struct machine *machine)
{
    return (struct post){.context = machine, .send = deliver};
}
