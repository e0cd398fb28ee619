/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_systemc_engine.c - the SystemC engine (src/systemc/systemc.h) gives
 * exactly what the native engine gives.
 *
 * A random program decides from a counter-based stream, keyed by (unit, how
 * often it ran), whom to wake when and whether to stop; so two engines that
 * run it differ as soon as they differ in one run of one unit.  SystemC's one
 * clock per process is the risk, so engines are run one after another, in
 * turns, over again after a reset, and in slices.
 */
#include "base/rng.h"
#include "systemc/systemc.h"
#include "systemc/vcd.h"

#include <CUnit/Basic.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNITS_MAX 40u
#define RUNS_MAX  300u

struct program {
    uint64_t seed;
    unsigned n_units, reach; /* 'reach': how far ahead a wake may be. */
    enum engine_phase phases[UNITS_MAX];
};

struct run {
    unsigned unit;
    cycle_t now;
};

/* One execution of a program on one engine. */
struct player {
    const struct program *program;
    struct engine *engine;
    uint64_t draws[UNITS_MAX];
    unsigned n_runs;
    struct run runs[RUNS_MAX];
    enum engine_stop stop; /* Why it stopped last. */
};

static uint64_t draw_below(struct player *p, unsigned unit, uint64_t n)
{
    return rng_draw(p->program->seed, unit, p->draws[unit]++) % n;
}

static bool player_run(void *context, unsigned unit, cycle_t now)
{
    struct player *p = context;
    p->runs[p->n_runs++] = (struct run){unit, now};
    for (uint64_t n = draw_below(p, unit, 3); n > 0; n--)
        engine_wake(p->engine, (unsigned)draw_below(p, unit, p->program->n_units),
                    now + 1 + draw_below(p, unit, p->program->reach));
    engine_wake(p->engine, unit, now + draw_below(p, unit, p->program->reach));
    return p->n_runs < RUNS_MAX && draw_below(p, unit, 50) > 0;
}

static struct program program_of(uint64_t seed)
{
    struct program program = {.seed = seed};
    program.n_units = 1 + (unsigned)(rng_draw(seed, 1000, 0) % UNITS_MAX);
    program.reach = rng_draw(seed, 1000, 1) % 2 ? 3 : 5000;
    for (unsigned u = 0; u < program.n_units; u++)
        program.phases[u] =
            (enum engine_phase)(rng_draw(seed, 1000, 2 + u) % ENGINE_N_PHASES);
    return program;
}

static void begin(struct player *p, const struct program *program,
                  const struct engine_kind *kind)
{
    memset(p, 0, sizeof *p);
    p->program = program;
    struct engine_client client = {p, player_run};
    p->engine = kind->create(program->n_units, program->phases, client, NULL);
    assert(p->engine); /* Not CUnit's: run_quietly() is outside of any test. */
    engine_wake(p->engine, 0, program->seed % 7);
}

static void go(struct player *p, cycle_t until)
{
    if (p->n_runs < RUNS_MAX)
        p->stop = p->engine->kind->run(p->engine, until);
}

static bool same(const struct player *a, const struct player *b)
{
    if (a->n_runs != b->n_runs || a->stop != b->stop)
        return false;
    for (unsigned i = 0; i < a->n_runs; i++) {
        if (a->runs[i].unit != b->runs[i].unit || a->runs[i].now != b->runs[i].now)
            return false;
    }
    return true;
}

static void finish(struct player *p)
{
    p->engine->kind->destroy(p->engine);
    p->engine = NULL;
}

static void both_engines_run_the_same_units_in_the_same_order(void)
{
    for (uint64_t seed = 0; seed < 1500; seed++) {
        struct program program = program_of(seed);
        struct player native, systemc;
        begin(&native, &program, &engine_native);
        begin(&systemc, &program, &engine_systemc);
        for (int i = 0; i < 20; i++) { /* A program may stop and go on. */
            go(&native, CYCLE_NEVER);
            go(&systemc, CYCLE_NEVER);
            CU_ASSERT_FATAL(same(&native, &systemc));
        }
        finish(&native);
        finish(&systemc);
    }
}

