/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fork.c - fork: vmspace_fork() and vm_map_copy_entry() of FreeBSD
 * (cow-protocols section 5).
 *
 * With the map lock held exclusively, per map entry: write-protect the
 * parent's entries if they are private, writable and not already protected,
 * one full flush if anything changed; mark both sides copy-on-write; copy the
 * entries to the child read-only, without A and D.  Other threads of the
 * parent keep running; their faults wait for the map lock.
 */
#include "vm/vm_internal.h"

enum fork_step {
    FORK_GATE,
    FORK_MAP_LOCK,
    FORK_BEGIN,
    FORK_ENTRY,
    FORK_PMAP_LOCK,
    FORK_PROTECT,
    FORK_FLUSH_LOCAL,
    FORK_FLUSH_SEND,
    FORK_FLUSH_WAIT,
    FORK_SHARE,
    FORK_COPY,
    FORK_NEXT,
    FORK_END,
};

#define PTES_PER_LINE (LINE_BYTES / sizeof(pte_t))

static struct space *parent_of(const struct kctx *k)
{
    return &k->vm->spaces[k->thread->space];
}

static struct map_entry *entry_of(const struct kctx *k)
{
    return &k->vm->entries[k->act->entry];
}

static void fork_gate(struct kctx *k)
{
    if (sync_gate(k))
        k_next(k, 0);
}

static void fork_map_lock(struct kctx *k)
{
    if (klock_take(k, &parent_of(k)->map_lock))
        k_next(k, k->vm->config->lock);
}

static void fork_begin(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    act->child = space_create(vm, vm->parts.thread_process[act->request.target]);
    if (act->child == NO_SPACE)
        return;
    act->entry = parent_of(k)->first_entry;
    k_next(k, vm->config->page_alloc);
}

static bool must_protect(const struct map_entry *e)
{
    return (e->prot & VM_PROT_WRITE) && !(e->prot & VM_MAP_SHARED) && !e->needs_copy &&
           e->object != NO_INDEX;
}

static void fork_entry(struct kctx *k)
{
    struct act *act = k->act;
    if (act->entry == NO_INDEX) {
        k_goto(k, FORK_END, 0);
        return;
    }
    struct map_entry *e = entry_of(k);
    cycle_t cost = k->vm->config->fork_entry;
    if (e->object != NO_INDEX)
        cost += object_collapse(k, e->object) * k->vm->config->fork_pte;
    act->va = e->start;
    act->changed = 0;
    k_goto(k, must_protect(e) ? FORK_PMAP_LOCK : FORK_SHARE, cost);
}

static void fork_pmap_lock(struct kctx *k)
{
    if (klock_take(k, &parent_of(k)->pmap_lock))
        k_next(k, k->vm->config->lock);
}

/* pmap_protect(): the entries of one line at a time. */
static void fork_protect(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    uint64_t end = entry_of(k)->end;
    act->va = pmap_skip(vm, k->thread->space, act->va, end);
    if (act->va >= end) {
        k_goto(k, act->changed ? FORK_FLUSH_LOCAL : FORK_SHARE, 0);
        if (!act->changed)
            klock_drop(k, &parent_of(k)->pmap_lock);
        return;
    }
    pa_t pa;
    bool has = pmap_entry_pa(vm, k->thread->space, act->va, &pa);
    assert(has);
    (void)has;
    if (!k_own_line(k, pa))
        return;
    unsigned n = 0;
    do {
        pte_t old = pmap_read(vm, pa);
        if (pte_has(old, PTE_P | PTE_RW)) {
            pte_t new = {old.bits & ~(PTE_RW | PTE_D)};
            pmap_write(k, k->thread->space, act->va, pa, new, OBS_PTE_FORK, 0);
            act->changed = 1;
        }
        act->va++;
        pa.v += sizeof(pte_t);
        n++;
    } while (act->va < end && (pa.v & (LINE_BYTES - 1)) != 0);
    k_again(k, n * vm->config->fork_pte);
}

static const struct flush flush_all = {.kind = FLUSH_ALL};

