/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page_violations.c - the violations in the page. See page.h.
 */
#include "publish/page.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>

#define ROWS_ON_PAGE 1000u
#define THIN         "\xe2\x80\xaf" /* U+202F */

enum {
    COL_RULE,
    COL_UNDER_LOCK,
    COL_CYCLE,
    COL_CPU,
    COL_THREAD,
    COL_STALE_AGE,
    COL_SENTENCE,
    COL_POINT,
    COL_SEED,
    COL_PROTOCOL,
};

static const char rows_sql[] =
    "SELECT v.rule, v.under_lock, v.at_cycle, v.cpu, v.thread,"
    " v.stale_age_cycles, v.sentence, r.point_id, r.seed, p.protocol"
    " FROM violation v JOIN run r USING (run_id) JOIN point p USING (point_id)"
    " ORDER BY violation_id";

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the violations cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

static const char *text(sqlite3_stmt *s, int column)
{
    const char *found = (const char *)sqlite3_column_text(s, column);
    return found ? found : "";
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    publish_html(out, value);
    fputc('"', out);
}

static void put_cell(FILE *out, const char *class, const char *value)
{
    fprintf(out, "<td%s>", class);
    publish_html(out, value);
    fputs("</td>", out);
}

static void put_number_cell(FILE *out, sqlite3_stmt *s, int column)
{
    char number[64];
    if (sqlite3_column_type(s, column) == SQLITE_NULL) {
        fputs("<td class=\"n\" data-v=\"\">&ndash;</td>", out);
        return;
    }
    uint64_t value = (uint64_t)sqlite3_column_int64(s, column);
    fprintf(out, "<td class=\"n\" data-v=\"%" PRIu64 "\">%s</td>", value,
            publish_number(value, THIN, number));
}

static void put_row(FILE *out, const struct publication *p, sqlite3_stmt *s,
                    uint64_t number, bool drawn)
{
    char point[300];
    fputs("<tr", out);
    put_attribute(out, "data-protocol", text(s, COL_PROTOCOL));
    put_attribute(out, "data-rule", text(s, COL_RULE));
    if (drawn)
        fprintf(out,
                "><td class=\"n\"><a href=\"#violation-%" PRIu64 "\">%" PRIu64
                "</a></td>",
                number, number);
    else
        fprintf(out, "><td class=\"n\">%" PRIu64 "</td>", number);
    put_cell(out, "", text(s, COL_RULE));
    put_cell(out, "", sqlite3_column_int(s, COL_UNDER_LOCK) ? "yes" : "no");
    put_cell(out, "", text(s, COL_PROTOCOL));
    publish_point(p, (uint64_t)sqlite3_column_int64(s, COL_POINT), point, sizeof point);
    put_cell(out, "", point);
    put_number_cell(out, s, COL_SEED);
    put_number_cell(out, s, COL_CYCLE);
    put_number_cell(out, s, COL_CPU);
    put_number_cell(out, s, COL_THREAD);
    put_number_cell(out, s, COL_STALE_AGE);
    put_cell(out, " class=\"sentence\"", text(s, COL_SENTENCE));
    fputs("</tr>\n", out);
}

static void put_options(FILE *out, struct publication *p, const char *sql)
{
    sqlite3_stmt *s;
    fputs("<option value=\"\">all</option>", out);
    if (sqlite3_prepare_v2(results_db(p->results), sql, -1, &s, NULL) != SQLITE_OK)
        return;
    while (sqlite3_step(s) == SQLITE_ROW) {
        fputs("<option>", out);
        publish_html(out, text(s, 0));
        fputs("</option>", out);
    }
    sqlite3_finalize(s);
}

static void put_filter(FILE *out, struct publication *p)
{
    fputs("<form class=\"tools\" id=\"filter\" hidden>\n<label>Protocol <select "
          "name=\"protocol\">",
          out);
    put_options(out, p,
                "SELECT protocol FROM point GROUP BY protocol ORDER BY MIN(point_id)");
    fputs("</select></label>\n<label>Rule <select name=\"rule\">", out);
    put_options(out, p, "SELECT DISTINCT rule FROM violation ORDER BY rule");
    fputs(
        "</select></label>\n<label>Words <input type=\"search\" name=\"words\" "
        "autocomplete=\"off\"></label>\n<button type=\"reset\">Clear</button>\n<output "
        "id=\"shown\" aria-live=\"polite\"></output>\n</form>\n",
        out);
}

static void put_what_is_shown(FILE *out, struct publication *p, uint64_t every)
{
    char a[64], b[64];
    fputs("<p>", out);
    if (every > 1)
        fprintf(out,
                "A sample: every %" PRIu64
                "th of %s violations, and those drawn below. "
                "All are in <code>violations.csv</code>. ",
                every, publish_number(p->n_rows, THIN, a));
    fprintf(out, "%s of %s with a witness are drawn below the table",
            publish_number(p->n_shown, THIN, a),
            publish_number(p->n_witnesses, THIN, b));
    if (p->n_rows > p->n_witnesses)
        fputs("; for the others the seed runs the trial again (<code>sim run "
              "--seed</code>)",
              out);
    fputs(".</p>\n", out);
    if (p->n_violations > p->n_rows)
        fprintf(out,
                "<p>%s more violations were counted than stored: beyond "
                "<code>check.max_violations</code> of a trial only their number is "
                "kept.</p>\n",
                publish_number(p->n_violations - p->n_rows, THIN, a));
}

