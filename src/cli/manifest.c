/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * manifest.c - writes manifest.json. See manifest.h.
 */
#include "cli/manifest.h"

#include "cli/version.h"
#include "config/json.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <xxhash.h>

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* "/a/b/c" -> "c"; "--config=/a/b/c" -> "--config=c". */
static void shorten(const char *argument, char *text, size_t n)
{
    const char *value = strchr(argument, '=');
    if (argument[0] == '/')
        snprintf(text, n, "%s", last_part(argument));
    else if (value && value[1] == '/')
        snprintf(text, n, "%.*s=%s", (int)(value - argument), argument,
                 last_part(value));
    else
        snprintf(text, n, "%s", argument);
}

static void add_argument(struct text *out, const char *argument)
{
    char text[1024];
    shorten(argument, text, sizeof text);
    json_write_string(text, out);
}

void manifest_command(int argc, char **argv, struct text *out)
{
    char text[1024];
    text_add(out, "sim");
    for (int i = 0; i < argc; i++) {
        shorten(argv[i], text, sizeof text);
        text_add(out, " %s", text);
    }
}

static void add_key(struct text *out, const char *key, const char *value)
{
    text_add(out, "    \"%s\": ", key);
    json_write_string(value, out);
}

static void add_program(struct text *out)
{
    text_add(out, "  \"program\": {\n");
    add_key(out, "name", "sim");
    text_add(out, ",\n");
    add_key(out, "version", version_number());
    text_add(out, ",\n");
    add_key(out, "git", version_git());
    text_add(out, ",\n");
    add_key(out, "compiler", version_compiler());
    text_add(out, ",\n");
    add_key(out, "build", version_build());
    text_add(out, ",\n");
    add_key(out, "systemc", version_systemc());
    text_add(out, "\n  },\n");
}

void manifest_config_hash(const struct config *config, char hex[33])
{
    struct text json = {0};
    XXH128_canonical_t canonical;
    config_json(config, &json);
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(text_get(&json), json.n));
    for (size_t i = 0; i < sizeof canonical.digest; i++)
        snprintf(hex + 2 * i, 3, "%02x", canonical.digest[i]);
    text_free(&json);
}

static void add_host(struct text *out, double host_seconds)
{
    struct utsname name;
    char now[32] = "";
    time_t t = time(NULL);
    struct tm tm;
    if (gmtime_r(&t, &tm))
        strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &tm);
    if (uname(&name))
        memset(&name, 0, sizeof name);
    text_add(out, "  \"host\": {\n");
    add_key(out, "finished", now);
    text_add(out, ",\n");
    add_key(out, "system", name.sysname);
    text_add(out, ",\n");
    add_key(out, "release", name.release);
    text_add(out, ",\n");
    add_key(out, "machine", name.machine);
    text_add(out, ",\n    \"processors\": %ld,\n    \"seconds\": %.3f\n  }\n",
             sysconf(_SC_NPROCESSORS_ONLN), host_seconds);
}

void manifest_write(const struct job *job, const struct run_args *args, int argc,
                    char **argv, struct text *out)
{
    text_add(out, "{\n  \"schema\": \"shootdown-manifest-1\",\n");
    add_program(out);
    text_add(out, "  \"trace\": {\"file\": ");
    json_write_string(last_part(args->trace), out);
    text_add(out, ", \"xxh3\": \"%s\", \"truncated\": %s},\n", trace_hash(job->trace),
             trace_truncated(job->trace) ? "true" : "false");
    char hash[33];
    manifest_config_hash(job->effective, hash);
    text_add(out, "  \"config\": {\"xxh3\": \"%s\"},\n", hash);
    text_add(out,
             "  \"engine\": \"%s\",\n  \"seed\": %" PRIu64 ",\n  \"trials\": %" PRIu64,
             job->engine->name, job->config.run.seed, job->sum.result.trials);
    text_add(out, ",\n  \"argv\": [");
    for (int i = 0; i < argc; i++) {
        text_add(out, "%s", i ? ", " : "");
        add_argument(out, argv[i]);
    }
    text_add(out, "],\n");
    add_host(out, job->sum.result.host_seconds);
    text_add(out, "}\n");
}
