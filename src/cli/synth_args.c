/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * synth_args.c - see synth_args.h.
 */
#include "cli/synth_args.h"

#include "cli/cmd.h"
#include "config/suggest.h"

#include <string.h>

#define MIB (UINT64_C(1) << 20)

enum {
    SYNTH_OPT_STEPS = RUN_OPT_LAST,
    SYNTH_OPT_BEGIN,
    SYNTH_OPT_END,
    SYNTH_OPT_UPGRADE,
    SYNTH_OPT_VOCABULARY,
    SYNTH_OPT_LENGTH,
    SYNTH_OPT_ENTRIES,
    SYNTH_OPT_SCENARIO,
    SYNTH_OPT_THOROUGH,
    SYNTH_OPT_SPONTANEOUS,
    SYNTH_OPT_COST_TRACE,
    SYNTH_OPT_MAX_STATES,
    SYNTH_OPT_MAX_ORDERS,
    SYNTH_OPT_MEMORY,
    SYNTH_OPT_ALL,
    SYNTH_OPT_DRAW,
};

const struct option_row cmd_synthesize_options[] = {
    {"steps", SYNTH_OPT_STEPS, "LIST",
     "steps in any order, by commas; 'step?' may be left out"},
    {"begin", SYNTH_OPT_BEGIN, "LIST",
     "what every copy list begins with (default page_busy,copy_frame,pmap_lock)"},
    {"end", SYNTH_OPT_END, "LIST",
     "what every copy list ends with (default page_unbusy; none with --steps)"},
    {"upgrade", SYNTH_OPT_UPGRADE, "LIST",
     "upgrade list of those that end read-only (default that of two_stage)"},
    {"vocabulary", SYNTH_OPT_VOCABULARY, "LIST",
     "steps to build orders from, with --length"},
    {"length", SYNTH_OPT_LENGTH, "N", "steps behind --begin"},
    {"entries", SYNTH_OPT_ENTRIES, "N", "changes of the entry in a list (default 2)"},
    {"scenario", SYNTH_OPT_SCENARIO, "FILE",
     "a guest to explore; may be repeated (default: a family of 2 to 4 CPUs)"},
    {"thorough", SYNTH_OPT_THOROUGH, NULL,
     "also a second writer on 4 CPUs, a fork in between, fills and evictions"},
    {"spontaneous", SYNTH_OPT_SPONTANEOUS, NULL,
     "TLB fills and evictions on all scenarios"},
    {"config", 'c', "FILE", "machine that the costs are for (default ryzen16)"},
    {"set", RUN_OPT_SET, "KEY=VALUE", "sets one parameter of that machine"},
    {"cost-trace", SYNTH_OPT_COST_TRACE, "FILE",
     "guest for the costs (default d14347.trace)"},
    {"trials", 'n', "N", "trials for the costs (default 20)"},
    {"jobs", 'j', "N", "processes (default: one per processor)"},
    {"max-states", SYNTH_OPT_MAX_STATES, "N", "of one exploration (default 2000000)"},
    {"max-orders", SYNTH_OPT_MAX_ORDERS, "N", "classes of orders (default 20000)"},
    {"memory", SYNTH_OPT_MEMORY, "MIB", "of one exploration (default 2048)"},
    {"all", SYNTH_OPT_ALL, NULL, "lists every safe order, not the cheapest ones only"},
    {"draw", SYNTH_OPT_DRAW, NULL, "draws the shortest refutation of each cause"},
    {"outdir", 'd', "DIR",
     "writes the safe orders as protocol files into a new directory"},
    {"json", RUN_OPT_JSON, "[FILE]", "writes the result as JSON (default: stdout)"},
    OPTION_ROWS_COMMON,
};

/* ---- lists of steps -------------------------------------------------------------- */

static enum status unknown_step(const char *option, const char *word, struct err *err)
{
    struct suggest nearest;
    char hint[SUGGEST_BYTES + 32];
    suggest_start(&nearest, word);
    for (unsigned s = 0; s < PROTOCOL_N_STEPS; s++)
        suggest_offer(&nearest, protocol_step_text((enum protocol_step)s));
    return err_set(err, STATUS_USAGE,
                   "--%s: there is no step '%s'%s; sim config list names "
                   "them",
                   option, word, suggest_text(&nearest, hint, sizeof hint));
}

/* Calls 'take' for each step of a list. */
static enum status each_step(struct synthesis *s, const char *option, const char *list,
                             void (*take)(struct synthesis *, enum protocol_step, bool),
                             struct err *err)
{
    while (*list) {
        char word[64];
        enum protocol_step step;
        size_t n = strcspn(list, ",");
        while (n && *list == ' ')
            list++, n--;
        if (n == 0 || n >= sizeof word)
            return err_set(err, STATUS_USAGE, "--%s: a step is missing at '%.20s'",
                           option, list);
        snprintf(word, sizeof word, "%.*s", (int)n, list);
        bool optional = word[n - 1] == '?';
        if (optional)
            word[n - 1] = 0;
        if (!protocol_step_find(word, &step))
            return unknown_step(option, word, err);
        take(s, step, optional);
        list += n + (list[n] == ',');
    }
    return STATUS_OK;
}

static void take_step(struct synthesis *s, enum protocol_step step, bool optional)
{
    s->space.most[step]++;
    s->space.least[step] = (uint8_t)(s->space.least[step] + !optional);
}

static void take_word(struct synthesis *s, enum protocol_step step, bool optional)
{
    (void)optional;
    s->space.most[step] = PROTOCOL_STEPS_MAX;
}

