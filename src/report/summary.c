/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * summary.c - what happened, for a person.
 *
 * The verdict first, then the numbers it stands on, then one violation: the
 * sentence, then the drawing.  The violation shown is the one that teaches
 * most: one under lock before one that is not, a torn read before others.
 */
#include "report/stats.h"
#include "report/words.h"

#include <inttypes.h>
#include <string.h>

#define LABEL_COLUMNS 14

struct page {
    FILE *file;
    const struct run_result *result;
    const struct check_result *check;
    const struct report_context *context;
};

static const char *color(const struct page *p, enum report_color which)
{
    return report_color(&p->context->style, which);
}

static void label(const struct page *p, const char *text)
{
    fprintf(p->file, "  %s%-*s%s ", color(p, REPORT_DIM), LABEL_COLUMNS, text,
            color(p, REPORT_PLAIN));
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void put_trials(const struct page *p)
{
    const struct run_result *r = p->result;
    double low, high;
    char n[32], rate[32], from[32], to[32];
    run_result_interval(r, &low, &high);
    label(p, "trials");
    fprintf(p->file, "%s, %s%" PRIu64 " violated%s", report_number(r->trials, n),
            color(p, r->trials_violated ? REPORT_RED : REPORT_GREEN),
            r->trials_violated, color(p, REPORT_PLAIN));
    if (r->trials_violated)
        fprintf(p->file, ": %s (95 %% interval %s to %s)\n",
                report_percent(run_result_rate(r), rate), report_percent(low, from),
                report_percent(high, to));
    else
        fprintf(p->file, ": the rate is below %s with 95 %% confidence\n",
                report_percent(stats_zero_bound(r->trials, 0.95), to));
}

static void put_verdict(const struct page *p)
{
    const struct check_counts *c = &p->result->check;
    uint64_t total = check_counts_total(c), locked = check_counts_under_lock(c);
    char n[32], m[32];
    fputc('\n', p->file);
    if (total == 0) {
        fprintf(p->file, "  %s%sNo violation.%s\n", color(p, REPORT_BOLD),
                color(p, REPORT_GREEN), color(p, REPORT_PLAIN));
        return;
    }
    fprintf(p->file, "  %s%s%s violation%s, %s under lock:%s", color(p, REPORT_BOLD),
            color(p, REPORT_RED), report_number(total, n), plural(total),
            report_number(locked, m), color(p, REPORT_PLAIN));
    const char *comma = " ";
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        if (c->total[i])
            fprintf(p->file, "%s%s %s", comma, check_rule_name((enum check_rule_id)i),
                    report_number(c->total[i], n));
        comma = c->total[i] ? ", " : comma;
    }
    fputc('\n', p->file);
}

static void put_setup(const struct page *p)
{
    const struct run_result *r = p->result;
    fprintf(p->file,
            "%s%s%s  protocol %s%s%s, shootdown %s, %" PRIu32
            " hardware threads, seed %" PRIu64 ", engine %s\n",
            color(p, REPORT_BOLD), r->machine, color(p, REPORT_PLAIN),
            color(p, REPORT_BOLD), r->protocol, color(p, REPORT_PLAIN), r->shootdown,
            r->cores, r->seed, r->engine);
}

static void put_time(const struct page *p)
{
    const struct run_result *r = p->result;
    char ops[32], cycles[32];
    uint64_t trials = r->trials ? r->trials : 1;
    if (r->guest[0]) {
        label(p, "guest");
        fprintf(p->file, "%s\n", r->guest);
    }
    label(p, "simulated");
    fprintf(p->file, "%s operations in %s cycles", report_number(r->ops / trials, ops),
            report_number(r->cycles / trials, cycles));
    if (r->core_mhz > 0)
        fprintf(p->file, " (%.1f us)",
                (double)r->cycles / (double)trials / r->core_mhz);
    fprintf(p->file, "%s", r->trials > 1 ? " per trial" : "");
    if (r->end[0])
        fprintf(p->file, ", ended: %s", r->end);
    fputc('\n', p->file);
}

