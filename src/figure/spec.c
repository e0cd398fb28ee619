/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * spec.c - what to show: the figures known by name, and descriptions in JSON.
 *
 *   {"name": "cow-cost", "kind": "line", "x": "cores", "y": "ipis",
 *    "series": "protocol", "where": {"trace": "d14347.trace"}, "log_x": true}
 */
#include "figure/figure.h"

#include "config/json_strict.h"

#include <ctype.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *const words[FIGURE_N_KINDS] = {
#define KIND(name, word, columns) word,
    FIGURE_KIND_LIST(KIND)
#undef KIND
};

static const char *const columns[FIGURE_N_KINDS] = {
#define KIND(name, word, columns) columns,
    FIGURE_KIND_LIST(KIND)
#undef KIND
};

const char *figure_kind_word(enum figure_kind kind)
{
    return words[kind];
}

const char *figure_kind_columns(enum figure_kind kind)
{
    return columns[kind];
}

static struct figure_spec *add_spec(struct figure_spec **specs, uint32_t *n)
{
    struct figure_spec *more = realloc(*specs, (*n + 1) * sizeof *more);
    if (!more)
        return NULL;
    *specs = more;
    more[*n] = (struct figure_spec){.log_x = -1, .log_y = -1};
    return &more[(*n)++];
}

/* ---- known by name
 * ---------------------------------------------------------------- */

struct known {
    const struct points *points;
    struct results *results;
    struct figure_spec **specs;
    uint32_t *n;
    FILE *why_not;
    bool no_memory;
};

static void __attribute__((format(printf, 2, 3)))
skip(struct known *k, const char *format, ...)
{
    va_list arguments;
    if (!k->why_not)
        return;
    va_start(arguments, format);
    vfprintf(k->why_not, format, arguments);
    va_end(arguments);
    fputc('\n', k->why_not);
}

static struct figure_spec *know(struct known *k, enum figure_kind kind,
                                const char *title)
{
    struct figure_spec *spec = add_spec(k->specs, k->n);
    k->no_memory = k->no_memory || !spec;
    if (!spec)
        return NULL;
    spec->kind = kind;
    snprintf(spec->title, sizeof spec->title, "%s", title);
    return spec;
}

static void add_y(struct figure_spec *spec, const char *y)
{
    snprintf(spec->y[spec->n_y++], sizeof spec->y[0], "%s", y);
}

/* "rate-ipi-delivery-ns": letters, digits and hyphens only. */
static void set_name(struct figure_spec *spec, const char *what, const char *key,
                     const char *other)
{
    snprintf(spec->name, sizeof spec->name, "%s%s%s%s%s", what, *key ? "-" : "", key,
             *other ? "-" : "", other);
    for (char *c = spec->name; *c; c++)
        if (!isalnum((unsigned char)*c))
            *c = '-';
}

/* Does any trial have a violation under lock, any point such a distribution? */
static bool has(struct known *k, const char *sql)
{
    sqlite3_stmt *s;
    bool found = false;
    if (sqlite3_prepare_v2(results_db(k->results), sql, -1, &s, NULL) == SQLITE_OK)
        found = sqlite3_step(s) == SQLITE_ROW;
    sqlite3_finalize(s);
    return found;
}

static bool is_axis(const struct points *p, uint32_t dim)
{
    return p->dims[dim].numeric && p->dims[dim].n_values >= 2;
}

/* A dimension that only goes along with an earlier one has no figure of its own. */
static bool is_zipped(const struct points *p, uint32_t dim)
{
    for (uint32_t d = 0; d < dim; d++)
        if (points_follows(p, dim, d) && points_follows(p, d, dim))
            return true;
    return false;
}

static void know_rates(struct known *k)
{
    const struct points *p = k->points;
    uint32_t before = *k->n;
    for (uint32_t d = 0; d < p->n_dims; d++) {
        char label[96], title[160];
        if (!is_axis(p, d) || is_zipped(p, d))
            continue;
        figure_key_label(p->dims[d].key, p->dims[d].unit, label, sizeof label);
        label[strcspn(label, "[")] = 0;
        size_t n = strlen(label);
        if (n && label[n - 1] == ' ')
            label[n - 1] = 0;
        snprintf(title, sizeof title, "Rate of violated trials against: %s", label);
        struct figure_spec *spec = know(k, FIGURE_LINE, title);
        if (!spec)
            return;
        snprintf(spec->x, sizeof spec->x, "%s", p->dims[d].key);
        add_y(spec, "rate");
        set_name(spec, "rate", p->dims[d].key, "");
    }
    if (*k->n == before)
        skip(k, "rate: no parameter with numbers is varied; vary one with --vary");
}

