/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * mapcalls.c - mmap, munmap, mprotect, madvise(dontneed).
 *
 * One program for all: with the map lock held exclusively the range's entries
 * lose what they must lose, line by line; one shootdown of the range; then the
 * map changes and pages go.  mmap over something else unmaps that first.
 */
#include "vm/vm_internal.h"

enum map_step {
    MAP_GATE,
    MAP_LOCK,
    MAP_CLIP,
    MAP_PMAP_LOCK,
    MAP_ENTRIES,
    MAP_FLUSH_LOCAL,
    MAP_FLUSH_SEND,
    MAP_FLUSH_WAIT,
    MAP_PMAP_UNLOCK,
    MAP_CHANGE,
    MAP_END,
};

static struct space *space_of(const struct kctx *k)
{
    return &k->vm->spaces[k->thread->space];
}

static void record_call(struct kctx *k, unsigned leave)
{
    const struct vm_request *request = &k->act->request;
    struct obs r = k_record(k, OBS_SYSCALL);
    r.va = request->addr;
    r.a = request->trace_op;
    r.b = request->arg;
    r.c = request->index;
    r.id = leave;
    k_emit(k, &r);
}

static void map_gate(struct kctx *k)
{
    if (!sync_gate(k))
        return;
    record_call(k, 0);
    k_next(k, 0);
}

static void map_lock(struct kctx *k)
{
    if (klock_take(k, &space_of(k)->map_lock))
        k_next(k, k->vm->config->lock);
}

static void map_clip_range(struct kctx *k)
{
    struct act *act = k->act;
    uint64_t mask = PAGE_BYTES - 1;
    act->va = act->request.addr >> PAGE_SHIFT;
    act->end = (act->request.addr + act->request.arg + mask) >> PAGE_SHIFT;
    if (!map_clip(k->vm, k->thread->space, act->va, act->end))
        return;
    k_next(k, k->vm->config->map_lookup);
}

static void map_pmap_lock(struct kctx *k)
{
    if (klock_take(k, &space_of(k)->pmap_lock))
        k_next(k, k->vm->config->lock);
}

/* What the call leaves of an entry. */
static pte_t changed_entry(const struct kctx *k, pte_t old)
{
    if (k->act->request.call != VM_CALL_MPROTECT)
        return (pte_t){0};
    uint32_t prot = k->act->request.target;
    pte_t new = old;
    if (!(prot & VM_PROT_WRITE))
        new.bits &= ~PTE_RW;
    if (!(prot & VM_PROT_EXEC))
        new.bits |= PTE_XD;
    if (!(prot & (VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC)))
        new.bits = 0;
    return new;
}

/* The entries of one line at a time. */
static void map_entries(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    act->va = pmap_skip(vm, k->thread->space, act->va, act->end);
    if (act->va >= act->end) {
        k_goto(k, act->changed ? MAP_FLUSH_LOCAL : MAP_PMAP_UNLOCK, 0);
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
        pte_t new = pte_has(old, PTE_P) ? changed_entry(k, old) : old;
        if (new.bits != old.bits) {
            enum obs_pte_reason why =
                act->request.call == VM_CALL_MPROTECT ? OBS_PTE_PROTECT : OBS_PTE_UNMAP;
            pmap_write(k, k->thread->space, act->va, pa, new, why, 0);
            act->changed |= pte_has(old, PTE_A);
        }
        act->va++;
        pa.v += sizeof(pte_t);
        n++;
    } while (act->va < act->end && (pa.v & (LINE_BYTES - 1)) != 0);
    k_again(k, n * vm->config->unmap_pte);
}

static struct flush range_flush(const struct kctx *k)
{
    uint64_t first = k->act->request.addr >> PAGE_SHIFT;
    uint64_t n = k->act->end - first;
    if (n > UINT32_MAX)
        return (struct flush){.kind = FLUSH_ALL};
    return (struct flush){FLUSH_PAGES, (uint32_t)n, {first}};
}

