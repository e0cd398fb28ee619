/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_synthesize.c - sim synthesize: which orders of protocol steps are safe, and
 * what they cost.
 *
 * Enumerates, explores each order on every scenario, prices the safe ones, and
 * prints both groups.  Exit status 0: every order was judged; 7: some are open, or
 * SIGINT came before the last one (130).
 */
#include "base/output_dir.h"
#include "cli/cmd.h"
#include "cli/data_dir.h"
#include "cli/interrupt.h"
#include "cli/present.h"
#include "cli/synth_args.h"
#include "run/pool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what is explored --------------------------------------------------------------
 */

/* As many cores as the guest pins threads to. */
static uint32_t n_cpus_of(struct trace *trace)
{
    uint32_t n = 1;
    struct err err;
    for (uint32_t i = 0; i < trace_n_streams(trace); i++) {
        struct trace_window w = {0};
        if (trace_stream(trace, i)->n_ops == 0 || trace_read(trace, i, 0, &w, &err))
            continue;
        for (uint64_t k = 0; k < w.n; k++)
            if (w.ops[k].kind == OP_PIN && w.ops[k].target >= n)
                n = w.ops[k].target + 1;
    }
    return n;
}

static enum status add_scenario(struct synthesis *s, const char *path, bool spontaneous,
                                struct err *err)
{
    char tiny[4200], cores[40];
    if (s->n_scenarios == SYNTH_SCENARIOS)
        return err_set(err, STATUS_USAGE, "more than %u scenarios", SYNTH_SCENARIOS);
    struct synth_scenario *c = &s->scenarios[s->n_scenarios];
    c->trace = trace_open(path, false, err);
    if (!c->trace)
        return err->status;
    s->n_scenarios++;
    const char *base = strrchr(path, '/');
    snprintf(c->name, sizeof c->name, "%.40s%s", base ? base + 1 : path,
             spontaneous ? "+fills+evictions" : "");
    snprintf(tiny, sizeof tiny, "%s/tiny/explore_three.json", s->data);
    snprintf(cores, sizeof cores, "topology.cores=%u", n_cpus_of(c->trace));
    const char *files[] = {tiny, NULL}, *sets[] = {cores, NULL};
    const struct machine_config_sources sources = {
        .files = files, .sets = sets, .config_dir = s->data};
    if (machine_config_load(&sources, &c->config, NULL, err))
        return err->status;
    c->freedom =
        (struct machine_freedom){.fills = spontaneous, .evictions = spontaneous};
    if (explore_check(&c->config, c->trace, err))
        return err->status;
    c->pages = (struct explore_pages){.va = {{0x20000}}, .n = 1}; /* The page copied. */
    return s->n_scenario_files && spontaneous
               ? explore_find_pages(c->trace, &c->pages, err)
               : STATUS_OK;
}

/* Cheap refuters first. */
static enum status add_family(struct synthesis *s, struct err *err)
{
    static const struct {
        const char *name;
        bool thorough, spontaneous;
    } family[] = {
        {"cow_2", false, false},
        {"cow_2_owner_reads", false, true},
        {"cow_3", false, false},
        {"cow_3_two_words", false, false},
        {"cow_3_second_writer", false, false},
        {"cow_3_lock_on_page", false, false},
        {"cow_4_two_readers", false, false},
        {"cow_3", true, true},
        {"cow_4_second_writer", true, false},
        {"fork_3", true, false},
    };
    for (size_t i = 0; i < sizeof family / sizeof family[0]; i++) {
        char path[4300];
        if (family[i].thorough && !s->thorough)
            continue;
        snprintf(path, sizeof path, "%s/../traces/explore/%s.trace", s->data,
                 family[i].name);
        if (add_scenario(s, path, family[i].spontaneous || s->spontaneous, err))
            return err->status;
    }
    return STATUS_OK;
}

static enum status load_scenarios(struct synthesis *s, struct err *err)
{
    for (uint32_t i = 0; i < s->n_scenario_files; i++)
        if (add_scenario(s, s->scenario_files[i], s->spontaneous, err))
            return err->status;
    return s->n_scenario_files ? STATUS_OK : add_family(s, err);
}

static enum status load_known(struct synthesis *s, struct err *err)
{
    static const char *const names[] = {
        "two_stage",  "break_before_make", "ro_then_rw",       "remove_all",
        "rendezvous", "broadcast_bbm",     "broadcast_single", "single_stage",
        "no_wait",    "local_only",        "unbusy_early"};
    char dir[4200];
    snprintf(dir, sizeof dir, "%s/protocols", s->data);
    const char *dirs[] = {dir, NULL};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (protocol_load(names[i], dirs, &s->known[s->n_known++], err))
            return err->status;
    return STATUS_OK;
}

