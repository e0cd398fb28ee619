/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_shootdown.c - shootdown algorithms, map calls and SIGSEGV.
 */
#include <CUnit/Basic.h>

#include "guest_world.h"

#define MAP "let x = 0x510000000000\nlet y = 0x510000100000\nlet l = 0x520000000000\n"

/* Two threads that have the pages of both in their TLBs unmap at the same time. */
static const char two_initiators[] = MAP
    "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  mmap @y 4K rw\n  store 8 @x\n"
    "  store 8 @y\n  spawn 1\n  spawn 2\n  spawn 3\n  join 1\n  join 2\n  join 3\n  "
    "exit\n"
    "stream 1 proc 0 \"one\" spawned by 0\n  barrier @l 3\n  load 8 @x\n"
    "  store 8 @x\n  madvise @x 4K dontneed\n  exit\n"
    "stream 2 proc 0 \"two\" spawned by 0\n  barrier @l 3\n  load 8 @y\n"
    "  store 8 @y\n  madvise @y 4K dontneed\n  exit\n"
    "stream 3 proc 0 \"three\" spawned by 0\n  barrier @l 3\n  compute 90000\n  exit\n";

/* Processes with two threads each, so that no map lock serialises them. */
static const char two_processes[] = MAP
    "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
    "  spawn 3\n  compute 30000\n  store 8 @x\n  munmap @x 4K\n  join 3\n  waitpid 1\n"
    "  exit\n"
    "stream 1 proc 1 \"child\" forked by 0\n  spawn 2\n  compute 28800\n  store 8 @x\n"
    "  munmap @x 4K\n  join 2\n  exit\n"
    "stream 2 proc 1 \"two\" spawned by 1\n  compute 90000\n  exit\n"
    "stream 3 proc 0 \"three\" spawned by 0\n  compute 90000\n  exit\n";

/* The most shootdowns whose IPIs were sent and not all acknowledged. */
static unsigned most_at_once(const struct world *w)
{
    uint64_t open[64];
    unsigned n = 0, most = 0;
    for (size_t i = 0; i < w->n; i++) {
        const struct obs *r = &w->records[i];
        if (r->kind == OBS_SHOOTDOWN_BEGIN && n < 64)
            open[n++] = r->id;
        for (unsigned k = 0; r->kind == OBS_SHOOTDOWN_END && k < n; k++)
            if (open[k] == r->id)
                open[k--] = open[--n];
        most = n > most ? n : most;
    }
    return most;
}

static void the_mutex_of_2018_serialises_initiators_and_2020_does_not(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "two_stage", two_processes,
             SETS("kernel.shootdown=freebsd2018", "ipi.cluster_cycles=9000"));
    CU_ASSERT(world_count(&w, OBS_SHOOTDOWN_BEGIN) >= 2);
    CU_ASSERT_EQUAL(most_at_once(&w), 1);
    world_close(&w);
    world_go(&w, "tiny/four_cores", "two_stage", two_processes,
             SETS("kernel.shootdown=freebsd2020", "ipi.cluster_cycles=9000"));
    CU_ASSERT(most_at_once(&w) >= 2);
    world_close(&w);
}

/* Is the acknowledgement of the first shootdown before its invalidation? */
static bool acks_first(const struct world *w)
{
    size_t at = 0;
    const struct obs *ack = world_next(w, &at, OBS_IPI_ACK);
    for (size_t i = 0; ack && i < w->n; i++)
        if (w->records[i].kind == OBS_TLB_INVAL && w->records[i].id == ack->id &&
            w->records[i].cpu == ack->cpu)
            return ack < &w->records[i];
    return false;
}

static void a_handler_of_2018_invalidates_and_then_acknowledges(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "two_stage", two_initiators,
             SETS("kernel.shootdown=freebsd2018"));
    CU_ASSERT(world_count(&w, OBS_IPI_ACK) > 0 && !acks_first(&w));
    world_close(&w);
}

static void a_handler_of_2020_acknowledges_and_then_invalidates(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "two_stage", two_initiators,
             SETS("kernel.shootdown=freebsd2020"));
    CU_ASSERT(world_count(&w, OBS_IPI_ACK) > 0 && acks_first(&w));
    world_close(&w);
}

