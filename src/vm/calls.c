/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * calls.c - the calls that need no more than a gate and one step: threads,
 * events, barriers, pinning, images; and the wait for one's turn at a lock.
 */
#include "vm/steps.h"
#include "vm/vm_internal.h"

static void call_gate(struct kctx *k)
{
    if (sync_gate(k))
        k_next(k, 0);
}

static struct sync_object *object_of(struct kctx *k)
{
    const struct vm_request *request = &k->act->request;
    return sync_get(k->vm, k->vm->parts.thread_process[k->tid],
                    sync_class_of(request->call), request->addr);
}

static void record(struct kctx *k, enum obs_kind kind)
{
    const struct vm_request *request = &k->act->request;
    struct obs r = k_record(k, kind);
    r.va = request->addr;
    r.id = request->target;
    r.c = request->index;
    k_emit(k, &r);
}

static void done(struct kctx *k, cycle_t cost)
{
    k_next(k, cost);
}

static void do_post(struct kctx *k)
{
    object_of(k)->n_posts++;
    record(k, OBS_POST);
    done(k, k->vm->config->sched);
}

static void do_wait(struct kctx *k)
{
    struct sync_object *object = object_of(k);
    if (object->n_posts < k->act->request.arg) {
        sync_sleep(k->vm, object, k->tid);
        k_sleep(k, SLEEP_EVENT, k->act->request.addr);
        return;
    }
    record(k, OBS_WAIT);
    done(k, k->vm->config->sched);
}

/* The last to come lets all go; the count starts again at 0 for the next use. */
static void do_barrier(struct kctx *k)
{
    struct sync_object *object = object_of(k);
    if (k->act->sub == 0) {
        record(k, OBS_BARRIER_ENTER);
        k->act->sub = 1;
        if (++object->n_waiting < k->act->request.arg) {
            struct vm_request request = k->act->request;
            sync_sleep(k->vm, object, k->tid);
            k_sleep(k, SLEEP_BARRIER, request.addr);
            sync_arrived(k, object, request.seq);
            return;
        }
        object->n_waiting = 0;
        sync_arrived(k, object, 0);
    }
    record(k, OBS_BARRIER_LEAVE);
    done(k, k->vm->config->sched);
}

static void do_spawn(struct kctx *k)
{
    struct vm *vm = k->vm;
    uint32_t tid = k->act->request.target;
    struct thread *thread = &vm->threads[tid];
    thread->space = k->thread->space;
    vm->spaces[thread->space].n_threads++;
    vm->state->n_live++;
    record(k, OBS_SPAWN);
    sched_assign(vm, tid);
    sched_enqueue(vm, tid, k->cpu, k->now);
    done(k, vm->config->sched);
}

static bool has_ended(const struct kctx *k)
{
    const struct vm *vm = k->vm;
    uint32_t tid = k->act->request.target;
    if (vm->threads[tid].state != THREAD_DEAD)
        return false;
    if (k->act->request.call == VM_CALL_JOIN)
        return true;
    for (uint32_t t = 0; t < vm->parts.n_threads; t++)
        if (vm->parts.thread_process[t] == vm->parts.thread_process[tid] &&
            vm->threads[t].state != THREAD_DEAD && vm->threads[t].state != THREAD_NEW)
            return false;
    return true;
}

static void do_join(struct kctx *k)
{
    if (!has_ended(k)) {
        k_sleep(k, SLEEP_JOIN, k->act->request.target);
        return;
    }
    record(k, k->act->request.call == VM_CALL_JOIN ? OBS_JOIN : OBS_WAITPID);
    done(k, k->vm->config->sched);
}

static void do_image(struct kctx *k)
{
    struct vm *vm = k->vm;
    const struct vm_request *request = &k->act->request;
    const struct vm_image *image = &vm->parts.images[request->target];
    for (uint32_t i = 0; i < image->n_segments; i++) {
        const struct vm_segment *s = &image->segments[i];
        uint64_t start = (request->addr + s->va) >> PAGE_SHIFT;
        uint64_t end =
            (request->addr + s->va + s->bytes + PAGE_BYTES - 1) >> PAGE_SHIFT;
        while (start < end && map_find(vm, k->thread->space, start) != NO_INDEX)
            start++; /* Two segments may meet in a page: the first has it. */
        if (start < end && !map_insert(vm, k->thread->space, start, end, s->prot, true))
            return;
    }
    done(k, vm->config->map_lookup);
}

static void do_pin(struct kctx *k)
{
    struct vm *vm = k->vm;
    unsigned cpu = k->act->request.target;
    if (cpu >= vm->parts.n_cpus) {
        vm_fail(vm, VM_FAIL_PIN);
        return;
    }
    k->thread->pinned = 1;
    if (cpu == k->cpu) {
        done(k, vm->config->sched);
        return;
    }
    vm->cpus[k->cpu].n_assigned--;
    vm->cpus[cpu].n_assigned++;
    k->thread->cpu = cpu;
    k->act->pc = CALL_DONE; /* It goes on over there. */
    k->kcpu->tid = NO_THREAD;
    sched_enqueue(vm, k->tid, k->cpu, k->now);
    k_again(k, vm->config->sched);
}

static void call_do(struct kctx *k)
{
    switch (k->act->request.call) {
    case VM_CALL_POST:
        do_post(k);
        return;
    case VM_CALL_WAIT:
        do_wait(k);
        return;
    case VM_CALL_BARRIER:
        do_barrier(k);
        return;
    case VM_CALL_SPAWN:
        do_spawn(k);
        return;
    case VM_CALL_JOIN:
    case VM_CALL_WAITPID:
        do_join(k);
        return;
    case VM_CALL_IMAGE:
        do_image(k);
        return;
    case VM_CALL_PIN:
        do_pin(k);
        return;
    case VM_CALL_SYSCALL:
        done(k, k->vm->config->syscall);
        return;
    case VM_CALL_LOCK_GATE:
        k_end(k, 0, true); /* Its turn: the lock operation starts. */
        return;
    default:
        assert(!"the other calls have programs of their own");
    }
}

static void call_done(struct kctx *k)
{
    sync_went(k, &k->act->request);
    k_end(k, 0, false);
}

step_fn *const call_steps[] = {
    [CALL_GATE] = call_gate, [CALL_DO] = call_do, [CALL_DONE] = call_done};
