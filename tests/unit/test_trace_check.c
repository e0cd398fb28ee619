/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_trace_check.c - each rule of trace_check: kept, and broken.  And ELF.
 */
#include "trace_files.h"

#include <CUnit/Basic.h>
#include <dirent.h>

#include "trace/check.h"
#include "trace/elf.h"

struct found {
    struct trace_check_result counts;
    char first[240];
};

static void note(void *context, const struct trace_problem *p)
{
    struct found *f = context;
    if (!f->first[0])
        snprintf(f->first, sizeof f->first, "%u/%d: %s", p->stream,
                 p->has_op ? (int)p->op : -1, p->text);
}

static struct found check_text(const char *text)
{
    struct err err = {0};
    struct found f = {0};
    struct trace *t = open_bytes(text, strlen(text), false, &err);
    if (!t)
        fprintf(stderr, "%s\n", err.message);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_check(t, note, &f, &f.counts, &err), STATUS_OK);
    trace_close(t);
    return f;
}

static void broken_rules_are_errors_at_their_operation(void)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"stream 0 proc 0\nexit\nfence\n", "0/1: fence after the end"},
        {"stream 0 proc 0\nload 8 0x7ffffffffffc\n",
         "0/0: load at 0x7ffffffffffc: not"},
        {"stream 0 proc 0\nload 8 0xffff800000000000\n", "0/0: load at 0xffff8"},
        {"stream 0 proc 0\nmmap 0x1010 4K rw\n", "0/0: mmap at 0x1010, which is not"},
        {"stream 0 proc 0\nmmap 0x1000 0 rw\n", "0/0: mmap of no bytes"},
        {"stream 0 proc 0\nmunmap 0x1000 0xfffffffffffff000\n",
         "0/0: munmap at 0x1000"},
        {"stream 0 proc 0\nload_range 0x1000 0\n", "0/0: load_range of no bytes"},
        {"stream 0 proc 0\nmmap 0x1000 4K 0x40\n", "0/0: mmap with unknown prot"},
        {"stream 0 proc 0\nmadvise 0x1000 4K 4\n", "0/0: madvise 4 is not modelled"},
        {"stream 0 proc 0\nbarrier 0x1000 0\n", "0/0: barrier for 0"},
        {"stream 0 proc 0\npin 1024\n", "0/0: pin to 1024"},
        {"stream 0 proc 0\nimage 0 0x400000\n", "0/0: image 0 does not exist"},
        {"stream 0 proc 0\nfence seq 1\n", "0/0: fence with a seq"},
        {"stream 0 proc 0\nlock 0x1000 seq 2\nunlock 0x1000 seq 1\n",
         "0/1: seq 1 does not follow seq 2 on this object, of operation 0"},
        {"stream 0 proc 0\nlock 0x1000 seq 1\nunlock 0x1000 seq 1\n",
         "0/1: seq 1 does not follow seq 1"},
        {"stream 0 proc 0\nlock 0x1000 seq 1\nunlock 0x1000 seq 2\n"
         "stream 1 proc 0\nlock 0x1000 seq 2\nunlock 0x1000 seq 3\n",
         "1/0: seq 2 on this object is taken by stream 0, operation 1"},
        {"stream 0 proc 0\nlock 0x1000 seq 1\nunlock 0x1000 seq 3\n",
         "0/1: seq 3 on this object, but no operation has seq 2"},
        {"stream 0 proc 0\npost 0x1000 seq 2\n",
         "0/0: seq 2 on this object, but no operation has seq 1"},
        {"stream 0 proc 0\nmmap 0x1000 4K rw seq 1\nmunmap 0x1000 4K seq 3\n",
         "0/1: seq 3 on this object, but no operation has seq 2"},
        {"stream 0 proc 0\nstream 1 proc 0 \"\" spawned by 0\n",
         "1/-1: is never spawned"},
        {"stream 0 proc 0\nspawn 1\nspawn 1\nstream 1 proc 0 \"\" spawned by 0\n",
         "0/1: spawn of stream 1 a second time"},
        {"stream 0 proc 0\nfork 1\nstream 1 proc 0 \"\" spawned by 0\n",
         "0/0: fork of stream 1, which is declared"},
        {"stream 0 proc 0\nspawn 1\nstream 1 proc 2 \"\" spawned by 0\n",
         "1/-1: is spawned by a thread of another process"},
        {"stream 0 proc 0\nfork 1\nstream 1 proc 0 \"\" forked by 0\n",
         "1/-1: is forked into the process of its parent"},
        {"stream 0 proc 0\nfork 1\nfork 2\nstream 1 proc 3 \"\" forked by 0\n"
         "stream 2 proc 3 \"\" forked by 0\n",
         "2/-1: is forked as process 3"},
        {"stream 0 proc 0\nwaitpid 0\n", "0/0: waitpid of stream 0, which is not"},
        {"stream 0 proc 0 \"\" spawned by 0\nspawn 0\n",
         "4294967295/-1: no stream runs"},
        {"# nothing\n", "4294967295/-1: the trace has no streams"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct found f = check_text(cases[i].text);
        CU_ASSERT(f.counts.n_errors > 0);
        if (strncmp(f.first, cases[i].problem, strlen(cases[i].problem)) != 0)
            fprintf(stderr, "case %zu: %s\n", i, f.first);
        CU_ASSERT_EQUAL(strncmp(f.first, cases[i].problem, strlen(cases[i].problem)),
                        0);
    }
}