/* What one of two threads does to a page that the other is reading. */
static void change_a_read_page(const char *call, enum obs_pte_reason why, bool frees)
{
    char text[1024];
    snprintf(text, sizeof text,
             MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  spawn 1\n"
                 "  barrier @l 2\n  compute 3000\n  %s\n  mark 1\n  join 1\n  exit\n"
                 "stream 1 proc 0 \"one\" spawned by 0\n  barrier @l 2\n  load 8 @x\n"
                 "  compute 90000\n  exit\n",
             call);
    struct world w;
    world_go(&w, "tiny/slow_ipi", "two_stage", text, NO_SETS);
    cycle_t changed = 0, ended = 0, freed = 0, done = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        if (r->kind == OBS_PTE_WRITE && r->c == why && !changed)
            changed = r->cycle;
        if (r->kind == OBS_SHOOTDOWN_END && !ended)
            ended = r->cycle;
        if (r->kind == OBS_FRAME_FREE && !freed)
            freed = r->cycle;
        if (r->kind == OBS_MARK)
            done = r->cycle;
    }
    CU_ASSERT_FATAL(changed && ended && done);
    CU_ASSERT(ended >= changed + 10000); /* The IPI alone takes that. */
    CU_ASSERT(done > ended);
    CU_ASSERT(!frees || (freed >= ended && freed < done));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void munmap_frees_frames_only_after_the_last_acknowledgement(void)
{
    change_a_read_page("munmap @x 4K", OBS_PTE_UNMAP, true);
}

static void madvise_frees_frames_only_after_the_last_acknowledgement(void)
{
    change_a_read_page("madvise @x 4K dontneed", OBS_PTE_UNMAP, true);
}

static void mprotect_returns_only_after_the_last_acknowledgement(void)
{
    change_a_read_page("mprotect @x 4K r", OBS_PTE_PROTECT, false);
}

static void protections_can_come_back_and_are_obeyed(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  mprotect @x 4K r\n"
        "  store 8 @x\n  load 8 @x\n  mprotect @x 4K rw\n  store 8 @x\n  mark 1\n  "
        "exit\n";
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", text, SETS("core.on_segv=skip"));
    CU_ASSERT_EQUAL(world_count(&w, OBS_SIGSEGV), 1);
    CU_ASSERT_PTR_NOT_NULL(world_mark(&w, 1));
    world_close(&w);
}

static const char segv[] =
    MAP "stream 0 proc 0 \"main\"\n  fork 1\n  waitpid 1\n  mark 2\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  spawn 2\n  load 8 @y\n  mark 1\n  "
        "join 2\n"
        "  exit\n"
        "stream 2 proc 1 \"other\" spawned by 1\n  wait @l 1\n  exit\n";

static void a_SIGSEGV_kills_the_process_and_the_rest_goes_on(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", segv, SETS("core.on_segv=kill"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(w.out.stats.segvs, 1);
    CU_ASSERT_PTR_NULL(world_mark(&w, 1));
    CU_ASSERT_PTR_NOT_NULL(world_mark(&w, 2));
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void a_SIGSEGV_stops_the_run_if_asked(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", segv, SETS("core.on_segv=stop"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_SEGV);
    world_close(&w);
}

static void a_SIGSEGV_can_be_skipped(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", segv, SETS("core.on_segv=skip"));
    CU_ASSERT_PTR_NOT_NULL(world_mark(&w, 1));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DEADLOCK); /* Nobody posts. */
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "thread 2"));
    CU_ASSERT_PTR_NOT_NULL(strstr(w.out.message, "event"));
    world_close(&w);
}

static CU_TestInfo tests[] = {
    {"the mutex of 2018 serialises initiators and 2020 does not",
     the_mutex_of_2018_serialises_initiators_and_2020_does_not},
    {"a handler of 2018 invalidates and then acknowledges",
     a_handler_of_2018_invalidates_and_then_acknowledges},
    {"a handler of 2020 acknowledges and then invalidates",
     a_handler_of_2020_acknowledges_and_then_invalidates},
    {"munmap frees frames only after the last acknowledgement",
     munmap_frees_frames_only_after_the_last_acknowledgement},
    {"madvise frees frames only after the last acknowledgement",
     madvise_frees_frames_only_after_the_last_acknowledgement},
    {"mprotect returns only after the last acknowledgement",
     mprotect_returns_only_after_the_last_acknowledgement},
    {"protections can come back and are obeyed",
     protections_can_come_back_and_are_obeyed},
    {"a SIGSEGV kills the process and the rest goes on",
     a_SIGSEGV_kills_the_process_and_the_rest_goes_on},
    {"a SIGSEGV stops the run if asked", a_SIGSEGV_stops_the_run_if_asked},
    {"a SIGSEGV can be skipped", a_SIGSEGV_can_be_skipped},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "shootdown", .pTests = tests},
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
