/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * words.c - numbers and texts for LaTeX and HTML. See publication.h.
 */
#include "publish/publication.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

const char *publish_percent(double share, char text[32])
{
    double percent = 100 * share;
    int digits = percent == 0 || percent == 100 ? 0
                 : percent < 0.1                ? 3
                 : percent < 10                 ? 2
                                                : 1;
    snprintf(text, 32, "%.*f", digits, percent);
    return text;
}

const char *publish_number(uint64_t value, const char *gap, char text[64])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, value);
    char *at = text;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0 && n > 4)
            at = stpcpy(at, gap);
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

void publish_html(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&':
            fputs("&amp;", out);
            break;
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '"':
            fputs("&quot;", out);
            break;
        default:
            fputc(*text, out);
        }
}

void publish_macro_name(const char *text, char *name, size_t n)
{
    static const char *const digits[] = {"Zero", "One", "Two",   "Three", "Four",
                                         "Five", "Six", "Seven", "Eight", "Nine"};
    size_t used = 0;
    bool start = true;
    for (; *text && used + 8 < n; text++) {
        unsigned char c = (unsigned char)*text;
        if (isdigit(c))
            used += (size_t)snprintf(name + used, n - used, "%s", digits[c - '0']);
        else if (isalpha(c))
            name[used++] = (char)(start ? toupper(c) : c);
        start = !isalpha(c);
    }
    name[used] = '\0';
}

void publish_point(const struct publication *p, uint64_t point, char *text, size_t room)
{
    size_t n = 0;
    uint32_t row = points_row(&p->points, point);
    text[0] = '\0';
    for (uint32_t d = 0; d < p->points.n_dims && row != UINT32_MAX && n < room; d++) {
        const struct points_dim *dim = &p->points.dims[d];
        uint32_t place = points_place(&p->points, row, d);
        if (strcmp(dim->key, "protocol") != 0 && place != UINT32_MAX)
            n += (size_t)snprintf(text + n, room - n, "%s%s %s", n ? ", " : "",
                                  dim->key, dim->values[place].text);
    }
}
