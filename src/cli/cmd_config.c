/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_config.c - sim config show|check|list|doc|schema.
 *
 *   show [--config FILE]... [--set K=V]... [--protocol P] [--json]
 *   check FILE...      loads each file alone and says what is wrong
 *   list               all keys, and the machines and protocols there are
 *   doc                the configuration reference: docs/configuration.md
 *   schema             JSON Schema for editors
 */
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "config/protocol.h"
#include "machine/machine_config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOURCES_MAX 256u
#define PATH_BYTES  4096

enum { OPT_PROTOCOL = OPT_FIRST_OWN, OPT_SET, OPT_JSON };

static const struct option_row rows[] = {
    {"config", 'c', "FILE", "machine description; later files win over earlier ones"},
    {"set", OPT_SET, "KEY=VALUE", "sets one parameter; wins over files"},
    {"protocol", OPT_PROTOCOL, "NAME", "copy-on-write protocol: a name or a file"},
    {"json", OPT_JSON, NULL, "writes one JSON file that loads again to the same"},
    OPTION_ROWS_COMMON,
};

static const char usage[] =
    "usage: sim config show [OPTION]... [FILE]...\n"
    "       sim config check FILE...\n"
    "       sim config list | doc | schema\n\n"
    "show    the complete effective configuration, and where each value came from\n"
    "check   loads each file alone and says what is wrong with it\n"
    "list    all keys with type, bounds, default and unit; machines and protocols\n"
    "doc     the configuration reference in Markdown\n"
    "schema  JSON Schema, for editors and validators\n\n"
    "Options of show:\n";

/* What a command line asks for. */
struct request {
    const char *files[SOURCES_MAX + 1], *sets[SOURCES_MAX + 1];
    size_t n_files, n_sets;
    const char *protocol;
    char configs[PATH_BYTES]; /* Empty if there is no such directory. */
    bool json, help;
};

static int fail(const struct err *err)
{
    return cmd_fail("config", err);
}

static int put(struct text *text)
{
    fputs(text_get(text), stdout);
    text_free(text);
    struct err err;
    if (fflush(stdout) == 0)
        return EXIT_SUCCESS;
    err_set(&err, STATUS_STORE, "standard output cannot be written");
    return fail(&err);
}

static enum status take(const char **list, size_t *n, const char *value,
                        struct err *err)
{
    if (*n == SOURCES_MAX)
        return err_set(err, STATUS_USAGE, "more than %u of one option", SOURCES_MAX);
    list[(*n)++] = value;
    return STATUS_OK;
}

static enum status take_option(struct request *request, int id, const char *arg,
                               struct err *err)
{
    switch (id) {
    case 'c':
        return take(request->files, &request->n_files, arg, err);
    case OPT_SET:
        return take(request->sets, &request->n_sets, arg, err);
    case OPT_PROTOCOL:
        request->protocol = arg;
        return STATUS_OK;
    case OPT_JSON:
        request->json = true;
        return STATUS_OK;
    case 'h':
        request->help = true;
        return STATUS_OK;
    default: /* Common options that change nothing here. */
        return STATUS_OK;
    }
}

static enum status parse(struct request *request, int argc, char **argv,
                         struct err *err)
{
    struct options options;
    options_begin(&options, rows, argc, argv);
    for (int id; (id = options_next(&options, err)) != OPTIONS_END;) {
        enum status status = id == OPTIONS_WRONG
                                 ? err->status
                                 : take_option(request, id, options.arg, err);
        if (status)
            return status;
    }
    enum status status = STATUS_OK;
    for (int i = options.operand; i < argc && !status; i++)
        status = take(request->files, &request->n_files, argv[i], err);
    if (!data_dir_configs(request->configs, sizeof request->configs))
        request->configs[0] = '\0';
    return status;
}

