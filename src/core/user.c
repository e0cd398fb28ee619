/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * user.c - a hardware thread runs the operations of its guest thread.
 *
 * user_run() is the inner loop of the simulator.  A load or store that hits
 * stays in it; everything else leaves through a stage or a wait.
 */
#include "core/core_internal.h"

/* How an operation kind runs. */
enum op_class {
    CLASS_KERNEL, /* Done by the kernel: all that have no row in the table. */
    CLASS_MEMORY, /* One piece or a range of pieces: fetch, data, access. */
    CLASS_LOCK,   /* As memory, with recorded order around it. */
    CLASS_LOCAL,  /* Fetch only, then done on this core. */
};

static const uint8_t class_of[OP_N_KINDS] = {
    [OP_LOAD] = CLASS_MEMORY,        [OP_STORE] = CLASS_MEMORY,
    [OP_RMW] = CLASS_MEMORY,         [OP_LOAD_RANGE] = CLASS_MEMORY,
    [OP_STORE_RANGE] = CLASS_MEMORY, [OP_LOCK] = CLASS_LOCK,
    [OP_UNLOCK] = CLASS_LOCK,        [OP_TRYLOCK] = CLASS_LOCK,
    [OP_FENCE] = CLASS_LOCAL,        [OP_FETCH] = CLASS_LOCAL,
    [OP_COMPUTE] = CLASS_LOCAL,      [OP_IRQ_OFF] = CLASS_LOCAL,
    [OP_IRQ_ON] = CLASS_LOCAL,       [OP_EVICT] = CLASS_LOCAL,
    [OP_MARK] = CLASS_LOCAL,         [OP_EXPECT] = CLASS_LOCAL,
    [OP_ROI_BEGIN] = CLASS_LOCAL,    [OP_ROI_END] = CLASS_LOCAL,
    [OP_PTE_SET] = CLASS_LOCAL,      [OP_PTE_GET] = CLASS_LOCAL,
};

/* Recorded order holds for this lock operation. */
static bool is_gated(const struct core *core, const struct op *op)
{
    return op->seq != 0 && core->config->lock_order == LOCK_ORDER_RECORDED &&
           (op->kind == OP_LOCK || op->kind == OP_UNLOCK || op->kind == OP_TRYLOCK);
}

void user_begin(struct core *core, struct hw *hw)
{
    hw->have_pa = 0;
    hw->spinning = 0;
    const struct op *op = guest_fetch(core->guest, hw->tid);
    if (op && (op->kind == OP_LOAD || op->kind == OP_STORE))
        hw->stage = STAGE_FETCH;
    else if (!op)
        hw->stage = STAGE_CALL;
    else
        hw->stage = is_gated(core, op) ? STAGE_ORDER : STAGE_FETCH;
}

bool hw_is_ordered(const struct core *core, const struct hw *hw)
{
    (void)core;
    return hw->mode == HW_KERNEL || hw->irq_maybe || hw->stage == STAGE_ORDER ||
           hw->stage == STAGE_CALL || hw->stage == STAGE_DONE;
}

/* The operation is complete: pay for it and go on to the next. */
static void finish(struct core *core, struct hw *hw, struct hw_clock *clock)
{
    clock->time += 1 + clock->cost;
    clock->cost = 0;
    guest_advance(core->guest, hw->tid);
    user_begin(core, hw);
    clock->single_done = clock->single;
}

/* A memory operation has more pieces to do. */
static void next_piece(struct hw *hw, struct hw_clock *clock)
{
    clock->time += 1 + clock->cost;
    clock->cost = 0;
    hw->have_pa = 0;
    hw->stage = STAGE_DATA;
}

static bool is_store(const struct op *op)
{
    return op->kind == OP_STORE || op->kind == OP_STORE_RANGE || op->kind == OP_RMW;
}

static uint64_t op_bytes(const struct op *op)
{
    bool range = op->kind == OP_LOAD_RANGE || op->kind == OP_STORE_RANGE;
    return range ? op->arg : op->size;
}

static void wait_for(struct hw *hw, struct hw_clock *clock, enum hw_wait wait)
{
    hw->wait = (uint8_t)wait;
    clock->time = CYCLE_NEVER;
}

