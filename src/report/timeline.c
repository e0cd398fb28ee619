/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * timeline.c - draws a witness: a column per CPU, time flows down.
 *
 *      cycles | CPU 0            | CPU 1            | CPU 2
 *   ----------+------------------+------------------+------------------
 *           0 |    #PF write x   |                  |
 *         +90 |    IPI ----------+------------------>:
 *        +140 |                  | # STORE x = T1#4 |:
 *        +200 |                  |                  |:# LOAD x = 0
 *
 * The two narrow columns before a CPU's text show what lasts: that its TLB
 * still holds the old frame, and that it holds a lock.
 */
#include "report/timeline.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define TIME_COLUMNS 10u
#define GAP_CYCLES   400u /* A longer pause gets a row of its own. */
#define INDENT       "  "

struct glyphs {
    const char *bar, *line, *cross, *right, *left, *stale, *held, *pause, *cut;
};

static const struct glyphs box = {"│", "─", "┼", "▶", "◀", "░", "┃", "⋮", "…"};
static const struct glyphs plain = {"|", "-", "+", ">", "<", ":", "#", ".", "~"};

struct canvas {
    FILE *file;
    const struct timeline *t;
    const struct report_style *style;
    const struct glyphs *glyphs;
    unsigned cell; /* Columns of a cell without its bar. */
};

static void paint(const struct canvas *c, enum report_color color, const char *text)
{
    if (color == REPORT_PLAIN)
        fputs(text, c->file);
    else
        fprintf(c->file, "%s%s%s", report_color(c->style, color), text,
                report_color(c->style, REPORT_PLAIN));
}

static void repeat(const struct canvas *c, const char *glyph, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fputs(glyph, c->file);
}

/* 'text' in 'room' columns, cut if it is longer, filled with blanks. */
static void put_fitted(const struct canvas *c, enum report_color color,
                       const char *text, unsigned room)
{
    char fitted[256];
    unsigned columns = report_columns(text);
    if (columns > room) {
        unsigned n = 0, used = 0;
        for (; text[n] && n < sizeof fitted - 8; n++) {
            used += ((unsigned char)text[n] & 0xc0) != 0x80;
            if (used == room)
                break;
            fitted[n] = text[n];
        }
        strcpy(fitted + n, c->glyphs->cut);
        columns = room;
        text = fitted;
    }
    paint(c, color, text);
    repeat(c, " ", room - columns);
}

static bool within(const struct timeline_span *spans, uint32_t n, uint32_t column,
                   cycle_t cycle)
{
    for (uint32_t i = 0; i < n; i++)
        if (spans[i].column == column && cycle >= spans[i].from && cycle < spans[i].to)
            return true;
    return false;
}

static void put_gutter(const struct canvas *c, uint32_t column, cycle_t cycle)
{
    const struct timeline *t = c->t;
    bool stale = within(t->stale, t->n_stale, column, cycle);
    bool held = within(t->held, t->n_held, column, cycle);
    paint(c, stale ? REPORT_YELLOW : REPORT_PLAIN, stale ? c->glyphs->stale : " ");
    paint(c, held ? REPORT_BLUE : REPORT_PLAIN, held ? c->glyphs->held : " ");
    fputc(' ', c->file);
}

static void put_bar(const struct canvas *c, bool crossed)
{
    paint(c, crossed ? REPORT_PLAIN : REPORT_DIM,
          crossed ? c->glyphs->cross : c->glyphs->bar);
}

/* A cell that an arrow starts from, passes through or ends in. */
static void put_arrow_cell(const struct canvas *c, const struct timeline_row *row,
                           uint32_t column)
{
    bool right = row->arrow > row->column;
    if (column == row->column) {
        put_gutter(c, column, row->cycle);
        unsigned columns = report_columns(row->text), room = c->cell - 4;
        columns = columns < room ? columns : room;
        put_fitted(c, row->color, row->text, columns);
        fputc(' ', c->file);
        repeat(c, right ? c->glyphs->line : " ", room - columns);
    } else if (column == row->arrow && right) {
        fputs(c->glyphs->right, c->file);
        repeat(c, " ", c->cell - 1);
    } else if (column == row->arrow) {
        put_gutter(c, column, row->cycle);
        fputs(c->glyphs->left, c->file);
        repeat(c, c->glyphs->line, c->cell - 4);
    } else {
        repeat(c, c->glyphs->line, c->cell);
    }
}

