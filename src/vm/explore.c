/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - what exploration asks of the kernel.
 */
#include "vm/fault.h"

#include <stdio.h>

#define CANONICAL_REQUESTS 64u
#define CANONICAL_IDS      128u

bool vm_has_work(const struct vm *vm, unsigned cpu)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    if (kcpu->irq_depth || kcpu->n_ready)
        return true;
    if (kcpu->tid == NO_THREAD)
        return kcpu->space != NO_SPACE;
    return vm->threads[kcpu->tid].state != THREAD_ASLEEP;
}

uint32_t vm_thread_on(const struct vm *vm, unsigned cpu)
{
    return vm->cpus[cpu].tid;
}

bool vm_waits_for_event(const struct vm *vm, uint32_t tid)
{
    const struct thread *thread = &vm->threads[tid];
    return thread->state == THREAD_ASLEEP && thread->why == SLEEP_EVENT;
}

static const char *program_word(enum program program)
{
    static const char *const words[N_PROGRAMS] = {
        [PROGRAM_NONE] = "user",        [PROGRAM_FAULT] = "fault",
        [PROGRAM_COPY] = "copy",        [PROGRAM_UPGRADE] = "upgrade",
        [PROGRAM_FORK] = "fork",        [PROGRAM_MAP] = "map call",
        [PROGRAM_EXIT] = "exit",        [PROGRAM_CALL] = "system call",
        [PROGRAM_KERNEL_OP] = "kernel", [PROGRAM_SHOOTDOWN_IRQ] = "shootdown handler",
        [PROGRAM_TIMER_IRQ] = "timer",  [PROGRAM_NMI] = "NMI handler",
    };
    return words[program];
}

static const char *fault_word(enum fault_step step)
{
    static const char *const words[] = {
        [FAULT_ENTER] = "enter",
        [FAULT_MAP_LOCK] = "map lock",
        [FAULT_LOOKUP] = "look up",
        [FAULT_SHADOW_UNLOCK] = "map unlock",
        [FAULT_SHADOW] = "shadow object",
        [FAULT_FAST] = "page in top object?",
        [FAULT_SLOW] = "search chain",
        [FAULT_ZERO] = "zero page",
        [FAULT_INSTALL_LOCK] = "pmap_lock",
        [FAULT_INSTALL] = "install",
        [FAULT_INSTALL_UNLOCK] = "pmap_unlock",
        [FAULT_SLEEP] = "sleep on busy page",
        [FAULT_AWAKE] = "awake",
        [FAULT_SEGV] = "SIGSEGV",
    };
    return words[step];
}

static void describe_act(const struct vm *vm, const struct act *act, char *text,
                         size_t n)
{
    const struct protocol *p = &vm->protocol;
    const char *program = program_word((enum program)act->program);
    bool copy = act->program == PROGRAM_COPY;
    unsigned n_steps = copy ? p->n_copy : p->n_upgrade;
    if ((copy || act->program == PROGRAM_UPGRADE) && act->pc < n_steps) {
        uint8_t step = copy ? p->copy[act->pc] : p->upgrade[act->pc];
        snprintf(text, n, "%s: %s", program,
                 protocol_step_text((enum protocol_step)step));
        return;
    }
    if (act->program == PROGRAM_FAULT)
        snprintf(text, n, "fault: %s", fault_word((enum fault_step)act->pc));
    else if (copy || act->program == PROGRAM_UPGRADE)
        snprintf(text, n, "%s: end", program);
    else
        snprintf(text, n, "%s, step %u", program, act->pc);
}

void vm_describe_step(const struct vm *vm, unsigned cpu, char *text, size_t n)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    if (kcpu->irq_depth)
        describe_act(vm, &kcpu->irq[kcpu->irq_depth - 1], text, n);
    else if (kcpu->tid == NO_THREAD)
        snprintf(text, n, "scheduler");
    else if (vm->threads[kcpu->tid].in_kernel)
        describe_act(vm, &vm->threads[kcpu->tid].act, text, n);
    else
        snprintf(text, n, "interrupt or return to user mode");
}

static uint64_t act_position(const struct act *act)
{
    return (uint64_t)act->program << 16 | (uint64_t)act->pc << 8 | act->sub;
}

/*   46       40 39      32 31 29 28 27 26      21 20           0
 *  | requests  | next ICR | phase| irq |  mode   | program, pc, sub | */
uint64_t vm_position(const struct vm *vm, unsigned cpu)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    bool sends = kcpu->shoot.phase != 0;
    uint64_t p = (uint64_t)(kcpu->n_requests & 0x7f) << 40 |
                 (uint64_t)(sends ? kcpu->shoot.next_write & 0xff : 0) << 32 |
                 (uint64_t)(kcpu->shoot.phase & 7) << 29 |
                 (uint64_t)(kcpu->irq_depth & 3) << 27;
    if (kcpu->irq_depth)
        return p | act_position(&kcpu->irq[kcpu->irq_depth - 1]);
    if (kcpu->tid == NO_THREAD)
        return p | UINT64_C(1) << 26;
    const struct thread *thread = &vm->threads[kcpu->tid];
    if (thread->state == THREAD_ASLEEP)
        return p | UINT64_C(1) << 25;
    return thread->in_kernel ? p | UINT64_C(1) << 24 | act_position(&thread->act) : p;
}

/* ---- canonical form ---------------------------------------------------------- */

