/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * witness.h - violations that come back from a results file.
 *
 * A results file keeps each violation as one line of violations.jsonl (column
 * witness_json of table violation).  witness_read() makes a violation of it
 * again; with it everything that src/report draws of a violation just found
 * can be drawn later, and the functions below draw and export more:
 *
 *   witness_read -> witness_svg | report_timeline | ... -> witness_free
 *
 * docs/timelines.md says how the picture is read.
 */
#ifndef WITNESS_WITNESS_H
#define WITNESS_WITNESS_H

#include "base/status.h"
#include "check/check.h"

#include <stdio.h>

struct witness {
    struct check_violation v; /* v.witness is 'records'. */
    char protocol[128];
    uint64_t trial;
    char symbol[128];      /* Of v.va; in hexadecimal if it has no name. */
    char lock_symbol[128]; /* Of v.lock_va; "" if there is no lock. */
    char sentence[1024];   /* With these names; v.sentence is its beginning. */
    struct obs *records;   /* Owned. The field 'unit' is not kept: 0. */
};

/* Reads one line of violations.jsonl, terminated by '\0' (a newline at the end
 * is allowed).  Strict: STATUS_STORE says which key is wrong, in which column,
 * and then '*w' is empty.  Free it with witness_free() otherwise. */
enum status witness_read(struct witness *w, const char *json, struct err *err);

/* Frees what witness_read() took. An all-zero witness is allowed. */
void witness_free(struct witness *w);

/* Names for report_timeline() and check_sentence(): v.va and v.lock_va by
 * their symbols, everything else in hexadecimal.  Valid as long as '*w' is
 * neither moved nor freed. */
struct check_names witness_names(const struct witness *w);

/* How a picture is drawn. */
struct witness_svg_options {
    /* Before every id, so that many pictures can lie in one page: letters,
     * digits, '-' and '_', a letter first.  Null means "w". */
    const char *id_prefix;
    double core_mhz; /* For nanoseconds; 0: only cycles are told. */
};

/*
 * Writes the violation as one inline <svg> element, 1000 units wide: time runs
 * to the right in cycles after the fault, a group of lanes for each CPU that
 * takes part.  Returns STATUS_STORE if writing failed, STATUS_INTERNAL if
 * memory ran out.
 *
 * Colours and fonts come from witness_svg_css() alone, which a page includes
 * once.  What a script needs to draw the same picture with another x axis,
 * without distorting text:
 *
 *   <svg data-from data-to>            all that is known, in cycles after zero
 *        data-view-from data-view-to   what is shown first
 *        data-left data-right>         x of the two ends of the axis, in units
 *   <g class="wt-axis">                ticks: may be written anew
 *   <rect data-t0 data-t1>             x and width; at least 2 wide
 *   <line data-t0 data-t1>             x1 and x2
 *   <g data-t0 data-t1 data-y>         transform="translate(x(t0), y)"
 *   <g class="wt-step-tag">            the same, but x is the middle of what is
 *                                      visible of its box; hidden if that is
 *                                      data-unless units wide: then the name
 *                                      stands inside
 *   <text data-t0 data-t1 data-w>      in a box: x is 4 right of its visible
 *                                      beginning, hidden if less than data-w
 *                                      units of the box are visible
 *                                      (or more than data-unless, where it
 *                                      is there: the long name fits then)
 *
 * Labels of marks lie in their <g>, as <text class="wt-tag" data-w>: data-w is
 * the width; text-anchor="end" means to the left of the mark.  Those without
 * room in the first view have visibility="hidden".
 */
enum status witness_svg(FILE *file, const struct witness *w,
                        const struct witness_svg_options *o, struct err *err);

/*
 * Writes the violation as a picture for a paper, to be \input: what the first view
 * of witness_svg() shows, in LaTeX with tikz, xcolor and the libraries patterns and
 * arrows.meta.  It is as wide as the line, or as the length \witnesswidth if the
 * paper sets it, and has one layout for a column and one for a page; it can be read
 * in black and white.  'core_mhz' turns cycles into nanoseconds; 0: only cycles are
 * told.  Equal input gives equal bytes.  Returns STATUS_STORE if writing failed,
 * STATUS_INTERNAL if memory ran out.
 */
enum status witness_tikz(FILE *file, const struct witness *w, double core_mhz,
                         struct err *err);

/* The CSS of all pictures, terminated: custom properties for the colours of
 * light, dark (by preference, or data-theme="dark" on the root element) and
 * print.  A picture lies in <div class="wt-scroll">, which scrolls sideways
 * where the page is too narrow to read it. */
const char *witness_svg_css(void);

/*
 * Exports for other viewers (docs/timelines.md).  Each writes 'n' witnesses
 * into one file; 'core_mhz' turns cycles into time, and 0 means that nobody
 * knows: then a cycle counts as a nanosecond.  STATUS_STORE if writing failed,
 * STATUS_INTERNAL if memory ran out.  Equal input gives equal bytes.
 */

/* Chrome trace events (JSON), for Perfetto and speedscope: a process for each
 * violation, a thread for each CPU, and one for each thing that holds. */
enum status witness_chrome(FILE *file, const struct witness *const *w, uint32_t n,
                           double core_mhz, struct err *err);

/* A waveform (VCD), for GTKWave and Surfer: a scope for each violation, all of
 * them from time 0 on, in picoseconds. */
enum status witness_vcd(FILE *file, const struct witness *const *w, uint32_t n,
                        double core_mhz, struct err *err);

/* Kanata 0004, for Konata: an "instruction" for each fault, interrupt, wait and
 * operation, one violation after the other, in cycles. */
enum status witness_kanata(FILE *file, const struct witness *const *w, uint32_t n,
                           double core_mhz, struct err *err);

/* A section of violations.md: heading with the anchor "violation-NUMBER",
 * sentence, facts, and the timeline as text ('ascii': without box-drawing
 * characters).  Errors as above. */
enum status witness_markdown(FILE *file, const struct witness *w, uint32_t number,
                             bool ascii, struct err *err);

#endif
