/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plan_json.c - writes a plan. See plan_json.h; plan_file.c reads it.
 */
#include "sweep/plan_json.h"

#include "config/json_strict.h"
#include "config/protocol_json.h"
#include "trace/trace.h"

#include <inttypes.h>
#include <string.h>

static bool sets_protocol(const char *assignment)
{
    return strncmp(assignment, "protocol=", 9) == 0;
}

/* Files and settings by content.  A protocol that they name has become its steps, so
 * the setting that named it is left out below. */
static enum status add_config(const struct sweep_plan *plan, struct text *out,
                              struct err *err)
{
    struct config *config;
    const char *protocol = plan->n_protocols ? plan->protocols[0] : NULL;
    const struct machine_config_sources sources = {
        .files = plan->files,
        .sets = plan->sets,
        .protocol = protocol && *protocol != '{' ? protocol : NULL,
        .config_dir = plan->config_dir};
    if (machine_config_merge(&sources, &config, err))
        return err->status;
    text_add(out, "{\n\"config\": [");
    config_json(config, out);
    text_add(out, "],\n\"sets\": [");
    config_destroy(config);
    bool first = true;
    for (uint32_t i = 0; plan->sets && plan->sets[i]; i++) {
        if (sets_protocol(plan->sets[i]))
            continue;
        text_add(out, "%s", first ? "" : ", ");
        json_write_string(plan->sets[i], out);
        first = false;
    }
    text_add(out, "],\n");
    return STATUS_OK;
}

/* A value of --vary is JSON already, or else a word. */
static void add_value(const char *value, struct text *out)
{
    struct json *json;
    if (json_parse("", value, strlen(value), 0, &json, NULL) == STATUS_OK)
        text_add(out, "%s", value);
    else
        json_write_string(value, out);
    json_destroy(json);
}

static void add_axes(const struct sweep_plan *plan, struct text *out)
{
    text_add(out, "\"axes\": [");
    for (uint32_t i = 0; i < plan->n_axes; i++) {
        text_add(out, "%s{\"key\": ", i ? ",\n " : "");
        json_write_string(plan->axes[i].key, out);
        text_add(out, ", \"values\": [");
        for (uint32_t k = 0; k < plan->axes[i].n; k++) {
            text_add(out, "%s", k ? ", " : "");
            add_value(plan->axes[i].values[k], out);
        }
        text_add(out, "]}");
    }
    text_add(out, "],\n\"zip\": %s,\n", plan->zip ? "true" : "false");
}

static bool is_file(const char *protocol)
{
    size_t n = strlen(protocol);
    return strchr(protocol, '/') || (n > 5 && strcmp(protocol + n - 5, ".json") == 0);
}

static enum status add_protocols(const struct sweep_plan *plan, struct text *out,
                                 struct err *err)
{
    static const char *const nowhere[] = {NULL};
    struct protocol protocol;
    text_add(out, "\"protocols\": [");
    for (uint32_t i = 0; i < plan->n_protocols; i++) {
        const char *one = plan->protocols[i];
        text_add(out, "%s", i ? ", " : "");
        if (*one == '{') {
            text_add(out, "%s", one);
        } else if (is_file(one)) {
            if (protocol_load(one, nowhere, &protocol, err))
                return err->status;
            protocol_write(&protocol, out);
        } else {
            json_write_string(one, out);
        }
    }
    text_add(out, "],\n");
    return STATUS_OK;
}

enum status sweep_plan_json(const struct sweep_plan *plan, const char *engine,
                            struct text *out, struct err *err)
{
    if (add_config(plan, out, err))
        return err->status;
    add_axes(plan, out);
    if (add_protocols(plan, out, err))
        return err->status;
    text_add(out, "\"traces\": [");
    for (uint32_t i = 0; i < plan->n_traces; i++) {
        text_add(out, "%s{\"file\": ", i ? ", " : "");
        json_write_string(plan->trace_names[i], out);
        text_add(out, ", \"xxh3\": \"%s\"}", trace_hash(plan->traces[i]));
    }
    text_add(out, "],\n\"seed\": %" PRIu64 ",\n\"trials\": %" PRIu32 ",\n", plan->seed,
             plan->trials);
    if (plan->precision > 0)
        text_add(out, "\"precision\": %.15g,\n", plan->precision * 100);
    text_add(out, "\"witnesses\": %" PRIu32 ",\n\"engine\": ", plan->witnesses);
    json_write_string(engine, out);
    text_add(out, "\n}\n");
    return STATUS_OK;
}
