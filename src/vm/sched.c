/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sched.c - which thread runs where.
 *
 * Every CPU has a queue of ready threads, served round robin with time
 * slices.  A pinned thread stays; any other goes to an idle CPU when its own
 * is taken, and a CPU that becomes idle takes a waiting one from another.  A CPU
 * without threads runs the idle thread on the kernel's own tables: as in FreeBSD there
 * is no lazy TLB, so going idle loads CR3 and leaves the set of active CPUs
 * (cow-protocols section 6, pm_active).
 */
#include "vm/vm_internal.h"

/* The time for a line to go from one CPU's cache to another's: how soon one
 * can learn what the other wrote. At least the look-ahead. */
cycle_t vm_transfer(struct vm *vm, unsigned from_cpu, unsigned to_cpu)
{
    const struct mem_config *config = vm->parts.mem_config;
    const struct dist *dist = NULL;
    switch (topology_cpu_distance(vm->parts.topology, from_cpu, to_cpu)) {
    case DIST_SELF:
    case DIST_SMT:
        return vm->parts.lookahead;
    case DIST_CLUSTER:
        dist = &config->c2c_cluster;
        break;
    case DIST_DIE:
        dist = &config->c2c_die;
        break;
    case DIST_SOCKET:
        dist = &config->c2c_socket;
        break;
    case DIST_MACHINE:
    case DIST_N:
        dist = &config->c2c_machine;
        break;
    }
    cycle_t t = choice_latency(vm->parts.choice, from_cpu / vm->parts.n_smt,
                               CHOICE_KERNEL, dist);
    return t > vm->parts.lookahead ? t : vm->parts.lookahead;
}

static void send(struct vm *vm, unsigned from_cpu, unsigned cpu, enum msg_kind kind,
                 cycle_t arrival)
{
    struct msg msg = {.arrival = arrival,
                      .from = from_cpu / vm->parts.n_smt,
                      .to = cpu / vm->parts.n_smt,
                      .kind = (uint16_t)kind,
                      .cpu = (uint16_t)cpu};
    vm->parts.post.send(vm->parts.post.context, &msg);
}

void sched_poke(struct vm *vm, unsigned from_cpu, unsigned cpu, cycle_t now)
{
    send(vm, from_cpu, cpu, MSG_KERNEL_WAKE, now + vm_transfer(vm, from_cpu, cpu));
}

/* Threads wait for a CPU that is taken: its slice must end some time. */
static void arm_timer(struct vm *vm, unsigned from_cpu, unsigned cpu, cycle_t now)
{
    struct kcpu *kcpu = &vm->cpus[cpu];
    if (vm->config->time_slice == 0 || kcpu->timer_armed)
        return;
    kcpu->timer_armed = 1;
    cycle_t slice = vm->config->time_slice;
    if (slice < vm->parts.lookahead)
        slice = vm->parts.lookahead;
    send(vm, from_cpu, cpu, MSG_TIMER, now + slice);
}

/* Makes 'cpu' look at what it runs as soon as a message can get there. */
void sched_end_slice(struct vm *vm, unsigned from_cpu, unsigned cpu, cycle_t now)
{
    send(vm, from_cpu, cpu, MSG_TIMER, now + vm_transfer(vm, from_cpu, cpu));
}

static bool is_free(const struct kcpu *kcpu)
{
    return kcpu->tid == NO_THREAD && kcpu->n_ready == 0;
}

static unsigned choose_cpu(const struct vm *vm, const struct thread *thread)
{
    if (thread->pinned || is_free(&vm->cpus[thread->cpu]))
        return thread->cpu;
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        if (is_free(&vm->cpus[cpu]))
            return cpu;
    return thread->cpu;
}

void sched_append(struct vm *vm, unsigned cpu, uint32_t tid)
{
    struct kcpu *kcpu = &vm->cpus[cpu];
    vm->threads[tid].next = NO_THREAD;
    vm->threads[tid].state = THREAD_READY;
    if (kcpu->ready_first == NO_THREAD)
        kcpu->ready_first = tid;
    else
        vm->threads[kcpu->ready_last].next = tid;
    kcpu->ready_last = tid;
    kcpu->n_ready++;
}

void sched_enqueue(struct vm *vm, uint32_t tid, unsigned from_cpu, cycle_t now)
{
    struct thread *thread = &vm->threads[tid];
    unsigned cpu = choose_cpu(vm, thread);
    vm->cpus[thread->cpu].n_assigned--;
    vm->cpus[cpu].n_assigned++;
    thread->cpu = cpu;
    sched_append(vm, cpu, tid);
    uint32_t current = vm->cpus[cpu].tid;
    if (current == NO_THREAD || vm->threads[current].state == THREAD_ASLEEP)
        sched_poke(vm, from_cpu, cpu, now);
    else
        arm_timer(vm, from_cpu, cpu, now);
}

/* Gives a new thread the CPU with the fewest threads. */
void sched_assign(struct vm *vm, uint32_t tid)
{
    unsigned best = 0;
    for (unsigned cpu = 1; cpu < vm->parts.n_cpus; cpu++)
        if (vm->cpus[cpu].n_assigned < vm->cpus[best].n_assigned)
            best = cpu;
    vm->threads[tid].cpu = best;
    vm->cpus[best].n_assigned++;
}

