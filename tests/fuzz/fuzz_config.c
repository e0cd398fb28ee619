/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_config.c - no bytes may crash or hang the reading of a configuration.
 *
 * The first byte chooses a door: a configuration file, a protocol file, an
 * assignment.  What is accepted must write itself as JSON that is accepted
 * again and writes itself byte for byte.
 *
 * Links: machine
 */
#include "config/protocol_json.h"
#include "machine/machine_config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Writes, loads and writes again what 'config' holds. */
static void round_trip(const struct config *config, const struct machine_config *before)
{
    struct config *again = machine_config_tables();
    struct machine_config after;
    struct text once = {0}, twice = {0};
    struct err err;
    memset(&after, 0, sizeof after);
    config_json(config, &once);
    enum status status = config_merge_text(again, "echo", once.data, once.n, &err);
    assert(!status);
    status = config_fill(again, &after, &err);
    assert(!status);
    assert(memcmp(before, &after, sizeof after) == 0);
    config_json(again, &twice);
    assert(once.n == twice.n && memcmp(once.data, twice.data, once.n) == 0);
    text_free(&once);
    text_free(&twice);
    config_destroy(again);
}

static void finish(struct config *config)
{
    struct machine_config machine;
    struct text shown = {0};
    struct err err;
    memset(&machine, 0, sizeof machine);
    if (!config_fill(config, &machine, &err)) {
        config_show(config, &shown);
        round_trip(config, &machine);
    }
    text_free(&shown);
    config_destroy(config);
}

/* Two files in one input, so that merging is reached. */
static void fuzz_file(const char *text, size_t n)
{
    struct config *config = machine_config_tables();
    struct err err;
    const char *cut = memchr(text, '\f', n);
    size_t first = cut ? (size_t)(cut - text) : n;
    enum status status = config_merge_text(config, "a.json", text, first, &err);
    if (!status && cut)
        config_merge_text(config, "b.json", cut + 1, n - first - 1, &err);
    finish(config);
}

static void fuzz_assignment(const char *text, size_t n)
{
    struct config *config = machine_config_tables();
    struct err err;
    char *assignment = strndup(text, n);
    assert(assignment);
    config_set(config, assignment, &err);
    free(assignment);
    finish(config);
}

static void fuzz_protocol(const char *text, size_t n)
{
    struct protocol before, after;
    struct text written = {0};
    struct err err;
    if (protocol_parse("p.json", text, n, &before, &err))
        return;
    protocol_write(&before, &written);
    enum status status = protocol_parse("w", written.data, written.n, &after, &err);
    assert(!status);
    assert(memcmp(&before, &after, sizeof before) == 0);
    text_free(&written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    const char *text = (const char *)data + 1;
    if (data[0] == 'p')
        fuzz_protocol(text, size - 1);
    else if (data[0] == '=')
        fuzz_assignment(text, size - 1);
    else
        fuzz_file(text, size - 1);
    return 0;
}
