/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_pen.c - times in words, lines and texts of the picture; see svg.h.
 */
#include "witness/svg.h"

#include "report/words.h"

#include <inttypes.h>

void svg_put_cycles(const struct svg_pen *p, int64_t t)
{
    char number[32];
    bool minus = t < 0;
    fprintf(p->file, "%s%s", minus ? "\xe2\x88\x92" : "",
            report_number(minus ? (uint64_t)-t : (uint64_t)t, number));
}

void svg_put_ns(const struct svg_pen *p, int64_t cycles)
{
    if (p->core_mhz > 0)
        fprintf(p->file, " (%.4g ns)", (double)cycles * 1000 / p->core_mhz);
}

/* A <title>: what, and when. */
void svg_put_title(const struct svg_pen *p, const char *text, int64_t t0, int64_t t1)
{
    fputs("<title>", p->file);
    svg_escape(p->file, text);
    fputs("\nat ", p->file);
    svg_put_cycles(p, t0);
    if (t1 > t0) {
        fputs(" to ", p->file);
        svg_put_cycles(p, t1);
        fputs(": ", p->file);
        svg_put_cycles(p, t1 - t0);
        fputs(" cycles", p->file);
        svg_put_ns(p, t1 - t0);
    } else {
        fputs(" cycles", p->file);
        svg_put_ns(p, t0);
    }
    fputs("</title>", p->file);
}

void svg_put_times(const struct svg_pen *p, int64_t t0, int64_t t1)
{
    fprintf(p->file, " data-t0=\"%" PRId64 "\" data-t1=\"%" PRId64 "\"", t0, t1);
}

void svg_put_line(const struct svg_pen *p, const char *css, int64_t t0, double y0,
                  int64_t t1, double y1)
{
    fprintf(p->file,
            "<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"", css,
            svg_x(p->svg, t0), y0, svg_x(p->svg, t1), y1);
    svg_put_times(p, t0, t1);
}

void svg_put_text(const struct svg_pen *p, const char *css, double x, double y,
                  const char *text)
{
    fprintf(p->file, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", css, x, y);
    svg_escape(p->file, text);
    fputs("</text>\n", p->file);
}
