/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * export.c - see export.h.
 */
#include "results/export.h"

#include "config/json.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

const char *const results_formats[] = {"csv", "jsonl", NULL};

const char *const results_exports[] = {"points", "runs", "violations", "distributions",
                                       NULL};

/* The varied keys of a point become columns. */
static const char *const queries[] = {
    "SELECT r.*, p.status AS point_status FROM point_result r JOIN point p USING "
    "(point_id)"
    " ORDER BY point_id",
    "SELECT p.protocol, t.file AS trace, p.params_json, r.* FROM run r JOIN point p"
    " USING (point_id) JOIN trace t USING (trace_id) ORDER BY run_id",
    "SELECT ROW_NUMBER() OVER (ORDER BY violation_id) AS number,"
    " p.protocol, t.file AS trace, p.params_json, r.point_id, r.trial, r.seed,"
    " v.ordinal, v.rule, v.under_lock, v.at_cycle, v.cpu, v.thread, v.va, v.symbol, "
    "v.lock,"
    " v.frame, v.current_frame, v.tlb_age_cycles, v.stale_age_cycles, v.sentence"
    " FROM violation v JOIN run r USING (run_id) JOIN point p USING (point_id)"
    " JOIN trace t USING (trace_id) ORDER BY violation_id",
    "SELECT point_id, name, value_cycles, n FROM distribution"
    " ORDER BY point_id, name, value_cycles",
};

/* RFC 4180: quotes around what has a comma, a quote or a line end. */
static void put_field(FILE *f, const char *text, bool first)
{
    if (!first)
        fputc(',', f);
    if (!text)
        return;
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, f);
        return;
    }
    fputc('"', f);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', f);
        fputc(*text, f);
    }
    fputc('"', f);
}

static void put_csv(FILE *f, sqlite3_stmt *s)
{
    int n = sqlite3_column_count(s);
    for (int i = 0; i < n; i++) {
        char number[40];
        const char *text = (const char *)sqlite3_column_text(s, i);
        if (sqlite3_column_type(s, i) == SQLITE_FLOAT) {
            snprintf(number, sizeof number, "%.12g", sqlite3_column_double(s, i));
            text = number;
        }
        put_field(f, text, i == 0);
    }
    fputc('\n', f);
}

/* The shortest text that reads back as the same number. */
static void add_double(struct text *out, double value)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    text_add(out, "%s", text);
}

static bool is_json(const char *name)
{
    size_t n = strlen(name);
    return n > 5 && strcmp(name + n - 5, "_json") == 0;
}

static void add_json(struct text *out, sqlite3_stmt *s, int i)
{
    const char *name = sqlite3_column_name(s, i);
    json_write_string(name, out);
    text_add(out, ": ");
    int type = sqlite3_column_type(s, i);
    if (type == SQLITE_NULL)
        text_add(out, "null");
    else if (type == SQLITE_FLOAT)
        add_double(out, sqlite3_column_double(s, i));
    else if (type == SQLITE_INTEGER || is_json(name))
        text_add(out, "%s", (const char *)sqlite3_column_text(s, i));
    else
        json_write_string((const char *)sqlite3_column_text(s, i), out);
}

static void put_jsonl(FILE *f, sqlite3_stmt *s)
{
    struct text line = {0};
    int n = sqlite3_column_count(s);
    for (int i = 0; i < n; i++) {
        text_add(&line, i ? ", " : "{");
        add_json(&line, s, i);
    }
    fprintf(f, "%s}\n", text_get(&line));
    text_free(&line);
}

static enum status write_rows(struct results *results, sqlite3_stmt *s,
                              enum results_format format, FILE *f, struct err *err)
{
    int code;
    if (format == RESULTS_CSV) {
        for (int i = 0; i < sqlite3_column_count(s); i++)
            put_field(f, sqlite3_column_name(s, i), i == 0);
        fputc('\n', f);
    }
    while ((code = sqlite3_step(s)) == SQLITE_ROW && !ferror(f))
        (format == RESULTS_CSV ? put_csv : put_jsonl)(f, s);
    if (code != SQLITE_DONE && code != SQLITE_ROW)
        return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                       sqlite3_errmsg(results_db(results)));
    if (fflush(f) || ferror(f))
        return err_set(err, STATUS_STORE,
                       "the rows cannot be written; is the disk full?");
    return STATUS_OK;
}

enum status results_export(struct results *results, const char *what,
                           enum results_format format, FILE *f, struct err *err)
{
    sqlite3_stmt *s;
    unsigned i = 0;
    while (results_exports[i] && strcmp(results_exports[i], what) != 0)
        i++;
    if (!results_exports[i])
        return err_set(err, STATUS_USAGE,
                       "there is no table '%s'; there are points, runs, violations and "
                       "distributions",
                       what);
    if (sqlite3_prepare_v2(results_db(results), queries[i], -1, &s, NULL) != SQLITE_OK)
        return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                       sqlite3_errmsg(results_db(results)));
    enum status status = write_rows(results, s, format, f, err);
    sqlite3_finalize(s);
    return status;
}
