/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * protocol_steps.c - the steps of copy-on-write protocols.
 *
 * A protocol (configs/protocols) is two lists of these steps.  PROGRAM_COPY
 * runs the copy list with old_frame = the page to copy; PROGRAM_UPGRADE runs
 * the upgrade list with old_frame = new_frame = the page itself.  The meaning
 * of each step is MODEL section 2; the order is the protocol's.
 */
#include "vm/vm_internal.h"

static struct space *space_of(const struct kctx *k)
{
    return &k->vm->spaces[k->thread->space];
}

void protocol_advance(struct kctx *k, cycle_t cost)
{
    k->act->recorded = 0;
    k_next(k, cost);
}

static struct flush page_flush(const struct kctx *k)
{
    return (struct flush){FLUSH_PAGES, 1, {k->act->va}};
}

/* ---- the page -------------------------------------------------------------------- */

/* The watch starts here, well before the translation changes: a core that
 * runs ahead must see it in time (docs/decisions/0003). */
static void watch_frames(struct kctx *k)
{
    struct act *act = k->act;
    obs_watch(k->vm->obs, (pfn_t){act->old_frame});
    obs_watch(k->vm->obs, (pfn_t){act->new_frame});
    act->watched = 1;
    act->since = k->now;
}

/* The new page goes into the top object, where other faulters find it busy;
 * the old one is busy until it is copied (vm_fault: fs.first_m, fs.m). */
static bool allocate(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    const struct map_entry *e = &vm->entries[act->entry];
    uint64_t index = act->va - e->start + e->index;
    uint32_t other = page_find(vm, act->object, index);
    if (other == NO_INDEX && vm->pages[act->old_frame].busy)
        other = act->old_frame;
    if (other != NO_INDEX) {
        act->recorded = 0;
        fault_blocked(k, other);
        return false;
    }
    act->new_frame = page_alloc(vm, k->cpu);
    if (act->new_frame == NO_FRAME) {
        vm_fail(vm, VM_FAIL_MEMORY);
        return false;
    }
    page_insert(vm, act->new_frame, act->object, index);
    page_busy(vm, act->old_frame);
    struct obs r = k_record(k, OBS_FRAME_ALLOC);
    r.a = act->new_frame;
    r.va = vpn_va((vpn_t){act->va}).v;
    r.id = act->fault_id;
    k_emit(k, &r);
    watch_frames(k);
    return true;
}

static void step_page_busy(struct kctx *k)
{
    struct act *act = k->act;
    if (act->program == PROGRAM_COPY && act->new_frame == NO_FRAME && !allocate(k))
        return;
    page_busy(k->vm, act->new_frame);
    protocol_advance(k, k->vm->config->page_alloc);
}

static void step_page_unbusy(struct kctx *k)
{
    page_unbusy(k, k->act->new_frame);
    protocol_advance(k, k->vm->config->lock);
}

static pa_t line_pa(uint32_t frame, uint32_t line)
{
    return (pa_t){frame_pa((pfn_t){frame}).v + line * LINE_BYTES};
}

/* Reads up to 'n' lines of the old page, as many as the caches can hold. */
static bool read_lines(struct kctx *k, unsigned n)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    pa_t from = line_pa(act->old_frame, act->line);
    act->n_read = k_have_lines(k, from, n, LINE_SHARED);
    memcpy(k->kcpu->copied, mem_word_of(mem_frame(vm->mem, pa_frame(from)), from),
           act->n_read * LINE_BYTES);
    return act->n_read > 0;
}

/* Writes what was read.  Returns the number of lines, 0 if it has to wait. */
static unsigned write_lines(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    pa_t to = line_pa(act->new_frame, act->line);
    unsigned n = k_have_lines(k, to, act->n_read, LINE_EXCLUSIVE);
    memcpy(mem_word_of(mem_frame(vm->mem, pa_frame(to)), to), k->kcpu->copied,
           n * LINE_BYTES);
    if (n) /* What was read and not written is read again. */
        act->n_read = 0;
    act->line += n;
    return n;
}

/* The old page stays busy until its mappings are gone: another space that finds
 * its entry removed must not go on before that entry's shootdown has ended. */
static bool removes_later(const struct kctx *k)
{
    const struct protocol *protocol = &k->vm->protocol;
    for (unsigned i = k->act->pc; i < protocol->n_copy; i++)
        if (protocol->copy[i] == PROTOCOL_REMOVE_ALL)
            return true;
    return false;
}

static void copy_end(struct kctx *k)
{
    struct act *act = k->act;
    if (!removes_later(k))
        page_unbusy(k, act->old_frame);
    struct obs r = k_record(k, OBS_FRAME_COPY);
    r.a = act->new_frame;
    r.b = act->old_frame;
    r.va = vpn_va((vpn_t){act->va}).v;
    r.id = act->fault_id;
    k_emit(k, &r);
    r.kind = OBS_WATCH_BEGIN;
    r.a = act->old_frame;
    r.b = act->new_frame;
    k_emit(k, &r);
}

