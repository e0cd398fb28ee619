/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cmd_trace.c - sim trace asm|disasm|info|check: guest traces as files.
 *
 * The work is done in src/trace; this is the command line around it.
 */
#include "cli/cmd.h"
#include "trace/check.h"
#include "trace/codec.h"
#include "trace/text.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OPT_JSON = 256, OPT_TRUNCATED };

/* ACTION(name, arguments, sentence). */
#define ACTION_LIST(ACTION)                                                         \
    ACTION(asm, "IN -o OUT", "turns the text form of a trace into the binary form") \
    ACTION(disasm, "[OPTION]... IN", "prints a trace in the canonical text form")   \
    ACTION(info, "[OPTION]... IN", "says what is in a trace")                       \
    ACTION(check, "[OPTION]... IN",                                                 \
           "reads all of a trace and looks for nonsense in "                        \
           "it; exit status 4 if there are errors")

/* What the options of all actions fill. */
struct request {
    const char *in, *out; /* 'out' null: standard output. */
    bool json, allow_truncated;
};

#define ROW_HELP                                     \
    {"help", 'h', NULL, "print this help and exit"}, \
    {                                                \
        NULL, 0, NULL, NULL                          \
    }
#define ROW_TRUNCATED                                             \
    {                                                             \
        "allow-truncated", OPT_TRUNCATED, NULL,                   \
            "use what lies before the damage in a file cut short" \
    }

static const struct option_row asm_options[] = {
    {"output", 'o', "OUT", "the binary trace to write; '-' is standard output"},
    ROW_HELP,
};

static const struct option_row disasm_options[] = {
    {"output", 'o', "OUT", "the file to write (default: standard output)"},
    ROW_TRUNCATED,
    ROW_HELP,
};

static const struct option_row info_options[] = {
    {"json", OPT_JSON, NULL, "print JSON"},
    ROW_TRUNCATED,
    ROW_HELP,
};

static const struct option_row check_options[] = {
    ROW_TRUNCATED,
    ROW_HELP,
};

static enum status flush_result(FILE *out, const char *name, struct err *err)
{
    if (fflush(out) != 0 || ferror(out))
        return err_set(err, STATUS_STORE, "%s: cannot write: %s", name,
                       strerror(errno));
    return STATUS_OK;
}

/* ---- asm, disasm ------------------------------------------------------- */

static enum status run_asm(const struct request *r, struct err *err)
{
    if (!r->out)
        return err_set(err, STATUS_USAGE, "where to? Add -o OUT");
    if (strcmp(r->out, "-") == 0 && isatty(STDOUT_FILENO))
        return err_set(err, STATUS_USAGE, "a binary trace does not go to a terminal");
    return trace_assemble_file(r->in, r->out, err);
}

static enum status disassemble_to(struct trace *t, const char *path, struct err *err)
{
    FILE *out = fopen(path, "w");
    if (!out)
        return err_set(err, STATUS_STORE, "%s: cannot create: %s", path,
                       strerror(errno));
    enum status status = trace_disassemble(t, out, err);
    if (fclose(out) != 0 && status == STATUS_OK)
        status =
            err_set(err, STATUS_STORE, "%s: cannot write: %s", path, strerror(errno));
    return status;
}

static enum status run_disasm(const struct request *r, struct err *err)
{
    struct trace *t = trace_open(r->in, r->allow_truncated, err);
    if (!t)
        return err->status;
    bool to_stdout = !r->out || strcmp(r->out, "-") == 0;
    enum status status =
        to_stdout ? trace_disassemble(t, stdout, err) : disassemble_to(t, r->out, err);
    trace_close(t);
    return status;
}

/* ---- info -------------------------------------------------------------- */

static const char *birth_text(enum trace_birth birth)
{
    switch (birth) {
    case TRACE_BIRTH_ROOT:
        return "root";
    case TRACE_BIRTH_SPAWN:
        return "spawn";
    case TRACE_BIRTH_FORK:
        return "fork";
    }
    return "?";
}

static enum status count_ops(struct trace *t, uint64_t counts[OP_N_KINDS],
                             struct err *err)
{
    for (uint32_t i = 0; i < trace_n_streams(t); i++) {
        uint64_t n = trace_stream(t, i)->n_ops;
        for (uint64_t at = 0; at < n;) {
            struct trace_window w;
            enum status status = trace_read(t, i, at, &w, err);
            if (status != STATUS_OK)
                return status;
            for (; at - w.first < w.n; at++)
                counts[w.ops[at - w.first].kind]++;
        }
    }
    return STATUS_OK;
}

