/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * access.c - the accesses of user operations: translation, lines, the store
 * buffer, and the records about them.
 */
#include "core/core_internal.h"

void core_request(struct core *core, struct hw *hw, pa_t pa, unsigned n_lines,
                  enum line_want want, enum line_tag tag, cycle_t at)
{
    mem_request(core->mem, core->number, hw->cpu, pa, n_lines, want, tag, at);
    for (unsigned i = 0; i < core->n_smt; i++) {
        struct hw *other = &core->hw[i];
        if (other != hw && other->wait == WAIT_SPIN) {
            other->wait = WAIT_NOTHING;
            core->clock[i].time = at + 1;
        }
    }
}

/* Tells listeners what a walk that ended did to the TLB and the table. */
static void record_walk(struct core *core, struct hw *hw, va_t va, enum access access,
                        const struct mmu_result *result, cycle_t at)
{
    if (result->wrote_leaf && obs_wanted(core->obs, OBS_PTE_WRITE)) {
        struct obs r = core_record(core, hw, OBS_PTE_WRITE, at);
        r.va = va.v;
        r.a = result->leaf_before.bits;
        r.b = result->leaf.bits;
        r.c = OBS_PTE_HARDWARE;
        obs_emit(core->obs, &r);
    }
    if (result->filled && obs_wanted(core->obs, OBS_TLB_FILL)) {
        struct obs r = core_record(core, hw, OBS_TLB_FILL, at);
        r.va = va.v;
        r.a = result->leaf.bits;
        r.flags = access == ACCESS_FETCH ? OBS_FETCH : 0;
        obs_emit(core->obs, &r);
    }
}

static enum access_answer translated(struct core *core, struct hw *hw, va_t va,
                                     enum access access,
                                     const struct mmu_result *result)
{
    if (access == ACCESS_FETCH) {
        hw->code_page = va_page(va).v + 1;
        return ACCESS_DONE;
    }
    hw->pa = result->pa;
    hw->have_pa = 1;
    hw_clock_of(core, hw)->filled_at = result->filled_at;
    return ACCESS_DONE;
}

enum access_answer access_translate(struct core *core, struct hw *hw, va_t va,
                                    enum access access, uint64_t pc, cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    unsigned sibling = hw_sibling(core, hw);
    for (;;) {
        store_drain(core, hw, clock->time); /* CORE1: what was due goes first. */
        struct mmu_result result;
        enum mmu_answer answer =
            hw->walking
                ? mmu_walk(core->mmu, sibling, clock->time, &result)
                : mmu_translate(core->mmu, sibling, va, access, clock->time, &result);
        if (hw->walking)
            record_walk(core, hw, va, access, &result, clock->time);
        /* Now, not when the cost is paid: stores that are due before that come
         * after this in the order of records (OBS1). */
        if (answer == MMU_FAULT) {
            core->kernel->fault(core->kernel->context, hw->cpu, va, result.error_code,
                                pc, core->guest->threads[hw->tid].op, clock->time);
            hw_enter_kernel(core, hw, OBS_MODE_KERNEL,
                            result.cost + core->config->fault_entry);
            return ACCESS_FAULT;
        }
        clock->time += result.cost;
        hw->walking = answer == MMU_WALK || answer == MMU_NEED_LINE;
        if (answer == MMU_HIT) {
            translated(core, hw, va, access, &result);
            return clock->time < stop ? ACCESS_DONE : ACCESS_STALLED;
        }
        if (answer == MMU_NEED_LINE) {
            core_request(core, hw, result.pa, 1, result.want, TAG_USER, clock->time);
            hw->wait = WAIT_LINE;
            clock->time = CYCLE_NEVER;
            return ACCESS_STALLED;
        }
        if (clock->time >= stop)
            return ACCESS_STALLED;
    }
}

bool access_line(struct core *core, struct hw *hw, enum line_want want)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    cycle_t cost;
    if (mem_access(core->mem, core->number, hw->pa, want, &cost)) {
        clock->cost += cost;
        return true;
    }
    core_request(core, hw, hw->pa, 1, want, TAG_USER, clock->time);
    hw->wait = WAIT_LINE;
    clock->time = CYCLE_NEVER;
    return false;
}

unsigned access_piece(va_t va, uint64_t bytes)
{
    uint64_t room = LINE_BYTES - (va.v & (LINE_BYTES - 1));
    return (unsigned)(bytes < room ? bytes : room);
}