/* Performs one piece whose address is translated. True when it is done. */
static bool perform_piece(struct core *core, struct hw *hw, const struct op *op,
                          va_t va, unsigned bytes)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    unsigned flags = op->flags & OP_BY_KERNEL ? OBS_KERNEL : 0;
    uint64_t index = core->guest->threads[hw->tid].op;
    if (!is_store(op)) {
        if (!access_line(core, hw, LINE_SHARED))
            return false;
        access_load(core, hw, va, bytes, index, flags);
        return true;
    }
    uint8_t value = op->flags & OP_HAS_VALUE ? (uint8_t)op->arg : 0;
    struct store store = {.pa = hw->pa,
                          .va = va,
                          .ver = ver_make(hw->tid, index, value),
                          .filled_at = clock->filled_at,
                          .tid = hw->tid,
                          .space = hw->space,
                          .bytes = (uint8_t)bytes,
                          .by_kernel = flags != 0};
    if (op->kind != OP_RMW) {
        if (sb_full(&hw->sb)) {
            wait_for(hw, clock, WAIT_SLOT);
            return false;
        }
        access_store(core, hw, &store);
        return true;
    }
    if (hw->sb.n) {
        wait_for(hw, clock, WAIT_DRAIN);
        return false;
    }
    if (!access_line(core, hw, LINE_EXCLUSIVE))
        return false;
    access_load(core, hw, va, bytes, index, flags | OBS_LOCKED);
    access_perform_store(core, hw, &store, clock->time, flags | OBS_LOCKED);
    clock->cost += core->config->locked;
    return true;
}

/* Stage FETCH: the code side. False if the operation has to wait. */
static bool fetched(struct core *core, struct hw *hw, uint64_t pc, cycle_t stop)
{
    if (pc == 0 || (pc >> PAGE_SHIFT) + 1 == hw->code_page)
        return true;
    return access_translate(core, hw, (va_t){pc}, ACCESS_FETCH, pc, stop) ==
           ACCESS_DONE;
}

static void run_memory(struct core *core, struct hw *hw, const struct op *op,
                       cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    struct guest_thread *thread = &core->guest->threads[hw->tid];
    if (hw->stage == STAGE_FETCH) {
        if (!fetched(core, hw, op->pc, stop))
            return;
        hw->stage = STAGE_DATA;
    }
    va_t va = {op->addr + thread->progress};
    if (hw->stage == STAGE_DATA) {
        enum access access = is_store(op) ? ACCESS_STORE : ACCESS_LOAD;
        if (!hw->have_pa &&
            access_translate(core, hw, va, access, op->pc, stop) != ACCESS_DONE)
            return;
        hw->stage = STAGE_ACCESS;
    }
    store_drain(core, hw, clock->time); /* CORE1: the translation took time. */
    uint64_t bytes = op_bytes(op);
    unsigned piece = access_piece(va, bytes - thread->progress);
    if (!perform_piece(core, hw, op, va, piece))
        return;
    if (thread->progress + piece >= bytes || op->kind == OP_RMW) {
        finish(core, hw, clock);
        return;
    }
    thread->progress += piece;
    next_piece(hw, clock);
}

static void run_lock(struct core *core, struct hw *hw, const struct op *op,
                     cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    const struct kernel_port *kernel = core->kernel;
    struct guest_thread *thread = &core->guest->threads[hw->tid];
    switch ((enum op_stage)hw->stage) {
    case STAGE_ORDER:
        hw->stage = STAGE_FETCH;
        if (!kernel->gate(kernel->context, hw->cpu, op, thread->op, clock->time)) {
            hw_enter_kernel(core, hw, OBS_MODE_KERNEL, 0);
            return;
        }
        break;
    case STAGE_FETCH:
        if (!fetched(core, hw, op->pc, stop))
            return;
        hw->stage = STAGE_DATA;
        break;
    case STAGE_DATA:
        if (!hw->have_pa && access_translate(core, hw, (va_t){op->addr}, ACCESS_STORE,
                                             op->pc, stop) != ACCESS_DONE)
            return;
        hw->stage = STAGE_ACCESS;
        break;
    case STAGE_ACCESS:
        if (!(op->kind == OP_UNLOCK ? lock_release(core, hw, op)
                                    : lock_attempt(core, hw, op)))
            return;
        hw->stage = is_gated(core, op) ? STAGE_SETTLE : STAGE_DONE;
        if (!is_gated(core, op))
            finish(core, hw, clock);
        break;
    case STAGE_SETTLE:
        hw->stage = STAGE_DONE;
        if (hw->sb.n)
            wait_for(hw, clock, WAIT_DRAIN);
        break;
    case STAGE_DONE:
        kernel->done(kernel->context, hw->cpu, op, clock->time);
        finish(core, hw, clock);
        break;
    case STAGE_CALL:
        assert(!"a lock operation does not call the kernel");
        break;
    }
}

static void record_local(struct core *core, struct hw *hw, enum obs_kind kind,
                         const struct op *op)
{
    struct obs r = core_record(core, hw, kind, hw_clock_of(core, hw)->time);
    r.id = op->target;
    r.a = op->arg;
    r.c = core->guest->threads[hw->tid].op;
    obs_emit(core->obs, &r);
}

static void evict(struct core *core, struct hw *hw, const struct op *op)
{
    struct flush flush = {FLUSH_PAGES, 1, va_page((va_t){op->addr})};
    struct mmu_dropped dropped;
    core_invalidate(core, hw->cpu, &flush, &dropped);
    struct obs r = core_record(core, hw, OBS_TLB_INVAL, hw_clock_of(core, hw)->time);
    r.va = vpn_va(flush.first).v;
    r.a = dropped.frame;
    r.b = 1;
    r.c = OBS_INVAL_EVICT;
    obs_emit(core->obs, &r);
}

