/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * systemc.cpp - the engine port, driven by SystemC. See systemc.h.
 *
 * The pending wakes live in this engine; SystemC holds a copy of them as
 * notifications only while the engine is attached:
 *
 *   detached --run--> attached     attach() notifies all pending wakes
 *   attached --leave-> detached    another user of the kernel, or a reset
 *
 * SystemC's own rule for an event, one pending notification and the earlier
 * one wins, is the port's rule for a unit.
 *
 * Invariants:
 *   SYSC1  While attached, a unit's event is pending for its wake, unless the
 *          wake is FAR, that is beyond what is notified.
 *   SYSC2  No wake lies before the present (cycle, phase, unit).
 *   SYSC3  While attached, the origin is not after the present cycle: attach()
 *          puts it at the first wake, and that one runs at once.
 */
#include "systemc/kernel.hpp"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include "systemc/systemc.h"
#pragma GCC diagnostic pop

#include <algorithm>
#include <cassert>
#include <memory>
#include <vector>

namespace
{

constexpr uint64_t phase_slots = SYSTEMC_UNITS_MAX;
constexpr cycle_t far_cycles = cycle_t{1} << 44;

static_assert(ENGINE_N_PHASES * phase_slots < SYSTEMC_CYCLE_PS,
              "all phases and units fit below one cycle");

struct unit_state {
    cycle_t wake = CYCLE_NEVER;
    uint64_t slot = 0; /* Of (phase, unit), in [1, SYSTEMC_CYCLE_PS). */
    std::unique_ptr<sc_core::sc_event> event;
    sc_core::sc_process_handle process;
};

class sc_engine final : public engine, public kernel::user
{
  public:
    sc_engine(unsigned n_units, const enum engine_phase *phases, engine_client c);
    ~sc_engine();
    void wake(unsigned unit, cycle_t at);
    enum engine_stop run(cycle_t until);
    void reset();
    void leave() noexcept override;
    void fail() noexcept;

    bool failed = false;
    struct err failure = {};

  private:
    void spawn(unsigned unit);
    void on_event(unsigned unit);
    cycle_t earliest() const;
    bool attach(cycle_t earliest);
    void notify(unit_state &unit);
    bool is_far(cycle_t at) const;
    uint64_t time_of(const unit_state &unit) const;
    void simulate(cycle_t until);

