/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sim_engine.c - the engine port (src/sim/engine.h), on the native engine.
 *
 * The last test compares the queue with the slowest correct version of itself:
 * an array of wakes that is searched for the smallest key.  That the SystemC
 * engine does the same is the subject of test_systemc_engine.c.
 */
#include "base/rng.h"
#include "sim/engine.h"

#include <CUnit/Basic.h>

#define N_UNITS 4u
#define LOG_MAX 64u

/* A client that writes down who ran when. */
struct script {
    struct engine *engine;
    unsigned n_log;
    struct {
        unsigned unit;
        cycle_t now;
    } log[LOG_MAX];
    /* What unit 'act_unit' does when it runs. */
    unsigned act_unit, wake_unit;
    cycle_t wake_at;
    bool stop;
};

static bool script_run(void *context, unsigned unit, cycle_t now)
{
    struct script *s = context;
    CU_ASSERT_FATAL(s->n_log < LOG_MAX);
    s->log[s->n_log].unit = unit;
    s->log[s->n_log++].now = now;
    if (unit != s->act_unit)
        return true;
    s->act_unit = N_UNITS;
    if (s->wake_at != CYCLE_NEVER)
        engine_wake(s->engine, s->wake_unit, s->wake_at);
    return !s->stop;
}

static void begin(struct script *s)
{
    /* Units 0 and 1 are cores, 2 is a directory, 3 a watchdog. */
    static const enum engine_phase phases[N_UNITS] = {PHASE_CORE, PHASE_CORE,
                                                      PHASE_MEMORY, PHASE_TIMER};
    *s = (struct script){.act_unit = N_UNITS, .wake_at = CYCLE_NEVER};
    struct engine_client client = {s, script_run};
    s->engine = engine_native.create(N_UNITS, phases, client, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(s->engine);
}

static bool ran(const struct script *s, unsigned i, unsigned unit, cycle_t now)
{
    return i < s->n_log && s->log[i].unit == unit && s->log[i].now == now;
}

static enum engine_stop go(struct script *s, cycle_t until)
{
    return s->engine->kind->run(s->engine, until);
}

static void simultaneous_wakes_run_by_phase_then_unit(void)
{
    struct script s;
    begin(&s);
    for (unsigned unit = N_UNITS; unit-- > 0;)
        engine_wake(s.engine, unit, 5);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL(s.n_log, N_UNITS);
    CU_ASSERT(ran(&s, 0, 2, 5) && ran(&s, 1, 0, 5));
    CU_ASSERT(ran(&s, 2, 1, 5) && ran(&s, 3, 3, 5));
    s.engine->kind->destroy(s.engine);
}

static void the_earlier_of_two_wakes_wins_and_there_is_only_one(void)
{
    struct script s;
    begin(&s);
    engine_wake(s.engine, 0, 9);
    engine_wake(s.engine, 0, 4);
    engine_wake(s.engine, 0, 6);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL(s.n_log, 1);
    CU_ASSERT(ran(&s, 0, 0, 4));
    s.engine->kind->destroy(s.engine);
}

static void a_wake_at_until_runs_and_one_behind_it_waits(void)
{
    struct script s;
    begin(&s);
    engine_wake(s.engine, 0, 10);
    engine_wake(s.engine, 1, 11);
    CU_ASSERT_EQUAL(go(&s, 9), ENGINE_UNTIL);
    CU_ASSERT_EQUAL(s.n_log, 0);
    CU_ASSERT_EQUAL(go(&s, 10), ENGINE_UNTIL);
    CU_ASSERT_EQUAL(s.n_log, 1);
    CU_ASSERT_EQUAL(go(&s, 11), ENGINE_IDLE);
    CU_ASSERT(ran(&s, 1, 1, 11));
    s.engine->kind->destroy(s.engine);
}

static void a_unit_may_wake_itself_in_the_same_cycle(void)
{
    struct script s;
    begin(&s);
    s.act_unit = s.wake_unit = 0;
    s.wake_at = 5;
    engine_wake(s.engine, 0, 5);
    engine_wake(s.engine, 1, 5);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT(ran(&s, 0, 0, 5) && ran(&s, 1, 0, 5) && ran(&s, 2, 1, 5));
    s.engine->kind->destroy(s.engine);
}

static void a_running_unit_can_pull_another_one_forward(void)
{
    struct script s;
    begin(&s);
    s.act_unit = 2;
    s.wake_unit = 1;
    s.wake_at = 7;
    engine_wake(s.engine, 1, 100);
    engine_wake(s.engine, 2, 3);
    engine_wake(s.engine, 0, 50);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL(s.n_log, 3);
    CU_ASSERT(ran(&s, 0, 2, 3) && ran(&s, 1, 1, 7) && ran(&s, 2, 0, 50));
    s.engine->kind->destroy(s.engine);
}

static void a_client_that_stops_keeps_the_other_wakes(void)
{
    struct script s;
    begin(&s);
    s.act_unit = 0;
    s.stop = true;
    engine_wake(s.engine, 0, 5);
    engine_wake(s.engine, 1, 5);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_STOPPED);
    CU_ASSERT_EQUAL(s.n_log, 1);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT(ran(&s, 1, 1, 5));
    s.engine->kind->destroy(s.engine);
}

