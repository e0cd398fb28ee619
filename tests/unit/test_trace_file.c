/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_trace_file.c - the binary form: what the writer wrote is read back, and
 * every kind of damage is found, named, and survived.
 */
#include "trace_files.h"

#include <CUnit/Basic.h>
#include <sys/wait.h>

#include "trace/format.h"

static const char small[] = "meta {\"a\": 1}\n"
                            "string 0 \"m\"\n"
                            "let d = 0x10000\n"
                            "elf 0 proc 0 base 0x400000 \"p\" build_id ab\n"
                            "segment 0 4096 10 rx\n"
                            "symbol 16 32 \"main\"\n"
                            "symbol 64 0 \"tail\"\n"
                            "stream 0 proc 0 \"a\"\n"
                            "mmap @d 4K rw\nfork 1\nload 8 @d\nstore 8 @d 3\nmark 0\n"
                            "repeat 200\nload 8 @d\nend\nexit\n"
                            "stream 1 proc 1 \"b\" forked by 0\n"
                            "load 8 @d+8\nexit_process\n";

static struct blob small_trace(void)
{
    struct err err = {0};
    struct blob b = assemble(small, &err);
    assert(b.n);
    return b;
}

/* Writes one stream of 'n' operations that can be told apart. */
static void write_long(const char *path, uint32_t n)
{
    struct err err;
    struct trace_writer *w = trace_writer_create(path, &err);
    struct trace_stream s = {.id = 3, .name = "long"};
    trace_writer_add_stream(w, &s, &err);
    for (uint32_t i = 0; i < n; i++) {
        struct op op = {.kind = OP_LOAD, .size = 8, .addr = (uint64_t)i * 8};
        trace_writer_append(w, 3, &op, &err);
    }
    enum status status = trace_writer_finish(w, &err);
    assert(status == STATUS_OK);
    (void)status;
    trace_writer_destroy(w);
}

static void large_traces_are_read_in_windows_in_any_order(void)
{
    char path[64];
    struct err err;
    uint32_t n = TRACE_PRELOAD_OPS + 1000;
    write_long(temp_path(path), n);
    struct trace *t = trace_open(path, false, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_n_ops(t), n);
    uint32_t places[] = {0, n - 1, 5, 32767, 32768, 2000000, 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        struct trace_window w;
        CU_ASSERT_EQUAL(trace_read(t, 0, places[i], &w, &err), STATUS_OK);
        CU_ASSERT(places[i] - w.first < w.n && w.n <= TRACE_DATA_RECORDS_MAX);
        CU_ASSERT_EQUAL(w.ops[places[i] - w.first].addr, (uint64_t)places[i] * 8);
    }
    trace_close(t);
    unlink(path);
}

static void targets_of_streams_become_indices(void)
{
    struct err err;
    struct blob b = assemble("stream 70 proc 0 \"a\"\nspawn 900\njoin 900\n"
                             "stream 900 proc 0 \"b\" spawned by 70\nexit\n",
                             &err);
    struct trace *t = open_bytes(b.data, b.n, false, &err);
    struct trace_window w;
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_read(t, 0, 0, &w, &err), STATUS_OK);
    CU_ASSERT_EQUAL(w.ops[0].target, 1);
    CU_ASSERT_EQUAL(trace_stream(t, 1)->parent, 0);
    CU_ASSERT_EQUAL(trace_stream(t, 0)->parent, NO_THREAD);
    CU_ASSERT_EQUAL(trace_find_stream(t, 900), 1);
    CU_ASSERT_EQUAL(trace_find_stream(t, 71), NO_THREAD);
    trace_close(t);
    free(b.data);
}

static void a_file_cut_anywhere_is_an_error_or_usable_up_to_the_cut(void)
{
    struct blob b = small_trace();
    for (size_t n = 0; n < b.n; n++) {
        struct err err = {0};
        CU_ASSERT_PTR_NULL(open_bytes(b.data, n, false, &err));
        CU_ASSERT_EQUAL(err.status, STATUS_TRACE);
        struct trace *t = open_bytes(b.data, n, true, &err);
        CU_ASSERT_EQUAL(t != NULL, n >= TRACE_HEADER_BYTES);
        if (t) {
            CU_ASSERT(trace_truncated(t));
            CU_ASSERT(trace_n_ops(t) <= 208);
        }
        trace_close(t);
    }
    free(b.data);
}

