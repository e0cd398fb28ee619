/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest.c - the nearest known word. See suggest.h.
 */
#include "config/suggest.h"

#include <stdio.h>
#include <string.h>

#define LETTERS_MAX 63

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: three rows of the usual table. */
unsigned suggest_distance(const char *a, const char *b)
{
    unsigned rows[3][LETTERS_MAX + 1];
    size_t n_a = strnlen(a, LETTERS_MAX), n_b = strnlen(b, LETTERS_MAX);
    for (unsigned j = 0; j <= n_b; j++)
        rows[0][j] = j;
    for (unsigned i = 1; i <= n_a; i++) {
        unsigned *now = rows[i % 3], *last = rows[(i + 2) % 3],
                 *older = rows[(i + 1) % 3];
        now[0] = i;
        for (unsigned j = 1; j <= n_b; j++) {
            now[j] = least(last[j - 1] + (a[i - 1] != b[j - 1]),
                           least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
    }
    return rows[n_a % 3][n_b];
}

/* Farther than a third of the word is no misspelling but another word. */
void suggest_start(struct suggest *suggest, const char *wrong)
{
    unsigned limit = (unsigned)strnlen(wrong, LETTERS_MAX) / 3;
    suggest->wrong = wrong;
    suggest->best = (limit < 2 ? 2 : limit) + 1;
    suggest->found[0] = '\0';
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
    unsigned distance = suggest_distance(suggest->wrong, candidate);
    if (distance >= suggest->best)
        return;
    suggest->best = distance;
    snprintf(suggest->found, sizeof suggest->found, "%s", candidate);
}

const char *suggest_text(const struct suggest *suggest, char *out, size_t n)
{
    out[0] = '\0';
    if (suggest->found[0])
        snprintf(out, n, "; did you mean \"%s\"?", suggest->found);
    return out;
}
