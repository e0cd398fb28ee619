/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explorable.c - moves of a machine without time. See explorable.h.
 */
#include "machine/explorable.h"
#include "machine/machine_internal.h"

#include <assert.h>
#include <stdio.h>

void explorable_post(struct machine *m, const struct msg *msg)
{
    struct in_flight *f = m->in_flight;
    switch ((enum msg_kind)msg->kind) {
    case MSG_IPI_ACK:
    case MSG_TLB_BROADCAST_ACK:
        vm_message(m->vm, msg->cpu, msg);
        return;
    case MSG_KERNEL_WAKE:
    case MSG_TIMER:
        return; /* Whoever waits may look at any time. */
    default:
        break;
    }
    assert(f->n < IN_FLIGHT_MAX);
    uint32_t at = f->n++;
    while (at > 0 && f->messages[at - 1].cpu > msg->cpu) {
        f->messages[at] = f->messages[at - 1];
        at--;
    }
    f->messages[at] = *msg;
    f->messages[at].arrival = 0;
    f->messages[at].number = 0;
}

static struct msg take_message(struct in_flight *f, unsigned which)
{
    assert(which < f->n);
    struct msg msg = f->messages[which];
    f->n--;
    for (unsigned i = which; i < f->n; i++)
        f->messages[i] = f->messages[i + 1];
    f->messages[f->n] = (struct msg){0};
    return msg;
}

static struct core *core_of(struct machine *m, unsigned cpu)
{
    return m->cores[cpu / m->config.topology.smt];
}

void machine_begin(struct machine *m)
{
    arena_reset(m->arena);
    obs_reset(m->obs);
    obs_watch_all(m->obs, true);
    choice_seed(m->choice, 1);
    m->now = 0;
}

void *machine_state(struct machine *m, size_t *n_bytes)
{
    *n_bytes = arena_used(m->arena, ARENA_ARCH);
    return arena_base(m->arena, ARENA_ARCH);
}

void *machine_annex(struct machine *m)
{
    return m->annex;
}

static void add(struct machine_move *moves, unsigned *n, unsigned max,
                struct machine_move move)
{
    assert(*n < max);
    moves[(*n)++] = move;
}

static bool can_step(struct machine *m, unsigned cpu)
{
    return !core_halted(core_of(m, cpu), cpu) || vm_has_work(m->vm, cpu);
}

unsigned machine_moves(struct machine *m, const struct machine_freedom *freedom,
                       struct machine_move *moves, unsigned max)
{
    unsigned n = 0;
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++) {
        struct core *core = core_of(m, cpu);
        if (can_step(m, cpu))
            add(moves, &n, max, (struct machine_move){MOVE_STEP, 0, (uint16_t)cpu, 0});
        if (!core_drained(core, cpu))
            add(moves, &n, max, (struct machine_move){MOVE_DRAIN, 0, (uint16_t)cpu, 0});
        for (uint32_t p = 0; p < freedom->n_pages; p++) {
            bool cached = core_caches(core, cpu, freedom->pages[p]);
            if (cached ? freedom->evictions : freedom->fills)
                add(moves, &n, max,
                    (struct machine_move){cached ? MOVE_EVICT : MOVE_FILL, 0,
                                          (uint16_t)cpu, p});
        }
    }
    for (unsigned i = 0; i < m->in_flight->n; i++)
        add(moves, &n, max,
            (struct machine_move){MOVE_ARRIVE, (uint8_t)i, m->in_flight->messages[i].cpu,
                                  0});
    return n;
}

static void arrive(struct machine *m, unsigned which, cycle_t now)
{
    struct msg msg = take_message(m->in_flight, which);
    msg.arrival = now;
    core_arrive(core_of(m, msg.cpu), &msg);
}