static void doubtful_guests_get_warnings_only(void)
{
    static const struct {
        const char *text, *problem;
    } cases[] = {
        {"stream 0 proc 0\nunlock 0x1000\n", "0/0: releases the lock at 0x1000"},
        {"stream 0 proc 0\nlock 0x1000\nlock 0x1000\n",
         "0/1: takes the lock at 0x1000"},
        {"stream 0 proc 0\nlock 0x1000\nexit\n", "0/1: ends while it holds"},
        {"stream 0 proc 0\nmark 3\n", "0/0: mark 3 has no name"},
        {"stream 0 proc 0\nmmap 0x1000 5000 rw\n", "0/0: mmap of 5000 bytes"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct found f = check_text(cases[i].text);
        CU_ASSERT_EQUAL(f.counts.n_errors, 0);
        CU_ASSERT_EQUAL(f.counts.n_warnings, 1);
        CU_ASSERT_EQUAL(strncmp(f.first, cases[i].problem, strlen(cases[i].problem)),
                        0);
    }
}

static void a_lock_tried_is_not_known_to_be_held(void)
{
    struct found f =
        check_text("stream 0 proc 0\ntrylock 0x1000\nunlock 0x1000\nexit\n");
    CU_ASSERT_EQUAL(f.counts.n_errors + f.counts.n_warnings, 0);
}

static void locks_of_different_processes_are_different_objects(void)
{
    struct found f = check_text("stream 0 proc 0\nfork 1\nlock 0x1000 seq 1\n"
                                "unlock 0x1000 seq 2\n"
                                "stream 1 proc 1 \"\" forked by 0\nlock 0x1000 seq 1\n"
                                "unlock 0x1000 seq 2\n");
    CU_ASSERT_EQUAL(f.counts.n_errors + f.counts.n_warnings, 0);
}

static void each_object_has_its_own_ranks_over_all_streams(void)
{
    struct found f = check_text("stream 0 proc 0\nspawn 1\nmmap 0x1000 4K rw seq 1\n"
                                "lock 0x1000 seq 3\nunlock 0x1000 seq 4\n"
                                "post 0x1000 seq 1\nbarrier 0x1000 2 seq 2\n"
                                "fork 2 seq 3\n"
                                "stream 1 proc 0 \"\" spawned by 0\nlock 0x1000 seq 1\n"
                                "unlock 0x1000 seq 2\nmprotect 0x1000 4K r seq 2\n"
                                "barrier 0x1000 2 seq 1\nwait 0x1000 1 seq 2\n"
                                "stream 2 proc 1 \"\" forked by 0\n");
    CU_ASSERT_EQUAL(f.counts.n_errors + f.counts.n_warnings, 0);
}

/* Every scenario that ships makes sense and survives both forms. */
static void the_scenarios_are_sound(void)
{
    DIR *dir = opendir(SD_SOURCE_DIR "/traces");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    unsigned n = 0;
    for (struct dirent *e; (e = readdir(dir));) {
        if (!strstr(e->d_name, ".trace"))
            continue;
        char path[600];
        snprintf(path, sizeof path, "%s/%s", SD_SOURCE_DIR "/traces", e->d_name);
        struct blob source = load_file(path);
        source.data[source.n] = 0;
        CU_ASSERT_EQUAL(source.data[0], '#');
        struct found f = check_text((const char *)source.data);
        CU_ASSERT_EQUAL(f.counts.n_errors + f.counts.n_warnings, 0);
        struct err err = {0};
        struct blob b = assemble((const char *)source.data, &err);
        char *text = disassemble(b.data, b.n);
        struct blob again = assemble(text, &err);
        CU_ASSERT(again.n == b.n && memcmp(again.data, b.data, b.n) == 0);
        free(source.data);
        free(b.data);
        free(again.data);
        free(text);
        n++;
    }
    closedir(dir);
    CU_ASSERT(n >= 9);
}

/* ---- ELF ---------------------------------------------------------------- */

static void this_program_can_be_read_as_elf(void)
{
    struct err err = {0};
    struct trace_image *image = trace_elf_read("/proc/self/exe", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(image);
    bool found = false;
    for (uint32_t i = 0; i < image->n_symbols; i++) {
        found |= strcmp(image->symbols[i].name, "main") == 0;
        if (i)
            CU_ASSERT(image->symbols[i].va >= image->symbols[i - 1].va);
    }
    CU_ASSERT(found);
    CU_ASSERT(image->n_segments >= 2);
    trace_elf_free(image);
}

static void a_damaged_elf_file_is_an_error_or_is_read(void)
{
    struct blob b = load_file("/proc/self/exe");
    char path[64];
    temp_path(path);
    size_t lengths[] = {0, 1, 4, 15, 63, 64, 65, 200, 1000, 4096, b.n / 2, b.n - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct err err = {0};
        save_file(path, b.data, lengths[i]);
        struct trace_image *image = trace_elf_read(path, &err);
        CU_ASSERT(image || (err.status == STATUS_TRACE && strstr(err.message, path)));
        CU_ASSERT(lengths[i] > 4096 || !image);
        trace_elf_free(image);
    }
    uint64_t r = 1;
    for (unsigned round = 0; round < 300; round++) {
        struct err err = {0};
        uint8_t old[8];
        size_t at[8];
        for (unsigned k = 0; k < 8; k++) { /* Headers, at both ends. */
            r = r * 6364136223846793005 + 1442695040888963407;
            at[k] = (r >> 33) % 2000;
            at[k] = round % 2 ? at[k] : b.n - 1 - at[k];
            old[k] = b.data[at[k]];
            b.data[at[k]] = (uint8_t)(r >> 56);
        }
        save_file(path, b.data, b.n);
        trace_elf_free(trace_elf_read(path, &err));
        for (unsigned k = 8; k-- > 0;)
            b.data[at[k]] = old[k];
    }
    unlink(path);
    free(b.data);
}

static CU_TestInfo tests[] = {
    {"broken rules are errors at their operation",
     broken_rules_are_errors_at_their_operation},
    {"doubtful guests get warnings only", doubtful_guests_get_warnings_only},
    {"a lock tried is not known to be held", a_lock_tried_is_not_known_to_be_held},
    {"locks of different processes are different objects",
     locks_of_different_processes_are_different_objects},
    {"each object has its own ranks over all streams",
     each_object_has_its_own_ranks_over_all_streams},
    {"the scenarios are sound", the_scenarios_are_sound},
    {"this program can be read as ELF", this_program_can_be_read_as_elf},
    {"a damaged ELF file is an error or is read",
     a_damaged_elf_file_is_an_error_or_is_read},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{.pName = "trace check", .pTests = tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
