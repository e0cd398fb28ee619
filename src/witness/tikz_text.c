/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz_text.c - text in LaTeX, and how wide it is; see tikz.h.
 */
#include "witness/tikz.h"

#include <string.h>

/* In parts of the font size: the advances of ecrm0700, the widest in each class. */
static double character_width(char c)
{
    if (strchr("ijlI.,:;'|! ", c))
        return c == 'I' ? 0.42 : 0.36;
    if (strchr("frt()[]-", c))
        return 0.45;
    if (strchr("cesz", c))
        return 0.51;
    if (strchr("agkoqvxy0123456789?/", c))
        return 0.6;
    if (strchr("mw#_%@&+=<>~\\", c))
        return 0.94;
    if (strchr("MW", c))
        return 1.16;
    return c >= 'A' && c <= 'Z' ? 0.88 : 0.64;
}

double tikz_text_width(const char *text, double size)
{
    double width = 0;
    for (; *text; text++)
        if (((unsigned char)*text & 0xc0) != 0x80)
            width += character_width(*text);
    return width * size;
}
