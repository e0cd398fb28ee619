/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * result_json.c - result.json: names that other programs rely on.
 *
 * The names and their meaning are fixed in docs (MODEL section 7).  New keys
 * may be added at the end of an object; none may change its meaning.
 */
#include "report/json.h"
#include "report/report.h"

enum status report_flush(FILE *file, const char *what, struct err *err)
{
    if (fflush(file) == 0 && !ferror(file))
        return STATUS_OK;
    return err_set(err, STATUS_STORE, "%s cannot be written (is the disk full?)", what);
}

static void put_violations(struct report_json *json, const struct run_result *result)
{
    report_json_object(json, "violations");
    report_json_u64(json, "total", check_counts_total(&result->check));
    report_json_u64(json, "under_lock", check_counts_under_lock(&result->check));
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        report_json_u64(json, check_rule_name((enum check_rule_id)i),
                        result->check.total[i]);
    report_json_close(json);
    report_json_object(json, "stale_reads");
    report_json_u64(json, "harmless", result->check.harmless);
    report_json_u64(json, "unordered", result->check.unordered);
    report_json_close(json);
    report_json_object(json, "races");
    report_json_u64(json, "total", result->check.races);
    report_json_close(json);
}

static void put_faults(struct report_json *json, const struct run_result *result)
{
    const struct tally_numbers *n = &result->tally;
    report_json_object(json, "faults");
    report_json_u64(json, "total", n->faults);
    report_json_u64(json, "cow_copy", n->by_outcome[OBS_FAULT_COW_COPY]);
    report_json_u64(json, "upgrade", n->by_outcome[OBS_FAULT_UPGRADE]);
    report_json_u64(json, "spurious", n->by_outcome[OBS_FAULT_SPURIOUS]);
    report_json_u64(json, "soft", n->by_outcome[OBS_FAULT_SOFT]);
    report_json_u64(json, "not_present", n->by_outcome[OBS_FAULT_NOT_PRESENT]);
    report_json_u64(json, "sleeps_on_busy", n->sleeps_on_busy);
    report_json_u64(json, "cow_rename", n->by_outcome[OBS_FAULT_COW_RENAME]);
    report_json_u64(json, "retry", n->by_outcome[OBS_FAULT_RETRY]);
    report_json_u64(json, "segv", n->by_outcome[OBS_FAULT_SEGV]);
    report_json_double(json, "per_cow_page", run_result_faults_per_page(result));
    report_json_close(json);
}

/* Asking for a percentile sorts the values; it does not change the result. */
static uint64_t percentile(const struct check_hist *hist, double percent)
{
    struct check_hist *own = (struct check_hist *)(uintptr_t)hist;
    return check_hist_percentile(own, percent);
}

static void put_shootdowns(struct report_json *json, const struct run_result *result)
{
    const struct tally_numbers *n = &result->tally;
    report_json_object(json, "shootdowns");
    report_json_u64(json, "count", n->shootdowns);
    report_json_u64(json, "ipis", n->ipis);
    report_json_u64(json, "skipped_clean", n->skipped_clean);
    report_json_object(json, "latency_cycles");
    report_json_u64(json, "p50", percentile(&result->latency, 50));
    report_json_u64(json, "p90", percentile(&result->latency, 90));
    report_json_u64(json, "p99", percentile(&result->latency, 99));
    report_json_u64(json, "max", result->latency.max);
    report_json_bool(json, "exact", check_hist_exact(&result->latency));
    report_json_close(json);
    report_json_u64(json, "skipped_alone", n->skipped_alone);
    report_json_close(json);
    report_json_object(json, "exposure_cycles");
    report_json_u64(json, "count", result->exposure.count);
    report_json_u64(json, "p50", percentile(&result->exposure, 50));
    report_json_u64(json, "p99", percentile(&result->exposure, 99));
    report_json_u64(json, "max", result->exposure.max);
    report_json_u64(json, "open_at_end", n->exposures_open);
    report_json_bool(json, "exact", check_hist_exact(&result->exposure));
    report_json_close(json);
}

static void put_hits(struct report_json *json, const char *key,
                     const struct run_hits *hits)
{
    report_json_object(json, key);
    report_json_u64(json, "hits", hits->hits);
    report_json_u64(json, "misses", hits->misses);
    report_json_close(json);
}

