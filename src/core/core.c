/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core.c - the unit: messages, kernel steps, and whose turn it is.
 *
 * Invariants:
 *   CORE1  What happens on a core happens in the order of its clocks: of all
 *          siblings' next actions and all messages the earliest goes first.
 *   CORE2  Kernel state is touched only when a clock stands at the engine's
 *          present.
 */
#include "core/core_internal.h"

struct core *core_create(struct arena *arena, const struct core_parts *parts,
                         struct mmu *mmu, struct inbox *inbox, unsigned number,
                         unsigned n_smt)
{
    assert(n_smt >= 1 && n_smt <= SMT_MAX);
    struct core *core = arena_take(arena, ARENA_FIXED, 1, sizeof *core);
    *core = (struct core){.parts = parts,
                          .config = parts->config,
                          .mem = parts->mem,
                          .mmu = mmu,
                          .guest = parts->guest,
                          .apic = parts->apic,
                          .obs = parts->obs,
                          .watch = obs_watch_map(parts->obs),
                          .kernel = parts->kernel,
                          .inbox = inbox,
                          .number = number,
                          .n_smt = n_smt};
    core->hw = arena_take(arena, ARENA_ARCH, n_smt, sizeof *core->hw);
    core->clock = arena_take(arena, ARENA_TIMING, n_smt, sizeof *core->clock);
    for (unsigned i = 0; i < n_smt; i++) {
        uint32_t capacity = parts->config->store_buffer;
        core->hw[i] =
            (struct hw){.cpu = number * n_smt + i, .tid = NO_THREAD, .space = NO_SPACE};
        core->hw[i].sb.capacity = capacity;
        core->hw[i].sb.entries =
            arena_take(arena, ARENA_ARCH, capacity, sizeof(struct store));
        core->clock[i].time = CYCLE_NEVER;
        core->clock[i].drain_at = CYCLE_NEVER;
    }
    return core;
}

static struct hw *hw_of(const struct core *core, unsigned cpu)
{
    unsigned sibling = cpu - core->number * core->n_smt;
    assert(sibling < core->n_smt);
    return &core->hw[sibling];
}

void core_kick(struct core *core, unsigned cpu, cycle_t at)
{
    struct hw *hw = hw_of(core, cpu);
    hw->mode = HW_KERNEL;
    hw_clock_of(core, hw)->time = at;
}

/* An access that waits for its line translates again: its old translation must
 * not be used once the invalidation is acknowledged (R15). */
void hw_forget_translations(struct hw *hw)
{
    hw->have_pa = 0;
    hw->code_page = 0;
    if (hw->stage == STAGE_ACCESS)
        hw->stage = STAGE_DATA;
}

static void record_mode(struct core *core, struct hw *hw, enum obs_mode mode,
                        cycle_t at)
{
    if (!obs_wanted(core->obs, OBS_MODE))
        return;
    struct obs r = core_record(core, hw, OBS_MODE, at);
    r.a = mode;
    obs_emit(core->obs, &r);
}

void hw_enter_kernel(struct core *core, struct hw *hw, enum obs_mode mode, cycle_t cost)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    record_mode(core, hw, mode, clock->time);
    hw->mode = HW_KERNEL;
    hw->wait = WAIT_NOTHING;
    hw->walking = 0;
    hw->spinning = 0;
    hw_forget_translations(hw);
    clock->cost = 0;
    clock->time += cost;
}

void core_end_compute(struct core *core, struct hw *hw, cycle_t at)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    core->guest->threads[hw->tid].progress += at - clock->compute_from;
    hw->wait = WAIT_NOTHING;
    clock->time = at;
}

bool core_take_interrupt(struct core *core, struct hw *hw)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    const struct kernel_port *kernel = core->kernel;
    bool on = hw->mode == HW_USER ? !core->guest->threads[hw->tid].irq_off
                                  : kernel->interrupts_on(kernel->context, hw->cpu);
    int vector = apic_pending(core->apic, hw->cpu, on);
    hw->irq_maybe = hw->mode == HW_KERNEL && !on; /* IRQ_ON looks again itself. */
    if (vector < 0)
        return false;
    apic_take(core->apic, hw->cpu, (uint8_t)vector);
    if (hw->walking)
        mmu_walk_cancel(core->mmu, hw_sibling(core, hw));
    core->kernel->interrupt(core->kernel->context, hw->cpu, (uint8_t)vector,
                            clock->time);
    cycle_t off = choice_latency(core->parts->choice, core->number, CHOICE_KERNEL,
                                 &core->config->irq_off);
    hw_enter_kernel(core, hw, OBS_MODE_IRQ, core->parts->ipi_config->entry + off);
    return true;
}

/* Back to user mode, perhaps with another thread. */
static void enter_user(struct core *core, struct hw *hw, const struct kernel_result *r)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    hw->mode = HW_USER;
    hw->tid = r->tid;
    hw->space = r->space;
    clock->time += r->cost + core->config->kernel_exit;
    if (!r->retry_op)
        guest_advance(core->guest, hw->tid);
    user_begin(core, hw);
    hw->irq_maybe = !apic_idle(core->apic, hw->cpu);
    hw->entered_user = 1;
}

