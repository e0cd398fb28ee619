/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_fork_and_fault.c - fork, copy-on-write faults and what they cost.
 *
 * Rules: cow-protocols of FreeBSD 2018, as docs/model.md tells them.
 */
#include <CUnit/Basic.h>

#include "guest_world.h"

#define MAP "let x = 0x510000000000\nlet y = 0x510000100000\nlet ev = 0x520000000000\n"

/* A parent with two private pages, a shared one and one that it only reads; the
 * child does nothing. */
static const char plain_fork[] =
    MAP "stream 0 proc 0 \"main\"\n"
        "  mmap @x 8K rw\n  mmap @y 4K rw,shared\n  mmap @y+64K 4K r\n"
        "  store 8 @x\n  store 8 @x+4K\n  store 8 @y\n  load 8 @y+64K\n"
        "  fork 1\n  waitpid 1\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  exit\n";

static void fork_write_protects_and_flushes_once_per_private_writable_entry(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", plain_fork, NO_SETS);
    unsigned protects = 0, flushes = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        bool parent = r->tid == 0 && r->space == 0;
        protects += parent && r->kind == OBS_PTE_WRITE && r->c == OBS_PTE_FORK &&
                    (r->a & PTE_RW) && !(r->b & PTE_RW);
        flushes += parent && r->kind == OBS_TLB_INVAL && r->c == OBS_INVAL_LOCAL;
    }
    CU_ASSERT_EQUAL(protects, 2);
    CU_ASSERT_EQUAL(flushes, 1);
    world_close(&w);
}

static void a_childs_entries_have_no_A_and_cannot_be_written(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", plain_fork, NO_SETS);
    unsigned n = 0;
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        if (r->kind != OBS_PTE_WRITE || r->c != OBS_PTE_FORK || r->space != 1)
            continue;
        n++;
        CU_ASSERT((r->b & PTE_P) && !(r->b & (PTE_RW | PTE_A | PTE_D)));
    }
    CU_ASSERT(n >= 2);
    world_close(&w);
}

/* The parent writes while the child lives; the child sleeps until it is told. */
static const char write_beside_child[] =
    MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
        "  store 8 @x\n  store 8 @x+8\n  waitpid 1\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  compute 100000\n  exit\n";

static void a_shared_page_is_copied_once_and_a_second_store_does_not_fault(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "break_before_make", write_beside_child, NO_SETS);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_COW_COPY), 1);
    CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 1);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_UPGRADE), 0);
    world_close(&w);
}

static void two_stage_takes_two_faults_per_copied_page(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", write_beside_child, NO_SETS);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_COW_COPY), 1);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_UPGRADE), 1);
    world_close(&w);
}

/* The parent writes when the child is gone. */
static const char write_after_child[] =
    MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
        "  waitpid 1\n  store 8 @x\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  exit\n";

static void a_page_whose_sharer_is_gone_is_upgraded_without_a_shootdown(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", write_after_child, NO_SETS);
    CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 0);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_UPGRADE), 1);
    CU_ASSERT_EQUAL(world_count(&w, OBS_SHOOTDOWN_BEGIN), 0);
    world_close(&w);
}

/* The child shadows the object by writing one page; the parent, which has a
 * shadow of its own by then, finds itself alone when it writes the other. */
static const char rename_page[] =
    MAP "stream 0 proc 0 \"main\"\n  mmap @x 8K rw\n  store 8 @x\n  store 8 @x+4K\n"
        "  fork 1\n  store 8 @x\n  waitpid 1\n  store 8 @x+4K\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  compute 20000\n  exit\n";

static void a_page_is_taken_over_from_a_dead_siblings_object(void)
{
    struct world w;
    world_go(&w, "tiny/two_cores", "two_stage", rename_page, NO_SETS);
    CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 1);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_COW_RENAME), 1);
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void a_shootdown_is_skipped_when_the_old_entry_was_never_accessed(void)
{
    /* The child writes first: its entries came from fork, without A. */
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
            "  waitpid 1\n  exit\n"
            "stream 1 proc 1 \"child\" forked by 0\n  spawn 2\n  compute 1000\n"
            "  store 8 @x\n  join 2\n  exit\n"
            "stream 2 proc 1 \"other\" spawned by 1\n  compute 9000\n  exit\n";
    struct world w;
    /* With rewalks the store's own walk would set A before it faults. */
    world_go(&w, "tiny/three_cores", "break_before_make", text,
             SETS("mmu.rewalk_on_permission_miss=false"));
    const struct obs *skip = NULL;
    for (size_t i = 0; i < w.n; i++)
        if (w.records[i].kind == OBS_SHOOTDOWN_SKIP && w.records[i].tid == 1)
            skip = &w.records[i];
    CU_ASSERT_PTR_NOT_NULL_FATAL(skip);
    CU_ASSERT_EQUAL(skip->a, 0);
    CU_ASSERT_EQUAL(world_count(&w, OBS_IPI_SEND), 0);
    world_close(&w);
}