static void know_distributions(struct known *k)
{
    struct figure_spec *spec;
    if (has(k, "SELECT 1 FROM distribution WHERE name = 'exposure' LIMIT 1")) {
        spec = know(k, FIGURE_ECDF,
                    "Exposure window: how long a TLB held what the table had changed");
        if (!spec)
            return;
        add_y(spec, "exposure");
        set_name(spec, "exposure", "", "");
    } else {
        skip(k, "exposure: no page was exposed");
    }
    if (has(k, "SELECT 1 FROM distribution WHERE name = 'stale_age' LIMIT 1")) {
        spec =
            know(k, FIGURE_HISTOGRAM, "Stale reads: age of the store that was missed");
        if (!spec)
            return;
        add_y(spec, "stale_age");
        set_name(spec, "stale-age", "", "");
    } else {
        skip(k, "stale-age: no load missed a store");
    }
}

static void know_latency(struct known *k)
{
    if (points_dim(k->points, "cores") < 0) {
        skip(k, "latency: the number of CPUs does not vary; vary it, e.g. "
                "--vary topology.cores=2,4,8");
        return;
    }
    struct figure_spec *spec = know(
        k, FIGURE_LINE, "Shootdown latency percentiles against the number of CPUs");
    if (!spec)
        return;
    snprintf(spec->x, sizeof spec->x, "cores");
    snprintf(spec->y_label, sizeof spec->y_label, "Shootdown latency [cycles]");
    add_y(spec, "shootdown_latency.p50");
    add_y(spec, "shootdown_latency.p90");
    add_y(spec, "shootdown_latency.p99");
    set_name(spec, "latency", "", "");
}

static void know_heat(struct known *k)
{
    const struct points *p = k->points;
    int axes[2] = {-1, -1};
    for (uint32_t d = 0; d < p->n_dims; d++)
        if (is_axis(p, d) && !is_zipped(p, d) && axes[1] < 0)
            axes[axes[0] >= 0] = (int)d;
    if (axes[1] < 0) {
        skip(k, "heat: fewer than two parameters with numbers are varied");
        return;
    }
    struct figure_spec *spec =
        know(k, FIGURE_HEAT, "Rate of violated trials over two parameters");
    if (!spec)
        return;
    snprintf(spec->x, sizeof spec->x, "%s", p->dims[axes[0]].key);
    snprintf(spec->by, sizeof spec->by, "%s", p->dims[axes[1]].key);
    add_y(spec, "rate");
    set_name(spec, "heat", p->dims[axes[0]].key, p->dims[axes[1]].key);
}

static void know_cost(struct known *k)
{
    if (points_dim(k->points, "protocol") < 0) {
        skip(k, "cost: there is one protocol only");
        return;
    }
    struct figure_spec *spec = know(k, FIGURE_BARS, "Cost of the cure, per protocol");
    if (!spec)
        return;
    add_y(spec, "faults_per_cow_page");
    add_y(spec, "relative.mean_duration_cycles");
    add_y(spec, "relative.ipis");
    snprintf(spec->x_label, sizeof spec->x_label, "Protocol");
    set_name(spec, "cost", "", "");
}

static void know_tornado(struct known *k)
{
    uint32_t n = 0;
    for (uint32_t d = 0; d < k->points->n_dims; d++)
        n += strcmp(k->points->dims[d].key, "protocol") != 0;
    if (n < 2) {
        skip(k, "tornado: fewer than two things are varied besides the protocol");
        return;
    }
    struct figure_spec *spec =
        know(k, FIGURE_TORNADO, "What moves the rate: mean over all else");
    if (!spec)
        return;
    add_y(spec, "rate");
    set_name(spec, "tornado", "", "");
}

enum status figure_known(const struct points *points, struct results *results,
                         struct figure_spec **specs, uint32_t *n, FILE *why_not,
                         struct err *err)
{
    struct known k = {.points = points,
                      .results = results,
                      .specs = specs,
                      .n = n,
                      .why_not = why_not};
    know_rates(&k);
    know_heat(&k);
    know_tornado(&k);
    know_distributions(&k);
    know_latency(&k);
    know_cost(&k);
    return k.no_memory ? err_set(err, STATUS_LIMIT, "out of memory") : STATUS_OK;
}

/* ---- from JSON
 * -------------------------------------------------------------------- */

struct reader {
    const char *path;
    struct figure_spec *spec;
    struct err *err;
};

static enum status wrong(const struct reader *r, const struct json *at,
                         const char *expected)
{
    return err_set(r->err, STATUS_CONFIG, "%s:%u:%u: \"%s\": %s", r->path, at->line,
                   at->column, at->key ? at->key : "", expected);
}

static enum status take_text(const struct reader *r, const struct json *at, char *to,
                             size_t room)
{
    if (at->type != JSON_STRING || strlen(at->text) >= room)
        return wrong(r, at, "a short string is expected");
    snprintf(to, room, "%s", at->text);
    return STATUS_OK;
}

static enum status take_kind(const struct reader *r, const struct json *at)
{
    for (unsigned i = 0; i < FIGURE_N_KINDS; i++)
        if (at->type == JSON_STRING && strcmp(at->text, words[i]) == 0) {
            r->spec->kind = (enum figure_kind)i;
            return STATUS_OK;
        }
    return wrong(r, at, "line, ecdf, histogram, heat, bars or tornado is expected");
}

