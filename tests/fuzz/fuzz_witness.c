/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fuzz_witness.c - no line may crash or hang the reading of a violation.
 *
 * What is read must write itself as a line that is read again and writes
 * itself byte for byte, and every picture and export of it must come to an
 * end.
 *
 * Links: check report
 */
#include "report/report.h"
#include "witness/witness.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *write_line(const struct witness *w)
{
    static struct run_result result;
    struct check_names names = witness_names(w);
    struct report_context context = {.names = &names};
    struct check_result check = {.violations = &w->v, .n_violations = 1};
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    assert(file);
    snprintf(result.protocol, sizeof result.protocol, "%s", w->protocol);
    enum status status =
        report_violations_jsonl(file, &result, w->trial, &check, &context, NULL);
    assert(!status);
    fclose(file);
    return text;
}

static void round_trip(const struct witness *w)
{
    struct witness again;
    char *once = write_line(w), *twice;
    /* A name or number of the file may come out longer than a line may be. */
    if (!witness_read(&again, once, NULL)) {
        twice = write_line(&again);
        assert(strcmp(once, twice) == 0);
        free(twice);
        witness_free(&again);
    }
    free(once);
}

static void export_all(const struct witness *w)
{
    const struct witness *both[] = {w, w};
    char *text;
    size_t n;
    FILE *file = open_memstream(&text, &n);
    assert(file);
    enum status status = witness_svg(file, w, NULL, NULL);
    assert(!status);
    status = witness_tikz(file, w, 3400, NULL);
    assert(!status);
    status = witness_chrome(file, both, 2, 3400, NULL);
    assert(!status);
    status = witness_vcd(file, both, 2, 0, NULL);
    assert(!status);
    status = witness_kanata(file, both, 2, 0, NULL);
    assert(!status);
    status = witness_markdown(file, w, 1, true, NULL);
    assert(!status);
    fclose(file);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct witness w;
    struct err err;
    char *text = malloc(size + 1);
    assert(text);
    memcpy(text, data, size);
    text[size] = '\0';
    if (!witness_read(&w, text, &err)) {
        round_trip(&w);
        export_all(&w);
        witness_free(&w);
    } else {
        assert(err.status == STATUS_STORE && err.message[0]);
    }
    free(text);
    return 0;
}
