/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * markdown.c - a violation as a section of violations.md.
 *
 * Symbols and names of protocols come from outside, so everything that
 * Markdown could take for markup is escaped.
 */
#include "witness/witness.h"

#include "report/report.h"

#include <inttypes.h>
#include <string.h>

static void put_escaped(FILE *file, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", file);
        else if (*text == '&')
            fputs("&amp;", file);
        else if (strchr("\\`*_{}[]>#|~!", *text))
            fprintf(file, "\\%c", *text);
        else
            fputc((unsigned char)*text < 0x20 ? ' ' : *text, file);
    }
}

static void put_fact(FILE *file, const char *what, const char *text)
{
    fprintf(file, "| %s | ", what);
    put_escaped(file, text);
    fputs(" |\n", file);
}

static void put_frames(FILE *file, const struct check_violation *v)
{
    char text[96] = "nothing";
    if (v->kind == OBS_LOCK || v->frame == NO_FRAME)
        return;
    if (v->current_frame != NO_FRAME)
        snprintf(text, sizeof text, "frame %" PRIu32, v->current_frame);
    fprintf(file, "| reached | frame %" PRIu32 " |\n", v->frame);
    put_fact(file, "the table maps", text);
    fprintf(file, "| age of the TLB entry | %" PRIu64 " cycles |\n", v->tlb_age);
}

static void put_missed(FILE *file, const struct check_violation *v)
{
    if (!v->has_missed)
        return;
    fprintf(file, "| missed store | operation %" PRIu64 " of thread %" PRIu32,
            ver_op(v->missed_version), v->missed_tid);
    if (v->missed_cpu != NO_CPU)
        fprintf(file, " on CPU %u", v->missed_cpu);
    fprintf(file, ", cycle %" PRIu64 " |\n", v->missed_cycle);
}

static void put_change(FILE *file, const struct check_violation *v)
{
    if (v->fault)
        fprintf(file,
                "| entry changed by | fault %" PRIu64 " on CPU %u, cycle %" PRIu64
                " |\n",
                v->fault, v->fault_cpu, v->change_cycle);
    else if (v->change_cycle)
        fprintf(file, "| entry changed | on CPU %u, cycle %" PRIu64 " |\n",
                v->fault_cpu, v->change_cycle);
    if (v->shootdown)
        fprintf(file,
                "| shootdown | %" PRIu64 ": %" PRIu32 " of %" PRIu32
                " acknowledgements%s |\n",
                v->shootdown, v->acks, v->targets, v->shootdown_ended ? ", ended" : "");
}

static void put_facts(FILE *file, const struct witness *w)
{
    const struct check_violation *v = &w->v;
    fputs("| fact | value |\n| --- | --- |\n", file);
    put_fact(file, "protocol", w->protocol);
    fprintf(file, "| trial | %" PRIu64 " |\n", w->trial);
    fprintf(file,
            "| access | %s by thread %" PRIu32 " on CPU %u, cycle %" PRIu64 " |\n",
            obs_name((enum obs_kind)v->kind), v->tid, v->cpu, v->cycle);
    put_fact(file, "address", w->symbol);
    if (v->has_lock)
        put_fact(file, v->under_lock ? "under lock" : "lock", w->lock_symbol);
    put_frames(file, v);
    put_missed(file, v);
    put_change(file, v);
    if (v->other_tid != NO_THREAD)
        fprintf(file, "| owner of the lock | thread %" PRIu32 " on CPU %u |\n",
                v->other_tid, v->other_cpu);
}

enum status witness_markdown(FILE *file, const struct witness *w, uint32_t number,
                             bool ascii, struct err *err)
{
    struct check_names names = witness_names(w);
    struct report_context context = {.style = {.ascii = ascii}, .names = &names};
    fprintf(file,
            "<a id=\"violation-%" PRIu32 "\"></a>\n\n## %" PRIu32 ". %s: ", number,
            number, check_rule_name(w->v.rule));
    put_escaped(file, check_rule_sentence(w->v.rule));
    fputs("\n\n", file);
    put_escaped(file, w->sentence);
    fputs("\n\n", file);
    put_facts(file, w);
    fputs("\n```text\n", file);
    enum status status = report_timeline(file, &w->v, &context, err);
    fputs("```\n\n", file);
    return status ? status : report_flush(file, "violations.md", err);
}
