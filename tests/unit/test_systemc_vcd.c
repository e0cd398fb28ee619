/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_systemc_vcd.c - waveforms (src/systemc/vcd.h).
 *
 * A small reader of the format, written from IEEE 1364 and not from the
 * writer, says what each signal is at each cycle; that must be what the list
 * of changes says.
 */
#include "base/rng.h"
#include "sim/engine.h"
#include "systemc/systemc.h"
#include "systemc/vcd.h"

#include <CUnit/Basic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH       "test_systemc_vcd.out.vcd"
#define OTHER_PATH "test_systemc_vcd.other.vcd"

/* The reader. */
#define READ_SIGNALS_MAX 16
#define READ_STEPS_MAX   2048
#define UNKNOWN          UINT64_MAX

struct waveform {
    int n_signals;
    struct {
        char id[16], name[64];
        unsigned width;
    } signals[READ_SIGNALS_MAX];
    int n_steps; /* Times in the file, with all values from that time on. */
    struct {
        cycle_t time;
        uint64_t values[READ_SIGNALS_MAX];
    } steps[READ_STEPS_MAX];
};

static void read_variable(struct waveform *w, const char *scope, const char *line)
{
    char id[16], name[64];
    unsigned width = 0;
    CU_ASSERT_FATAL(w->n_signals < READ_SIGNALS_MAX);
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "$var wire %u %15s %63s", &width, id, name), 3);
    int i = w->n_signals++;
    w->signals[i].width = width;
    snprintf(w->signals[i].id, sizeof w->signals[i].id, "%s", id);
    snprintf(w->signals[i].name, sizeof w->signals[i].name, "%.31s%s%.31s", scope,
             *scope ? "." : "", name);
}

static void read_time(struct waveform *w, cycle_t time)
{
    CU_ASSERT_FATAL(w->n_steps < READ_STEPS_MAX);
    if (w->n_steps > 0) {
        CU_ASSERT(time > w->steps[w->n_steps - 1].time);
        w->steps[w->n_steps] = w->steps[w->n_steps - 1];
    }
    w->steps[w->n_steps++].time = time;
}

static void read_value(struct waveform *w, const char *line)
{
    char digits[80] = {0}, id[16] = {0};
    const char *format = line[0] == 'b' ? "b%79s %15s" : "%1[01x]%15s";
    CU_ASSERT_EQUAL_FATAL(sscanf(line, format, digits, id), 2);
    for (int i = 0; i < w->n_signals; i++) {
        if (strcmp(w->signals[i].id, id) != 0)
            continue;
        CU_ASSERT(strlen(digits) <= w->signals[i].width);
        uint64_t value = strchr(digits, 'x') ? UNKNOWN : strtoull(digits, NULL, 2);
        w->steps[w->n_steps - 1].values[i] = value;
    }
}

/* Scopes nest two deep at most in these tests: "SystemC" and one of ours. */
static void read_line(struct waveform *w, char scope[64], bool *in_text,
                      const char *line)
{
    char word[64] = {0};
    if (*in_text)
        *in_text = !strstr(line, "$end");
    else if (strncmp(line, "$comment", 8) == 0 || strncmp(line, "$version", 8) == 0 ||
             strncmp(line, "$timescale", 10) == 0)
        *in_text = true;
    else if (sscanf(line, "$scope module %63s", word) == 1)
        strcpy(scope, strcmp(word, "SystemC") == 0 ? "" : word);
    else if (strncmp(line, "$upscope", 8) == 0)
        scope[0] = '\0';
    else if (strncmp(line, "$var", 4) == 0)
        read_variable(w, scope, line);
    else if (line[0] == '#')
        read_time(w, strtoull(line + 1, NULL, 10));
    else if (strchr("01xb", line[0]) && line[0])
        read_value(w, line);
}

static struct waveform *read_waveform(const char *path)
{
    struct waveform *w = calloc(1, sizeof *w);
    FILE *file = fopen(path, "r");
    CU_ASSERT_FATAL(w && file);
    char line[256], scope[64] = "";
    bool in_text = false;
    while (fgets(line, sizeof line, file))
        read_line(w, scope, &in_text, line);
    fclose(file);
    return w;
}

