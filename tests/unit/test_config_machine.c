/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_config_machine.c - the whole configuration of a machine: every row of
 * every table at its bounds, every file that ships, what is refused.
 *
 * Links: machine
 */
#include "test_config_support.h"

#include "machine/machine_config.h"
#include "tlb/policy.h"
#include "vm/shootdown.h"

#include <dirent.h>
#include <math.h>

#define CONFIGS SD_SOURCE_DIR "/configs"

/* Loads the files and sets in null-terminated lists; the message, or "". */
static const char *load(const char *const *files, const char *const *sets,
                        struct machine_config *m, struct config **effective,
                        struct err *err)
{
    const struct machine_config_sources sources = {
        .files = files,
        .sets = sets,
        .config_dir = CONFIGS,
    };
    err->message[0] = '\0';
    machine_config_load(&sources, m, effective, err);
    return err->message;
}

static const char *set(const char *assignment, struct err *err)
{
    struct machine_config m;
    const char *const sets[] = {assignment, NULL};
    return load(NULL, sets, &m, NULL, err);
}

/* --- Every row at its bounds. The rows come from the schema's tables, by way
 * of config_list(): a row cannot be added without being tested here. --- */

/* "path  (type min..max unit)  default ..." */
struct listed {
    char path[128];
    double min, max;
    bool integer, time;
};

static bool parse_listed(const char *line, struct listed *row)
{
    char type[32], bounds[64];
    if (sscanf(line, "%127s (%31s %63[^) ]", row->path, type, bounds) != 3)
        return false;
    char *between = strstr(bounds, "..");
    if (!between)
        return false;
    *between = '\0';
    row->min = strtod(bounds, NULL);
    row->max = strtod(between + 2, NULL);
    char *brace = strstr(row->path, "_{ns,cycles}");
    row->time = brace != NULL;
    if (brace)
        strcpy(brace, "_cycles");
    row->integer = row->time || strcmp(type, "integer") == 0;
    return true;
}

/* Says whether a number is inside the row's bounds, from its message. */
static bool inside(const struct listed *row, double number)
{
    char assignment[256];
    struct err err;
    snprintf(assignment, sizeof assignment, "%s=%.17g", row->path, number);
    if (row->integer)
        snprintf(assignment, sizeof assignment, "%s=%.0f", row->path, number);
    const char *message = set(assignment, &err);
    bool out =
        strstr(message, "must be from") || strstr(message, "must not be negative");
    /* Only checks between sections may object to a number that is inside. */
    CU_ASSERT(out || !message[0] || strstr(message, "power of two") ||
              strstr(message, "not modelled") || strstr(message, "hardware threads") ||
              strstr(message, "address spaces"));
    return !out;
}

static void check_row(const struct listed *row)
{
    double step = row->integer ? 1 : fmax(fabs(row->min), 1) * 1e-6;
    CU_ASSERT_TRUE(inside(row, row->min));
    CU_ASSERT_TRUE(inside(row, row->max));
    CU_ASSERT_FALSE(inside(row, row->min - step));
    /* Above 2^53 the next number is two further. */
    CU_ASSERT_FALSE(inside(row, row->max >= 9e15 ? row->max * 1.5 : row->max + step));
}

static void each_number_is_refused_beyond_its_bounds_and_accepted_at_them(void)
{
    struct config *tables = machine_config_tables();
    struct text list = {0};
    unsigned n = 0;
    config_list(tables, &list);
    for (char *line = strtok(list.data, "\n"); line; line = strtok(NULL, "\n")) {
        struct listed row;
        if (!parse_listed(line, &row))
            continue;
        check_row(&row);
        n++;
    }
    CU_ASSERT(n > 90);
    text_free(&list);
    config_destroy(tables);
}

static void the_defaults_are_a_machine(void)
{
    struct machine_config m;
    struct err err;
    SAME(load(NULL, NULL, &m, NULL, &err), "");
    SAME(m.protocol.name, "break_before_make");
    CU_ASSERT_EQUAL(m.tlb.l1d.ways, 64);
}

