/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * page.c - report.html: one file that needs nothing else. See page.h.
 *
 * The policy in its head lets nothing be fetched and no script run but the one that it
 * holds, by its hash.  Everything that comes from a guest (names, messages) is escaped.
 */
#include "publish/page.h"

#include "witness/witness.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

#define POINTS_ON_PAGE 500u
#define THIN           "\xe2\x80\xaf" /* U+202F */

extern const char page_css[], page_js[], page_js_sha256[];

static enum status fail(struct publication *p, struct err *err)
{
    return err_set(err, STATUS_STORE, "the results cannot be read: %s",
                   sqlite3_errmsg(results_db(p->results)));
}

/* ---- head
 * ------------------------------------------------------------------------- */

static unsigned nibble(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Hexadecimal digits as base64, as a policy wants a hash. */
static void put_base64(FILE *out, const char *hex)
{
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i += 3) {
        unsigned bits = 0;
        for (size_t k = 0; k < 3; k++)
            bits = bits << 8 | (i + k < n ? nibble(hex[2 * (i + k)]) << 4 |
                                                nibble(hex[2 * (i + k) + 1])
                                          : 0);
        for (size_t k = 0; k < 4; k++)
            fputc(i + k > n ? '=' : digits[bits >> (18 - 6 * k) & 63], out);
    }
}

static void put_head(FILE *out, const struct publication *p)
{
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
          "script-src 'sha256-",
          out);
    put_base64(out, page_js_sha256);
    fputs("'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>Stale translations under lock: ",
          out);
    publish_html(out, p->options->name);
    fputs("</title>\n<style>\n", out);
    fputs(page_css, out);
    fputs(witness_svg_css(), out);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">To the "
          "content</a>\n<header>\n<div>\n<h1>Stale translations under lock</h1>\n<p "
          "class=\"dim\"><code>",
          out);
    publish_html(out, p->options->name);
    fputs("</code></p>\n</div>\n<button type=\"button\" id=\"theme\" "
          "hidden>Theme</button>\n</header>\n",
          out);
    fputs("<nav aria-label=\"Parts\"><a href=\"#summary\">Summary</a> <a "
          "href=\"#figures\">Figures</a> <a href=\"#points\">Points</a> <a "
          "href=\"#violations\">Violations</a> <a href=\"#methods\">How it was "
          "made</a></nav>\n<main id=\"main\">\n",
          out);
}

/* ---- summary
 * ---------------------------------------------------------------------- */

static void put_verdict(FILE *out, const struct publish_total *t)
{
    char a[32], b[32], c[32], n[64], m[64];
    fprintf(out, "<li%s><code>", t->violated ? " class=\"bad\"" : "");
    publish_html(out, t->protocol);
    if (t->violated)
        fprintf(
            out,
            "</code><strong>%s%s%%</strong><span>of trials violated: %s of %s</span>"
            "<span>95" THIN "%% interval %s to %s" THIN "%%</span></li>\n",
            publish_percent(t->rate, a), THIN, publish_number(t->violated, THIN, n),
            publish_number(t->trials, THIN, m), publish_percent(t->low, b),
            publish_percent(t->high, c));
    else
        fprintf(
            out,
            "</code><strong>none</strong><span>of %s trials violated</span><span>with "
            "95" THIN "%% confidence the rate is below %s" THIN "%%</span></li>\n",
            publish_number(t->trials, THIN, m), publish_percent(t->zero_bound, b));
}

static void put_number_cell(FILE *out, uint64_t value)
{
    char text[64];
    fprintf(out, "<td class=\"n\" data-v=\"%" PRIu64 "\">%s</td>", value,
            publish_number(value, THIN, text));
}

static void put_share_cells(FILE *out, double rate, double low, double high)
{
    char a[32], b[32];
    fprintf(out, "<td class=\"n\" data-v=\"%.9g\">%s</td>", rate,
            publish_percent(rate, a));
    fprintf(out, "<td class=\"n\" data-v=\"%.9g\">%s to %s</td>", low,
            publish_percent(low, a), publish_percent(high, b));
}

static void put_total_row(FILE *out, const struct publish_total *t)
{
    fputs("<tr><td><code>", out);
    publish_html(out, t->protocol);
    fputs("</code></td>", out);
    put_number_cell(out, t->trials);
    put_number_cell(out, t->violated);
    put_share_cells(out, t->rate, t->low, t->high);
    put_number_cell(out, t->stale);
    put_number_cell(out, t->torn);
    put_number_cell(out, t->lost + t->mutex + t->reuse);
    if (t->cow_copies)
        fprintf(out, "<td class=\"n\">%.2f</td>",
                (double)(t->cow_copies + t->upgrades) / (double)t->cow_copies);
    else
        fputs("<td class=\"n\">&ndash;</td>", out);
    if (t->relative_cycles > 0)
        fprintf(out, "<td class=\"n\">%.3f</td>", t->relative_cycles);
    else
        fputs("<td class=\"n\">&ndash;</td>", out);
    fputs("</tr>\n", out);
}