    engine_client client;
    std::vector<unit_state> units;
    bool running = false, stopped = false, any_far = false;
    cycle_t present_cycle = 0;
    uint64_t present_slot = 0;
    /* SystemC time 'origin_ps' is the start of cycle 'origin'. */
    cycle_t origin = 0;
    uint64_t origin_ps = 0;
};

sc_engine::sc_engine(unsigned n_units, const enum engine_phase *phases, engine_client c)
    : engine{&engine_systemc}, client(c), units(n_units)
{
    kernel::start();
    for (unsigned u = 0; u < n_units; u++) {
        assert(phases[u] < ENGINE_N_PHASES);
        units[u].slot = 1 + phases[u] * phase_slots + u;
        spawn(u);
    }
}

sc_engine::~sc_engine()
{
    if (kernel::claimed_by(this))
        kernel::claim(nullptr);
    for (unit_state &unit : units) {
        if (unit.process.valid())
            unit.process.kill();
    }
}

void sc_engine::spawn(unsigned u)
{
    units[u].event.reset(new sc_core::sc_event());
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(units[u].event.get());
    units[u].process = sc_core::sc_spawn([this, u] { on_event(u); }, nullptr, &options);
}

uint64_t sc_engine::time_of(const unit_state &unit) const
{
    return origin_ps + (unit.wake - origin) * SYSTEMC_CYCLE_PS + unit.slot;
}

bool sc_engine::is_far(cycle_t at) const
{
    return at - origin >= far_cycles;
}

void sc_engine::notify(unit_state &unit)
{
    if (is_far(unit.wake)) {
        any_far = true;
        return;
    }
    unit.event->notify(sc_core::sc_time::from_value(time_of(unit) - kernel::now()));
}

/* A unit can be made runnable by a notification that has since been taken
 * back (a reset in the same time point): its wake then says otherwise. */
void sc_engine::on_event(unsigned u)
{
    unit_state &unit = units[u];
    if (stopped || failed || unit.wake == CYCLE_NEVER || time_of(unit) != kernel::now())
        return;
    present_cycle = unit.wake;
    present_slot = unit.slot;
    unit.wake = CYCLE_NEVER;
    if (client.run(client.context, u, present_cycle))
        return;
    stopped = true;
    sc_core::sc_pause();
}

void sc_engine::wake(unsigned u, cycle_t at)
{
    assert(u < units.size());
    unit_state &unit = units[u];
    assert(at > present_cycle ||
           (at == present_cycle && unit.slot >= present_slot)); /* SYSC2 */
    if (at >= unit.wake)
        return;
    unit.wake = at;
    if (!kernel::claimed_by(this))
        return;
    assert(at >= origin); /* SYSC3 and SYSC2. */
    notify(unit);
}

cycle_t sc_engine::earliest() const
{
    cycle_t at = CYCLE_NEVER;
    for (const unit_state &unit : units)
        at = std::min(at, unit.wake);
    return at;
}

/* Puts the first wake just ahead of SystemC's clock, and all others behind it.
 * False if SystemC's clock is used up. */
bool sc_engine::attach(cycle_t first)
{
    uint64_t start = (kernel::now() / SYSTEMC_CYCLE_PS + 1) * SYSTEMC_CYCLE_PS;
    if (!kernel::has_room(2 * far_cycles * SYSTEMC_CYCLE_PS)) {
        err_set(&failure, STATUS_LIMIT,
                "SystemC's 64-bit clock is used up in this process; "
                "use the native engine");
        failed = true;
        return false;
    }
    kernel::claim(this);
    origin = first;
    origin_ps = start;
    any_far = false;
    for (unit_state &unit : units) {
        if (unit.wake != CYCLE_NEVER)
            notify(unit);
    }
    return true;
}

/* To the end of cycle 'until', or of all that is notified.  The clock stays at
 * the last event: a wake may still come for any time after it. */
void sc_engine::simulate(cycle_t until)
{
    cycle_t last = std::min(until - origin, far_cycles - 1);
    uint64_t end = origin_ps + (last + 1) * SYSTEMC_CYCLE_PS;
    if (end > kernel::now())
        sc_core::sc_start(sc_core::sc_time::from_value(end - kernel::now()),
                          sc_core::SC_EXIT_ON_STARVATION);
}

enum engine_stop sc_engine::run(cycle_t until)
{
    assert(!running);
    running = true;
    stopped = false;
    cycle_t next;
    while ((next = earliest()) <= until && next != CYCLE_NEVER && !stopped && !failed) {
        if (!kernel::claimed_by(this) || (any_far && is_far(next))) {
            if (!attach(next))
                break;
        }
        simulate(until);
    }
    running = false;
    if (stopped || failed)
        return ENGINE_STOPPED;
    return next == CYCLE_NEVER ? ENGINE_IDLE : ENGINE_UNTIL;
}

void sc_engine::leave() noexcept
{
    for (unit_state &unit : units)
        unit.event->cancel();
}

void sc_engine::reset()
{
    assert(!running);
    if (kernel::claimed_by(this))
        kernel::claim(nullptr);
    for (unit_state &unit : units)
        unit.wake = CYCLE_NEVER;
    present_cycle = 0;
    present_slot = 0;
}

void sc_engine::fail() noexcept
{
    kernel::caught(&failure);
    failed = true;
    running = false;
}

sc_engine *engine_of(struct engine *engine)
{
    return static_cast<sc_engine *>(engine);
}

/* The door: from here on no exception gets out. */

struct engine *systemc_create(unsigned n_units, const enum engine_phase *phases,
                              struct engine_client client, struct err *err)
{
    if (n_units > SYSTEMC_UNITS_MAX) {
        err_set(err, STATUS_LIMIT,
                "the SystemC engine drives at most %u units, this machine has %u; "
                "use the native engine",
                SYSTEMC_UNITS_MAX, n_units);
        return nullptr;
    }
    try {
        return new sc_engine(n_units, phases, client);
    } catch (...) {
        kernel::caught(err);
        return nullptr;
    }
}

void systemc_destroy(struct engine *engine)
{
    try {
        delete (engine ? engine_of(engine) : nullptr);
    } catch (...) {
        /* SystemC would not end a process: it stays, without an event. */
    }
}

void systemc_wake(struct engine *engine, unsigned unit, cycle_t at)
{
    try {
        engine_of(engine)->wake(unit, at);
    } catch (...) {
        engine_of(engine)->fail();
    }
}

enum engine_stop systemc_run(struct engine *engine, cycle_t until)
{
    try {
        return engine_of(engine)->run(until);
    } catch (...) {
        engine_of(engine)->fail();
        return ENGINE_STOPPED;
    }
}

void systemc_reset(struct engine *engine)
{
    try {
        engine_of(engine)->reset();
    } catch (...) {
        engine_of(engine)->fail();
    }
}

} // namespace

extern "C" const struct engine_kind engine_systemc = {
    "systemc",
    "a SystemC simulation: each unit a process, each wake a timed notification",
    systemc_create,
    systemc_destroy,
    systemc_wake,
    systemc_run,
    systemc_reset,
};

extern "C" enum status systemc_status(const struct engine *engine, struct err *err)
{
    const sc_engine *e = static_cast<const sc_engine *>(engine);
    if (!e->failed)
        return STATUS_OK;
    return err_set(err, e->failure.status, "%s", e->failure.message);
}

extern "C" const char *systemc_version(void)
{
    return SC_VERSION;
}
