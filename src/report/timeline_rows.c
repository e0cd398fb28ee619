/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timeline_rows.c - from the records of a witness to the rows of a picture.
 *
 * Only the CPUs that matter get a column: the one that changed the entry, the
 * one whose store was missed, the one that read.  What the others do (their
 * acknowledgements, their invalidations) is counted, not drawn.
 */
#include "report/timeline.h"

#include "base/pte.h"
#include "config/protocol.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

static uint32_t column_of(const struct timeline *t, uint64_t cpu)
{
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (t->cpu[i] == cpu)
            return i;
    return TIMELINE_NO_ARROW;
}

static void add_column(struct timeline *t, uint16_t cpu)
{
    if (cpu == NO_CPU || column_of(t, cpu) != TIMELINE_NO_ARROW ||
        t->n_columns == TIMELINE_COLUMNS_MAX)
        return;
    uint32_t i = t->n_columns++;
    for (; i > 0 && t->cpu[i - 1] > cpu; i--)
        t->cpu[i] = t->cpu[i - 1];
    t->cpu[i] = cpu;
}

/* The thread that a column shows: the one that the verdict is about, else the
 * first that did something there. */
static void name_columns(struct timeline *t)
{
    const struct check_violation *v = t->violation;
    for (uint32_t i = 0; i < t->n_columns; i++) {
        t->tid[i] = NO_THREAD;
        if (t->cpu[i] == v->cpu)
            t->tid[i] = v->tid;
        else if (v->has_missed && t->cpu[i] == v->missed_cpu)
            t->tid[i] = v->missed_tid;
        else if (t->cpu[i] == v->other_cpu)
            t->tid[i] = v->other_tid;
        for (uint32_t r = 0; r < v->n_witness && t->tid[i] == NO_THREAD; r++)
            if (v->witness[r].cpu == t->cpu[i])
                t->tid[i] = v->witness[r].tid;
    }
}

static struct timeline_row *__attribute__((format(printf, 4, 5)))
row(struct timeline *t, const struct obs *r, enum report_color color,
    const char *format, ...)
{
    struct timeline_row *row = &t->rows[t->n_rows++];
    *row = (struct timeline_row){
        .cycle = r->cycle,
        .column = column_of(t, r->cpu),
        .arrow = TIMELINE_NO_ARROW,
        .color = color,
    };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->text, sizeof row->text, format, arguments);
    va_end(arguments);
    return row;
}

static const char *name_at(const struct timeline *t, const struct obs *r, char *text)
{
    return report_name(t->context->names, r->space, r->va, text);
}

/* "T1#34": what operation 34 of thread 1 stored. */
static const char *version_text(uint64_t bits, char *text)
{
    ver_t version = {bits};
    if (ver_thread(version) == NO_THREAD)
        snprintf(text, 48, "0");
    else
        snprintf(text, 48, "T%" PRIu32 "#%" PRIu64, ver_thread(version),
                 ver_op(version));
    return text;
}

static bool is_verdict(const struct timeline *t, const struct obs *r)
{
    const struct check_violation *v = t->violation;
    return r->kind == v->kind && r->cycle == v->cycle && r->cpu == v->cpu &&
           r->va == v->va && r->tid == v->tid;
}

static void access_rows(struct timeline *t, const struct obs *r)
{
    const struct check_violation *v = t->violation;
    char name[REPORT_NAME_BYTES], version[48], missed[48];
    bool load = r->kind == OBS_LOAD, last = is_verdict(t, r);
    bool key = last || (v->has_missed && r->b == v->missed_version.bits && !load) ||
               (v->has_earlier && load && r->tid == v->tid);
    struct timeline_row *at =
        row(t, r,
            last  ? REPORT_RED
            : key ? REPORT_BOLD
                  : REPORT_PLAIN,
            load ? "LOAD %s = %s @%" PRIu64 : "STORE %s = %s @%" PRIu64,
            name_at(t, r, name), version_text(r->b, version), r->a);
    at->boring = !key;
    if (!last)
        return;
    if (v->rule == CHECK_STALE)
        at = row(t, r, REPORT_RED, "^ STALE: must be %s",
                 version_text(v->missed_version.bits, missed));
    else if (v->rule == CHECK_TORN)
        at = row(t, r, REPORT_RED, "^ TORN: was %s",
                 version_text(v->earlier_version.bits, missed));
    else if (v->rule == CHECK_LOST && v->has_missed)
        at = row(t, r, REPORT_RED, "^ LOST: destroys %s",
                 version_text(v->missed_version.bits, missed));
    else
        at = row(t, r, REPORT_RED, "^ %s", check_rule_name(v->rule));
    at->verdict = true;
}

