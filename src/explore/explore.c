/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * explore.c - the search. See explore.h.
 *
 * States are numbered in the order in which they are found, so the queue of a
 * breadth-first search is the numbers from 'next' on.
 */
#include "explore/search.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define MOVES_MAX    256u
#define PREFIX_MOVES 1000000u
#define LOOK_EVERY   512u

const char *explore_verdict_text(enum explore_verdict verdict)
{
    switch (verdict) {
    case EXPLORE_PROVED:
        return "PROVED";
    case EXPLORE_VIOLATED:
        return "VIOLATED";
    case EXPLORE_INCOMPLETE:
        return "INCOMPLETE";
    }
    return "";
}

void explore_forecast(const uint64_t *layers, uint32_t n, double *growth,
                      uint64_t *estimate)
{
    *growth = 0;
    *estimate = 0;
    if (n < 3 || layers[n - 3] == 0)
        return;
    *growth = (double)layers[n - 2] / (double)layers[n - 3];
    if (*growth >= 1)
        return;
    double seen = 0;
    for (uint32_t i = 0; i + 1 < n; i++)
        seen += (double)layers[i];
    double rest = (double)layers[n - 2] * *growth / (1 - *growth);
    *estimate = (uint64_t)(seen + rest + 0.5);
}

void explore_free(struct explore_result *result)
{
    free(result->schedule);
    result->schedule = NULL;
}

/* ---- alarms --------------------------------------------------------------------- */

/* The moves to 'state', and 'last' after them. */
static struct explore_step *schedule_to(const struct search *s, uint32_t state,
                                        const struct machine_move *last, uint32_t *n)
{
    *n = s->origins[state].depth + 1;
    struct explore_step *steps = calloc(*n, sizeof *steps);
    assert(steps);
    steps[*n - 1].move = *last;
    for (uint32_t at = *n - 1; at > 0; at--) {
        steps[at - 1].move = s->origins[state].move;
        state = s->origins[state].parent;
    }
    return steps;
}

static void take_rule(void *context, const struct check_result *check)
{
    const char **rule = context;
    if (check->n_violations)
        *rule = check_rule_name(check->violations[0].rule);
}

/* An alarm of the monitor: does the checker agree? */
static bool is_violation(struct search *s, uint32_t state,
                         const struct machine_move *last)
{
    uint32_t n;
    const char *rule = NULL;
    struct explore_step *steps = schedule_to(s, state, last, &n);
    enum status status = explore_replay(s->config, s->trace, &s->options->freedom,
                                        steps, n, take_rule, &rule, s->err);
    if (status != STATUS_OK || !rule) {
        s->result->false_alarms += status == STATUS_OK;
        free(steps);
        return false;
    }
    s->result->schedule = steps;
    s->result->n_schedule = n;
    s->result->rule = rule;
    return true;
}

/* ---- the search --------------------------------------------------------------------
 */

static bool incomplete(struct search *s, const char *why)
{
    s->result->verdict = EXPLORE_INCOMPLETE;
    s->result->why = why;
    return false;
}

bool search_make_room(struct search *s, uint32_t number)
{
    uint32_t more = s->capacity ? s->capacity : 4096;
    if (number < s->capacity)
        return true;
    while (more <= number)
        more *= 2;
    struct origin *origins = realloc(s->origins, more * sizeof *origins);
    if (!origins)
        return false;
    s->origins = origins;
    s->capacity = more;
    return true;
}

/* Puts the live state in; it came from 'parent' by 'move'. */
static bool put(struct search *s, uint32_t parent, const struct machine_move *move)
{
    uint32_t number;
    bool full;
    if (!states_put(s->states, s->bytes, &number, &full)) {
        s->result->matched += !full;
        s->moved = s->moved || (move->kind <= MOVE_ARRIVE && number != parent);
        return !full || incomplete(s, "the memory for states is used up");
    }
    if (!search_make_room(s, number))
        return incomplete(s, "out of memory");
    uint32_t depth = s->origins[parent].depth + 1;
    s->moved = s->moved || move->kind <= MOVE_ARRIVE;
    s->origins[number] = (struct origin){parent, depth, *move};
    if (depth > s->result->depth)
        s->result->depth = depth;
    return true;
}

