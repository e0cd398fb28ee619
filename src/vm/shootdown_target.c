/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * shootdown_target.c - the target's side of a TLB shootdown: handlers of IPIs,
 * and what a hardware broadcast does.
 */
#include "vm/shootdown.h"
#include "vm/steps.h"
#include "vm/vm_internal.h"

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
           shootdown_lines(k, request->from, k->vm->shootdown->lines_read));
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