static void lock_row(struct timeline *t, const struct obs *r)
{
    char name[REPORT_NAME_BYTES];
    name_at(t, r, name);
    switch (r->kind) {
    case OBS_LOCK:
        row(t, r, is_verdict(t, r) ? REPORT_RED : REPORT_BLUE, "LOCK %s", name)->takes =
            !is_verdict(t, r);
        if (is_verdict(t, r))
            row(t, r, REPORT_RED, "^ MUTEX: thread %" PRIu32 " owns it",
                t->violation->other_tid)
                ->verdict = true;
        break;
    case OBS_UNLOCK:
        row(t, r, REPORT_BLUE, "UNLOCK %s", name)->gives = true;
        break;
    case OBS_SPIN_BEGIN:
        row(t, r, REPORT_DIM, "waits for %s", name)->boring = true;
        break;
    }
}

/* Steps that another record tells better. */
static bool is_told(uint64_t step)
{
    return step == PROTOCOL_COPY_FRAME || step == PROTOCOL_INVALIDATE_LOCAL ||
           step == PROTOCOL_SHOOTDOWN_SEND || step == PROTOCOL_PTE_CLEAR ||
           (step >= PROTOCOL_PTE_SET_NEW_RO && step <= PROTOCOL_PTE_SET_SAME_RW);
}

static void step_row(struct timeline *t, const struct obs *r)
{
    if (r->a >= PROTOCOL_N_STEPS || is_told(r->a))
        return;
    const char *text = t->context->step_text
                           ? t->context->step_text(r->a)
                           : protocol_step_text((enum protocol_step)r->a);
    struct timeline_row *last = t->n_rows ? &t->rows[t->n_rows - 1] : NULL;
    if (last && last->steps && last->column == column_of(t, r->cpu) &&
        strlen(last->text) + strlen(text) < 30) {
        strcat(last->text, ", ");
        strcat(last->text, text);
        return;
    }
    struct timeline_row *at = row(t, r, REPORT_DIM, "%s", text);
    at->steps = at->boring = true;
}

static void fault_row(struct timeline *t, const struct obs *r)
{
    static const char *const outcomes[] = {
        "page copied",     "page taken over", "upgraded",    "spurious",
        "found in memory", "new page",        "starts over", "SIGSEGV",
    };
    char name[REPORT_NAME_BYTES], before[48], after[48];
    switch (r->kind) {
    case OBS_FAULT_BEGIN:
        row(t, r, REPORT_YELLOW, "#PF %s %s", r->a & PF_W ? "write" : "read",
            name_at(t, r, name));
        break;
    case OBS_FAULT_END:
        row(t, r, REPORT_YELLOW, "fault ends: %s",
            r->a < sizeof outcomes / sizeof outcomes[0] ? outcomes[r->a] : "?");
        break;
    case OBS_BUSY_SLEEP:
        row(t, r, REPORT_YELLOW, "page is busy: sleeps");
        break;
    case OBS_FRAME_COPY:
        row(t, r, REPORT_PLAIN, "copies frame %" PRIu64 " to %" PRIu64, r->b, r->a);
        break;
    case OBS_PTE_WRITE:
        if (r->c != OBS_PTE_HARDWARE)
            row(t, r, REPORT_YELLOW, "PTE %s -> %s", report_entry(r->a, before),
                report_entry(r->b, after));
        break;
    case OBS_FRAME_FREE:
        row(t, r, REPORT_YELLOW, "frees frame %" PRIu64, r->a);
        break;
    case OBS_FRAME_ALLOC:
        if (t->violation->rule == CHECK_REUSE)
            row(t, r, REPORT_YELLOW, "frame %" PRIu64 " given to %s", r->a,
                name_at(t, r, name));
        break;
    }
}