static enum status load_machine(struct synthesis *s, struct err *err)
{
    char standard[4200];
    const char *files[RUN_ARGS_MAX + 1] = {0},
                                     *sets[RUN_ARGS_MAX + 2] = {"run.trials=20"};
    memcpy(files, s->args.configs, s->args.n_configs * sizeof *files);
    memcpy(sets + 1, s->args.sets, s->args.n_sets * sizeof *sets);
    if (s->args.n_configs == 0) {
        snprintf(standard, sizeof standard, "%s/ryzen16.json", s->data);
        files[0] = standard;
    }
    const struct machine_config_sources sources = {
        .files = files, .sets = sets, .config_dir = s->data};
    if (machine_config_load(&sources, &s->machine, &s->effective, err))
        return err->status;
    char path[4300];
    snprintf(path, sizeof path, "%s/../traces/d14347.trace", s->data);
    s->cost_trace = trace_open(s->cost_path ? s->cost_path : path, false, err);
    return s->cost_trace ? STATUS_OK : err->status;
}

static enum status load(struct synthesis *s, struct err *err)
{
    if (!data_dir_configs(s->data, sizeof s->data))
        return err_set(err, STATUS_CONFIG, "the folder 'configs' is not found");
    if (load_known(s, err) || load_machine(s, err) || load_scenarios(s, err))
        return err->status;
    if (synth_enumerate(&s->space, s->known, s->n_known, &s->set, err))
        return err->status;
    if (s->set.n == 0)
        return err_set(
            err, STATUS_USAGE,
            "no order of these steps can run: of %.0f, each lacks something; a copy "
            "list needs copy_frame, a 'pte_set new' inside the pmap lock, and its "
            "locks given back",
            s->set.n_raw);
    s->entries = calloc(s->set.n, sizeof *s->entries);
    return s->entries ? STATUS_OK : err_set(err, STATUS_LIMIT, "out of memory");
}

/* ---- judging
 * -------------------------------------------------------------------------- */

struct verdict {
    struct synth_judgement judgement;
    struct synth_cost cost;
};

static enum status perform(void *context, uint64_t task, struct pool_answer *answer,
                           struct err *err)
{
    struct synthesis *s = context;
    const struct protocol *p = &s->set.candidates[task].protocol;
    struct verdict *v = calloc(1, sizeof *v);
    if (!v)
        return err_set(err, STATUS_LIMIT, "out of memory");
    *answer = (struct pool_answer){v, sizeof *v};
    if (synth_judge(p, s->scenarios, s->n_scenarios, &s->options, &v->judgement, err))
        return err->status;
    if (v->judgement.verdict != SYNTH_SAFE)
        return STATUS_OK;
    return synth_price(p, &s->machine, s->cost_trace, &v->cost, err);
}

static bool stopped(void *context)
{
    (void)context;
    return interrupt_signal() != 0;
}

/* A judge that was interrupted has judged nothing. */
static bool deliver(void *context, uint64_t task, const void *bytes, size_t n)
{
    struct synthesis *s = context;
    struct verdict v;
    char note[64];
    (void)n;
    memcpy(&v, bytes, sizeof v);
    s->entries[task].judgement = v.judgement;
    s->entries[task].cost = v.cost;
    s->entries[task].judged = !stopped(NULL);
    s->n_judged += s->entries[task].judged;
    s->n_safe += s->entries[task].judged && v.judgement.verdict == SYNTH_SAFE;
    snprintf(note, sizeof note, "%" PRIu32 " safe", s->n_safe);
    progress_update(&s->progress, s->n_judged, s->set.n, note);
    return !stopped(NULL);
}

static bool go_on(void *context, uint32_t states, uint32_t queued, uint32_t depth)
{
    (void)context;
    (void)states;
    (void)queued;
    (void)depth;
    return interrupt_signal() == 0;
}

static enum status judge_all(struct synthesis *s, struct err *err)
{
    const struct pool_work work = {s, perform, deliver, stopped};
    uint64_t n_delivered;
    s->options.progress = go_on;
    for (uint32_t i = 0; i < s->set.n; i++)
        s->entries[i].candidate = &s->set.candidates[i];
    progress_begin(&s->progress, &s->args.terminal, "orders");
    enum status status =
        pool_run(&work, s->set.n, (unsigned)s->args.jobs, &n_delivered, err);
    progress_end(&s->progress);
    return status;
}

/* ---- presenting
 * ------------------------------------------------------------------------ */

struct drawing {
    const struct synthesis *synthesis;
    FILE *file;
    const struct trace *trace;
};

static void name_address(void *context, uint32_t space, uint64_t va, char *text,
                         size_t n)
{
    trace_symbol(context, space, va, text, n);
}

static void draw_check(void *context, const struct check_result *check)
{
    const struct drawing *d = context;
    struct err err;
    const struct check_names names = {(void *)(uintptr_t)d->trace, name_address};
    const struct report_context drawing = {
        .style = present_style(&d->synthesis->args, false), .names = &names};
    if (check->n_violations)
        report_timeline(d->file, &check->violations[0], &drawing, &err);
}