static void a_shootdown_is_skipped_when_no_other_cpu_runs_the_space(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
            "  load 8 @x\n  store 8 @x\n  waitpid 1\n  exit\n"
            "stream 1 proc 1 \"child\" forked by 0\n  compute 50000\n  exit\n";
    struct world w;
    world_go(&w, "tiny/two_cores", "break_before_make", text, NO_SETS);
    CU_ASSERT(world_count_a(&w, OBS_SHOOTDOWN_SKIP, 1) >= 1);
    CU_ASSERT_EQUAL(world_count(&w, OBS_IPI_SEND), 0);
    world_close(&w);
}

/* Three threads; all of them go on at the event and write the same page. */
static const char many_writers[] = MAP
    "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  spawn 2\n  spawn 3\n"
    "  fork 1\n  post @ev\n  store 8 @x+64\n  join 2\n  join 3\n  waitpid 1\n  exit\n"
    "stream 1 proc 1 \"child\" forked by 0\n  compute 200000\n  exit\n"
    "stream 2 proc 0 \"two\" spawned by 0\n  wait @ev 1\n  store 8 @x+128\n  exit\n"
    "stream 3 proc 0 \"three\" spawned by 0\n  wait @ev 1\n  store 8 @x+192\n  exit\n";

static void of_several_faults_on_one_page_only_one_copies_and_others_sleep(void)
{
    static const char *const protocols[] = {"two_stage", "break_before_make",
                                            "remove_all", "rendezvous"};
    for (unsigned i = 0; i < 4; i++) {
        struct world w;
        world_go(&w, "tiny/four_cores", protocols[i], many_writers, NO_SETS);
        CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
        CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 1);
        unsigned sleeps = world_count(&w, OBS_BUSY_SLEEP);
        CU_ASSERT(sleeps >= 1);
        CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_RETRY), sleeps); /* All woken. */
        world_close(&w);
    }
}

static void remove_all_clears_the_childs_entry_too(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n"
            "  compute 20000\n  store 8 @x\n  waitpid 1\n  exit\n"
            "stream 1 proc 1 \"child\" forked by 0\n  load 8 @x\n  compute 90000\n"
            "  load 8 @x\n  exit\n";
    struct world w;
    world_go(&w, "tiny/two_cores", "remove_all", text, NO_SETS);
    unsigned cleared = 0;
    for (size_t i = 0; i < w.n; i++)
        cleared += w.records[i].kind == OBS_PTE_WRITE && w.records[i].space == 1 &&
                   w.records[i].tid == 0 && w.records[i].b == 0;
    CU_ASSERT_EQUAL(cleared, 1);
    CU_ASSERT_EQUAL(world_faults(&w, OBS_FAULT_SOFT), 1); /* It faults it in again. */
    world_close(&w);
}

static void between_stop_and_resume_nobody_runs_user_code(void)
{
    struct world w;
    world_go(&w, "tiny/four_cores", "rendezvous", many_writers,
             SETS("check.watch=all"));
    cycle_t stop = 0, resume = 0;
    for (size_t i = 0; i < w.n && !resume; i++) {
        const struct obs *r = &w.records[i];
        if (r->kind == OBS_SHOOTDOWN_END)
            stop = r->cycle; /* The last has acknowledged: all have stopped. */
        if (stop && r->kind == OBS_STEP && r->a == PROTOCOL_PMAP_UNLOCK)
            resume = r->cycle;
    }
    CU_ASSERT_FATAL(stop && resume > stop);
    for (size_t i = 0; i < w.n; i++) {
        const struct obs *r = &w.records[i];
        bool access = r->kind == OBS_LOAD || r->kind == OBS_STORE;
        CU_ASSERT(!access || r->space != 0 || r->cycle < stop || r->cycle >= resume);
    }
    world_close(&w);
}

static void a_broadcast_needs_no_interrupt(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @x 4K rw\n  store 8 @x\n  fork 1\n  spawn 2\n"
        "  compute 20000\n  load 8 @x\n  store 8 @x\n  join 2\n  waitpid 1\n  exit\n"
        "stream 1 proc 1 \"child\" forked by 0\n  compute 90000\n  exit\n"
        "stream 2 proc 0 \"two\" spawned by 0\n  load 8 @x\n  compute 60000\n  exit\n";
    struct world w;
    world_go(&w, "tiny/three_cores", "broadcast_bbm", text, NO_SETS);
    unsigned broadcasts = 0;
    for (size_t i = 0; i < w.n; i++)
        broadcasts +=
            w.records[i].kind == OBS_TLB_INVAL && w.records[i].c == OBS_INVAL_BROADCAST;
    CU_ASSERT_EQUAL(broadcasts, 2); /* The own CPU and the other. */
    CU_ASSERT_EQUAL(world_count(&w, OBS_IPI_SEND), 0);
    world_close(&w);
}

