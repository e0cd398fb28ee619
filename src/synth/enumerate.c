/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enumerate.c - see enumerate.h.
 */
#include "synth/enumerate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct walk {
    const struct synth_space *space;
    const struct protocol *known;
    uint32_t n_known;
    struct synth_set *set;
    uint8_t list[PROTOCOL_STEPS_MAX];
    uint32_t n;
    uint8_t used[PROTOCOL_N_STEPS];
    struct err *err;
};

/* ---- equivalence ------------------------------------------------------------------
 */

static bool touches_translations(enum protocol_step step)
{
    switch (step) {
    case PROTOCOL_PTE_SET_NEW_RO:
    case PROTOCOL_PTE_SET_NEW_RW:
    case PROTOCOL_PTE_SET_SAME_RO:
    case PROTOCOL_PTE_SET_SAME_RW:
    case PROTOCOL_PTE_CLEAR:
    case PROTOCOL_INVALIDATE_LOCAL:
    case PROTOCOL_BROADCAST:
    case PROTOCOL_REMOVE_ALL:
        return true;
    default:
        return false;
    }
}

bool synth_commute(enum protocol_step a, enum protocol_step b)
{
    if (a == PROTOCOL_INVALIDATE_LOCAL)
        return !touches_translations(b);
    return b == PROTOCOL_INVALIDATE_LOCAL && !touches_translations(a);
}

/* EQ3. */
static uint8_t plain_word(uint8_t step, bool *is_new)
{
    switch ((enum protocol_step)step) {
    case PROTOCOL_PTE_SET_NEW_RO:
    case PROTOCOL_PTE_SET_NEW_RW:
        *is_new = true;
        return step;
    case PROTOCOL_PTE_SET_SAME_RO:
        return *is_new ? PROTOCOL_PTE_SET_NEW_RO : step;
    case PROTOCOL_PTE_SET_SAME_RW:
        return *is_new ? PROTOCOL_PTE_SET_NEW_RW : step;
    default:
        return step;
    }
}

/* Steps that commute move as far to the front as they can, the lower number first:
 * a sort by exchanges of neighbours. */
uint32_t synth_normal(const uint8_t *list, uint32_t n, uint8_t *out)
{
    uint32_t kept = 0;
    bool is_new = false;
    for (uint32_t i = 0; i < n; i++)
        if (list[i] != PROTOCOL_PV_LOCKS)
            out[kept++] = plain_word(list[i], &is_new);
    bool moved = true;
    while (moved) {
        moved = false;
        for (uint32_t i = 1; i < kept; i++) {
            uint8_t a = out[i - 1], b = out[i];
            if (a <= b || !synth_commute((enum protocol_step)a, (enum protocol_step)b))
                continue;
            out[i - 1] = b;
            out[i] = a;
            moved = true;
        }
    }
    return kept;
}

static bool same_class(const struct synth_candidate *c, const struct synth_candidate *d)
{
    const struct protocol *p = &c->protocol, *q = &d->protocol;
    return c->n_normal == d->n_normal && p->n_upgrade == q->n_upgrade &&
           memcmp(c->normal, d->normal, c->n_normal) == 0 &&
           memcmp(p->upgrade, q->upgrade, p->n_upgrade) == 0;
}

static struct synth_candidate candidate_of(const struct protocol *p)
{
    struct synth_candidate c = {.protocol = *p, .n_orders = 1};
    c.n_normal = synth_normal(p->copy, p->n_copy, c.normal);
    return c;
}

/* ---- which orders
 * --------------------------------------------------------------------
 */

static bool changes_entry(enum protocol_step step)
{
    return step == PROTOCOL_PTE_SET_NEW_RO || step == PROTOCOL_PTE_SET_NEW_RW ||
           step == PROTOCOL_PTE_SET_SAME_RO || step == PROTOCOL_PTE_SET_SAME_RW ||
           step == PROTOCOL_PTE_CLEAR;
}

static bool has_room(const struct walk *w, enum protocol_step step)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++)
        n += changes_entry((enum protocol_step)w->list[i]);
    return w->used[step] < w->space->most[step] &&
           (!changes_entry(step) || n < w->space->most_entries);
}

/* Entries change inside the pmap lock: no kernel does otherwise. */
static bool entries_are_locked(const uint8_t *list, uint32_t n)
{
    bool locked = false;
    for (uint32_t i = 0; i < n; i++) {
        enum protocol_step step = (enum protocol_step)list[i];
        locked = step == PROTOCOL_PMAP_LOCK || (locked && step != PROTOCOL_PMAP_UNLOCK);
        if (changes_entry(step) && !locked)
            return false;
    }
    return true;
}

static bool is_complete(const struct walk *w)
{
    if (w->space->length && w->n - w->space->n_prefix != w->space->length)
        return false;
    for (unsigned s = 0; s < PROTOCOL_N_STEPS; s++)
        if (w->used[s] < w->space->least[s])
            return false;
    return true;
}

