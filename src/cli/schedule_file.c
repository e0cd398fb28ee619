/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * schedule_file.c - see schedule_file.h.
 */
#include "cli/schedule_file.h"

#include "base/output_dir.h"
#include "cli/manifest.h"
#include "cli/present.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "shootdown-schedule 1"
#define TURNS_MAX  1000000u

static const char *const words[] = {
    [MOVE_STEP] = "step", [MOVE_DRAIN] = "drain", [MOVE_ARRIVE] = "arrive",
    [MOVE_FILL] = "fill", [MOVE_EVICT] = "evict", [MOVE_NMI] = "nmi",
};
#define N_WORDS (sizeof words / sizeof words[0])

/* ---- writing ------------------------------------------------------------------- */

static void write_step(FILE *f, const struct explore_step *step,
                       const struct machine_freedom *freedom)
{
    const struct machine_move *move = &step->move;
    fprintf(f, "%s %u", words[move->kind], move->cpu);
    switch ((enum move_kind)move->kind) {
    case MOVE_STEP:
        fprintf(f, " 0x%016" PRIx64, step->position);
        break;
    case MOVE_ARRIVE:
        fprintf(f, " %u", move->message);
        break;
    case MOVE_FILL:
    case MOVE_EVICT:
        fprintf(f, " 0x%" PRIx64, freedom->pages[move->page].v);
        break;
    case MOVE_DRAIN:
    case MOVE_NMI:
    case MOVE_N_KINDS:
        break;
    }
    fprintf(f, "  # %s\n", step->words.text);
}

