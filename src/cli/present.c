/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * present.c - writes what a job found. See present.h.
 */
#include "cli/present.h"

#include "cli/manifest.h"

#include <inttypes.h>
#include <stdlib.h>

/* struct check_names: the checker numbers address spaces as the trace numbers
 * processes. */
static void name_address(void *context, uint32_t space, uint64_t va, char *text,
                         size_t n)
{
    trace_symbol(context, space, va, text, n);
}

struct check_names present_names(const struct job *job)
{
    return (struct check_names){job->trace, name_address};
}

struct report_style present_style(const struct run_args *args, bool file)
{
    if (file)
        return (struct report_style){.color = false};
    return (struct report_style){
        .color = terminal_wants_color(&args->terminal, stdout),
        .width = terminal_width(stdout),
    };
}

enum status present_buffer_open(struct present_buffer *buffer, struct err *err)
{
    *buffer = (struct present_buffer){.bytes = NULL};
    buffer->file = open_memstream(&buffer->bytes, &buffer->n);
    return buffer->file ? STATUS_OK : err_set(err, STATUS_INTERNAL, "out of memory");
}

enum status present_buffer_close(struct present_buffer *buffer, struct err *err)
{
    bool bad = ferror(buffer->file);
    bad = fclose(buffer->file) != 0 || bad;
    buffer->file = NULL;
    return bad ? err_set(err, STATUS_INTERNAL, "out of memory") : STATUS_OK;
}

void present_buffer_free(struct present_buffer *buffer)
{
    if (buffer->file)
        fclose(buffer->file);
    free(buffer->bytes);
}

enum status present_summary(const struct job *job, FILE *file,
                            struct report_style style, struct err *err)
{
    const struct check_names names = present_names(job);
    const struct report_context context = {.style = style, .names = &names};
    const struct trials_kept *shown = trials_first(&job->sum);
    return report_summary(file, &job->sum.result, shown ? &shown->check : NULL,
                          &context, err);
}

/* The writers of files: each fills 'file'. */
static enum status write_summary(const struct job *job, FILE *file, struct err *err)
{
    return present_summary(job, file, (struct report_style){.color = false}, err);
}

static enum status write_result(const struct job *job, FILE *file, struct err *err)
{
    return report_result_json(file, &job->sum.result, err);
}

static enum status write_violations(const struct job *job, FILE *file, struct err *err)
{
    const struct check_names names = present_names(job);
    const struct report_context context = {.names = &names};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < job->sum.n_kept && !status; i++) {
        const struct trials_kept *kept = &job->sum.kept[i];
        status = report_violations_jsonl(file, &job->sum.result, kept->trial,
                                         &kept->check, &context, err);
    }
    return status;
}

static enum status write_config(const struct job *job, FILE *file, struct err *err)
{
    struct text text = {0};
    config_json(job->effective, &text);
    bool good = fputs(text_get(&text), file) >= 0;
    text_free(&text);
    return good ? STATUS_OK : err_set(err, STATUS_INTERNAL, "out of memory");
}

static const struct {
    const char *name;
    enum status (*write)(const struct job *job, FILE *file, struct err *err);
} files[] = {
    {"summary.txt", write_summary},
    {"result.json", write_result},
    {"violations.jsonl", write_violations},
    {"config.json", write_config},
};

static enum status write_file(const struct job *job, const struct output_dir *dir,
                              size_t i, struct err *err)
{
    struct present_buffer buffer;
    enum status status = present_buffer_open(&buffer, err);
    if (!status)
        status = files[i].write(job, buffer.file, err);
    if (!status)
        status = present_buffer_close(&buffer, err);
    if (!status)
        status = output_dir_write(dir, files[i].name, buffer.bytes, buffer.n, err);
    present_buffer_free(&buffer);
    return status;
}

enum status present_files(const struct job *job, const struct run_args *args,
                          const struct output_dir *dir, int argc, char **argv,
                          struct err *err)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof files / sizeof files[0] && !status; i++)
        status = write_file(job, dir, i, err);
    if (status)
        return status;
    /* Last, so that a directory with a manifest is complete. */
    struct text manifest = {0};
    manifest_write(job, args, argc, argv, &manifest);
    status =
        output_dir_write(dir, "manifest.json", text_get(&manifest), manifest.n, err);
    text_free(&manifest);
    return status;
}

void present_end(const struct job *job, const char *command)
{
    const struct trials *sum = &job->sum;
    if (!sum->message[0])
        return;
    fprintf(stderr, "sim %s: %s", command, job->config.protocol.name);
    if (job->config.run.trials > 1)
        fprintf(stderr, ", trial %" PRIu64, sum->first_bad);
    fprintf(stderr, ": %s\n", sum->message);
}