/* Tries one move from 'state'. False: the search ends here. */
static bool try_move(struct search *s, uint32_t state, const struct machine_move *move)
{
    states_get(s->states, state, s->bytes);
    s->watch.alarm = MONITOR_QUIET;
    machine_make(s->machine, &s->options->freedom, move, 0, NULL);
    machine_canonical(s->machine);
    s->result->transitions++;
    s->result->by_kind[move->kind]++;
    const char *failure = machine_failure(s->machine);
    if (failure)
        return incomplete(s, failure);
    if (s->watch.alarm == MONITOR_FULL)
        return incomplete(s, monitor_alarm_text(MONITOR_FULL));
    if (s->watch.alarm != MONITOR_QUIET && is_violation(s, state, move)) {
        s->result->verdict = EXPLORE_VIOLATED;
        return false;
    }
    return s->err->status == STATUS_OK && put(s, state, move);
}

/* What the guest can tell of this state: the last version of each word, and
 * with 'observe' what every load returned. */
static uint64_t hash_outcome(const struct search *s)
{
    uint64_t words[sizeof(struct monitor) / sizeof(uint64_t)], h = 0;
    memcpy(words, s->watch.monitor, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        h = (h ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15);
        h ^= h >> 32;
    }
    return h;
}

/* Nothing goes on by itself (threads that wait may look again and again): is that
 * the end? */
static void note_end(struct search *s)
{
    if (!machine_is_done(s->machine)) {
        s->result->n_stuck++;
        return;
    }
    s->result->n_ends++;
    s->result->ends += hash_outcome(s);
}

static bool expand(struct search *s, uint32_t state)
{
    struct machine_move moves[MOVES_MAX];
    states_get(s->states, state, s->bytes);
    unsigned n = machine_moves(s->machine, &s->options->freedom, moves, MOVES_MAX);
    bool goes_on = false;
    for (unsigned i = 0; i < n; i++)
        goes_on = goes_on || moves[i].kind <= MOVE_ARRIVE;
    if (!goes_on)
        note_end(s);
    s->moved = !goes_on;
    for (unsigned i = 0; i < n; i++)
        if (!try_move(s, state, &moves[i]))
            return false;
    s->result->n_stuck += !s->moved;
    return true;
}

static size_t bytes_soon(const struct search *s)
{
    bool grows = states_count(s->states) + MOVES_MAX > s->capacity;
    return states_bytes_with(s->states, MOVES_MAX) +
           s->capacity * sizeof *s->origins * (grows ? 3 : 1);
}

/* Bounds and the caller's wish, between two states. */
static bool may_go_on(struct search *s, uint32_t next)
{
    const struct explore_options *o = s->options;
    uint32_t count = states_count(s->states);
    if (o->max_states && count >= o->max_states)
        return incomplete(s, "the number of states asked for is reached");
    if (bytes_soon(s) > o->max_bytes)
        return incomplete(s, "the memory for states is used up");
    if (next % LOOK_EVERY == 0 && o->progress &&
        !o->progress(o->progress_context, count, count - next, s->result->depth))
        return incomplete(s, "interrupted");
    return true;
}

/* Now and then, so that a machine that goes down takes little with it. */
static bool save_sometimes(struct search *s)
{
    const struct explore_options *o = s->options;
    return !o->checkpoint || !o->checkpoint_states || s->next == 0 ||
           s->next % o->checkpoint_states || search_save(s) == STATUS_OK;
}

/* The bounds stop between two states only, so a search can go on from there. */
static void search(struct search *s)
{
    bool between = true;
    while (s->next < states_count(s->states)) {
        between = may_go_on(s, s->next);
        if (!between || !save_sometimes(s) || !expand(s, s->next))
            break;
        s->next++;
    }
    if (!between && s->options->checkpoint)
        search_save(s);
}