static void step_copy_frame(struct kctx *k)
{
    struct vm *vm = k->vm;
    struct act *act = k->act;
    if (act->sub == 0) {
        if (act->new_frame == NO_FRAME && !allocate(k))
            return;
        act->line = 0;
        act->sub = 1;
    }
    if (act->line == LINES_PER_PAGE) {
        copy_end(k);
        protocol_advance(k, vm->config->lock);
        return;
    }
    unsigned n = vm->parts.mem_config->copy_lines;
    if (n > LINES_PER_PAGE - act->line)
        n = LINES_PER_PAGE - act->line;
    if (!k_drained(k) || (act->n_read == 0 && !read_lines(k, n)))
        return;
    n = write_lines(k);
    if (n == 0)
        return;
    cycle_t cost = vm->config->copy_line * n;
    cycle_t early = act->since + vm->parts.lookahead;
    if (act->line == LINES_PER_PAGE && k->now + cost < early)
        cost = early - k->now; /* Every core has seen the watch by then. */
    k_again(k, cost);
}

/* ---- locks --------------------------------------------------------------------------
 */

static void step_pmap_lock(struct kctx *k)
{
    if (klock_take(k, &space_of(k)->pmap_lock))
        protocol_advance(k, k->vm->config->lock);
}

static void step_pmap_unlock(struct kctx *k)
{
    klock_drop(k, &space_of(k)->pmap_lock);
    protocol_advance(k, k->vm->config->lock);
}

static void step_pv_locks(struct kctx *k)
{
    protocol_advance(k, choice_latency(k->vm->parts.choice, k->cpu / k->vm->parts.n_smt,
                                       CHOICE_KERNEL, &k->vm->config->pv_lock_wait));
}

/* ---- the entry
 * ----------------------------------------------------------------------- */

/* One atomic store of the entry; 'make' computes it from the old one. */
static void store_entry(struct kctx *k, pte_t (*make)(struct kctx *k, pte_t old))
{
    struct act *act = k->act;
    pa_t pa;
    if (!pmap_make_tables(k, k->thread->space, act->va, true, &pa) ||
        !k_own_line(k, pa))
        return;
    pte_t old = pmap_read(k->vm, pa);
    pte_t new = make(k, old);
    if (pte_has(old, PTE_P | PTE_A) && pte_frame(old).v == act->old_frame &&
        act->program == PROGRAM_COPY)
        act->acc_was_set = 1;
    if (old.bits != new.bits)
        pmap_write(k, k->thread->space, act->va, pa, new, OBS_PTE_COW, act->fault_id);
    else if (act->program == PROGRAM_UPGRADE)
        act->outcome = OBS_FAULT_SPURIOUS;
    protocol_advance(k, k->vm->config->pte_update);
}

static pfn_t same_frame(const struct kctx *k, pte_t old)
{
    return pte_has(old, PTE_P) ? pte_frame(old) : (pfn_t){k->act->new_frame};
}

/* The entry allows writing only if the map does; a fork meanwhile is not
 * possible (it needs the map lock exclusively). */
static uint64_t rw_flags(const struct kctx *k)
{
    return fault_leaf_flags(k, true);
}

static pte_t make_new_ro(struct kctx *k, pte_t old)
{
    (void)old;
    return pte_make((pfn_t){k->act->new_frame}, fault_leaf_flags(k, false));
}

static pte_t make_new_rw(struct kctx *k, pte_t old)
{
    (void)old;
    return pte_make((pfn_t){k->act->new_frame}, rw_flags(k));
}

static pte_t make_same_ro(struct kctx *k, pte_t old)
{
    return pte_make(same_frame(k, old), fault_leaf_flags(k, false));
}

static pte_t make_same_rw(struct kctx *k, pte_t old)
{
    return pte_make(same_frame(k, old), rw_flags(k));
}

static pte_t make_clear(struct kctx *k, pte_t old)
{
    (void)k;
    (void)old;
    return (pte_t){0};
}

static void step_set_new_ro(struct kctx *k)
{
    store_entry(k, make_new_ro);
}

static void step_set_new_rw(struct kctx *k)
{
    store_entry(k, make_new_rw);
}

static void step_set_same_ro(struct kctx *k)
{
    store_entry(k, make_same_ro);
}

static void step_set_same_rw(struct kctx *k)
{
    store_entry(k, make_same_rw);
}

static void step_pte_clear(struct kctx *k)
{
    store_entry(k, make_clear);
}

/* ---- invalidation
 * --------------------------------------------------------------------- */

/* No TLB can hold an entry that was never accessed (rule R2). */
static bool skip_clean(struct kctx *k)
{
    if (k->act->acc_was_set)
        return false;
    k->act->quiet = 1;
    return true;
}

static void step_invalidate_local(struct kctx *k)
{
    cycle_t cost = 0;
    if (!skip_clean(k)) {
        if (!k_drained(k))
            return;
        struct flush flush = page_flush(k);
        shootdown_local(k, &flush, OBS_INVAL_LOCAL, 0, &cost);
    }
    protocol_advance(k, cost);
}