static void put_state(FILE *out, const struct publication *p)
{
    char a[64], b[64];
    fprintf(out, "<p>%s trials at %s points", publish_number(p->n_trials, THIN, a),
            publish_number(p->n_points, THIN, b));
    if (p->n_open)
        fprintf(out, "; <strong>%s points are not finished</strong>",
                publish_number(p->n_open, THIN, a));
    if (p->n_failed)
        fprintf(out, "; <strong>%s trials did not end well</strong> and are left out",
                publish_number(p->n_failed, THIN, a));
    fprintf(out, ". %s violations, %s of them under lock.</p>\n",
            publish_number(p->n_violations, THIN, a),
            publish_number(p->n_under_lock, THIN, b));
}

static void put_summary(FILE *out, const struct publication *p)
{
    fputs("<section id=\"summary\" aria-label=\"Summary\">\n<ul class=\"verdicts\">\n",
          out);
    for (uint32_t i = 0; i < p->n_totals; i++)
        put_verdict(out, &p->totals[i]);
    fputs("</ul>\n", out);
    put_state(out, p);
    fputs(
        "<p>A trial is violated when at least one access under lock breaks a rule: a "
        "load misses a store that happens before it (stale), two loads of one word in "
        "one critical section differ (torn), a store is lost, a lock has two owners, a "
        "frame is reached that was given away.</p>\n"
        "<p class=\"dim\">All points of a "
        "protocol together. Rates with exact (Clopper&ndash;Pearson) intervals. Time: "
        "duration of a run over that under the first protocol, all else "
        "equal.</p>\n<div class=\"scroll\"><table "
        "class=\"sortable\">\n<thead><tr><th>Protocol</th><th "
        "class=\"n\">Trials</th><th "
        "class=\"n\">Violated</th><th class=\"n\">Rate [%]</th><th "
        "class=\"n\">95 % interval</th><th class=\"n\">Stale</th><th "
        "class=\"n\">Torn</th><th class=\"n\">Other</th><th class=\"n\">Faults per "
        "copy</th><th class=\"n\">Time</th></tr></thead>\n<tbody>\n",
        out);
    for (uint32_t i = 0; i < p->n_totals; i++)
        put_total_row(out, &p->totals[i]);
    fputs("</tbody></table></div>\n</section>\n", out);
}

/* ---- points
 * ----------------------------------------------------------------------- */

static void put_points_head(FILE *out, const struct publication *p)
{
    char label[96];
    fputs("<thead><tr>", out);
    for (uint32_t d = 0; d < p->points.n_dims; d++) {
        const struct points_dim *dim = &p->points.dims[d];
        figure_key_label(dim->key, dim->unit, label, sizeof label);
        fprintf(out, "<th%s>", dim->numeric ? " class=\"n\"" : "");
        publish_html(out, label);
        fputs("</th>", out);
    }
    fputs("<th class=\"n\">Trials</th><th class=\"n\">Violated</th><th "
          "class=\"n\">Rate [%]</th><th class=\"n\">95 % interval</th><th "
          "class=\"n\">Stale</th><th class=\"n\">Torn</th><th class=\"n\">Faults per "
          "copy</th><th class=\"n\">IPIs</th></tr></thead>\n<tbody>\n",
          out);
}

static void put_point_row(FILE *out, const struct publication *p, sqlite3_stmt *s)
{
    uint32_t row = points_row(&p->points, (uint64_t)sqlite3_column_int64(s, 0));
    fputs("<tr>", out);
    for (uint32_t d = 0; d < p->points.n_dims && row != UINT32_MAX; d++) {
        uint32_t place = points_place(&p->points, row, d);
        fprintf(out, "<td%s>", p->points.dims[d].numeric ? " class=\"n\"" : "");
        if (place != UINT32_MAX)
            publish_html(out, p->points.dims[d].values[place].text);
        fputs("</td>", out);
    }
    put_number_cell(out, (uint64_t)sqlite3_column_int64(s, 1));
    put_number_cell(out, (uint64_t)sqlite3_column_int64(s, 2));
    put_share_cells(out, sqlite3_column_double(s, 3), sqlite3_column_double(s, 4),
                    sqlite3_column_double(s, 5));
    put_number_cell(out, (uint64_t)sqlite3_column_int64(s, 6));
    put_number_cell(out, (uint64_t)sqlite3_column_int64(s, 7));
    if (sqlite3_column_type(s, 8) == SQLITE_NULL)
        fputs("<td class=\"n\">&ndash;</td>", out);
    else
        fprintf(out, "<td class=\"n\">%.2f</td>", sqlite3_column_double(s, 8));
    put_number_cell(out, (uint64_t)sqlite3_column_int64(s, 9));
    fputs("</tr>\n", out);
}

