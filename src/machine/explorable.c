/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explorable.c - moves of a machine without time. See explorable.h.
 */
#include "machine/explorable.h"
#include "machine/machine_internal.h"

#include <assert.h>
#include <stdio.h>

#define STEPS_IN_A_MOVE 64u /* Sequences are much shorter. */

/* Messages under way lie in an order that does not tell which was sent first:
 * by receiver, kind, sender; those of one sender as they were sent. */
static bool comes_before(const struct msg *a, const struct msg *b)
{
    if (a->cpu != b->cpu)
        return a->cpu < b->cpu;
    if (a->kind != b->kind)
        return a->kind < b->kind;
    if (a->from != b->from)
        return a->from < b->from;
    return a->a < b->a;
}

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
    in_flight_add(f, msg);
}

void in_flight_add(struct in_flight *f, const struct msg *msg)
{
    assert(f->n < IN_FLIGHT_MAX);
    struct msg kept = {.from = msg->from,
                       .to = msg->to,
                       .kind = msg->kind,
                       .cpu = msg->cpu,
                       .a = msg->a,
                       .b = msg->b,
                       .c = msg->c};
    uint32_t at = f->n++;
    while (at > 0 && comes_before(&kept, &f->messages[at - 1])) {
        f->messages[at] = f->messages[at - 1];
        at--;
    }
    f->messages[at] = kept;
}

struct msg in_flight_take(struct in_flight *f, unsigned which)
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
    m->tlb_is_full = false;
}

bool machine_look(const struct machine *m, uint32_t tid, uint64_t va, pfn_t *frame,
                  ver_t *word)
{
    pa_t pa;
    if (!vm_pa_of(m->vm, tid, va, &pa))
        return false;
    *frame = pa_frame(pa);
    word->bits = *mem_word_of(mem_frame(m->mem, *frame), pa);
    return true;
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

struct machine_pages machine_state_pages(struct machine *m)
{
    const uint8_t *base = arena_base(m->arena, ARENA_ARCH);
    const uint8_t *words = mem_words(m->mem);
    return (struct machine_pages){(size_t)(words - base), m->config.mem.frames,
                                  m->touched};
}

static void add(struct machine_move *moves, unsigned *n, unsigned max,
                struct machine_move move)
{
    assert(*n < max);
    moves[(*n)++] = move;
}

static bool can_step(struct machine *m, unsigned cpu)
{
    const struct core *core = core_of(m, cpu);
    if (core_at_mark(core, cpu))
        return false;
    return !core_halted(core, cpu) || vm_has_work(m->vm, cpu);
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
        if (freedom->nmis && core_nmi_free(core, cpu))
            add(moves, &n, max, (struct machine_move){MOVE_NMI, 0, (uint16_t)cpu, 0});
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
            (struct machine_move){MOVE_ARRIVE, (uint8_t)i,
                                  m->in_flight->messages[i].cpu, 0});
    return n;
}

/* ---- words ------------------------------------------------------------------------
 */

static void say(struct machine_words *words, const char *what)
{
    if (!words || words->n >= sizeof words->text)
        return;
    int n = snprintf(words->text + words->n, sizeof words->text - words->n, "%s%s",
                     words->n ? "; " : "", what);
    words->n += n > 0 ? (size_t)n : 0;
}

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
    snprintf(text, n, "%s%s%s", names[op->kind], *symbol ? " " : "", symbol);
}

/* What the next step of 'cpu' is. */
static void say_step(struct machine *m, unsigned cpu, struct machine_words *words)
{
    char text[160];
    struct core *core = core_of(m, cpu);
    uint32_t tid = core_user_thread(core, cpu);
    if (!words)
        return;
    if (tid != NO_THREAD)
        describe_op(m, tid, text, sizeof text);
    else if (core_in_kernel(core, cpu))
        vm_describe_step(m->vm, cpu, text, sizeof text);
    else
        snprintf(text, sizeof text, "takes the interrupt, or goes on");
    say(words, text);
}

static void say_page(struct machine *m, const char *what, va_t va,
                     struct machine_words *words)
{
    char symbol[120] = "", text[160];
    if (!words)
        return;
    trace_symbol(m->trace, 0, va.v, symbol, sizeof symbol);
    snprintf(text, sizeof text, "%s %s", what, symbol);
    say(words, text);
}

/* ---- moves -------------------------------------------------------------------------
 */

/* What the next step of 'cpu' commutes with. */
static enum vm_mover next_mover(struct machine *m, const struct machine_freedom *f,
                                unsigned cpu)
{
    if (f->every_step || !core_in_kernel(core_of(m, cpu), cpu))
        return VM_FIXED;
    return vm_mover(m->vm, cpu, !f->fills && !f->evictions);
}

