/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduled.c - a core that acts when a schedule says so, and takes the time that
 * it takes.
 *
 * For machine/scheduled.c: a timed run that follows the moves of an exploration.
 * One hardware thread of the machine has the turn; all others stand still.  Its
 * actions cost what they always cost (walks, line transfers, acknowledgements
 * that are on their way), and the turn ends when the thread stands where the
 * exploration says.
 *
 * Position of a hardware thread, in user mode and in the kernel:
 *
 *    63  62          40 39                                  0
 *   +---+--------------+-------------------------------------+
 *   | 0 | thread       | operation                           |
 *   | 1 | vm_position() (47 bits)            | operation (16) |
 *   +---+----------------------------------------------------+
 */
#include "core/core_internal.h"

#define IDLE_POSITION (UINT64_MAX >> 1)

static struct hw *hw_of(const struct core *core, unsigned cpu)
{
    return &core->hw[cpu - core->number * core->n_smt];
}

uint64_t core_position(const struct core *core, unsigned cpu)
{
    const struct hw *hw = hw_of(core, cpu);
    if (hw->mode == HW_IDLE)
        return IDLE_POSITION;
    uint64_t op =
        hw->tid == NO_THREAD ? 0 : core->guest->threads[hw->tid].op & 0xffffffffff;
    if (hw->mode == HW_USER)
        return (uint64_t)hw->tid << 40 | op;
    uint64_t kernel = core->kernel->position(core->kernel->context, cpu);
    return UINT64_C(1) << 63 | kernel << 16 | (op & 0xffff);
}

static void hold_stores(struct hw_clock *clock)
{
    clock->drain_at = CYCLE_NEVER;
}

/* One action at 'now': a kernel step, an operation, or a part of either that
 * has to wait for something. */
static void act_once(struct core *core, struct hw *hw, cycle_t now)
{
    struct hw_clock *clock = hw_clock_of(core, hw);
    clock->time = now;
    clock->single = true;
    clock->single_done = false;
    switch ((enum hw_mode)hw->mode) {
    case HW_IDLE:
        if (hw->irq_maybe && core_take_interrupt(core, hw))
            return;
        hw->mode = HW_KERNEL;
        core_kernel_step(core, hw);
        return;
    case HW_KERNEL:
        core_kernel_step(core, hw);
        return;
    case HW_USER:
        user_run(core, hw, now, now + 1);
        return;
    }
}

/* When what 'hw' waits for is on its way the message wakes it; a lock or the
 * kernel may be looked at again. */
static cycle_t next_look(const struct hw *hw, const struct hw_clock *clock, cycle_t now)
{
    bool looks = hw->wait == WAIT_KERNEL || hw->wait == WAIT_SPIN ||
                 hw->wait == WAIT_DRAIN || hw->wait == WAIT_SLOT ||
                 hw->wait == WAIT_NOTHING;
    if (clock->time != CYCLE_NEVER)
        return clock->time > now ? clock->time : now + 1;
    return looks ? now + 1 : CYCLE_NEVER;
}

bool core_turn_step(struct core *core, unsigned cpu, uint64_t target, cycle_t now,
                    cycle_t *next)
{
    struct hw *hw = hw_of(core, cpu);
    struct hw_clock *clock = hw_clock_of(core, hw);
    bool may = hw->wait != WAIT_LINE || clock->time <= now;
    *next = CYCLE_NEVER;
    if (clock->time != CYCLE_NEVER && clock->time > now) {
        *next = clock->time;
        return false;
    }
    if (may) {
        if (hw->wait != WAIT_COMPUTE)
            hw->wait = WAIT_NOTHING;
        act_once(core, hw, now);
        hold_stores(clock);
        if (core_position(core, cpu) == target)
            return true;
    }
    *next = next_look(hw, clock, now);
    return false;
}

bool core_turn_drain(struct core *core, unsigned cpu, cycle_t now, cycle_t *next)
{
    struct hw *hw = hw_of(core, cpu);
    struct hw_clock *clock = hw_clock_of(core, hw);
    uint32_t before = hw->sb.n;
    *next = CYCLE_NEVER;
    if (before == 0)
        return true;
    if (!clock->drain_asked)
        clock->drain_at = now;
    store_drain_due(core, hw, now + 1);
    bool left = hw->sb.n < before;
    if (left)
        hold_stores(clock);
    else if (clock->drain_at != CYCLE_NEVER)
        *next = clock->drain_at > now ? clock->drain_at : now + 1;
    return left;
}

bool core_turn_fill(struct core *core, unsigned cpu, va_t va, bool *walking,
                    cycle_t now, cycle_t *next)
{
    struct hw *hw = hw_of(core, cpu);
    unsigned sibling = hw_sibling(core, hw);
    struct mmu_result result;
    enum mmu_answer answer =
        *walking ? mmu_walk(core->mmu, sibling, now, &result)
                 : mmu_translate(core->mmu, sibling, va, ACCESS_LOAD, now, &result);
    *walking = answer == MMU_WALK || answer == MMU_NEED_LINE;
    *next = *walking ? now + 1 : CYCLE_NEVER;
    if (answer == MMU_NEED_LINE)
        core_request(core, hw, result.pa, 1, result.want, TAG_USER, now);
    if (answer == MMU_NEED_LINE)
        *next = CYCLE_NEVER; /* The grant runs the unit again. */
    return !*walking;
}

void core_take_messages(struct core *core, cycle_t now)
{
    while (inbox_next(core->inbox) <= now) {
        struct msg msg = inbox_pop(core->inbox);
        core_deliver(core, &msg);
    }
}

void core_take_message(struct core *core, const struct msg *msg)
{
    core_deliver(core, msg);
}

/* Before the schedule begins every thread goes to its first mark in its own
 * time, and stops there. */
cycle_t core_run_to_mark(struct core *core, cycle_t now)
{
    cycle_t next = CYCLE_NEVER;
    for (unsigned i = 0; i < core->n_smt; i++) {
        struct hw *hw = &core->hw[i];
        struct hw_clock *clock = &core->clock[i];
        store_drain(core, hw, now + 1);
        if (clock->time <= now && !core_at_mark(core, hw->cpu) &&
            !(hw->mode == HW_IDLE && !hw->irq_maybe && clock->time == CYCLE_NEVER))
            act_once(core, hw, now);
        cycle_t at = core_at_mark(core, hw->cpu) ? CYCLE_NEVER : clock->time;
        at = at < clock->drain_at ? at : clock->drain_at;
        if (at != CYCLE_NEVER && at <= now)
            at = now + 1;
        next = at < next ? at : next;
    }
    return next;
}

/* The mark is no part of the schedule, and what was late is late no more. */
void core_pass_mark(struct core *core, unsigned cpu, cycle_t now)
{
    struct hw *hw = hw_of(core, cpu);
    if (core_at_mark(core, cpu)) {
        hw_clock_of(core, hw)->time = now;
        act_once(core, hw, now);
    }
    hold_stores(hw_clock_of(core, hw));
}
