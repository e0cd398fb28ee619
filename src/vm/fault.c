/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fault.c - the page fault. After FreeBSD vm_fault_hold(), vm_fault_soft_fast()
 * and pmap_enter() of 2018 (cow-protocols sections 2 and 3).
 *
 *   enter -> map lock -> look up -> [shadow] -> fast -> slow -> ...
 *     ... page in the top object          -> install, or the upgrade list
 *     ... page in a backing object, read  -> install read-only
 *     ... page in a backing object, write -> take it over, or the copy list
 *     ... no page                         -> zero -> install
 *     ... busy page                       -> sleep, then the access is retried
 *
 * The map lock is held shared until the fault ends or sleeps; a fault that
 * slept starts over, so the re-lookup rule of r329254 holds by construction:
 * only the permissions of the last look-up are ever entered.
 */
#include "vm/fault.h"

static void fault_enter(struct kctx *k)
{
    struct act *act = k->act;
    act->fault_id = ++k->vm->state->next_fault;
    struct obs r = k_record(k, OBS_FAULT_BEGIN);
    r.va = act->fault_va;
    r.a = act->error_code;
    r.b = act->pc_va;
    r.c = act->index_op;
    r.id = act->fault_id;
    k_emit(k, &r);
    const struct cpu_port *cpus = &k->vm->parts.cpus;
    struct mmu_dropped dropped = {.frame = NO_FRAME};
    cpus->fault_drops(cpus->context, k->cpu, (va_t){act->fault_va}, &dropped);
    if (dropped.frame != NO_FRAME) { /* R13 */
        r = k_record(k, OBS_TLB_INVAL);
        r.va = vpn_va((vpn_t){act->va}).v;
        r.a = dropped.frame;
        r.b = 1;
        r.c = OBS_INVAL_FAULT;
        k_emit(k, &r);
    }
    k_next(k, 0);
}

static void fault_map_lock(struct kctx *k)
{
    if (klock_share(k, &space_of(k)->map_lock))
        k_next(k, k->vm->config->lock);
}

static bool prot_allows(uint32_t prot, uint8_t access)
{
    switch ((enum access)access) {
    case ACCESS_LOAD:
        return prot & (VM_PROT_READ | VM_PROT_WRITE | VM_PROT_EXEC);
    case ACCESS_STORE:
        return prot & VM_PROT_WRITE;
    case ACCESS_FETCH:
        return prot & VM_PROT_EXEC;
    }
    return false;
}

static void fault_lookup(struct kctx *k)
{
    struct act *act = k->act;
    cycle_t cost = k->vm->config->map_lookup;
    act->entry = map_find(k->vm, k->thread->space, act->va);
    if (act->entry == NO_INDEX || !prot_allows(entry_of(k)->prot, act->access)) {
        k_goto(k, FAULT_SEGV, cost);
        return;
    }
    if (entry_of(k)->needs_copy && is_write(k))
        k_goto(k, FAULT_SHADOW_UNLOCK, cost);
    else
        k_goto(k, FAULT_FAST, cost);
}

/* vm_map_lock_upgrade() that fails: release, then take it exclusively. */
static void fault_shadow_unlock(struct kctx *k)
{
    klock_drop(k, &space_of(k)->map_lock);
    k_next(k, k->vm->config->lock);
}

static void fault_shadow(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    if (!klock_take(k, &space_of(k)->map_lock))
        return;
    act->entry = map_find(vm, k->thread->space, act->va);
    if (act->entry != NO_INDEX && entry_of(k)->needs_copy) {
        struct map_entry *e = entry_of(k);
        if (e->object != NO_INDEX) {
            uint32_t shadow = object_shadow(vm, e->object, e->index);
            if (shadow == NO_INDEX)
                return; /* The run fails: see vm_failed(). */
            if (shadow != e->object)
                e->index = 0;
            e->object = shadow;
        }
        e->needs_copy = 0;
        space_of(k)->timestamp++;
    }
    klock_downgrade(k, &space_of(k)->map_lock);
    k_goto(k, FAULT_LOOKUP, vm->config->object_lookup);
}

/* vm_fault_soft_fast(): the page is in the top object. */
static void fault_fast(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    struct map_entry *e = entry_of(k);
    if (e->object == NO_INDEX)
        e->object = object_create(vm, e->file);
    if (e->object == NO_INDEX)
        return;
    act->object = e->object;
    uint32_t frame = page_find(vm, act->object, page_index(k));
    cycle_t cost = vm->config->object_lookup;
    if (frame == NO_INDEX) {
        k_goto(k, FAULT_SLOW, cost);
        return;
    }
    act->new_frame = frame;
    if (vm->pages[frame].busy) {
        k_goto(k, FAULT_SLEEP, cost);
        return;
    }
    bool top_is_private = !vm->objects[act->object].file || (e->prot & VM_MAP_SHARED);
    if (is_write(k) && !top_is_private) { /* A page of a file is its own backing. */
        k_goto(k, FAULT_SLOW, cost);
        return;
    }
    act->outcome = OBS_FAULT_SOFT;
    act->changed = top_is_private; /* The entry's own page: may be writable. */
    if (is_write(k) && (act->error_code & PF_P) && vm->protocol.n_upgrade) {
        act->old_frame = frame;
        act->outcome = OBS_FAULT_UPGRADE;
        k_run(k, PROGRAM_UPGRADE, cost);
        return;
    }
    k_goto(k, FAULT_INSTALL_LOCK, cost);
}

