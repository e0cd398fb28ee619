/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - what exploration asks of the kernel.
 */
#include "vm/vm_internal.h"

#include <stdio.h>

bool vm_has_work(const struct vm *vm, unsigned cpu)
{
    const struct kcpu *kcpu = &vm->cpus[cpu];
    if (kcpu->irq_depth || kcpu->n_ready)
        return true;
    if (kcpu->tid == NO_THREAD)
        return kcpu->space != NO_SPACE;
    return vm->threads[kcpu->tid].state != THREAD_ASLEEP;
}

/* The sum of all positions: changes whenever the kernel gets on. */
uint64_t vm_n_steps(const struct vm *vm)
{
    uint64_t sum = vm->state->next_fault + vm->state->n_live;
    for (uint32_t t = 0; t < vm->parts.n_threads; t++) {
        const struct thread *thread = &vm->threads[t];
        sum = sum * 31 + thread->act.pc + 7u * thread->act.sub + 13u * thread->act.line +
              17u * thread->state + 19u * thread->in_kernel + 23u * thread->act.program;
    }
    return sum;
}

static const char *program_word(enum program program)
{
    static const char *const words[N_PROGRAMS] = {
        [PROGRAM_NONE] = "user",
        [PROGRAM_FAULT] = "fault",
        [PROGRAM_COPY] = "copy",
        [PROGRAM_UPGRADE] = "upgrade",
        [PROGRAM_FORK] = "fork",
        [PROGRAM_MAP] = "map call",
        [PROGRAM_EXIT] = "exit",
        [PROGRAM_CALL] = "system call",
        [PROGRAM_SHOOTDOWN_IRQ] = "shootdown handler",
        [PROGRAM_RENDEZVOUS_IRQ] = "rendezvous handler",
        [PROGRAM_TIMER_IRQ] = "timer",
    };
    return words[program];
}

static void describe_act(const struct vm *vm, const struct act *act, char *text, size_t n)
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

static void canonical_cpu(struct vm *vm, struct kcpu *kcpu)
{
    for (unsigned i = kcpu->irq_depth; i < 2; i++)
        kcpu->irq[i] = (struct act){0};
    if (kcpu->n_requests == 0) {
        memset(kcpu->requests, 0, vm->n_requests_max * sizeof *kcpu->requests);
        kcpu->requests_first = 0;
    }
    struct shootdown *s = &kcpu->shoot;
    if (s->phase == 0 && s->n_pending == 0 && !s->has_mutex) {
        *s = (struct shootdown){.id = s->id, .released = s->released};
        memset(kcpu->writes, 0, vm->parts.n_cpus * sizeof *kcpu->writes);
    }
    s->began = 0;
    if (kcpu->n_ready == 0)
        kcpu->ready_first = kcpu->ready_last = NO_THREAD;
}

/* A queue link means something only while the thread is in a queue. */
static void canonical_thread(struct thread *thread)
{
    if (!thread->in_kernel)
        thread->act = (struct act){0};
    thread->act.since = 0;
    if (thread->state == THREAD_RUNNING && thread->why != SLEEP_LOCK)
        thread->next = NO_THREAD;
    if (thread->why == SLEEP_NONE)
        thread->wait_addr = 0;
}

void vm_canonical(struct vm *vm)
{
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        canonical_cpu(vm, &vm->cpus[cpu]);
    for (uint32_t t = 0; t < vm->parts.n_threads; t++)
        canonical_thread(&vm->threads[t]);
}
