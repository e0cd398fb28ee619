/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * parse.c - the text of a litmus test. Grammar: docs/litmus.md.
 *
 * A line is a keyword and what belongs to it.  Every complaint names the line
 * and the column, and says what would be right.
 */
#include "litmus/lex.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAIL(p, ...) litmus_fail(p, (p)->at, __VA_ARGS__)

/* ---- lines ------------------------------------------------------------------------
 */

/* init x=a:ro ; y=inv ; f=1 ; b.0=1 */
static bool init_item(struct parser *p)
{
    uint8_t index;
    const char *at = (litmus_skip_space(p), p->at);
    if (!litmus_take_name(p, &index))
        return false;
    struct litmus_name *name = &p->test->names[index];
    if (litmus_take_char(p, '.')) {
        if (!litmus_word_is(litmus_take_word(p), "0"))
            return FAIL(p, "only the first word of a frame has a content: %s.0=1",
                        name->text);
        if (!litmus_set_role(p, at, index, LITMUS_FRAME))
            return false;
    }
    if (!litmus_take_char(p, '='))
        return FAIL(p, "'=' is expected here");
    litmus_skip_space(p);
    if (p->at < p->end && isdigit((unsigned char)*p->at))
        return litmus_take_value(p, &name->value);
    return litmus_set_role(p, at, index, LITMUS_PAGE) &&
           litmus_take_entry(p, &name->frame, &name->read_only);
}

static bool init_line(struct parser *p)
{
    do {
        if (!init_item(p))
            return false;
    } while (litmus_take_char(p, ';') || litmus_take_char(p, ','));
    return litmus_at_line_end(p) ||
           FAIL(p, "';' is expected between two initial values");
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
    const char *at = (litmus_skip_space(p), p->at);
    switch (letter) {
    case 'n':
        if (!litmus_take_name(p, &op->name))
            return false;
        return op->kind < LITMUS_OP_PTE_STORE ||
               litmus_set_role(p, at, op->name, LITMUS_PAGE);
    case 'v':
        return litmus_take_value(p, &op->value);
    case 'e':
        return litmus_take_entry(p, &op->frame, &op->read_only);
    case 'q':
        if (p->at == p->end || *p->at == ';')
            return true;
        break;
    default:
        break;
    }
    if (!litmus_take_register(p, &op->reg))
        return false;
    if (thread->written >> op->reg & 1)
        return litmus_fail(p, at, "register r%u is written twice by this thread",
                           op->reg);
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
    const char *at = (litmus_skip_space(p), p->at);
    struct word w = litmus_take_word(p);
    unsigned kind = 0;
    while (kind < LITMUS_N_OPS && !litmus_word_is(w, op_infos[kind].word))
        kind++;
    if (kind == LITMUS_N_OPS)
        return litmus_fail(
            p, at,
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
    } while (litmus_take_char(p, ';'));
    if (!litmus_at_line_end(p))
        return FAIL(p, "';' is expected between two operations");
    return check_shootdowns(p, thread);
}

/* ---- the condition ------------------------------------------------------------------
 */

static bool term_value(struct parser *p, struct litmus_term *term)
{
    uint8_t number, frame, read_only;
    if (!litmus_take_char(p, '='))
        return FAIL(p, "'=' is expected here");
    litmus_skip_space(p);
    if (p->at < p->end && isdigit((unsigned char)*p->at)) {
        if (!litmus_take_value(p, &number))
            return false;
        term->value = number;
        return true;
    }
    const char *at = p->at;
    struct word w = litmus_take_word(p);
    if (litmus_word_is(w, "F") || litmus_word_is(w, "ok")) {
        term->value = w.n == 1 ? LITMUS_FAULT : LITMUS_OK;
        return true;
    }
    p->at = at;
    if (!litmus_take_entry(p, &frame, &read_only))
        return false;
    term->value = frame == LITMUS_NONE
                      ? LITMUS_INVALID
                      : LITMUS_ENTRY | (uint32_t)frame << 1 | read_only;
    return true;
}