static struct protocol protocol_of(const struct walk *w)
{
    struct protocol p = {.n_copy = w->n + w->space->n_suffix};
    memcpy(p.copy, w->list, w->n);
    memcpy(p.copy + w->n, w->space->suffix, w->space->n_suffix);
    if (!protocol_needs_upgrade(&p))
        return p;
    memcpy(p.upgrade, w->space->upgrade, w->space->n_upgrade);
    p.n_upgrade = w->space->n_upgrade;
    return p;
}

static struct synth_candidate *find_class(struct synth_set *set,
                                          const struct synth_candidate *one)
{
    for (uint32_t i = 0; i < set->n; i++)
        if (same_class(&set->candidates[i], one))
            return &set->candidates[i];
    return NULL;
}

/* A known order of the class lends its name, and is the one that is kept. */
static void give_known_name(const struct walk *w, struct synth_candidate *c)
{
    for (uint32_t i = 0; i < w->n_known && !c->known; i++) {
        const struct synth_candidate known = candidate_of(&w->known[i]);
        if (!same_class(c, &known))
            continue;
        c->protocol = w->known[i];
        c->known = true;
    }
}

static enum status add_class(struct walk *w, const struct synth_candidate *one)
{
    struct synth_set *set = w->set;
    if (set->n == w->space->max_classes)
        return err_set(w->err, STATUS_LIMIT,
                       "more than %u classes of orders; give fewer steps, a longer "
                       "--begin, or a higher --max-orders",
                       w->space->max_classes);
    if (set->n == set->capacity) {
        uint32_t more = set->capacity ? 2 * set->capacity : 64;
        struct synth_candidate *c = realloc(set->candidates, more * sizeof *c);
        if (!c)
            return err_set(w->err, STATUS_LIMIT, "out of memory");
        set->candidates = c;
        set->capacity = more;
    }
    struct synth_candidate *c = &set->candidates[set->n++];
    *c = *one;
    snprintf(c->protocol.name, sizeof c->protocol.name, "order-%u", set->n);
    give_known_name(w, c);
    return STATUS_OK;
}

static enum status take_order(struct walk *w)
{
    struct err unused;
    const struct protocol p = protocol_of(w);
    if (protocol_check(&p, &unused) != STATUS_OK ||
        !entries_are_locked(p.copy, p.n_copy))
        return STATUS_OK;
    w->set->n_runnable++;
    const struct synth_candidate one = candidate_of(&p);
    struct synth_candidate *same = find_class(w->set, &one);
    if (!same)
        return add_class(w, &one);
    same->n_orders++;
    return STATUS_OK;
}

static enum status walk_on(struct walk *w)
{
    if (is_complete(w) && take_order(w) != STATUS_OK)
        return w->err->status;
    uint32_t behind = w->n - w->space->n_prefix;
    if (w->n + w->space->n_suffix == PROTOCOL_STEPS_MAX ||
        (w->space->length && behind == w->space->length))
        return STATUS_OK;
    for (unsigned s = 0; s < PROTOCOL_N_STEPS; s++) {
        if (!has_room(w, (enum protocol_step)s))
            continue;
        w->list[w->n++] = (uint8_t)s;
        w->used[s]++;
        enum status status = STATUS_OK;
        if (!protocol_check_prefix(w->list, w->n))
            status = walk_on(w);
        w->used[s]--;
        w->n--;
        if (status)
            return status;
    }
    return STATUS_OK;
}

/* Orders of the steps from number 's' on, of which 'n' more than 'from' are placed:
 * a multinomial coefficient for each choice of what is left out. */
static double count_raw(const struct synth_space *space, unsigned s, uint32_t n)
{
    if (s == PROTOCOL_N_STEPS)
        return space->length == 0 || n == space->length;
    double sum = 0, ways = 1;
    for (uint32_t k = 0; k <= space->most[s]; k++) {
        if (k > 0)
            ways = ways * (n + k) / k;
        if (k >= space->least[s] && (!space->length || n + k <= space->length))
            sum += ways * count_raw(space, s + 1, n + k);
    }
    return sum;
}

enum status synth_enumerate(const struct synth_space *space,
                            const struct protocol *known, uint32_t n_known,
                            struct synth_set *set, struct err *err)
{
    struct walk w = {.space = space,
                     .known = known,
                     .n_known = n_known,
                     .set = set,
                     .n = space->n_prefix,
                     .err = err};
    *set = (struct synth_set){.n_raw = count_raw(space, 0, 0)};
    err->status = STATUS_OK;
    memcpy(w.list, space->prefix, space->n_prefix);
    const char *wrong = protocol_check_prefix(w.list, w.n);
    if (wrong)
        return err_set(err, STATUS_USAGE, "the steps that all orders begin with: %s",
                       wrong);
    return walk_on(&w);
}

void synth_set_free(struct synth_set *set)
{
    free(set->candidates);
    *set = (struct synth_set){0};
}
