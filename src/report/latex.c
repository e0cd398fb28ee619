/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * latex.c - see latex.h.
 */
#include "report/latex.h"

#include <stdbool.h>
#include <stddef.h>

/* The characters that cannot stand for themselves. */
static const struct {
    char character;
    const char *latex;
} specials[] = {
    {'\\', "\\textbackslash{}"},
    {'^', "\\textasciicircum{}"},
    {'~', "\\textasciitilde{}"},
    {'<', "\\textless{}"},
    {'>', "\\textgreater{}"},
    {'|', "\\textbar{}"},
    {'"', "{\\char`\\\"}"},
    {'`', "{\\textasciigrave}"},
    {'_', "\\_"},
    {'%', "\\%"},
    {'#', "\\#"},
    {'&', "\\&"},
    {'$', "\\$"},
    {'{', "\\{"},
    {'}', "\\}"},
};

static const char *special_of(char c)
{
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (specials[i].character == c)
            return specials[i].latex;
    return NULL;
}

/* The bytes of the character at 'at' if LaTeX has it: ASCII, and Latin-1 from U+00A0
 * on. */
static size_t known_bytes(const unsigned char *at)
{
    if (at[0] < 0x80)
        return at[0] >= 0x20 && at[0] != 0x7f;
    bool two = at[0] >= 0xc2 && at[0] <= 0xc3 && (at[1] & 0xc0) == 0x80;
    return two && (at[0] > 0xc2 || at[1] >= 0xa0) ? 2 : 0;
}

void report_latex(FILE *file, const char *text)
{
    while (*text) {
        size_t n = known_bytes((const unsigned char *)text);
        const char *special = special_of(*text);
        if (special)
            fputs(special, file);
        else if (n)
            fwrite(text, 1, n, file);
        else
            fputc('?', file);
        for (text += n ? n : 1; !n && (*text & 0xc0) == 0x80;)
            text++;
    }
}
