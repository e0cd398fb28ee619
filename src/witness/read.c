/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * read.c - from one line of violations.jsonl back to a violation.
 *
 * config/json_strict.h knows JSON, so a cut line is found there.  What is left
 * is the list of keys of src/report/violations_jsonl.c: each has one type and
 * one range, some may be left out, and no other key is taken.  A file whose
 * meaning is only guessed at would be worse than an error.
 */
#include "witness/witness.h"

#include "config/json_strict.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CYCLE_MAX (UINT64_C(1) << 53)
#define KEYS_MAX  32u

enum type { NUMBER, HEX, TRUTH, TEXT, OBJECT, LIST };

struct key {
    const char *name;
    enum type type;
    bool must;    /* Stands in every line. */
    uint64_t max; /* NUMBER, HEX: the greatest value. */
};

struct value {
    bool there;
    uint64_t number;
    const struct json *json;
};

/* KEY(NAME, key, type, must, max). */
#define TOP_LIST(KEY)                                       \
    KEY(RULE, "rule", TEXT, true, 0)                        \
    KEY(UNDER_LOCK, "under_lock", TRUTH, true, 0)           \
    KEY(PROTOCOL, "protocol", TEXT, true, 0)                \
    KEY(TRIAL, "trial", NUMBER, true, UINT64_MAX)           \
    KEY(SENTENCE, "sentence", TEXT, true, 0)                \
    KEY(CYCLE, "cycle", NUMBER, true, CYCLE_MAX)            \
    KEY(CPU, "cpu", NUMBER, true, NO_CPU)                   \
    KEY(THREAD, "thread", NUMBER, true, NO_THREAD)          \
    KEY(SPACE, "space", NUMBER, true, NO_SPACE)             \
    KEY(ACCESS, "access", TEXT, true, 0)                    \
    KEY(VA, "va", HEX, true, UINT64_MAX)                    \
    KEY(SYMBOL, "symbol", TEXT, true, 0)                    \
    KEY(BYTES, "bytes", NUMBER, true, UINT32_MAX)           \
    KEY(FRAME, "frame", NUMBER, false, NO_FRAME)            \
    KEY(CURRENT, "current_frame", NUMBER, false, NO_FRAME)  \
    KEY(TLB_AGE, "tlb_age_cycles", NUMBER, true, CYCLE_MAX) \
    KEY(VERSION, "version", HEX, true, UINT64_MAX)          \
    KEY(EARLIER, "earlier_version", HEX, false, UINT64_MAX) \
    KEY(LOCK, "lock", HEX, false, UINT64_MAX)               \
    KEY(LOCK_SYMBOL, "lock_symbol", TEXT, false, 0)         \
    KEY(MISSED, "missed", OBJECT, false, 0)                 \
    KEY(FAULT, "fault", OBJECT, false, 0)                   \
    KEY(CHANGE, "change", OBJECT, false, 0)                 \
    KEY(SHOOTDOWN, "shootdown", OBJECT, false, 0)           \
    KEY(OTHER, "other_owner", OBJECT, false, 0)             \
    KEY(CUT, "witness_cut", TRUTH, true, 0)                 \
    KEY(WITNESS, "witness", LIST, true, 0)

#define MISSED_LIST(KEY)                             \
    KEY(M_VERSION, "version", HEX, true, UINT64_MAX) \
    KEY(M_THREAD, "thread", NUMBER, true, NO_THREAD) \
    KEY(M_CPU, "cpu", NUMBER, true, NO_CPU)          \
    KEY(M_CYCLE, "cycle", NUMBER, true, CYCLE_MAX)   \
    KEY(M_FRAME, "frame", NUMBER, false, NO_FRAME)

#define CHANGE_LIST(KEY)                                   \
    KEY(C_NUMBER, "number", NUMBER, false, UINT64_MAX)     \
    KEY(C_CPU, "cpu", NUMBER, true, NO_CPU)                \
    KEY(C_CYCLE, "changed_cycle", NUMBER, true, CYCLE_MAX) \
    KEY(C_FRAME, "old_frame", NUMBER, false, NO_FRAME)