static void a_wake_for_never_is_no_wake(void)
{
    struct script s;
    begin(&s);
    engine_wake(s.engine, 0, CYCLE_NEVER);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL(s.n_log, 0);
    s.engine->kind->destroy(s.engine);
}

static void a_reset_drops_wakes_and_goes_back_to_cycle_zero(void)
{
    struct script s;
    begin(&s);
    engine_wake(s.engine, 0, 10);
    engine_wake(s.engine, 1, 20);
    CU_ASSERT_EQUAL(go(&s, 10), ENGINE_UNTIL);
    s.engine->kind->reset(s.engine);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL(s.n_log, 1);
    engine_wake(s.engine, 2, 0);
    CU_ASSERT_EQUAL(go(&s, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT(ran(&s, 1, 2, 0));
    s.engine->kind->destroy(s.engine);
}

/* The reference: search for the smallest (cycle, phase, unit). */
#define MANY 100u

struct reference {
    struct engine *engine;
    unsigned n_units, n_runs;
    uint64_t seed, n_draws;
    enum engine_phase phases[MANY];
    cycle_t wakes[MANY];
    bool right;
};

static uint64_t draw_below(struct reference *r, uint64_t n)
{
    return rng_draw(r->seed, 0, r->n_draws++) % n;
}

static unsigned reference_first(const struct reference *r)
{
    unsigned first = 0;
    for (unsigned u = 1; u < r->n_units; u++) {
        if (r->wakes[u] < r->wakes[first] ||
            (r->wakes[u] == r->wakes[first] && r->phases[u] < r->phases[first]))
            first = u;
    }
    return first;
}

static void reference_wake(struct reference *r, unsigned unit, cycle_t at)
{
    engine_wake(r->engine, unit, at);
    if (at < r->wakes[unit])
        r->wakes[unit] = at;
}

static bool reference_run(void *context, unsigned unit, cycle_t now)
{
    struct reference *r = context;
    r->right = r->right && unit == reference_first(r) && now == r->wakes[unit];
    r->wakes[unit] = CYCLE_NEVER;
    for (uint64_t n = draw_below(r, 4); n > 0; n--)
        reference_wake(r, (unsigned)draw_below(r, r->n_units),
                       now + 1 + draw_below(r, 5));
    reference_wake(r, unit, now + draw_below(r, 3));
    return ++r->n_runs < 500 && r->right;
}

static void the_order_is_that_of_a_plain_search(void)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct reference r = {.seed = seed, .right = true};
        r.n_units = 1 + (unsigned)draw_below(&r, MANY);
        for (unsigned u = 0; u < r.n_units; u++) {
            r.phases[u] = (enum engine_phase)draw_below(&r, ENGINE_N_PHASES);
            r.wakes[u] = CYCLE_NEVER;
        }
        struct engine_client client = {&r, reference_run};
        r.engine = engine_native.create(r.n_units, r.phases, client, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(r.engine);
        reference_wake(&r, (unsigned)draw_below(&r, r.n_units), draw_below(&r, 3));
        engine_native.run(r.engine, CYCLE_NEVER);
        CU_ASSERT(r.right);
        CU_ASSERT_EQUAL(r.n_runs, 500);
        engine_native.destroy(r.engine);
    }
}

static CU_TestInfo tests[] = {
    {"simultaneous wakes run by phase then unit",
     simultaneous_wakes_run_by_phase_then_unit},
    {"the earlier of two wakes wins and there is only one",
     the_earlier_of_two_wakes_wins_and_there_is_only_one},
    {"a wake at until runs and one behind it waits",
     a_wake_at_until_runs_and_one_behind_it_waits},
    {"a unit may wake itself in the same cycle",
     a_unit_may_wake_itself_in_the_same_cycle},
    {"a running unit can pull another one forward",
     a_running_unit_can_pull_another_one_forward},
    {"a client that stops keeps the other wakes",
     a_client_that_stops_keeps_the_other_wakes},
    {"a wake for never is no wake", a_wake_for_never_is_no_wake},
    {"a reset drops wakes and goes back to cycle zero",
     a_reset_drops_wakes_and_goes_back_to_cycle_zero},
    {"the order is that of a plain search", the_order_is_that_of_a_plain_search},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"engine", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