/* The record of entering user mode belongs to the moment of arrival there,
 * which lay ahead when the kernel's last step was made. */
void core_record_user(struct core *core, struct hw *hw)
{
    hw->entered_user = 0;
    record_mode(core, hw, OBS_MODE_USER, hw_clock_of(core, hw)->time);
}

static void wait_kernel(struct core *core, struct hw *hw, enum hw_wait wait)
{
    hw->wait = (uint8_t)wait;
    hw_clock_of(core, hw)->time = CYCLE_NEVER;
}

static void go_idle(struct core *core, struct hw *hw, cycle_t cost)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    hw->mode = HW_IDLE;
    hw->tid = NO_THREAD;
    hw->space = NO_SPACE;
    hw->irq_maybe = !apic_idle(core->apic, hw->cpu);
    record_mode(core, hw, OBS_MODE_IDLE, clock->time);
    clock->time += cost;
    if (!hw->irq_maybe)
        clock->time = CYCLE_NEVER;
}

void core_kernel_step(struct core *core, struct hw *hw)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    const struct kernel_port *kernel = core->kernel;
    if (hw->irq_maybe && core_take_interrupt(core, hw))
        return;
    struct kernel_result r = {0};
    kernel->step(kernel->context, hw->cpu, clock->time, &r);
    switch (r.verdict) {
    case KERNEL_STEP:
        clock->time += r.cost;
        return;
    case KERNEL_NEED_LINES:
        core_request(core, hw, r.pa, r.n_lines, r.want, TAG_KERNEL, clock->time);
        wait_kernel(core, hw, WAIT_LINE);
        return;
    case KERNEL_DRAIN:
        assert(hw->sb.n > 0);
        wait_kernel(core, hw, WAIT_DRAIN);
        return;
    case KERNEL_WAIT:
        wait_kernel(core, hw, WAIT_KERNEL);
        return;
    case KERNEL_USER:
        enter_user(core, hw, &r);
        return;
    case KERNEL_IDLE:
        go_idle(core, hw, r.cost);
        return;
    }
}

/* A message ends a wait: act at 'at'. */
static void wake(struct core *core, struct hw *hw, cycle_t at)
{
    hw->wait = WAIT_NOTHING;
    hw_clock_of(core, hw)->time = at;
}

static void line_granted(struct core *core, const struct msg *msg)
{
    struct hw *hw = hw_of(core, msg->cpu);
    if (msg->c == TAG_DRAIN) {
        struct hw_clock *clock = hw_clock_of(core, hw);
        clock->drain_asked = false;
        if (hw->sb.n)
            clock->drain_at = msg->arrival;
        return;
    }
    enum hw_mode mode = msg->c == TAG_USER ? HW_USER : HW_KERNEL;
    if (hw->wait == WAIT_LINE && hw->mode == mode)
        wake(core, hw, msg->arrival);
}

void core_line_changed(struct core *core, pa_t pa, cycle_t at)
{
    for (unsigned i = 0; i < core->n_smt; i++) {
        struct hw *hw = &core->hw[i];
        if (hw->wait == WAIT_SPIN && hw->spin_line == pa_line(pa))
            wake(core, hw, at + core->config->spin_pause);
    }
}

static void interrupt_arrived(struct core *core, const struct msg *msg)
{
    struct hw *hw = hw_of(core, msg->cpu);
    uint8_t vector = msg->kind == MSG_TIMER ? VECTOR_TIMER : (uint8_t)msg->a;
    apic_accept(core->apic, hw->cpu, vector, vector == VECTOR_NMI);
    if (msg->kind == MSG_IPI) {
        struct obs r = core_record(core, hw, OBS_IPI_ARRIVE, msg->arrival);
        r.b = vector;
        r.id = msg->b;
        obs_emit(core->obs, &r);
    }
    hw->irq_maybe = 1;
    core_note(core, hw, CORE_ARRIVED, msg->arrival);
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->wait == WAIT_COMPUTE)
        core_end_compute(core, hw, msg->arrival);
    else if (hw->mode == HW_IDLE && clock->time == CYCLE_NEVER)
        wake(core, hw, msg->arrival + core->parts->ipi_config->idle_wake);
    else if (clock->time == CYCLE_NEVER && hw->wait != WAIT_DRAIN &&
             (hw->mode == HW_USER ||
              core->kernel->interrupts_on(core->kernel->context, hw->cpu)))
        wake(core, hw, msg->arrival);
}

static void kernel_message(struct core *core, const struct msg *msg)
{
    struct hw *hw = hw_of(core, msg->cpu);
    bool wakes = core->kernel->message(core->kernel->context, msg->cpu, msg);
    if (msg->kind == MSG_TLB_BROADCAST)
        core_note(core, hw, CORE_ARRIVED, msg->arrival);
    if (!wakes)
        return;
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (hw->mode == HW_IDLE && clock->time == CYCLE_NEVER) {
        hw->mode = HW_KERNEL;
        wake(core, hw, msg->arrival);
    } else if (hw->mode == HW_KERNEL && hw->wait == WAIT_KERNEL) {
        wake(core, hw, msg->arrival);
    }
}

