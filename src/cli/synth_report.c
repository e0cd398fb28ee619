/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synth_report.c - see synth_report.h.
 */
#include "cli/synth_report.h"

#include "report/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void synth_list_text(const uint8_t *list, uint32_t n, char *text, size_t room)
{
    size_t used = 0;
    text[0] = 0;
    for (uint32_t i = 0; i < n && used < room; i++)
        used += (size_t)snprintf(text + used, room - used, "%s%s", i ? ", " : "",
                                 protocol_step_text((enum protocol_step)list[i]));
}

/* ---- order of presentation --------------------------------------------------------
 */

/* Cheapest first; equal costs as they were enumerated. */
static int by_cost(const void *a, const void *b)
{
    const struct synth_entry *x = *(const struct synth_entry *const *)a;
    const struct synth_entry *y = *(const struct synth_entry *const *)b;
    if (x->cost.fault_cycles != y->cost.fault_cycles)
        return x->cost.fault_cycles < y->cost.fault_cycles ? -1 : 1;
    return x < y ? -1 : 1;
}

static const struct synth_entry **safe_ones(const struct synth_report *report,
                                            uint32_t *n)
{
    const struct synth_entry **list = calloc(report->set->n + 1, sizeof *list);
    *n = 0;
    for (uint32_t i = 0; list && i < report->set->n; i++)
        if (report->entries[i].judged &&
            report->entries[i].judgement.verdict == SYNTH_SAFE)
            list[(*n)++] = &report->entries[i];
    if (list)
        qsort(list, *n, sizeof *list, by_cost);
    return list;
}

static bool has_cause(const struct synth_entry *e, enum synth_cause cause)
{
    return e->judged && e->judgement.verdict == SYNTH_UNSAFE &&
           e->judgement.cause == cause;
}

/* The one with the shortest refutation. */
static const struct synth_entry *shortest(const struct synth_report *report,
                                          enum synth_cause cause, uint32_t *n)
{
    const struct synth_entry *best = NULL;
    *n = 0;
    for (uint32_t i = 0; i < report->set->n; i++) {
        const struct synth_entry *e = &report->entries[i];
        if (!has_cause(e, cause))
            continue;
        ++*n;
        if (!best || e->judgement.n_moves < best->judgement.n_moves)
            best = e;
    }
    return best;
}

static uint32_t count(const struct synth_report *report, enum synth_verdict verdict)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < report->set->n; i++)
        n += report->entries[i].judged &&
             report->entries[i].judgement.verdict == verdict;
    return n;
}

/* ---- text -------------------------------------------------------------------------
 */

static void print_head(FILE *f, const struct synth_report *report)
{
    uint32_t n_judged = 0;
    uint64_t states = 0;
    for (uint32_t i = 0; i < report->set->n; i++) {
        n_judged += report->entries[i].judged;
        states += report->entries[i].judgement.states;
    }
    fprintf(f,
            "orders      %.0f of the steps, %" PRIu64 " that can run, %" PRIu32
            " that differ\n",
            report->set->n_raw, report->set->n_runnable, report->set->n);
    fputs("scenarios  ", f);
    for (uint32_t i = 0; i < report->n_scenarios; i++)
        fprintf(f, " %s", report->scenarios[i].name);
    fprintf(f,
            "\nverdicts    %" PRIu32 " safe on all of them, %" PRIu32
            " refuted, %" PRIu32 " open; %" PRIu64 " states visited\n",
            count(report, SYNTH_SAFE), count(report, SYNTH_UNSAFE),
            count(report, SYNTH_OPEN), states);
    if (n_judged < report->set->n)
        fprintf(f, "INCOMPLETE: %" PRIu32 " of %" PRIu32 " orders were judged\n",
                n_judged, report->set->n);
}

static double ns(const struct synth_report *report, uint64_t cycles)
{
    return report->core_mhz > 0 ? (double)cycles * 1000 / report->core_mhz : 0;
}

static void print_safe_one(FILE *f, const struct synth_report *report, unsigned rank,
                           const struct synth_entry *e, double least)
{
    char copy[600], upgrade[200];
    const struct protocol *p = &e->candidate->protocol;
    synth_list_text(p->copy, p->n_copy, copy, sizeof copy);
    synth_list_text(p->upgrade, p->n_upgrade, upgrade, sizeof upgrade);
    fprintf(f, "%4u  %-18s %12.0f %+7.2f %% %6.2f %7.0f %7.0f %6" PRIu32 "\n", rank,
            p->name, e->cost.fault_cycles, (e->cost.fault_cycles / least - 1) * 100,
            e->cost.faults_per_page, ns(report, e->cost.latency_p50),
            ns(report, e->cost.latency_p99), e->candidate->n_orders);
    fprintf(f, "      copy    %s\n", copy);
    if (p->n_upgrade)
        fprintf(f, "      upgrade %s\n", upgrade);
}

static void print_safe(FILE *f, const struct synth_report *report)
{
    uint32_t n;
    const struct synth_entry **list = safe_ones(report, &n);
    if (!list || n == 0) {
        fputs("\nNo order is safe.\n", f);
        free(list);
        return;
    }
    fprintf(
        f,
        "\nSAFE, the cheapest first: %s on %s, %" PRIu32 " trials\n"
        "rank  order              fault cycles  against faults shootdown ns  orders\n"
        "                            per page  cheapest /page     p50     p99 in "
        "class\n",
        report->guest, report->machine, report->trials);
    uint32_t shown = report->n_shown && report->n_shown < n ? report->n_shown : n;
    for (uint32_t i = 0; i < n; i++)
        if (i < shown || list[i]->candidate->known)
            print_safe_one(f, report, i + 1, list[i], list[0]->cost.fault_cycles);
    if (shown < n)
        fprintf(f,
                "      (%" PRIu32 " of %" PRIu32
                " are shown, and those with a name; --all "
                "shows the rest)\n",
                shown, n);
    fprintf(f, "The cheapest of all safe orders is %s.\n",
            list[0]->candidate->protocol.name);
    free(list);
}