static void a_file_cut_behind_its_data_keeps_all_operations(void)
{
    struct blob b = small_trace();
    struct err err = {0};
    struct trace *t = open_bytes(b.data, b.n - 1, true, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_n_ops(t), 208);
    trace_close(t);
    CU_ASSERT_PTR_NULL(open_bytes(b.data, b.n - 1, false, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "208 operations in 2 streams"));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "offset "));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "--allow-truncated"));
    free(b.data);
}

static void any_changed_byte_is_found(void)
{
    struct blob b = small_trace();
    unsigned n_padding = 0;
    for (size_t i = 0; i < b.n; i++) {
        struct err err = {0};
        b.data[i] ^= 0x10;
        struct trace *t = open_bytes(b.data, b.n, false, &err);
        /* Only padding (fewer than 8 bytes per chunk) is covered by nothing. */
        n_padding += t != NULL;
        if (!t)
            CU_ASSERT(err.status == STATUS_TRACE && err.message[0]);
        trace_close(t);
        b.data[i] ^= 0x10;
    }
    CU_ASSERT(n_padding < 9 * 7);
    free(b.data);
}

/* Opens 'n' bytes and expects an error that contains 'what'. */
static void refused(const void *data, size_t n, const char *what)
{
    struct err err = {0};
    CU_ASSERT_PTR_NULL(open_bytes(data, n, false, &err));
    CU_ASSERT_EQUAL(err.status, STATUS_TRACE);
    if (!strstr(err.message, what))
        fprintf(stderr, "'%s' is not in: %s\n", what, err.message);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, what));
}

static void what_is_no_trace_is_named(void)
{
    struct err err = {0};
    refused("", 0, "is empty");
    refused("\x7f"
            "ELF\2\1\1\0",
            8, "is not a trace");
    refused("\x89MMUTR\n\0\0", 9, "the first bytes of the trace are changed");
    CU_ASSERT_PTR_NULL(trace_open("/tmp", false, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "is a directory"));
    CU_ASSERT_PTR_NULL(trace_open("/nonexistent/x", false, &err));
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "cannot open"));
}

static void bytes_after_the_end_are_damage(void)
{
    struct blob b = small_trace();
    memset(b.data + b.n, 0, 8);
    refused(b.data, b.n + 8, "more bytes follow");
    free(b.data);
}

static void another_version_is_refused(void)
{
    struct blob b = small_trace();
    b.data[8] = 2;
    trace_put32(b.data + 60, trace_crc32c(b.data, 60));
    refused(b.data, b.n, "format version 2.0");
    free(b.data);
}

/* The first chunk of a type, as an offset. */
static size_t find_chunk(struct blob b, unsigned type)
{
    size_t at = TRACE_HEADER_BYTES;
    struct trace_chunk c;
    while (trace_chunk_decode(b.data + at, &c) && c.type != type)
        at += TRACE_CHUNK_BYTES + trace_padded(c.stored_len);
    return at;
}

/* Changes a chunk's head and makes its checksum right again. */
static void change_chunk(struct blob b, size_t at, void (*change)(struct trace_chunk *))
{
    struct trace_chunk c;
    trace_chunk_decode(b.data + at, &c);
    change(&c);
    trace_chunk_encode(&c, b.data + at + TRACE_CHUNK_BYTES, b.data + at);
}

static void make_unknown_type(struct trace_chunk *c)
{
    c->type = 99;
}

static void make_unknown_codec(struct trace_chunk *c)
{
    c->codec = 9;
}

static void make_bomb(struct trace_chunk *c)
{
    c->raw_len = TRACE_DATA_RAW_MAX + 1;
}

static void make_longer(struct trace_chunk *c)
{
    c->raw_len++;
}

static void make_one_record_more(struct trace_chunk *c)
{
    c->n_records++;
}

static void make_one_record_less(struct trace_chunk *c)
{
    c->n_records--;
}

static void make_other_stream(struct trace_chunk *c)
{
    c->stream = 55;
}

static void make_later(struct trace_chunk *c)
{
    c->first_record = 9;
}

