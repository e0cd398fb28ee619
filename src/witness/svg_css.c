/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * svg_css.c - colours and fonts of the picture; see svg.h.
 *
 * Text has a contrast of at least 4.5:1 against what it stands on, lines that
 * mean something 3:1 (tests/unit/test_witness_svg.c computes both from this
 * text).  No colour is the only sign: what is old is hatched, what is new is
 * plain, arrows differ in their dashes, marks in their shape.
 */
#include "witness/witness.h"

/* clang-format off: one rule of CSS a line. */

/* Colours: a name, light, dark, printed. */
#define COLOR_LIST(COLOR)                            \
    COLOR(bg, "#ffffff", "#0d1117", "#ffffff")       \
    COLOR(ink, "#1c2128", "#e6edf3", "#000000")      \
    COLOR(dim, "#57606a", "#9aa4af", "#333333")      \
    COLOR(grid, "#dfe3e8", "#262c34", "#dddddd")     \
    COLOR(edge, "#57606a", "#9aa4af", "#333333")     \
    COLOR(kernel, "#eceff3", "#21262d", "#f2f2f2")   \
    COLOR(wait, "#768390", "#8b95a1", "#777777")     \
    COLOR(irq, "#f3ebfd", "#2a2040", "#ffffff")      \
    COLOR(irq_edge, "#6e40c9", "#b79cf5", "#333333") \
    COLOR(old, "#fff3e3", "#33200a", "#ffffff")      \
    COLOR(old_edge, "#b35900", "#f0a04b", "#555555") \
    COLOR(new, "#e4f1fb", "#0c2740", "#ffffff")      \
    COLOR(new_edge, "#0b62a8", "#6cb6ff", "#000000") \
    COLOR(bad, "#c01b2c", "#ff7b72", "#000000")      \
    COLOR(ack, "#1a7f37", "#56d364", "#333333")      \
    COLOR(t0, "#0b62a8", "#6cb6ff", "#333333")       \
    COLOR(t1, "#b35900", "#f0a04b", "#333333")       \
    COLOR(t2, "#1a7f37", "#56d364", "#333333")       \
    COLOR(t3, "#6e40c9", "#b79cf5", "#333333")       \
    COLOR(t4, "#8a6100", "#e3b341", "#333333")       \
    COLOR(t5, "#a0306f", "#f778ba", "#333333")

#define LIGHT(name, light, dark, print) "--wt-" #name ":" light ";"
#define DARK(name, light, dark, print)  "--wt-" #name ":" dark ";"
#define PRINT(name, light, dark, print) "--wt-" #name ":" print ";"

#define THREAD(n)                                                                  \
    ".wt .wt-t" #n "{fill:var(--wt-t" #n ");fill-opacity:.13;stroke:var(--wt-t" #n \
    ");stroke-width:1.2}\n"

#define COLORS                                                                     \
    ".wt{" COLOR_LIST(                                                             \
        LIGHT) "}\n"                                                               \
               "@media (prefers-color-scheme:dark){:root:not([data-theme=light]) " \
               ".wt{" COLOR_LIST(                                                  \
                   DARK) "}}\n"                                                    \
                         ":root[data-theme=dark] .wt{" COLOR_LIST(                 \
                             DARK) "}\n"                                           \
                                   "@media print{.wt,:root .wt,:root[data-theme] " \
                                   ".wt,:root:not([data-theme=light]) "            \
                                   ".wt{" COLOR_LIST(PRINT) "}}\n"

