/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_memory_order.c - x86-TSO on the timed machine, and locks that are memory.
 *
 * SB, LB and MP are the shapes of the litmus literature: store buffering is
 * allowed, load buffering and message passing out of order are not.
 */
#include <CUnit/Basic.h>

#include "guest_world.h"

#define MAP                                                                         \
    "let x = 0x510000000000\nlet y = 0x510000001000\nlet l = 0x520000000000\n"      \
    "stream 0 proc 0 \"main\"\n  mmap @x 64K rw\n  mmap @l 4K rw\n  store 8 @x 0\n" \
    "  store 8 @y 0\n  store 8 @l 0\n"

/* What the loads of threads 1 and 2 returned: bit 0 is the last load of thread
 * 1, bit 1 that of thread 2 ("1": the value 1 of a store). */
static unsigned outcome(const struct world *w)
{
    unsigned value[3] = {0};
    for (size_t i = 0; i < w->n; i++) {
        const struct obs *r = &w->records[i];
        if (r->kind == OBS_LOAD && (r->tid == 1 || r->tid == 2) &&
            r->va < 0x520000000000u)
            value[r->tid] = ver_value((ver_t){r->b}) == 1;
    }
    return value[1] | value[2] << 1;
}

/* Runs two threads many times; the outcomes seen, a bit each. Both have the
 * pages in their TLBs and start at a barrier, with another delay each time. */
static unsigned outcomes(const char *first, const char *second)
{
    unsigned seen = 0;
    for (unsigned delay = 0; delay < 120; delay += 3) {
        char text[2048];
        snprintf(text, sizeof text,
                 MAP "  spawn 1\n  spawn 2\n  join 1\n  join 2\n  exit\n"
                     "stream 1 proc 0 \"one\" spawned by 0\n  rmw 8 @x+512\n"
                     "  rmw 8 @y+512\n  load 8 @x\n  load 8 @y\n  barrier @l 2\n"
                     "  compute 60\n%s  exit\n"
                     "stream 2 proc 0 \"two\" spawned by 0\n  rmw 8 @x+576\n"
                     "  rmw 8 @y+576\n  load 8 @x\n  load 8 @y\n  barrier @l 2\n"
                     "  compute %u\n%s  exit\n",
                 first, 1 + delay, second);
        struct world w;
        world_go(&w, "tiny/three_cores", "two_stage", text,
                 SETS("check.watch=all", "tlb.l1d.ways=4"));
        CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
        seen |= 1u << outcome(&w);
        world_close(&w);
    }
    return seen;
}

#define BOTH_0 (1u << 0)
#define ONLY_1 (1u << 1) /* Thread 1 read 1, thread 2 read 0. */
#define ONLY_2 (1u << 2)
#define BOTH_1 (1u << 3)

static void SB_both_loads_may_miss_the_others_store(void)
{
    unsigned seen =
        outcomes("  store 8 @x 1\n  load 8 @y\n", "  store 8 @y 1\n  load 8 @x\n");
    CU_ASSERT(seen & BOTH_0);
    CU_ASSERT(seen & (ONLY_1 | ONLY_2 | BOTH_1));
}

static void SB_with_fences_one_of_the_loads_sees_a_store(void)
{
    unsigned seen = outcomes("  store 8 @x 1\n  fence\n  load 8 @y\n",
                             "  store 8 @y 1\n  fence\n  load 8 @x\n");
    CU_ASSERT_EQUAL(seen & BOTH_0, 0);
}

static void SB_with_locked_operations_is_forbidden_too(void)
{
    unsigned seen = outcomes("  store 8 @x 1\n  rmw 8 @x+128\n  load 8 @y\n",
                             "  store 8 @y 1\n  rmw 8 @y+128\n  load 8 @x\n");
    CU_ASSERT_EQUAL(seen & BOTH_0, 0);
}

static void LB_two_loads_never_see_the_stores_behind_them(void)
{
    unsigned seen =
        outcomes("  load 8 @x\n  store 8 @y 1\n", "  load 8 @y\n  store 8 @x 1\n");
    CU_ASSERT_EQUAL(seen & BOTH_1, 0);
}

