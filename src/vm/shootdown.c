/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown.c - the initiator's side of a TLB shootdown: by IPI, rendezvous or
 * broadcast.  The target's side is in shootdown_target.c.
 *
 * Invariants:
 *   SHOOT1  n_pending of a CPU's shootdown is the number of its targets whose
 *           acknowledgement has not arrived.
 *   SHOOT2  A target's queue holds every request sent to it that its handler
 *           has not served.
 * Fields n_pending and released are written by messages that arrive at the
 * initiator (n_pending) or read by the target (released) - n_pending belongs
 * to the initiating CPU alone, released changes only in ordered steps.
 */
#include "vm/shootdown.h"
#include "vm/steps.h"
#include "vm/vm_internal.h"

const struct shootdown_kind *const vm_shootdowns[] = {
    &shootdown_freebsd2018,
    &shootdown_freebsd2020,
    NULL,
};

/* ---- local ---------------------------------------------------------------------- */

static void record_inval(struct kctx *k, const struct flush *flush, uint32_t frame,
                         enum obs_inval_reason why, uint64_t id)
{
    struct obs r = k_record(k, OBS_TLB_INVAL);
    r.space = vm_process_of(k->vm, k->kcpu->space);
    r.va = flush->kind == FLUSH_ALL ? 0 : vpn_va(flush->first).v;
    r.a = frame;
    r.b = flush->kind == FLUSH_ALL ? 0 : flush->n_pages;
    r.c = why;
    r.id = id;
    k_emit(k, &r);
}

void shootdown_local(struct kctx *k, const struct flush *flush,
                     enum obs_inval_reason why, uint64_t id, cycle_t *cost)
{
    const struct cpu_port *cpus = &k->vm->parts.cpus;
    struct mmu_dropped dropped = {.frame = NO_FRAME};
    *cost = cpus->invalidate(cpus->context, k->cpu, flush, &dropped);
    record_inval(k, flush, dropped.frame, why, id);
}

/* ---- initiator ------------------------------------------------------------------ */

static void record_begin(struct kctx *k, const struct shootdown *s, uint32_t space,
                         uint64_t fault_id)
{
    struct obs r = k_record(k, OBS_SHOOTDOWN_BEGIN);
    r.space = vm_process_of(k->vm, space);
    r.va = s->flush.kind == FLUSH_ALL ? 0 : vpn_va(s->flush.first).v;
    r.a = s->n_targets;
    r.b = s->flush.kind == FLUSH_ALL ? 0 : s->flush.n_pages;
    r.id = s->id;
    r.c = fault_id;
    k_emit(k, &r);
}

static void record_skip(struct kctx *k, uint32_t space, const struct flush *flush,
                        uint64_t fault_id)
{
    struct obs r = k_record(k, OBS_SHOOTDOWN_SKIP);
    r.space = vm_process_of(k->vm, space);
    r.va = flush->kind == FLUSH_ALL ? 0 : vpn_va(flush->first).v;
    r.a = 1;
    r.c = fault_id;
    k_emit(k, &r);
}

/* The CPUs where 'space' is active, without this one. False if none. */
static bool choose_targets(struct kctx *k, uint32_t space, struct cpuset *targets)
{
    *targets = k->vm->spaces[space].active;
    cpuset_remove(targets, k->cpu);
    return cpuset_count(targets) > 0;
}

static void begin(struct kctx *k, const struct flush *flush, uint8_t vector)
{
    struct shootdown *s = &k->kcpu->shoot;
    struct cpuset targets = s->targets;
    *s = (struct shootdown){.id = ++k->vm->state->next_shootdown,
                            .vector = vector,
                            .began = k->now,
                            .flush = *flush,
                            .targets = targets};
    s->n_targets = cpuset_count(&targets);
    s->n_pending = s->n_targets;
}

static bool push_request(struct vm *vm, unsigned cpu, const struct request *request)
{
    struct kcpu *target = &vm->cpus[cpu];
    if (target->n_requests == vm->n_requests_max)
        return false;
    uint32_t at = (target->requests_first + target->n_requests++) % vm->n_requests_max;
    target->requests[at] = *request;
    return true;
}

cycle_t shootdown_lines(struct kctx *k, unsigned from, uint32_t n)
{
    cycle_t cost = 0;
    while (n--)
        cost += vm_transfer(k->vm, from, k->cpu);
    return cost;
}

