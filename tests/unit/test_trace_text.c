/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_trace_text.c - the text form: golden text, round trips, error messages.
 */
#include "trace_files.h"

#include <CUnit/Basic.h>

/* Canonical text with every operation and every kind of declaration. */
static const char golden[] = "# guest trace; see docs/trace-format.md\n"
                             "meta {\"seed\": 7}\n"
                             "string 0 \"first \\\"mark\\\"\"\n"
                             "string 4 \"STALE\"\n"
                             "let lock = 0x7f0000000000\n"
                             "let data = 0x7f0000010000\n"
                             "elf 0 proc 0 base 0x400000 \"bin/kv\" build_id 0123abcd\n"
                             "  segment 0x0 4096 4000 rx\n"
                             "  segment 0x1000 8192 100 rw\n"
                             "  symbol 0x10 32 \"main\"\n"
                             "  symbol 0x1000 64 \"table\"\n"
                             "\n"
                             "stream 1 proc 0 \"main\"\n"
                             "  image 0 0x400000\n"
                             "  mmap @lock 4K rw seq 1\n"
                             "  mmap @data 2M rw,shared,file\n"
                             "  mprotect @data 64K none\n"
                             "  madvise @data 4K dontneed\n"
                             "  load 8 @data pc 0x400010\n"
                             "  load 3 @data+0x8\n"
                             "  store 8 @data 255\n"
                             "  store 64 @data+0x40 kernel\n"
                             "  store 1 @data 0 kernel pc 0x400014 seq 9\n"
                             "  rmw 4 0x7f0000020000\n"
                             "  fence\n"
                             "  fetch 0x400010\n"
                             "  compute 18446744073709551615\n"
                             "  load_range @data 4097 kernel\n"
                             "  store_range @data 1K\n"
                             "  lock @lock seq 12\n"
                             "  unlock @lock pc 0x400020 seq 13\n"
                             "  lock @lock read\n"
                             "  unlock @lock read\n"
                             "  trylock @lock spin\n"
                             "  trylock @lock write\n"
                             "  barrier @lock+0x40 3\n"
                             "  post @lock+0x80\n"
                             "  wait @lock+0x80 1\n"
                             "  spawn 2\n"
                             "  join 2\n"
                             "  fork 9\n"
                             "  waitpid 9\n"
                             "  munmap @data 64K seq 14\n"
                             "  syscall 39\n"
                             "  pin 3\n"
                             "  irq_off\n"
                             "  irq_on\n"
                             "  evict @data\n"
                             "  mark \"first \\\"mark\\\"\"\n"
                             "  mark 77\n"
                             "  roi_begin\n"
                             "  roi_end\n"
                             "  expect \"STALE\" 2\n"
                             "  exit\n"
                             "\n"
                             "stream 9 proc 1 \"child\" forked by 1\n"
                             "  exit_process\n"
                             "\n"
                             "stream 2 proc 0 \"idle\" spawned by 1\n";

static void canonical_text_survives_the_way_to_binary_and_back(void)
{
    struct err err = {0};
    struct blob b = assemble(golden, &err);
    CU_ASSERT_STRING_EQUAL(err.message, "");
    CU_ASSERT_FATAL(b.n > 0);
    char *text = disassemble(b.data, b.n);
    CU_ASSERT_STRING_EQUAL(text, golden);
    struct blob again = assemble(text, &err);
    CU_ASSERT_EQUAL_FATAL(again.n, b.n);
    CU_ASSERT_EQUAL(memcmp(again.data, b.data, b.n), 0);
    free(text);
    free(b.data);
    free(again.data);
}

static void canonical_text_escapes_what_is_not_text(void)
{
    struct err err = {0};
    struct blob b =
        assemble("string 0 \"a\\x1b[2J \xff \xc2\x9b \xe2\x82\xac \x7f\"\n", &err);
    CU_ASSERT_FATAL(b.n > 0);
    char *text = disassemble(b.data, b.n);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "\"a\\x1b[2J \\xff \\xc2\\x9b \xe2\x82\xac \\x7f\"\n"));
    struct blob again = assemble(text, &err);
    CU_ASSERT(again.n == b.n && memcmp(again.data, b.data, b.n) == 0);
    free(text);
    free(b.data);
    free(again.data);
}

static void meta_is_one_line_whatever_white_space_it_had(void)
{
    static const char *const forms[] = {"{\"a\": 1}", " \t{\"a\": 1} ",
                                        "\x1e\x1e {\"a\": 1}\x1f", "{\"a\":\n1}\r\n"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct err err = {0};
        char path[64];
        temp_path(path);
        struct trace_writer *w = trace_writer_create(path, &err);
        CU_ASSERT_EQUAL(trace_writer_meta(w, forms[i], &err), STATUS_OK);
        CU_ASSERT_EQUAL(trace_writer_finish(w, &err), STATUS_OK);
        trace_writer_destroy(w);
        struct trace *t = trace_open(path, false, &err);
        CU_ASSERT_PTR_NOT_NULL_FATAL(t);
        CU_ASSERT_STRING_EQUAL(trace_meta(t), "{\"a\": 1}");
        trace_close(t);
        unlink(path);
    }
}