static void chains_of_forks_collapse_and_leave_nothing(void)
{
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    fprintf(out, MAP "stream 0 proc 0 \"main\"\n  mmap @x 16K rw\n"
                     "  store_range @x 16K\n");
    for (unsigned i = 1; i <= 40; i++)
        fprintf(out, "  fork %u\n  store 8 @x+%u*4K\n  waitpid %u\n", i, i % 4, i);
    fprintf(out, "  exit\n");
    for (unsigned i = 1; i <= 40; i++)
        fprintf(out,
                "stream %u proc %u \"child\" forked by 0\n"
                "  load_range @x 16K\n  store 8 @x+%u*4K\n  exit\n",
                i, i, (i + 1) % 4);
    fclose(out);
    struct world w;
    /* Without collapse and free, 40 forks need far more objects and frames. */
    world_go(&w, "tiny/two_cores", "two_stage", text,
             SETS("kernel.objects=16", "mem.frames=64"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    CU_ASSERT_EQUAL(world_violations(&w), 0);
    world_close(&w);
    free(text);
}

static void a_private_page_of_a_file_is_copied_and_a_shared_one_is_not(void)
{
    static const char text[] = MAP
        "stream 0 proc 0 \"main\"\n  mmap @x 4K rw,file\n  mmap @y 4K rw,shared,file\n"
        "  load 8 @x\n  store 8 @x\n  load 8 @y\n  store 8 @y\n  exit\n";
    struct world w;
    world_go(&w, "tiny/two_cores", "break_before_make", text, NO_SETS);
    CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 1);
    const struct obs *copy = NULL;
    for (size_t i = 0; i < w.n; i++)
        if (w.records[i].kind == OBS_FRAME_COPY)
            copy = &w.records[i];
    CU_ASSERT_FATAL(copy != NULL);
    CU_ASSERT_EQUAL(copy->va, 0x510000000000u);
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void a_thread_that_ends_by_a_second_exit_process_holds_nobody_up(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  barrier @ev 3\n"
            "  exit_process\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  barrier @ev 3\n  exit_process\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  barrier @ev 3\n  exit_process\n";
    struct world w;
    world_go(&w, "tiny/three_cores", "two_stage", text, NO_SETS);
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void a_space_is_freed_only_when_every_cpu_has_left_it(void)
{
    static const char text[] =
        MAP "stream 0 proc 0 \"main\"\n  spawn 1\n  spawn 2\n  barrier @ev 3\n  exit\n"
            "stream 1 proc 0 \"one\" spawned by 0\n  barrier @ev 3\n  exit\n"
            "stream 2 proc 0 \"two\" spawned by 0\n  barrier @ev 3\n  exit\n";
    struct world w;
    world_go(&w, "tiny/three_cores", "two_stage", text,
             SETS("kernel.sched_cycles=5000", "kernel.lock_cycles=1"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(w.out.stats.frames_used, 0);
    world_close(&w);
}

static void copying_makes_progress_however_small_the_caches_are(void)
{
    struct world w;
    world_go(&w, "tiny/one_way_caches", "two_stage", write_beside_child,
             SETS("mem.copy_lines=64"));
    CU_ASSERT_EQUAL(w.out.end, MACHINE_END_DONE);
    CU_ASSERT_EQUAL(world_count(&w, OBS_FRAME_COPY), 1);
    world_close(&w);
}

static CU_TestInfo tests[] = {
    {"fork write protects and flushes once per private writable entry",
     fork_write_protects_and_flushes_once_per_private_writable_entry},
    {"a childs entries have no A and cannot be written",
     a_childs_entries_have_no_A_and_cannot_be_written},
    {"a shared page is copied once and a second store does not fault",
     a_shared_page_is_copied_once_and_a_second_store_does_not_fault},
    {"two stage takes two faults per copied page",
     two_stage_takes_two_faults_per_copied_page},
    {"a page whose sharer is gone is upgraded without a shootdown",
     a_page_whose_sharer_is_gone_is_upgraded_without_a_shootdown},
    {"a page is taken over from a dead siblings object",
     a_page_is_taken_over_from_a_dead_siblings_object},
    {"a shootdown is skipped when the old entry was never accessed",
     a_shootdown_is_skipped_when_the_old_entry_was_never_accessed},
    {"a shootdown is skipped when no other cpu runs the space",
     a_shootdown_is_skipped_when_no_other_cpu_runs_the_space},
    {"of several faults on one page only one copies and others sleep",
     of_several_faults_on_one_page_only_one_copies_and_others_sleep},
    {"remove all clears the childs entry too", remove_all_clears_the_childs_entry_too},
    {"between stop and resume nobody runs user code",
     between_stop_and_resume_nobody_runs_user_code},
    {"a broadcast needs no interrupt", a_broadcast_needs_no_interrupt},
    {"chains of forks collapse and leave nothing",
     chains_of_forks_collapse_and_leave_nothing},
    {"a private page of a file is copied and a shared one is not",
     a_private_page_of_a_file_is_copied_and_a_shared_one_is_not},
    {"a thread that ends by a second exit process holds nobody up",
     a_thread_that_ends_by_a_second_exit_process_holds_nobody_up},
    {"a space is freed only when every cpu has left it",
     a_space_is_freed_only_when_every_cpu_has_left_it},
    {"copying makes progress however small the caches are",
     copying_makes_progress_however_small_the_caches_are},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {
        {.pName = "fork and fault", .pTests = tests},
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
