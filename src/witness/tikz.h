/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz.h - what the parts of the picture for print share; private to src/witness.
 *
 *   tikz.c       the picture
 *   tikz_style.c its head: width, unit, styles, the shapes of marks
 *   tikz_text.c  text in LaTeX, and how wide it is
 */
#ifndef WITNESS_TIKZ_H
#define WITNESS_TIKZ_H

#include "witness/svg.h"

/* Widths of the two layouts, in units: twelfths of the size of \scriptsize. */
#define TIKZ_WIDE   700.0
#define TIKZ_NARROW 400.0

/* The measures of the two layouts. */
extern const struct svg_measures tikz_wide, tikz_narrow;

/* Writes everything before the pictures. It opens a group. */
void tikz_head(FILE *file, const struct witness *w);

/* Writes 'text' with what LaTeX would take for its own escaped.  A byte that is not
 * printable ASCII becomes '?': no font has all characters. */
void tikz_escape(FILE *file, const char *text);

/* How wide 'text' is in Computer Modern of 'size', which is wider than others. */
double tikz_text_width(const char *text, double size);

#endif
