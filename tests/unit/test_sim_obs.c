/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_sim_obs.c - observation records (src/sim/obs.h).
 */
#include "base/rng.h"
#include "sim/obs.h"

#include <CUnit/Basic.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_UNITS  7u
#define N_FRAMES 100u
#define LOG_MAX  20000u
#define ALL      UINT64_MAX

struct log {
    unsigned n;
    struct obs records[LOG_MAX];
};

static void write_down(void *context, const struct obs *record)
{
    struct log *log = context;
    CU_ASSERT_FATAL(log->n < LOG_MAX);
    log->records[log->n++] = *record;
}

static struct obs_hub *listened(struct log *log, uint64_t kinds)
{
    struct obs_hub *hub = obs_create(N_UNITS, N_FRAMES, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(hub);
    log->n = 0;
    obs_listen(hub, (struct obs_listener){log, write_down}, kinds);
    return hub;
}

static void emit(struct obs_hub *hub, uint16_t unit, cycle_t cycle, uint64_t id)
{
    struct obs record = {.cycle = cycle, .kind = OBS_MARK, .unit = unit, .id = id};
    obs_emit(hub, &record);
}

static struct log log_a, log_b;

static void records_come_by_cycle_unit_and_order_of_emission(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    emit(hub, 3, 10, 5);
    emit(hub, 3, 10, 6);
    emit(hub, 3, 12, 8);
    emit(hub, 1, 9, 1);
    emit(hub, 1, 10, 2);
    emit(hub, 1, 10, 3);
    emit(hub, 2, 10, 4);
    emit(hub, 0, 11, 7);
    obs_flush(hub, CYCLE_NEVER);
    CU_ASSERT_EQUAL_FATAL(log_a.n, 8);
    for (unsigned i = 0; i < 8; i++)
        CU_ASSERT_EQUAL(log_a.records[i].id, i + 1);
    obs_destroy(hub);
}

static void a_flush_hands_out_what_lies_before_and_keeps_the_rest(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    emit(hub, 0, 99, 1);
    emit(hub, 0, 100, 2);
    obs_flush(hub, 99);
    CU_ASSERT_EQUAL(log_a.n, 0);
    obs_flush(hub, 100);
    CU_ASSERT_EQUAL(log_a.n, 1);
    obs_flush(hub, 101);
    CU_ASSERT_EQUAL(log_a.n, 2);
    obs_destroy(hub);
}

/* Emits 'n' random records to both hubs, of which one is flushed now and then
 * as an engine would do it: at the smallest cycle that can still come. */
static void feed_both(struct obs_hub *flushed, struct obs_hub *kept, uint64_t seed)
{
    cycle_t cycles[N_UNITS] = {0};
    for (unsigned i = 0; i < 2000; i++) {
        uint64_t draw = rng_draw(seed, 0, i);
        uint16_t unit = (uint16_t)(draw % N_UNITS);
        cycles[unit] += (draw >> 8) % 4;
        emit(flushed, unit, cycles[unit], i);
        emit(kept, unit, cycles[unit], i);
        cycle_t present = CYCLE_NEVER;
        for (unsigned u = 0; u < N_UNITS; u++)
            present = cycles[u] < present ? cycles[u] : present;
        if ((draw >> 16) % 20 == 0)
            obs_flush(flushed, present);
    }
}

static void how_often_one_flushes_changes_nothing(void)
{
    for (uint64_t seed = 0; seed < 50; seed++) {
        struct obs_hub *a = listened(&log_a, ALL), *b = listened(&log_b, ALL);
        feed_both(a, b, seed);
        obs_flush(a, CYCLE_NEVER);
        obs_flush(b, CYCLE_NEVER);
        CU_ASSERT_EQUAL(log_a.n, 2000);
        CU_ASSERT_EQUAL(log_b.n, 2000);
        for (unsigned i = 0; i < log_a.n; i++)
            CU_ASSERT_EQUAL_FATAL(log_a.records[i].id, log_b.records[i].id);
        obs_destroy(a);
        obs_destroy(b);
    }
}

static void a_buffer_grows_and_no_record_is_lost_or_changed(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    for (unsigned i = 0; i < 10000; i++) {
        struct obs record = {i, OBS_LOAD, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, i};
        obs_emit(hub, &record);
        if (i % 1000 == 999)
            obs_flush(hub, i - 100);
    }
    obs_flush(hub, CYCLE_NEVER);
    CU_ASSERT_EQUAL_FATAL(log_a.n, 10000);
    for (unsigned i = 0; i < 10000; i++) {
        const struct obs *r = &log_a.records[i];
        CU_ASSERT_FATAL(r->cycle == i && r->id == i && r->kind == OBS_LOAD);
        CU_ASSERT_FATAL(r->flags == 1 && r->unit == 2 && r->cpu == 3 && r->tid == 4);
        CU_ASSERT_FATAL(r->space == 5 && r->va == 6 && r->a == 7 && r->d == 10);
    }
    obs_destroy(hub);
}

static void a_listener_hears_only_the_kinds_it_asked_for(void)
{
    struct obs_hub *hub = listened(&log_a, UINT64_C(1) << OBS_MARK);
    log_b.n = 0;
    obs_listen(hub, (struct obs_listener){&log_b, write_down},
               UINT64_C(1) << OBS_MARK | UINT64_C(1) << OBS_LOCK);
    CU_ASSERT(obs_wanted(hub, OBS_MARK) && obs_wanted(hub, OBS_LOCK));
    CU_ASSERT_FALSE(obs_wanted(hub, OBS_LOAD));
    static const enum obs_kind emitted[] = {OBS_MARK, OBS_LOCK, OBS_LOAD, OBS_LOCK};
    for (unsigned i = 0; i < 4; i++) {
        struct obs record = {.cycle = i, .kind = (uint16_t)emitted[i]};
        obs_emit(hub, &record);
    }
    obs_flush(hub, CYCLE_NEVER);
    CU_ASSERT_EQUAL(log_a.n, 1);
    CU_ASSERT_EQUAL(log_b.n, 3);
    obs_destroy(hub);
}

static void a_frame_is_watched_until_every_watch_has_ended(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    const uint8_t *map = obs_watch_map(hub);
    pfn_t frame = {42};
    CU_ASSERT_EQUAL(map[42], 0);
    obs_watch(hub, frame);
    obs_watch(hub, frame);
    CU_ASSERT_NOT_EQUAL(map[42], 0);
    CU_ASSERT_EQUAL(map[41] + map[43], 0);
    obs_unwatch(hub, frame);
    CU_ASSERT_NOT_EQUAL(map[42], 0);
    obs_unwatch(hub, frame);
    CU_ASSERT_EQUAL(map[42], 0);
    obs_destroy(hub);
}

static void watching_all_hides_no_single_watch(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    const uint8_t *map = obs_watch_map(hub);
    obs_watch(hub, (pfn_t){7});
    obs_watch_all(hub, true);
    CU_ASSERT(obs_watching_all(hub));
    CU_ASSERT(map[0] && map[7] && map[N_FRAMES - 1]);
    obs_watch(hub, (pfn_t){8});
    obs_unwatch(hub, (pfn_t){8});
    CU_ASSERT(map[8]);
    obs_watch_all(hub, false);
    CU_ASSERT(!map[0] && map[7] && !map[8]);
    obs_destroy(hub);
}

static void a_reset_forgets_records_and_watches_but_no_listener(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    emit(hub, 0, 500, 1);
    emit(hub, 0, 600, 2);
    obs_flush(hub, 550);
    obs_watch(hub, (pfn_t){7});
    obs_reset(hub);
    CU_ASSERT_EQUAL(obs_watch_map(hub)[7], 0);
    emit(hub, 0, 3, 3); /* Time starts again. */
    obs_flush(hub, CYCLE_NEVER);
    CU_ASSERT_EQUAL_FATAL(log_a.n, 2);
    CU_ASSERT_EQUAL(log_a.records[1].id, 3);
    obs_watch(hub, (pfn_t){7});
    CU_ASSERT_NOT_EQUAL(obs_watch_map(hub)[7], 0);
    obs_reset(hub); /* The second reset is not worse than the first. */
    CU_ASSERT_EQUAL(obs_watch_map(hub)[7], 0);
    obs_destroy(hub);
}

/* The checker does this: it ends a watch when a record tells it to. */
static void end_the_watch(void *context, const struct obs *record)
{
    obs_unwatch(context, (pfn_t){(uint32_t)record->id});
}

static void a_listener_may_end_a_watch(void)
{
    struct obs_hub *hub = listened(&log_a, ALL);
    obs_listen(hub, (struct obs_listener){hub, end_the_watch}, ALL);
    obs_watch(hub, (pfn_t){9});
    emit(hub, 0, 1, 9);
    obs_flush(hub, 2);
    CU_ASSERT_EQUAL(obs_watch_map(hub)[9], 0);
    obs_destroy(hub);
}

static bool dies(void (*act)(struct obs_hub *))
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        close(2);
        struct obs_hub *hub = obs_create(N_UNITS, N_FRAMES, NULL);
        obs_listen(hub, (struct obs_listener){&log_a, write_down}, ALL);
        log_a.n = 0;
        act(hub);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void go_back_within_a_unit(struct obs_hub *hub)
{
    emit(hub, 1, 10, 0);
    emit(hub, 1, 9, 0);
}

static void go_back_behind_a_flush(struct obs_hub *hub)
{
    obs_flush(hub, 10);
    emit(hub, 1, 9, 0);
}

static void stay_at_the_flush(struct obs_hub *hub)
{
    emit(hub, 1, 9, 0);
    emit(hub, 1, 9, 0);
    obs_flush(hub, 10);
    emit(hub, 2, 10, 0);
}

static void obs1_and_obs2_are_asserted(void)
{
    CU_ASSERT(dies(go_back_within_a_unit));
    CU_ASSERT(dies(go_back_behind_a_flush));
    CU_ASSERT_FALSE(dies(stay_at_the_flush));
}

static void every_kind_has_a_name_and_a_meaning(void)
{
    CU_ASSERT_STRING_EQUAL(obs_name(OBS_LOAD), "LOAD");
    CU_ASSERT_STRING_EQUAL(obs_name(OBS_EXPECT), "EXPECT");
    for (int kind = 0; kind < OBS_N_KINDS; kind++)
        CU_ASSERT(strlen(obs_meaning((enum obs_kind)kind)) > 0);
}

static CU_TestInfo tests[] = {
    {"records come by cycle, unit and order of emission",
     records_come_by_cycle_unit_and_order_of_emission},
    {"a flush hands out what lies before and keeps the rest",
     a_flush_hands_out_what_lies_before_and_keeps_the_rest},
    {"how often one flushes changes nothing", how_often_one_flushes_changes_nothing},
    {"a buffer grows and no record is lost or changed",
     a_buffer_grows_and_no_record_is_lost_or_changed},
    {"a listener hears only the kinds it asked for",
     a_listener_hears_only_the_kinds_it_asked_for},
    {"a frame is watched until every watch has ended",
     a_frame_is_watched_until_every_watch_has_ended},
    {"watching all hides no single watch", watching_all_hides_no_single_watch},
    {"a reset forgets records and watches but no listener",
     a_reset_forgets_records_and_watches_but_no_listener},
    {"a listener may end a watch", a_listener_may_end_a_watch},
    {"OBS1 and OBS2 are asserted", obs1_and_obs2_are_asserted},
    {"every kind has a name and a meaning", every_kind_has_a_name_and_a_meaning},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"obs", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
