/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown.c - the initiator's and the target's side of a TLB shootdown.
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

enum send_phase { SEND_IDLE, SEND_LOCK, SEND_REQUESTS, SEND_ICR, SEND_DONE };

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

/* The time to have 'n' lines from CPU 'from', one after the other. */
static cycle_t lines_of(struct kctx *k, unsigned from, uint32_t n)
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
        cost += lines_of(k, cpu, k->vm->shootdown->lines_written);
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

/* ---- target ---------------------------------------------------------------------- */

static void send_ack(struct kctx *k, const struct request *request)
{
    struct vm *vm = k->vm;
    struct obs r = k_record(k, OBS_IPI_ACK);
    r.a = request->from;
    r.id = request->id;
    k_emit(k, &r);
    struct msg msg = {.arrival = k->now + vm_transfer(vm, k->cpu, request->from),
                      .from = k->cpu / vm->parts.n_smt,
                      .to = request->from / vm->parts.n_smt,
                      .kind = MSG_IPI_ACK,
                      .cpu = (uint16_t)request->from,
                      .b = request->id};
    vm->parts.post.send(vm->parts.post.context, &msg);
}

/* The invalidation is for another space if this CPU has switched since: the
 * switch has flushed, so there is nothing left to do. */
static cycle_t serve_flush(struct kctx *k, const struct request *request)
{
    cycle_t cost = 0;
    if (k->kcpu->space == request->space)
        shootdown_local(k, &request->flush, OBS_INVAL_IPI, request->id, &cost);
    return cost;
}

enum irq_step {
    IRQ_READ,
    IRQ_SERVE,
    IRQ_SERVE_SECOND,
    IRQ_STOP_ACK,
    IRQ_STOP_WAIT,
    IRQ_STOP_FLUSH,
};

/* A handler first learns what it is asked for: requests of both kinds may wait
 * in the queue, whatever the vector.  INVLPG is serialising, so the
 * store buffer is drained before anything else (R19, R22): stores translated
 * before the request are visible before the acknowledgement. */
static void irq_read(struct kctx *k)
{
    struct kcpu *kcpu = k->kcpu;
    if (kcpu->n_requests == 0) {
        k_end(k, 0, true);
        return;
    }
    if (!k_drained(k))
        return;
    const struct request *request = &kcpu->requests[kcpu->requests_first];
    k_goto(k, request->stop ? IRQ_STOP_ACK : IRQ_SERVE,
           lines_of(k, request->from, k->vm->shootdown->lines_read));
}

/* Per request two more steps: invalidate and acknowledge, in the algorithm's
 * order. */
static void irq_serve(struct kctx *k)
{
    struct kcpu *kcpu = k->kcpu;
    const struct request *request = &kcpu->requests[kcpu->requests_first];
    cycle_t cost = k->vm->config->shootdown_ack;
    if (k->vm->shootdown->ack_first)
        send_ack(k, request);
    else
        cost = serve_flush(k, request);
    k_next(k, cost);
}

static void irq_serve_second(struct kctx *k)
{
    struct kcpu *kcpu = k->kcpu;
    struct request request = kcpu->requests[kcpu->requests_first];
    kcpu->requests_first = (kcpu->requests_first + 1) % k->vm->n_requests_max;
    kcpu->n_requests--;
    cycle_t cost = k->vm->config->shootdown_ack;
    if (k->vm->shootdown->ack_first)
        cost = serve_flush(k, &request);
    else
        send_ack(k, &request);
    k_goto(k, IRQ_READ, cost);
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

/* Target: acknowledge, wait for the release, invalidate, return. */
static void stopped_ack(struct kctx *k)
{
    send_ack(k, &k->kcpu->requests[k->kcpu->requests_first]);
    k_next(k, k->vm->config->shootdown_ack);
}

static void stopped_wait(struct kctx *k)
{
    const struct request *request = &k->kcpu->requests[k->kcpu->requests_first];
    const struct shootdown *s = &k->vm->cpus[request->from].shoot;
    if (s->id == request->id && !s->released) {
        k_wait(k);
        return;
    }
    k_next(k, 0);
}

static void stopped_flush(struct kctx *k)
{
    struct request request = k->kcpu->requests[k->kcpu->requests_first];
    k->kcpu->requests_first = (k->kcpu->requests_first + 1) % k->vm->n_requests_max;
    k->kcpu->n_requests--;
    k_goto(k, IRQ_READ, serve_flush(k, &request));
}

step_fn *const shootdown_irq_steps[] = {
    [IRQ_READ] = irq_read,
    [IRQ_SERVE] = irq_serve,
    [IRQ_SERVE_SECOND] = irq_serve_second,
    [IRQ_STOP_ACK] = stopped_ack,
    [IRQ_STOP_WAIT] = stopped_wait,
    [IRQ_STOP_FLUSH] = stopped_flush,
};

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

/* Arrives at any time at a CPU, without an operation boundary: only this
 * CPU's TLB changes. */
void broadcast_message(struct vm *vm, unsigned cpu, const struct msg *msg)
{
    struct vm_result out = {0};
    unsigned from = (unsigned)(msg->c >> 32);
    struct kctx k = {.vm = vm,
                     .cpu = cpu,
                     .kcpu = &vm->cpus[cpu],
                     .tid = NO_THREAD,
                     .now = msg->arrival,
                     .out = &out};
    struct flush flush = {.kind = FLUSH_PAGES,
                          .n_pages = (uint32_t)msg->c,
                          .first = {msg->a & ((UINT64_C(1) << 52) - 1)}};
    struct request request = {msg->b, from, (uint32_t)(msg->a >> 52), flush, false};
    cycle_t cost;
    if (k.kcpu->space == request.space)
        shootdown_local(&k, &flush, OBS_INVAL_BROADCAST, msg->b, &cost);
    struct msg ack = {.arrival = msg->arrival + vm_transfer(vm, cpu, from),
                      .from = cpu / vm->parts.n_smt,
                      .to = from / vm->parts.n_smt,
                      .kind = MSG_TLB_BROADCAST_ACK,
                      .cpu = (uint16_t)from,
                      .b = msg->b};
    vm->parts.post.send(vm->parts.post.context, &ack);
}
