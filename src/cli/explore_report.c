/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore_report.c - see explore_report.h.
 */
#include "cli/explore_report.h"

#include "report/json.h"

#include <inttypes.h>

static const char *const kinds[] = {
    [MOVE_STEP] = "steps",
    [MOVE_DRAIN] = "stores become visible",
    [MOVE_ARRIVE] = "arrivals",
    [MOVE_FILL] = "spontaneous fills",
    [MOVE_EVICT] = "spontaneous evictions",
    [MOVE_NMI] = "NMIs",
};
#define N_KINDS (sizeof kinds / sizeof kinds[0])

static uint64_t n_decided(const struct explore_result *r)
{
    return r->n_rule[MONITOR_STALE] + r->n_rule[MONITOR_TORN];
}

/* Moves from the first page fault on. */
static uint32_t n_from_fault(const struct explore_result *r)
{
    for (uint32_t i = 0; i < r->n_schedule; i++)
        if (r->schedule[i].faults)
            return r->n_schedule - i;
    return 0;
}

static void print_verdict(FILE *f, const struct explore_report *report)
{
    const struct explore_result *r = report->result;
    fprintf(f, "%s: %s, %s", explore_verdict_text(r->verdict),
            report->config->protocol.name, report->guest);
    if (r->verdict == EXPLORE_VIOLATED)
        fprintf(f,
                ": %s in %" PRIu32 " moves, %" PRIu32
                " of them from the fault on, and none shorter",
                r->rule, r->n_schedule, n_from_fault(r));
    if (r->verdict == EXPLORE_INCOMPLETE)
        fprintf(f, ": %s; this is no proof", r->why);
    fputc('\n', f);
}

static void print_pages(FILE *f, const struct explore_report *report)
{
    const struct machine_freedom *freedom = &report->options->freedom;
    for (uint32_t i = 0; i < freedom->n_pages; i++) {
        char name[128] = "";
        report->names.name(report->names.context, 0, freedom->pages[i].v, name,
                           sizeof name);
        fprintf(f, "%s %s", i ? "," : " of", name);
    }
}

static void print_bounds(FILE *f, const struct explore_report *report)
{
    const struct machine_freedom *freedom = &report->options->freedom;
    fprintf(f,
            "for         %" PRIu32 " hardware threads (%s), %" PRIu32
            " guest threads between their marks\n",
            topology_n_cpus(&report->config->topology), report->config->machine.name,
            report->n_threads);
    fprintf(f, "spontaneous fills %s, evictions %s", freedom->fills ? "on" : "off",
            freedom->evictions ? "on" : "off");
    if (freedom->fills || freedom->evictions)
        print_pages(f, report);
    fprintf(f, "; NMIs %s\nhardware    re-walk on a permission miss %s\n",
            freedom->nmis ? "on" : "off",
            report->config->mmu.rewalk_on_permission_miss ? "on" : "off");
    fprintf(f, "kernel      shootdown %s: acknowledged %s invalidating\n",
            report->shootdown, report->early_ack ? "before" : "after");
    fprintf(f, "a move is   %s\n",
            freedom->every_step
                ? "a guest operation, or one kernel step"
                : "a guest operation, or a kernel step and those that commute");
}

/* How far a search that stopped may have been from its end. */
static void print_forecast(FILE *f, const struct explore_result *r)
{
    double per_state = r->states ? (double)r->memory_bytes / r->states : 0;
    if (r->verdict != EXPLORE_INCOMPLETE || r->queued == 0)
        return;
    if (r->estimate)
        fprintf(f,
                "estimate    %" PRIu64
                " states in %.0f MiB: the number of states a move "
                "away falls, to %.2f of that before; if it goes on so\n",
                r->estimate, (double)r->estimate * per_state / 1048576.0, r->growth);
    else
        fprintf(f,
                "estimate    none: the number of states a move away still grows (%.2f "
                "times); more than %" PRIu32 " states\n",
                r->growth, r->states);
    fputs(
        "            raise --max-states or --memory, leave out --fills, --evictions or "
        "--nmis,\n            name fewer --page, or shorten the guest\n",
        f);
}

static void print_numbers(FILE *f, const struct explore_report *report)
{
    const struct explore_result *r = report->result;
    fprintf(f,
            "states      %" PRIu32 " visited, %" PRIu32 " left on the queue, depth "
            "%" PRIu32 "\n",
            r->states, r->queued, r->depth);
    fprintf(f,
            "transitions %" PRIu64 ", %" PRIu64 " matched (to a state known before)\n",
            r->transitions, r->matched);
    fprintf(f, "memory      %.1f MiB, %.0f bytes a state of %zu\n",
            (double)r->memory_bytes / 1048576.0,
            r->states ? (double)r->memory_bytes / r->states : 0.0, r->state_bytes);
    fprintf(f,
            "ends        %" PRIu32 " states in which all is done, %" PRIu32
            " in which nothing can go on\n",
            r->n_ends, r->n_stuck);
    print_forecast(f, r);
}

static void print_protocol_list(FILE *f, const char *title, const uint8_t *list,
                                unsigned n, const uint64_t *reached)
{
    for (unsigned i = 0; i < n; i++)
        fprintf(f, "  %10" PRIu64 "  %s: %s\n", reached[list[i]], title,
                protocol_step_text((enum protocol_step)list[i]));
}