static void draw_refutation(void *context, FILE *file, const struct synth_entry *e)
{
    const struct synthesis *s = context;
    const struct synth_judgement *j = &e->judgement;
    const struct synth_scenario *c = &s->scenarios[j->scenario];
    struct explore_step *steps = calloc(j->n_moves, sizeof *steps);
    struct machine_config config = c->config;
    struct machine_freedom freedom = c->freedom;
    struct drawing d = {s, file, c->trace};
    struct err err;
    if (!steps || j->n_moves > SYNTH_MOVES) {
        free(steps);
        return;
    }
    for (uint32_t i = 0; i < j->n_moves; i++)
        steps[i].move = j->moves[i];
    config.protocol = e->candidate->protocol;
    freedom.pages = c->pages.va;
    freedom.n_pages = c->pages.n;
    explore_replay(&config, c->trace, &freedom, steps, j->n_moves, draw_check, &d,
                   &err);
    free(steps);
}

static enum status write_json(const struct synth_report *report, const char *path,
                              struct err *err)
{
    struct present_buffer buffer;
    enum status status = present_buffer_open(&buffer, err);
    if (!status) {
        synth_report_json(buffer.file, report);
        status = present_buffer_close(&buffer, err);
    }
    if (!status)
        status = output_file_write(path, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

static void write_list(FILE *f, const char *key, const uint8_t *list, uint32_t n)
{
    fprintf(f, ",\n  \"%s\": [", key);
    for (uint32_t i = 0; i < n; i++)
        fprintf(f, "%s\"%s\"", i ? ", " : "",
                protocol_step_text((enum protocol_step)list[i]));
    fputc(']', f);
}

static enum status write_protocol(const struct output_dir *dir,
                                  const struct synth_entry *e, struct err *err)
{
    const struct protocol *p = &e->candidate->protocol;
    struct present_buffer buffer;
    char name[80];
    if (present_buffer_open(&buffer, err))
        return err->status;
    fprintf(buffer.file,
            "{\n  \"name\": \"%s\",\n  \"note\": \"Safe on the scenarios of sim "
            "synthesize.\"",
            p->name);
    write_list(buffer.file, "copy", p->copy, p->n_copy);
    if (p->n_upgrade)
        write_list(buffer.file, "upgrade", p->upgrade, p->n_upgrade);
    fputs("\n}\n", buffer.file);
    enum status status = present_buffer_close(&buffer, err);
    snprintf(name, sizeof name, "%s.json", p->name);
    if (!status)
        status = output_dir_write(dir, name, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

static enum status write_safe(const struct synthesis *s, struct err *err)
{
    struct output_dir dir;
    if (output_dir_open(&dir, s->args.outdir, s->args.force, err))
        return err->status;
    for (uint32_t i = 0; i < s->set.n && !err->status; i++)
        if (s->entries[i].judged && s->entries[i].judgement.verdict == SYNTH_SAFE)
            write_protocol(&dir, &s->entries[i], err);
    output_dir_abandon(&dir);
    return err->status;
}

static enum status present(struct synthesis *s, struct err *err)
{
    const char *slash = s->cost_path ? strrchr(s->cost_path, '/') : NULL;
    const struct synth_report report = {
        .set = &s->set,
        .entries = s->entries,
        .scenarios = s->scenarios,
        .n_scenarios = s->n_scenarios,
        .machine = s->machine.machine.name,
        .guest = !s->cost_path ? "d14347.trace"
                 : slash       ? slash + 1
                               : s->cost_path,
        .trials = s->machine.run.trials,
        .core_mhz = s->machine.machine.clock_ghz * 1000,
        .n_shown = s->all ? 0 : 12,
        .draw = s->draw ? draw_refutation : NULL,
        .context = s,
    };
    if (!s->args.json || strcmp(s->args.json, "-") != 0)
        synth_report_text(stdout, &report);
    fflush(stdout);
    if (s->args.outdir && write_safe(s, err))
        return err->status;
    return s->args.json ? write_json(&report, s->args.json, err) : STATUS_OK;
}

static int exit_code(const struct synthesis *s)
{
    if (interrupt_signal())
        return interrupt_exit_code();
    for (uint32_t i = 0; i < s->set.n; i++)
        if (!s->entries[i].judged || s->entries[i].judgement.verdict == SYNTH_OPEN)
            return EXIT_INCOMPLETE;
    return 0;
}

static void destroy(struct synthesis *s)
{
    for (uint32_t i = 0; i < s->n_scenarios; i++)
        trace_close(s->scenarios[i].trace);
    trace_close(s->cost_trace);
    config_destroy(s->effective);
    synth_set_free(&s->set);
    free(s->entries);
    free(s);
}

int cmd_synthesize(int argc, char **argv)
{
    struct err err = {0};
    struct synthesis *s = calloc(1, sizeof *s);
    if (!s)
        return status_exit_code(STATUS_INTERNAL);
    s->args.jobs = (uint64_t)sysconf(_SC_NPROCESSORS_ONLN);
    enum status status = synth_args_parse(s, argc, argv, &err);
    interrupt_catch();
    if (!status)
        status = load(s, &err);
    if (!status)
        status = judge_all(s, &err);
    if (!status)
        status = present(s, &err);
    int code = status ? cmd_fail("synthesize", &err) : exit_code(s);
    destroy(s);
    return code;
}