static bool arrow_touches(const struct timeline_row *row, uint32_t column)
{
    uint32_t low = row->arrow < row->column ? row->arrow : row->column;
    uint32_t high = row->arrow < row->column ? row->column : row->arrow;
    return row->arrow != TIMELINE_NO_ARROW && column >= low && column <= high;
}

/* True if an arrow runs over the bar before 'column'. */
static bool arrow_crosses(const struct timeline_row *row, uint32_t column)
{
    return column > 0 && arrow_touches(row, column) && arrow_touches(row, column - 1);
}

static void put_time(const struct canvas *c, const struct timeline_row *row)
{
    char number[32], text[40] = "";
    if (!row->verdict) {
        cycle_t first = c->t->rows[0].cycle;
        snprintf(text, sizeof text, "%s%s", row->cycle == first ? "" : "+",
                 report_number(row->cycle - first, number));
    }
    fprintf(c->file, INDENT "%*s ", (int)TIME_COLUMNS, text);
}

/* One line: the row, and others of the same cycle in other columns. */
static void put_row(const struct canvas *c, const struct timeline_row *rows, uint32_t n)
{
    put_time(c, &rows[0]);
    for (uint32_t column = 0; column < c->t->n_columns; column++) {
        const struct timeline_row *mine = NULL;
        for (uint32_t i = 0; i < n; i++)
            if (rows[i].column == column)
                mine = &rows[i];
        put_bar(c, arrow_crosses(&rows[0], column));
        if (arrow_touches(&rows[0], column)) {
            put_arrow_cell(c, &rows[0], column);
            continue;
        }
        put_gutter(c, column, rows[0].cycle);
        put_fitted(c, mine ? mine->color : REPORT_PLAIN, mine ? mine->text : "",
                   c->cell - 3);
    }
    fputc('\n', c->file);
}

/* How many rows from 'first' on fit into one line. */
static uint32_t together(const struct timeline *t, uint32_t first)
{
    uint32_t n = 1;
    const struct timeline_row *rows = &t->rows[first];
    if (rows[0].arrow != TIMELINE_NO_ARROW || rows[0].verdict)
        return 1;
    for (; first + n < t->n_rows; n++) {
        if (rows[n].cycle != rows[0].cycle || rows[n].verdict ||
            rows[n].arrow != TIMELINE_NO_ARROW)
            return n;
        for (uint32_t i = 0; i < n; i++)
            if (rows[i].column == rows[n].column)
                return n;
    }
    return n;
}

static void put_pause(const struct canvas *c, cycle_t cycle)
{
    fprintf(c->file, INDENT "%*s%s ", (int)TIME_COLUMNS - 1, "", c->glyphs->pause);
    for (uint32_t column = 0; column < c->t->n_columns; column++) {
        put_bar(c, false);
        put_gutter(c, column, cycle);
        repeat(c, " ", c->cell - 3);
    }
    fputc('\n', c->file);
}

static const char *role(const struct timeline *t, uint16_t cpu, char *text)
{
    const struct check_violation *v = t->violation;
    snprintf(text, 64, "%s%s%s",
             cpu == v->fault_cpu && v->fault ? "changes the entry, " : "",
             v->has_missed && cpu == v->missed_cpu ? "stores, " : "",
             cpu != v->cpu            ? ""
             : v->rule == CHECK_MUTEX ? "takes the lock, "
             : v->kind == OBS_STORE   ? "overwrites, "
                                      : "reads, ");
    if (cpu == v->other_cpu)
        snprintf(text, 64, "owns the lock, ");
    size_t n = strlen(text);
    if (n > 2)
        text[n - 2] = '\0';
    return text;
}

