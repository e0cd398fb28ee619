/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_witness_export.c - what other viewers get of a violation.
 *
 * The files are read back by rules of their formats, as far as a viewer needs
 * them: JSON by the strict reader of src/config, VCD and Kanata line by line.
 *
 * Links: check report config
 */
#include "config/json_strict.h"
#include "test_witness_lines.h"

#include <CUnit/Basic.h>
#include <inttypes.h>

#define SET_MAX 32u

/* All lines as witnesses, in one list. */
struct set {
    uint32_t n;
    struct witness w[SET_MAX];
    const struct witness *list[SET_MAX];
};

static void take_line(const char *line, void *context)
{
    struct set *set = context;
    CU_ASSERT_FATAL(set->n < SET_MAX);
    CU_ASSERT_EQUAL_FATAL(witness_read(&set->w[set->n], line, NULL), STATUS_OK);
    set->list[set->n] = &set->w[set->n];
    set->n++;
}

static struct set *set_create(void)
{
    struct set *set = calloc(1, sizeof *set);
    struct lines_seen seen;
    lines_each(take_line, set, &seen);
    return set;
}

static void set_destroy(struct set *set)
{
    for (uint32_t i = 0; i < set->n; i++)
        witness_free(&set->w[i]);
    free(set);
}

typedef enum status (*export)(FILE *, const struct witness *const *, uint32_t, double,
                              struct err *);

static char *written(export writer, const struct witness *const *list, uint32_t n)
{
    char *text;
    size_t length;
    FILE *file = open_memstream(&text, &length);
    CU_ASSERT_EQUAL(writer(file, list, n, 3400, NULL), STATUS_OK);
    fclose(file);
    return text;
}

static const export exports[] = {witness_chrome, witness_vcd, witness_kanata};
#define N_EXPORTS (sizeof exports / sizeof *exports)

static void equal_witnesses_give_equal_bytes(void)
{
    struct set *set = set_create();
    for (unsigned i = 0; i < N_EXPORTS; i++) {
        char *once = written(exports[i], set->list, set->n);
        char *twice = written(exports[i], set->list, set->n);
        CU_ASSERT_STRING_EQUAL(once, twice);
        free(once);
        free(twice);
    }
    set_destroy(set);
}

static void a_full_disk_is_a_status(void)
{
    struct set *set = set_create();
    struct err err = {0};
    FILE *full = fopen("/dev/full", "w");
    for (unsigned i = 0; full && i < N_EXPORTS; i++)
        CU_ASSERT_EQUAL(exports[i](full, set->list, set->n, 0, &err), STATUS_STORE);
    if (full) {
        CU_ASSERT_EQUAL(witness_markdown(full, set->list[0], 1, false, &err),
                        STATUS_STORE);
        fclose(full);
    }
    set_destroy(set);
}

/* ---- Trace events. ---- */

static double number(const struct json *event, const char *key)
{
    const struct json *value = json_find(event, key);
    CU_ASSERT_PTR_NOT_NULL_FATAL(value);
    CU_ASSERT_EQUAL_FATAL(value->type, JSON_NUMBER);
    return value->number;
}

static const char *phase(const struct json *event)
{
    return json_find(event, "ph")->text;
}

/* A picosecond, in the unit of the file. */
#define SLACK 1e-6

static bool overlap(const struct json *a, const struct json *b)
{
    if (number(a, "pid") != number(b, "pid") || number(a, "tid") != number(b, "tid"))
        return false;
    double a0 = number(a, "ts"), a1 = a0 + number(a, "dur");
    double b0 = number(b, "ts"), b1 = b0 + number(b, "dur");
    return a0 + SLACK < b1 && b0 + SLACK < a1;
}

static void check_slices(const struct json *events)
{
    unsigned n = 0;
    for (const struct json *a = events->first; a; a = a->next) {
        if (strcmp(phase(a), "X") != 0)
            continue;
        n++;
        CU_ASSERT(number(a, "ts") >= 0 && number(a, "dur") > 0);
        for (const struct json *b = a->next; b; b = b->next)
            if (strcmp(phase(b), "X") == 0)
                CU_ASSERT_FALSE(overlap(a, b));
    }
    CU_ASSERT(n > 5);
}

/* Every flow that starts also ends, not before it starts. */
static void check_flows(const struct json *events)
{
    for (const struct json *a = events->first; a; a = a->next) {
        const struct json *end = NULL;
        if (strcmp(phase(a), "s") != 0)
            continue;
        for (const struct json *b = a->next; b; b = b->next)
            if (strcmp(phase(b), "f") == 0 && number(a, "id") == number(b, "id"))
                end = b;
        CU_ASSERT_PTR_NOT_NULL_FATAL(end);
        CU_ASSERT(number(end, "ts") >= number(a, "ts"));
    }
}

