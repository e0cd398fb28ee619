/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * machine_config.c - loading a machine's configuration. See machine_config.h.
 *
 * machine_check.c has the checks between sections.
 */
#include "machine/machine_config.h"

#include "config/protocol_json.h"
#include "machine/machine_check.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct param id_params[] = {
    {
        .key = "name",
        .type = PARAM_STRING,
        .offset = offsetof(struct machine_id_config, name),
        .def = "\"unnamed\"",
        .unit = "",
        .help = "Name of the machine, as results carry it.",
    },
    {
        .key = CONFIG_CLOCK_KEY,
        .type = PARAM_DOUBLE,
        .offset = offsetof(struct machine_id_config, clock_ghz),
        .min = 0.001,
        .max = 100,
        .def = "3.4",
        .unit = "GHz",
        .help = "Core clock; converts every time that is given in nanoseconds.",
    },
};

static const struct param run_params[] = {
    {
        .key = "seed",
        .type = PARAM_U64,
        .offset = offsetof(struct run_config, seed),
        .min = 0,
        .max = 9007199254740992.0,
        .def = "1",
        .unit = "",
        .help = "Seed of the first trial.",
    },
    {
        .key = "trials",
        .type = PARAM_U32,
        .offset = offsetof(struct run_config, trials),
        .min = 1,
        .max = 1e9,
        .def = "1",
        .unit = "trials",
        .help = "How often the guest runs; trial i uses seed + i.",
    },
    {
        .key = "until",
        .type = PARAM_CYCLES,
        .offset = offsetof(struct run_config, until),
        .min = 0,
        .max = 1e18,
        .def = "0",
        .unit = "cycles",
        .help = "End a trial at this time; 0 is no limit.",
    },
};

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define FIELD(field) offsetof(struct machine_config, field)

/*
 * The sections, in the order in which they are shown.  A function, because the
 * lengths of other files' tables are not constant expressions.
 */
#define SECTIONS(SECTION)                                                         \
    SECTION("topology", topology, topology, "Where hardware threads sit.")        \
    SECTION("mem", mem, mem, "Frames, caches and transfers of lines.")            \
    SECTION("tlb", tlb_hierarchy, tlb, "How a core's TLBs are arranged.")         \
    SECTION("tlb.l1d", tlb, tlb.l1d, "First-level TLB for data.")                 \
    SECTION("tlb.l1i", tlb, tlb.l1i, "First-level TLB for code.")                 \
    SECTION("tlb.l2d", tlb, tlb.l2d, "Second-level TLB for data, or for both.")   \
    SECTION("tlb.l2i", tlb, tlb.l2i, "Second-level TLB for code.")                \
    SECTION("mmu", mmu, mmu, "Page walks and invalidation.")                      \
    SECTION("ipi", ipi, ipi, "Local APICs and delivery of interrupts.")           \
    SECTION("core", core, core, "A hardware thread, and how it replays a trace.") \
    SECTION("kernel", vm, kernel, "The kernel: limits, costs, algorithms.")       \
    SECTION("check", check, check, "The checker.")