static void fork_flush_local(struct kctx *k)
{
    if (!k_drained(k))
        return;
    cycle_t cost;
    shootdown_local(k, &flush_all, OBS_INVAL_LOCAL, 0, &cost);
    k_next(k, cost);
}

static void fork_flush_send(struct kctx *k)
{
    if (shootdown_send(k, k->thread->space, &flush_all, 0))
        k_next(k, 0);
}

static void fork_flush_wait(struct kctx *k)
{
    if (!shootdown_wait(k))
        return;
    klock_drop(k, &parent_of(k)->pmap_lock);
    k_next(k, k->vm->config->lock);
}

/* Both sides get the object; private ones copy when they write. */
static void fork_share(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    struct map_entry *e = entry_of(k);
    bool shared = e->prot & VM_MAP_SHARED;
    if (e->object == NO_INDEX && (shared || e->file))
        e->object = object_create(vm, e->file);
    if (!map_insert(vm, act->child, e->start, e->end, e->prot, e->file))
        return;
    uint32_t copy = map_find(vm, act->child, e->start);
    if (e->object != NO_INDEX) {
        vm->objects[e->object].one_mapping = 0;
        object_ref(vm, e->object);
        e->needs_copy = !shared && !vm->objects[e->object].file;
        vm->entries[copy].object = e->object;
        vm->entries[copy].index = e->index;
        vm->entries[copy].needs_copy = e->needs_copy;
    }
    act->va = e->start;
    k_goto(k, shared || e->object == NO_INDEX ? FORK_NEXT : FORK_COPY,
           vm->config->fork_entry);
}

/* pmap_copy(): nobody runs in the child yet, so no line needs to be owned.  The
 * parent's frame numbers cannot change: faults wait for the map lock. */
static void fork_copy(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    uint64_t end = entry_of(k)->end;
    act->va = pmap_skip(vm, k->thread->space, act->va, end);
    if (act->va >= end) {
        k_goto(k, FORK_NEXT, 0);
        return;
    }
    unsigned n = 0;
    do {
        pa_t from, to;
        if (!pmap_entry_pa(vm, k->thread->space, act->va, &from))
            break;
        pte_t pte = pmap_read(vm, from);
        if (pte_has(pte, PTE_P)) {
            if (!pmap_make_tables(k, act->child, act->va, false, &to))
                return;
            pte.bits &= ~(PTE_RW | PTE_A | PTE_D);
            pmap_write(k, act->child, act->va, to, pte, OBS_PTE_FORK, 0);
        }
        act->va++;
        n++;
    } while (act->va < end && n < PTES_PER_LINE);
    k_again(k, n * vm->config->fork_pte);
}

static void fork_next(struct kctx *k)
{
    k->act->entry = entry_of(k)->next;
    k_goto(k, FORK_ENTRY, 0);
}

static void fork_end(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    uint32_t tid = act->request.target;
    klock_drop(k, &parent_of(k)->map_lock);
    struct obs r = k_record(k, OBS_FORK);
    r.id = tid;
    r.a = vm_process_of(vm, act->child);
    r.c = act->request.index;
    k_emit(k, &r);
    vm->threads[tid].space = act->child;
    vm->spaces[act->child].n_threads = 1;
    vm->state->n_live++;
    sched_assign(vm, tid);
    sched_enqueue(vm, tid, k->cpu, k->now);
    sync_went(k, &act->request);
    k_end(k, vm->config->sched, false);
}

step_fn *const fork_steps[] = {
    [FORK_GATE] = fork_gate,
    [FORK_MAP_LOCK] = fork_map_lock,
    [FORK_BEGIN] = fork_begin,
    [FORK_ENTRY] = fork_entry,
    [FORK_PMAP_LOCK] = fork_pmap_lock,
    [FORK_PROTECT] = fork_protect,
    [FORK_FLUSH_LOCAL] = fork_flush_local,
    [FORK_FLUSH_SEND] = fork_flush_send,
    [FORK_FLUSH_WAIT] = fork_flush_wait,
    [FORK_SHARE] = fork_share,
    [FORK_COPY] = fork_copy,
    [FORK_NEXT] = fork_next,
    [FORK_END] = fork_end,
};