static void record_skip_clean(struct kctx *k)
{
    struct obs r = k_record(k, OBS_SHOOTDOWN_SKIP);
    r.va = vpn_va((vpn_t){k->act->va}).v;
    r.c = k->act->fault_id;
    k_emit(k, &r);
}

static void step_shootdown_send(struct kctx *k)
{
    if (skip_clean(k)) {
        record_skip_clean(k);
        protocol_advance(k, 0);
        return;
    }
    struct flush flush = page_flush(k);
    if (!shootdown_send(k, k->thread->space, &flush, k->act->fault_id))
        return;
    protocol_advance(k, 0);
}

static void step_shootdown_wait(struct kctx *k)
{
    if (!shootdown_wait(k))
        return;
    k->act->quiet = 1;
    protocol_advance(k, 0);
}

static void step_broadcast(struct kctx *k)
{
    if (skip_clean(k)) {
        record_skip_clean(k);
        protocol_advance(k, 0);
        return;
    }
    struct flush flush = page_flush(k);
    if (!broadcast_send(k, k->thread->space, &flush, k->act->fault_id))
        return;
    protocol_advance(k, k->vm->parts.ipi_config->broadcast_issue);
}

static void step_broadcast_sync(struct kctx *k)
{
    step_shootdown_wait(k);
}

static void step_stop_others(struct kctx *k)
{
    struct flush flush = page_flush(k);
    if (!rendezvous_stop(k, k->thread->space, &flush, k->act->fault_id))
        return;
    protocol_advance(k, 0);
}

static void step_resume_others(struct kctx *k)
{
    rendezvous_resume(k, k->thread->space);
    k->act->quiet = 1; /* They invalidate before they run user code. */
    protocol_advance(k, k->vm->config->lock);
}

/* ---- the lists
 * ---------------------------------------------------------------------------- */

static step_fn *const steps[PROTOCOL_N_STEPS] = {
    [PROTOCOL_PAGE_BUSY] = step_page_busy,
    [PROTOCOL_PAGE_UNBUSY] = step_page_unbusy,
    [PROTOCOL_COPY_FRAME] = step_copy_frame,
    [PROTOCOL_PMAP_LOCK] = step_pmap_lock,
    [PROTOCOL_PMAP_UNLOCK] = step_pmap_unlock,
    [PROTOCOL_PV_LOCKS] = step_pv_locks,
    [PROTOCOL_PTE_SET_NEW_RO] = step_set_new_ro,
    [PROTOCOL_PTE_SET_NEW_RW] = step_set_new_rw,
    [PROTOCOL_PTE_SET_SAME_RO] = step_set_same_ro,
    [PROTOCOL_PTE_SET_SAME_RW] = step_set_same_rw,
    [PROTOCOL_PTE_CLEAR] = step_pte_clear,
    [PROTOCOL_INVALIDATE_LOCAL] = step_invalidate_local,
    [PROTOCOL_SHOOTDOWN_SEND] = step_shootdown_send,
    [PROTOCOL_SHOOTDOWN_WAIT] = step_shootdown_wait,
    [PROTOCOL_BROADCAST] = step_broadcast,
    [PROTOCOL_BROADCAST_SYNC] = step_broadcast_sync,
    [PROTOCOL_STOP_OTHERS] = step_stop_others,
    [PROTOCOL_RESUME_OTHERS] = step_resume_others,
    [PROTOCOL_REMOVE_ALL] = protocol_remove_all,
};

static void list_end(struct kctx *k)
{
    struct act *act = k->act;
    shootdown_abandon(k); /* A protocol that does not wait. */
    if (act->watched && act->quiet) {
        struct obs r = k_record(k, OBS_WATCH_QUIET);
        r.va = vpn_va((vpn_t){act->va}).v;
        r.a = act->old_frame;
        r.id = act->fault_id;
        k_emit(k, &r);
    }
    bool copied = act->program == PROGRAM_COPY;
    fault_finish(k, copied ? OBS_FAULT_COW_COPY : (enum obs_fault_outcome)act->outcome,
                 true);
}

void protocol_step_run(struct kctx *k)
{
    const struct protocol *protocol = &k->vm->protocol;
    struct act *act = k->act;
    bool copy = act->program == PROGRAM_COPY;
    if (act->pc == (copy ? protocol->n_copy : protocol->n_upgrade)) {
        list_end(k);
        return;
    }
    uint8_t step = copy ? protocol->copy[act->pc] : protocol->upgrade[act->pc];
    if (!act->recorded) {
        act->recorded = 1;
        struct obs r = k_record(k, OBS_STEP);
        r.va = vpn_va((vpn_t){act->va}).v;
        r.a = step;
        r.b = copy;
        r.id = act->fault_id;
        k_emit(k, &r);
    }
    steps[step](k);
}