/* A private mapping of a file that is written gets an object of its own. */
static bool shadow_file(struct kctx *k)
{
    struct map_entry *e = entry_of(k);
    if (!k->vm->objects[e->object].file || (e->prot & VM_MAP_SHARED) || !is_write(k))
        return true;
    uint32_t shadow = object_shadow(k->vm, e->object, e->index);
    if (shadow == NO_INDEX)
        return false;
    e->object = shadow;
    e->index = 0;
    k->act->object = shadow;
    return true;
}

/* Looks down the shadow chain. Sets '*frame' or leaves it NO_INDEX. */
static cycle_t search_chain(struct kctx *k, uint32_t *frame, unsigned *depth)
{
    struct vm *vm = k->vm;
    uint32_t object = k->act->object;
    uint64_t index = page_index(k);
    *depth = 0;
    *frame = page_find(vm, object, index);
    while (*frame == NO_INDEX && vm->objects[object].backing != NO_INDEX) {
        index += vm->objects[object].backing_index;
        object = vm->objects[object].backing;
        *frame = page_find(vm, object, index);
        ++*depth;
    }
    return vm->config->object_lookup * (*depth + 1);
}

/* The rename of vm_fault (v_cow_optim): the sibling is gone, the direct
 * backing object is ours alone, so its page can just move up. */
static bool can_take_over(const struct kctx *k, unsigned depth)
{
    const struct object *top = &k->vm->objects[k->act->object];
    const struct object *b = &k->vm->objects[top->backing];
    return depth == 1 && b->refs == 1 && b->shadows == 1 && !b->file;
}

static void fault_slow(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    if (!shadow_file(k))
        return;
    act->object = entry_of(k)->object; /* Another fault may have shadowed a file. */
    uint32_t frame;
    unsigned depth;
    cycle_t cost = search_chain(k, &frame, &depth);
    if (frame == NO_INDEX) {
        k_goto(k, FAULT_ZERO, cost);
        return;
    }
    act->new_frame = act->old_frame = frame;
    if (vm->pages[frame].busy) {
        k_goto(k, FAULT_SLEEP, cost);
        return;
    }
    if (!is_write(k)) {
        act->outcome = OBS_FAULT_SOFT;
        act->changed = 0; /* Another object's page: read-only. */
        k_goto(k, FAULT_INSTALL_LOCK, cost);
    } else if (can_take_over(k, depth)) {
        page_remove(vm, frame);
        page_insert(vm, frame, act->object, page_index(k));
        act->outcome = OBS_FAULT_COW_RENAME;
        act->changed = 1;
        k_goto(k, FAULT_INSTALL_LOCK, cost);
    } else {
        act->new_frame = NO_FRAME;
        k_run(k, PROGRAM_COPY, cost);
    }
}

void fault_blocked(struct kctx *k, uint32_t frame)
{
    k->act->program = PROGRAM_FAULT;
    k->act->new_frame = frame;
    k_goto(k, FAULT_SLEEP, k->vm->config->lock);
}

static void fault_install_lock(struct kctx *k)
{
    if (klock_take(k, &space_of(k)->pmap_lock))
        k_next(k, k->vm->config->lock);
}

uint64_t fault_leaf_flags(const struct kctx *k, bool write)
{
    uint64_t flags = PTE_P | PTE_US | PTE_A;
    if (write)
        flags |= PTE_RW;
    if (write && is_write(k))
        flags |= PTE_D;
    if (!(entry_of(k)->prot & VM_PROT_EXEC))
        flags |= PTE_XD;
    return flags;
}

/* Another fault may have given the space another page since this one looked:
 * a copy, or a page of zeros nearer to the top.  FreeBSD keeps such faults out
 * by a busy page; here the later one notices, and starts over. */
static bool is_still_there(struct kctx *k)
{
    const struct map_entry *e = entry_of(k);
    uint32_t frame;
    unsigned depth;
    if (e->object != k->act->object)
        return false;
    search_chain(k, &frame, &depth);
    bool file = k->vm->objects[e->object].file;
    bool own = depth == 0 && (!file || (e->prot & VM_MAP_SHARED));
    return frame == k->act->new_frame && own == (k->act->changed != 0);
}

static void start_over(struct kctx *k)
{
    klock_drop(k, &space_of(k)->pmap_lock);
    if (k->act->outcome == OBS_FAULT_NOT_PRESENT)
        page_unbusy(k, k->act->new_frame);
    fault_finish(k, OBS_FAULT_RETRY, true);
}