static void choices_of_policies_are_those_of_the_table(void)
{
    uint32_t n = 0;
    for (; tlb_policies[n]; n++) {
        char assignment[64];
        struct machine_config m;
        struct err err;
        snprintf(assignment, sizeof assignment, "tlb.l2d.policy=%s",
                 tlb_policies[n]->name);
        const char *const sets[] = {assignment, NULL};
        SAME(load(NULL, sets, &m, NULL, &err), "");
        CU_ASSERT_EQUAL(m.tlb.l2d.policy, n);
    }
    CU_ASSERT_EQUAL(n, 4);
}

static void choices_of_shootdowns_are_those_of_the_table(void)
{
    uint32_t n = 0;
    for (; vm_shootdowns[n]; n++) {
        char assignment[64];
        struct machine_config m;
        struct err err;
        snprintf(assignment, sizeof assignment, "kernel.shootdown=%s",
                 vm_shootdowns[n]->name);
        const char *const sets[] = {assignment, NULL};
        SAME(load(NULL, sets, &m, NULL, &err), "");
        CU_ASSERT_EQUAL(m.kernel.shootdown, n);
    }
    CU_ASSERT(n >= 2);
}

/* --- What ships --- */

static int is_json(const struct dirent *entry)
{
    return strstr(entry->d_name, ".json") != NULL;
}