/* COMPUTE touches nothing, so the core need not be run until it ends; an
 * interrupt on the way ends the part that has been done (core.c). */
static void run_compute(struct core *core, struct hw *hw, const struct op *op)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    struct guest_thread *thread = &core->guest->threads[hw->tid];
    uint64_t left = op->arg - thread->progress;
    if (left == 0) {
        guest_advance(core->guest, hw->tid);
        user_begin(core, hw);
        clock->single_done = clock->single;
        return;
    }
    hw->wait = WAIT_COMPUTE;
    clock->compute_from = clock->time;
    clock->time += left;
}

static void run_local(struct core *core, struct hw *hw, const struct op *op,
                      cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    struct guest_thread *thread = &core->guest->threads[hw->tid];
    uint64_t code = op->kind == OP_FETCH ? op->addr : op->pc;
    if (!fetched(core, hw, code, stop))
        return;
    store_drain(core, hw, clock->time); /* CORE1: the translation took time. */
    switch ((enum op_kind)op->kind) {
    case OP_COMPUTE:
        run_compute(core, hw, op);
        return;
    case OP_FENCE:
        if (hw->sb.n) {
            wait_for(hw, clock, WAIT_DRAIN);
            return;
        }
        clock->cost += core->config->fence;
        break;
    case OP_IRQ_OFF:
        thread->irq_off = 1;
        break;
    case OP_IRQ_ON:
        thread->irq_off = 0;
        hw->irq_maybe = !apic_idle(core->apic, hw->cpu);
        break;
    case OP_EVICT:
        evict(core, hw, op);
        break;
    case OP_PTE_SET:
        if (!entry_store(core, hw, op)) {
            wait_for(hw, clock, WAIT_SLOT);
            return;
        }
        break;
    case OP_PTE_GET:
        entry_load(core, hw, op);
        break;
    case OP_MARK:
    case OP_ROI_BEGIN:
    case OP_ROI_END:
        record_local(core, hw, OBS_MARK, op);
        break;
    case OP_EXPECT:
        record_local(core, hw, OBS_EXPECT, op);
        break;
    default:
        break; /* FETCH is done once it is translated. */
    }
    finish(core, hw, clock);
}

/* What the guest of a litmus test does is in the kernel already. */
static bool is_in_kernel(const struct op *op)
{
    return op && (op->kind == OP_INVLPG || op->kind == OP_IPI || op->kind == OP_ACK);
}

/* The operation is the kernel's. Its stores before it must be visible: the
 * kernel synchronises with locked operations. */
static void call_kernel(struct core *core, struct hw *hw, const struct op *op)
{
    static const struct op end_of_stream = {.kind = OP_EXIT};
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->sb.n && !is_in_kernel(op)) {
        wait_for(hw, clock, WAIT_DRAIN);
        return;
    }
    if (op && (op->kind == OP_EXIT || op->kind == OP_EXIT_PROCESS))
        core->guest->n_done[hw->tid]++; /* It does not come back to say so. */
    core->kernel->syscall(core->kernel->context, hw->cpu, op ? op : &end_of_stream,
                          core->guest->threads[hw->tid].op, clock->time);
    hw_enter_kernel(core, hw, OBS_MODE_KERNEL, core->config->syscall_entry);
}

static void run_kernel_op(struct core *core, struct hw *hw, const struct op *op,
                          cycle_t stop)
{
    if (hw->stage == STAGE_CALL) {
        call_kernel(core, hw, op);
        return;
    }
    if (!fetched(core, hw, op->pc, stop))
        return;
    hw->stage = STAGE_CALL;
}

static bool can_interrupt(const struct hw *hw)
{
    return hw->stage != STAGE_SETTLE && hw->stage != STAGE_DONE;
}

void user_run(struct core *core, struct hw *hw, cycle_t now, cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->entered_user)
        core_record_user(core, hw);
    if (hw->wait == WAIT_COMPUTE)
        core_end_compute(core, hw, clock->time);
    while (clock->time < stop) {
        store_drain(core, hw, clock->time);
        if (hw_is_ordered(core, hw)) {
            if (clock->time > now)
                return;
            if (hw->irq_maybe && can_interrupt(hw) && core_take_interrupt(core, hw))
                return;
        }
        const struct op *op = guest_fetch(core->guest, hw->tid);
        switch (op ? (enum op_class)class_of[op->kind] : CLASS_KERNEL) {
        case CLASS_MEMORY:
            run_memory(core, hw, op, stop);
            break;
        case CLASS_LOCK:
            run_lock(core, hw, op, stop);
            break;
        case CLASS_LOCAL:
            run_local(core, hw, op, stop);
            break;
        case CLASS_KERNEL:
            run_kernel_op(core, hw, op, stop);
            break;
        }
        if (hw->mode != HW_USER || hw->wait != WAIT_NOTHING || clock->single_done)
            return;
    }
}
