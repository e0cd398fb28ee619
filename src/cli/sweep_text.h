/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_text.h - what sim sweep says of a plan: on the terminal, and in the manifest.
 */
#ifndef CLI_SWEEP_TEXT_H
#define CLI_SWEEP_TEXT_H

#include "config/text.h"
#include "sweep/sweep.h"

/* Prints points, trials, guests, protocols and axes to stdout. */
void sweep_text_plan(const struct sweep_plan *plan);

/* Prints how long the sweep will take, and how that is known: trials of a few points
 * are run for it.  Errors are those of the trials. */
enum status sweep_text_estimate(const struct sweep_plan *plan,
                                const struct sweep_options *options, struct err *err);

/* Adds a word of the command line, every path cut to its last part, quoted for a shell
 * if need be: "a/b,key=/c/d" -> " b,key=d". */
void sweep_text_word(struct text *out, const char *word);

#endif
