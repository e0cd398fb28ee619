/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kernel.c - activations: which step runs next on a CPU.
 *
 * A CPU runs, in this order: the interrupt handler on top of its stack, the
 * kernel program of its thread, its thread in user mode, another thread,
 * nothing.  Each call of vm_step() makes one step of the first that there is.
 */
#include "vm/vm_internal.h"

static step_fn *const *const programs[N_PROGRAMS] = {
    [PROGRAM_FAULT] = fault_steps,
    [PROGRAM_FORK] = fork_steps,
    [PROGRAM_MAP] = map_steps,
    [PROGRAM_EXIT] = exit_steps,
    [PROGRAM_CALL] = call_steps,
    [PROGRAM_KERNEL_OP] = kernel_op_steps,
    [PROGRAM_SHOOTDOWN_IRQ] = shootdown_irq_steps,
    [PROGRAM_TIMER_IRQ] = timer_irq_steps,
    [PROGRAM_NMI] = nmi_steps,
};

void vm_fail(struct vm *vm, enum vm_failure failure)
{
    if (vm->state->failure == VM_OK)
        vm->state->failure = failure;
}

/* ---- how a step ends -------------------------------------------------------- */

void k_goto(struct kctx *k, unsigned pc, cycle_t cost)
{
    k->act->pc = (uint8_t)pc;
    k->act->sub = 0;
    k_again(k, cost);
}

void k_next(struct kctx *k, cycle_t cost)
{
    k_goto(k, k->act->pc + 1u, cost);
}

void k_again(struct kctx *k, cycle_t cost)
{
    k->out->verdict = VM_STEP;
    k->out->cost = cost;
}

void k_run(struct kctx *k, enum program program, cycle_t cost)
{
    k->act->program = (uint8_t)program;
    k_goto(k, 0, cost);
}

void k_wait(struct kctx *k)
{
    k->out->verdict = VM_WAIT;
}

/* The thread sleeps.  If nobody else wants the CPU, a thread that waits for
 * its turn at a lock stays there, as a spinning mutex would; others leave. */
void k_sleep(struct kctx *k, enum sleep_reason why, uint64_t addr)
{
    k->thread->state = THREAD_ASLEEP;
    k->thread->why = (uint8_t)why;
    k->thread->wait_addr = addr;
    if (why == SLEEP_ORDER && k->kcpu->n_ready == 0) {
        k_wait(k);
        return;
    }
    k->kcpu->tid = NO_THREAD;
    k_again(k, k->vm->config->sched);
}

/* The way back to user mode is paid for by the core, as after any kernel
 * entry; back to the kernel it is an IRET of its own. */
static void end_interrupt(struct kctx *k, cycle_t cost)
{
    const struct ipi_config *ipi = k->vm->parts.ipi_config;
    bool is_nmi = k->act->program == PROGRAM_NMI; /* Not in the ISR. */
    k->kcpu->irq_depth--;
    if (!is_nmi)
        apic_eoi(k->vm->parts.apic, k->cpu);
    apic_iret(k->vm->parts.apic, k->cpu);
    bool to_user = k->thread && !k->thread->in_kernel;
    k_again(k, cost + ipi->eoi + (to_user ? 0 : ipi->iret));
}

/* The time slice is over: back of the queue. */
static void yield_cpu(struct kctx *k)
{
    k->kcpu->tid = NO_THREAD;
    k->kcpu->resched = 0;
    sched_enqueue(k->vm, k->tid, k->cpu, k->now);
}

/* Its process ends (exit_process in another thread): so does the thread. */
static bool must_exit(const struct kctx *k)
{
    const struct thread *thread = k->thread;
    return k->vm->spaces[thread->space].exiting;
}

static void start_exit(struct kctx *k, cycle_t cost)
{
    k->thread->in_kernel = 1;
    k->thread->act =
        (struct act){.program = PROGRAM_EXIT, .request = {.call = VM_CALL_EXIT}};
    k_again(k, cost);
}

void k_end(struct kctx *k, cycle_t cost, bool retry_op)
{
    if (k->kcpu->irq_depth) {
        end_interrupt(k, cost);
        return;
    }
    if (must_exit(k)) {
        start_exit(k, cost);
        return;
    }
    k->thread->in_kernel = 0;
    if (k->kcpu->resched && k->kcpu->n_ready) {
        k->thread->retry_op = retry_op; /* For when it runs again. */
        k_again(k, cost);
        return;
    }
    k->thread->retry_op = 1;
    k->out->verdict = VM_USER;
    k->out->cost = cost;
    k->out->tid = k->tid;
    k->out->space = vm_process_of(k->vm, k->thread->space);
    k->out->retry_op = retry_op;
}