/* The reader takes small files: one violation at a time. */
static void trace_events_do_not_overlap_on_one_track(void)
{
    struct set *set = set_create();
    for (uint32_t i = 0; i < set->n; i++) {
        char *text = written(witness_chrome, &set->list[i], 1);
        struct json *json = NULL;
        struct err err = {0};
        enum status status = json_parse("trace", text, strlen(text), 0, &json, &err);
        CU_ASSERT_EQUAL(status, STATUS_OK);
        if (status)
            printf("%s\n", err.message);
        const struct json *events = json ? json_find(json, "traceEvents") : NULL;
        CU_ASSERT_PTR_NOT_NULL_FATAL(events);
        if (set->list[i]->v.rule != CHECK_MUTEX && set->list[i]->v.fault)
            check_slices(events);
        check_flows(events);
        json_destroy(json);
        free(text);
    }
    set_destroy(set);
}

static void every_violation_is_a_process(void)
{
    struct set *set = set_create();
    char *text = written(witness_chrome, set->list, 3), key[32];
    for (unsigned pid = 1; pid <= 4; pid++) {
        snprintf(key, sizeof key, "\"pid\":%u,", pid);
        CU_ASSERT_EQUAL(strstr(text, key) != NULL, pid <= 3);
    }
    free(text);
    set_destroy(set);
}

/* ---- VCD. ---- */

struct vcd {
    uint32_t n;
    char id[512][8];
    unsigned bits[512];
    bool valued[512];
};

static int vcd_find(const struct vcd *vcd, const char *id)
{
    for (uint32_t i = 0; i < vcd->n; i++)
        if (strcmp(vcd->id[i], id) == 0)
            return (int)i;
    return -1;
}

static void vcd_declare(struct vcd *vcd, const char *line)
{
    char id[8];
    unsigned bits;
    CU_ASSERT_EQUAL_FATAL(sscanf(line, "$var reg %u %7s", &bits, id), 2);
    CU_ASSERT_FATAL(vcd->n < 512);
    CU_ASSERT_EQUAL(vcd_find(vcd, id), -1);
    snprintf(vcd->id[vcd->n], sizeof vcd->id[0], "%s", id);
    vcd->bits[vcd->n++] = bits;
}

static void vcd_value(struct vcd *vcd, const char *line)
{
    char value[80], id[8];
    const char *format = line[0] == 'b' ? "b%79[01xz] %7s" : "%1[01xz]%7s";
    CU_ASSERT_EQUAL_FATAL(sscanf(line, format, value, id), 2);
    int i = vcd_find(vcd, id);
    CU_ASSERT_FATAL(i >= 0);
    CU_ASSERT(strlen(value) <= vcd->bits[i]);
    vcd->valued[i] = true;
}

static void check_vcd(char *text)
{
    struct vcd *vcd = calloc(1, sizeof *vcd);
    int scopes = 0;
    bool defined = false;
    uint64_t now = 0, n_times = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (strncmp(line, "$var ", 5) == 0) {
            vcd_declare(vcd, line);
        } else if (line[0] == '$') {
            scopes += strncmp(line, "$scope", 6) == 0;
            scopes -= strncmp(line, "$upscope", 8) == 0;
            defined |= strncmp(line, "$enddefinitions", 15) == 0;
        } else if (line[0] == '#') {
            uint64_t t = strtoull(line + 1, NULL, 10);
            CU_ASSERT(n_times == 0 ? t == 0 : t > now);
            now = t;
            n_times++;
        } else {
            CU_ASSERT(defined && n_times > 0);
            vcd_value(vcd, line);
        }
    }
    CU_ASSERT_EQUAL(scopes, 0);
    CU_ASSERT(n_times > 10);
    for (uint32_t i = 0; i < vcd->n; i++)
        CU_ASSERT(vcd->valued[i]);
    free(vcd);
}

static void a_waveform_has_rising_times_and_declared_variables(void)
{
    struct set *set = set_create();
    char *text = written(witness_vcd, set->list, set->n);
    CU_ASSERT_PTR_NULL(strstr(text, "$date"));
    check_vcd(text);
    free(text);
    set_destroy(set);
}

/* ---- Kanata. ---- */

struct kanata {
    uint64_t n, n_retired, n_flushed, n_missed;
    unsigned open[4096]; /* Stages. */
    bool retired[4096];
};

