/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - a core driven step by step, with time switched off.
 *
 * The same code as a timed run: user_run(), the kernel's steps, store_drain().
 * Only who decides when differs.  After a step everything that belongs to
 * time is put back, so that a state does not remember how long it took.
 */
#include "core/core_internal.h"

/* Longer than any operation takes: the step ends by itself. */
#define NO_STOP(now) ((now) + (CYCLE_NEVER - (now)) / 2)

static struct hw *hw_of(const struct core *core, unsigned cpu)
{
    return &core->hw[cpu - core->number * core->n_smt];
}

/* A wait is not part of an explored state: the thread just tries again. */
static void forget_time(struct core *core, struct hw *hw)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    bool started_over = hw->wait != WAIT_NOTHING && hw->mode == HW_USER;
    if (hw->entered_user)
        core_record_user(core, hw);
    hw->wait = WAIT_NOTHING;
    hw->spin_line = 0;
    if (started_over && hw->stage != STAGE_SETTLE && hw->stage != STAGE_DONE)
        user_begin(core, hw);
    clock->time = 0;
    clock->cost = 0;
    clock->drain_at = CYCLE_NEVER;
    clock->drain_asked = false;
}

static void run_user(struct core *core, struct hw *hw, cycle_t now)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    clock->time = now;
    do { /* COMPUTE comes back at its end. */
        user_run(core, hw, now, NO_STOP(now));
    } while (hw->mode == HW_USER && hw->wait == WAIT_COMPUTE && !clock->single_done);
}

void core_step(struct core *core, unsigned cpu, cycle_t now)
{
    struct hw *hw = hw_of(core, cpu);
    struct hw_clock *clock = hw_clock_of(core, hw);
    clock->time = now;
    clock->drain_at = CYCLE_NEVER;
    clock->single = true;
    clock->single_done = false;
    switch ((enum hw_mode)hw->mode) {
    case HW_IDLE:
        if (hw->irq_maybe && core_take_interrupt(core, hw))
            break;
        hw->mode = HW_KERNEL;
        core_kernel_step(core, hw);
        break;
    case HW_KERNEL:
        core_kernel_step(core, hw);
        break;
    case HW_USER:
        run_user(core, hw, now);
        break;
    }
    forget_time(core, hw);
}

bool core_halted(const struct core *core, unsigned cpu)
{
    const struct hw *hw = hw_of(core, cpu);
    return hw->mode == HW_IDLE && !hw->irq_maybe;
}

bool core_drain_one(struct core *core, unsigned cpu, cycle_t now)
{
    struct hw *hw = hw_of(core, cpu);
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->sb.n == 0)
        return false;
    clock->drain_at = now;
    store_drain(core, hw, now + 1);
    forget_time(core, hw);
    return true;
}

void core_arrive(struct core *core, const struct msg *msg)
{
    core_deliver(core, msg);
    forget_time(core, hw_of(core, msg->cpu));
}

bool core_nmi_free(const struct core *core, unsigned cpu)
{
    return apic_nmi_free(core->apic, cpu);
}

bool core_nmi(struct core *core, unsigned cpu, cycle_t now)
{
    if (!core_nmi_free(core, cpu))
        return false;
    const struct msg msg = {
        .kind = MSG_IPI, .cpu = (uint16_t)cpu, .a = VECTOR_NMI, .arrival = now};
    core_deliver(core, &msg);
    return true;
}

bool core_fill(struct core *core, unsigned cpu, va_t va, cycle_t now)
{
    struct hw *hw = hw_of(core, cpu);
    unsigned sibling = hw_sibling(core, hw);
    if (hw->space == NO_SPACE || mmu_peek(core->mmu, sibling, TLB_DATA, va))
        return false;
    struct mmu_result result;
    enum mmu_answer answer =
        mmu_translate(core->mmu, sibling, va, ACCESS_LOAD, now, &result);
    while (answer == MMU_WALK)
        answer = mmu_walk(core->mmu, sibling, now, &result);
    return answer == MMU_HIT;
}

bool core_caches(const struct core *core, unsigned cpu, va_t va)
{
    const struct hw *hw = hw_of(core, cpu);
    return hw->space != NO_SPACE &&
           mmu_peek(core->mmu, hw_sibling(core, hw), TLB_DATA, va) != NULL;
}

bool core_evict(struct core *core, unsigned cpu, va_t va, cycle_t now)
{
    struct hw *hw = hw_of(core, cpu);
    if (!core_caches(core, cpu, va))
        return false;
    struct flush flush = {FLUSH_PAGES, 1, va_page(va)};
    struct mmu_dropped dropped;
    core_invalidate(core, cpu, &flush, &dropped);
    struct obs r = core_record(core, hw, OBS_TLB_INVAL, now);
    r.va = vpn_va(flush.first).v;
    r.a = dropped.frame;
    r.b = 1;
    r.c = OBS_INVAL_EVICT;
    obs_emit(core->obs, &r);
    return true;
}

uint32_t core_user_thread(const struct core *core, unsigned cpu)
{
    const struct hw *hw = hw_of(core, cpu);
    return hw->mode == HW_USER && !hw->irq_maybe ? hw->tid : NO_THREAD;
}

bool core_in_kernel(const struct core *core, unsigned cpu)
{
    const struct hw *hw = hw_of(core, cpu);
    const struct kernel_port *kernel = core->kernel;
    bool on = kernel->interrupts_on(kernel->context, cpu);
    return hw->mode == HW_KERNEL &&
           !(hw->irq_maybe && apic_pending(core->apic, cpu, on) >= 0);
}

bool core_at_mark(const struct core *core, unsigned cpu)
{
    const struct hw *hw = hw_of(core, cpu);
    if (hw->mode != HW_USER)
        return false;
    if (hw->irq_maybe && !core->guest->threads[hw->tid].irq_off)
        return false;
    const struct op *op = guest_fetch(core->guest, hw->tid);
    return op && op->kind == OP_MARK;
}

static void canonical_stores(struct store_buffer *sb)
{
    struct store kept[STORE_BUFFER_MAX];
    for (uint32_t k = 0; k < sb->n; k++) {
        kept[k] = *sb_at(sb, k);
        kept[k].filled_at = 0;
    }
    memset(sb->entries, 0, sb->capacity * sizeof *sb->entries);
    memcpy(sb->entries, kept, sb->n * sizeof *kept);
    sb->first = 0;
}

bool core_canonical(struct core *core)
{
    for (unsigned i = 0; i < core->n_smt; i++) {
        struct hw *hw = &core->hw[i];
        canonical_stores(&hw->sb);
        if (!hw->have_pa)
            hw->pa = (pa_t){0};
        hw->spinning = 0; /* With memory at once only the records differ. */
    }
    return mmu_canonical(core->mmu);
}