enum status schedule_file_write(const char *path, const struct explore_result *result,
                                const struct machine_freedom *freedom,
                                const struct trace *trace, const char *guest,
                                const struct config *config, struct err *err)
{
    struct present_buffer buffer;
    char hash[33];
    if (present_buffer_open(&buffer, err))
        return err->status;
    manifest_config_hash(config, hash);
    fprintf(buffer.file, "%s\ntrace %s %s\nconfig %s\nrule %s\n", FIRST_LINE,
            trace_hash(trace), guest, hash, result->rule);
    for (uint32_t i = 0; i < result->n_schedule; i++)
        write_step(buffer.file, &result->schedule[i], freedom);
    enum status status = present_buffer_close(&buffer, err);
    if (!status)
        status = output_file_write(path, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

/* ---- reading -------------------------------------------------------------------- */

struct reader {
    const char *path;
    const struct trace *trace;
    char config_hash[33];
    uint32_t n_cpus;
    unsigned line;
    bool has_trace, has_config;
    struct machine_turn *turns;
    uint32_t n, capacity;
    struct err *err;
};

#define FAIL(r, ...) fail(r, __VA_ARGS__)

__attribute__((format(printf, 2, 3))) static enum status fail(struct reader *r,
                                                              const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return err_set(r->err, STATUS_TRACE, "%s:%u: %s", r->path, r->line, text);
}

static enum status number(struct reader *r, char **rest, const char *what, uint64_t max,
                          uint64_t *value)
{
    char *word = strtok_r(NULL, " \t", rest), *end;
    errno = 0;
    *value = word ? strtoull(word, &end, 0) : 0;
    if (!word || *word == '-' || *end || errno || *value > max)
        return FAIL(r, "%s is expected, at most %" PRIu64, what, max);
    return STATUS_OK;
}

static enum status take_turn(struct reader *r, enum move_kind kind, char **rest)
{
    struct machine_turn turn = {.kind = (uint8_t)kind};
    uint64_t value = 0;
    if (number(r, rest, "a hardware thread", r->n_cpus - 1, &value))
        return r->err->status;
    turn.cpu = (uint16_t)value;
    if (kind == MOVE_STEP && number(r, rest, "a position", UINT64_MAX, &turn.target))
        return r->err->status;
    if (kind == MOVE_ARRIVE && number(r, rest, "a message", UINT8_MAX, &value))
        return r->err->status;
    turn.message = kind == MOVE_ARRIVE ? (uint8_t)value : 0;
    bool page = kind == MOVE_FILL || kind == MOVE_EVICT;
    if (page && number(r, rest, "an address", UINT64_MAX, &turn.page.v))
        return r->err->status;
    if (r->n == TURNS_MAX)
        return FAIL(r, "more than %u moves", TURNS_MAX);
    if (r->n == r->capacity) {
        uint32_t more = r->capacity ? 2 * r->capacity : 64;
        struct machine_turn *turns = realloc(r->turns, more * sizeof *turns);
        if (!turns)
            return err_set(r->err, STATUS_LIMIT, "out of memory");
        r->turns = turns;
        r->capacity = more;
    }
    r->turns[r->n++] = turn;
    return STATUS_OK;
}

static enum status take_hash(struct reader *r, char **rest, const char *what,
                             const char *own, bool *seen)
{
    const char *hash = strtok_r(NULL, " \t", rest);
    if (!hash || strcmp(hash, own) != 0)
        return FAIL(
            r,
            "this schedule belongs to another %s (%s, here %s); run it with the "
            "same files and settings as sim explore",
            what, hash ? hash : "none", own);
    *seen = true;
    while (strtok_r(NULL, " \t", rest))
        continue;
    return STATUS_OK;
}

static enum status take_line(struct reader *r, char *line)
{
    char *rest;
    line[strcspn(line, "#\r\n")] = 0;
    char *word = strtok_r(line, " \t", &rest);
    if (!word)
        return STATUS_OK;
    if (strcmp(word, "trace") == 0)
        return take_hash(r, &rest, "trace", trace_hash(r->trace), &r->has_trace);
    if (strcmp(word, "config") == 0)
        return take_hash(r, &rest, "configuration", r->config_hash, &r->has_config);
    if (strcmp(word, "rule") == 0)
        return STATUS_OK;
    for (unsigned kind = 0; kind < N_WORDS; kind++) {
        if (strcmp(word, words[kind]) != 0)
            continue;
        if (take_turn(r, (enum move_kind)kind, &rest))
            return r->err->status;
        const char *more = strtok_r(NULL, " \t", &rest);
        return more ? FAIL(r, "'%s' is too much on this line", more) : STATUS_OK;
    }
    return FAIL(
        r, "'%s' is no move; there are step, drain, arrive, fill, evict and nmi", word);
}

static enum status read_lines(struct reader *r, FILE *f)
{
    char *line = NULL;
    size_t room = 0;
    enum status status = STATUS_OK;
    while (!status && getline(&line, &room, f) >= 0) {
        r->line++;
        if (r->line == 1)
            status = strncmp(line, FIRST_LINE "\n", sizeof FIRST_LINE)
                         ? FAIL(r, "this is no schedule: '" FIRST_LINE "' is expected")
                         : STATUS_OK;
        else
            status = take_line(r, line);
    }
    free(line);
    if (!status && ferror(f))
        status = FAIL(r, "cannot be read");
    if (!status && (!r->has_trace || !r->has_config || r->n == 0))
        status = FAIL(r, "the file is cut: %s is missing",
                      !r->has_trace    ? "the line 'trace'"
                      : !r->has_config ? "the line 'config'"
                                       : "every move");
    return status;
}

enum status schedule_file_read(const char *path, const struct trace *trace,
                               const struct config *config, uint32_t n_cpus,
                               struct machine_schedule *schedule, struct err *err)
{
    struct reader r = {.path = path, .trace = trace, .n_cpus = n_cpus, .err = err};
    manifest_config_hash(config, r.config_hash);
    FILE *f = fopen(path, "r");
    if (!f)
        return err_set(err, STATUS_TRACE, "%s: %s", path, strerror(errno));
    enum status status = read_lines(&r, f);
    fclose(f);
    if (status)
        free(r.turns);
    else
        *schedule = (struct machine_schedule){r.turns, r.n};
    return status;
}

void schedule_file_free(struct machine_schedule *schedule)
{
    free((void *)(uintptr_t)schedule->turns);
    *schedule = (struct machine_schedule){0};
}