/* What writing the requests takes beyond its instructions. */
static cycle_t request_lines(struct kctx *k)
{
    const struct cpuset *targets = &k->kcpu->shoot.targets;
    cycle_t cost = 0;
    for (unsigned cpu = cpuset_next(targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(targets, cpu + 1))
        cost += shootdown_lines(k, cpu, k->vm->shootdown->lines_written);
    return cost;
}

/* Puts the request where each target will look for it. */
static bool put_requests(struct kctx *k, uint32_t space)
{
    struct vm *vm = k->vm;
    struct shootdown *s = &k->kcpu->shoot;
    struct request request = {s->id, k->cpu, space, s->flush,
                              s->vector == VECTOR_RENDEZVOUS};
    for (unsigned cpu = cpuset_next(&s->targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(&s->targets, cpu + 1))
        if (vm->cpus[cpu].n_requests == vm->n_requests_max)
            return false; /* A full queue is a stall, never a loss. */
    for (unsigned cpu = cpuset_next(&s->targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(&s->targets, cpu + 1))
        push_request(vm, cpu, &request);
    return true;
}

static void record_ipis(struct kctx *k, const struct cpuset *sent)
{
    for (unsigned cpu = cpuset_next(sent, 0); cpu != NO_CPU;
         cpu = cpuset_next(sent, cpu + 1)) {
        struct obs r = k_record(k, OBS_IPI_SEND);
        r.a = cpu;
        r.b = k->kcpu->shoot.vector;
        r.id = k->kcpu->shoot.id;
        k_emit(k, &r);
    }
}

/* One ICR write per call. True after the last. */
static bool write_icr(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct shootdown *s = &k->kcpu->shoot;
    struct cpuset sent;
    apic_send(vm->parts.apic, k->cpu, &k->kcpu->writes[s->next_write], s->id, k->now,
              &sent);
    record_ipis(k, &sent);
    s->next_write++;
    return s->next_write == s->n_writes;
}

/* The algorithm from the mutex to the last ICR write, a step at a time. */
static bool send_steps(struct kctx *k, uint32_t space, uint64_t fault_id)
{
    struct vm *vm = k->vm;
    struct shootdown *s = &k->kcpu->shoot;
    switch ((enum send_phase)s->phase) {
    case SEND_IDLE:
    case SEND_LOCK:
        if (vm->shootdown->one_at_a_time || s->vector == VECTOR_RENDEZVOUS) {
            if (!klock_take(k, &vm->state->ipi_mutex))
                return false;
            s->has_mutex = 1;
            k->kcpu->interrupts_off = 1;
        }
        record_begin(k, s, space, fault_id);
        s->phase = SEND_REQUESTS;
        k_again(k, vm->config->shootdown_prep);
        return false;
    case SEND_REQUESTS:
        if (!put_requests(k, space)) {
            k_again(k, vm->config->shootdown_prep + 1);
            return false;
        }
        s->n_writes = apic_plan(vm->parts.apic, k->cpu, &s->targets, s->vector,
                                k->kcpu->writes, vm->parts.n_cpus);
        s->phase = SEND_ICR;
        k_again(k, request_lines(k));
        return false;
    case SEND_ICR:
        if (write_icr(k))
            s->phase = SEND_DONE;
        k_again(k, vm->parts.ipi_config->icr_write);
        return false;
    case SEND_DONE:
        s->phase = SEND_IDLE;
        return true;
    }
    return true;
}

bool shootdown_send(struct kctx *k, uint32_t space, const struct flush *flush,
                    uint64_t fault_id)
{
    struct shootdown *s = &k->kcpu->shoot;
    if (s->phase == SEND_IDLE) {
        struct cpuset targets;
        if (!choose_targets(k, space, &targets)) {
            record_skip(k, space, flush, fault_id);
            return true;
        }
        struct flush f = *flush;
        if (f.kind == FLUSH_PAGES && f.n_pages >= k->vm->shootdown->full_flush_pages)
            f.kind = FLUSH_ALL;
        s->targets = targets;
        begin(k, &f, k->vm->shootdown->vector(&f));
        s->phase = SEND_LOCK;
    }
    return send_steps(k, space, fault_id);
}

static void release_mutex(struct kctx *k)
{
    struct shootdown *s = &k->kcpu->shoot;
    if (!s->has_mutex)
        return;
    s->has_mutex = 0;
    k->kcpu->interrupts_off = 0;
    klock_drop(k, &k->vm->state->ipi_mutex);
}

bool shootdown_wait(struct kctx *k)
{
    if (k->kcpu->shoot.n_pending) {
        k_wait(k);
        return false;
    }
    release_mutex(k);
    return true;
}

void shootdown_abandon(struct kctx *k)
{
    release_mutex(k);
}

bool shootdown_ack_message(struct vm *vm, unsigned cpu, const struct msg *msg)
{
    struct shootdown *s = &vm->cpus[cpu].shoot;
    if (msg->b != s->id || s->n_pending == 0)
        return false; /* Of a shootdown that nobody waits for any more. */
    if (--s->n_pending)
        return false;
    struct obs r = {.cycle = msg->arrival,
                    .kind = OBS_SHOOTDOWN_END,
                    .unit = (uint16_t)(cpu / vm->parts.n_smt),
                    .cpu = (uint16_t)cpu,
                    .tid = NO_THREAD,
                    .space = NO_SPACE,
                    .id = s->id};
    obs_emit(vm->obs, &r);
    return true;
}

/* ---- rendezvous --------------------------------------------------------------------
 */

/* Stops every other CPU where the space is active (erratum 383 style,
 * smp_rendezvous): they wait in their handlers until rendezvous_resume(), and
 * invalidate before they go back to user mode.  A CPU that comes to the space
 * meanwhile waits in the scheduler.  One rendezvous at a time, whatever the
 * algorithm: two initiators would stop each other. */
bool rendezvous_stop(struct kctx *k, uint32_t space, const struct flush *flush,
                     uint64_t fault_id)
{
    struct shootdown *s = &k->kcpu->shoot;
    if (s->phase == SEND_IDLE && !s->has_mutex) {
        struct cpuset targets;
        k->vm->spaces[space].stopped = 1;
        if (!choose_targets(k, space, &targets)) {
            record_skip(k, space, flush, fault_id);
            s->n_targets = 0;
            return true;
        }
        s->targets = targets;
        begin(k, flush, VECTOR_RENDEZVOUS);
        s->phase = SEND_LOCK;
    }
    if (s->phase != SEND_IDLE && !send_steps(k, space, fault_id))
        return false;
    if (s->n_pending) {
        k_wait(k);
        return false;
    }
    return true;
}

/* Ends the wait of CPUs that came to the space meanwhile. */
static void let_in(struct kctx *k, uint32_t space)
{
    struct vm *vm = k->vm;
    vm->spaces[space].stopped = 0;
    for (unsigned cpu = 0; cpu < vm->parts.n_cpus; cpu++)
        if (vm->cpus[cpu].tid == NO_THREAD && vm->cpus[cpu].n_ready > 0)
            sched_poke(vm, k->cpu, cpu, k->now);
}

void rendezvous_resume(struct kctx *k, uint32_t space)
{
    struct shootdown *s = &k->kcpu->shoot;
    let_in(k, space);
    if (s->n_targets == 0)
        return;
    s->released = 1;
    for (unsigned cpu = cpuset_next(&s->targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(&s->targets, cpu + 1))
        sched_poke(k->vm, k->cpu, cpu, k->now);
    release_mutex(k);
}

/* ---- hardware broadcast
 * ---------------------------------------------------------------- */

/* INVLPGB: reaches every CPU where the space is active, without an interrupt.
 * The local TLB is included. TLBSYNC is shootdown_wait(). */
bool broadcast_send(struct kctx *k, uint32_t space, const struct flush *flush,
                    uint64_t fault_id)
{
    struct vm *vm = k->vm;
    struct shootdown *s = &k->kcpu->shoot;
    if (!k_drained(k))
        return false;
    cycle_t cost;
    struct cpuset targets;
    bool others = choose_targets(k, space, &targets);
    s->targets = targets;
    begin(k, flush, 0);
    shootdown_local(k, flush, OBS_INVAL_BROADCAST, s->id, &cost);
    if (!others) {
        record_skip(k, space, flush, fault_id);
        return true;
    }
    record_begin(k, s, space, fault_id);
    for (unsigned cpu = cpuset_next(&targets, 0); cpu != NO_CPU;
         cpu = cpuset_next(&targets, cpu + 1)) {
        cycle_t latency = choice_latency(vm->parts.choice, k->cpu / vm->parts.n_smt,
                                         CHOICE_IPI, &vm->parts.ipi_config->broadcast);
        struct msg msg = {.arrival = k->now + (latency > vm->parts.lookahead
                                                   ? latency
                                                   : vm->parts.lookahead),
                          .from = k->cpu / vm->parts.n_smt,
                          .to = cpu / vm->parts.n_smt,
                          .kind = MSG_TLB_BROADCAST,
                          .cpu = (uint16_t)cpu,
                          .a = flush->first.v | (uint64_t)space << 52,
                          .b = s->id,
                          .c = flush->n_pages | (uint64_t)k->cpu << 32};
        vm->parts.post.send(vm->parts.post.context, &msg);
    }
    return true;
}