static void put_faults(const struct page *p)
{
    const struct tally_numbers *n = &p->result->tally;
    char number[32];
    label(p, "faults");
    fprintf(p->file, "%s", report_number(n->faults, number));
    static const struct {
        enum obs_fault_outcome outcome;
        const char *text;
    } kinds[] = {
        {OBS_FAULT_COW_COPY, "copied"},    {OBS_FAULT_COW_RENAME, "renamed"},
        {OBS_FAULT_UPGRADE, "upgraded"},   {OBS_FAULT_SPURIOUS, "spurious"},
        {OBS_FAULT_SOFT, "soft"},          {OBS_FAULT_NOT_PRESENT, "first touch"},
        {OBS_FAULT_RETRY, "started over"}, {OBS_FAULT_SEGV, "SIGSEGV"},
    };
    const char *lead = ": ";
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        uint64_t count = n->by_outcome[kinds[i].outcome];
        if (count)
            fprintf(p->file, "%s%s %s", lead, report_number(count, number),
                    kinds[i].text);
        lead = count ? ", " : lead;
    }
    if (n->sleeps_on_busy)
        fprintf(p->file, "; slept %s time%s on a busy page",
                report_number(n->sleeps_on_busy, number), plural(n->sleeps_on_busy));
    fputc('\n', p->file);
    if (n->cow_pages) {
        label(p, "copied pages");
        fprintf(p->file, "%s, %.2f faults each\n", report_number(n->cow_pages, number),
                run_result_faults_per_page(p->result));
    }
}

/* Cycles, and nanoseconds if the clock is known. */
static void put_cycles(const struct page *p, const char *name, uint64_t cycles)
{
    char number[32];
    fprintf(p->file, "  %s %s", name, report_number(cycles, number));
    if (p->result->core_mhz > 0)
        fprintf(p->file, " (%.0f ns)", (double)cycles * 1000 / p->result->core_mhz);
}

static void put_hist(const struct page *p, const char *text, const struct check_hist *h)
{
    /* Asking for a percentile sorts; the result stays the same. */
    struct check_hist *hist = (struct check_hist *)(uintptr_t)h;
    if (hist->count == 0)
        return;
    label(p, text);
    fputs("cycles:", p->file);
    put_cycles(p, "p50", check_hist_percentile(hist, 50));
    put_cycles(p, "p90", check_hist_percentile(hist, 90));
    put_cycles(p, "p99", check_hist_percentile(hist, 99));
    put_cycles(p, "max", hist->max);
    fprintf(p->file, "%s\n", check_hist_exact(hist) ? "" : "  (within 1.6 %)");
}

static void put_shootdowns(const struct page *p)
{
    const struct tally_numbers *n = &p->result->tally;
    char a[32], b[32], c[32], d[32];
    label(p, "shootdowns");
    fprintf(p->file, "%s, %s IPIs; skipped: %s never accessed, %s no other CPU\n",
            report_number(n->shootdowns, a), report_number(n->ipis, b),
            report_number(n->skipped_clean, c), report_number(n->skipped_alone, d));
    put_hist(p, "  latency", &p->result->latency);
    if (p->result->exposure.count) {
        label(p, "exposure");
        fprintf(p->file,
                "%s window%s in which the new page was writable and the old "
                "one still reachable\n",
                report_number(p->result->exposure.count, a),
                plural(p->result->exposure.count));
        put_hist(p, "  length", &p->result->exposure);
    }
    if (n->exposures_open) {
        label(p, "");
        fprintf(p->file, "%s of them were still open at the end of the run\n",
                report_number(n->exposures_open, a));
    }
}

static void put_reads(const struct page *p)
{
    const struct check_counts *c = &p->result->check;
    char a[32], b[32], d[32];
    label(p, "stale reads");
    fprintf(p->file, "%s violations, %s harmless, %s of data that the guest races on\n",
            report_number(c->total[CHECK_STALE] + c->total[CHECK_TORN], a),
            report_number(c->harmless, b), report_number(c->unordered, d));
    if (!c->races)
        return;
    label(p, "guest races");
    fprintf(p->file, "%s (the guest's own; not violations)\n",
            report_number(c->races, a));
}