static void kanata_line(struct kanata *k, const char *line)
{
    uint64_t id, other, third;
    CU_ASSERT_EQUAL_FATAL(sscanf(line + 1, "\t%" SCNu64 "\t%" SCNu64, &id, &other), 2);
    CU_ASSERT_FATAL(id < 4096);
    if (line[0] == 'I')
        CU_ASSERT_EQUAL(id, k->n++);
    CU_ASSERT(id < k->n && !k->retired[id]);
    switch (line[0]) {
    case 'S':
        k->open[id]++;
        break;
    case 'E':
        CU_ASSERT_FATAL(k->open[id] > 0);
        k->open[id]--;
        break;
    case 'R':
        CU_ASSERT_EQUAL_FATAL(sscanf(line + 1, "\t%*u\t%*u\t%" SCNu64, &third), 1);
        CU_ASSERT_EQUAL(other, k->n_retired++);
        CU_ASSERT_EQUAL(k->open[id], 0);
        k->retired[id] = true;
        k->n_flushed += third;
        break;
    case 'W':
        CU_ASSERT(other < k->n);
        k->n_missed++;
        break;
    }
}

static void instructions_of_kanata_begin_and_end_in_order(void)
{
    struct set *set = set_create();
    char *text = written(witness_kanata, set->list, set->n);
    struct kanata *k = calloc(1, sizeof *k);
    uint64_t with_store = 0;
    CU_ASSERT_EQUAL(strncmp(text, "Kanata\t0004\nC=\t0\n", 17), 0);
    for (char *line = strtok(text + 17, "\n"); line; line = strtok(NULL, "\n")) {
        CU_ASSERT_PTR_NOT_NULL_FATAL(strchr("CILSERW", line[0]));
        if (line[0] != 'C')
            kanata_line(k, line);
        else
            CU_ASSERT(strtoll(line + 2, NULL, 10) > 0);
    }
    for (uint32_t i = 0; i < set->n; i++)
        with_store += set->w[i].v.has_missed;
    CU_ASSERT(k->n > 100);
    CU_ASSERT_EQUAL(k->n_retired, k->n);
    CU_ASSERT_EQUAL(k->n_flushed, set->n); /* The violating accesses. */
    CU_ASSERT_EQUAL(k->n_missed, with_store);
    free(k);
    free(text);
    set_destroy(set);
}

/* ---- Markdown. ---- */

static char *section(const struct witness *w, bool ascii)
{
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    CU_ASSERT_EQUAL(witness_markdown(file, w, 12, ascii, NULL), STATUS_OK);
    fclose(file);
    return text;
}

static void a_section_has_anchor_sentence_facts_and_timeline(void)
{
    struct set *set = set_create();
    for (uint32_t i = 0; i < set->n; i++) {
        char *text = section(&set->w[i], true), heading[32];
        snprintf(heading, sizeof heading,
                 "\n## 12. %s: ", check_rule_name(set->w[i].v.rule));
        CU_ASSERT_EQUAL(strncmp(text, "<a id=\"violation-12\"></a>\n", 26), 0);
        CU_ASSERT_PTR_NOT_NULL(strstr(text, heading));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n| trial | "));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "\n```text\n"));
        CU_ASSERT_PTR_NOT_NULL(strstr(text, "^ "));
        CU_ASSERT_PTR_NULL(strchr(text, '\033'));
        free(text);
    }
    set_destroy(set);
}

static void ascii_sections_have_no_special_characters(void)
{
    struct set *set = set_create();
    char *plain = section(&set->w[0], true), *box = section(&set->w[0], false);
    unsigned n = 0;
    for (const char *at = plain; *at; at++)
        CU_ASSERT((unsigned char)*at < 0x80);
    for (const char *at = box; *at; at++)
        n += (unsigned char)*at >= 0x80;
    CU_ASSERT(n > 0);
    free(plain);
    free(box);
    set_destroy(set);
}

static void names_are_no_markup(void)
{
    struct witness w = {.v = {.rule = CHECK_STALE, .kind = OBS_LOAD}};
    snprintf(w.symbol, sizeof w.symbol, "a|b_c*<i>`\n# x");
    char *text = section(&w, true);
    CU_ASSERT_PTR_NOT_NULL(
        strstr(text, "| address | a\\|b\\_c\\*&lt;i\\>\\` \\# x |\n"));
    free(text);
}

#define ROW(test)   \
    {               \
#test, test \
    }
static CU_TestInfo tests[] = {
    ROW(equal_witnesses_give_equal_bytes),
    ROW(a_full_disk_is_a_status),
    ROW(trace_events_do_not_overlap_on_one_track),
    ROW(every_violation_is_a_process),
    ROW(a_waveform_has_rising_times_and_declared_variables),
    ROW(instructions_of_kanata_begin_and_end_in_order),
    ROW(a_section_has_anchor_sentence_facts_and_timeline),
    ROW(ascii_sections_have_no_special_characters),
    ROW(names_are_no_markup),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"witness export", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() != CUE_SUCCESS)
        return 1;
    CU_register_suites(suites);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
