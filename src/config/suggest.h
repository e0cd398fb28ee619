/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.h - "did you mean ...?".
 */
#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include "base/types.h"

#define SUGGEST_BYTES 128

/* Collects candidates for one misspelt word. */
struct suggest {
    const char *wrong;
    unsigned best;             /* Distance of 'found'. */
    char found[SUGGEST_BYTES]; /* Empty while nothing is near. */
};

/* The number of letters to insert, delete, replace or swap with a neighbour
 * to make 'a' from 'b'.  Looks at the first 63 letters. */
unsigned suggest_distance(const char *a, const char *b);

void suggest_start(struct suggest *suggest, const char *wrong);
void suggest_offer(struct suggest *suggest, const char *candidate);

/* "; did you mean "x"?" written into 'out', or the empty text. */
const char *suggest_text(const struct suggest *suggest, char *out, size_t n);

#endif