void sched_wake(struct kctx *k, uint32_t tid)
{
    struct vm *vm = k->vm;
    struct thread *thread = &vm->threads[tid];
    assert(thread->state == THREAD_ASLEEP);
    thread->why = SLEEP_NONE;
    if (vm->cpus[thread->cpu].tid == tid) { /* It waited on its CPU. */
        thread->state = THREAD_RUNNING;
        sched_poke(vm, k->cpu, thread->cpu, k->now);
        return;
    }
    sched_enqueue(vm, tid, k->cpu, k->now);
}

static void record_switch(struct kctx *k, uint32_t tid, uint32_t space)
{
    struct obs r = k_record(k, OBS_SWITCH);
    r.tid = tid;
    r.space = vm_process_of(k->vm, space);
    k_emit(k, &r);
}

/* pmap_activate_sw(): the new bit before CR3 is loaded, the old one after. */
cycle_t sched_activate(struct kctx *k, uint32_t space)
{
    struct vm *vm = k->vm;
    struct kcpu *kcpu = k->kcpu;
    if (kcpu->space == space)
        return 0;
    uint32_t old = kcpu->space;
    if (space != NO_SPACE)
        cpuset_add(&vm->spaces[space].active, k->cpu);
    struct flush flush = {.kind = FLUSH_ALL};
    cycle_t cost;
    shootdown_local(k, &flush, OBS_INVAL_SWITCH, 0, &cost);
    uint32_t root = space == NO_SPACE ? NO_FRAME : vm->spaces[space].root;
    vm->parts.cpus.set_root(vm->parts.cpus.context, k->cpu, (pfn_t){root});
    kcpu->space = space;
    if (old != NO_SPACE)
        cpuset_remove(&vm->spaces[old].active, k->cpu);
    return cost;
}

static void run_thread(struct kctx *k, uint32_t tid)
{
    struct vm *vm = k->vm;
    struct thread *thread = &vm->threads[tid];
    cycle_t cost =
        vm->config->sched + vm->config->switch_cost + sched_activate(k, thread->space);
    thread->state = THREAD_RUNNING;
    k->kcpu->tid = tid;
    k->kcpu->resched = 0;
    record_switch(k, tid, thread->space);
    if (!thread->started) {
        thread->started = 1;
        struct obs r = k_record(k, OBS_THREAD_START);
        r.tid = tid;
        r.space = vm_process_of(vm, thread->space);
        r.id = vm->parts.thread_process[tid];
        k_emit(k, &r);
    }
    if (k->kcpu->n_ready)
        arm_timer(vm, k->cpu, k->cpu, k->now);
    k->out->verdict = VM_STEP;
    k->out->cost = cost;
}

/* Takes the first thread out of the queue of 'cpu' that may run, or NO_THREAD. */
static uint32_t take_ready(struct kctx *k, unsigned cpu, bool unpinned)
{
    struct vm *vm = k->vm;
    struct kcpu *from = &vm->cpus[cpu];
    uint32_t before = NO_THREAD;
    for (uint32_t tid = from->ready_first; tid != NO_THREAD;
         before = tid, tid = vm->threads[tid].next) {
        const struct thread *thread = &vm->threads[tid];
        if (vm->spaces[thread->space].stopped || (unpinned && thread->pinned))
            continue;
        if (before == NO_THREAD)
            from->ready_first = thread->next;
        else
            vm->threads[before].next = thread->next;
        if (from->ready_last == tid)
            from->ready_last = before;
        from->n_ready--;
        return tid;
    }
    return NO_THREAD;
}

/* A CPU with nothing to do takes a thread that waits for another's CPU. */
static uint32_t steal(struct kctx *k)
{
    struct vm *vm = k->vm;
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++) {
        if (vm->cpus[cpu].tid == NO_THREAD || vm->cpus[cpu].n_ready == 0)
            continue;
        uint32_t tid = take_ready(k, cpu, true);
        if (tid == NO_THREAD)
            continue;
        vm->cpus[cpu].n_assigned--;
        k->kcpu->n_assigned++;
        vm->threads[tid].cpu = k->cpu;
        return tid;
    }
    return NO_THREAD;
}

void sched_next(struct kctx *k)
{
    struct kcpu *kcpu = k->kcpu;
    assert(kcpu->tid == NO_THREAD);
    if (!k_drained(k)) /* MOV CR3 is serialising (R19). */
        return;
    uint32_t tid = take_ready(k, k->cpu, false);
    if (tid == NO_THREAD && kcpu->n_ready == 0)
        tid = steal(k);
    if (tid != NO_THREAD) {
        run_thread(k, tid);
        return;
    }
    if (kcpu->n_ready) { /* All stopped by a rendezvous: its end wakes us. */
        k_wait(k);
        return;
    }
    bool was_busy = kcpu->space != NO_SPACE;
    k->out->cost = sched_activate(k, NO_SPACE);
    if (was_busy)
        record_switch(k, NO_THREAD, NO_SPACE);
    k->out->verdict = VM_IDLE;
}