static void print_info(const struct trace *t, const uint64_t counts[OP_N_KINDS])
{
    printf("hash        %s\n", trace_hash(t));
    printf("operations  %" PRIu64 "%s\n", trace_n_ops(t),
           trace_truncated(t) ? " (the file is cut short)" : "");
    printf("meta        %s\n", trace_meta(t));
    for (uint32_t i = 0; i < trace_n_images(t); i++) {
        const struct trace_image *image = trace_image(t, i);
        printf("image %-5u %s, process %u, base 0x%" PRIx64
               ", %u segments, %u symbols%s%s\n",
               i, image->path, image->process, image->base, image->n_segments,
               image->n_symbols, image->build_id[0] ? ", build-id " : "",
               image->build_id);
    }
    printf("\nstream  process  start           operations  name\n");
    for (uint32_t i = 0; i < trace_n_streams(t); i++) {
        const struct trace_stream *s = trace_stream(t, i);
        char start[32] = "root";
        if (s->birth != TRACE_BIRTH_ROOT)
            snprintf(start, sizeof start, "%s by %u", birth_text(s->birth),
                     trace_stream(t, s->parent)->id);
        printf("%6u  %7u  %-14s  %10" PRIu64 "  %s\n", s->id, s->process, start,
               s->n_ops, s->name);
    }
    printf("\n");
    for (unsigned kind = 0; kind < OP_N_KINDS; kind++) {
        if (counts[kind])
            printf("%-14s %12" PRIu64 "\n", trace_op_infos[kind].text, counts[kind]);
    }
}

/* Counts are exact in JSON numbers up to 2^53, more than a file can hold. */
static void add_count(cJSON *to, const char *key, uint64_t n)
{
    cJSON_AddNumberToObject(to, key, (double)n);
}

static cJSON *stream_json(const struct trace *t, uint32_t index)
{
    const struct trace_stream *s = trace_stream(t, index);
    cJSON *json = cJSON_CreateObject();
    add_count(json, "id", s->id);
    add_count(json, "process", s->process);
    cJSON_AddStringToObject(json, "birth", birth_text(s->birth));
    if (s->birth != TRACE_BIRTH_ROOT)
        add_count(json, "parent", trace_stream(t, s->parent)->id);
    cJSON_AddStringToObject(json, "name", s->name);
    add_count(json, "ops", s->n_ops);
    return json;
}

static cJSON *image_json(const struct trace_image *image)
{
    char base[32];
    cJSON *json = cJSON_CreateObject();
    snprintf(base, sizeof base, "0x%" PRIx64, image->base);
    cJSON_AddStringToObject(json, "path", image->path);
    cJSON_AddStringToObject(json, "build_id", image->build_id);
    cJSON_AddStringToObject(json, "base", base);
    add_count(json, "process", image->process);
    add_count(json, "segments", image->n_segments);
    add_count(json, "symbols", image->n_symbols);
    return json;
}

static void print_info_json(const struct trace *t, const uint64_t counts[OP_N_KINDS])
{
    cJSON *json = cJSON_CreateObject();
    cJSON_AddNumberToObject(json, "schema", 1);
    cJSON_AddStringToObject(json, "hash", trace_hash(t));
    add_count(json, "ops", trace_n_ops(t));
    cJSON_AddBoolToObject(json, "truncated", trace_truncated(t));
    cJSON_AddItemToObject(json, "meta", cJSON_Parse(trace_meta(t)));
    cJSON *images = cJSON_AddArrayToObject(json, "images");
    for (uint32_t i = 0; i < trace_n_images(t); i++)
        cJSON_AddItemToArray(images, image_json(trace_image(t, i)));
    cJSON *streams = cJSON_AddArrayToObject(json, "streams");
    for (uint32_t i = 0; i < trace_n_streams(t); i++)
        cJSON_AddItemToArray(streams, stream_json(t, i));
    cJSON *kinds = cJSON_AddObjectToObject(json, "op_counts");
    for (unsigned kind = 0; kind < OP_N_KINDS; kind++) {
        if (counts[kind])
            add_count(kinds, trace_op_infos[kind].text, counts[kind]);
    }
    char *text = cJSON_Print(json);
    puts(text);
    free(text);
    cJSON_Delete(json);
}