static void slices_change_nothing(void)
{
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct program program = program_of(seed);
        struct player native, systemc;
        begin(&native, &program, &engine_native);
        begin(&systemc, &program, &engine_systemc);
        for (cycle_t until = 0; until < 40 * program.reach; until += program.reach) {
            go(&native, until);
            go(&systemc, until);
            CU_ASSERT_FATAL(same(&native, &systemc));
        }
        finish(&native);
        finish(&systemc);
    }
}

static void engines_that_take_turns_do_not_disturb_each_other(void)
{
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct program a = program_of(seed), b = program_of(seed + 100000);
        struct player native_a, native_b, systemc_a, systemc_b;
        begin(&native_a, &a, &engine_native);
        begin(&native_b, &b, &engine_native);
        begin(&systemc_a, &a, &engine_systemc);
        begin(&systemc_b, &b, &engine_systemc);
        for (cycle_t until = 0; until < 20 * a.reach; until += a.reach) {
            go(&native_a, until);
            go(&systemc_a, until);
            go(&native_b, until);
            go(&systemc_b, until);
            CU_ASSERT_FATAL(same(&native_a, &systemc_a));
            CU_ASSERT_FATAL(same(&native_b, &systemc_b));
        }
        finish(&native_a);
        finish(&systemc_a);
        finish(&native_b);
        finish(&systemc_b);
    }
}

/* Even when the first run ended with a wake due in the very same cycle. */
static void a_run_after_a_reset_is_like_the_first(void)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        struct program program = program_of(seed);
        struct player first, again;
        begin(&first, &program, &engine_systemc);
        go(&first, CYCLE_NEVER);
        begin(&again, &program, &engine_systemc);
        for (int round = 0; round < 3; round++) {
            go(&again, CYCLE_NEVER);
            CU_ASSERT_FATAL(same(&first, &again));
            again.engine->kind->reset(again.engine);
            memset(again.draws, 0, sizeof again.draws);
            again.n_runs = 0;
            engine_wake(again.engine, 0, seed % 7);
        }
        finish(&first);
        finish(&again);
    }
}

/* A sleep longer than SystemC's clock can hold moves the engine's origin. */
static bool sleeper_run(void *context, unsigned unit, cycle_t now)
{
    struct player *p = context;
    p->runs[p->n_runs++] = (struct run){unit, now};
    if (unit == 0 && p->n_runs < 20)
        engine_wake(p->engine, 0, now + (UINT64_C(1) << (40 + p->n_runs)));
    if (unit == 1 && p->n_runs < 20)
        engine_wake(p->engine, 1, now + (UINT64_C(1) << 46));
    return true;
}

static void sleeps_of_any_length_keep_their_order(void)
{
    static const enum engine_phase phases[2] = {PHASE_TIMER, PHASE_CORE};
    static const struct engine_kind *const kinds[2] = {&engine_native, &engine_systemc};
    struct player players[2] = {0};
    for (int i = 0; i < 2; i++) {
        struct engine_client client = {&players[i], sleeper_run};
        players[i].engine = kinds[i]->create(2, phases, client, NULL);
        CU_ASSERT_PTR_NOT_NULL_FATAL(players[i].engine);
        engine_wake(players[i].engine, 0, 0);
        engine_wake(players[i].engine, 1, UINT64_C(1) << 62);
        /* A wake before the one that is so far off, after a look at it. */
        go(&players[i], 1000);
        engine_wake(players[i].engine, 1, 2000);
        go(&players[i], CYCLE_NEVER);
    }
    CU_ASSERT(same(&players[0], &players[1]));
    CU_ASSERT_EQUAL(players[1].stop, ENGINE_IDLE);
    CU_ASSERT(players[1].n_runs > 20);
    CU_ASSERT_EQUAL(systemc_status(players[1].engine, NULL), STATUS_OK);
    finish(&players[0]);
    finish(&players[1]);
}

