/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus_report.c - see litmus_report.h.
 */
#include "cli/litmus_report.h"

#include "report/json.h"

#include <inttypes.h>

bool litmus_as_expected(const struct litmus_report *report)
{
    return !report->result || report->test->expect == LITMUS_UNKNOWN ||
           litmus_verdict(report->result) == report->test->expect;
}

static const char *verdict_text(const struct litmus_report *report)
{
    return report->result ? litmus_expect_text(litmus_verdict(report->result))
                          : "not modelled";
}

/* "1:r0" or "[x]" */
static void column_text(const struct litmus_test *test, const struct litmus_column *c,
                        char text[40])
{
    if (c->is_memory)
        snprintf(text, 40, "[%s]", test->names[c->name].text);
    else
        snprintf(text, 40, "%u:r%u", c->thread, c->reg);
}

static void print_outcome(FILE *f, const struct litmus_report *report,
                          const struct litmus_outcome *outcome)
{
    const struct litmus_result *r = report->result;
    fprintf(f, "%-6" PRIu64 "%c>", outcome->n, outcome->holds ? '*' : ':');
    for (unsigned i = 0; i < r->n_columns; i++) {
        char name[40], value[24];
        column_text(report->test, &r->columns[i], name);
        litmus_value_text(report->test, outcome->values[i], value);
        fprintf(f, "%s %s=%s;", i ? "" : "", name, value);
    }
    fputc('\n', f);
}

static const char *observation(const struct litmus_result *r)
{
    if (r->positive == 0)
        return "Never";
    return r->negative == 0 ? "Always" : "Sometimes";
}

static void print_verdict(FILE *f, const struct litmus_report *report)
{
    const struct litmus_test *t = report->test;
    if (t->expect == LITMUS_UNKNOWN)
        return;
    fprintf(f, "Expected %s%s%s: %s\n",
            litmus_expect_text((enum litmus_expect)t->expect),
            t->source[0] ? " by " : "", t->source,
            litmus_as_expected(report) ? "Ok" : "DIFFERENT");
}

void litmus_report_text(FILE *f, const struct litmus_report *report)
{
    const struct litmus_test *t = report->test;
    const struct litmus_result *r = report->result;
    fprintf(f, "Test %s %s\n", t->name, verdict_text(report));
    if (!r) {
        fprintf(f, "Not modelled: %s\n\n", t->not_modelled);
        return;
    }
    fprintf(f, "States %u\n", r->n_outcomes);
    for (unsigned i = 0; i < r->n_outcomes; i++)
        print_outcome(f, report, &r->outcomes[i]);
    if (!r->complete)
        fprintf(f, "INCOMPLETE: %s\n", r->why);
    fprintf(f, "Positive: %" PRIu64 " Negative: %" PRIu64 "\n", r->positive,
            r->negative);
    fprintf(f, "Condition exists (%s)\n", t->condition);
    fprintf(f, "Observation %s %s %" PRIu64 " %" PRIu64 "\n", t->name, observation(r),
            r->positive, r->negative);
    fprintf(f,
            "Explored %" PRIu32 " states, %" PRIu64 " transitions; spontaneous fills "
            "and evictions %s\n",
            r->states, r->transitions, litmus_has_pages(t) && !t->quiet ? "on" : "off");
    print_verdict(f, report);
    fputc('\n', f);
}

void litmus_report_line(FILE *f, const struct litmus_report *report)
{
    const struct litmus_result *r = report->result;
    fprintf(f, "%-34s %-12s %-12s %5u %9" PRIu32 "  %s\n", report->test->name,
            verdict_text(report),
            litmus_expect_text((enum litmus_expect)report->test->expect),
            r ? r->n_outcomes : 0, r ? r->states : 0,
            !r                           ? report->test->not_modelled
            : litmus_as_expected(report) ? "Ok"
                                         : "DIFFERENT");
}

static void json_outcomes(struct report_json *json, const struct litmus_report *report)
{
    const struct litmus_result *r = report->result;
    report_json_list(json, "outcomes");
    for (unsigned i = 0; r && i < r->n_outcomes; i++) {
        report_json_object(json, NULL);
        report_json_u64(json, "final_states", r->outcomes[i].n);
        report_json_bool(json, "condition", r->outcomes[i].holds);
        report_json_object(json, "values");
        for (unsigned c = 0; c < r->n_columns; c++) {
            char name[40], value[24];
            column_text(report->test, &r->columns[c], name);
            litmus_value_text(report->test, r->outcomes[i].values[c], value);
            report_json_string(json, name, value);
        }
        report_json_close(json);
        report_json_close(json);
    }
    report_json_close(json);
}

static void json_test(struct report_json *json, const struct litmus_report *report)
{
    const struct litmus_test *t = report->test;
    report_json_object(json, NULL);
    report_json_string(json, "name", t->name);
    report_json_string(json, "verdict", verdict_text(report));
    report_json_string(json, "expected",
                       litmus_expect_text((enum litmus_expect)t->expect));
    report_json_bool(json, "as_expected", litmus_as_expected(report));
    report_json_string(json, "condition", t->condition);
    if (t->not_modelled[0])
        report_json_string(json, "not_modelled", t->not_modelled);
    if (report->result) {
        report_json_bool(json, "complete", report->result->complete);
        report_json_u64(json, "states", report->result->states);
        report_json_u64(json, "transitions", report->result->transitions);
    }
    json_outcomes(json, report);
    report_json_close(json);
}

void litmus_report_json(FILE *file, const struct litmus_report *reports, size_t n)
{
    struct report_json json = report_json_begin(file, false);
    report_json_list(&json, NULL);
    for (size_t i = 0; i < n; i++)
        json_test(&json, &reports[i]);
    report_json_close(&json);
    fputc('\n', file);
}