static enum status run_info(const struct request *r, struct err *err)
{
    struct trace *t = trace_open(r->in, r->allow_truncated, err);
    if (!t)
        return err->status;
    uint64_t counts[OP_N_KINDS] = {0};
    enum status status = count_ops(t, counts, err);
    if (status == STATUS_OK) {
        if (r->json)
            print_info_json(t, counts);
        else
            print_info(t, counts);
        status = flush_result(stdout, "standard output", err);
    }
    trace_close(t);
    return status;
}

/* ---- check ------------------------------------------------------------- */

static void print_problem(void *context, const struct trace_problem *p)
{
    const struct request *r = context;
    printf("%s: %s: ", r->in, p->error ? "error" : "warning");
    if (p->stream != NO_THREAD)
        printf("stream %u: ", p->stream);
    if (p->has_op)
        printf("operation %" PRIu64 ": ", p->op);
    printf("%s\n", p->text);
}

static enum status run_check(const struct request *r, struct err *err)
{
    struct trace *t = trace_open(r->in, r->allow_truncated, err);
    if (!t)
        return err->status;
    struct trace_check_result result;
    enum status status = trace_check(t, print_problem, (void *)r, &result, err);
    if (status == STATUS_OK) {
        printf("%s: %" PRIu64 " operations in %u streams, %" PRIu64 " errors, %" PRIu64
               " warnings\n",
               r->in, trace_n_ops(t), trace_n_streams(t), result.n_errors,
               result.n_warnings);
        status = flush_result(stdout, "standard output", err);
    }
    if (status == STATUS_OK && result.n_errors)
        status = err_set(err, STATUS_TRACE, "%s: the trace makes no sense; see above",
                         r->in);
    trace_close(t);
    return status;
}

/* ---- the command line -------------------------------------------------- */

static const struct action {
    const char *name, *args, *help;
    const struct option_row *options;
    enum status (*run)(const struct request *r, struct err *err);
} actions[] = {
#define ACTION(name, args, help) {#name, args, help, name##_options, run_##name},
    ACTION_LIST(ACTION)
#undef ACTION
};

#define N_ACTIONS (sizeof actions / sizeof actions[0])

static void print_help(FILE *out)
{
    fputs("Usage: sim trace ACTION [ARGUMENT]...\n\nMakes, reads and checks guest "
          "traces, binary or text; '-' is standard input.\n\nActions:\n",
          out);
    for (size_t i = 0; i < N_ACTIONS; i++)
        fprintf(out, "  %-8s %s\n", actions[i].name, actions[i].help);
    fputs("\n'sim trace ACTION --help' explains one. Format: docs/trace-format.md.\n",
          out);
}

static void print_action_help(const struct action *action)
{
    printf("Usage: sim trace %s %s\n\nThis action %s.\n\nOptions:\n", action->name,
           action->args, action->help);
    options_help(action->options, stdout);
}

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < N_ACTIONS; i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    return NULL;
}

/* Fills '*r'. 'help' is set when help was asked for. */
static enum status parse(const struct action *action, int argc, char **argv,
                         struct request *r, bool *help, struct err *err)
{
    struct options options;
    options_begin(&options, action->options, argc, argv);
    for (;;) {
        int id = options_next(&options, err);
        if (id == OPTIONS_END)
            break;
        if (id == OPTIONS_WRONG)
            return STATUS_USAGE;
        *help |= id == 'h';
        r->json |= id == OPT_JSON;
        r->allow_truncated |= id == OPT_TRUNCATED;
        if (id == 'o')
            r->out = options.arg;
    }
    if (*help)
        return STATUS_OK;
    if (argc - options.operand != 1)
        return err_set(err, STATUS_USAGE, "%s takes one trace, not %d", action->name,
                       argc - options.operand);
    r->in = argv[options.operand];
    return STATUS_OK;
}

int cmd_trace(int argc, char **argv)
{
    struct err err = {0};
    if (argc < 2) {
        err_set(&err, STATUS_USAGE, "what to do? asm, disasm, info or check");
        return cmd_fail("trace", &err);
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return 0;
    }
    const struct action *action = find_action(argv[1]);
    if (!action) {
        err_set(&err, STATUS_USAGE, "'%s' is no action; asm, disasm, info, check are",
                argv[1]);
        return cmd_fail("trace", &err);
    }
    struct request r = {0};
    bool help = false;
    enum status status = parse(action, argc - 1, argv + 1, &r, &help, &err);
    if (status == STATUS_OK && help) {
        print_action_help(action);
        return 0;
    }
    if (status == STATUS_OK)
        status = action->run(&r, &err);
    return status == STATUS_OK ? 0 : cmd_fail("trace", &err);
}
