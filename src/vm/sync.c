/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sync.c - what guest threads wait for each other on: recorded order, events,
 * barriers.
 *
 * Recorded order.  Operations on one object (lock word, event, barrier, the
 * address space) carry ranks 1, 2, 3 ...; an operation may start when the one
 * before it has completed.  One counter per object is all that needs.
 *
 * Events count up and never down: WAIT n goes on once n posts were made, so a
 * wake-up cannot be lost and replay does not depend on who waits first.
 */
#include "vm/vm_internal.h"

enum sync_class sync_class_of(enum vm_call call)
{
    switch (call) {
    case VM_CALL_LOCK_GATE:
        return SYNC_LOCK;
    case VM_CALL_POST:
    case VM_CALL_WAIT:
        return SYNC_EVENT;
    case VM_CALL_BARRIER:
        return SYNC_BARRIER;
    case VM_CALL_SPAWN:
    case VM_CALL_JOIN:
    case VM_CALL_FORK:
    case VM_CALL_WAITPID:
    case VM_CALL_EXIT:
    case VM_CALL_EXIT_PROCESS:
    case VM_CALL_MMAP:
    case VM_CALL_MUNMAP:
    case VM_CALL_MPROTECT:
    case VM_CALL_MADVISE:
    case VM_CALL_IMAGE:
    case VM_CALL_SYSCALL:
    case VM_CALL_PIN:
    case VM_CALL_INVLPG:
    case VM_CALL_IPI:
    case VM_CALL_ACK:
        return SYNC_SPACE;
    }
    return SYNC_SPACE;
}

/* Open addressing; objects are never removed. */
struct sync_object *sync_get(struct vm *vm, uint32_t process, enum sync_class class_,
                             uint64_t addr)
{
    if (class_ == SYNC_SPACE)
        addr = 0;
    /* Neighbours in memory are neighbours here: few host pages are touched. */
    uint64_t h = addr / WORD_BYTES + (addr >> 21) * 0x9e3779b1u +
                 process * UINT64_C(0x85ebca6b) + class_ * UINT64_C(0xc2b2ae35);
    uint32_t mask = vm->n_sync - 1;
    for (uint32_t i = 0, at = (uint32_t)h; i < vm->n_sync; i++, at++) {
        struct sync_object *o = &vm->syncs[at & mask];
        if (o->used && o->addr == addr && o->process == process && o->class_ == class_)
            return o;
        if (o->used)
            continue;
        *o = (struct sync_object){.addr = addr,
                                  .next_rank = 1,
                                  .process = process,
                                  .class_ = (uint8_t)class_,
                                  .used = 1,
                                  .first = NO_THREAD};
        return o;
    }
    vm_fail(vm, VM_FAIL_SYNC);
    return &vm->syncs[0];
}

static struct sync_object *object_of(struct vm *vm, uint32_t tid,
                                     const struct vm_request *request)
{
    return sync_get(vm, vm->parts.thread_process[tid], sync_class_of(request->call),
                    request->addr);
}

bool sync_may_go(struct vm *vm, uint32_t tid, const struct vm_request *request)
{
    return request->seq == 0 || request->seq <= object_of(vm, tid, request)->next_rank;
}

/* Adds 'tid' at the end of the object's waiters. */
void sync_sleep(struct vm *vm, struct sync_object *object, uint32_t tid)
{
    uint32_t *link = &object->first;
    while (*link != NO_THREAD)
        link = &vm->threads[*link].next;
    *link = tid;
    vm->threads[tid].next = NO_THREAD;
}

/* Wakes those that wait on the object and can go on now. */
static void wake_ready(struct kctx *k, struct sync_object *object)
{
    struct vm *vm = k->vm;
    uint32_t *link = &object->first;
    while (*link != NO_THREAD) {
        uint32_t tid = *link;
        struct thread *thread = &vm->threads[tid];
        const struct vm_request *request = &thread->act.request;
        bool ready = thread->why == SLEEP_ORDER   ? request->seq <= object->next_rank
                     : thread->why == SLEEP_EVENT ? request->arg <= object->n_posts
                                                  : object->n_waiting == 0;
        if (!ready) {
            link = &thread->next;
            continue;
        }
        *link = thread->next;
        sched_wake(k, tid);
    }
}

void sync_arrived(struct kctx *k, struct sync_object *object, uint64_t seq)
{
    if (seq >= object->next_rank) /* Those at a barrier leave in any order. */
        object->next_rank = seq + 1;
    wake_ready(k, object);
}

void sync_went(struct kctx *k, const struct vm_request *request)
{
    sync_arrived(k, object_of(k->vm, k->tid, request), request->seq);
}

bool sync_gate(struct kctx *k)
{
    const struct vm_request *request = &k->act->request;
    if (sync_may_go(k->vm, k->tid, request))
        return true;
    if (!k_drained(k)) /* The thread may wake up on another CPU. */
        return false;
    sync_sleep(k->vm, object_of(k->vm, k->tid, request), k->tid);
    k_sleep(k, SLEEP_ORDER, request->addr);
    return false;
}

void sync_cancel(struct vm *vm, uint32_t tid)
{
    const struct vm_request *request = &vm->threads[tid].act.request;
    uint32_t *link = &object_of(vm, tid, request)->first;
    while (*link != NO_THREAD && *link != tid)
        link = &vm->threads[*link].next;
    if (*link == tid)
        *link = vm->threads[tid].next;
}
