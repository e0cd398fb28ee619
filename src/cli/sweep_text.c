/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * sweep_text.c - what sim sweep says of a plan. See sweep_text.h.
 */
#include "cli/sweep_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define ESTIMATE_S 5.0 /* At most, for the trials of --dry-run. */

void sweep_text_plan(const struct sweep_plan *p)
{
    uint64_t n;
    struct err err;
    if (sweep_count(p, &n, &err))
        return;
    printf("%" PRIu64 " points, %s%" PRIu32 " trials each: %s%" PRIu64 " trials\n", n,
           p->precision > 0 ? "at most " : "", p->trials,
           p->precision > 0 ? "at most " : "", n * p->trials);
    printf("guests     ");
    for (uint32_t i = 0; i < p->n_traces; i++)
        printf(" %s", p->trace_names[i]);
    printf("\nprotocols  ");
    for (uint32_t i = 0; i < p->n_protocols; i++) {
        char label[80];
        sweep_protocol_label(p->protocols[i], label, sizeof label);
        printf(" %s", label);
    }
    printf("%s\n", p->n_protocols ? "" : " of the configuration");
    for (uint32_t i = 0; i < p->n_axes; i++) {
        printf("%-11s", i ? p->zip ? "with" : "times" : "axis");
        printf(" %s, %" PRIu32 " values:", p->axes[i].key, p->axes[i].n);
        for (uint32_t k = 0; k < p->axes[i].n && k < 12; k++)
            printf(" %s", p->axes[i].values[k]);
        printf("%s\n", p->axes[i].n > 12 ? " ..." : "");
    }
}

static void print_duration(double seconds)
{
    if (seconds < 10)
        printf("%.2g s", seconds);
    else if (seconds < 120)
        printf("%.0f s", seconds);
    else if (seconds < 7200)
        printf("%.0f minutes", seconds / 60);
    else
        printf("%.1f hours", seconds / 3600);
}

/* How long it will take, and how we know. */
enum status sweep_text_estimate(const struct sweep_plan *plan,
                                const struct sweep_options *options, struct err *err)
{
    struct sweep_estimate e;
    if (sweep_estimate(plan, options, ESTIMATE_S, &e, err))
        return err->status;
    if (e.n == 0)
        return STATUS_OK;
    printf("estimate    %s ", e.cut                 ? "more than"
                              : plan->precision > 0 ? "at most about"
                                                    : "about");
    print_duration(e.seconds);
    printf(" for %" PRIu64 " points on %u processes, from one trial each of", e.points,
           options->jobs);
    for (unsigned i = 0; i < e.n; i++)
        printf("%s point %" PRIu64 " (%s%.4g ms, and %.3g ms to make the machine)",
               i ? "," : "", e.sample[i].point, e.sample[i].cut ? "stopped after " : "",
               1000 * e.sample[i].trial_s, 1000 * e.sample[i].setup_s);
    printf("; without storing\n");
    return STATUS_OK;
}

void sweep_text_word(struct text *out, const char *word)
{
    bool quote = !*word || strpbrk(word, " \t\n\"'\\$`*?[]{}()<>|&;#~!");
    text_add(out, quote ? " '" : " ");
    while (*word) {
        size_t n = strcspn(word, ",="), from = n;
        while (from > 0 && word[from - 1] != '/')
            from--;
        for (size_t i = from; i < n + (word[n] != 0); i++)
            if (word[i] == '\'')
                text_add(out, "'\\''");
            else
                text_add_bytes(out, &word[i], 1);
        word += n + (word[n] != 0);
    }
    text_add(out, quote ? "'" : "");
}