/* pmap_enter() of a frame that does not replace another one. */
static void fault_install(struct kctx *k)
{
    struct act *act = k->act;
    pa_t pa;
    if (!pmap_make_tables(k, k->thread->space, act->va, true, &pa) ||
        !k_own_line(k, pa))
        return;
    if (!is_still_there(k)) {
        start_over(k);
        return;
    }
    const struct map_entry *e = entry_of(k);
    bool write = (e->prot & VM_PROT_WRITE) && act->changed && !e->needs_copy;
    pte_t old = pmap_read(k->vm, pa);
    pte_t new = pte_make((pfn_t){act->new_frame}, fault_leaf_flags(k, write));
    if (pte_has(old, PTE_P)) {
        new.bits |= old.bits &PTE_D;
        bool same = pte_frame(old).v == act->new_frame;
        if (same && (old.bits & PTE_RW) == (new.bits &PTE_RW))
            act->outcome = OBS_FAULT_SPURIOUS;
        else if (act->outcome == OBS_FAULT_SOFT)
            act->outcome = OBS_FAULT_UPGRADE;
    }
    if (old.bits != new.bits)
        pmap_write(k, k->thread->space, act->va, pa, new, OBS_PTE_FAULT, act->fault_id);
    k_next(k, k->vm->config->pte_update);
}

static void fault_install_unlock(struct kctx *k)
{
    klock_drop(k, &space_of(k)->pmap_lock);
    if (k->act->outcome == OBS_FAULT_NOT_PRESENT)
        page_unbusy(k, k->act->new_frame);
    fault_finish(k, (enum obs_fault_outcome)k->act->outcome, true);
}

static void record_end(struct kctx *k, enum obs_fault_outcome outcome)
{
    struct obs r = k_record(k, OBS_FAULT_END);
    r.va = k->act->fault_va;
    r.a = outcome;
    r.id = k->act->fault_id;
    k_emit(k, &r);
}

void fault_finish(struct kctx *k, enum obs_fault_outcome outcome, bool retry_op)
{
    klock_drop(k, &space_of(k)->map_lock);
    record_end(k, outcome);
    k_end(k, k->vm->config->lock, retry_op);
}

static void fault_sleep(struct kctx *k)
{
    if (!k_drained(k)) /* The thread may wake up on another CPU. */
        return;
    struct obs r = k_record(k, OBS_BUSY_SLEEP);
    r.va = k->act->fault_va;
    r.a = k->act->new_frame;
    r.id = k->act->fault_id;
    k_emit(k, &r);
    klock_drop(k, &space_of(k)->map_lock);
    if (!k->vm->pages[k->act->new_frame].busy) { /* It was let go meanwhile. */
        k_next(k, k->vm->config->lock);
        return;
    }
    page_sleep(k, k->act->new_frame);
    k->act->pc++;
    k_sleep(k, SLEEP_BUSY, k->act->fault_va);
}

static void fault_awake(struct kctx *k)
{
    record_end(k, OBS_FAULT_RETRY);
    k_end(k, k->vm->config->sched, true);
}

/* No entry of the map allows the access: SIGSEGV. */
static void fault_segv(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    struct obs r = k_record(k, OBS_SIGSEGV);
    r.va = act->fault_va;
    r.a = act->error_code;
    r.b = act->pc_va;
    r.c = act->index_op;
    k_emit(k, &r);
    vm->state->n_segvs++;
    klock_drop(k, &space_of(k)->map_lock);
    record_end(k, OBS_FAULT_SEGV);
    switch ((enum vm_on_segv)vm->parts.on_segv) {
    case VM_SEGV_SKIP:
        k_end(k, vm->config->lock, false);
        return;
    case VM_SEGV_STOP:
        vm_fail(vm, VM_FAIL_SEGV);
        k_end(k, vm->config->lock, false);
        return;
    case VM_SEGV_KILL:
        act->request = (struct vm_request){.call = VM_CALL_EXIT_PROCESS};
        k_run(k, PROGRAM_EXIT, vm->config->lock);
        return;
    }
}

step_fn *const fault_steps[] = {
    [FAULT_ENTER] = fault_enter,
    [FAULT_MAP_LOCK] = fault_map_lock,
    [FAULT_LOOKUP] = fault_lookup,
    [FAULT_SHADOW_UNLOCK] = fault_shadow_unlock,
    [FAULT_SHADOW] = fault_shadow,
    [FAULT_FAST] = fault_fast,
    [FAULT_SLOW] = fault_slow,
    [FAULT_ZERO] = fault_zero,
    [FAULT_INSTALL_LOCK] = fault_install_lock,
    [FAULT_INSTALL] = fault_install,
    [FAULT_INSTALL_UNLOCK] = fault_install_unlock,
    [FAULT_SLEEP] = fault_sleep,
    [FAULT_AWAKE] = fault_awake,
    [FAULT_SEGV] = fault_segv,
};
