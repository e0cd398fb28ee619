/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options.c - option tables over getopt_long. See options.h.
 *
 * getopt_long keeps its place in variables of libc; they are set anew by
 * options_begin(), so only one parse can be in progress in a process.
 */
#include "cli/options.h"

#include "config/suggest.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define SHORTS_BYTES (3 * OPTIONS_MAX + 2)

static bool takes_optional(const struct option_row *row)
{
    return row->arg && row->arg[0] == '[';
}

static int arg_kind(const struct option_row *row)
{
    if (!row->arg)
        return no_argument;
    return takes_optional(row) ? optional_argument : required_argument;
}

/* Fills what getopt_long wants. A leading ':' tells a missing argument from an
 * unknown option. */
static void fill(const struct option_row *rows, struct option *longs, char *shorts)
{
    size_t n = 0, at = 0;
    shorts[at++] = ':';
    for (const struct option_row *row = rows; row->name; row++, n++) {
        assert(n < OPTIONS_MAX);
        longs[n] = (struct option){row->name, arg_kind(row), NULL, row->id};
        if (row->id >= 256)
            continue;
        shorts[at++] = (char)row->id;
        for (int colons = arg_kind(row); colons > 0; colons--)
            shorts[at++] = ':';
    }
    longs[n] = (struct option){0};
    shorts[at] = '\0';
}

void options_begin(struct options *options, const struct option_row *rows, int argc,
                   char **argv)
{
    *options = (struct options){rows, argc, argv, NULL, argc};
    optind = 0;
    opterr = 0;
}

static const struct option_row *by_id(const struct option_row *rows, int id)
{
    for (; rows->name; rows++)
        if (rows->id == id)
            return rows;
    return NULL;
}

const struct option_row *options_find(const struct option_row *rows, const char *name)
{
    for (; rows->name; rows++)
        if (strcmp(rows->name, name) == 0)
            return rows;
    return NULL;
}

static void unknown(const struct options *options, struct err *err)
{
    if (optopt > 0 && optopt < 256 && !by_id(options->rows, optopt)) {
        err_set(err, STATUS_USAGE, "unknown option '-%c'", optopt);
        return;
    }
    const char *written = options->argv[optind - 1];
    if (optopt) {
        err_set(err, STATUS_USAGE, "option '%s' takes no argument", written);
        return;
    }
    char name[64], hint[SUGGEST_BYTES + 32];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(written, "="), written);
    struct suggest nearest;
    suggest_start(&nearest, name + strspn(name, "-"));
    for (const struct option_row *row = options->rows; row->name; row++)
        suggest_offer(&nearest, row->name);
    err_set(err, STATUS_USAGE, "unknown option '%s'%s", name,
            suggest_text(&nearest, hint, sizeof hint));
}

int options_next(struct options *options, struct err *err)
{
    struct option longs[OPTIONS_MAX + 1];
    char shorts[SHORTS_BYTES];
    fill(options->rows, longs, shorts);
    int id = getopt_long(options->argc, options->argv, shorts, longs, NULL);
    options->arg = optarg;
    options->operand = optind;
    if (id == '?') {
        unknown(options, err);
        return OPTIONS_WRONG;
    }
    if (id == ':') {
        const struct option_row *row = by_id(options->rows, optopt);
        err_set(err, STATUS_USAGE, "option '--%s' needs an argument: %s", row->name,
                row->arg);
        return OPTIONS_WRONG;
    }
    return id == -1 ? OPTIONS_END : id;
}

void options_help(const struct option_row *rows, FILE *out)
{
    for (; rows->name; rows++) {
        char left[64], letter[8] = "    ";
        if (rows->id < 256)
            snprintf(letter, sizeof letter, "-%c, ", rows->id);
        if (takes_optional(rows))
            snprintf(left, sizeof left, "%s--%s[=%.*s]", letter, rows->name,
                     (int)strlen(rows->arg) - 2, rows->arg + 1);
        else
            snprintf(left, sizeof left, "%s--%s%s%s", letter, rows->name,
                     rows->arg ? "=" : "", rows->arg ? rows->arg : "");
        fprintf(out, "  %-28s %s\n", left, rows->help);
    }
}

void options_words(const struct option_row *rows, FILE *out)
{
    for (; rows->name; rows++)
        fprintf(out, " --%s%s", rows->name,
                rows->arg && !takes_optional(rows) ? "=" : "");
}

enum status options_u64(const char *option, const char *text, uint64_t min,
                        uint64_t max, uint64_t *out, struct err *err)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 0);
    bool digits = text[0] >= '0' && text[0] <= '9';
    if (!digits || *end || errno || value < min || value > max)
        return err_set(err, STATUS_USAGE,
                       "--%s: '%s' is not a number from %llu to %llu", option, text,
                       (unsigned long long)min, (unsigned long long)max);
    *out = value;
    return STATUS_OK;
}

enum status options_choice(const char *option, const char *text,
                           const char *const *words, uint32_t *out, struct err *err)
{
    char list[200] = "";
    for (uint32_t i = 0; words[i]; i++) {
        if (strcmp(words[i], text) == 0) {
            *out = i;
            return STATUS_OK;
        }
        size_t n = strlen(list);
        snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", words[i]);
    }
    return err_set(err, STATUS_USAGE, "--%s: '%s' is none of: %s", option, text, list);
}
