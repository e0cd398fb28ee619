/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * litmus.c - all final states of a litmus test. See litmus.h.
 */
#include "litmus/litmus.h"

#include "base/pte.h"
#include "explore/states.h"
#include "litmus/program.h"
#include "machine/explorable.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOVES_MAX    256u
#define PREFIX_MOVES 100000u
#define LOOK_EVERY   1024u

/* What the registers hold: part of the explored state. */
struct registers {
    litmus_value_t r[LITMUS_THREADS][LITMUS_REGS];
};

struct search {
    const struct litmus_test *test;
    const struct litmus_options *options;
    struct litmus_result *result;
    struct machine *machine;
    struct trace *trace;
    struct states *states;
    void *bytes;
    struct registers *registers;
    struct machine_freedom freedom;
    va_t pages[LITMUS_NAMES];
    uint64_t first[LITMUS_THREADS];
    pfn_t frames[LITMUS_NAMES]; /* Of the names that are frames. */
    bool started;
    unsigned capacity; /* Of result->outcomes. */
    struct err *err;
};

/* ---- registers ---------------------------------------------------------------- */

/* The operation of the test that a record is about, or null. */
static const struct litmus_op *op_of(const struct search *s, const struct obs *r)
{
    if (!s->started || r->tid >= s->test->n_threads || r->c < s->first[r->tid])
        return NULL;
    uint64_t i = r->c - s->first[r->tid];
    const struct litmus_thread *thread = &s->test->threads[r->tid];
    return i < thread->n_ops ? &thread->ops[i] : NULL;
}

static litmus_value_t entry_value(const struct search *s, pte_t pte)
{
    if (!pte_has(pte, PTE_P))
        return LITMUS_INVALID;
    for (unsigned i = 0; i < s->test->n_names; i++)
        if (s->test->names[i].role == LITMUS_FRAME &&
            s->frames[i].v == pte_frame(pte).v)
            return LITMUS_ENTRY | i << 1 | !pte_has(pte, PTE_RW);
    return LITMUS_OTHER;
}

static void on_record(void *context, const struct obs *r)
{
    struct search *s = context;
    const struct litmus_op *op = op_of(s, r);
    if (!op || op->reg == LITMUS_NONE)
        return;
    litmus_value_t *reg = &s->registers->r[r->tid][op->reg];
    if (r->kind == OBS_SIGSEGV)
        *reg = LITMUS_FAULT;
    else
        *reg = op->kind == LITMUS_OP_PTE_LOAD ? entry_value(s, (pte_t){r->b})
                                              : ver_value((ver_t){r->b});
}

/* A store says "ok" until it faults. */
static void clear_registers(struct search *s)
{
    for (unsigned t = 0; t < LITMUS_THREADS; t++)
        for (unsigned r = 0; r < LITMUS_REGS; r++)
            s->registers->r[t][r] = LITMUS_NO_VALUE;
    for (unsigned t = 0; t < s->test->n_threads; t++)
        for (unsigned i = 0; i < s->test->threads[t].n_ops; i++) {
            const struct litmus_op *op = &s->test->threads[t].ops[i];
            if (op->kind == LITMUS_OP_STORE && op->reg != LITMUS_NONE)
                s->registers->r[t][op->reg] = LITMUS_OK;
        }
}

/* ---- outcomes -------------------------------------------------------------------- */

static void add_column(struct litmus_result *r, struct litmus_column column)
{
    assert(r->n_columns < LITMUS_COLUMNS);
    r->columns[r->n_columns++] = column;
}

static bool has_memory_column(const struct litmus_result *r, uint8_t name)
{
    for (unsigned i = 0; i < r->n_columns; i++)
        if (r->columns[i].is_memory && r->columns[i].name == name)
            return true;
    return false;
}

static void choose_columns(struct search *s)
{
    struct litmus_result *r = s->result;
    for (uint8_t t = 0; t < s->test->n_threads; t++)
        for (uint8_t reg = 0; reg < LITMUS_REGS; reg++)
            if (s->test->threads[t].written >> reg & 1)
                add_column(r, (struct litmus_column){.thread = t, .reg = reg});
    for (unsigned i = 0; i < s->test->n_terms; i++) {
        const struct litmus_term *term = &s->test->terms[i];
        if (term->is_memory && !has_memory_column(r, term->name))
            add_column(r, (struct litmus_column){.is_memory = 1, .name = term->name});
    }
}

