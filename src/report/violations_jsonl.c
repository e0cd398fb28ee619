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

static void put_witness(struct json *json, const struct check_violation *v)
{
    json_bool(json, "witness_cut", v->witness_cut);
    json_list(json, "witness");
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        json_object(json, NULL);
        json_u64(json, "cycle", r->cycle);
        json_string(json, "kind", obs_name((enum obs_kind)r->kind));
        if (r->cpu != NO_CPU)
            json_u64(json, "cpu", r->cpu);
        if (r->tid != NO_THREAD)
            json_u64(json, "thread", r->tid);
        if (r->space != NO_SPACE)
            json_u64(json, "space", r->space);
        json_hex(json, "va", r->va);
        json_hex(json, "a", r->a);
        json_hex(json, "b", r->b);
        json_u64(json, "c", r->c);
        json_u64(json, "d", r->d);
        json_u64(json, "id", r->id);
        json_u64(json, "flags", r->flags);
        json_close(json);
    }
    json_close(json);
}

static void put_frame(struct json *json, const char *key, uint32_t frame)
{
    if (frame != NO_FRAME)
        json_u64(json, key, frame);
}

static void put_missed(struct json *json, const struct check_violation *v)
{
    if (!v->has_missed)
        return;
    json_object(json, "missed");
    json_hex(json, "version", v->missed_version.bits);
    json_u64(json, "thread", v->missed_tid);
    json_u64(json, "cpu", v->missed_cpu);
    json_u64(json, "cycle", v->missed_cycle);
    put_frame(json, "frame", v->missed_frame);
    json_close(json);
}

static void put_cause(struct json *json, const struct check_violation *v)
{
    if (v->fault) {
        json_object(json, "fault");
        json_u64(json, "number", v->fault);
        json_u64(json, "cpu", v->fault_cpu);
        json_u64(json, "changed_cycle", v->change_cycle);
        put_frame(json, "old_frame", v->old_frame);
        json_close(json);
    }
    if (v->shootdown) {
        json_object(json, "shootdown");
        json_u64(json, "number", v->shootdown);
        json_u64(json, "acks", v->acks);
        json_u64(json, "targets", v->targets);
        json_bool(json, "ended", v->shootdown_ended);
        json_close(json);
    }
    if (v->other_tid != NO_THREAD) {
        json_object(json, "other_owner");
        json_u64(json, "thread", v->other_tid);
        json_u64(json, "cpu", v->other_cpu);
        json_close(json);
    }
}

static void put_access(struct json *json, const struct check_violation *v,
                       const struct check_names *names)
{
    char text[REPORT_NAME_BYTES];
    json_u64(json, "cycle", v->cycle);
    json_u64(json, "cpu", v->cpu);
    json_u64(json, "thread", v->tid);
    json_u64(json, "space", v->space);
    json_string(json, "access", obs_name((enum obs_kind)v->kind));
    json_hex(json, "va", v->va);
    json_string(json, "symbol", report_name(names, v->space, v->va, text));
    json_u64(json, "bytes", v->bytes);
    put_frame(json, "frame", v->frame);
    put_frame(json, "current_frame", v->current_frame);
    json_u64(json, "tlb_age_cycles", v->tlb_age);
    json_hex(json, "version", v->version.bits);
    if (v->has_earlier)
        json_hex(json, "earlier_version", v->earlier_version.bits);
    if (v->has_lock) {
        json_hex(json, "lock", v->lock_va);
        json_string(json, "lock_symbol",
                    report_name(names, v->space, v->lock_va, text));
    }
}

static void put_violation(struct json *json, const struct run_result *result,
                          uint64_t trial, const struct check_violation *v,
                          const struct check_names *names)
{
    char sentence[1024];
    check_sentence(v, names, sentence, sizeof sentence);
    json_object(json, NULL);
    json_string(json, "rule", check_rule_name(v->rule));
    json_bool(json, "under_lock", v->under_lock);
    json_string(json, "protocol", result->protocol);
    json_u64(json, "trial", trial);
    json_string(json, "sentence", sentence);
    put_access(json, v, names);
    put_missed(json, v);
    put_cause(json, v);
    put_witness(json, v);
    json_close(json);
}

enum status report_violations_jsonl(FILE *file, const struct run_result *result,
                                    uint64_t trial, const struct check_result *check,
                                    const struct report_context *context,
                                    struct err *err)
{
    for (uint32_t i = 0; i < check->n_violations; i++) {
        struct json json = json_begin(file, true);
        put_violation(&json, result, trial, &check->violations[i],
                      context ? context->names : NULL);
    }
    return report_flush(file, "violations.jsonl", err);
}