static void inval_row(struct timeline *t, const struct obs *r)
{
    static const char *const how[] = {
        "INVLPG", "INVLPG", "broadcast", "#PF", "CR3 load", "eviction",
    };
    const char *text = r->c < sizeof how / sizeof how[0] ? how[r->c] : "INVLPG";
    if (r->a == t->stale_frame && t->stale_frame != NO_FRAME)
        row(t, r, REPORT_GREEN, "%s drops frame %" PRIu64, text, r->a);
    else if (r->c != OBS_INVAL_FAULT && r->c != OBS_INVAL_SWITCH)
        row(t, r, REPORT_DIM, "%s", text)->boring = true;
}

static void ipi_row(struct timeline *t, const struct obs *r, uint32_t *acks)
{
    const struct check_violation *v = t->violation;
    char targets[32] = "";
    switch (r->kind) {
    case OBS_SHOOTDOWN_BEGIN:
        row(t, r, REPORT_PLAIN, "shootdown to %" PRIu64 " CPU%s", r->a,
            r->a == 1 ? "" : "s");
        break;
    case OBS_SHOOTDOWN_END:
        row(t, r, REPORT_GREEN, "all acknowledged");
        break;
    case OBS_SHOOTDOWN_SKIP:
        row(t, r, REPORT_YELLOW, "no shootdown: %s",
            r->a == 0 ? "entry was never used" : "no other CPU");
        break;
    case OBS_IPI_SEND:
        if (column_of(t, r->a) != TIMELINE_NO_ARROW)
            row(t, r, REPORT_PLAIN, "IPI")->arrow = column_of(t, r->a);
        break;
    case OBS_IPI_ARRIVE:
        row(t, r, REPORT_DIM, "IPI arrives")->boring = true;
        break;
    case OBS_IPI_ACK:
        if (v->targets)
            snprintf(targets, sizeof targets, " of %" PRIu32, v->targets);
        row(t, r, REPORT_GREEN, "ack %" PRIu32 "%s", *acks, targets)->arrow =
            column_of(t, r->a);
        break;
    }
}

static void sync_row(struct timeline *t, const struct obs *r)
{
    char name[REPORT_NAME_BYTES];
    if (r->kind == OBS_SWITCH)
        row(t, r, REPORT_DIM, "runs thread %" PRIu32, r->tid)->boring = true;
    else if (r->kind == OBS_SPAWN || r->kind == OBS_JOIN || r->kind == OBS_FORK ||
             r->kind == OBS_WAITPID)
        row(t, r, REPORT_BLUE, "%s thread %" PRIu64, obs_name((enum obs_kind)r->kind),
            r->id);
    else
        row(t, r, REPORT_BLUE, "%s %s", obs_name((enum obs_kind)r->kind),
            name_at(t, r, name));
}

static void rows_of(struct timeline *t, const struct obs *r, uint32_t *acks)
{
    *acks += r->kind == OBS_IPI_ACK;
    if (column_of(t, r->cpu) == TIMELINE_NO_ARROW || t->n_rows + 2 > TIMELINE_ROWS_MAX)
        return;
    switch (r->kind) {
    case OBS_LOAD:
    case OBS_STORE:
        access_rows(t, r);
        break;
    case OBS_LOCK:
    case OBS_UNLOCK:
    case OBS_SPIN_BEGIN:
        lock_row(t, r);
        break;
    case OBS_STEP:
        step_row(t, r);
        break;
    case OBS_FAULT_BEGIN:
    case OBS_FAULT_END:
    case OBS_BUSY_SLEEP:
    case OBS_FRAME_COPY:
    case OBS_FRAME_FREE:
    case OBS_FRAME_ALLOC:
    case OBS_PTE_WRITE:
        fault_row(t, r);
        break;
    case OBS_TLB_INVAL:
        inval_row(t, r);
        break;
    case OBS_SHOOTDOWN_BEGIN:
    case OBS_SHOOTDOWN_END:
    case OBS_SHOOTDOWN_SKIP:
    case OBS_IPI_SEND:
    case OBS_IPI_ARRIVE:
    case OBS_IPI_ACK:
        ipi_row(t, r, acks);
        break;
    case OBS_POST:
    case OBS_WAIT:
    case OBS_BARRIER_ENTER:
    case OBS_BARRIER_LEAVE:
    case OBS_SPAWN:
    case OBS_JOIN:
    case OBS_FORK:
    case OBS_WAITPID:
    case OBS_SWITCH:
        sync_row(t, r);
        break;
    }
}