#define SHOOTDOWN_LIST(KEY)                             \
    KEY(S_NUMBER, "number", NUMBER, true, UINT64_MAX)   \
    KEY(S_ACKS, "acks", NUMBER, true, UINT32_MAX)       \
    KEY(S_TARGETS, "targets", NUMBER, true, UINT32_MAX) \
    KEY(S_ENDED, "ended", TRUTH, true, 0)

#define OTHER_LIST(KEY)                                  \
    KEY(O_THREAD, "thread", NUMBER, true, NO_THREAD - 1) \
    KEY(O_CPU, "cpu", NUMBER, true, NO_CPU)

#define RECORD_LIST(KEY)                              \
    KEY(R_CYCLE, "cycle", NUMBER, true, CYCLE_MAX)    \
    KEY(R_KIND, "kind", TEXT, true, 0)                \
    KEY(R_CPU, "cpu", NUMBER, false, NO_CPU)          \
    KEY(R_THREAD, "thread", NUMBER, false, NO_THREAD) \
    KEY(R_SPACE, "space", NUMBER, false, NO_SPACE)    \
    KEY(R_VA, "va", HEX, true, UINT64_MAX)            \
    KEY(R_A, "a", HEX, true, UINT64_MAX)              \
    KEY(R_B, "b", HEX, true, UINT64_MAX)              \
    KEY(R_C, "c", NUMBER, true, UINT64_MAX)           \
    KEY(R_D, "d", NUMBER, true, UINT64_MAX)           \
    KEY(R_ID, "id", NUMBER, true, UINT64_MAX)         \
    KEY(R_FLAGS, "flags", NUMBER, true, UINT16_MAX)

#define NAME(name, ...) name,
#define ROW(name, ...)  {__VA_ARGS__},
enum top_key { TOP_LIST(NAME) N_TOP };
enum missed_key { MISSED_LIST(NAME) N_MISSED };
enum change_key { CHANGE_LIST(NAME) N_CHANGE };
enum shootdown_key { SHOOTDOWN_LIST(NAME) N_SHOOTDOWN };
enum other_key { OTHER_LIST(NAME) N_OTHER };
enum record_key { RECORD_LIST(NAME) N_RECORD };

static const struct key top_keys[N_TOP] = {TOP_LIST(ROW)};
static const struct key missed_keys[N_MISSED] = {MISSED_LIST(ROW)};
static const struct key change_keys[N_CHANGE] = {CHANGE_LIST(ROW)};
static const struct key shootdown_keys[N_SHOOTDOWN] = {SHOOTDOWN_LIST(ROW)};
static const struct key other_keys[N_OTHER] = {OTHER_LIST(ROW)};
static const struct key record_keys[N_RECORD] = {RECORD_LIST(ROW)};

static enum status wrong(struct err *err, const struct json *at, const char *where,
                         const char *key, const char *what)
{
    return err_set(err, STATUS_STORE, "violation, column %" PRIu32 ": %s%s%.60s: %s",
                   at->column, where, *where ? "." : "", key, what);
}

/* A whole number as the writer prints it. False if it is not one. */
static bool read_number(const char *text, uint64_t *out)
{
    *out = 0;
    if (!*text || (text[0] == '0' && text[1]))
        return false;
    for (; *text; text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        if (*text < '0' || *text > '9' || *out > (UINT64_MAX - digit) / 10)
            return false;
        *out = *out * 10 + digit;
    }
    return true;
}

/* "0x" and up to 16 digits as the writer prints them. */
static bool read_hex(const char *text, uint64_t *out)
{
    static const char digits[] = "0123456789abcdef";
    *out = 0;
    size_t n = strlen(text);
    if (n < 3 || n > 18 || text[0] != '0' || text[1] != 'x' ||
        (text[2] == '0' && n > 3))
        return false;
    for (text += 2; *text; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            return false;
        *out = *out << 4 | (uint64_t)(digit - digits);
    }
    return true;
}