bool k_drained(struct kctx *k)
{
    const struct cpu_port *cpus = &k->vm->parts.cpus;
    if (cpus->drained(cpus->context, k->cpu))
        return true;
    k->out->verdict = VM_DRAIN;
    return false;
}

unsigned k_have_lines(struct kctx *k, pa_t pa, unsigned n, enum line_want want)
{
    struct mem *mem = k->vm->mem;
    unsigned core = k->cpu / k->vm->parts.n_smt;
    unsigned leading = 0, present = 0;
    for (unsigned i = 0; i < n; i++) {
        cycle_t cost;
        if (mem_access(mem, core, (pa_t){pa.v + i * LINE_BYTES}, want, &cost)) {
            leading += present == i;
            present++;
        }
    }
    if (present == n || (k->act->asked && leading > 0)) {
        k->act->asked = 0;
        return leading;
    }
    k->act->asked = 1;
    k->out->verdict = VM_NEED_LINES;
    k->out->pa = pa;
    k->out->n_lines = n;
    k->out->want = want;
    return 0;
}

bool k_own_line(struct kctx *k, pa_t pa)
{
    return k_drained(k) && k_have_lines(k, pa, 1, LINE_EXCLUSIVE) == 1;
}

/* Records name an address space by its process: that number is unique in a
 * run, while the kernel's slots are used again. */
uint32_t vm_process_of(const struct vm *vm, uint32_t space)
{
    return space == NO_SPACE ? NO_SPACE : vm->spaces[space].process;
}

struct obs k_record(const struct kctx *k, enum obs_kind kind)
{
    return (struct obs){.cycle = k->now,
                        .kind = (uint16_t)kind,
                        .unit = (uint16_t)(k->cpu / k->vm->parts.n_smt),
                        .cpu = (uint16_t)k->cpu,
                        .tid = k->thread ? k->tid : NO_THREAD,
                        .space = k->thread ? vm_process_of(k->vm, k->thread->space)
                                           : NO_SPACE};
}

void k_emit(const struct kctx *k, const struct obs *record)
{
    obs_emit(k->vm->obs, record);
}

/* ---- what runs ---------------------------------------------------------------- */

static struct kctx context_of(struct vm *vm, unsigned cpu, cycle_t now,
                              struct vm_result *out)
{
    struct kcpu *kcpu = &vm->cpus[cpu];
    struct kctx k = {.vm = vm, .cpu = cpu, .kcpu = kcpu, .now = now, .out = out};
    k.tid = kcpu->tid;
    if (k.tid != NO_THREAD)
        k.thread = &vm->threads[k.tid];
    return k;
}

static void run_act(struct kctx *k, struct act *act)
{
    k->act = act;
    if (act->program == PROGRAM_COPY || act->program == PROGRAM_UPGRADE)
        protocol_step_run(k);
    else
        programs[act->program][act->pc](k);
}

static void resume_user(struct kctx *k)
{
    if (must_exit(k)) {
        start_exit(k, 0);
        return;
    }
    if (k->kcpu->resched && k->kcpu->n_ready) {
        if (!k_drained(k)) /* It must find its own stores wherever it goes. */
            return;
        yield_cpu(k);
        k_again(k, k->vm->config->sched);
        return;
    }
    k->out->verdict = VM_USER;
    k->out->tid = k->tid;
    k->out->space = vm_process_of(k->vm, k->thread->space);
    k->out->retry_op = k->thread->retry_op;
    k->thread->retry_op = 1;
}

void vm_step(struct vm *vm, unsigned cpu, cycle_t now, struct vm_result *out)
{
    struct kctx k = context_of(vm, cpu, now, out);
    struct thread *thread = k.thread;
    if (k.kcpu->irq_depth) {
        run_act(&k, &k.kcpu->irq[k.kcpu->irq_depth - 1]);
    } else if (!thread) {
        sched_next(&k);
    } else if (thread->state == THREAD_ASLEEP) {
        k_wait(&k); /* It waits on its CPU, unless others want it. */
        if (k.kcpu->n_ready) {
            k.kcpu->tid = NO_THREAD;
            k_again(&k, vm->config->sched);
        }
    } else if (thread->in_kernel) {
        run_act(&k, &thread->act);
    } else {
        resume_user(&k);
    }
}

/* ---- entries from the core ------------------------------------------------------ */

static struct act *enter(struct vm *vm, unsigned cpu, enum program program)
{
    struct thread *thread = &vm->threads[vm->cpus[cpu].tid];
    thread->in_kernel = 1;
    thread->act = (struct act){.program = (uint8_t)program,
                               .entry = NO_INDEX,
                               .object = NO_INDEX,
                               .old_frame = NO_FRAME,
                               .new_frame = NO_FRAME,
                               .child = NO_SPACE};
    return &thread->act;
}