static int find_signal(const struct waveform *w, const char *name)
{
    for (int i = 0; i < w->n_signals; i++) {
        if (strcmp(w->signals[i].name, name) == 0)
            return i;
    }
    return -1;
}

/* The value of 'name' in cycle 'at', as a viewer would show it. */
static uint64_t value_at(const struct waveform *w, const char *name, cycle_t at)
{
    int signal = find_signal(w, name);
    CU_ASSERT_FATAL(signal >= 0 && w->n_steps > 0 && w->steps[0].time <= at);
    uint64_t value = 0;
    for (int i = 0; i < w->n_steps && w->steps[i].time <= at; i++)
        value = w->steps[i].values[signal];
    return value;
}

static char *bytes_of(const char *path, size_t *n)
{
    FILE *file = fopen(path, "r");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char *bytes = calloc(1, 1 << 20);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    *n = fread(bytes, 1, (1 << 20) - 1, file);
    fclose(file);
    return bytes;
}

/* The tests. */

static const struct vcd_signal signals[] = {
    {"cpu0.mode", 2, "0 idle, 1 user, 2 kernel, 3 interrupt"},
    {"cpu1.mode", 2, NULL},
    {"cpu1.pending", 1, NULL},
    {"pte", 64, NULL},
};
#define N_SIGNALS (sizeof signals / sizeof signals[0])

static const struct vcd_change changes[] = {
    {90, 3, 0x8000000000000067},
    {100, 0, 1},
    {105, 1, 3},
    {105, 2, 1},
    {110, 2, 0},
    {110, 0, 2},
    {120, 3, UINT64_C(5)},
    {121, 0, 3},
};
#define N_CHANGES (sizeof changes / sizeof changes[0])

static enum status write_window(const char *path, cycle_t from, cycle_t to)
{
    return vcd_write(path, signals, N_SIGNALS, changes, N_CHANGES, from, to, NULL);
}

static void signals_change_in_the_cycle_of_the_change(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 130), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 100), 1);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 109), 1);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 110), 2);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 130), 3);
    CU_ASSERT_EQUAL(value_at(w, "cpu1.pending", 105), 1);
    CU_ASSERT_EQUAL(value_at(w, "cpu1.pending", 109), 1);
    CU_ASSERT_EQUAL(value_at(w, "cpu1.pending", 110), 0);
    CU_ASSERT_EQUAL(value_at(w, "pte", 119), 0x8000000000000067);
    CU_ASSERT_EQUAL(value_at(w, "pte", 120), 5);
    free(w);
}

static void a_change_in_the_last_cycle_is_drawn(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 121), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 120), 2);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 121), 3);
    free(w);
}

static void the_file_spans_the_window(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 130), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(w->steps[0].time, 95);
    CU_ASSERT_EQUAL(w->steps[w->n_steps - 1].time, 130);
    free(w);
}

static void changes_before_the_window_give_its_first_values(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 106, 115), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 106), 1);
    CU_ASSERT_EQUAL(value_at(w, "cpu1.mode", 106), 3);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 115), 2);
    CU_ASSERT_EQUAL(w->steps[w->n_steps - 1].time, 115);
    free(w);
}

static void a_signal_is_unknown_before_its_first_change(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 130), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 99), UNKNOWN);
    CU_ASSERT_EQUAL(value_at(w, "cpu1.pending", 104), UNKNOWN);
    free(w);
}

static void a_window_of_one_cycle_can_be_drawn(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 110, 110), STATUS_OK);
    struct waveform *w = read_waveform(PATH);
    CU_ASSERT_EQUAL(value_at(w, "cpu0.mode", 110), 2);
    CU_ASSERT_EQUAL(w->steps[w->n_steps - 1].time, 110);
    free(w);
}