static struct timeline_span *span_open(struct timeline_span *spans, uint32_t n,
                                       uint32_t column)
{
    for (uint32_t i = n; i-- > 0;)
        if (spans[i].column == column && spans[i].to == CYCLE_NEVER)
            return &spans[i];
    return NULL;
}

static void span_begin(struct timeline_span *spans, uint32_t *n, uint32_t column,
                       cycle_t from)
{
    if (*n < TIMELINE_ROWS_MAX && !span_open(spans, *n, column))
        spans[(*n)++] = (struct timeline_span){column, from, CYCLE_NEVER};
}

/* Where the TLB of a column holds the stale frame: an access went through it,
 * or an invalidation dropped it. */
static void stale_spans(struct timeline *t, const struct obs *r, uint32_t column)
{
    const struct check_violation *v = t->violation;
    bool access = r->kind == OBS_LOAD || r->kind == OBS_STORE;
    bool had_it = r->a == t->stale_frame && (access || r->kind == OBS_TLB_INVAL);
    if (had_it && r->cycle > v->change_cycle) {
        cycle_t from = access && r->d > v->change_cycle ? r->d : v->change_cycle;
        span_begin(t->stale, &t->n_stale, column, from);
    }
    struct timeline_span *span = span_open(t->stale, t->n_stale, column);
    if (span && r->kind == OBS_TLB_INVAL && r->a == t->stale_frame)
        span->to = r->cycle;
}

static void find_spans(struct timeline *t)
{
    const struct check_violation *v = t->violation;
    for (uint32_t i = 0; i < v->n_witness; i++) {
        const struct obs *r = &v->witness[i];
        uint32_t column = column_of(t, r->cpu);
        if (column == TIMELINE_NO_ARROW)
            continue;
        if (r->kind == OBS_LOCK)
            span_begin(t->held, &t->n_held, column, r->cycle);
        struct timeline_span *held = span_open(t->held, t->n_held, column);
        if (held && r->kind == OBS_UNLOCK)
            held->to = r->cycle;
        if (t->stale_frame != NO_FRAME)
            stale_spans(t, r, column);
    }
}

/* A critical section in which nothing else is shown tells nothing. */
static void mark_empty_sections(struct timeline *t)
{
    for (uint32_t i = 0; i < t->n_rows; i++) {
        struct timeline_row *gives = &t->rows[i], *before = NULL;
        if (!gives->gives)
            continue;
        for (uint32_t k = i; k-- > 0 && !before;)
            if (t->rows[k].column == gives->column && !t->rows[k].boring)
                before = &t->rows[k];
        if (before && !before->takes)
            continue;
        gives->boring = true;
        if (before)
            before->boring = true;
    }
}

static void drop_boring(struct timeline *t)
{
    mark_empty_sections(t);
    uint32_t n = 0;
    for (uint32_t i = 0; i < t->n_rows; i++)
        if (!t->rows[i].boring)
            t->rows[n++] = t->rows[i];
    t->n_dropped = t->n_rows - n;
    t->n_rows = n;
}

void timeline_fill(struct timeline *t)
{
    const struct check_violation *v = t->violation;
    add_column(t, v->cpu);
    add_column(t, v->has_missed ? v->missed_cpu : NO_CPU);
    add_column(t, v->other_cpu);
    add_column(t, v->fault_cpu);
    name_columns(t);
    t->stale_frame = v->old_frame != NO_FRAME ? v->old_frame
                     : v->kind != OBS_LOCK && v->frame != v->current_frame ? v->frame
                                                                           : NO_FRAME;
    uint32_t acks = 0;
    for (uint32_t i = 0; i < v->n_witness; i++)
        rows_of(t, &v->witness[i], &acks);
    find_spans(t);
    if (t->n_rows > TIMELINE_ROWS_WANTED)
        drop_boring(t);
}