static bool nothing_to_do(void *context, unsigned unit, cycle_t now)
{
    (void)unit;
    (void)now;
    ++*(unsigned *)context;
    return true;
}

static void the_largest_machine_fits_and_a_larger_one_is_refused(void)
{
    static enum engine_phase phases[SYSTEMC_UNITS_MAX + 1];
    for (unsigned u = 0; u <= SYSTEMC_UNITS_MAX; u++)
        phases[u] = (enum engine_phase)(u % ENGINE_N_PHASES);
    unsigned n_runs = 0;
    struct engine_client client = {&n_runs, nothing_to_do};
    struct err err = {0};
    CU_ASSERT_PTR_NULL(
        engine_systemc.create(SYSTEMC_UNITS_MAX + 1, phases, client, &err));
    CU_ASSERT_EQUAL(err.status, STATUS_LIMIT);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "3333"));
    struct engine *engine =
        engine_systemc.create(SYSTEMC_UNITS_MAX, phases, client, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    for (unsigned u = 0; u < SYSTEMC_UNITS_MAX; u++)
        engine_wake(engine, u, 1);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, 1), ENGINE_IDLE);
    CU_ASSERT_EQUAL(n_runs, SYSTEMC_UNITS_MAX);
    engine_systemc.destroy(engine);
}

/* Has file descriptor 'fd' write to 'file'. Returns a copy of the old one. */
static int redirect(int fd, FILE *file)
{
    fflush(NULL);
    int old = dup(fd);
    dup2(fileno(file), fd);
    return old;
}

static void restore(int fd, int old)
{
    fflush(NULL);
    dup2(old, fd);
    close(old);
}

/* In a new process image, so that SystemC is really at its first start. */
static long bytes_printed_by(const char *program, const char *argument)
{
    FILE *file = tmpfile();
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char command[4096];
    snprintf(command, sizeof command, "'%s' %s", program, argument);
    int out = redirect(1, file), err = redirect(2, file);
    int status = system(command);
    restore(1, out);
    restore(2, err);
    fseek(file, 0, SEEK_END);
    long bytes = ftell(file);
    fclose(file);
    return status == 0 ? bytes : -1;
}

static void systemc_prints_nothing(void)
{
    char self[2048] = {0};
    CU_ASSERT_FATAL(readlink("/proc/self/exe", self, sizeof self - 1) > 0);
    CU_ASSERT_EQUAL(bytes_printed_by(self, "quiet"), 0);
}

static int run_quietly(void)
{
    for (uint64_t seed = 0; seed < 5; seed++) {
        struct program program = program_of(seed);
        struct player player;
        begin(&player, &program, &engine_systemc);
        go(&player, CYCLE_NEVER);
        go(&player, 0);
        finish(&player);
    }
    /* Making a trace file is what SystemC talks about most. */
    static const struct vcd_signal signal = {"x", 1, NULL};
    char path[] = "test_systemc_engine.quiet.vcd";
    enum status status = vcd_write(path, &signal, 1, NULL, 0, 0, 9, NULL);
    unlink(path);
    return status == STATUS_OK ? 0 : 1;
}

static CU_TestInfo tests[] = {
    {"both engines run the same units in the same order",
     both_engines_run_the_same_units_in_the_same_order},
    {"slices change nothing", slices_change_nothing},
    {"engines that take turns do not disturb each other",
     engines_that_take_turns_do_not_disturb_each_other},
    {"a run after a reset is like the first", a_run_after_a_reset_is_like_the_first},
    {"sleeps of any length keep their order", sleeps_of_any_length_keep_their_order},
    {"the largest machine fits and a larger one is refused",
     the_largest_machine_fits_and_a_larger_one_is_refused},
    {"SystemC prints nothing", systemc_prints_nothing},
    CU_TEST_INFO_NULL,
};

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "quiet") == 0)
        return run_quietly();
    CU_SuiteInfo suites[] = {{"systemc", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