#define LINES                                                                    \
    ".wt-scroll{overflow-x:auto;max-width:100%}\n"                               \
    ".wt{display:block;width:100%;min-width:860px;height:auto;"                  \
    "font:12px system-ui,-apple-system,\"Segoe UI\",Roboto,\"Liberation Sans\"," \
    "Arial,sans-serif;font-variant-numeric:tabular-nums}\n"                      \
    "@media print{.wt{min-width:0}.wt-scroll{overflow:visible}}\n"               \
    ".wt text{fill:var(--wt-ink)}\n"                                             \
    ".wt .wt-paper{fill:var(--wt-bg)}\n"                                         \
    ".wt .wt-dim{fill:var(--wt-dim)}\n"                                          \
    ".wt .wt-small{font-size:11px}\n"                                            \
    ".wt .wt-name{font-weight:600;font-size:13px}\n"                             \
    ".wt .wt-grid{stroke:var(--wt-grid);stroke-width:1}\n"                       \
    ".wt .wt-line{stroke:var(--wt-edge);stroke-width:1}\n"                       \
    ".wt .wt-rule{stroke:var(--wt-grid);stroke-width:1}\n"                       \
    ".wt .wt-tag,.wt .wt-in{paint-order:stroke;"                                 \
    "stroke:var(--wt-bg);stroke-width:3px;stroke-linejoin:round}\n"              \
    ".wt .wt-in-kernel{stroke:var(--wt-kernel)}\n"                               \
    ".wt .wt-in-irq{stroke:var(--wt-irq)}\n"                                     \
    ".wt .wt-in-old{stroke:var(--wt-old)}\n"                                     \
    ".wt .wt-in-new{stroke:var(--wt-new)}\n"                                     \
    ".wt .wt-key>.wt-tag{font-weight:600}\n"                                     \
    ".wt .wt-lead{stroke:var(--wt-dim);stroke-width:.7}\n"                       \
    ".wt .wt-fault{fill:var(--wt-bg);stroke:var(--wt-edge);stroke-width:1}\n"    \
    ".wt .wt-step{fill:var(--wt-kernel);stroke:var(--wt-edge);"                  \
    "stroke-width:1}\n"                                                          \
    ".wt .wt-waits{stroke:var(--wt-edge);stroke-width:1}\n"                      \
    ".wt .wt-irq{fill:var(--wt-irq);stroke:var(--wt-irq_edge);"                  \
    "stroke-width:1}\n"                                                          \
    ".wt .wt-old{stroke:var(--wt-old_edge);stroke-width:1.2}\n"                  \
    ".wt .wt-new{fill:var(--wt-new);stroke:var(--wt-new_edge);"                  \
    "stroke-width:1.2}\n"                                                        \
    ".wt .wt-other{fill:var(--wt-bg);stroke:var(--wt-edge);"                     \
    "stroke-width:1.2}\n"                                                        \
    ".wt .wt-nothing{fill:none;stroke:var(--wt-edge);stroke-width:1;"            \
    "stroke-dasharray:2 3}\n"                                                    \
    ".wt .wt-held{fill:var(--wt-ink)}\n"

#define FILLS                                                                        \
    ".wt .wt-hatch-bg{fill:var(--wt-bg)}\n"                                          \
    ".wt .wt-hatch{stroke:var(--wt-wait);stroke-width:1.1}\n"                        \
    ".wt .wt-hatch-old-bg{fill:var(--wt-old)}\n"                                     \
    ".wt .wt-hatch-old{stroke:var(--wt-old_edge);stroke-width:1}\n"                  \
    ".wt .wt-glyph{fill:var(--wt-bg);stroke:var(--wt-ink);stroke-width:1.6}\n"       \
    ".wt .wt-solid{fill:var(--wt-ink);stroke:var(--wt-ink);stroke-width:1}\n"        \
    ".wt .wt-bracket{fill:none;stroke:var(--wt-ink);stroke-width:2}\n"               \
    ".wt .wt-tick{fill:var(--wt-dim)}\n"                                             \
    ".wt .wt-cross{fill:none;stroke:var(--wt-ink);stroke-width:1.8}\n"               \
    ".wt .wt-bad>.wt-tag{fill:var(--wt-bad);font-weight:700}\n"                      \
    ".wt .wt-bad>.wt-glyph,.wt .wt-bad>.wt-ring{stroke:var(--wt-bad);"               \
    "stroke-width:2.4}\n"                                                            \
    ".wt .wt-bad>.wt-solid{fill:var(--wt-bad);stroke:var(--wt-bad)}\n"               \
    ".wt .wt-bad>.wt-bracket{stroke:var(--wt-bad);stroke-width:3}\n"                 \
    ".wt .wt-bad>.wt-lead{stroke:var(--wt-bad);stroke-width:1}\n"                    \
    ".wt .wt-ring{fill:none}\n"                                                      \
    ".wt .wt-when{stroke:var(--wt-bad);stroke-width:1;stroke-dasharray:2 3}\n"       \
    ".wt .wt-missed{stroke:var(--wt-bad);stroke-width:2;"                            \
    "stroke-dasharray:7 4}\n"                                                        \
    ".wt .wt-missed-head{fill:var(--wt-bad)}\n"                                      \
    ".wt .wt-ipi{stroke:var(--wt-irq_edge);stroke-width:1.3}\n"                      \
    ".wt .wt-ipi.wt-open{stroke-dasharray:4 3}\n"                                    \
    ".wt .wt-ipi-head{fill:var(--wt-irq_edge)}\n"                                    \
    ".wt .wt-ack{stroke:var(--wt-ack);stroke-width:1.3;"                             \
    "stroke-dasharray:1.5 2.5}\n"                                                    \
    ".wt .wt-ack-head{fill:var(--wt-ack)}\n" THREAD(0) THREAD(1) THREAD(2) THREAD(3) \
        THREAD(4) THREAD(5)

/* clang-format on */

/* One string in three parts: compilers need not take a longer literal. */
static const struct {
    char colors[sizeof(COLORS) - 1], lines[sizeof(LINES) - 1], fills[sizeof(FILLS)];
} css = {COLORS, LINES, FILLS};

const char *witness_svg_css(void)
{
    return (const char *)&css;
}