/* Right movers, one step of any kind, left movers (vm/movers.c). */
static void step(struct machine *m, const struct machine_freedom *freedom, unsigned cpu,
                 cycle_t now, struct machine_words *words)
{
    struct core *core = core_of(m, cpu);
    bool committed = false;
    for (unsigned i = 0; i < STEPS_IN_A_MOVE; i++) {
        enum vm_mover mover = next_mover(m, freedom, cpu);
        if (committed && mover != VM_LEFT && mover != VM_BOTH)
            return;
        bool kernel = core_in_kernel(core, cpu);
        if (i > 0 && !kernel)
            return;
        say_step(m, cpu, words);
        core_step(core, cpu, now + i);
        committed = committed || mover == VM_FIXED || mover == VM_LEFT;
    }
}

static void arrive(struct machine *m, unsigned which, cycle_t now,
                   struct machine_words *words)
{
    struct msg msg = in_flight_take(m->in_flight, which);
    say(words, msg.kind == MSG_IPI ? "interrupt arrives" : "broadcast arrives");
    msg.arrival = now;
    core_arrive(core_of(m, msg.cpu), &msg);
}

void machine_make(struct machine *m, const struct machine_freedom *freedom,
                  const struct machine_move *move, cycle_t now,
                  struct machine_words *words)
{
    struct core *core = core_of(m, move->cpu);
    m->now = now;
    switch ((enum move_kind)move->kind) {
    case MOVE_STEP:
        step(m, freedom, move->cpu, now, words);
        return;
    case MOVE_DRAIN:
        say(words, "oldest store becomes visible");
        core_drain_one(core, move->cpu, now);
        return;
    case MOVE_ARRIVE:
        arrive(m, move->message, now, words);
        return;
    case MOVE_FILL:
        say_page(m, "TLB fills", freedom->pages[move->page], words);
        core_fill(core, move->cpu, freedom->pages[move->page], now);
        return;
    case MOVE_EVICT:
        say_page(m, "TLB evicts", freedom->pages[move->page], words);
        core_evict(core, move->cpu, freedom->pages[move->page], now);
        return;
    case MOVE_NMI:
        say(words, "NMI arrives");
        core_nmi(core, move->cpu, now);
        return;
    case MOVE_N_KINDS:
        return;
    }
}

void machine_canonical(struct machine *m)
{
    vm_canonical(m->vm, m->in_flight->messages, m->in_flight->n);
    for (unsigned c = 0; c < m->n_cores; c++)
        if (!core_canonical(m->cores[c]))
            m->tlb_is_full = true;
}

static bool at_second_mark(struct machine *m, uint32_t tid)
{
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++) {
        struct core *core = core_of(m, cpu);
        if (core_user_thread(core, cpu) == tid)
            return core_at_mark(core, cpu);
    }
    return false;
}

bool machine_is_done(struct machine *m)
{
    for (uint32_t tid = 0; tid < m->guest->n_threads; tid++)
        if (vm_is_live(m->vm, tid) && !vm_waits_for_event(m->vm, tid) &&
            !at_second_mark(m, tid))
            return false;
    return true;
}

uint32_t machine_thread_on(const struct machine *m, unsigned cpu)
{
    return vm_thread_on(m->vm, cpu);
}

const char *machine_failure(struct machine *m)
{
    if (m->guest->error.status != STATUS_OK)
        return m->guest->error.message;
    if (m->tlb_is_full)
        return "a TLB is full, and what it replaces is not explored: give it more ways";
    if (vm_ends_spaces(m->vm))
        return "a thread ends its whole process, which is not explored";
    return vm_failed(m->vm) == VM_OK ? NULL : vm_failure_sentence(vm_failed(m->vm));
}

/* ---- the way to the marks ------------------------------------------------------- */

static bool stands_still(struct machine *m, unsigned cpu)
{
    return !can_step(m, cpu);
}

/* One round: everything under way arrives, every CPU that is not at its mark
 * makes a step.  Returns whether anything could move. */
static bool round_to_marks(struct machine *m)
{
    const struct machine_freedom none = {.every_step = true};
    bool moved = false;
    while (m->in_flight->n)
        arrive(m, 0, 0, NULL);
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++) {
        struct core *core = core_of(m, cpu);
        while (core_drain_one(core, cpu, 0))
            continue;
        if (stands_still(m, cpu))
            continue;
        step(m, &none, cpu, 0, NULL);
        moved = true;
    }
    return moved;
}

/* The MARK itself is no part of what is explored. */
static bool pass_marks(struct machine *m)
{
    bool any = false;
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++) {
        struct core *core = core_of(m, cpu);
        if (!core_at_mark(core, cpu))
            continue;
        core_step(core, cpu, 0);
        any = true;
    }
    return any;
}

bool machine_run_to_marks(struct machine *m, unsigned max_moves)
{
    for (unsigned i = 0; i < max_moves; i++) {
        if (!round_to_marks(m))
            return pass_marks(m);
        if (machine_failure(m))
            return false;
    }
    return false;
}
