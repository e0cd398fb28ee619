/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scheduled.c - see scheduled.h.
 */
#include "machine/scheduled.h"

#include "machine/machine_internal.h"

#include <assert.h>

/* Longer than any step of a kernel or guest takes. */
#define PATIENCE UINT64_C(10000000)

static struct core *core_of(struct machine *m, unsigned cpu)
{
    return m->cores[cpu / m->config.topology.smt];
}

static unsigned unit_of(const struct machine *m, unsigned cpu)
{
    return cpu / m->config.topology.smt;
}

uint64_t machine_position(const struct machine *m, unsigned cpu)
{
    return core_position(m->cores[cpu / m->config.topology.smt], cpu);
}

static void note(void *context, enum core_event event, unsigned cpu, cycle_t now)
{
    static const enum move_kind kinds[] = {[CORE_STEPPED] = MOVE_STEP,
                                           [CORE_DRAINED] = MOVE_DRAIN,
                                           [CORE_ARRIVED] = MOVE_ARRIVE};
    struct machine *m = context;
    const struct machine_journal *journal = m->turns.journal;
    journal->note(journal->context, kinds[event], cpu, machine_position(m, cpu), now);
}

void scheduled_begin(struct machine *m, const struct machine_run_options *options)
{
    m->turns = (struct turns){.schedule = options->schedule,
                              .journal = options->journal,
                              .core_journal = {m, note}};
    *m->held = (struct in_flight){0};
    m->core_parts.journal = NULL;
}

bool scheduled_is_on(const struct machine *m)
{
    return m->turns.schedule || m->turns.journal;
}

bool scheduled_holds(const struct machine *m, const struct msg *msg)
{
    return m->turns.schedule && m->turns.began &&
           (msg->kind == MSG_IPI || msg->kind == MSG_TLB_BROADCAST);
}

/* ---- the way to the marks -------------------------------------------------------- */

static bool cpu_is_ready(struct machine *m, unsigned cpu)
{
    struct core *core = core_of(m, cpu);
    if (!core_drained(core, cpu))
        return false;
    return core_at_mark(core, cpu) ||
           (core_halted(core, cpu) && !vm_has_work(m->vm, cpu));
}

static bool all_are_ready(struct machine *m)
{
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++)
        if (!cpu_is_ready(m, cpu))
            return false;
    return true;
}

static void begin_turns(struct machine *m, cycle_t now)
{
    for (unsigned cpu = 0; cpu < m->n_cpus; cpu++)
        core_pass_mark(core_of(m, cpu), cpu, now);
    m->turns.began = true;
    m->turns.since = now;
    if (m->turns.journal)
        m->core_parts.journal = &m->turns.core_journal;
}

/* Everybody acts again, a schedule's first turn only. */
static void wake_first(struct machine *m, cycle_t now)
{
    const struct machine_schedule *schedule = m->turns.schedule;
    if (schedule && schedule->n)
        engine_wake(m->engine, unit_of(m, schedule->turns[0].cpu), now + 1);
    for (unsigned unit = 0; !schedule && unit < m->n_cores; unit++)
        engine_wake(m->engine, unit, now + 1);
}

/* ---- turns ------------------------------------------------------------------------
 */

static bool arrive(struct machine *m, const struct machine_turn *turn, cycle_t now)
{
    if (turn->message >= m->held->n ||
        m->held->messages[turn->message].cpu != turn->cpu) {
        m->turns.lost = true;
        return false;
    }
    struct msg msg = in_flight_take(m->held, turn->message);
    msg.arrival = now;
    core_take_message(core_of(m, turn->cpu), &msg);
    return true;
}

static bool take_turn(struct machine *m, const struct machine_turn *turn, cycle_t now,
                      cycle_t *next)
{
    struct core *core = core_of(m, turn->cpu);
    *next = CYCLE_NEVER;
    switch ((enum move_kind)turn->kind) {
    case MOVE_STEP:
        return core_turn_step(core, turn->cpu, turn->target, now, next);
    case MOVE_DRAIN:
        return core_turn_drain(core, turn->cpu, now, next);
    case MOVE_ARRIVE:
        return arrive(m, turn, now);
    case MOVE_FILL:
        return core_turn_fill(core, turn->cpu, turn->page, &m->turns.walking, now,
                              next);
    case MOVE_EVICT:
        core_evict(core, turn->cpu, turn->page, now);
        return true;
    case MOVE_NMI:
        return core_nmi(core, turn->cpu, now);
    case MOVE_N_KINDS:
        break;
    }
    return true;
}

/* The next turn begins a cycle later, so that records are in its order. */
static void end_turn(struct machine *m, cycle_t now)
{
    struct turns *t = &m->turns;
    t->at++;
    t->since = now;
    t->walking = false;
    if (t->at < t->schedule->n)
        engine_wake(m->engine, unit_of(m, t->schedule->turns[t->at].cpu), now + 1);
}

/* Returns when the unit wants to run next. */
static cycle_t run_turn(struct machine *m, unsigned unit, cycle_t now)
{
    struct turns *t = &m->turns;
    cycle_t next = CYCLE_NEVER;
    if (t->at == t->schedule->n)
        return CYCLE_NEVER;
    const struct machine_turn *turn = &t->schedule->turns[t->at];
    if (unit_of(m, turn->cpu) != unit)
        return CYCLE_NEVER;
    if (take_turn(m, turn, now, &next)) {
        end_turn(m, now);
        return CYCLE_NEVER;
    }
    if (now - t->since > PATIENCE)
        t->lost = true;
    return next;
}

bool scheduled_run(struct machine *m, unsigned unit, cycle_t now)
{
    struct core *core = m->cores[unit];
    cycle_t next;
    core_take_messages(core, now);
    if (!m->turns.began) {
        next = core_run_to_mark(core, now);
        if (all_are_ready(m)) {
            begin_turns(m, now);
            wake_first(m, now);
            next = CYCLE_NEVER;
        }
    } else if (m->turns.journal) {
        next = core_run(core, now);
    } else {
        next = run_turn(m, unit, now);
    }
    cycle_t arrival = inbox_next(&m->inboxes[unit]);
    next = arrival < next ? arrival : next;
    if (next != CYCLE_NEVER)
        engine_wake(m->engine, unit, next);
    bool ended =
        m->turns.schedule && m->turns.began && m->turns.at == m->turns.schedule->n;
    return !ended && !m->turns.lost;
}

enum status scheduled_end(const struct machine *m, struct err *err)
{
    const struct turns *t = &m->turns;
    if (!t->schedule || (t->began && t->at == t->schedule->n))
        return STATUS_OK;
    if (!t->began)
        return err_set(err, STATUS_TRACE,
                       "the schedule cannot begin: the threads never all stand at a "
                       "'mark'");
    return err_set(
        err, STATUS_TRACE,
        "the schedule cannot be followed: move %u of %u (cpu %u) does not "
        "come about; it was made for another trace, configuration or program",
        t->at + 1, t->schedule->n, t->schedule->turns[t->at].cpu);
}