/* 1:r0, [x], a.0 */
static bool term_place(struct parser *p, struct litmus_term *term)
{
    litmus_skip_space(p);
    term->is_memory = 1;
    if (litmus_take_char(p, '['))
        return litmus_take_name(p, &term->name) &&
               (litmus_take_char(p, ']') || FAIL(p, "']' is expected here"));
    if (p->at < p->end && isdigit((unsigned char)*p->at)) {
        term->is_memory = 0;
        if (!litmus_take_value(p, &term->thread))
            return false;
        return litmus_take_char(p, ':')
                   ? litmus_take_register(p, &term->reg)
                   : FAIL(p, "':' and a register are expected here: 1:r0");
    }
    const char *at = p->at;
    if (!litmus_take_name(p, &term->name))
        return false;
    if (!litmus_take_char(p, '.') || !litmus_word_is(litmus_take_word(p), "0"))
        return litmus_fail(p, at, "write 1:r0, [x] or a.0");
    return litmus_set_role(p, at, term->name, LITMUS_FRAME);
}

static bool exists_line(struct parser *p)
{
    struct litmus_test *t = p->test;
    const char *from = (litmus_skip_space(p), p->at);
    do {
        if (t->n_terms == LITMUS_TERMS)
            return FAIL(p, "more than %u equations", LITMUS_TERMS);
        struct litmus_term *term = &t->terms[t->n_terms++];
        if (!term_place(p, term) || !term_value(p, term))
            return false;
    } while (litmus_take_char(p, '&'));
    if (!litmus_at_line_end(p))
        return FAIL(p, "'&' is expected between two equations");
    p->at = from;
    return litmus_take_rest(p, t->condition);
}

static bool expect_line(struct parser *p)
{
    const char *at = (litmus_skip_space(p), p->at);
    struct word w = litmus_take_word(p);
    if (litmus_word_is(w, "Allowed"))
        p->test->expect = LITMUS_ALLOWED;
    else if (litmus_word_is(w, "Forbidden"))
        p->test->expect = LITMUS_FORBIDDEN;
    else
        return litmus_fail(p, at, "write Allowed or Forbidden");
    return litmus_at_line_end(p) || FAIL(p, "nothing may follow the verdict");
}

static bool spontaneous_line(struct parser *p)
{
    const char *at = (litmus_skip_space(p), p->at);
    if (!litmus_word_is(litmus_take_word(p), "none"))
        return litmus_fail(p, at, "only 'none' may follow: no fills, no evictions");
    p->test->quiet = 1;
    return litmus_at_line_end(p) || FAIL(p, "nothing may follow");
}

static bool parse_line(struct parser *p)
{
    struct litmus_test *t = p->test;
    if (litmus_at_line_end(p) || *p->at == '#')
        return true;
    const char *at = p->at;
    struct word w = litmus_take_word(p);
    if (w.n == 2 && w.text[0] == 'P' && isdigit((unsigned char)w.text[1]))
        return litmus_take_char(p, ':') ? thread_line(p, (unsigned)(w.text[1] - '0'))
                                        : FAIL(p, "':' is expected after the thread");
    if (litmus_word_is(w, "litmus"))
        return litmus_take_rest(p, t->name);
    if (litmus_word_is(w, "source"))
        return litmus_take_rest(p, t->source);
    if (litmus_word_is(w, "about"))
        return litmus_take_rest(p, t->about);
    if (litmus_word_is(w, "mutants"))
        return litmus_take_rest(p, t->mutants);
    if (litmus_word_is(w, "not_modelled"))
        return litmus_take_rest(p, t->not_modelled);
    if (litmus_word_is(w, "init"))
        return init_line(p);
    if (litmus_word_is(w, "spontaneous"))
        return spontaneous_line(p);
    if (litmus_word_is(w, "exists"))
        return p->seen_exists++
                   ? litmus_fail(p, at, "a second condition; join them by &")
                   : exists_line(p);
    if (litmus_word_is(w, "expect"))
        return p->seen_expect++ ? litmus_fail(p, at, "a second verdict")
                                : expect_line(p);
    return litmus_fail(
        p, at,
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