/* What is wrong with 'json' as the value of 'key', or null. */
static const char *fill_value(const struct key *key, const struct json *json,
                              struct value *value)
{
    value->there = true;
    value->json = json;
    switch (key->type) {
    case NUMBER:
        if (json->type != JSON_NUMBER || !read_number(json->text, &value->number))
            return "must be a whole number";
        return value->number > key->max ? "is out of range" : NULL;
    case HEX:
        if (json->type != JSON_STRING || !read_hex(json->text, &value->number))
            return "must be a hexadecimal string of up to 64 bits, like \"0x7f00\"";
        return NULL;
    case TRUTH:
        value->number = json->truth;
        return json->type == JSON_BOOL ? NULL : "must be true or false";
    case TEXT:
        return json->type == JSON_STRING ? NULL : "must be a string";
    case OBJECT:
        return json->type == JSON_OBJECT ? NULL : "must be an object";
    case LIST:
        return json->type == JSON_ARRAY ? NULL : "must be a list";
    }
    return "has no type";
}

/* Takes the keys of 'object', which stands at 'where', apart. */
static enum status read_keys(const struct json *object, const char *where,
                             const struct key *keys, uint32_t n, struct value *values,
                             struct err *err)
{
    assert(n <= KEYS_MAX);
    memset(values, 0, n * sizeof *values);
    if (object->type != JSON_OBJECT)
        return wrong(err, object, where, "", "must be an object");
    for (const struct json *child = object->first; child; child = child->next) {
        uint32_t i = 0;
        while (i < n && strcmp(keys[i].name, child->key) != 0)
            i++;
        if (i == n)
            return wrong(err, child, where, child->key,
                         "is no key of a violation; a newer version may have written "
                         "it");
        const char *what = fill_value(&keys[i], child, &values[i]);
        if (what)
            return wrong(err, child, where, child->key, what);
    }
    for (uint32_t i = 0; i < n; i++)
        if (keys[i].must && !values[i].there)
            return wrong(err, object, where, keys[i].name, "is missing");
    return STATUS_OK;
}

static uint64_t number_or(const struct value *value, uint64_t otherwise)
{
    return value->there ? value->number : otherwise;
}

static enum status read_text(const struct value *value, const char *key, char *text,
                             size_t n, struct err *err)
{
    text[0] = '\0';
    if (!value->there)
        return STATUS_OK;
    size_t length = strlen(value->json->text);
    if (length >= n)
        return wrong(err, value->json, "", key, "is too long");
    memcpy(text, value->json->text, length + 1);
    return STATUS_OK;
}

static enum status read_kind(const struct value *value, const char *where,
                             const char *key, uint32_t *kind, struct err *err)
{
    for (uint32_t i = 0; i < OBS_N_KINDS; i++)
        if (strcmp(value->json->text, obs_name((enum obs_kind)i)) == 0) {
            *kind = i;
            return STATUS_OK;
        }
    return wrong(err, value->json, where, key, "is no kind of record");
}

static enum status read_rule(const struct value *value, enum check_rule_id *rule,
                             struct err *err)
{
    for (uint32_t i = 0; i < CHECK_N_RULES; i++)
        if (strcmp(value->json->text, check_rule_name((enum check_rule_id)i)) == 0) {
            *rule = (enum check_rule_id)i;
            return STATUS_OK;
        }
    return wrong(err, value->json, "", "rule", "is no rule of the checker");
}

static enum status read_missed(struct check_violation *v, const struct value *top,
                               struct err *err)
{
    struct value m[N_MISSED];
    v->missed_frame = NO_FRAME;
    if (!top[MISSED].there)
        return STATUS_OK;
    enum status status =
        read_keys(top[MISSED].json, "missed", missed_keys, N_MISSED, m, err);
    if (status)
        return status;
    v->has_missed = true;
    v->missed_version = (ver_t){m[M_VERSION].number};
    v->missed_tid = (uint32_t)m[M_THREAD].number;
    v->missed_cpu = (uint16_t)m[M_CPU].number;
    v->missed_cycle = m[M_CYCLE].number;
    v->missed_frame = (uint32_t)number_or(&m[M_FRAME], NO_FRAME);
    return STATUS_OK;
}