static enum status put_points(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    int code;
    uint32_t every = (p->points.n + POINTS_ON_PAGE - 1) / POINTS_ON_PAGE, i = 0;
    if (sqlite3_prepare_v2(
            results_db(p->results),
            "SELECT point_id, trials, trials_violated, rate, rate_wilson_low,"
            " rate_wilson_high, stale, torn, faults_per_cow_page, ipis FROM "
            "point_result ORDER BY point_id",
            -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    fputs("<section id=\"points\">\n<h2>Points</h2>\n", out);
    if (every > 1)
        fprintf(out,
                "<p>Every %" PRIu32 "th of %" PRIu32
                " points is shown; all are in the results file (<code>sim export -w "
                "points</code>).</p>\n",
                every, p->points.n);
    fprintf(
        out,
        "<details%s><summary>Table of points</summary>\n<p class=\"dim\">Rates with "
        "Wilson's intervals.</p>\n<div class=\"scroll\"><table class=\"sortable\" "
        "id=\"point-table\">\n",
        p->points.n <= 40 ? " open" : "");
    put_points_head(out, p);
    while ((code = sqlite3_step(s)) == SQLITE_ROW)
        if (i++ % (every ? every : 1) == 0)
            put_point_row(out, p, s);
    sqlite3_finalize(s);
    fputs("</tbody></table></div></details>\n</section>\n", out);
    return code == SQLITE_DONE ? STATUS_OK : fail(p, err);
}

/* ---- how it was made
 * -------------------------------------------------------------- */

static void put_fact(FILE *out, const char *name, const char *value)
{
    fprintf(out, "<tr><th>%s</th><td><code>", name);
    publish_html(out, value ? value : "unknown");
    fputs("</code></td></tr>\n", out);
}

static enum status put_methods(FILE *out, struct publication *p, struct err *err)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(
            results_db(p->results),
            "SELECT 'Machine', machine || ', ' || cores || ' CPUs, ' || core_mhz || ' "
            "MHz, ' || engine || ' engine, ' || shootdown FROM (SELECT DISTINCT "
            "machine, "
            "cores, core_mhz, engine, shootdown FROM point) UNION ALL SELECT 'Guest', "
            "file "
            "|| ', ' || threads || ' threads, ' || operations || ' operations, "
            "XXH3-128 ' "
            "|| xxh3 FROM trace",
            -1, &s, NULL) != SQLITE_OK)
        return fail(p, err);
    fputs("<section id=\"methods\">\n<h2>How it was made</h2>\n<div "
          "class=\"scroll\"><table>\n<tbody>\n",
          out);
    put_fact(out, "Program", results_manifest(p->results, "program"));
    if (results_manifest(p->results, "command"))
        put_fact(out, "Command", results_manifest(p->results, "command"));
    put_fact(out, "Plan", results_manifest(p->results, "plan_xxh3"));
    while (sqlite3_step(s) == SQLITE_ROW)
        put_fact(out, (const char *)sqlite3_column_text(s, 0),
                 (const char *)sqlite3_column_text(s, 1));
    sqlite3_finalize(s);
    fputs("</tbody></table></div>\n<p>Results are those of a model: cycles of the "
          "simulated machine, not of the one that ran it. Equal seeds give equal "
          "results. What the model leaves out is in its documentation "
          "(docs/model.md).</p>\n</section>\n",
          out);
    return STATUS_OK;
}

static enum status put_page(FILE *out, struct publication *p, struct err *err)
{
    put_head(out, p);
    put_summary(out, p);
    if (page_figures(out, p, err) || put_points(out, p, err) ||
        page_violations(out, p, err) || put_methods(out, p, err))
        return err->status;
    fputs("</main>\n<footer>Made by <code>sim report</code>.</footer>\n<script>", out);
    fputs(page_js, out);
    fputs("</script>\n</body>\n</html>\n", out);
    return STATUS_OK;
}

enum status publish_page(struct publication *p, struct err *err)
{
    struct publish_file file;
    if (publish_open(&file, err))
        return err->status;
    return publish_close(&file, p->dir, "report.html", put_page(file.stream, p, err),
                         err);
}
