/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * json.c - writes JSON; see json.h.
 */
#include "report/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct report_json report_json_begin(FILE *file, bool dense)
{
    return (struct report_json){.file = file, .dense = dense};
}

static void new_line(struct report_json *json)
{
    if (json->dense)
        return;
    fputc('\n', json->file);
    for (unsigned i = 0; i < json->depth; i++)
        fputs("  ", json->file);
}

/* The length of the UTF-8 character at 'text', or 0 if it is not one. */
static unsigned utf8_length(const unsigned char *text)
{
    unsigned n = text[0] < 0x80                      ? 1
                 : text[0] >= 0xc2 && text[0] < 0xe0 ? 2
                 : text[0] >= 0xe0 && text[0] < 0xf0 ? 3
                 : text[0] >= 0xf0 && text[0] < 0xf5 ? 4
                                                     : 0;
    for (unsigned i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    bool bad =
        (text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
        (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f);
    return bad ? 0 : n;
}

static void put_text(FILE *file, const char *text)
{
    static const char short_forms[] = "\bb\tt\nn\ff\rr\"\"\\\\";
    fputc('"', file);
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        const char *form = NULL;
        for (const char *f = short_forms; *f && !form; f += 2)
            if (*f == (char)*at)
                form = f;
        unsigned n = utf8_length(at);
        if (form)
            fprintf(file, "\\%c", form[1]);
        else if (*at < 0x20 || *at == 0x7f)
            fprintf(file, "\\u%04x", *at);
        else if (n == 0)
            fputs("\\ufffd", file);
        else
            fwrite(at, 1, n, file);
        at += n ? n : 1;
    }
    fputc('"', file);
}

/* Everything that comes before a value. */
static void lead(struct report_json *json, const char *key)
{
    if (json->depth > 0) {
        assert(json->list[json->depth - 1] == (key == NULL));
        if (json->filled[json->depth - 1])
            fputc(',', json->file);
        json->filled[json->depth - 1] = true;
        new_line(json);
    }
    if (!key)
        return;
    put_text(json->file, key);
    fputs(json->dense ? ":" : ": ", json->file);
}

static void open_as(struct report_json *json, const char *key, bool list)
{
    lead(json, key);
    assert(json->depth < REPORT_JSON_DEPTH_MAX);
    fputc(list ? '[' : '{', json->file);
    json->filled[json->depth] = false;
    json->list[json->depth++] = list;
}

void report_json_object(struct report_json *json, const char *key)
{
    open_as(json, key, false);
}

void report_json_list(struct report_json *json, const char *key)
{
    open_as(json, key, true);
}

void report_json_close(struct report_json *json)
{
    assert(json->depth > 0);
    json->depth--;
    if (json->filled[json->depth])
        new_line(json);
    fputc(json->list[json->depth] ? ']' : '}', json->file);
    if (json->depth == 0)
        fputc('\n', json->file);
}

void report_json_string(struct report_json *json, const char *key, const char *text)
{
    lead(json, key);
    put_text(json->file, text);
}

void report_json_u64(struct report_json *json, const char *key, uint64_t value)
{
    lead(json, key);
    fprintf(json->file, "%" PRIu64, value);
}

void report_json_bool(struct report_json *json, const char *key, bool value)
{
    lead(json, key);
    fputs(value ? "true" : "false", json->file);
}

void report_json_double(struct report_json *json, const char *key, double value)
{
    lead(json, key);
    if (!isfinite(value)) {
        fputs("null", json->file);
        return;
    }
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    fputs(text, json->file);
}

void report_json_hex(struct report_json *json, const char *key, uint64_t value)
{
    lead(json, key);
    fprintf(json->file, "\"0x%" PRIx64 "\"", value);
}
