/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - the text of a litmus test. Grammar: docs/litmus.md.
 *
 * A line is a keyword and what belongs to it.  Every complaint names the line
 * and the column, and says what would be right.
 */
#include "litmus/test.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct parser {
    const char *file;
    struct litmus_test *test;
    unsigned line;
    const char *start, *at, *end; /* Of the line. */
    uint8_t seen_exists, seen_expect;
    struct err *err;
};

#define FAIL(p, ...) fail(p, (p)->at, __VA_ARGS__)

__attribute__((format(printf, 3, 4))) static bool fail(struct parser *p, const char *at,
                                                       const char *format, ...)
{
    char what[400];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    err_set(p->err, STATUS_TRACE, "%s:%u:%u: %s", p->file, p->line,
            (unsigned)(at - p->start) + 1, what);
    return false;
}

/* ---- tokens ------------------------------------------------------------------- */

struct word {
    const char *text;
    size_t n;
};

static void skip_space(struct parser *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
        p->at++;
}

static bool is_word_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static struct word take_word(struct parser *p)
{
    skip_space(p);
    struct word w = {p->at, 0};
    while (p->at < p->end && is_word_char(*p->at))
        p->at++;
    w.n = (size_t)(p->at - w.text);
    return w;
}

static bool take_char(struct parser *p, char c)
{
    skip_space(p);
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool at_line_end(struct parser *p)
{
    skip_space(p);
    return p->at == p->end;
}

static bool word_is(struct word w, const char *text)
{
    return strlen(text) == w.n && memcmp(w.text, text, w.n) == 0;
}

/* The rest of the line, without the space around it. */
static bool take_rest(struct parser *p, char text[LITMUS_TEXT])
{
    skip_space(p);
    const char *end = p->end;
    while (end > p->at && isspace((unsigned char)end[-1]))
        end--;
    size_t n = (size_t)(end - p->at);
    if (n == 0)
        return FAIL(p, "something must follow on this line");
    if (n >= LITMUS_TEXT)
        return FAIL(p, "this text has %zu characters; at most %u", n, LITMUS_TEXT - 1);
    memcpy(text, p->at, n);
    text[n] = 0;
    p->at = p->end;
    return true;
}

static bool take_value(struct parser *p, uint8_t *value)
{
    const char *at = (skip_space(p), p->at);
    struct word w = take_word(p);
    unsigned n = 0;
    for (size_t i = 0; i < w.n; i++) {
        if (!isdigit((unsigned char)w.text[i]) || n > 255)
            return fail(p, at, "'%.*s' is no value; write a number from 0 to 255",
                        (int)w.n, w.text);
        n = n * 10 + (unsigned)(w.text[i] - '0');
    }
    if (w.n == 0 || n > 255)
        return fail(p, at, "a value is expected here: a number from 0 to 255");
    *value = (uint8_t)n;
    return true;
}

static bool take_register(struct parser *p, uint8_t *reg)
{
    const char *at = (skip_space(p), p->at);
    struct word w = take_word(p);
    if (w.n != 2 || w.text[0] != 'r' || !isdigit((unsigned char)w.text[1]))
        return fail(p, at, "a register is expected here: r0 to r9");
    *reg = (uint8_t)(w.text[1] - '0');
    return true;
}

/* ---- names ---------------------------------------------------------------------- */

static bool take_name(struct parser *p, uint8_t *index)
{
    struct litmus_test *t = p->test;
    const char *at = (skip_space(p), p->at);
    struct word w = take_word(p);
    if (w.n == 0 || isdigit((unsigned char)w.text[0]))
        return fail(p, at, "a name is expected here, such as x");
    if (word_is(w, "inv"))
        return fail(p, at, "'inv' is the entry that is not present, no name");
    if (w.n >= sizeof t->names[0].text)
        return fail(p, at, "the name has more than %zu letters",
                    sizeof t->names[0].text - 1);
    for (*index = 0; *index < t->n_names; (*index)++)
        if (word_is(w, t->names[*index].text))
            return true;
    if (t->n_names == LITMUS_NAMES)
        return fail(p, at, "more than %u names", LITMUS_NAMES);
    struct litmus_name *name = &t->names[t->n_names++];
    *name = (struct litmus_name){.frame = LITMUS_NONE};
    memcpy(name->text, w.text, w.n);
    return true;
}

/* A name is found to be a page or a frame; it cannot be both. */
static bool set_role(struct parser *p, const char *at, uint8_t index,
                     enum litmus_role role)
{
    struct litmus_name *name = &p->test->names[index];
    if (name->role != LITMUS_VARIABLE && name->role != role)
        return fail(p, at,
                    "'%s' is used as a page (it has an entry) and as a frame (an entry "
                    "points to it); use two names",
                    name->text);
    name->role = (uint8_t)role;
    return true;
}

/* FRAME, FRAME:ro, inv */
static bool take_entry(struct parser *p, uint8_t *frame, uint8_t *read_only)
{
    const char *at = (skip_space(p), p->at);
    struct parser before = *p;
    *frame = LITMUS_NONE;
    *read_only = 0;
    if (word_is(take_word(p), "inv"))
        return true;
    p->at = before.at;
    if (!take_name(p, frame) || !set_role(p, at, *frame, LITMUS_FRAME))
        return false;
    if (!take_char(p, ':'))
        return true;
    at = p->at;
    if (!word_is(take_word(p), "ro"))
        return fail(p, at, "after ':' only 'ro' may follow");
    *read_only = 1;
    return true;
}

/* ---- lines ------------------------------------------------------------------------
 */

/* init x=a:ro ; y=inv ; f=1 ; b.0=1 */
static bool init_item(struct parser *p)
{
    uint8_t index;
    const char *at = (skip_space(p), p->at);
    if (!take_name(p, &index))
        return false;
    struct litmus_name *name = &p->test->names[index];
    if (take_char(p, '.')) {
        if (!word_is(take_word(p), "0"))
            return FAIL(p, "only the first word of a frame has a content: %s.0=1",
                        name->text);
        if (!set_role(p, at, index, LITMUS_FRAME))
            return false;
    }
    if (!take_char(p, '='))
        return FAIL(p, "'=' is expected here");
    skip_space(p);
    if (p->at < p->end && isdigit((unsigned char)*p->at))
        return take_value(p, &name->value);
    return set_role(p, at, index, LITMUS_PAGE) &&
           take_entry(p, &name->frame, &name->read_only);
}

static bool init_line(struct parser *p)
{
    do {
        if (!init_item(p))
            return false;
    } while (take_char(p, ';') || take_char(p, ','));
    return at_line_end(p) || FAIL(p, "';' is expected between two initial values");
}

static const struct {
    const char *word, *operands;
} op_infos[LITMUS_N_OPS] = {
#define OP(name, word, operands, sentence) {word, operands},
    LITMUS_OP_LIST(OP)
#undef OP
};

static bool operand(struct parser *p, char letter, struct litmus_thread *thread,
                    struct litmus_op *op)
{
    const char *at = (skip_space(p), p->at);
    switch (letter) {
    case 'n':
        if (!take_name(p, &op->name))
            return false;
        return op->kind < LITMUS_OP_PTE_STORE || set_role(p, at, op->name, LITMUS_PAGE);
    case 'v':
        return take_value(p, &op->value);
    case 'e':
        return take_entry(p, &op->frame, &op->read_only);
    case 'q':
        if (p->at == p->end || *p->at == ';')
            return true;
        break;
    default:
        break;
    }
    if (!take_register(p, &op->reg))
        return false;
    if (thread->written >> op->reg & 1)
        return fail(p, at, "register r%u is written twice by this thread", op->reg);
    thread->written |= (uint16_t)(1u << op->reg);
    return true;
}

static bool add_op(struct parser *p, struct litmus_thread *thread, struct litmus_op op)
{
    static const uint8_t shoot[] = {LITMUS_OP_INVLPG, LITMUS_OP_IPI, LITMUS_OP_ACK};
    unsigned n = op.kind == LITMUS_OP_SHOOT ? 3 : 1;
    if (thread->n_ops + n > LITMUS_OPS)
        return FAIL(p, "a thread has at most %u operations (SHOOT counts as three)",
                    LITMUS_OPS);
    for (unsigned i = 0; i < n; i++) {
        if (n == 3)
            op.kind = shoot[i];
        thread->ops[thread->n_ops++] = op;
    }
    return true;
}

static bool take_op(struct parser *p, struct litmus_thread *thread)
{
    const char *at = (skip_space(p), p->at);
    struct word w = take_word(p);
    unsigned kind = 0;
    while (kind < LITMUS_N_OPS && !word_is(w, op_infos[kind].word))
        kind++;
    if (kind == LITMUS_N_OPS)
        return fail(p, at,
                    "'%.*s' is no operation; there are W R X MF WP RP INV IPI IPIX ACK "
                    "SHOOT",
                    (int)w.n, w.text);
    struct litmus_op op = {.kind = (uint8_t)kind,
                           .name = LITMUS_NONE,
                           .frame = LITMUS_NONE,
                           .reg = LITMUS_NONE};
    for (const char *o = op_infos[kind].operands; *o; o++)
        if (!operand(p, *o, thread, &op))
            return false;
    return add_op(p, thread, op);
}

/* One shootdown at a time: an IPI, then the ACK that waits for it. */
static bool check_shootdowns(struct parser *p, const struct litmus_thread *thread)
{
    bool open = false;
    for (unsigned i = 0; i < thread->n_ops; i++) {
        unsigned kind = thread->ops[i].kind;
        bool sends = kind == LITMUS_OP_IPI || kind == LITMUS_OP_IPIX;
        if (sends && open)
            return FAIL(p, "an IPI while the one before has had no ACK; write ACK "
                           "between them");
        if (kind == LITMUS_OP_ACK && !open)
            return FAIL(p, "ACK without an IPI before it");
        open = sends || (open && kind != LITMUS_OP_ACK);
    }
    return !open || FAIL(p, "the last IPI of this thread has no ACK");
}

static bool thread_line(struct parser *p, unsigned number)
{
    struct litmus_test *t = p->test;
    if (number >= LITMUS_THREADS)
        return FAIL(p, "threads are P0 to P%u", LITMUS_THREADS - 1);
    if (number != t->n_threads)
        return FAIL(p, "P%u is expected here: threads come in order", t->n_threads);
    struct litmus_thread *thread = &t->threads[t->n_threads++];
    do {
        if (!take_op(p, thread))
            return false;
    } while (take_char(p, ';'));
    if (!at_line_end(p))
        return FAIL(p, "';' is expected between two operations");
    return check_shootdowns(p, thread);
}

/* ---- the condition ------------------------------------------------------------------
 */

static bool term_value(struct parser *p, struct litmus_term *term)
{
    uint8_t number, frame, read_only;
    if (!take_char(p, '='))
        return FAIL(p, "'=' is expected here");
    skip_space(p);
    if (p->at < p->end && isdigit((unsigned char)*p->at)) {
        if (!take_value(p, &number))
            return false;
        term->value = number;
        return true;
    }
    const char *at = p->at;
    struct word w = take_word(p);
    if (word_is(w, "F") || word_is(w, "ok")) {
        term->value = w.n == 1 ? LITMUS_FAULT : LITMUS_OK;
        return true;
    }
    p->at = at;
    if (!take_entry(p, &frame, &read_only))
        return false;
    term->value = frame == LITMUS_NONE
                      ? LITMUS_INVALID
                      : LITMUS_ENTRY | (uint32_t)frame << 1 | read_only;
    return true;
}

/* 1:r0, [x], a.0 */
static bool term_place(struct parser *p, struct litmus_term *term)
{
    skip_space(p);
    term->is_memory = 1;
    if (take_char(p, '['))
        return take_name(p, &term->name) &&
               (take_char(p, ']') || FAIL(p, "']' is expected here"));
    if (p->at < p->end && isdigit((unsigned char)*p->at)) {
        term->is_memory = 0;
        if (!take_value(p, &term->thread))
            return false;
        return take_char(p, ':')
                   ? take_register(p, &term->reg)
                   : FAIL(p, "':' and a register are expected here: 1:r0");
    }
    const char *at = p->at;
    if (!take_name(p, &term->name))
        return false;
    if (!take_char(p, '.') || !word_is(take_word(p), "0"))
        return fail(p, at, "write 1:r0, [x] or a.0");
    return set_role(p, at, term->name, LITMUS_FRAME);
}

static bool exists_line(struct parser *p)
{
    struct litmus_test *t = p->test;
    const char *from = (skip_space(p), p->at);
    do {
        if (t->n_terms == LITMUS_TERMS)
            return FAIL(p, "more than %u equations", LITMUS_TERMS);
        struct litmus_term *term = &t->terms[t->n_terms++];
        if (!term_place(p, term) || !term_value(p, term))
            return false;
    } while (take_char(p, '&'));
    if (!at_line_end(p))
        return FAIL(p, "'&' is expected between two equations");
    p->at = from;
    return take_rest(p, t->condition);
}

static bool expect_line(struct parser *p)
{
    const char *at = (skip_space(p), p->at);
    struct word w = take_word(p);
    if (word_is(w, "Allowed"))
        p->test->expect = LITMUS_ALLOWED;
    else if (word_is(w, "Forbidden"))
        p->test->expect = LITMUS_FORBIDDEN;
    else
        return fail(p, at, "write Allowed or Forbidden");
    return at_line_end(p) || FAIL(p, "nothing may follow the verdict");
}

static bool spontaneous_line(struct parser *p)
{
    const char *at = (skip_space(p), p->at);
    if (!word_is(take_word(p), "none"))
        return fail(p, at, "only 'none' may follow: no fills, no evictions");
    p->test->quiet = 1;
    return at_line_end(p) || FAIL(p, "nothing may follow");
}

static bool parse_line(struct parser *p)
{
    struct litmus_test *t = p->test;
    if (at_line_end(p) || *p->at == '#')
        return true;
    const char *at = p->at;
    struct word w = take_word(p);
    if (w.n == 2 && w.text[0] == 'P' && isdigit((unsigned char)w.text[1]))
        return take_char(p, ':') ? thread_line(p, (unsigned)(w.text[1] - '0'))
                                 : FAIL(p, "':' is expected after the thread");
    if (word_is(w, "litmus"))
        return take_rest(p, t->name);
    if (word_is(w, "source"))
        return take_rest(p, t->source);
    if (word_is(w, "about"))
        return take_rest(p, t->about);
    if (word_is(w, "mutants"))
        return take_rest(p, t->mutants);
    if (word_is(w, "not_modelled"))
        return take_rest(p, t->not_modelled);
    if (word_is(w, "init"))
        return init_line(p);
    if (word_is(w, "spontaneous"))
        return spontaneous_line(p);
    if (word_is(w, "exists"))
        return p->seen_exists++ ? fail(p, at, "a second condition; join them by &")
                                : exists_line(p);
    if (word_is(w, "expect"))
        return p->seen_expect++ ? fail(p, at, "a second verdict") : expect_line(p);
    return fail(p, at,
                "'%.*s' begins no line; known are litmus, source, about, init, P0: to "
                "P3:, exists, expect, spontaneous, mutants, not_modelled",
                (int)w.n, w.text);
}

/* ---- the whole ---------------------------------------------------------------------
 */

static bool check_terms(struct parser *p)
{
    const struct litmus_test *t = p->test;
    p->at = p->start;
    for (unsigned i = 0; i < t->n_terms; i++) {
        const struct litmus_term *term = &t->terms[i];
        if (term->is_memory)
            continue;
        if (term->thread >= t->n_threads ||
            !(t->threads[term->thread].written >> term->reg & 1))
            return FAIL(p,
                        "the condition asks for %u:r%u, which nothing writes: it "
                        "would never hold",
                        term->thread, term->reg);
    }
    return true;
}

/* A frame is memory that entries point to: it has no address of its own. */
static bool check_names(struct parser *p)
{
    const struct litmus_test *t = p->test;
    p->at = p->start;
    for (unsigned i = 0; i < t->n_threads; i++)
        for (unsigned k = 0; k < t->threads[i].n_ops; k++) {
            const struct litmus_op *op = &t->threads[i].ops[k];
            if (op->name != LITMUS_NONE && t->names[op->name].role == LITMUS_FRAME)
                return FAIL(p,
                            "P%u accesses '%s', which is a frame; only pages and "
                            "variables have addresses",
                            i, t->names[op->name].text);
        }
    return true;
}

static bool check_whole(struct parser *p)
{
    const struct litmus_test *t = p->test;
    p->at = p->start;
    if (!t->name[0])
        return FAIL(p, "the test has no name; begin with 'litmus NAME'");
    if (t->not_modelled[0])
        return true;
    if (t->n_threads == 0)
        return FAIL(p, "there is no thread; write 'P0: W x 1; R y r0'");
    if (!p->seen_exists)
        return FAIL(p, "there is no condition; write 'exists 0:r0=1'");
    return check_names(p) && check_terms(p);
}

enum status litmus_parse(const char *text, size_t n, const char *file,
                         struct litmus_test *test, struct err *err)
{
    struct parser p = {.file = file, .test = test, .err = err};
    *test = (struct litmus_test){.expect = LITMUS_UNKNOWN};
    err->status = STATUS_OK;
    const char *end = text + n;
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        p.line++;
        p.start = p.at = text;
        p.end = stop ? stop : end;
        if (p.end > p.start && p.end[-1] == '\r')
            p.end--;
        if (!parse_line(&p))
            return err->status;
        text = stop ? stop + 1 : end;
    }
    if (p.start == NULL)
        p.start = p.at = p.end = text;
    p.line += p.line == 0;
    return check_whole(&p) ? STATUS_OK : err->status;
}

void litmus_value_text(const struct litmus_test *test, litmus_value_t value, char *text)
{
    static const char *const words[] = {"F", "ok", "inv", "other"};
    if (value >= LITMUS_ENTRY && value != LITMUS_NO_VALUE)
        snprintf(text, 24, "%s%s", test->names[(value & 0xfff) >> 1].text,
                 value & 1 ? ":ro" : "");
    else if (value >= LITMUS_FAULT && value <= LITMUS_OTHER)
        snprintf(text, 24, "%s", words[value - LITMUS_FAULT]);
    else if (value == LITMUS_NO_VALUE)
        snprintf(text, 24, "-");
    else
        snprintf(text, 24, "%u", value);
}

bool litmus_has_pages(const struct litmus_test *test)
{
    for (unsigned i = 0; i < test->n_names; i++)
        if (test->names[i].role == LITMUS_PAGE)
            return true;
    return false;
}

const char *litmus_expect_text(enum litmus_expect expect)
{
    switch (expect) {
    case LITMUS_ALLOWED:
        return "Allowed";
    case LITMUS_FORBIDDEN:
        return "Forbidden";
    case LITMUS_UNKNOWN:
        return "Unknown";
    }
    return "";
}