static void map_flush_local(struct kctx *k)
{
    if (!k_drained(k))
        return;
    struct flush flush = range_flush(k);
    if (flush.n_pages >= 4096) /* pmap_invalidate_range() of FreeBSD. */
        flush.kind = FLUSH_ALL;
    cycle_t cost;
    shootdown_local(k, &flush, OBS_INVAL_LOCAL, 0, &cost);
    k_next(k, cost);
}

static void map_flush_send(struct kctx *k)
{
    struct flush flush = range_flush(k);
    if (shootdown_send(k, k->thread->space, &flush, 0))
        k_next(k, 0);
}

static void map_flush_wait(struct kctx *k)
{
    if (shootdown_wait(k))
        k_next(k, 0);
}

static void map_pmap_unlock(struct kctx *k)
{
    klock_drop(k, &space_of(k)->pmap_lock);
    k_next(k, k->vm->config->lock);
}

/* Pages of the range that nothing else can want: freed. */
static unsigned drop_pages(struct kctx *k, uint32_t object, uint64_t first, uint64_t n)
{
    struct vm *vm = k->vm;
    unsigned dropped = 0;
    if (!vm->objects[object].one_mapping || vm->objects[object].file)
        return 0;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t frame = page_find(vm, object, first + i);
        if (frame == NO_INDEX || vm->pages[frame].pv_first != NO_INDEX ||
            vm->pages[frame].busy)
            continue;
        page_remove(vm, frame);
        page_free(k, frame);
        dropped++;
    }
    return dropped;
}

static unsigned drop_range(struct kctx *k, uint64_t start, uint64_t end)
{
    struct vm *vm = k->vm;
    unsigned n = 0;
    uint32_t e = map_next(vm, k->thread->space, start);
    for (; e != NO_INDEX && vm->entries[e].start < end; e = vm->entries[e].next) {
        const struct map_entry *entry = &vm->entries[e];
        if (entry->object != NO_INDEX)
            n += drop_pages(k, entry->object, entry->index, entry->end - entry->start);
    }
    return n;
}

static void protect_range(struct kctx *k, uint64_t start, uint64_t end)
{
    struct vm *vm = k->vm;
    uint32_t e = map_next(vm, k->thread->space, start);
    for (; e != NO_INDEX && vm->entries[e].start < end; e = vm->entries[e].next) {
        uint32_t bits = VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC;
        struct map_entry *entry = &vm->entries[e];
        entry->prot = (entry->prot & ~bits) | (k->act->request.target & bits);
    }
    space_of(k)->timestamp++;
}

static void map_change(struct kctx *k)
{
    struct vm *vm = k->vm;
    const struct vm_request *request = &k->act->request;
    uint64_t start = request->addr >> PAGE_SHIFT, end = k->act->end;
    unsigned n = 0;
    if (request->call == VM_CALL_MPROTECT) {
        protect_range(k, start, end);
    } else {
        n = drop_range(k, start, end);
        if (request->call != VM_CALL_MADVISE)
            map_remove(k, k->thread->space, start, end);
    }
    if (request->call == VM_CALL_MMAP &&
        !map_insert(vm, k->thread->space, start, end, request->target,
                    request->target & VM_MAP_FILE))
        return;
    k_next(k, vm->config->map_lookup + n * vm->config->unmap_pte);
}

static void map_end(struct kctx *k)
{
    klock_drop(k, &space_of(k)->map_lock);
    record_call(k, 1);
    sync_went(k, &k->act->request);
    k_end(k, k->vm->config->lock, false);
}

step_fn *const map_steps[] = {
    [MAP_GATE] = map_gate,
    [MAP_LOCK] = map_lock,
    [MAP_CLIP] = map_clip_range,
    [MAP_PMAP_LOCK] = map_pmap_lock,
    [MAP_ENTRIES] = map_entries,
    [MAP_FLUSH_LOCAL] = map_flush_local,
    [MAP_FLUSH_SEND] = map_flush_send,
    [MAP_FLUSH_WAIT] = map_flush_wait,
    [MAP_PMAP_UNLOCK] = map_pmap_unlock,
    [MAP_CHANGE] = map_change,
    [MAP_END] = map_end,
};