static litmus_value_t memory_value(const struct search *s, uint8_t name)
{
    pfn_t frame;
    ver_t word;
    if (!machine_look(s->machine, 0, program_va(s->test, name).v, &frame, &word))
        return LITMUS_FAULT;
    return ver_value(word);
}

static litmus_value_t column_value(const struct search *s,
                                   const struct litmus_column *column)
{
    return column->is_memory ? memory_value(s, column->name)
                             : s->registers->r[column->thread][column->reg];
}

static bool condition_holds(const struct search *s)
{
    for (unsigned i = 0; i < s->test->n_terms; i++) {
        const struct litmus_term *t = &s->test->terms[i];
        const struct litmus_column c = {t->is_memory, t->thread, t->reg, t->name};
        if (column_value(s, &c) != t->value)
            return false;
    }
    return true;
}

static bool grow(struct search *s)
{
    struct litmus_result *r = s->result;
    if (r->n_outcomes < s->capacity)
        return true;
    unsigned more = s->capacity ? 2 * s->capacity : 16;
    struct litmus_outcome *outcomes = realloc(r->outcomes, more * sizeof *outcomes);
    if (!outcomes)
        return false;
    r->outcomes = outcomes;
    s->capacity = more;
    return true;
}

static int compare_values(const litmus_value_t *a, const litmus_value_t *b, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Where the values belong; '*found' if they are there. */
static unsigned place_of(const struct litmus_result *r, const litmus_value_t *values,
                         bool *found)
{
    unsigned i = 0;
    int order = 1;
    while (i < r->n_outcomes &&
           (order = compare_values(r->outcomes[i].values, values, r->n_columns)) < 0)
        i++;
    *found = i < r->n_outcomes && order == 0;
    return i;
}

static bool note_outcome(struct search *s)
{
    struct litmus_result *r = s->result;
    struct litmus_outcome one = {.n = 1, .holds = condition_holds(s)};
    bool found;
    for (unsigned c = 0; c < r->n_columns; c++)
        one.values[c] = column_value(s, &r->columns[c]);
    *(one.holds ? &r->positive : &r->negative) += 1;
    unsigned at = place_of(r, one.values, &found);
    if (found) {
        r->outcomes[at].n++;
        return true;
    }
    if (!grow(s))
        return false;
    memmove(&r->outcomes[at + 1], &r->outcomes[at],
            (r->n_outcomes - at) * sizeof *r->outcomes);
    r->outcomes[at] = one;
    r->n_outcomes++;
    return true;
}

/* ---- the search --------------------------------------------------------------------
 */

static bool incomplete(struct search *s, const char *why)
{
    snprintf(s->result->why, sizeof s->result->why, "%s", why);
    return false;
}

/* '*to' gets the state that the move leads to. */
static bool try_move(struct search *s, uint32_t state, const struct machine_move *move,
                     uint32_t *to)
{
    bool full;
    states_get(s->states, state, s->bytes);
    machine_make(s->machine, &s->freedom, move, 0, NULL);
    machine_canonical(s->machine);
    s->result->transitions++;
    const char *failure = machine_failure(s->machine);
    if (failure)
        return incomplete(s, failure);
    states_put(s->states, s->bytes, to, &full);
    return !full || incomplete(s, "the memory for states is used up; raise --memory");
}

/* Nothing goes on by itself: the end, or a thread waits for ever. */
static bool final_state(struct search *s)
{
    if (!machine_is_done(s->machine))
        return incomplete(s, "a thread waits for ever");
    return note_outcome(s) || incomplete(s, "out of memory");
}

static bool expand(struct search *s, uint32_t state)
{
    struct machine_move moves[MOVES_MAX];
    bool goes_on = false;
    states_get(s->states, state, s->bytes);
    unsigned n = machine_moves(s->machine, &s->freedom, moves, MOVES_MAX);
    for (unsigned i = 0; i < n; i++)
        goes_on = goes_on || moves[i].kind <= MOVE_ARRIVE;
    if (!goes_on)
        return final_state(s); /* What TLBs may still do changes no outcome. */
    goes_on = false;
    for (unsigned i = 0; i < n; i++) {
        uint32_t to;
        if (!try_move(s, state, &moves[i], &to))
            return false;
        goes_on = goes_on || (moves[i].kind <= MOVE_ARRIVE && to != state);
    }
    return goes_on || incomplete(s, "a thread waits for ever");
}

static bool may_go_on(struct search *s, uint32_t next)
{
    const struct litmus_options *o = s->options;
    if (states_count(s->states) > o->max_states)
        return incomplete(s, "the number of states is reached; raise --max-states");
    if (next % LOOK_EVERY == 0 && o->stopped && o->stopped(o->context))
        return incomplete(s, "interrupted");
    return true;
}

static void search(struct search *s)
{
    uint32_t next = 0;
    while (next < states_count(s->states) && may_go_on(s, next) && expand(s, next))
        next++;
    s->result->complete = next == states_count(s->states);
    s->result->states = states_count(s->states);
}

/* ---- the first state ---------------------------------------------------------------
 */

static void choose_pages(struct search *s)
{
    bool on = litmus_has_pages(s->test) && !s->test->quiet;
    s->freedom = (struct machine_freedom){.fills = on, .evictions = on};
    s->freedom.pages = s->pages;
    for (unsigned i = 0; on && i < s->test->n_names; i++)
        if (s->test->names[i].role == LITMUS_PAGE)
            s->pages[s->freedom.n_pages++] = program_va(s->test, i);
}

static void find_frames(struct search *s)
{
    ver_t word;
    for (unsigned i = 0; i < s->test->n_names; i++)
        if (s->test->names[i].role == LITMUS_FRAME)
            machine_look(s->machine, 0, program_va(s->test, i).v, &s->frames[i], &word);
}

static enum status first_state(struct search *s)
{
    uint32_t number;
    bool full;
    size_t n;
    machine_begin(s->machine);
    s->registers = machine_annex(s->machine);
    if (!machine_run_to_marks(s->machine, PREFIX_MOVES)) {
        const char *why = machine_failure(s->machine);
        return err_set(s->err, STATUS_CONFIG,
                       "%s: this machine cannot make the initial state: %s",
                       s->test->name, why ? why : "it keeps running");
    }
    find_frames(s);
    clear_registers(s);
    s->started = true;
    machine_canonical(s->machine);
    s->bytes = machine_state(s->machine, &n);
    s->states = states_create(n, s->options->max_bytes, s->err);
    if (!s->states)
        return s->err->status;
    states_put(s->states, s->bytes, &number, &full);
    struct machine_pages pages = machine_state_pages(s->machine);
    states_note_pages(s->states, pages.first, pages.n, pages.touched);
    return full ? err_set(s->err, STATUS_LIMIT, "not enough memory for a single state")
                : STATUS_OK;
}

static enum status run(struct search *s, const struct machine_config *config)
{
    struct machine_config own = *config;
    own.topology.cores = s->test->n_threads;
    own.core.kernel_ops = true;
    own.core.on_segv = ON_SEGV_SKIP;
    s->trace = program_open(s->test, s->first, s->err);
    if (!s->trace)
        return s->err->status;
    s->machine =
        machine_create_explorable(&own, s->trace, sizeof(struct registers), s->err);
    if (!s->machine)
        return s->err->status;
    obs_listen(machine_obs(s->machine), (struct obs_listener){s, on_record},
               UINT64_C(1) << OBS_LOAD | UINT64_C(1) << OBS_SIGSEGV);
    choose_pages(s);
    choose_columns(s);
    if (first_state(s) == STATUS_OK)
        search(s);
    return s->err->status;
}

enum status litmus_run(const struct litmus_test *test,
                       const struct machine_config *machine,
                       const struct litmus_options *options,
                       struct litmus_result *result, struct err *err)
{
    *result = (struct litmus_result){0};
    *err = (struct err){.status = STATUS_OK};
    struct search s = {.test = test, .options = options, .result = result, .err = err};
    enum status status = run(&s, machine);
    states_destroy(s.states);
    machine_destroy(s.machine);
    trace_close(s.trace);
    return status;
}

void litmus_free(struct litmus_result *result)
{
    free(result->outcomes);
    *result = (struct litmus_result){0};
}

enum litmus_expect litmus_verdict(const struct litmus_result *result)
{
    if (result->positive)
        return LITMUS_ALLOWED;
    return result->complete ? LITMUS_FORBIDDEN : LITMUS_UNKNOWN;
}