static void chunks_that_lie_are_refused(void)
{
    static const struct {
        void (*change)(struct trace_chunk *);
        const char *message;
    } cases[] = {
        {make_unknown_codec, "codec 9 is not known"},
        {make_bomb, "the lengths in the chunk are out of bounds"},
        {make_longer, "does not unpack"},
        {make_one_record_more, "the index does not agree"},
        {make_one_record_less, "the index does not agree"},
        {make_other_stream, "records of stream 55, which does not exist"},
        {make_later, "a chunk of this stream is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct blob b = small_trace();
        change_chunk(b, find_chunk(b, TRACE_CHUNK_DATA), cases[i].change);
        refused(b.data, b.n, cases[i].message);
        free(b.data);
    }
}

static void unknown_chunks_are_skipped(void)
{
    struct err err = {0};
    struct blob b = small_trace();
    change_chunk(b, find_chunk(b, TRACE_CHUNK_LABELS), make_unknown_type);
    struct trace *t = open_bytes(b.data, b.n, false, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    CU_ASSERT_EQUAL(trace_n_ops(t), 208);
    trace_close(t);
    free(b.data);
}

/* One DATA chunk with these raw bytes, behind the declarations of 'small'. */
static void records_refused(const char *raw, uint32_t n, uint32_t n_records,
                            const char *what)
{
    struct blob b = small_trace();
    size_t at = find_chunk(b, TRACE_CHUNK_DATA);
    struct trace_chunk c = {.type = TRACE_CHUNK_DATA,
                            .n_records = n_records,
                            .stored_len = n,
                            .raw_len = n};
    memcpy(b.data + at + TRACE_CHUNK_BYTES, raw, n);
    trace_chunk_encode(&c, (const uint8_t *)raw, b.data + at);
    struct err err = {0};
    struct trace *t =
        open_bytes(b.data, at + TRACE_CHUNK_BYTES + trace_padded(n), true, &err);
    CU_ASSERT_PTR_NULL(t);
    if (!strstr(err.message, what))
        fprintf(stderr, "'%s' is not in: %s\n", what, err.message);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, what));
    trace_close(t);
    free(b.data);
}

static void records_that_make_no_sense_are_refused(void)
{
    records_refused("\x03\x1f\x27", 3, 2,
                    "record 1 is not valid (operation number 39)");
    records_refused("\x1f\x00", 2, 1, "record 0 is not valid");
    records_refused("\x60\x80", 2, 1, "record 0 is cut off");
    records_refused("\x60", 1, 1, "record 0 is cut off");
    records_refused("\x03\x03", 2, 3, "record 2 is missing");
    records_refused("\x03\x03", 2, 1, "1 bytes too many after record 0");
    records_refused("\xe0\x41\x00\x00\x00", 5, 1,
                    "record 0 is not valid"); /* size 65 */
    records_refused("\xe0\x08\x04\x02\x00\x00\x07", 7, 1, "record 0 is not valid");
    records_refused("\x0e\x63", 2, 1, "spawn of stream 99, which does not exist");
    records_refused("\x0e\xff\xff\xff\xff\xff\x01", 7, 1, "record 0 is not valid");
}

static void a_pipe_is_read_like_a_file(void)
{
    struct blob b = small_trace();
    struct err err = {0};
    int ends[2], saved = dup(STDIN_FILENO);
    CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
    ssize_t put = write(ends[1], b.data, b.n);
    CU_ASSERT_EQUAL(put, (ssize_t)b.n);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    struct trace *t = trace_open("-", false, &err);
    dup2(saved, STDIN_FILENO);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    struct trace *file = open_bytes(b.data, b.n, false, &err);
    CU_ASSERT_STRING_EQUAL(trace_hash(t), trace_hash(file));
    CU_ASSERT_EQUAL(trace_n_ops(t), 208);
    trace_close(t);
    trace_close(file);
    close(ends[0]);
    close(saved);
    free(b.data);
}