/* Calls 'check' for each JSON file in 'directory'; returns how many there are. */
static int each_file(const char *directory, void (*check)(const char *path))
{
    struct dirent **names;
    int n = scandir(directory, &names, is_json, alphasort);
    for (int i = 0; i < n; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        check(path);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    return n;
}

static void loads_and_writes_itself(const char *path)
{
    const char *const files[] = {path, NULL};
    struct machine_config before, after;
    struct config *first, *second;
    struct text once = {0}, twice = {0};
    struct err err = {0};
    SAME(load(files, NULL, &before, &first, &err), "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(first);
    config_json(first, &once);
    second = machine_config_tables();
    CU_ASSERT_FALSE(config_merge_text(second, "echo", once.data, once.n, &err));
    memset(&after, 0, sizeof after);
    CU_ASSERT_FALSE(config_fill(second, &after, &err));
    after.protocol = before.protocol;
    CU_ASSERT_EQUAL(memcmp(&before, &after, sizeof before), 0);
    config_json(second, &twice);
    SAME(text_get(&twice), text_get(&once));
    text_free(&once);
    text_free(&twice);
    config_destroy(first);
    config_destroy(second);
}

static void everything_that_ships_loads_and_writes_itself(void)
{
    CU_ASSERT(each_file(CONFIGS, loads_and_writes_itself) >= 5);
    CU_ASSERT(each_file(CONFIGS "/tiny", loads_and_writes_itself) >= 3);
}

/* Lines of config_show() that come from the file but carry no note. */
static void every_number_has_a_note(const char *path)
{
    const char *const files[] = {path, NULL};
    struct machine_config m;
    struct config *config;
    struct text shown = {0};
    struct err err;
    SAME(load(files, NULL, &m, &config, &err), "");
    config_show(config, &shown);
    bool from_file = false, noted = true, section_note = false;
    for (char *line = strtok(shown.data, "\n"); line; line = strtok(NULL, "\n")) {
        if (line[0] == '#')
            section_note = false;
        if (strncmp(line, "        Note:", 13) == 0)
            noted = section_note = true;
        if (line[0] == ' ' || line[0] == '#' || strncmp(line, "protocol", 8) == 0)
            continue;
        if (from_file && !noted)
            fprintf(stderr, "%s: a value before %s has no note\n", path, line);
        CU_ASSERT(!from_file || noted);
        from_file = strstr(line, ".json:") && !strstr(line, "machine.name");
        noted = strncmp(line, "topology.", 9) == 0 && section_note;
        if (strncmp(line, "check.", 6) == 0)
            break;
    }
    text_free(&shown);
    config_destroy(config);
}

static void every_number_of_a_machine_names_its_source(void)
{
    each_file(CONFIGS, every_number_has_a_note);
}

static void ryzen16_is_the_threadripper(void)
{
    const char *const files[] = {"ryzen16", NULL};
    struct machine_config m;
    struct err err;
    SAME(load(files, NULL, &m, NULL, &err), "");
    CU_ASSERT_EQUAL(topology_n_cpus(&m.topology), 16);
    CU_ASSERT_EQUAL(topology_n_clusters(&m.topology), 4);
    CU_ASSERT_EQUAL(m.mem.c2c_cluster.base, 85);          /* 25.1 ns */
    CU_ASSERT_EQUAL(m.mem.c2c_die.base, 308);             /* 90.5 ns = 307.7 */
    CU_ASSERT_EQUAL(m.mem.c2c_die_remote_home.base, 537); /* 158 ns = 537.2 */
    CU_ASSERT_EQUAL(m.mem.c2c_socket.base, 526);          /* 154.6 ns = 525.64 */
    CU_ASSERT_EQUAL(m.tlb.l2d.sets * m.tlb.l2d.ways, 1536);
    CU_ASSERT_EQUAL(m.ipi.cluster.base, 350); /* 103 ns = 350.2 */
    CU_ASSERT_EQUAL(m.ipi.mode, APIC_XAPIC);
    SAME(m.protocol.name, "single_stage");
}

static void an_unknown_machine_is_refused(void)
{
    const char *const files[] = {"ryzen17", NULL};
    struct machine_config m;
    struct err err;
    SAME(load(files, NULL, &m, NULL, &err),
         "ryzen17: neither a file nor a machine in " CONFIGS
         " ('sim config list' shows the machines there are)");
}

static void two_loads_give_the_same_bytes(void)
{
    const char *const files[] = {"ryzen16", NULL};
    struct machine_config a, b;
    struct err err;
    memset(&a, 1, sizeof a);
    memset(&b, 2, sizeof b);
    load(files, NULL, &a, NULL, &err);
    load(files, NULL, &b, NULL, &err);
    CU_ASSERT_EQUAL(memcmp(&a, &b, sizeof a), 0);
}

/* --- Protocols in a configuration --- */

static void a_protocol_may_be_named_or_written_out(void)
{
    struct machine_config m;
    struct err err;
    const char *const sets[] = {"protocol=two_stage", NULL};
    SAME(load(NULL, sets, &m, NULL, &err), "");
    SAME(m.protocol.name, "two_stage");
    const char *const inlined[] = {
        "protocol={\"name\": \"mine\", \"copy\": [\"copy_frame\", \"pte_set new rw\"]}",
        NULL};
    SAME(load(NULL, inlined, &m, NULL, &err), "");
    SAME(m.protocol.name, "mine");
    CU_ASSERT_EQUAL(m.protocol.n_copy, 2);
}

static void the_command_line_names_the_protocol_last(void)
{
    const char *const files[] = {"ryzen16", NULL};
    const struct machine_config_sources sources = {
        .files = files, .protocol = "no_wait", .config_dir = CONFIGS};
    struct machine_config m;
    struct config *config;
    struct err err;
    CU_ASSERT_FALSE(machine_config_load(&sources, &m, &config, &err));
    SAME(m.protocol.name, "no_wait");
    SAME(config_origin(config, "protocol", NULL), "--protocol");
    config_destroy(config);
}

static const struct {
    enum status status;
    const char *assignment, *message;
} refused[] = {
    {STATUS_NOT_MODELLED, "mmu.pcid=true",
     "--set: mmu.pcid: process-context identifiers are not modelled yet; set it to "
     "false"},
    {STATUS_NOT_MODELLED, "kernel.lazy_pmap=true",
     "--set: kernel.lazy_pmap: lazy switching of address spaces is not modelled yet; "
     "set "
     "it to false"},
    {STATUS_NOT_MODELLED, "tlb.l1d.sets=0",
     "--set: tlb.l1d.sets: a core without a first-level TLB is not modelled"},
    {STATUS_NOT_MODELLED, "kernel.shootdown=linux",
     "--set: kernel.shootdown: this algorithm is not modelled yet; use \"freebsd2018\" "
     "or "
     "\"freebsd2020\""},
    {STATUS_CONFIG, "kernel.shootdown=linus",
     "--set: kernel.shootdown: \"linus\" is none of \"freebsd2018\", \"freebsd2020\", "
     "\"linux\", \"broadcast\"; did you mean \"linux\"?"},
    {STATUS_CONFIG, "tlb.l2d.sets=3",
     "--set: tlb.l2d.sets: must be a power of two (is 3)"},
    {STATUS_CONFIG, "mem.l3_sets=100",
     "--set: mem.l3_sets: must be a power of two (is 100)"},
    {STATUS_CONFIG, "topology.cores=1024",
     "default: ipi.mode: xapic identifiers reach 255 hardware threads, the topology "
     "has "
     "1024; use \"x2apic\""},
    {STATUS_CONFIG, "topology={\"sockets\": 64, \"dies\": 64}",
     "--set: topology: 16384 hardware threads in all; at most 1024 are modelled"},
    {STATUS_CONFIG, "kernel={\"spaces\": 100, \"map_entries\": 20}",
     "--set: kernel.map_entries: 100 address spaces need at least one map entry each"},
    {STATUS_CONFIG, "tlb.l1d.way=2",
     "--set: tlb.l1d.way: unknown key; did you mean \"ways\"?"},
    {STATUS_CONFIG, "protocol=4", "--set: protocol: must be an object"},
};

static void what_does_not_fit_together_is_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct machine_config m;
        struct err err;
        const char *const sets[] = {refused[i].assignment, NULL};
        const struct machine_config_sources sources = {.sets = sets,
                                                       .config_dir = CONFIGS};
        err.message[0] = '\0';
        CU_ASSERT_EQUAL(machine_config_load(&sources, &m, NULL, &err),
                        refused[i].status);
        SAME(err.message, refused[i].message);
    }
}