static enum status load(const struct request *request, const char *const *files,
                        struct config **effective, struct err *err)
{
    struct machine_config machine;
    const struct machine_config_sources sources = {
        .files = files,
        .sets = request->sets,
        .protocol = request->protocol,
        .config_dir = request->configs[0] ? request->configs : NULL,
    };
    return machine_config_load(&sources, &machine, effective, err);
}

static int show(const struct request *request)
{
    struct err err;
    struct config *config;
    if (load(request, request->files, &config, &err))
        return fail(&err);
    struct text text = {0};
    if (request->json)
        config_json(config, &text);
    else
        config_show(config, &text);
    config_destroy(config);
    return put(&text);
}

/* True if a file is a protocol: it has steps and no machine. */
static enum status check_file(const struct request *request, const char *file,
                              struct err *err)
{
    const char *const files[] = {file, NULL};
    struct config *config;
    struct protocol protocol;
    struct err other;
    if (!protocol_load(file, (const char *const[]){NULL}, &protocol, &other))
        return STATUS_OK;
    enum status status = load(request, files, &config, err);
    if (!status)
        config_destroy(config);
    else if (strstr(file, "protocols/"))
        *err = other;
    return status;
}

/* Checks all files, so that one run shows every wrong one. */
static int check(const struct request *request)
{
    struct err err;
    int result = EXIT_SUCCESS;
    if (!request->n_files) {
        err_set(&err, STATUS_USAGE, "check needs a file");
        return fail(&err);
    }
    for (size_t i = 0; i < request->n_files; i++) {
        if (check_file(request, request->files[i], &err))
            result = fail(&err);
        else
            printf("%s: fine\n", request->files[i]);
    }
    return result;
}

static int is_json(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* Adds the names of the JSON files in a directory, sorted. */
static void list_directory(const char *title, const char *directory, struct text *out)
{
    struct dirent **names;
    int n = scandir(directory, &names, is_json, alphasort);
    text_add(out, "\n# %s in %s\n", title, directory);
    for (int i = 0; i < n; i++) {
        text_add(out, "%.*s\n", (int)strlen(names[i]->d_name) - 5, names[i]->d_name);
        free(names[i]);
    }
    if (n >= 0)
        free(names);
}

static int list(const struct request *request)
{
    struct text text = {0};
    struct config *tables = machine_config_tables();
    config_list(tables, &text);
    config_destroy(tables);
    if (request->configs[0]) {
        char path[PATH_BYTES + 16];
        list_directory("Machines", request->configs, &text);
        snprintf(path, sizeof path, "%s/protocols", request->configs);
        list_directory("Protocols", path, &text);
    }
    return put(&text);
}

static int doc(const struct request *request)
{
    struct text text = {0};
    (void)request;
    machine_config_markdown(&text);
    return put(&text);
}

static int schema(const struct request *request)
{
    struct text text = {0};
    struct config *tables = machine_config_tables();
    (void)request;
    config_schema(tables, &text);
    config_destroy(tables);
    return put(&text);
}

static const struct {
    const char *name;
    int (*fn)(const struct request *);
} actions[] = {
    {"show", show}, {"check", check}, {"list", list}, {"doc", doc}, {"schema", schema},
};

static int help(void)
{
    fputs(usage, stdout);
    options_help(rows, stdout);
    return EXIT_SUCCESS;
}

int cmd_config(int argc, char **argv)
{
    struct err err;
    struct request request = {0};
    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
        return help();
    for (size_t i = 0; argc > 1 && i < sizeof actions / sizeof *actions; i++) {
        if (strcmp(actions[i].name, argv[1]) != 0)
            continue;
        if (parse(&request, argc - 1, argv + 1, &err))
            return fail(&err);
        return request.help ? help() : actions[i].fn(&request);
    }
    if (argc > 1)
        err_set(&err, STATUS_USAGE,
                "unknown action \"%s\" (show, check, list, doc, schema)", argv[1]);
    else
        err_set(&err, STATUS_USAGE, "what? (show, check, list, doc, schema)");
    return fail(&err);
}