static void put_head(const struct canvas *c)
{
    const struct timeline *t = c->t;
    char text[96], what[64];
    fprintf(c->file, INDENT "%*s ", (int)TIME_COLUMNS, "cycles");
    for (uint32_t i = 0; i < t->n_columns; i++) {
        put_bar(c, false);
        int n = snprintf(text, sizeof text, "CPU %u", t->cpu[i]);
        if (t->tid[i] != NO_THREAD)
            snprintf(text + n, sizeof text - (size_t)n, "  thread %" PRIu32, t->tid[i]);
        fputs("   ", c->file);
        put_fitted(c, REPORT_BOLD, text, c->cell - 3);
    }
    fprintf(c->file, "\n" INDENT "%*s ", (int)TIME_COLUMNS, "");
    for (uint32_t i = 0; i < t->n_columns; i++) {
        put_bar(c, false);
        fputs("   ", c->file);
        put_fitted(c, REPORT_DIM, role(t, t->cpu[i], what), c->cell - 3);
    }
    fputs("\n" INDENT, c->file);
    repeat(c, c->glyphs->line, TIME_COLUMNS + 1);
    for (uint32_t i = 0; i < t->n_columns; i++) {
        fputs(c->glyphs->cross, c->file);
        repeat(c, c->glyphs->line, c->cell);
    }
    fputc('\n', c->file);
}

static void put_legend(const struct canvas *c)
{
    const struct timeline *t = c->t;
    char name[REPORT_NAME_BYTES];
    fputs("\n", c->file);
    if (t->n_stale)
        fprintf(c->file,
                INDENT "%s  this CPU's TLB still holds frame %" PRIu32
                       ", which the table no longer maps here\n",
                c->glyphs->stale, t->stale_frame);
    if (t->n_held && t->violation->has_lock)
        fprintf(c->file, INDENT "%s  holds the lock %s\n", c->glyphs->held,
                report_name(t->context->names, t->violation->space,
                            t->violation->lock_va, name));
    if (t->violation->kind != OBS_LOCK)
        fputs(INDENT "T1#34 @42: what operation 34 of thread 1 stored, in frame 42; "
                     "0: content of a fresh page\n",
              c->file);
    if (t->n_dropped || t->violation->witness_cut)
        fputs(INDENT "Steps without influence are left out; the whole witness is in "
                     "violations.jsonl.\n",
              c->file);
}

static unsigned cell_width(const struct timeline *t, const struct report_style *style)
{
    unsigned width = style->width ? style->width : 110;
    width = width < 80 ? 80 : width > 120 ? 120 : width;
    unsigned cell = (width - TIME_COLUMNS - 3) / t->n_columns - 1;
    return cell > 44 ? 44 : cell;
}

static void draw(const struct canvas *c)
{
    const struct timeline *t = c->t;
    put_head(c);
    for (uint32_t i = 0; i < t->n_rows;) {
        if (i > 0 && t->rows[i].cycle - t->rows[i - 1].cycle > GAP_CYCLES)
            put_pause(c, t->rows[i - 1].cycle);
        uint32_t n = together(t, i);
        put_row(c, &t->rows[i], n);
        i += n;
    }
    put_legend(c);
}

/* Blanks at the end of a line help nobody. */
static void copy_trimmed(FILE *file, const char *text)
{
    for (const char *end; *text; text = end + 1) {
        end = strchr(text, '\n');
        if (!end)
            return;
        const char *last = end;
        while (last > text && last[-1] == ' ')
            last--;
        fwrite(text, 1, (size_t)(last - text), file);
        fputc('\n', file);
    }
}

static enum status draw_into(FILE *file, const struct timeline *t, struct err *err)
{
    char *text = NULL;
    size_t n = 0;
    FILE *memory = open_memstream(&text, &n);
    if (!memory)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    const struct report_style *style = &t->context->style;
    struct canvas canvas = {
        .file = memory,
        .t = t,
        .style = style,
        .glyphs = style->ascii ? &plain : &box,
        .cell = cell_width(t, style),
    };
    if (t->n_rows)
        draw(&canvas);
    fclose(memory);
    copy_trimmed(file, text);
    free(text);
    return report_flush(file, "the timeline", err);
}

enum status report_timeline(FILE *file, const struct check_violation *violation,
                            const struct report_context *context, struct err *err)
{
    static const struct report_context nothing = {0};
    struct timeline *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(err, STATUS_INTERNAL, "out of memory");
    t->violation = violation;
    t->context = context ? context : &nothing;
    timeline_fill(t);
    enum status status = draw_into(file, t, err);
    free(t);
    return status;
}
