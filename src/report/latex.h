/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latex.h - a text as LaTeX shows it, whatever it holds.
 */
#ifndef REPORT_LATEX_H
#define REPORT_LATEX_H

#include <stdio.h>

/* Writes 'text' (UTF-8) so that it stands for itself in any font encoding. What LaTeX
 * does not have (control characters, all beyond Latin-1) becomes '?': some of it would
 * stop the run. */
void report_latex(FILE *file, const char *text);

#endif
