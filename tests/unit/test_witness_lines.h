/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_witness_lines.h - a line of violations.jsonl for each rule.
 *
 * The checker finds the violations in hand-made sequences of records
 * (test_check_script.h), and the writer of src/report writes them, so a new
 * field of either comes by here.  What real runs wrote lies in
 * tests/fuzz/corpus/fuzz_witness.
 */
#ifndef TEST_WITNESS_LINES_H
#define TEST_WITNESS_LINES_H

#include "report/report.h"
#include "test_check_script.h"
#include "witness/witness.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

/* How often a line of each rule is among those of lines_each(). */
struct lines_seen {
    unsigned n[CHECK_N_RULES];
};

static inline void b_stores_under_lock(struct script *s)
{
    acknowledge(s, B, OLD);
    lock(s, B);
    store(s, B, NEW);
    unlock(s, B);
}

static inline void torn_story(struct script *s)
{
    entry_changes(s);
    b_stores_under_lock(s);
    lock(s, C);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    copy_ends(s);
    load(s, C, NEW, ver_make(B, s->op[B] - 2, 0).bits);
    unlock(s, C);
}

static inline void lost_story(struct script *s)
{
    entry_changes(s);
    b_stores_under_lock(s);
    lock(s, C);
    load(s, C, OLD, 0);
    acknowledge(s, C, OLD);
    store(s, C, NEW);
}

static inline void dead_story(struct script *s)
{
    entry_changes(s);
    lock(s, C);
    store(s, C, OLD);
}

static inline void mutex_story(struct script *s)
{
    lock(s, B);
    s->now += 300;
    lock(s, C);
}

static inline void reuse_story(struct script *s)
{
    entry_changes(s);
    struct obs r = by(s, A, OBS_FRAME_FREE);
    r.a = OLD;
    say(s, r);
    lock(s, C);
    load(s, C, OLD, 0);
}

/* The guest unmaps the page: a change without a fault. */
static inline void unmap_story(struct script *s)
{
    actors(s);
    watch_begin(s, OLD, NEW, 9);
    pte(s, entry(OLD, RW), 0, 0, OBS_PTE_UNMAP);
    struct obs r = by(s, A, OBS_FRAME_FREE);
    r.a = OLD;
    say(s, r);
    s->now += 100;
    load(s, C, OLD, 0);
}

static inline void lines_name(void *context, uint32_t space, uint64_t va, char *text,
                              size_t n)
{
    (void)context;
    (void)space;
    snprintf(text, n, "%s", va == L ? "a<b>&\"lock\"" : va == X ? "table+0x8" : "?");
}

typedef void (*line_test)(const char *line, void *context);

/* Calls 'test' with each line of 'text'. */
static inline void lines_split(char *text, line_test test, void *context)
{
    for (char *at = text, *end; (end = strchr(at, '\n')); at = end + 1) {
        char after = end[1];
        end[1] = '\0';
        test(at, context);
        end[1] = after;
    }
}

static inline void lines_story(void (*story)(struct script *s), bool named,
                               line_test test, void *context)
{
    static const struct check_names names = {.name = lines_name};
    struct report_context report = {.names = named ? &names : NULL};
    struct run_result *result = calloc(1, sizeof *result);
    struct script s = script_start(CHECK_WATCH_WINDOWS);
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    story(&s);
    snprintf(result->protocol, sizeof result->protocol, "a protocol");
    CU_ASSERT_EQUAL(
        report_violations_jsonl(file, result, 7, check_result(s.check), &report, NULL),
        STATUS_OK);
    fclose(file);
    CU_ASSERT_FATAL(n > 0);
    lines_split(text, test, context);
    free(text);
    free(result);
    script_end(&s);
}

/* Calls 'test' with the lines that real runs wrote. */
static inline void lines_real(line_test test, void *context)
{
    static char path[512], text[1 << 17];
    const char *folder = SD_SOURCE_DIR "/tests/fuzz/corpus/fuzz_witness";
    DIR *dir = opendir(folder);
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    for (const struct dirent *entry; (entry = readdir(dir));) {
        if (strncmp(entry->d_name, "run_", 4) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        FILE *file = fopen(path, "rb");
        CU_ASSERT_PTR_NOT_NULL_FATAL(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
        lines_split(text, test, context);
    }
    closedir(dir);
}

/* Calls 'test' with lines of all rules, made and real, and counts the rules. */
static inline void lines_each(line_test test, void *context, struct lines_seen *seen);

struct lines_counted {
    line_test test;
    void *context;
    struct lines_seen *seen;
};

static inline void lines_count(const char *line, void *context)
{
    const struct lines_counted *counted = context;
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        char rule[64];
        snprintf(rule, sizeof rule, "{\"rule\":\"%s\"",
                 check_rule_name((enum check_rule_id)i));
        counted->seen->n[i] += strncmp(line, rule, strlen(rule)) == 0;
    }
    counted->test(line, counted->context);
}

static inline void lines_each(line_test test, void *context, struct lines_seen *seen)
{
    void (*const stories[])(struct script *) = {torn_story,  lost_story,  dead_story,
                                                mutex_story, reuse_story, unmap_story};
    struct lines_counted counted = {test, context, seen};
    memset(seen, 0, sizeof *seen);
    for (unsigned i = 0; i < sizeof stories / sizeof *stories; i++)
        for (unsigned named = 0; named < 2; named++)
            lines_story(stories[i], named, lines_count, &counted);
    lines_real(lines_count, &counted);
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        CU_ASSERT(seen->n[i] > 0);
}

/* What a writer of a witness wrote, from malloc. */
static inline char *lines_jsonl(const struct witness *w)
{
    struct check_names names = witness_names(w);
    struct report_context report = {.names = &names};
    struct check_result check = {.violations = &w->v, .n_violations = 1};
    struct run_result *result = calloc(1, sizeof *result);
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    snprintf(result->protocol, sizeof result->protocol, "%s", w->protocol);
    CU_ASSERT_EQUAL(
        report_violations_jsonl(file, result, w->trial, &check, &report, NULL),
        STATUS_OK);
    fclose(file);
    free(result);
    return text;
}

#endif