static void the_legend_is_a_comment_of_the_file(void)
{
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 130), STATUS_OK);
    size_t n = 0;
    char *bytes = bytes_of(PATH, &n);
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, "cpu0.mode: 0 idle, 1 user, 2 kernel"));
    CU_ASSERT_PTR_NOT_NULL(strstr(bytes, "$scope module cpu0 $end"));
    free(bytes);
}

static bool run_nothing(void *context, unsigned unit, cycle_t now)
{
    (void)context;
    return unit == 0 && now < UINT64_MAX;
}

static void equal_changes_give_equal_bytes_whenever_they_are_drawn(void)
{
    static const enum engine_phase phases[1] = {PHASE_CORE};
    struct engine_client client = {NULL, run_nothing};
    CU_ASSERT_EQUAL_FATAL(write_window(PATH, 95, 130), STATUS_OK);
    struct engine *engine = engine_systemc.create(1, phases, client, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    engine_wake(engine, 0, 12345);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, CYCLE_NEVER), ENGINE_IDLE);
    CU_ASSERT_EQUAL_FATAL(write_window(OTHER_PATH, 95, 130), STATUS_OK);
    engine_systemc.destroy(engine);
    size_t n = 0, other_n = 0;
    char *bytes = bytes_of(PATH, &n), *other = bytes_of(OTHER_PATH, &other_n);
    CU_ASSERT_EQUAL(n, other_n);
    CU_ASSERT_EQUAL(memcmp(bytes, other, n), 0);
    CU_ASSERT_PTR_NULL(strstr(bytes, "$date"));
    CU_ASSERT_EQUAL(access(PATH ".part.vcd", F_OK), -1);
    free(bytes);
    free(other);
}

static void an_engine_with_pending_wakes_is_not_disturbed(void)
{
    static const enum engine_phase phases[1] = {PHASE_CORE};
    struct engine_client client = {NULL, run_nothing};
    struct engine *engine = engine_systemc.create(1, phases, client, NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    engine_wake(engine, 0, 10);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, 10), ENGINE_IDLE);
    engine_wake(engine, 0, 30);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, 20), ENGINE_UNTIL);
    CU_ASSERT_EQUAL(write_window(PATH, 0, 1000000), STATUS_OK);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, 29), ENGINE_UNTIL);
    CU_ASSERT_EQUAL(engine_systemc.run(engine, 30), ENGINE_IDLE);
    engine_systemc.destroy(engine);
}

/* Random lists, windows far from zero; every cycle is compared. */
static void a_random_waveform_says_what_its_changes_say(void)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        struct vcd_change list[300];
        cycle_t from = rng_draw(seed, 0, 0) >> 4, at = from;
        for (unsigned i = 0; i < 300; i++) {
            uint32_t signal = (uint32_t)(rng_draw(seed, 1, i) % N_SIGNALS);
            uint64_t value = rng_draw(seed, 2, i) >> (64 - signals[signal].width);
            at += rng_draw(seed, 3, i) % 3;
            list[i] = (struct vcd_change){at, signal, value};
        }
        CU_ASSERT_EQUAL_FATAL(
            vcd_write(PATH, signals, N_SIGNALS, list, 300, from, at, NULL), STATUS_OK);
        struct waveform *w = read_waveform(PATH);
        uint64_t now[N_SIGNALS] = {UNKNOWN, UNKNOWN, UNKNOWN, 0};
        for (unsigned i = 0; i < 300; i++) {
            now[list[i].signal] = list[i].value;
            if (i + 1 < 300 && list[i + 1].cycle == list[i].cycle)
                continue;
            for (unsigned s = 0; s < N_SIGNALS; s++)
                CU_ASSERT_EQUAL_FATAL(value_at(w, signals[s].name, list[i].cycle),
                                      now[s]);
        }
        free(w);
    }
}

static void a_backward_window_is_an_error_of_the_user(void)
{
    struct err err = {0};
    CU_ASSERT_EQUAL(
        vcd_write(PATH, signals, N_SIGNALS, changes, N_CHANGES, 10, 9, &err),
        STATUS_USAGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "10 to 9"));
}