/* Where the guest accessed what it may not. */
static void put_segvs(const struct page *p)
{
    const struct run_result *r = p->result;
    char n[32];
    for (uint32_t i = 0; i < r->n_segvs; i++) {
        const struct run_segv *v = &r->segvs[i];
        label(p, i ? "" : "SIGSEGV");
        fprintf(p->file,
                "thread %" PRIu32 " \"%s\", operation %" PRIu64 ": %s at %s (%s)",
                v->thread, v->thread_name, v->op, v->operation, v->address, v->why);
        if (v->pc)
            fprintf(p->file, ", pc %s", v->pc_symbol);
        fprintf(p->file, ", CPU %u, cycle %" PRIu64, v->cpu, v->cycle);
        if (r->trials > 1)
            fprintf(p->file, ", trial %" PRIu64, v->trial);
        fputc('\n', p->file);
    }
    if (r->tally.segvs > r->n_segvs) {
        label(p, "");
        fprintf(p->file, "and %s more\n",
                report_number(r->tally.segvs - r->n_segvs, n));
    }
}

/* What the guest said that it expects. */
static void put_expects(const struct page *p)
{
    bool first = true;
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        const struct run_expect *e = &p->result->expects[i];
        if (!e->trials)
            continue;
        label(p, first ? "expected" : "");
        first = false;
        fprintf(p->file, "%s %" PRIu64 " times, observed %" PRIu64 ": %s%s%s",
                check_rule_name((enum check_rule_id)i), e->expected, e->observed,
                color(p, e->missed ? REPORT_RED : REPORT_GREEN),
                e->missed ? "not met" : "met", color(p, REPORT_PLAIN));
        if (e->trials > 1)
            fprintf(p->file, " (in %" PRIu64 " of %" PRIu64 " trials not met)",
                    e->missed, e->trials);
        fputc('\n', p->file);
    }
}

static unsigned rank(const struct check_violation *v)
{
    return (v->n_witness ? 1000u : 0u) + (v->under_lock ? 100u : 0u) +
           (v->rule == CHECK_TORN ? 10u : 0u) + (v->fault ? 5u : 0u);
}

static const struct check_violation *choose(const struct check_result *check)
{
    const struct check_violation *best = NULL;
    for (uint32_t i = 0; i < check->n_violations; i++)
        if (!best || rank(&check->violations[i]) > rank(best))
            best = &check->violations[i];
    return best;
}

/* Breaks 'text' into lines of at most 'width' columns. */
static void put_wrapped(const struct page *p, const char *text, unsigned width)
{
    unsigned used = 2;
    fputs("  ", p->file);
    while (*text) {
        size_t n = strcspn(text, " ");
        if (used > 2 && used + n + 1 > width) {
            fputs("\n  ", p->file);
            used = 2;
        }
        fprintf(p->file, "%s%.*s", used > 2 ? " " : "", (int)n, text);
        used += (unsigned)n + (used > 2);
        text += n + (text[n] == ' ');
    }
    fputc('\n', p->file);
}

static enum status put_violation(const struct page *p, struct err *err)
{
    const struct check_violation *v = choose(p->check);
    if (!v)
        return STATUS_OK;
    char sentence[1024];
    check_sentence(v, p->context->names, sentence, sizeof sentence);
    unsigned width = p->context->style.width ? p->context->style.width : 110;
    fprintf(p->file,
            "\n  %s%s%s%s  cycle %" PRIu64 ", violation %" PRIu32 " of %" PRIu32
            " kept\n",
            color(p, REPORT_BOLD), color(p, REPORT_RED), check_rule_name(v->rule),
            color(p, REPORT_PLAIN), v->cycle, (uint32_t)(v - p->check->violations) + 1,
            p->check->n_violations);
    put_wrapped(p, sentence, width > 100 ? 100 : width);
    fputc('\n', p->file);
    return report_timeline(p->file, v, p->context, err);
}

enum status report_summary(FILE *file, const struct run_result *result,
                           const struct check_result *check,
                           const struct report_context *context, struct err *err)
{
    static const struct report_context nothing = {0};
    struct page page = {file, result, check, context ? context : &nothing};
    put_setup(&page);
    put_verdict(&page);
    put_trials(&page);
    put_time(&page);
    put_faults(&page);
    put_shootdowns(&page);
    put_reads(&page);
    put_segvs(&page);
    put_expects(&page);
    if (check && put_violation(&page, err) != STATUS_OK)
        return STATUS_STORE;
    return report_flush(file, "the summary", err);
}