/* Thread 1 stores x then y; thread 2 loads y then x: y new and x old never. */
static void MP_stores_are_seen_in_order(void)
{
    unsigned n_new = 0;
    for (unsigned delay = 0; delay < 150; delay += 2) {
        char text[1500];
        snprintf(
            text, sizeof text,
            MAP "  spawn 1\n  spawn 2\n  join 1\n  join 2\n  exit\n"
                "stream 1 proc 0 \"one\" spawned by 0\n  load 8 @x\n  load 8 @y\n"
                "  barrier @l 2\n  compute 60\n  store 8 @x 1\n  store 8 @y 1\n  exit\n"
                "stream 2 proc 0 \"two\" spawned by 0\n  load 8 @x\n  load 8 @y\n"
                "  barrier @l 2\n  compute %u\n  load 8 @y\n  load 8 @x\n  exit\n",
            1 + delay);
        struct world w;
        world_go(&w, "tiny/three_cores", "two_stage", text,
                 SETS("check.watch=all", "tlb.l1d.ways=4"));
        unsigned y = 0, x = 0;
        for (size_t i = 0; i < w.n; i++) {
            const struct obs *r = &w.records[i];
            if (r->kind != OBS_LOAD || r->tid != 2)
                continue;
            *(r->va == 0x510000001000u ? &y : &x) = ver_value((ver_t){r->b});
        }
        CU_ASSERT(!(y == 1 && x == 0));
        n_new += y == 1;
        world_close(&w);
    }
    CU_ASSERT(n_new > 0 && n_new < 75);
}

static void a_load_is_answered_by_the_own_store_buffer(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage",
             MAP
             "  fence\n  evict @x\n  store 8 @x 1\n  load 8 @x\n  fence\n  load 8 @x\n"
             "  exit\n",
             SETS("check.watch=all"));
    unsigned n = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        if (r->kind != OBS_LOAD)
            continue;
        CU_ASSERT_EQUAL(ver_value((ver_t){r->b}), 1);
        CU_ASSERT_EQUAL(r->flags & OBS_FORWARDED, n == 0 ? OBS_FORWARDED : 0);
        n++;
    }
    CU_ASSERT_EQUAL(n, 2);
    world_close(&w);
}

static void a_full_store_buffer_makes_stores_wait(void)
{
    static const char text[] =
        MAP "  fence\n  mark 1\n  store 8 @x+64\n  store 8 @x+128\n  store 8 @x+192\n"
            "  store 8 @x+256\n  mark 2\n  exit\n";
    cycle_t took[2];
    for (unsigned i = 0; i < 2; i++) {
        struct world w;
        world_go(&w, "tiny/two_cores", "two_stage", text,
                 i ? SETS("core.store_buffer=16", "mem.dram_local_cycles=500")
                   : SETS("core.store_buffer=1", "mem.dram_local_cycles=500"));
        took[i] = world_mark(&w, 2)->cycle - world_mark(&w, 1)->cycle;
        world_close(&w);
    }
    CU_ASSERT(took[0] >= took[1]);
}

/* R22: stores that were translated before an invalidation land in the old
 * frame, before the acknowledgement. */
static void a_store_translated_before_an_invalidation_lands_before_the_ack(void)
{
    unsigned n_landed = 0;
    for (unsigned delay = 0; delay < 400; delay += 4) {
        char text[1500];
        snprintf(
            text, sizeof text,
            MAP "  spawn 1\n  barrier @l 2\n  compute %u\n  munmap @x 4K\n  join 1\n"
                "  exit\n"
                "stream 1 proc 0 \"one\" spawned by 0\n  store 8 @x+8\n  barrier @l 2\n"
                "  repeat 40 as i\n    store 8 @x+64*i\n  end\n  exit\n",
            1 + delay);
        struct world w;
        world_go(&w, "tiny/two_cores", "two_stage", text,
                 SETS("check.watch=all", "core.on_segv=skip", "core.store_buffer=64",
                      "mem.c2c_cluster_cycles=60"));
        size_t at = 0;
        const struct obs *ack = world_next(&w, &at, OBS_IPI_ACK);
        const struct obs *freed = NULL;
        for (at = 0; (freed = world_next(&w, &at, OBS_FRAME_FREE)) != NULL;)
            if (ack && freed->cycle >= ack->cycle)
                break;
        for (size_t i = 0; ack && freed && i < w.n; i++) {
            const struct obs *r = &w.records[i];
            bool old = r->kind == OBS_STORE && r->tid == 1 && r->a == freed->a;
            CU_ASSERT(!old || r->cycle <= ack->cycle);
            n_landed += old;
        }
        world_close(&w);
    }
    CU_ASSERT(n_landed > 0);
}

