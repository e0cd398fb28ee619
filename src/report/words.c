/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c - small words; see words.h.
 */
#include "report/words.h"

#include "base/pte.h"

#include <inttypes.h>
#include <string.h>

const char *report_name(const struct check_names *names, uint32_t space, uint64_t va,
                        char *text)
{
    if (names && names->name)
        names->name(names->context, space, va, text, REPORT_NAME_BYTES);
    else
        snprintf(text, REPORT_NAME_BYTES, "0x%" PRIx64, va);
    return text;
}

const char *report_number(uint64_t value, char *text)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *at = text;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && n > 4)
            *at++ = ' ';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

const char *report_percent(double share, char *text)
{
    double percent = 100 * share;
    const char *format = percent == 0      ? "%.0f %%"
                         : percent < 0.001 ? "%.1e %%"
                         : percent < 0.1   ? "%.4f %%"
                         : percent < 10    ? "%.2f %%"
                                           : "%.1f %%";
    snprintf(text, 32, format, percent);
    return text;
}

const char *report_entry(uint64_t entry, char *text)
{
    pte_t pte = {entry};
    if (!pte_has(pte, PTE_P))
        snprintf(text, 48, "not present");
    else
        snprintf(text, 48, "%" PRIu32 " %s", pte_frame(pte).v,
                 pte_has(pte, PTE_RW) ? "rw" : "ro");
    return text;
}

unsigned report_columns(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

const char *report_color(const struct report_style *style, enum report_color color)
{
    static const char *const codes[REPORT_N_COLORS] = {
        [REPORT_PLAIN] = "\033[0m",  [REPORT_BOLD] = "\033[1m",
        [REPORT_DIM] = "\033[2m",    [REPORT_RED] = "\033[31m",
        [REPORT_GREEN] = "\033[32m", [REPORT_YELLOW] = "\033[33m",
        [REPORT_BLUE] = "\033[36m",
    };
    return style->color ? codes[color] : "";
}