static enum status take_ys(const struct reader *r, const struct json *at)
{
    struct figure_spec *s = r->spec;
    if (at->type != JSON_ARRAY) {
        s->n_y = 1;
        return take_text(r, at, s->y[0], sizeof s->y[0]);
    }
    for (const struct json *y = at->first; y; y = y->next) {
        if (s->n_y == FIGURE_YS_MAX)
            return wrong(r, at, "at most 6 are possible");
        if (take_text(r, y, s->y[s->n_y++], sizeof s->y[0]))
            return r->err->status;
    }
    return STATUS_OK;
}

static enum status take_where(const struct reader *r, const struct json *at)
{
    struct figure_spec *s = r->spec;
    if (at->type != JSON_OBJECT)
        return wrong(r, at, "an object {\"key\": \"value\"} is expected");
    for (const struct json *one = at->first; one; one = one->next) {
        if (s->n_where == FIGURE_WHERE_MAX)
            return wrong(r, at, "at most 8 keys are possible");
        if ((one->type != JSON_STRING && one->type != JSON_NUMBER) ||
            strlen(one->key) >= sizeof s->where[0].key ||
            strlen(one->text) >= sizeof s->where[0].value)
            return wrong(r, one, "a string or a number is expected");
        snprintf(s->where[s->n_where].key, sizeof s->where[0].key, "%s", one->key);
        snprintf(s->where[s->n_where++].value, sizeof s->where[0].value, "%s",
                 one->text);
    }
    return STATUS_OK;
}

static enum status take_truth(const struct reader *r, const struct json *at, int *to)
{
    if (at->type != JSON_BOOL)
        return wrong(r, at, "true or false is expected");
    *to = at->truth;
    return STATUS_OK;
}

static enum status take_member(const struct reader *r, const struct json *at)
{
    struct figure_spec *s = r->spec;
    const struct {
        const char *key;
        char *to;
        size_t room;
    } texts[] = {
        {"name", s->name, sizeof s->name},
        {"title", s->title, sizeof s->title},
        {"x", s->x, sizeof s->x},
        {"by", s->by, sizeof s->by},
        {"series", s->series, sizeof s->series},
        {"x_label", s->x_label, sizeof s->x_label},
        {"y_label", s->y_label, sizeof s->y_label},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(at->key, texts[i].key) == 0)
            return take_text(r, at, texts[i].to, texts[i].room);
    if (strcmp(at->key, "kind") == 0)
        return take_kind(r, at);
    if (strcmp(at->key, "y") == 0)
        return take_ys(r, at);
    if (strcmp(at->key, "where") == 0)
        return take_where(r, at);
    if (strcmp(at->key, "log_x") == 0)
        return take_truth(r, at, &s->log_x);
    if (strcmp(at->key, "log_y") == 0)
        return take_truth(r, at, &s->log_y);
    return wrong(r, at,
                 "unknown; there are name, title, kind, x, y, by, series, where, "
                 "x_label, y_label, log_x, log_y");
}

/* A name becomes file names. */
static bool is_file_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
            return false;
    return *name && *name != '-';
}

static enum status take_spec(struct reader *r, const struct json *at,
                             struct figure_spec **specs, uint32_t *n)
{
    if (at->type != JSON_OBJECT)
        return wrong(r, at, "a figure is an object");
    r->spec = add_spec(specs, n);
    if (!r->spec)
        return err_set(r->err, STATUS_LIMIT, "out of memory");
    r->spec->kind = FIGURE_N_KINDS;
    for (const struct json *member = at->first; member; member = member->next)
        if (take_member(r, member))
            return r->err->status;
    if (!is_file_name(r->spec->name))
        return wrong(r, at, "a figure needs a \"name\" of letters, digits, - and _");
    for (uint32_t i = 0; i + 1 < *n; i++)
        if (strcmp((*specs)[i].name, r->spec->name) == 0)
            return wrong(r, at, "there is a figure of that name already");
    if (r->spec->kind == FIGURE_N_KINDS || r->spec->n_y == 0)
        return wrong(r, at, "a figure needs \"kind\" and \"y\"");
    return STATUS_OK;
}

enum status figure_read_specs(const char *path, struct figure_spec **specs, uint32_t *n,
                              struct err *err)
{
    char *text;
    size_t bytes;
    struct json *root;
    struct reader r = {.path = path, .err = err};
    if (json_read_file(path, &text, &bytes, err))
        return err->status;
    enum status status = json_parse(path, text, bytes, 0, &root, err);
    free(text);
    if (status)
        return status;
    if (root->type != JSON_ARRAY)
        status = take_spec(&r, root, specs, n);
    for (const struct json *one = root->first;
         root->type == JSON_ARRAY && one && !status; one = one->next)
        status = take_spec(&r, one, specs, n);
    json_destroy(root);
    return status;
}
