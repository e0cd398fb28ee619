/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * tikz_style.c - the head of the picture for print; see tikz.h.
 *
 * Everything is told apart by its pattern, its shape or its line; colours only
 * help where there are any.
 */
#include "witness/tikz.h"

#include "report/latex.h"

#include <inttypes.h>

const struct svg_measures tikz_wide = {
    .left = 116,
    .right = TIKZ_WIDE - 2,
    .bold = 1.16,
    .rows = 4,
    .crowd = 12,
    .lanes = 5,
    .print = true,
    .text_width = tikz_text_width,
};

const struct svg_measures tikz_narrow = {
    .left = 44,
    .right = TIKZ_NARROW - 2,
    .bold = 1.16,
    .rows = 5,
    .crowd = 8,
    .lanes = 4,
    .print = true,
    .names_above = true,
    .text_width = tikz_text_width,
};

/* Lengths are in pt; a unit is a twelfth of the size of \scriptsize, so a paper in
 * larger type gets a higher picture. */
static const char lengths[] =
    "\\begingroup\\scriptsize\n"
    "\\ifdefined\\witnesswidth\\else\\newlength\\witnesswidth\\fi\n"
    "\\ifdim\\witnesswidth=0pt\\setlength\\witnesswidth{\\linewidth}\\fi\n"
    "\\edef\\witnessunit{\\the\\dimexpr\\csname f@size\\endcsname pt/12\\relax}%\n";

static const char styles[] =
    "\\definecolor{witnessold}{rgb}{0.70,0.28,0.00}%\n"
    "\\definecolor{witnessnew}{rgb}{0.82,0.90,0.97}%\n"
    "\\definecolor{witnessbad}{rgb}{0.75,0.00,0.05}%\n"
    "\\tikzset{%\n"
    "  witness/.style={y=-\\witnessunit,line width=0.4pt,line cap=butt},\n"
    "  witness unit/.style={x=\\witnessunit,y=-\\witnessunit},\n"
    "  witness text/.style={font=\\scriptsize,inner sep=0pt,outer sep=0pt,"
    "anchor=base west},\n"
    "  witness label/.style={witness text,fill=white,inner xsep=0.6pt,"
    "inner ysep=0.3pt},\n"
    "  witness grid/.style={black!18,line width=0.3pt},\n"
    "  witness rule/.style={black!55,line width=0.3pt},\n"
    "  witness lead/.style={black!55,line width=0.25pt},\n"
    "  witness code/.style={black!70,line width=0.4pt},\n"
    "  witness held/.style={black!75,line width=1.7pt},\n"
    "  witness when/.style={witnessbad,line width=0.5pt,dash pattern=on 2pt off "
    "1.2pt},\n"
    "  witness old/.style={draw=witnessold,pattern=north east lines,"
    "pattern color=witnessold},\n"
    "  witness new/.style={draw=black,fill=witnessnew},\n"
    "  witness other/.style={draw=black,fill=white},\n"
    "  witness nothing/.style={draw=black!60,fill=white,dash pattern=on 0.8pt off "
    "1.2pt},\n"
    "  witness owner/.style={draw=black,fill=black!12},\n"
    "  witness fault/.style={draw=black!60,fill=black!6},\n"
    "  witness step/.style={draw=black,fill=white},\n"
    "  witness irq/.style={draw=black,fill=black!25},\n"
    "  witness waits/.style={draw=black!70,preaction={fill=white},pattern=dots,"
    "pattern color=black!75},\n"
    "  witness ipi/.style={line width=0.6pt,-{Stealth[length=4pt,width=3.4pt]}},\n"
    "  witness open/.style={line width=0.6pt,dash pattern=on 4pt off 1.5pt on 0.8pt "
    "off "
    "1.5pt},\n"
    "  witness ack/.style={line width=0.5pt,dash pattern=on 2.4pt off 1.2pt,"
    "-{Straight Barb[length=2.2pt,width=3.6pt]}},\n"
    "  witness missed/.style={witnessbad,line width=0.8pt,dash pattern=on 0.9pt off "
    "1.1pt,-{Stealth[open,length=5pt,width=4.4pt]}},\n"
    "  witness cut/.style={-},\n";

/* The marks, around (0,0). */
static const char marks[] =
    "  witness load/.pic={\\draw[witness unit,pic actions,fill=white,line width=0.6pt] "
    "(0,0) circle[radius=4.5*\\witnessunit];},\n"
    "  witness store/.pic={\\fill[witness unit,pic actions] (-4.5,-4.5) rectangle "
    "(4.5,4.5);},\n"
    "  witness lock/.pic={\\draw[witness unit,pic actions,line width=0.8pt] (3.5,-7) "
    "-- "
    "(0,-7) -- (0,7) -- (3.5,7);},\n"
    "  witness unlock/.pic={\\draw[witness unit,pic actions,line width=0.8pt] "
    "(-3.5,-7) "
    "-- (0,-7) -- (0,7) -- (-3.5,7);},\n"
    "  witness sync/.pic={\\draw[witness unit,pic actions,fill=white] (0,-6) -- (5,0) "
    "-- (0,6) -- (-5,0) -- cycle;},\n"
    "  witness inval/.pic={\\draw[witness unit,pic actions,line width=0.9pt] (-3.5,-4) "
    "-- (3.5,3) (3.5,-4) -- (-3.5,3);},\n"
    "  witness event/.pic={\\fill[witness unit,pic actions] (-3.5,-6) -- (3.5,-6) -- "
    "(0,0) -- cycle;},\n"
    "  witness ring/.pic={\\draw[witness unit,witnessbad,line width=0.9pt] (0,0) "
    "circle[radius=9*\\witnessunit];},\n"
    "  witness frame/.pic={\\draw[witness unit,witnessbad,line width=0.9pt] (-8,-8) "
    "rectangle (8,8);},\n"
    "}%\n";

void tikz_head(FILE *file, const struct witness *w)
{
    fputs("% A violation of ", file);
    report_latex(file, check_rule_name(w->v.rule));
    fprintf(
        file,
        ", trial %" PRIu64 ", as a picture.  The preamble of the paper needs\n"
        "%%   \\usepackage{tikz,xcolor}\n"
        "%%   \\usetikzlibrary{patterns,arrows.meta}\n"
        "%% It is as wide as the line: a column in figure, the page in figure*.  For "
        "another\n%% width:\n"
        "%%   \\newlength{\\witnesswidth}\\setlength{\\witnesswidth}{0.8\\textwidth}\n"
        "%% Text stays \\scriptsize; above %.0f times that size the picture has "
        "names beside its\n%% lanes, below above them.\n",
        w->trial, TIKZ_WIDE / SVG_FONT);
    fputs(lengths, file);
    fputs(styles, file);
    fputs(marks, file);
}