/* "fault" is a change by a fault, "change" one without. */
static enum status read_change(struct check_violation *v, const struct value *top,
                               struct err *err)
{
    struct value c[N_CHANGE];
    bool fault = top[FAULT].there;
    v->fault_cpu = NO_CPU;
    v->old_frame = NO_FRAME;
    if (!fault && !top[CHANGE].there)
        return STATUS_OK;
    const struct json *json = top[fault ? FAULT : CHANGE].json;
    if (fault && top[CHANGE].there)
        return wrong(err, top[CHANGE].json, "", "change", "cannot stand beside fault");
    enum status status =
        read_keys(json, fault ? "fault" : "change", change_keys, N_CHANGE, c, err);
    if (status)
        return status;
    if (fault != c[C_NUMBER].there || (fault && c[C_NUMBER].number == 0))
        return wrong(err, json, fault ? "fault" : "change", "number",
                     fault ? "must say which fault it was" : "belongs to a fault only");
    v->fault = c[C_NUMBER].number;
    v->fault_cpu = (uint16_t)c[C_CPU].number;
    v->change_cycle = c[C_CYCLE].number;
    v->old_frame = (uint32_t)number_or(&c[C_FRAME], NO_FRAME);
    return STATUS_OK;
}

static enum status read_shootdown(struct check_violation *v, const struct value *top,
                                  struct err *err)
{
    struct value s[N_SHOOTDOWN];
    if (!top[SHOOTDOWN].there)
        return STATUS_OK;
    enum status status = read_keys(top[SHOOTDOWN].json, "shootdown", shootdown_keys,
                                   N_SHOOTDOWN, s, err);
    if (status)
        return status;
    if (s[S_NUMBER].number == 0)
        return wrong(err, top[SHOOTDOWN].json, "shootdown", "number",
                     "must say which shootdown it was");
    v->shootdown = s[S_NUMBER].number;
    v->acks = (uint32_t)s[S_ACKS].number;
    v->targets = (uint32_t)s[S_TARGETS].number;
    v->shootdown_ended = s[S_ENDED].number;
    return STATUS_OK;
}

static enum status read_other(struct check_violation *v, const struct value *top,
                              struct err *err)
{
    struct value o[N_OTHER];
    v->other_tid = NO_THREAD;
    v->other_cpu = NO_CPU;
    if (!top[OTHER].there)
        return STATUS_OK;
    enum status status =
        read_keys(top[OTHER].json, "other_owner", other_keys, N_OTHER, o, err);
    if (status)
        return status;
    v->other_tid = (uint32_t)o[O_THREAD].number;
    v->other_cpu = (uint16_t)o[O_CPU].number;
    return STATUS_OK;
}

static enum status read_record(const struct json *json, uint32_t i, struct obs *record,
                               struct err *err)
{
    struct value r[N_RECORD];
    char where[32];
    uint32_t kind = 0;
    snprintf(where, sizeof where, "witness[%" PRIu32 "]", i);
    enum status status = read_keys(json, where, record_keys, N_RECORD, r, err);
    if (!status)
        status = read_kind(&r[R_KIND], where, "kind", &kind, err);
    if (status)
        return status;
    *record = (struct obs){
        .cycle = r[R_CYCLE].number,
        .kind = (uint16_t)kind,
        .flags = (uint16_t)r[R_FLAGS].number,
        .cpu = (uint16_t)number_or(&r[R_CPU], NO_CPU),
        .tid = (uint32_t)number_or(&r[R_THREAD], NO_THREAD),
        .space = (uint32_t)number_or(&r[R_SPACE], NO_SPACE),
        .va = r[R_VA].number,
        .a = r[R_A].number,
        .b = r[R_B].number,
        .c = r[R_C].number,
        .d = r[R_D].number,
        .id = r[R_ID].number,
    };
    if (i > 0 && record[-1].cycle > record->cycle)
        return wrong(err, json, where, "cycle", "is before that of the record before");
    return STATUS_OK;
}

static enum status read_records(struct witness *w, const struct value *list,
                                struct err *err)
{
    uint32_t n = json_count(list->json), i = 0;
    if (n > CHECK_WITNESS_MAX)
        return wrong(err, list->json, "", "witness", "has more than 256 records");
    w->records = calloc(n ? n : 1, sizeof *w->records);
    if (!w->records)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    enum status status = STATUS_OK;
    for (const struct json *json = list->json->first; json && !status;
         json = json->next, i++)
        status = read_record(json, i, &w->records[i], err);
    w->v.witness = w->records;
    w->v.n_witness = n;
    return status;
}