void core_deliver(struct core *core, const struct msg *msg)
{
    switch ((enum msg_kind)msg->kind) {
    case MSG_LINE_GRANT:
        mem_deliver(core->mem, core->number, msg);
        line_granted(core, msg);
        return;
    case MSG_LINE_INVALIDATE:
        core_line_changed(core, (pa_t){msg->a}, msg->arrival);
        mem_deliver(core->mem, core->number, msg);
        return;
    case MSG_LINE_DOWNGRADE:
        mem_deliver(core->mem, core->number, msg);
        return;
    case MSG_IPI:
    case MSG_TIMER:
        interrupt_arrived(core, msg);
        return;
    case MSG_IPI_ACK:
    case MSG_TLB_BROADCAST:
    case MSG_TLB_BROADCAST_ACK:
    case MSG_KERNEL_WAKE:
        kernel_message(core, msg);
        return;
    case MSG_LINE_REQUEST:
        assert(!"requests go to the directory");
    }
}

static cycle_t hw_next(const struct hw_clock *clock)
{
    return clock->time < clock->drain_at ? clock->time : clock->drain_at;
}

/* The sibling that acts first (the lower number on a tie), and when the next
 * of the others wants to act. */
static struct hw *earliest(struct core *core, cycle_t *at, cycle_t *others)
{
    unsigned first = 0;
    *at = hw_next(&core->clock[0]);
    *others = CYCLE_NEVER;
    for (unsigned i = 1; i < core->n_smt; i++) {
        cycle_t t = hw_next(&core->clock[i]);
        if (t < *at) {
            *others = *at;
            *at = t;
            first = i;
        } else if (t < *others) {
            *others = t;
        }
    }
    return &core->hw[first];
}

/* Lets 'hw' act from 'at' on. Returns false if it must wait for the present. */
static bool act(struct core *core, struct hw *hw, cycle_t now, cycle_t at, cycle_t stop)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    if (clock->drain_at < clock->time) {
        store_drain(core, hw, at + 1);
        return true;
    }
    if (hw_is_ordered(core, hw) && at > now)
        return false;
    if (hw->mode == HW_USER) {
        if (core->parts->journal && core_at_mark(core, hw->cpu))
            clock->time = CYCLE_NEVER;
        else
            user_run(core, hw, now, stop > at ? stop : at + 1);
    } else if (hw->mode == HW_KERNEL) {
        core_kernel_step(core, hw);
    } else if (!core_take_interrupt(core, hw)) {
        clock->time = CYCLE_NEVER; /* A wake for nothing: stay halted. */
    }
    core_note(core, hw, CORE_STEPPED, at);
    return true;
}

/* A sibling that spins acts as soon as a store of another changes its line: then
 * nobody runs past the cycle in which it acts. */
static bool somebody_spins(const struct core *core)
{
    for (unsigned i = 0; core->n_smt > 1 && i < core->n_smt; i++)
        if (core->hw[i].wait == WAIT_SPIN)
            return true;
    return false;
}

cycle_t core_run(struct core *core, cycle_t now)
{
    cycle_t limit = now + core->parts->lookahead;
    for (;;) {
        cycle_t at, others;
        struct hw *hw = earliest(core, &at, &others);
        cycle_t arrival = inbox_next(core->inbox);
        if (arrival <= at && arrival < limit) {
            struct msg msg = inbox_pop(core->inbox);
            core_deliver(core, &msg);
            continue;
        }
        cycle_t stop = arrival < limit ? arrival : limit;
        if (somebody_spins(core) && stop > at)
            stop = at + 1;
        if (at >= limit || !act(core, hw, now, at, others < stop ? others : stop))
            return at < arrival ? at : arrival;
    }
}

cycle_t core_invalidate(struct core *core, unsigned cpu, const struct flush *flush,
                        struct mmu_dropped *dropped)
{
    struct hw *hw = hw_of(core, cpu);
    for (unsigned i = 0; i < core->n_smt; i++)
        hw_forget_translations(&core->hw[i]);
    return mmu_invalidate(core->mmu, hw_sibling(core, hw), flush, dropped);
}

void core_fault_drops(struct core *core, unsigned cpu, va_t va,
                      struct mmu_dropped *dropped)
{
    struct hw *hw = hw_of(core, cpu);
    for (unsigned i = 0; i < core->n_smt; i++)
        hw_forget_translations(&core->hw[i]);
    mmu_fault_drops(core->mmu, hw_sibling(core, hw), va, dropped);
}

void core_set_root(struct core *core, unsigned cpu, pfn_t root)
{
    struct hw *hw = hw_of(core, cpu);
    hw_forget_translations(hw);
    mmu_set_root(core->mmu, hw_sibling(core, hw), root);
}

bool core_drained(const struct core *core, unsigned cpu)
{
    return hw_of(core, cpu)->sb.n == 0;
}