static void changes_out_of_order_or_range_are_refused(void)
{
    static const struct vcd_change bad[][2] = {
        {{5, 0, 1}, {4, 0, 1}}, /* Backwards. */
        {{5, 0, 1}, {6, N_SIGNALS, 1}},
        {{5, 0, 1}, {6, 0, 4}}, /* Two bits wide. */
    };
    for (size_t i = 0; i < 3; i++)
        CU_ASSERT_EQUAL(vcd_write(PATH, signals, N_SIGNALS, bad[i], 2, 0, 9, NULL),
                        STATUS_INTERNAL);
    static const struct vcd_signal unnamed = {"a b", 2, NULL};
    CU_ASSERT_EQUAL(vcd_write(PATH, &unnamed, 1, NULL, 0, 0, 9, NULL), STATUS_INTERNAL);
}

static void a_path_that_cannot_be_written_is_named(void)
{
    struct err err = {0};
    CU_ASSERT_EQUAL(vcd_write("no-such-folder/w.vcd", signals, N_SIGNALS, changes,
                              N_CHANGES, 0, 200, &err),
                    STATUS_STORE);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "no-such-folder/w.vcd"));
}

static void a_full_disk_is_an_error(void)
{
    if (access("/dev/full", W_OK) != 0)
        return;
    unlink("test_systemc_vcd.full.vcd");
    CU_ASSERT_EQUAL(symlink("/dev/full", "test_systemc_vcd.full.vcd"), 0);
    CU_ASSERT_EQUAL(write_window("test_systemc_vcd.full.vcd", 0, 200), STATUS_STORE);
    unlink("test_systemc_vcd.full.vcd");
}

/* In a child, because a limit cannot be raised again.  The limit is hit by
 * SystemC, which does not notice; our shorter copy of what there is fits. */
static void a_file_that_systemc_could_not_finish_is_an_error(void)
{
    CU_ASSERT_EQUAL(write_window(PATH, 95, 130), STATUS_OK);
    struct stat whole;
    CU_ASSERT_EQUAL_FATAL(stat(PATH, &whole), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGXFSZ, SIG_IGN);
        struct rlimit limit = {(rlim_t)whole.st_size, (rlim_t)whole.st_size};
        setrlimit(RLIMIT_FSIZE, &limit);
        _exit((int)write_window(PATH, 95, 130));
    }
    int status = 0;
    waitpid(child, &status, 0);
    CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == STATUS_STORE);
}

static int clean_up(void)
{
    unlink(PATH);
    unlink(OTHER_PATH);
    return 0;
}

static CU_TestInfo tests[] = {
    {"signals change in the cycle of the change",
     signals_change_in_the_cycle_of_the_change},
    {"a change in the last cycle is drawn", a_change_in_the_last_cycle_is_drawn},
    {"the file spans the window", the_file_spans_the_window},
    {"changes before the window give its first values",
     changes_before_the_window_give_its_first_values},
    {"a signal is unknown before its first change",
     a_signal_is_unknown_before_its_first_change},
    {"a window of one cycle can be drawn", a_window_of_one_cycle_can_be_drawn},
    {"the legend is a comment of the file", the_legend_is_a_comment_of_the_file},
    {"equal changes give equal bytes whenever they are drawn",
     equal_changes_give_equal_bytes_whenever_they_are_drawn},
    {"an engine with pending wakes is not disturbed",
     an_engine_with_pending_wakes_is_not_disturbed},
    {"a random waveform says what its changes say",
     a_random_waveform_says_what_its_changes_say},
    {"a backward window is an error of the user",
     a_backward_window_is_an_error_of_the_user},
    {"changes out of order or range are refused",
     changes_out_of_order_or_range_are_refused},
    {"a path that cannot be written is named", a_path_that_cannot_be_written_is_named},
    {"a full disk is an error", a_full_disk_is_an_error},
    {"a file that SystemC could not finish is an error",
     a_file_that_systemc_could_not_finish_is_an_error},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"vcd", NULL, clean_up, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