/* Requests move to the front of the ring. */
static void canonical_requests(struct vm *vm, struct kcpu *kcpu)
{
    struct request kept[CANONICAL_REQUESTS];
    uint32_t n = kcpu->n_requests;
    assert(n <= CANONICAL_REQUESTS);
    for (uint32_t i = 0; i < n; i++)
        kept[i] = kcpu->requests[(kcpu->requests_first + i) % vm->n_requests_max];
    memset(kcpu->requests, 0, vm->n_requests_max * sizeof *kcpu->requests);
    for (uint32_t i = 0; i < n; i++) {
        struct request *r = &kcpu->requests[i];
        r->id = kept[i].id;
        r->from = kept[i].from;
        r->space = kept[i].space;
        r->flush.kind = kept[i].flush.kind;
        r->flush.n_pages = kept[i].flush.n_pages;
        r->flush.first = kept[i].flush.first;
        r->stop = kept[i].stop;
    }
    kcpu->requests_first = 0;
}

static void canonical_cpu(struct vm *vm, struct kcpu *kcpu)
{
    for (unsigned i = kcpu->irq_depth; i < 2; i++)
        kcpu->irq[i] = (struct act){0};
    canonical_requests(vm, kcpu);
    struct shootdown *s = &kcpu->shoot;
    if (s->phase == 0 && s->n_pending == 0 && !s->has_mutex) {
        *s = (struct shootdown){.id = s->id, .released = s->released};
        memset(kcpu->writes, 0, vm->parts.n_cpus * sizeof *kcpu->writes);
    }
    s->began = 0;
    if (kcpu->n_ready == 0)
        kcpu->ready_first = kcpu->ready_last = NO_THREAD;
    /* With memory at once a copy is never interrupted between reading and
     * writing, so what was read is never used again. */
    memset(kcpu->copied, 0, vm->parts.mem_config->copy_lines * (size_t)LINE_BYTES);
}

/* Field by field: what lies between the fields is not part of a state. */
static void canonical_request(struct vm_request *request)
{
    struct vm_request kept = *request;
    memset(request, 0, sizeof *request);
    request->call = kept.call;
    request->target = kept.target;
    request->trace_op = kept.trace_op;
    request->addr = kept.addr;
    request->arg = kept.arg;
    request->seq = kept.seq;
    request->index = kept.index;
}

static void canonical_lock(struct klock *lock)
{
    if (lock->first == NO_THREAD)
        lock->last = NO_THREAD;
}

/* A queue link means something only while the thread is in a queue; which
 * number a fault has, only for records. */
static void canonical_thread(struct thread *thread)
{
    if (!thread->in_kernel)
        thread->act = (struct act){0};
    thread->act.since = 0;
    thread->act.fault_id = 0;
    canonical_request(&thread->act.request);
    if (thread->state == THREAD_RUNNING && thread->why != SLEEP_LOCK)
        thread->next = NO_THREAD;
    if (thread->why == SLEEP_NONE)
        thread->wait_addr = 0;
}

/* The ids that shootdowns of 'cpu' go by, wherever they are remembered. */
struct ids {
    uint64_t *at[CANONICAL_IDS];
    unsigned n;
};

static void add_id(struct ids *ids, uint64_t *id)
{
    assert(ids->n < CANONICAL_IDS);
    ids->at[ids->n++] = id;
}

static void collect_ids(struct vm *vm, unsigned cpu, struct msg *under_way, uint32_t n,
                        struct ids *ids)
{
    ids->n = 0;
    for (uint32_t c = 0; c < vm->parts.n_cpus; c++)
        for (uint32_t i = 0; i < vm->cpus[c].n_requests; i++)
            if (vm->cpus[c].requests[i].from == cpu)
                add_id(ids, &vm->cpus[c].requests[i].id);
    for (uint32_t i = 0; i < n; i++)
        if (under_way[i].kind == MSG_TLB_BROADCAST && under_way[i].c >> 32 == cpu)
            add_id(ids, &under_way[i].b);
    struct shootdown *s = &vm->cpus[cpu].shoot;
    bool idle = s->phase == 0 && s->n_pending == 0 && !s->has_mutex;
    if (idle && ids->n == 0)
        *s = (struct shootdown){0};
    else
        add_id(ids, &s->id);
}

/* Numbers the ids 1, 2, ... in their order.  An id is only ever compared with
 * others of the same initiator. Returns the highest. */
static uint64_t renumber(struct ids *ids)
{
    uint64_t before = 0, number = 0;
    for (;;) {
        uint64_t least = UINT64_MAX;
        for (unsigned i = 0; i < ids->n; i++)
            if (*ids->at[i] > before && *ids->at[i] < least)
                least = *ids->at[i];
        if (least == UINT64_MAX)
            return number;
        before = least;
        number++; /* At most 'least': renumbered ids are not met again. */
        for (unsigned i = 0; i < ids->n; i++)
            if (*ids->at[i] == least)
                *ids->at[i] = number;
    }
}

static void canonical_ids(struct vm *vm, struct msg *under_way, uint32_t n)
{
    struct ids ids;
    vm->state->next_fault = 0;
    vm->state->next_shootdown = 0;
    for (uint32_t i = 0; i < n; i++)
        if (under_way[i].kind == MSG_IPI)
            under_way[i].b = 0; /* For records only. */
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++) {
        collect_ids(vm, cpu, under_way, n, &ids);
        uint64_t highest = renumber(&ids);
        if (highest > vm->state->next_shootdown)
            vm->state->next_shootdown = highest;
    }
}

void vm_canonical(struct vm *vm, struct msg *under_way, uint32_t n_under_way)
{
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        canonical_cpu(vm, &vm->cpus[cpu]);
    for (uint32_t t = 0; t < vm->parts.n_threads; t++)
        canonical_thread(&vm->threads[t]);
    for (uint32_t i = 0; i < vm->config->spaces; i++) {
        canonical_lock(&vm->spaces[i].map_lock);
        canonical_lock(&vm->spaces[i].pmap_lock);
    }
    canonical_lock(&vm->state->ipi_mutex);
    canonical_ids(vm, under_way, n_under_way);
}