static void loops_count_from_zero_and_nest(void)
{
    struct err err = {0};
    struct blob b = assemble("let t = 0x1000\n"
                             "stream 0 proc 0 \"s\"\n"
                             "repeat 2 as i\n"
                             "  repeat 2 as k\n"
                             "    load 8 @t+i*4K+k*8-8\n"
                             "  end\n"
                             "end\n",
                             &err);
    CU_ASSERT_FATAL(b.n > 0);
    char *text = disassemble(b.data, b.n);
    CU_ASSERT_PTR_NOT_NULL(strstr(text, "  load 8 0xff8\n  load 8 @t\n"
                                        "  load 8 @t+0xff8\n  load 8 0x2000\n"));
    free(text);
    free(b.data);
}

static void errors_name_the_line_and_what_is_wrong(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"load 8 0x10\n", "test.trace:1: an operation before"},
        {"stream 0 proc 0\n\nlaod 8 0x10\n", "test.trace:3: 'laod' is no operation"},
        {"stream 0 proc 0\nload 0 0x10\n", "test.trace:2: an access has 1 to 64"},
        {"stream 0 proc 0\nload 65 0x10\n", "test.trace:2: a size of 1 to 64 65 is"},
        {"stream 0 proc 0\nload 8 @x\n", "test.trace:2: label 'x' is not known"},
        {"stream 0 proc 0\nload 8\n", "test.trace:2: an address is missing"},
        {"stream 0 proc 0\nload 8 0x10 9\n", "test.trace:2: '9' does not belong"},
        {"stream 0 proc 0\nstore 8 0x10 256\n", "test.trace:2: a stored value 256"},
        {"stream 0 proc 0\nspawn 3\n", "test.trace:2: stream 3 is not declared"},
        {"stream 0 proc 0\nstream 0 proc 0\n", "test.trace:2: stream 0 is declared"},
        {"stream 1 proc 0 \"x\" spawned by 5\nexit\n", "test.trace:1: the parent"},
        {"stream 0 proc 0\nrepeat 3\nfence\n", "test.trace:2: this 'repeat' has no"},
        {"stream 0 proc 0\nend\n", "test.trace:2: 'end' without"},
        {"stream 0 proc 0\nrepeat 0\nend\n", "test.trace:2: 'repeat 0'"},
        {"stream 0 proc 0\nmmap 0x1000 4K rq\n", "test.trace:2: 'rq' is no protection"},
        {"stream 0 proc 0\nmark \"x\n", "test.trace:2: the closing quote"},
        {"let a = 1\nlet a = 2\n", "test.trace:2: label 'a' has a value"},
        {"let 1a = 1\n", "test.trace:1: '1a' cannot be"},
        {"meta [1]\n", "test.trace:1: META"},
        {"meta {\"a\": \"\xff\"}\n", "test.trace:1: META is not UTF-8"},
        {"# a\nmeta \x1e{}\n", "test.trace:2: the control character 0x1e"},
        {"stream 0 proc 0 \"a name that is longer than 31 bytes\"\n",
         "test.trace:1: a stream's name is longer"},
        {"stream 0 proc 0\nfence seq 0\n", "test.trace:2: seq 0 means none"},
        {"segment 0 1 1 r\n", "test.trace:1: a segment line belongs below"},
    };
    char path[64];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        struct trace_writer *w = trace_writer_create(temp_path(path), &err);
        enum status status =
            trace_assemble(cases[i].text, strlen(cases[i].text), "test.trace", w, &err);
        trace_writer_destroy(w);
        CU_ASSERT_EQUAL(status, STATUS_TRACE);
        const char *where = strstr(err.message, cases[i].message);
        if (!where)
            fprintf(stderr, "case %zu: %s\n", i, err.message);
        CU_ASSERT_PTR_NOT_NULL(where);
        CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    }
}

static void a_loop_bomb_is_refused(void)
{
    struct err err = {0};
    struct blob b = assemble("stream 0 proc 0\n"
                             "repeat 1000000000\nrepeat 1000000000\nend\nend\n",
                             &err);
    CU_ASSERT_EQUAL(b.n, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "the loops make more than"));
}

/* Each was found by tests/fuzz/fuzz_trace.c.  The text lies at the very end of
 * its memory, so that a sanitizer sees a byte too many. */
