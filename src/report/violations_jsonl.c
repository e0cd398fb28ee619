/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * violations_jsonl.c - one JSON object per violation, with its witness.
 *
 * Addresses and versions are strings: they may need all 64 bits.  A witness is
 * a list of records with the field names of sim/obs.h.
 */
#include "report/json.h"
#include "report/report.h"
#include "report/words.h"

static void put_witness(struct report_json *json, const struct check_violation *v)
{
    report_json_bool(json, "witness_cut", v->witness_cut);
    report_json_list(json, "witness");
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        report_json_object(json, NULL);
        report_json_u64(json, "cycle", r->cycle);
        report_json_string(json, "kind", obs_name((enum obs_kind)r->kind));
        if (r->cpu != NO_CPU)
            report_json_u64(json, "cpu", r->cpu);
        if (r->tid != NO_THREAD)
            report_json_u64(json, "thread", r->tid);
        if (r->space != NO_SPACE)
            report_json_u64(json, "space", r->space);
        report_json_hex(json, "va", r->va);
        report_json_hex(json, "a", r->a);
        report_json_hex(json, "b", r->b);
        report_json_u64(json, "c", r->c);
        report_json_u64(json, "d", r->d);
        report_json_u64(json, "id", r->id);
        report_json_u64(json, "flags", r->flags);
        report_json_close(json);
    }
    report_json_close(json);
}

static void put_frame(struct report_json *json, const char *key, uint32_t frame)
{
    if (frame != NO_FRAME)
        report_json_u64(json, key, frame);
}

static void put_missed(struct report_json *json, const struct check_violation *v)
{
    if (!v->has_missed)
        return;
    report_json_object(json, "missed");
    report_json_hex(json, "version", v->missed_version.bits);
    report_json_u64(json, "thread", v->missed_tid);
    report_json_u64(json, "cpu", v->missed_cpu);
    report_json_u64(json, "cycle", v->missed_cycle);
    put_frame(json, "frame", v->missed_frame);
    report_json_close(json);
}

static void put_cause(struct report_json *json, const struct check_violation *v)
{
    if (v->fault) {
        report_json_object(json, "fault");
        report_json_u64(json, "number", v->fault);
        report_json_u64(json, "cpu", v->fault_cpu);
        report_json_u64(json, "changed_cycle", v->change_cycle);
        put_frame(json, "old_frame", v->old_frame);
        report_json_close(json);
    } else if (v->change_cycle) { /* By munmap or the like. */
        report_json_object(json, "change");
        report_json_u64(json, "cpu", v->fault_cpu);
        report_json_u64(json, "changed_cycle", v->change_cycle);
        put_frame(json, "old_frame", v->old_frame);
        report_json_close(json);
    }
    if (v->shootdown) {
        report_json_object(json, "shootdown");
        report_json_u64(json, "number", v->shootdown);
        report_json_u64(json, "acks", v->acks);
        report_json_u64(json, "targets", v->targets);
        report_json_bool(json, "ended", v->shootdown_ended);
        report_json_close(json);
    }
    if (v->other_tid != NO_THREAD) {
        report_json_object(json, "other_owner");
        report_json_u64(json, "thread", v->other_tid);
        report_json_u64(json, "cpu", v->other_cpu);
        report_json_close(json);
    }
}

static void put_access(struct report_json *json, const struct check_violation *v,
                       const struct check_names *names)
{
    char text[REPORT_NAME_BYTES];
    report_json_u64(json, "cycle", v->cycle);
    report_json_u64(json, "cpu", v->cpu);
    report_json_u64(json, "thread", v->tid);
    report_json_u64(json, "space", v->space);
    report_json_string(json, "access", obs_name((enum obs_kind)v->kind));
    report_json_hex(json, "va", v->va);
    report_json_string(json, "symbol", report_name(names, v->space, v->va, text));
    report_json_u64(json, "bytes", v->bytes);
    put_frame(json, "frame", v->frame);
    put_frame(json, "current_frame", v->current_frame);
    report_json_u64(json, "tlb_age_cycles", v->tlb_age);
    report_json_hex(json, "version", v->version.bits);
    if (v->has_earlier)
        report_json_hex(json, "earlier_version", v->earlier_version.bits);
    if (v->has_lock) {
        report_json_hex(json, "lock", v->lock_va);
        report_json_string(json, "lock_symbol",
                           report_name(names, v->space, v->lock_va, text));
    }
}

static void put_violation(struct report_json *json, const struct run_result *result,
                          uint64_t trial, const struct check_violation *v,
                          const struct check_names *names)
{
    char sentence[1024];
    check_sentence(v, names, sentence, sizeof sentence);
    report_json_object(json, NULL);
    report_json_string(json, "rule", check_rule_name(v->rule));
    report_json_bool(json, "under_lock", v->under_lock);
    report_json_string(json, "protocol", result->protocol);
    report_json_u64(json, "trial", trial);
    report_json_string(json, "sentence", sentence);
    put_access(json, v, names);
    put_missed(json, v);
    put_cause(json, v);
    put_witness(json, v);
    report_json_close(json);
}

enum status report_violations_jsonl(FILE *file, const struct run_result *result,
                                    uint64_t trial, const struct check_result *check,
                                    const struct report_context *context,
                                    struct err *err)
{
    for (uint32_t i = 0; i < check->n_violations; i++) {
        struct report_json json = report_json_begin(file, true);
        put_violation(&json, result, trial, &check->violations[i],
                      context ? context->names : NULL);
    }
    return report_flush(file, "violations.jsonl", err);
}