void machine_make(struct machine *m, const struct machine_freedom *freedom,
                  const struct machine_move *move, cycle_t now)
{
    struct core *core = core_of(m, move->cpu);
    m->now = now;
    switch ((enum move_kind)move->kind) {
    case MOVE_STEP:
        core_step(core, move->cpu, now);
        return;
    case MOVE_DRAIN:
        core_drain_one(core, move->cpu, now);
        return;
    case MOVE_ARRIVE:
        arrive(m, move->message, now);
        return;
    case MOVE_FILL:
        core_fill(core, move->cpu, freedom->pages[move->page], now);
        return;
    case MOVE_EVICT:
        core_evict(core, move->cpu, freedom->pages[move->page], now);
        return;
    }
}

void machine_canonical(struct machine *m)
{
    vm_canonical(m->vm);
    for (unsigned c = 0; c < m->n_cores; c++)
        core_canonical(m->cores[c]);
}

bool machine_is_done(struct machine *m)
{
    return vm_n_live(m->vm) == 0;
}

const char *machine_failure(struct machine *m)
{
    if (m->guest->error.status != STATUS_OK)
        return m->guest->error.message;
    return vm_failed(m->vm) == VM_OK ? NULL : vm_failure_sentence(vm_failed(m->vm));
}

/* ---- the way to the marks ------------------------------------------------------- */

static bool stands_still(struct machine *m, unsigned cpu)
{
    return core_stands_at(core_of(m, cpu), cpu, OP_MARK) || !can_step(m, cpu);
}

/* One round: everything under way arrives, every CPU that is not at its mark
 * makes a step.  Returns whether anything could move. */
static bool round_to_marks(struct machine *m)
{
    const struct machine_freedom none = {0};
    bool moved = false;
    while (m->in_flight->n)
        arrive(m, 0, 0);
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++) {
        struct core *core = core_of(m, cpu);
        while (core_drain_one(core, cpu, 0))
            continue;
        if (stands_still(m, cpu))
            continue;
        struct machine_move step = {MOVE_STEP, 0, (uint16_t)cpu, 0};
        machine_make(m, &none, &step, 0);
        moved = true;
    }
    return moved;
}

bool machine_run_to_marks(struct machine *m, unsigned max_moves)
{
    uint64_t before = 0;
    unsigned same = 0;
    for (unsigned i = 0; i < max_moves; i++) {
        if (!round_to_marks(m))
            return true;
        if (machine_failure(m))
            return false;
        /* Threads that spin for a lock move without getting on. */
        uint64_t steps = vm_n_steps(m->vm);
        same = steps == before ? same + 1 : 0;
        before = steps;
        if (same > 1000)
            return true;
    }
    return false;
}

/* ---- words ------------------------------------------------------------------------ */

static void describe_op(struct machine *m, uint32_t tid, char *text, size_t n)
{
    static const char *const names[] = {
#define OP(name, word, operands, sentence) word,
        OP_LIST(OP)
#undef OP
    };
    const struct op *op = guest_fetch(m->guest, tid);
    if (!op) {
        snprintf(text, n, "ends");
        return;
    }
    char symbol[120] = "";
    if (op->addr)
        trace_symbol(m->trace, m->guest->threads[tid].process, op->addr, symbol,
                     sizeof symbol);
    snprintf(text, n, "%s %s", names[op->kind], symbol);
}

void machine_describe(struct machine *m, const struct machine_move *move, char *text,
                      size_t n)
{
    uint32_t tid = core_user_thread(core_of(m, move->cpu), move->cpu);
    switch ((enum move_kind)move->kind) {
    case MOVE_STEP:
        if (tid != NO_THREAD)
            describe_op(m, tid, text, n);
        else
            vm_describe_step(m->vm, move->cpu, text, n);
        return;
    case MOVE_DRAIN:
        snprintf(text, n, "store becomes visible");
        return;
    case MOVE_ARRIVE:
        snprintf(text, n, "%s arrives",
                 m->in_flight->messages[move->message].kind == MSG_IPI ? "interrupt"
                                                                       : "broadcast");
        return;
    case MOVE_FILL:
        snprintf(text, n, "TLB fills page %u", move->page);
        return;
    case MOVE_EVICT:
        snprintf(text, n, "TLB evicts page %u", move->page);
        return;
    }
}