static void put_tlb(struct report_json *json, const struct run_result *result)
{
    report_json_object(json, "tlb");
    put_hits(json, "l1d", &result->l1d);
    put_hits(json, "l1i", &result->l1i);
    put_hits(json, "l2d", &result->l2d);
    put_hits(json, "l2i", &result->l2i);
    report_json_close(json);
    report_json_object(json, "walks");
    report_json_u64(json, "count", result->walks);
    report_json_u64(json, "cycles", result->walk_cycles);
    report_json_close(json);
}

/* Keys that are there only when there is something to tell. */
static void put_segvs(struct report_json *json, const struct run_result *result)
{
    if (result->tally.segvs == 0)
        return;
    report_json_object(json, "segvs");
    report_json_u64(json, "total", result->tally.segvs);
    report_json_list(json, "first");
    for (uint32_t i = 0; i < result->n_segvs; i++) {
        const struct run_segv *v = &result->segvs[i];
        report_json_object(json, NULL);
        report_json_u64(json, "trial", v->trial);
        report_json_u64(json, "thread", v->thread);
        report_json_string(json, "thread_name", v->thread_name);
        report_json_u64(json, "cpu", v->cpu);
        report_json_u64(json, "operation", v->op);
        report_json_string(json, "operation_name", v->operation);
        report_json_hex(json, "va", v->va);
        report_json_string(json, "symbol", v->address);
        if (v->pc) {
            report_json_hex(json, "pc", v->pc);
            report_json_string(json, "pc_symbol", v->pc_symbol);
        }
        report_json_string(json, "why", v->why);
        report_json_u64(json, "cycle", v->cycle);
        report_json_close(json);
    }
    report_json_close(json);
    report_json_close(json);
}

static void put_expects(struct report_json *json, const struct run_result *result)
{
    uint64_t any = 0;
    for (unsigned i = 0; i < CHECK_N_RULES; i++)
        any |= result->expects[i].trials;
    if (!any)
        return;
    report_json_object(json, "expects");
    for (unsigned i = 0; i < CHECK_N_RULES; i++) {
        const struct run_expect *e = &result->expects[i];
        if (!e->trials)
            continue;
        report_json_object(json, check_rule_name((enum check_rule_id)i));
        report_json_u64(json, "trials", e->trials);
        report_json_u64(json, "missed", e->missed);
        report_json_u64(json, "expected", e->expected);
        report_json_u64(json, "observed", e->observed);
        report_json_close(json);
    }
    report_json_close(json);
}

static void put_result(struct report_json *json, const struct run_result *result)
{
    double low, high;
    run_result_interval(result, &low, &high);
    report_json_object(json, NULL);
    report_json_string(json, "schema", RESULT_SCHEMA);
    report_json_string(json, "machine", result->machine);
    report_json_string(json, "protocol", result->protocol);
    report_json_string(json, "shootdown", result->shootdown);
    report_json_string(json, "engine", result->engine);
    if (result->guest[0])
        report_json_string(json, "guest", result->guest);
    if (result->end[0])
        report_json_string(json, "end", result->end);
    report_json_u64(json, "seed", result->seed);
    report_json_u64(json, "trials", result->trials);
    report_json_u64(json, "cores", result->cores);
    report_json_u64(json, "trials_violated", result->trials_violated);
    report_json_double(json, "rate", run_result_rate(result));
    report_json_list(json, "rate_ci95");
    report_json_double(json, NULL, low);
    report_json_double(json, NULL, high);
    report_json_close(json);
    put_violations(json, result);
    put_faults(json, result);
    put_shootdowns(json, result);
    put_tlb(json, result);
    put_segvs(json, result);
    put_expects(json, result);
    report_json_u64(json, "ops", result->ops);
    report_json_u64(json, "cycles", result->cycles);
    report_json_double(json, "host_seconds", result->host_seconds);
    report_json_close(json);
}

enum status report_result_json(FILE *file, const struct run_result *result,
                               struct err *err)
{
    struct report_json json = report_json_begin(file, false);
    put_result(&json, result);
    return report_flush(file, "result.json", err);
}

enum status report_results_json(FILE *file, const struct run_result *const *results,
                                uint32_t n, struct err *err)
{
    struct report_json json = report_json_begin(file, false);
    report_json_list(&json, NULL);
    for (uint32_t i = 0; i < n; i++)
        put_result(&json, results[i]);
    report_json_close(&json);
    return report_flush(file, "the list of results", err);
}