static void a_full_disk_is_an_error_of_the_store(void)
{
    struct err err = {0};
    struct trace_writer *w = trace_writer_create("/dev/full", &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w);
    struct trace_stream s = {.id = 0, .name = "s"};
    trace_writer_add_stream(w, &s, &err);
    struct op op = {.kind = OP_FENCE};
    trace_writer_append(w, 0, &op, &err);
    CU_ASSERT_EQUAL(trace_writer_finish(w, &err), STATUS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "/dev/full: cannot write"));
    trace_writer_destroy(w);
    CU_ASSERT_PTR_NULL(trace_writer_create("/nonexistent/x", &err));
    CU_ASSERT_EQUAL(err.status, STATUS_STORE);
}

static void an_unfinished_trace_leaves_no_file(void)
{
    char path[64];
    struct err err = {0};
    struct trace_writer *w = trace_writer_create(temp_path(path), &err);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    trace_writer_destroy(w);
    CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
}

static void the_writer_refuses_what_the_reader_would(void)
{
    static const struct op bad[] = {
        {.kind = OP_LOAD, .size = 0},
        {.kind = OP_LOAD, .size = 65},
        {.kind = OP_N_KINDS},
        {.kind = OP_LOAD, .size = 8, .flags = OP_HAS_VALUE},
        {.kind = OP_STORE, .size = 8, .flags = OP_HAS_VALUE, .arg = 256},
        {.kind = OP_FENCE, .flags = 0x100},
        {.kind = OP_SPAWN, .target = 8},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char path[64];
        struct err err = {0};
        struct trace_writer *w = trace_writer_create(temp_path(path), &err);
        struct trace_stream s = {.id = 0, .name = "s"};
        struct op good = {.kind = OP_FENCE};
        trace_writer_add_stream(w, &s, &err);
        CU_ASSERT_EQUAL(trace_writer_append(w, 0, &bad[i], &err), STATUS_TRACE);
        CU_ASSERT_EQUAL(trace_writer_append(w, 0, &good, &err), STATUS_TRACE);
        CU_ASSERT_EQUAL(trace_writer_finish(w, &err), STATUS_TRACE);
        trace_writer_destroy(w);
        CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
    }
}

static void symbols_and_labels_name_addresses(void)
{
    static const struct {
        uint32_t process;
        uint64_t va;
        const char *name;
    } cases[] = {
        {0, 0x400010, "main"},     {0, 0x40001f, "main+0xf"}, {0, 0x400030, "0x400030"},
        {0, 0x400045, "tail+0x5"}, {1, 0x400011, "main+0x1"}, {0, 0x10000, "d"},
        {0, 0x10ff8, "d+0xff8"},   {0, 0x11000, "0x11000"},   {7, 0x400010, "0x400010"},
    };
    struct blob b = small_trace();
    struct err err = {0};
    struct trace *t = open_bytes(b.data, b.n, false, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        trace_symbol(t, cases[i].process, cases[i].va, text, sizeof text);
        CU_ASSERT_STRING_EQUAL(text, cases[i].name);
    }
    trace_close(t);
    free(b.data);
}

static CU_TestInfo tests[] = {
    {"large traces are read in windows in any order",
     large_traces_are_read_in_windows_in_any_order},
    {"targets of streams become indices", targets_of_streams_become_indices},
    {"a file cut anywhere is an error or usable up to the cut",
     a_file_cut_anywhere_is_an_error_or_usable_up_to_the_cut},
    {"a file cut behind its data keeps all operations",
     a_file_cut_behind_its_data_keeps_all_operations},
    {"any changed byte is found", any_changed_byte_is_found},
    {"what is no trace is named", what_is_no_trace_is_named},
    {"bytes after the end are damage", bytes_after_the_end_are_damage},
    {"another version is refused", another_version_is_refused},
    {"chunks that lie are refused", chunks_that_lie_are_refused},
    {"unknown chunks are skipped", unknown_chunks_are_skipped},
    {"records that make no sense are refused", records_that_make_no_sense_are_refused},
    {"a pipe is read like a file", a_pipe_is_read_like_a_file},
    {"a full disk is an error of the store", a_full_disk_is_an_error_of_the_store},
    {"an unfinished trace leaves no file", an_unfinished_trace_leaves_no_file},
    {"the writer refuses what the reader would",
     the_writer_refuses_what_the_reader_would},
    {"symbols and labels name addresses", symbols_and_labels_name_addresses},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{.pName = "trace file", .pTests = tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
