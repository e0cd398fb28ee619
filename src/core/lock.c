/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lock.c - guest locks: words of guest memory.
 *
 * Taking a lock is a locked read-modify-write of the word through the
 * thread's own translation; releasing it is a store (for readers, a locked
 * decrement).  So a lock word on a copy-on-write page behaves as it would on
 * a real machine, and mutual exclusion is what the checker verifies, not what
 * the simulator grants.
 *
 * The value part of the word's version is the lock:
 *   0 free    1..254 that many readers    255 a writer or a mutex's owner
 *
 * A word has one version, so two locks in one aligned 8-byte word are one lock.
 *
 * A thread that finds the lock taken spins as test-and-test-and-set: it keeps
 * the line shared and looks again when somebody takes the line away.
 */
#include "core/core_internal.h"

#define LOCK_FREE  0u
#define LOCK_OWNED 255u

static bool is_free_for(uint8_t value, uint32_t kind)
{
    if (kind == OP_LOCK_READ)
        return value < LOCK_OWNED - 1;
    return value == LOCK_FREE;
}

static uint64_t *lock_word(struct core *core, struct hw *hw)
{
    return mem_word_of(mem_frame(core->mem, pa_frame(hw->pa)), hw->pa);
}

static struct store lock_store(struct core *core, struct hw *hw, const struct op *op,
                               uint8_t value)
{
    uint64_t index = core->guest->threads[hw->tid].op;
    return (struct store){.pa = hw->pa,
                          .va = {op->addr},
                          .ver = ver_make(hw->tid, index, value),
                          .filled_at = hw_clock_of(core, hw)->filled_at,
                          .tid = hw->tid,
                          .space = hw->space,
                          .bytes = (uint8_t)(WORD_BYTES - op->addr % WORD_BYTES),
                          .kind = STORE_UNLOCK,
                          .lock_kind = (uint8_t)op->target};
}

static void record_lock(struct core *core, struct hw *hw, enum obs_kind kind,
                        const struct op *op)
{
    struct obs r = core_record(core, hw, kind, hw_clock_of(core, hw)->time);
    r.va = op->addr;
    r.a = pa_frame(hw->pa).v;
    r.c = core->guest->threads[hw->tid].op;
    r.id = op->target;
    obs_emit(core->obs, &r);
}

/* Writes 'value' into the word at once: the line is owned exclusively. */
static void locked_write(struct core *core, struct hw *hw, const struct op *op,
                         uint8_t value)
{
    struct store store = lock_store(core, hw, op, value);
    uint64_t index = core->guest->threads[hw->tid].op;
    access_load(core, hw, store.va, store.bytes, index, OBS_LOCKED);
    access_perform_store(core, hw, &store, hw_clock_of(core, hw)->time, OBS_LOCKED);
}

static void start_spinning(struct core *core, struct hw *hw, const struct op *op)
{
    if (!hw->spinning)
        record_lock(core, hw, OBS_SPIN_BEGIN, op);
    hw->spinning = 1;
    hw->wait = WAIT_SPIN;
    hw->spin_line = pa_line(hw->pa);
    hw_clock_of(core, hw)->time = CYCLE_NEVER;
}

static void give_up_try(struct core *core, struct hw *hw, const struct op *op)
{
    struct guest_thread *thread = &core->guest->threads[hw->tid];
    if (thread->n_tries == GUEST_TRIES) {
        err_set(
            &core->guest->error, STATUS_LIMIT,
            "thread %u, operation %llu: more than %u locks whose trylock failed wait "
            "for their unlock",
            hw->tid, (unsigned long long)thread->op, GUEST_TRIES);
        return;
    }
    thread->tries[thread->n_tries++] = op->addr;
}

/* The locked operations need an empty store buffer. */
static bool wait_for_drain(struct core *core, struct hw *hw)
{
    if (hw->sb.n == 0)
        return false;
    hw->wait = WAIT_DRAIN;
    hw_clock_of(core, hw)->time = CYCLE_NEVER;
    return true;
}

bool lock_attempt(struct core *core, struct hw *hw, const struct op *op)
{
    if (wait_for_drain(core, hw))
        return false;
    if (hw->spinning) {
        if (!access_line(core, hw, LINE_SHARED))
            return false;
        if (!is_free_for(ver_value((ver_t){*lock_word(core, hw)}), op->target)) {
            start_spinning(core, hw, op);
            return false;
        }
    }
    if (!access_line(core, hw, LINE_EXCLUSIVE))
        return false;
    uint8_t value = ver_value((ver_t){*lock_word(core, hw)});
    hw_clock_of(core, hw)->cost += core->config->locked;
    if (!is_free_for(value, op->target)) {
        if (op->kind == OP_TRYLOCK && op->seq == 0) {
            give_up_try(core, hw, op);
            return true;
        }
        start_spinning(core, hw, op);
        return false;
    }
    locked_write(core, hw, op,
                 op->target == OP_LOCK_READ ? (uint8_t)(value + 1) : LOCK_OWNED);
    if (hw->spinning)
        record_lock(core, hw, OBS_SPIN_END, op);
    hw->spinning = 0;
    record_lock(core, hw, OBS_LOCK, op);
    return true;
}

/* True if this unlock belongs to a trylock that failed; forgets it. */
static bool was_never_taken(struct guest_thread *thread, uint64_t addr)
{
    for (unsigned i = 0; i < thread->n_tries; i++) {
        if (thread->tries[i] == addr) {
            thread->tries[i] = thread->tries[--thread->n_tries];
            return true;
        }
    }
    return false;
}

static bool release_reader(struct core *core, struct hw *hw, const struct op *op)
{
    if (wait_for_drain(core, hw) || !access_line(core, hw, LINE_EXCLUSIVE))
        return false;
    uint8_t value = ver_value((ver_t){*lock_word(core, hw)});
    hw_clock_of(core, hw)->cost += core->config->locked;
    locked_write(core, hw, op, (uint8_t)(value == 0 ? 0 : value - 1));
    record_lock(core, hw, OBS_UNLOCK, op);
    return true;
}

bool lock_release(struct core *core, struct hw *hw, const struct op *op)
{
    if (was_never_taken(&core->guest->threads[hw->tid], op->addr))
        return true;
    if (op->target == OP_LOCK_READ)
        return release_reader(core, hw, op);
    if (sb_full(&hw->sb)) {
        hw->wait = WAIT_SLOT;
        hw_clock_of(core, hw)->time = CYCLE_NEVER;
        return false;
    }
    struct store store = lock_store(core, hw, op, LOCK_FREE);
    access_store(core, hw, &store);
    return true;
}