/* The list with a mark where it was when the rule was broken. */
static void print_marked(FILE *f, const struct protocol *p, uint32_t n_done)
{
    char done[600], rest[600];
    synth_list_text(p->copy, n_done, done, sizeof done);
    synth_list_text(p->copy + n_done, p->n_copy - n_done, rest, sizeof rest);
    fprintf(f, "      %s %s%s%s\n", done,
            n_done < p->n_copy ? "| still to come: " : "| done", rest, "");
}

static void print_cause(FILE *f, const struct synth_report *report,
                        enum synth_cause cause)
{
    uint32_t n;
    const struct synth_entry *e = shortest(report, cause, &n);
    if (!e)
        return;
    const struct synth_judgement *j = &e->judgement;
    fprintf(f, "\n%4" PRIu32 "  %s\n", n, synth_cause_text(cause));
    fprintf(f, "      shortest: %s on %s", e->candidate->protocol.name,
            report->scenarios[j->scenario].name);
    if (j->rule[0])
        fprintf(f, ", %s in %" PRIu32 " moves", j->rule, j->n_moves);
    fputc('\n', f);
    print_marked(f, &e->candidate->protocol, j->n_done);
    for (uint32_t i = 0; i < report->set->n; i++)
        if (has_cause(&report->entries[i], cause) &&
            report->entries[i].candidate->known)
            fprintf(f, "      also %s\n", report->entries[i].candidate->protocol.name);
    if (report->draw && j->rule[0])
        report->draw(report->context, f, e);
}

static void print_open(FILE *f, const struct synth_report *report)
{
    if (count(report, SYNTH_OPEN) == 0)
        return;
    fputs("\nOPEN: neither safe nor refuted\n", f);
    for (uint32_t i = 0; i < report->set->n; i++) {
        const struct synth_entry *e = &report->entries[i];
        if (e->judged && e->judgement.verdict == SYNTH_OPEN)
            fprintf(f, "      %s on %s: %s\n", e->candidate->protocol.name,
                    report->scenarios[e->judgement.scenario].name, e->judgement.why);
    }
}

void synth_report_text(FILE *f, const struct synth_report *report)
{
    print_head(f, report);
    print_safe(f, report);
    if (count(report, SYNTH_UNSAFE))
        fputs("\nREFUTED, by cause\n", f);
    for (unsigned c = 0; c < SYNTH_N_CAUSES; c++)
        print_cause(f, report, (enum synth_cause)c);
    print_open(f, report);
}

/* ---- JSON ---------------------------------------------------------------------------
 */

static void json_list(struct report_json *j, const char *key, const uint8_t *list,
                      uint32_t n)
{
    report_json_list(j, key);
    for (uint32_t i = 0; i < n; i++)
        report_json_string(j, NULL, protocol_step_text((enum protocol_step)list[i]));
    report_json_close(j);
}

static void json_entry(struct report_json *j, const struct synth_report *report,
                       const struct synth_entry *e)
{
    static const char *const verdicts[] = {"safe", "unsafe", "open"};
    const struct synth_judgement *g = &e->judgement;
    const struct protocol *p = &e->candidate->protocol;
    report_json_object(j, NULL);
    report_json_string(j, "name", p->name);
    report_json_bool(j, "known", e->candidate->known);
    report_json_u64(j, "orders", e->candidate->n_orders);
    json_list(j, "copy", p->copy, p->n_copy);
    json_list(j, "upgrade", p->upgrade, p->n_upgrade);
    report_json_string(j, "verdict", verdicts[g->verdict]);
    report_json_u64(j, "states", g->states);
    if (g->verdict != SYNTH_SAFE)
        report_json_string(j, "scenario", report->scenarios[g->scenario].name);
    if (g->verdict == SYNTH_OPEN)
        report_json_string(j, "why", g->why);
    if (g->verdict == SYNTH_UNSAFE) {
        report_json_string(j, "cause", synth_cause_text((enum synth_cause)g->cause));
        report_json_string(j, "rule", g->rule);
        report_json_u64(j, "moves", g->n_moves);
        report_json_u64(j, "steps_done", g->n_done);
    }
    if (g->verdict == SYNTH_SAFE) {
        report_json_double(j, "fault_cycles_per_cow_page", e->cost.fault_cycles);
        report_json_double(j, "mean_cycles", e->cost.mean_cycles);
        report_json_double(j, "faults_per_cow_page", e->cost.faults_per_page);
        report_json_u64(j, "ipis", e->cost.ipis);
        report_json_u64(j, "shootdown_p50_cycles", e->cost.latency_p50);
        report_json_u64(j, "shootdown_p99_cycles", e->cost.latency_p99);
    }
    report_json_close(j);
}

void synth_report_json(FILE *file, const struct synth_report *report)
{
    struct report_json j = report_json_begin(file, false);
    report_json_object(&j, NULL);
    report_json_double(&j, "orders", report->set->n_raw);
    report_json_u64(&j, "runnable", report->set->n_runnable);
    report_json_u64(&j, "classes", report->set->n);
    report_json_list(&j, "scenarios");
    for (uint32_t i = 0; i < report->n_scenarios; i++)
        report_json_string(&j, NULL, report->scenarios[i].name);
    report_json_close(&j);
    report_json_list(&j, "candidates");
    for (uint32_t i = 0; i < report->set->n; i++)
        if (report->entries[i].judged)
            json_entry(&j, report, &report->entries[i]);
    report_json_close(&j);
    report_json_close(&j);
    fputc('\n', file);
}