void vm_fault(struct vm *vm, unsigned cpu, va_t va, uint32_t error_code, uint64_t pc,
              uint64_t op_index, cycle_t now)
{
    (void)now;
    struct act *act = enter(vm, cpu, PROGRAM_FAULT);
    act->fault_va = va.v;
    act->va = va_page(va).v;
    act->error_code = error_code;
    act->pc_va = pc;
    act->index_op = op_index;
    act->access = error_code & PF_W   ? ACCESS_STORE
                  : error_code & PF_I ? ACCESS_FETCH
                                      : ACCESS_LOAD;
}

static enum program program_of(enum vm_call call)
{
    switch (call) {
    case VM_CALL_FORK:
        return PROGRAM_FORK;
    case VM_CALL_MMAP:
    case VM_CALL_MUNMAP:
    case VM_CALL_MADVISE:
    case VM_CALL_MPROTECT:
        return PROGRAM_MAP;
    case VM_CALL_EXIT:
    case VM_CALL_EXIT_PROCESS:
        return PROGRAM_EXIT;
    case VM_CALL_BARRIER:
    case VM_CALL_POST:
    case VM_CALL_WAIT:
    case VM_CALL_SPAWN:
    case VM_CALL_JOIN:
    case VM_CALL_WAITPID:
    case VM_CALL_SYSCALL:
    case VM_CALL_PIN:
    case VM_CALL_IMAGE:
    case VM_CALL_LOCK_GATE:
        return PROGRAM_CALL;
    case VM_CALL_INVLPG:
    case VM_CALL_IPI:
    case VM_CALL_ACK:
        return PROGRAM_KERNEL_OP;
    }
    return PROGRAM_CALL;
}

void vm_syscall(struct vm *vm, unsigned cpu, const struct vm_request *request,
                cycle_t now)
{
    (void)now;
    enter(vm, cpu, program_of(request->call))->request = *request;
}

void vm_interrupt(struct vm *vm, unsigned cpu, uint8_t vector, cycle_t now)
{
    struct vm_result out = {0};
    struct kctx k = context_of(vm, cpu, now, &out);
    assert(k.kcpu->irq_depth < 2);
    struct act *act = &k.kcpu->irq[k.kcpu->irq_depth++];
    enum program program = vector == VECTOR_TIMER ? PROGRAM_TIMER_IRQ
                           : vector == VECTOR_NMI ? PROGRAM_NMI
                                                  : PROGRAM_SHOOTDOWN_IRQ;
    *act = (struct act){.program = (uint8_t)program, .vector = vector};
    struct obs r = k_record(&k, OBS_IPI_HANDLER);
    r.b = vector;
    k_emit(&k, &r);
}

bool vm_interrupts_on(const struct vm *vm, unsigned cpu)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    return kcpu->irq_depth == 0 && !kcpu->interrupts_off;
}

bool vm_message(struct vm *vm, unsigned cpu, const struct msg *msg)
{
    switch ((enum msg_kind)msg->kind) {
    case MSG_IPI_ACK:
    case MSG_TLB_BROADCAST_ACK:
        return shootdown_ack_message(vm, cpu, msg);
    case MSG_TLB_BROADCAST:
        broadcast_message(vm, cpu, msg);
        return false;
    case MSG_KERNEL_WAKE:
        return true;
    default:
        assert(!"not a message for the kernel");
        return false;
    }
}

bool vm_gate(struct vm *vm, unsigned cpu, const struct vm_request *request, cycle_t now)
{
    struct vm_result out = {0};
    struct kctx k = context_of(vm, cpu, now, &out);
    if (sync_may_go(vm, k.tid, request))
        return true;
    enter(vm, cpu, PROGRAM_CALL)->request = *request;
    return false;
}

void vm_gate_done(struct vm *vm, unsigned cpu, const struct vm_request *request,
                  cycle_t now)
{
    struct vm_result out = {0};
    struct kctx k = context_of(vm, cpu, now, &out);
    sync_went(&k, request);
}

/* ---- timer ------------------------------------------------------------------------
 */

static void timer_step(struct kctx *k)
{
    k->kcpu->timer_armed = 0;
    if (k->kcpu->n_ready)
        k->kcpu->resched = 1;
    k_end(k, k->vm->config->sched, true);
}

step_fn *const timer_irq_steps[] = {timer_step};

/* As FreeBSD's handler: it touches no user memory and serves no shootdown. */
static void nmi_step(struct kctx *k)
{
    k_end(k, k->vm->config->sched, true);
}

step_fn *const nmi_steps[] = {nmi_step};