/* docs/configuration.md is what `sim config doc` prints. */
static void the_committed_reference_is_current(void)
{
    struct text text = {0};
    machine_config_markdown(&text);
    FILE *file = fopen(SD_SOURCE_DIR "/docs/configuration.md", "rb");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    char *committed = calloc(1, text.n + 2);
    size_t n = fread(committed, 1, text.n + 1, file);
    fclose(file);
    CU_ASSERT_EQUAL(n, text.n);
    CU_ASSERT_STRING_EQUAL(committed, text_get(&text));
    free(committed);
    text_free(&text);
}

static CU_TestInfo tests[] = {
    {"each number is refused beyond its bounds and accepted at them",
     each_number_is_refused_beyond_its_bounds_and_accepted_at_them},
    {"the defaults are a machine", the_defaults_are_a_machine},
    {"choices of policies are those of the table",
     choices_of_policies_are_those_of_the_table},
    {"choices of shootdowns are those of the table",
     choices_of_shootdowns_are_those_of_the_table},
    {"everything that ships loads and writes itself",
     everything_that_ships_loads_and_writes_itself},
    {"every number of a machine names its source",
     every_number_of_a_machine_names_its_source},
    {"ryzen16 is the Threadripper", ryzen16_is_the_threadripper},
    {"an unknown machine is refused", an_unknown_machine_is_refused},
    {"two loads give the same bytes", two_loads_give_the_same_bytes},
    {"a protocol may be named or written out", a_protocol_may_be_named_or_written_out},
    {"the command line names the protocol last",
     the_command_line_names_the_protocol_last},
    {"what does not fit together is refused", what_does_not_fit_together_is_refused},
    {"the committed reference is current", the_committed_reference_is_current},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    return run_tests("machine", tests);
}