struct config *machine_config_tables(void)
{
    const struct param_section sections[] = {
        {"machine", "The machine: its name and its clock.", id_params, COUNT(id_params),
         FIELD(machine)},
#define SECTION(path, table, field, help) \
    {path, help, table##_params, n_##table##_params, FIELD(field)},
        SECTIONS(SECTION)
#undef SECTION
            {"run", "How often and how long to run.", run_params, COUNT(run_params),
             FIELD(run)},
    };
    struct config *config = config_create(sections, COUNT(sections));
    config_add_whole(config, "protocol",
                     "The copy-on-write protocol: a name, a file, or its steps.");
    return config;
}

#define DEFAULT_PROTOCOL "break_before_make"
#define DIR_BYTES        4096

/* Writes the directory of the file 'path' with "/protocols" into 'out'. */
static bool protocols_beside(const char *path, char *out, size_t n)
{
    const char *slash = strrchr(path, '/');
    int length = slash ? (int)(slash - path) : 1;
    int written = snprintf(out, n, "%.*s/protocols", length, slash ? path : ".");
    return written > 0 && (size_t)written < n;
}

/* Looks for a protocol by name: beside the file that names it, in a folder
 * above configs/tiny/, then in the directory of configurations. */
static enum status load_named(const struct machine_config_sources *sources,
                              const char *origin, const char *name,
                              struct protocol *out, struct err *err)
{
    char beside[DIR_BYTES] = "", above[DIR_BYTES + 32] = "", shared[DIR_BYTES] = "";
    const char *dirs[4] = {0};
    size_t n = 0;
    if (strchr(origin, '/') && protocols_beside(origin, beside, sizeof beside)) {
        snprintf(above, sizeof above, "%.*s/../protocols",
                 (int)(strlen(beside) - strlen("/protocols")), beside);
        dirs[n++] = beside;
        dirs[n++] = above;
    }
    if (sources->config_dir) {
        snprintf(shared, sizeof shared, "%s/protocols", sources->config_dir);
        dirs[n++] = shared;
    }
    return protocol_load(name, dirs, out, err);
}

/* What the key "protocol" holds: a name, or the steps themselves. */
static enum status load_configured(const struct machine_config_sources *sources,
                                   const struct config *config, struct protocol *out,
                                   struct err *err)
{
    const char *origin = config_origin(config, "protocol", NULL);
    const struct json *value = config_get_whole(config, "protocol");
    if (!value)
        return load_named(sources, "", DEFAULT_PROTOCOL, out, err);
    if (value->type != JSON_STRING)
        return protocol_read(origin, value, out, err);
    enum status status = load_named(sources, origin, value->text, out, err);
    return status ? err_prefix(err, "%s", origin) : STATUS_OK;
}

/* Puts the steps into the configuration, so that it is complete. */
static enum status resolve_protocol(const struct machine_config_sources *sources,
                                    struct config *config, struct protocol *out,
                                    struct err *err)
{
    enum status status = sources->protocol
                             ? load_named(sources, "", sources->protocol, out, err)
                             : load_configured(sources, config, out, err);
    if (status)
        return status;
    struct text json = {0};
    protocol_write(out, &json);
    config_put_whole(config, "protocol", text_get(&json),
                     sources->protocol ? "--protocol" : NULL);
    text_free(&json);
    return STATUS_OK;
}

static bool is_name(const char *file)
{
    size_t n = strlen(file);
    return !strchr(file, '/') && !(n > 5 && strcmp(file + n - 5, ".json") == 0);
}

/* Merges a file, or a machine that ships by its name. */
static enum status merge_one(const struct machine_config_sources *sources,
                             struct config *config, const char *file, struct err *err)
{
    char path[DIR_BYTES];
    if (*file == '{')
        return config_merge_text(config, "configuration in the plan", file,
                                 strlen(file), err);
    if (!sources->config_dir || !is_name(file) || access(file, F_OK) == 0)
        return config_merge_file(config, file, err);
    snprintf(path, sizeof path, "%s/%s.json", sources->config_dir, file);
    if (access(path, F_OK) == 0)
        return config_merge_file(config, path, err);
    return err_set(
        err, STATUS_CONFIG,
        "%s: neither a file nor a machine in %s ('sim config list' shows the "
        "machines there are)",
        file, sources->config_dir);
}

static enum status merge_sources(const struct machine_config_sources *sources,
                                 struct config *config, struct err *err)
{
    enum status status = STATUS_OK;
    for (const char *const *f = sources->files; f && *f && !status; f++)
        status = merge_one(sources, config, *f, err);
    for (const char *const *s = sources->sets; s && *s && !status; s++)
        status = config_set(config, *s, err);
    return status;
}

enum status machine_config_merge(const struct machine_config_sources *sources,
                                 struct config **out, struct err *err)
{
    struct config *config = machine_config_tables();
    struct protocol protocol;
    enum status status = merge_sources(sources, config, err);
    if (!status)
        status = resolve_protocol(sources, config, &protocol, err);
    if (status)
        config_destroy(config);
    *out = status ? NULL : config;
    return status;
}

enum status machine_config_load(const struct machine_config_sources *sources,
                                struct machine_config *out, struct config **effective,
                                struct err *err)
{
    struct config *config = machine_config_tables();
    memset(out, 0, sizeof *out);
    enum status status = merge_sources(sources, config, err);
    if (!status)
        status = config_fill(config, out, err);
    if (!status)
        status = resolve_protocol(sources, config, &out->protocol, err);
    if (!status)
        status = machine_check(config, out, err);
    if (status || !effective)
        config_destroy(config);
    if (effective)
        *effective = status ? NULL : config;
    return status;
}