/* Nothing that was never reached has been proved. */
static void print_reached(FILE *f, const struct explore_report *report)
{
    const struct explore_result *r = report->result;
    const struct protocol *p = &report->config->protocol;
    fputs("reached\n", f);
    print_protocol_list(f, "copy", p->copy, p->n_copy, r->n_steps[1]);
    print_protocol_list(f, "upgrade", p->upgrade, p->n_upgrade, r->n_steps[0]);
    for (unsigned i = 0; i < N_KINDS; i++)
        fprintf(f, "  %10" PRIu64 "  %s\n", r->by_kind[i], kinds[i]);
    for (unsigned i = MONITOR_STALE; i < MONITOR_FULL; i++)
        fprintf(f, "  %10" PRIu64 "  times %s had to be decided\n", r->n_rule[i],
                monitor_alarm_text((enum monitor_alarm)i));
    fprintf(f, "  %10" PRIu32 "  alarms that were data races of the guest\n",
            r->false_alarms);
    if (n_decided(r) == 0)
        fputs("Nothing was ever read under a lock: this says nothing.\n", f);
}

static void print_schedule(FILE *f, const struct explore_result *r)
{
    fputs("\nThe moves, one after the other:\n", f);
    for (uint32_t i = 0; i < r->n_schedule; i++) {
        const struct explore_step *step = &r->schedule[i];
        fprintf(f, "  %3" PRIu32 "  cpu %u  ", i + 1, step->move.cpu);
        if (step->tid == NO_THREAD)
            fputs("          ", f);
        else
            fprintf(f, "thread %-3" PRIu32, step->tid);
        fprintf(f, "  %s\n", step->words.text);
    }
}

void explore_report_text(FILE *f, const struct explore_report *report)
{
    print_verdict(f, report);
    print_bounds(f, report);
    print_numbers(f, report);
    print_reached(f, report);
    if (report->picture)
        fprintf(f, "\n%s", report->picture);
    if (report->result->n_schedule)
        print_schedule(f, report->result);
}

/* ---- JSON -------------------------------------------------------------------------
 */

static void write_bounds(struct report_json *j, const struct explore_report *report)
{
    const struct explore_options *o = report->options;
    report_json_object(j, "bounds");
    report_json_u64(j, "cpus", topology_n_cpus(&report->config->topology));
    report_json_u64(j, "threads", report->n_threads);
    report_json_bool(j, "fills", o->freedom.fills);
    report_json_bool(j, "evictions", o->freedom.evictions);
    report_json_bool(j, "nmis", o->freedom.nmis);
    report_json_string(j, "shootdown", report->shootdown);
    report_json_bool(j, "early_acknowledgement", report->early_ack);
    report_json_bool(j, "rewalk_on_permission_miss",
                     report->config->mmu.rewalk_on_permission_miss);
    report_json_bool(j, "reduced", !o->freedom.every_step);
    report_json_list(j, "pages");
    for (uint32_t i = 0; i < o->freedom.n_pages; i++)
        report_json_hex(j, NULL, o->freedom.pages[i].v);
    report_json_close(j);
    if (o->max_states)
        report_json_u64(j, "max_states", o->max_states);
    report_json_u64(j, "max_bytes", o->max_bytes);
    report_json_close(j);
}

static void write_numbers(struct report_json *j, const struct explore_result *r)
{
    report_json_u64(j, "states", r->states);
    report_json_u64(j, "transitions", r->transitions);
    report_json_u64(j, "matched", r->matched);
    report_json_u64(j, "queued", r->queued);
    report_json_u64(j, "depth", r->depth);
    report_json_u64(j, "state_bytes", r->state_bytes);
    report_json_u64(j, "memory_bytes", r->memory_bytes);
    if (r->n_schedule)
        report_json_u64(j, "moves_from_fault", n_from_fault(r));
    report_json_u64(j, "ends", r->n_ends);
    report_json_u64(j, "stuck", r->n_stuck);
    report_json_u64(j, "decided", n_decided(r));
    report_json_u64(j, "false_alarms", r->false_alarms);
    if (r->verdict == EXPLORE_INCOMPLETE && r->growth > 0)
        report_json_double(j, "layer_growth", r->growth);
    if (r->estimate)
        report_json_u64(j, "estimated_states", r->estimate);
}

static void write_schedule(struct report_json *j, const struct explore_result *r)
{
    report_json_list(j, "schedule");
    for (uint32_t i = 0; i < r->n_schedule; i++) {
        const struct explore_step *step = &r->schedule[i];
        report_json_object(j, NULL);
        report_json_u64(j, "core", step->move.cpu);
        if (step->tid != NO_THREAD)
            report_json_u64(j, "thread", step->tid);
        report_json_string(j, "step", step->words.text);
        report_json_close(j);
    }
    report_json_close(j);
}

void explore_report_json(FILE *file, const struct explore_report *report)
{
    const struct explore_result *r = report->result;
    struct report_json j = report_json_begin(file, false);
    report_json_object(&j, NULL);
    report_json_u64(&j, "schema", 1);
    report_json_string(&j, "verdict", explore_verdict_text(r->verdict));
    if (r->verdict == EXPLORE_VIOLATED)
        report_json_string(&j, "rule", r->rule);
    if (r->verdict == EXPLORE_INCOMPLETE)
        report_json_string(&j, "why", r->why);
    report_json_string(&j, "protocol", report->config->protocol.name);
    report_json_string(&j, "machine", report->config->machine.name);
    write_bounds(&j, report);
    write_numbers(&j, r);
    write_schedule(&j, r);
    report_json_double(&j, "host_seconds", report->seconds);
    report_json_close(&j);
    fputc('\n', file);
}