static void take_begin(struct synthesis *s, enum protocol_step step, bool optional)
{
    (void)optional;
    if (s->space.n_prefix < PROTOCOL_STEPS_MAX)
        s->space.prefix[s->space.n_prefix++] = (uint8_t)step;
}

static void take_end(struct synthesis *s, enum protocol_step step, bool optional)
{
    (void)optional;
    if (s->space.n_suffix < PROTOCOL_STEPS_MAX)
        s->space.suffix[s->space.n_suffix++] = (uint8_t)step;
}

static void take_upgrade(struct synthesis *s, enum protocol_step step, bool optional)
{
    (void)optional;
    if (s->space.n_upgrade < PROTOCOL_STEPS_MAX)
        s->space.upgrade[s->space.n_upgrade++] = (uint8_t)step;
}

/* ---- the command line ------------------------------------------------------------ */

static enum status number(const char *name, const char *arg, uint64_t max,
                          uint32_t *out, struct err *err)
{
    uint64_t value = 0;
    if (options_u64(name, arg, 1, max, &value, err) == STATUS_OK)
        *out = (uint32_t)value;
    return err->status;
}

static enum status take(struct synthesis *s, int id, const char *arg, struct err *err)
{
    uint32_t mib = 0;
    switch (id) {
    case SYNTH_OPT_STEPS:
        s->has_steps = true;
        return each_step(s, "steps", arg, take_step, err);
    case SYNTH_OPT_BEGIN:
        s->has_begin = true;
        return each_step(s, "begin", arg, take_begin, err);
    case SYNTH_OPT_END:
        return each_step(s, "end", arg, take_end, err);
    case SYNTH_OPT_UPGRADE:
        s->has_upgrade = true;
        return each_step(s, "upgrade", arg, take_upgrade, err);
    case SYNTH_OPT_VOCABULARY:
        s->has_vocabulary = true;
        return each_step(s, "vocabulary", arg, take_word, err);
    case SYNTH_OPT_LENGTH:
        return number("length", arg, PROTOCOL_STEPS_MAX, &s->space.length, err);
    case SYNTH_OPT_ENTRIES:
        return number("entries", arg, PROTOCOL_STEPS_MAX, &s->space.most_entries, err);
    case SYNTH_OPT_SCENARIO:
        if (s->n_scenario_files == SYNTH_SCENARIOS)
            return err_set(err, STATUS_USAGE, "--scenario: at most %u",
                           SYNTH_SCENARIOS);
        s->scenario_files[s->n_scenario_files++] = arg;
        return STATUS_OK;
    case SYNTH_OPT_THOROUGH:
        s->thorough = true;
        return STATUS_OK;
    case SYNTH_OPT_SPONTANEOUS:
        s->spontaneous = true;
        return STATUS_OK;
    case SYNTH_OPT_COST_TRACE:
        s->cost_path = arg;
        return STATUS_OK;
    case SYNTH_OPT_MAX_STATES:
        return number("max-states", arg, UINT32_MAX, &s->options.max_states, err);
    case SYNTH_OPT_MAX_ORDERS:
        return number("max-orders", arg, 1000000, &s->space.max_classes, err);
    case SYNTH_OPT_MEMORY:
        if (number("memory", arg, 1u << 20, &mib, err) == STATUS_OK)
            s->options.max_bytes = mib * MIB;
        return err->status;
    case SYNTH_OPT_ALL:
        s->all = true;
        return STATUS_OK;
    case SYNTH_OPT_DRAW:
        s->draw = true;
        return STATUS_OK;
    default:
        return run_args_take(&s->args, id, arg, err);
    }
}

/* What is not said is the question that the FreeBSD commit answered. */
static enum status fill_in(struct synthesis *s, struct err *err)
{
    if (s->has_vocabulary != (s->space.length > 0))
        return err_set(err, STATUS_USAGE, "--vocabulary and --length belong together");
    if (s->has_vocabulary && s->has_steps)
        return err_set(err, STATUS_USAGE, "either --steps or --vocabulary");
    if (!s->has_begin &&
        each_step(s, "begin", "page_busy,copy_frame,pmap_lock", take_begin, err))
        return err->status;
    if (!s->has_upgrade &&
        each_step(s, "upgrade", "pmap_lock,pte_set same rw,pmap_unlock", take_upgrade,
                  err))
        return err->status;
    if (s->has_steps || s->has_vocabulary)
        return STATUS_OK;
    if (!s->space.n_suffix)
        take_end(s, PROTOCOL_PAGE_UNBUSY, false);
    return each_step(s, "steps",
                     "pte_clear?,pte_set new ro?,pte_set new rw?,"
                     "invalidate_local,shootdown_send,shootdown_wait,pmap_unlock",
                     take_step, err);
}

enum status synth_args_parse(struct synthesis *s, int argc, char **argv,
                             struct err *err)
{
    struct options options;
    s->space.max_classes = 20000;
    s->space.most_entries = 2;
    s->options.max_bytes = 2048 * MIB;
    s->options.max_states = 2000000;
    err->status = STATUS_OK;
    options_begin(&options, cmd_synthesize_options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return err->status;
        if (!terminal_option(&s->args.terminal, id, options.arg, err))
            take(s, id, options.arg, err);
        if (err->status)
            return err->status;
    }
    if (options.operand < argc)
        return err_set(err, STATUS_USAGE,
                       "'%s' is no option; name guests with --scenario",
                       argv[options.operand]);
    return fill_in(s, err);
}
