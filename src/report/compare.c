/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * compare.c - several results side by side, a column each.
 *
 * A row is a name and a function that writes the cell of one result, so a row
 * is added by one function and one line of the table.
 */
#include "report/stats.h"
#include "report/words.h"

#include <inttypes.h>
#include <string.h>

#define CELL_BYTES 64u

struct cell {
    char text[CELL_BYTES];
    enum report_color color;
};

struct cell_source {
    const struct run_result *result, *first;
};

static uint64_t per_trial(uint64_t sum, const struct run_result *r)
{
    return r->trials ? sum / r->trials : 0;
}

static void number_cell(struct cell *cell, uint64_t value)
{
    report_number(value, cell->text);
}

static void trials(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->trials);
}

static void violated(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->trials_violated);
    cell->color = s->result->trials_violated ? REPORT_RED : REPORT_GREEN;
}

static void rate(const struct cell_source *s, struct cell *cell)
{
    report_percent(run_result_rate(s->result), cell->text);
    cell->color = s->result->trials_violated ? REPORT_RED : REPORT_GREEN;
}

static void interval(const struct cell_source *s, struct cell *cell)
{
    double low, high;
    char from[32], to[32];
    run_result_interval(s->result, &low, &high);
    if (s->result->trials_violated == 0)
        snprintf(cell->text, CELL_BYTES, "< %s",
                 report_percent(stats_zero_bound(s->result->trials, 0.95), to));
    else
        snprintf(cell->text, CELL_BYTES, "%s .. %s", report_percent(low, from),
                 report_percent(high, to));
}

static void under_lock(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, check_counts_under_lock(&s->result->check));
    if (check_counts_under_lock(&s->result->check))
        cell->color = REPORT_RED;
}

static void rule_cell(const struct cell_source *s, struct cell *cell,
                      enum check_rule_id rule)
{
    number_cell(cell, s->result->check.total[rule]);
    if (s->result->check.total[rule])
        cell->color = REPORT_RED;
}

#define RULE_CELL(name)                                                     \
    static void rule_##name(const struct cell_source *s, struct cell *cell) \
    {                                                                       \
        rule_cell(s, cell, CHECK_##name);                                   \
    }
RULE_CELL(STALE)
RULE_CELL(TORN)
RULE_CELL(LOST)
RULE_CELL(MUTEX)
RULE_CELL(REUSE)

static void harmless(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->check.harmless);
}

static void cow_pages(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->tally.cow_pages);
}

static void faults_per_page(const struct cell_source *s, struct cell *cell)
{
    snprintf(cell->text, CELL_BYTES, "%.2f", run_result_faults_per_page(s->result));
}

static void faults(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->tally.faults);
}

static void sleeps(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->tally.sleeps_on_busy);
}

static void shootdowns(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->tally.shootdowns);
}

static void ipis(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, s->result->tally.ipis);
}

static void hist_cell(struct cell *cell, const struct check_hist *h, double percent)
{
    /* Asking for a percentile sorts; the result stays the same. */
    struct check_hist *hist = (struct check_hist *)(uintptr_t)h;
    if (hist->count == 0)
        strcpy(cell->text, "-");
    else
        number_cell(cell, check_hist_percentile(hist, percent));
}

static void latency_50(const struct cell_source *s, struct cell *cell)
{
    hist_cell(cell, &s->result->latency, 50);
}

static void latency_99(const struct cell_source *s, struct cell *cell)
{
    hist_cell(cell, &s->result->latency, 99);
}

static void exposure_50(const struct cell_source *s, struct cell *cell)
{
    hist_cell(cell, &s->result->exposure, 50);
}

static void exposure_99(const struct cell_source *s, struct cell *cell)
{
    hist_cell(cell, &s->result->exposure, 99);
}

static void exposure_max(const struct cell_source *s, struct cell *cell)
{
    hist_cell(cell, &s->result->exposure, 100);
}

static void cycles(const struct cell_source *s, struct cell *cell)
{
    number_cell(cell, per_trial(s->result->cycles, s->result));
}

static void cost(const struct cell_source *s, struct cell *cell)
{
    double mine = (double)per_trial(s->result->cycles, s->result);
    double first = (double)per_trial(s->first->cycles, s->first);
    if (first > 0)
        snprintf(cell->text, CELL_BYTES, "%+.2f %%", 100 * (mine / first - 1));
    else
        strcpy(cell->text, "-");
}