static void forecast(struct search *s)
{
    uint32_t n = s->result->depth + 1;
    uint64_t *layers = calloc(n, sizeof *layers);
    if (!layers)
        return;
    for (uint32_t i = 0; i < states_count(s->states); i++)
        layers[s->origins[i].depth]++;
    /* The layer behind the one in hand is not whole. */
    uint32_t in_hand = s->origins[s->next].depth;
    explore_forecast(layers, in_hand + 2 < n ? in_hand + 2 : n, &s->result->growth,
                     &s->result->estimate);
    free(layers);
}

static void sum_up(struct search *s)
{
    s->result->states = states_count(s->states);
    s->result->queued = states_count(s->states) - s->next;
    s->result->memory_bytes =
        states_bytes(s->states) + s->capacity * sizeof *s->origins;
    memcpy(s->result->n_rule, s->watch.n_rule, sizeof s->result->n_rule);
    memcpy(s->result->n_steps, s->watch.n_steps, sizeof s->result->n_steps);
    if (s->result->verdict == EXPLORE_INCOMPLETE && s->result->queued)
        forecast(s);
}

/* ---- the first state
 * ------------------------------------------------------------------ */

static enum status go_to_marks(struct search *s)
{
    machine_begin(s->machine);
    s->watch = (struct monitor_watch){.monitor = machine_annex(s->machine),
                                      .observe = s->options->observe};
    if (!machine_run_to_marks(s->machine, PREFIX_MOVES)) {
        const char *why = machine_failure(s->machine);
        return err_set(
            s->err, STATUS_TRACE,
            "the threads never all stand at a 'mark' (%s); put one before the "
            "part to explore in each thread",
            why ? why : "they keep running");
    }
    if (s->watch.alarm != MONITOR_QUIET)
        return err_set(s->err, STATUS_TRACE, "before the marks: %s",
                       monitor_alarm_text(s->watch.alarm));
    memset(s->watch.n_rule, 0, sizeof s->watch.n_rule);
    memset(s->watch.n_steps, 0, sizeof s->watch.n_steps);
    machine_canonical(s->machine);
    return STATUS_OK;
}

static enum status first_state(struct search *s)
{
    if (go_to_marks(s) != STATUS_OK)
        return s->err->status;
    s->bytes = machine_state(s->machine, &s->result->state_bytes);
    s->states = states_create(s->result->state_bytes, s->options->max_bytes, s->err);
    if (!s->states || (s->options->resume && search_load(s) != STATUS_OK))
        return s->err->status;
    uint32_t number;
    bool full;
    states_put(s->states, s->bytes, &number, &full);
    if (number != 0)
        return err_set(s->err, STATUS_TRACE,
                       "%s: does not begin with the first state of this guest",
                       s->options->resume);
    struct machine_pages pages = machine_state_pages(s->machine);
    states_note_pages(s->states, pages.first, pages.n, pages.touched);
    if (full || !search_make_room(s, 0))
        return err_set(s->err, STATUS_LIMIT, "not enough memory for a single state");
    if (!s->options->resume)
        s->origins[0] = (struct origin){0};
    return STATUS_OK;
}

enum status explore_run(const struct machine_config *config, struct trace *trace,
                        const struct explore_options *options,
                        struct explore_result *result, struct err *err)
{
    *result = (struct explore_result){.verdict = EXPLORE_PROVED};
    *err = (struct err){.status = STATUS_OK};
    struct search s = {.config = config,
                       .trace = trace,
                       .options = options,
                       .result = result,
                       .err = err};
    if (explore_check(config, trace, err) != STATUS_OK)
        return err->status;
    s.machine = machine_create_explorable(config, trace, sizeof(struct monitor), err);
    if (!s.machine)
        return err->status;
    struct obs_listener listener = {&s.watch, monitor_on_record};
    obs_listen(machine_obs(s.machine), listener, monitor_kinds());
    if (first_state(&s) == STATUS_OK) {
        search(&s);
        sum_up(&s);
    }
    states_destroy(s.states);
    machine_destroy(s.machine);
    free(s.origins);
    return err->status;
}
