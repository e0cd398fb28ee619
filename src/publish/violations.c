/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * violations.c - lists of violations, and files for other viewers. See publication.h.
 *
 *   violations.csv .jsonl      every violation that has a row
 *   violations.md              those that are drawn, as text
 *   witness/trace.json         Perfetto, speedscope: all of them in one file
 *   witness/violation-3.vcd    GTKWave, Surfer
 *   witness/violation-3.kanata Konata
 *   witness/violation-3.svg    the timeline of the page, for slides
 */
#include "publish/publication.h"

#include "results/export.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static enum status write_list(struct publication *p, const char *name,
                              enum results_format format, struct err *err)
{
    struct output_stream stream;
    if (output_dir_begin(p->dir, name, &stream, err))
        return err->status;
    return output_dir_end(
        &stream, results_export(p->results, "violations", format, stream.file, err),
        err);
}

static enum status put_markdown(FILE *out, const struct publication *p, struct err *err)
{
    fprintf(out,
            "# Violations\n\n%" PRIu64 " of %" PRIu64
            " violations, with their witnesses. All are in violations.csv.\n",
            (uint64_t)p->n_shown, p->n_rows);
    for (uint32_t i = 0; i < p->n_shown; i++) {
        char point[300];
        const struct publish_shown *shown = &p->shown[i];
        publish_point(p, shown->point, point, sizeof point);
        fprintf(out, "\n");
        if (witness_markdown(out, &shown->witness, (uint32_t)shown->number, false, err))
            return err->status;
        fprintf(out, "\nPoint: %s%sseed %" PRIu64 ".\n", point, point[0] ? ", " : "",
                shown->seed);
    }
    return STATUS_OK;
}

static enum status write_markdown(struct publication *p, struct err *err)
{
    struct publish_file file;
    if (publish_open(&file, err))
        return err->status;
    return publish_close(&file, p->dir, "violations.md",
                         put_markdown(file.stream, p, err), err);
}

typedef enum status export_fn(FILE *file, const struct witness *const *witnesses,
                              uint32_t n, double core_mhz, struct err *err);

static enum status write_export(const struct output_dir *dir, const char *name,
                                export_fn *export_, const struct witness *const *list,
                                uint32_t n, double core_mhz, struct err *err)
{
    struct publish_file file;
    if (publish_open(&file, err))
        return err->status;
    return publish_close(&file, dir, name, export_(file.stream, list, n, core_mhz, err),
                         err);
}

/* One file for all; points may differ in their clock, a file has that of the first. */
static enum status write_chrome(struct publication *p, const struct output_dir *dir,
                                struct err *err)
{
    const struct witness *list[PUBLISH_SHOWN_MAX];
    for (uint32_t i = 0; i < p->n_shown; i++)
        list[i] = &p->shown[i].witness;
    return write_export(dir, "trace.json", witness_chrome, list, p->n_shown,
                        p->shown[0].core_mhz, err);
}

static enum status write_each(struct publication *p, const struct output_dir *dir,
                              const char *suffix, export_fn *export_, struct err *err)
{
    for (uint32_t i = 0; i < p->n_shown; i++) {
        char name[64];
        const struct witness *one = &p->shown[i].witness;
        snprintf(name, sizeof name, "violation-%" PRIu64 ".%s", p->shown[i].number,
                 suffix);
        if (write_export(dir, name, export_, &one, 1, p->shown[i].core_mhz, err))
            return err->status;
    }
    return STATUS_OK;
}

/* The timeline of the page as a file of its own: the style goes inside. */
static enum status put_svg(FILE *file, const struct witness *const *witnesses,
                           uint32_t n, double core_mhz, struct err *err)
{
    char *svg = NULL;
    size_t bytes;
    const struct witness_svg_options options = {"w", core_mhz};
    FILE *memory = open_memstream(&svg, &bytes);
    (void)n; /* One. */
    if (!memory)
        return err_set(err, STATUS_LIMIT, "out of memory");
    enum status status = witness_svg(memory, witnesses[0], &options, err);
    if (fclose(memory) != 0 && !status)
        status = err_set(err, STATUS_LIMIT, "out of memory");
    const char *inside = status ? NULL : strchr(svg, '>');
    if (inside)
        fprintf(file, "%.*s>\n<style>\n%s</style>%s", (int)(inside - svg), svg,
                witness_svg_css(), inside + 1);
    free(svg);
    return status;
}

enum status publish_violations(struct publication *p, struct err *err)
{
    struct output_dir dir;
    if (write_list(p, "violations.csv", RESULTS_CSV, err) ||
        write_list(p, "violations.jsonl", RESULTS_JSONL, err) || write_markdown(p, err))
        return err->status;
    if (p->n_shown == 0)
        return STATUS_OK;
    if (output_dir_open_inside(&dir, p->dir, "witness", true, err) ||
        write_chrome(p, &dir, err) || write_each(p, &dir, "vcd", witness_vcd, err))
        return err->status;
    if (write_each(p, &dir, "svg", put_svg, err))
        return err->status;
    return write_each(p, &dir, "kanata", witness_kanata, err);
}