/* cow-protocols.md section 1 (d): with the lock word on the page itself, taking
 * the lock faults and refreshes the reader's translation, which hides the bug. */
static const char *lock_on_page(unsigned offset)
{
    static char text[4096];
    snprintf(
        text, sizeof text,
        "let t = 0x510000000000\nlet lock = 0x520000000000\nlet b = 0x530000000000\n"
        "stream 0 proc 0 \"main\"\n  mmap @t 4K rw\n  mmap @lock 4K rw\n"
        "  store 8 @t 0\n  store 8 @t+%u 0\n  store 8 @lock 0\n"
        "  fork 4\n  store 8 @lock 0\n  spawn 1\n  spawn 2\n  spawn 3\n"
        "  join 1\n  join 2\n  join 3\n  waitpid 4\n  exit\n"
        "stream 1 proc 0 \"A\" spawned by 0\n  load 8 @t\n  barrier @b 3\n"
        "  compute 1000\n  store 8 @t+8\n  exit\n"
        "stream 2 proc 0 \"B\" spawned by 0\n  barrier @b 3\n  compute 4000\n"
        "  lock @%s\n  store 8 @t+64\n  unlock @%s\n  exit\n"
        "stream 3 proc 0 \"C\" spawned by 0\n  barrier @b 3\n  load 8 @t+64\n"
        "  compute 6000\n  lock @%s\n  load 8 @t+64\n  unlock @%s\n  exit\n"
        "stream 4 proc 1 \"child\" forked by 0\n  compute 400000\n  exit\n",
        offset, offset ? "t+128" : "lock", offset ? "t+128" : "lock",
        offset ? "t+128" : "lock", offset ? "t+128" : "lock");
    return text;
}

static void a_lock_word_elsewhere_lets_single_stage_read_stale(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "single_stage", lock_on_page(0),
             SETS("ipi.cluster_cycles=10000"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT(world_checked(&w)->under_lock[CHECK_STALE] > 0);
    world_close(&w);
    world_go(&w, "tiny/four_cores", "two_stage", lock_on_page(0),
             SETS("ipi.cluster_cycles=10000"));
    CU_ASSERT_EQUAL(world_violations(&w), 0);
    world_close(&w);
}

static void a_lock_word_on_the_page_itself_hides_the_bug(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "single_stage", lock_on_page(128),
             SETS("ipi.cluster_cycles=10000"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(world_violations(&w), 0);
    CU_ASSERT(world_count(&w, OBS_BUSY_SLEEP) > 0); /* Who locks, faults and sleeps. */
    world_close(&w);
}

static CU_TestInfo tests[] = {
    {"SB both loads may miss the others store",
     SB_both_loads_may_miss_the_others_store},
    {"SB with fences one of the loads sees a store",
     SB_with_fences_one_of_the_loads_sees_a_store},
    {"SB with locked operations is forbidden too",
     SB_with_locked_operations_is_forbidden_too},
    {"LB two loads never see the stores behind them",
     LB_two_loads_never_see_the_stores_behind_them},
    {"MP stores are seen in order", MP_stores_are_seen_in_order},
    {"a load is answered by the own store buffer",
     a_load_is_answered_by_the_own_store_buffer},
    {"a full store buffer makes stores wait", a_full_store_buffer_makes_stores_wait},
    {"a store translated before an invalidation lands before the ack",
     a_store_translated_before_an_invalidation_lands_before_the_ack},
    {"a lock word elsewhere lets single stage read stale",
     a_lock_word_elsewhere_lets_single_stage_read_stale},
    {"a lock word on the page itself hides the bug",
     a_lock_word_on_the_page_itself_hides_the_bug},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "memory order", .pTests = tests},
        CU_SUITE_INFO_NULL,
    };
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