static void texts_that_once_crashed_do_not_crash(void)
{
    static const char *const texts[] = {
        "elf 0 proc 0 base 0 \"kv\" build_id 0", /* No end of line. */
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        size_t n = strlen(texts[i]);
        char path[64], *text = malloc(n);
        struct err err = {0};
        memcpy(text, texts[i], n);
        struct trace_writer *w = trace_writer_create(temp_path(path), &err);
        trace_assemble(text, n, "test.trace", w, &err);
        trace_writer_destroy(w);
        unlink(path);
        free(text);
    }
}

static void marks_with_the_same_text_share_a_number(void)
{
    struct err err = {0};
    struct blob b = assemble("stream 0 proc 0 \"s\"\n"
                             "mark \"a\"\nmark \"b\"\nmark \"a\"\n",
                             &err);
    struct trace *t = open_bytes(b.data, b.n, false, &err);
    struct trace_window w;
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_read(t, 0, 0, &w, &err), STATUS_OK);
    CU_ASSERT_EQUAL(w.ops[0].target, w.ops[2].target);
    CU_ASSERT_STRING_EQUAL(trace_string(t, w.ops[1].target), "b");
    trace_close(t);
    free(b.data);
}

/* ---- random traces ------------------------------------------------------ */

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Mostly small, sometimes any 64 bits. */
static uint64_t some(uint64_t *r)
{
    uint64_t v = next_random(r);
    return v % 5 == 0 ? next_random(r) : next_random(r) >> (v % 64);
}

static struct op random_op(uint64_t *r)
{
    struct op op = {.kind = (uint8_t)(next_random(r) % OP_N_KINDS)};
    op.size = (uint8_t)(1 + next_random(r) % 64);
    op.target = (uint32_t)some(r);
    if (op.kind == OP_SPAWN || op.kind == OP_JOIN || op.kind == OP_FORK ||
        op.kind == OP_WAITPID)
        op.target = (uint32_t)(next_random(r) % 3) * 5;
    op.addr = some(r);
    op.arg = some(r);
    op.pc = next_random(r) % 2 ? some(r) : 0;
    op.seq = next_random(r) % 3 ? 0 : some(r);
    if (next_random(r) % 4 == 0)
        op.flags |= OP_BY_KERNEL;
    if ((op.kind == OP_STORE || op.kind == OP_RMW) && next_random(r) % 2) {
        op.flags |= OP_HAS_VALUE;
        op.arg &= 255;
    }
    return op;
}

static void random_traces_survive_both_round_trips(void)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        uint64_t r = seed * 0x9e3779b97f4a7c15;
        char path[64];
        struct err err = {0};
        struct trace_writer *w = trace_writer_create(temp_path(path), &err);
        for (uint32_t i = 0; i < 3; i++) {
            struct trace_stream s = {.id = 5 * i, .process = i};
            snprintf(s.name, sizeof s.name, "s%u", i);
            trace_writer_add_stream(w, &s, &err);
        }
        trace_writer_add_label(w, "x", next_random(&r) >> 16, &err);
        unsigned n = seed == 1 ? 90000 : 300; /* The first has many chunks. */
        for (unsigned i = 0; i < n; i++) {
            struct op op = random_op(&r);
            uint32_t stream = (uint32_t)(next_random(&r) % 3) * 5;
            trace_writer_append(w, stream, &op, &err);
        }
        CU_ASSERT_EQUAL_FATAL(trace_writer_finish(w, &err), STATUS_OK);
        trace_writer_destroy(w);
        struct blob b = load_file(path);
        unlink(path);
        char *text = disassemble(b.data, b.n);
        struct blob again = assemble(text, &err);
        CU_ASSERT_STRING_EQUAL(err.message, "");
        CU_ASSERT_EQUAL_FATAL(again.n, b.n);
        CU_ASSERT_EQUAL(memcmp(again.data, b.data, b.n), 0);
        free(text);
        free(b.data);
        free(again.data);
    }
}

static CU_TestInfo tests[] = {
    {"canonical text survives the way to binary and back",
     canonical_text_survives_the_way_to_binary_and_back},
    {"canonical text escapes what is not text",
     canonical_text_escapes_what_is_not_text},
    {"meta is one line, whatever white space it had",
     meta_is_one_line_whatever_white_space_it_had},
    {"loops count from zero and nest", loops_count_from_zero_and_nest},
    {"errors name the line and what is wrong", errors_name_the_line_and_what_is_wrong},
    {"a loop bomb is refused", a_loop_bomb_is_refused},
    {"texts that once crashed do not crash", texts_that_once_crashed_do_not_crash},
    {"marks with the same text share a number",
     marks_with_the_same_text_share_a_number},
    {"random traces survive both round trips", random_traces_survive_both_round_trips},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{.pName = "trace text", .pTests = tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