static void record_access(struct core *core, struct hw *hw, enum obs_kind kind, va_t va,
                          unsigned bytes, pa_t pa, ver_t ver, uint64_t op_index,
                          unsigned flags, cycle_t at)
{
    struct obs r = core_record(core, hw, kind, at);
    r.va = va.v;
    r.a = pa_frame(pa).v;
    r.b = ver.bits;
    r.c = op_index;
    r.d = hw_clock_of(core, hw)->filled_at;
    r.id = bytes;
    r.flags = (uint16_t)flags;
    obs_emit(core->obs, &r);
}

/* The bytes of [va, va + bytes) that lie in the word of 'va'. */
static unsigned in_word(va_t va, unsigned bytes)
{
    unsigned room = WORD_BYTES - (unsigned)(va.v & (WORD_BYTES - 1));
    return bytes < room ? bytes : room;
}

void access_load(struct core *core, struct hw *hw, va_t va, unsigned bytes,
                 uint64_t op_index, unsigned flags)
{
    if (!core->watch[pa_frame(hw->pa).v])
        return;
    uint64_t *words = mem_frame(core->mem, pa_frame(hw->pa));
    pa_t pa = hw->pa;
    while (bytes) {
        unsigned n = in_word(va, bytes);
        const struct store *own = hw->sb.n ? sb_find(&hw->sb, pa) : NULL;
        ver_t ver = own ? own->ver : (ver_t){*mem_word_of(words, pa)};
        record_access(core, hw, OBS_LOAD, va, n, pa, ver, op_index,
                      flags | (own ? OBS_FORWARDED : 0), hw_clock_of(core, hw)->time);
        va.v += n;
        pa.v += n;
        bytes -= n;
    }
}

void access_perform_store(struct core *core, struct hw *hw, const struct store *store,
                          cycle_t cycle, unsigned flags)
{
    uint64_t *words = mem_frame(core->mem, pa_frame(store->pa));
    bool watched = core->watch[pa_frame(store->pa).v];
    pa_t pa = store->pa;
    va_t va = store->va;
    unsigned bytes = store->bytes;
    if (core->n_smt > 1)
        core_line_changed(core, pa, cycle);
    while (bytes) {
        unsigned n = in_word(va, bytes);
        *mem_word_of(words, pa) = store->ver.bits;
        if (watched) {
            struct obs r = core_record(core, hw, OBS_STORE, cycle);
            r.tid = store->tid;
            r.space = store->space;
            r.va = va.v;
            r.a = pa_frame(pa).v;
            r.b = store->ver.bits;
            r.c = ver_op(store->ver);
            r.d = store->filled_at;
            r.id = n;
            r.flags = (uint16_t)(flags | (store->by_kernel ? OBS_KERNEL : 0));
            obs_emit(core->obs, &r);
        }
        va.v += n;
        pa.v += n;
        bytes -= n;
    }
}

void access_store(struct core *core, struct hw *hw, const struct store *store)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    *sb_push(&hw->sb) = *store;
    if (hw->sb.n == 1)
        clock->drain_at = clock->time + 1;
}

static void record_unlock(struct core *core, struct hw *hw, const struct store *store,
                          cycle_t cycle)
{
    struct obs r = core_record(core, hw, OBS_UNLOCK, cycle);
    r.tid = store->tid;
    r.space = store->space;
    r.va = store->va.v;
    r.a = pa_frame(store->pa).v;
    r.c = ver_op(store->ver);
    r.id = store->lock_kind;
    obs_emit(core->obs, &r);
}

/* The hardware thread may wait for room in the buffer, or for its end. */
static void store_left(struct core *core, struct hw *hw, cycle_t cycle)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->wait == WAIT_SLOT || (hw->wait == WAIT_DRAIN && hw->sb.n == 0)) {
        hw->wait = WAIT_NOTHING;
        clock->time = cycle;
    }
}

void store_drain_due(struct core *core, struct hw *hw, cycle_t until)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    while (clock->drain_at < until) {
        cycle_t at = clock->drain_at, cost;
        struct store store = *sb_at(&hw->sb, 0);
        if (!mem_access(core->mem, core->number, store.pa, LINE_EXCLUSIVE, &cost)) {
            if (!clock->drain_asked)
                core_request(core, hw, store.pa, 1, LINE_EXCLUSIVE, TAG_DRAIN, at);
            clock->drain_asked = true;
            clock->drain_at = CYCLE_NEVER;
            return;
        }
        sb_pop(&hw->sb);
        clock->drain_asked = false;
        clock->drain_at = hw->sb.n ? at + 1 : CYCLE_NEVER;
        if (store.kind == STORE_ENTRY)
            entry_visible(core, hw, &store, at);
        else
            access_perform_store(core, hw, &store, at, 0);
        if (store.kind == STORE_UNLOCK)
            record_unlock(core, hw, &store, at);
        store_left(core, hw, at);
        core_note(core, hw, CORE_DRAINED, at);
    }
}