static enum status put_table(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    uint64_t every = (p->n_rows + ROWS_ON_PAGE - 1) / ROWS_ON_PAGE, number = 0;
    uint32_t next = 0;
    int code;
    if (sqlite3_prepare_v2(results_db(p->results), rows_sql, -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    put_what_is_shown(out, p, every);
    put_filter(out, p);
    fputs("<div class=\"scroll\"><table class=\"sortable\" id=\"violation-table\">\n"
          "<thead><tr><th class=\"n\" data-sorted=\"ascending\">No.</th><th>Rule</th>"
          "<th>Under lock</th><th>Protocol</th><th>Point</th><th class=\"n\">Seed</th>"
          "<th class=\"n\">Cycle</th><th class=\"n\">CPU</th><th "
          "class=\"n\">Thread</th><th class=\"n\">Stale age [cycles]</th><th>What "
          "happened</th></tr></thead>\n<tbody>\n",
          out);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        number++;
        bool drawn = next < p->n_shown && p->shown[next].number == number;
        next += drawn;
        if (!drawn && (number - 1) % every != 0)
            continue;
        put_row(out, p, s, number, drawn);
        p->done->rows_on_page++;
    }
    sqlite3_finalize(s);
    fputs("</tbody></table></div>\n<p class=\"printed dim\">At most 40 rows are "
          "printed.</p>\n",
          out);
    return code == SQLITE_DONE ? STATUS_OK : fail(p, err);
}

/* ---- one violation
 * ---------------------------------------------------------------- */

static void __attribute__((format(printf, 3, 4)))
put_fact(FILE *out, const char *name, const char *format, ...)
{
    char value[300];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(value, sizeof value, format, arguments);
    va_end(arguments);
    fprintf(out, "<div><dt>%s</dt><dd>", name);
    publish_html(out, value);
    fputs("</dd></div>\n", out);
}

static void put_facts(FILE *out, const struct publication *p,
                      const struct publish_shown *shown)
{
    char point[300], number[64];
    const struct witness *w = &shown->witness;
    const struct check_violation *v = &w->v;
    publish_point(p, shown->point, point, sizeof point);
    fputs("<dl class=\"facts\">\n", out);
    put_fact(out, "Protocol", "%s", w->protocol);
    if (point[0])
        put_fact(out, "Point", "%s", point);
    put_fact(out, "Seed", "%" PRIu64, shown->seed);
    put_fact(out, "Cycle", "%s", publish_number(v->cycle, THIN, number));
    put_fact(out, "Address", "%s", w->symbol);
    if (v->has_lock)
        put_fact(out, "Lock", "%s", w->lock_symbol);
    if (v->has_missed)
        put_fact(out, "Age of the missed store", "%" PRIu64 " cycles",
                 v->cycle - v->missed_cycle);
    if (v->shootdown)
        put_fact(out, "Shootdown", "%" PRIu32 " of %" PRIu32 " acknowledged", v->acks,
                 v->targets);
    fputs("</dl>\n", out);
}

static enum status put_article(FILE *out, const struct publication *p,
                               const struct publish_shown *shown, struct err *err)
{
    char prefix[32];
    const struct witness *w = &shown->witness;
    snprintf(prefix, sizeof prefix, "v%" PRIu64, shown->number);
    fprintf(out,
            "<article id=\"violation-%" PRIu64 "\">\n<h3><a href=\"#violation-%" PRIu64
            "\">Violation %" PRIu64 "</a>: %s%s</h3>\n<p>",
            shown->number, shown->number, shown->number, check_rule_name(w->v.rule),
            w->v.under_lock ? " under lock" : "");
    publish_html(out, w->sentence);
    fputs("</p>\n", out);
    put_facts(out, p, shown);
    fprintf(out,
            "<div class=\"timeline\">\n<div class=\"tools\" role=\"group\" "
            "aria-label=\"Time axis of violation %" PRIu64 "\" hidden>"
            "<button type=\"button\" data-do=\"in\" aria-label=\"Zoom in\">+</button>"
            "<button type=\"button\" data-do=\"out\" aria-label=\"Zoom "
            "out\">&minus;</button>"
            "<button type=\"button\" data-do=\"left\" "
            "aria-label=\"Earlier\">&larr;</button>"
            "<button type=\"button\" data-do=\"right\" "
            "aria-label=\"Later\">&rarr;</button>"
            "<button type=\"button\" data-do=\"first\">What matters</button>"
            "<button type=\"button\" data-do=\"all\">All</button></div>\n"
            "<div class=\"view wt-scroll\" tabindex=\"0\" role=\"group\" "
            "aria-label=\"Timeline of violation %" PRIu64
            ": plus and minus zoom, arrow keys move, 0 shows what matters\">\n",
            shown->number, shown->number);
    const struct witness_svg_options options = {prefix, shown->core_mhz};
    if (witness_svg(out, w, &options, err))
        return err->status;
    fputs("</div>\n</div>\n</article>\n", out);
    return STATUS_OK;
}

enum status page_violations(FILE *out, struct publication *p, struct err *err)
{
    fputs("<section id=\"violations\">\n<h2>Violations</h2>\n", out);
    if (p->n_rows == 0)
        fputs("<p>There is none.</p>\n", out);
    else if (put_table(out, p, err))
        return err->status;
    if (p->n_shown)
        fputs("<h2 id=\"timelines\">Timelines</h2>\n<p class=\"dim\">Time runs to the "
              "right, in cycles. The top lanes show the page-table entry and the owner "
              "of the lock; below, each CPU shows what it does and which frame its TLB "
              "maps the page to. Point at anything for its details.</p>\n",
              out);
    for (uint32_t i = 0; i < p->n_shown; i++)
        if (put_article(out, p, &p->shown[i], err))
            return err->status;
    fputs("</section>\n", out);
    return STATUS_OK;
}
