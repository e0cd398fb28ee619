/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_text.c - text in XML, and how wide it is; see svg.h.
 */
#include "witness/svg.h"

#include <string.h>

/* The length of the UTF-8 character at 'at', or 0 if it is not one. */
static unsigned utf8(const unsigned char *at)
{
    unsigned n = at[0] < 0x80                     ? 1
                 : at[0] >= 0xc2 && at[0] <= 0xdf ? 2
                 : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                 : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4
                                                  : 0;
    for (unsigned i = 1; i < n; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return n;
}

void svg_escape(FILE *file, const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at;) {
        unsigned n = utf8(at);
        if (*at == '<')
            fputs("&lt;", file);
        else if (*at == '>')
            fputs("&gt;", file);
        else if (*at == '&')
            fputs("&amp;", file);
        else if (*at == '"')
            fputs("&quot;", file);
        else if (n == 0 || *at < 0x20 || *at == 0x7f) /* XML has no such characters. */
            fputs("\xef\xbf\xbd", file);
        else
            fwrite(at, 1, n, file);
        at += n ? n : 1;
    }
}

/* In parts of the font size; a little more than the common fonts need. */
static double character_width(unsigned char c)
{
    if (c >= 0x80)
        return 1.0;
    if (strchr("ijlI.,:;'|!()[] ", c))
        return 0.36;
    if (strchr("ftr-/", c))
        return 0.42;
    if (strchr("mwMW@#%", c))
        return 0.92;
    if (c >= 'A' && c <= 'Z')
        return 0.74;
    return 0.62;
}

double svg_text_width(const char *text, double size)
{
    double width = 0;
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            width += character_width((unsigned char)*text);
    return width * size;
}