static enum status read_words(struct witness *w, const struct value *top,
                              struct err *err)
{
    enum status status = read_rule(&top[RULE], &w->v.rule, err);
    if (!status)
        status = read_kind(&top[ACCESS], "", "access", &w->v.kind, err);
    if (!status)
        status =
            read_text(&top[PROTOCOL], "protocol", w->protocol, sizeof w->protocol, err);
    if (!status)
        status = read_text(&top[SYMBOL], "symbol", w->symbol, sizeof w->symbol, err);
    if (!status)
        status = read_text(&top[LOCK_SYMBOL], "lock_symbol", w->lock_symbol,
                           sizeof w->lock_symbol, err);
    if (!status)
        status =
            read_text(&top[SENTENCE], "sentence", w->sentence, sizeof w->sentence, err);
    if (!status && top[LOCK].there != top[LOCK_SYMBOL].there)
        status = wrong(err, top[WITNESS].json, "", "lock_symbol",
                       "stands beside lock, or neither is there");
    return status;
}

static void fill_access(struct witness *w, const struct value *top)
{
    struct check_violation *v = &w->v;
    w->trial = top[TRIAL].number;
    v->under_lock = top[UNDER_LOCK].number;
    v->cycle = top[CYCLE].number;
    v->cpu = (uint16_t)top[CPU].number;
    v->tid = (uint32_t)top[THREAD].number;
    v->space = (uint32_t)top[SPACE].number;
    v->va = top[VA].number;
    v->bytes = (uint32_t)top[BYTES].number;
    v->frame = (uint32_t)number_or(&top[FRAME], NO_FRAME);
    v->current_frame = (uint32_t)number_or(&top[CURRENT], NO_FRAME);
    v->tlb_age = top[TLB_AGE].number;
    v->version = (ver_t){top[VERSION].number};
    v->has_earlier = top[EARLIER].there;
    v->earlier_version = (ver_t){top[EARLIER].number};
    v->has_lock = top[LOCK].there;
    v->lock_va = top[LOCK].number;
    v->witness_cut = top[CUT].number;
    snprintf(v->sentence, sizeof v->sentence, "%.*s", (int)sizeof v->sentence - 1,
             w->sentence);
}

static enum status fill(struct witness *w, const struct json *json, struct err *err)
{
    struct value top[N_TOP];
    enum status status = read_keys(json, "", top_keys, N_TOP, top, err);
    if (!status)
        status = read_words(w, top, err);
    if (status)
        return status;
    fill_access(w, top);
    status = read_missed(&w->v, top, err);
    if (!status)
        status = read_change(&w->v, top, err);
    if (!status)
        status = read_shootdown(&w->v, top, err);
    if (!status)
        status = read_other(&w->v, top, err);
    if (!status)
        status = read_records(w, &top[WITNESS], err);
    return status;
}

enum status witness_read(struct witness *w, const char *json, struct err *err)
{
    struct json *root = NULL;
    struct err own = {0};
    *w = (struct witness){0};
    enum status status = json_parse("violation", json, strlen(json), 0, &root, &own);
    if (status) /* A text that is no JSON is no mistake in a configuration here. */
        return err_set(err, STATUS_STORE, "%s", own.message);
    status = fill(w, root, err);
    json_destroy(root);
    if (status)
        witness_free(w);
    return status;
}

void witness_free(struct witness *w)
{
    free(w->records);
    *w = (struct witness){0};
}

static void name_of(void *context, uint32_t space, uint64_t va, char *text, size_t n)
{
    const struct witness *w = context;
    const struct check_violation *v = &w->v;
    if (space == v->space && va == v->va && w->symbol[0])
        snprintf(text, n, "%s", w->symbol);
    else if (space == v->space && v->has_lock && va == v->lock_va && w->lock_symbol[0])
        snprintf(text, n, "%s", w->lock_symbol);
    else
        snprintf(text, n, "0x%" PRIx64, va);
}

struct check_names witness_names(const struct witness *w)
{
    union {
        const struct witness *in;
        void *out;
    } context = {.in = w}; /* check_names serves writers too; name_of() only reads. */
    return (struct check_names){.context = context.out, .name = name_of};
}