static const struct {
    const char *name; /* Null: an empty line. */
    void (*put)(const struct cell_source *source, struct cell *cell);
} rows[] = {
    {"trials", trials},
    {"trials violated", violated},
    {"rate", rate},
    {"  95 % confidence", interval},
    {NULL, NULL},
    {"violations under lock", under_lock},
    {"  STALE", rule_STALE},
    {"  TORN", rule_TORN},
    {"  LOST", rule_LOST},
    {"  MUTEX", rule_MUTEX},
    {"  REUSE", rule_REUSE},
    {"harmless stale reads", harmless},
    {NULL, NULL},
    {"COW pages copied", cow_pages},
    {"  faults per COW page", faults_per_page},
    {"faults", faults},
    {"  slept on a busy page", sleeps},
    {NULL, NULL},
    {"shootdowns", shootdowns},
    {"  IPIs", ipis},
    {"  latency p50 (cycles)", latency_50},
    {"  latency p99", latency_99},
    {"exposure p50 (cycles)", exposure_50},
    {"  p99", exposure_99},
    {"  max", exposure_max},
    {NULL, NULL},
    {"cycles per trial", cycles},
    {"  against the first", cost},
};

#define NAME_COLUMNS 24u
#define CELL_MIN     12u

static void put_cell(FILE *file, const struct report_style *style,
                     const struct cell *cell, unsigned width)
{
    unsigned columns = report_columns(cell->text);
    for (unsigned i = columns; i < width; i++)
        fputc(' ', file);
    fprintf(file, "%s%s%s", cell->color ? report_color(style, cell->color) : "",
            cell->text, cell->color ? report_color(style, REPORT_PLAIN) : "");
}

/* Wide enough for every cell, so that the table never breaks. */
static unsigned cell_width(const struct run_result *const *results, uint32_t n)
{
    unsigned width = CELL_MIN;
    for (uint32_t i = 0; i < n; i++) {
        struct cell_source source = {results[i], results[0]};
        unsigned columns = report_columns(results[i]->protocol);
        width = columns > width ? columns : width;
        for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
            struct cell cell = {0};
            if (rows[r].put)
                rows[r].put(&source, &cell);
            columns = report_columns(cell.text);
            width = columns > width ? columns : width;
        }
    }
    return width + 2;
}

static void put_rule(FILE *file, const struct report_style *style, unsigned columns)
{
    fputs("  ", file);
    for (unsigned i = 0; i < columns; i++)
        fputs(style->ascii ? "-" : "─", file);
    fputc('\n', file);
}

static void put_head(FILE *file, const struct report_style *style,
                     const struct run_result *const *results, uint32_t n,
                     unsigned width)
{
    const struct run_result *r = results[0];
    fprintf(file,
            "%s%s%s  %s%sshootdown %s, %" PRIu32 " hardware threads, seed %" PRIu64
            ", engine %s\n\n",
            report_color(style, REPORT_BOLD), r->machine,
            report_color(style, REPORT_PLAIN), r->guest, r->guest[0] ? ", " : "",
            r->shootdown, r->cores, r->seed, r->engine);
    fprintf(file, "  %-*s", (int)NAME_COLUMNS, "");
    for (uint32_t i = 0; i < n; i++) {
        struct cell cell = {.color = REPORT_BOLD};
        snprintf(cell.text, sizeof cell.text, "%.60s", results[i]->protocol);
        put_cell(file, style, &cell, width);
    }
    fputc('\n', file);
    put_rule(file, style, NAME_COLUMNS + width * n);
}

enum status report_compare(FILE *file, const struct run_result *const *results,
                           uint32_t n, const struct report_context *context,
                           struct err *err)
{
    static const struct report_style nothing = {0};
    const struct report_style *style = context ? &context->style : &nothing;
    if (n == 0)
        return report_flush(file, "the comparison", err);
    unsigned width = cell_width(results, n);
    put_head(file, style, results, n, width);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        if (rows[r].name)
            fprintf(file, "  %-*s", (int)NAME_COLUMNS, rows[r].name);
        for (uint32_t i = 0; i < n && rows[r].put; i++) {
            struct cell_source source = {results[i], results[0]};
            struct cell cell = {0};
            rows[r].put(&source, &cell);
            put_cell(file, style, &cell, width);
        }
        fputc('\n', file);
    }
    return report_flush(file, "the comparison", err);
}
