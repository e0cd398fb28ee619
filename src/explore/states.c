/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * states.c - the tree-compressed set of states. See states.h.
 *
 * Level 0 are the leaves, level n_levels is the root.  ids[level][i] are the
 * numbers of the nodes of the live copy.  A pair carries its level, so that
 * one table of pairs serves all levels.
 *
 * Invariant STATES1: ids describes exactly the bytes of 'copy'.
 */
#include "explore/states.h"
#include "explore/intern.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LEAF_BYTES     64u
#define PAGE_LEAVES    64u /* Compared at once when looking for changes. */
#define PAGE_OF_LEAVES (PAGE_LEAVES * LEAF_BYTES)
#define LEVELS_MAX     24u

struct pair {
    uint32_t left, right, level;
};

struct states {
    size_t n_bytes, max_bytes;
    uint32_t n_leaves; /* A power of two; leaves past the end are zero. */
    uint32_t n_levels;
    size_t pages_first; /* Where the pages begin; n_bytes if there are none. */
    uint32_t n_pages;
    uint8_t *touched; /* [n_pages], the caller's. */
    uint8_t *copy;    /* [n_leaves * LEAF_BYTES] */
    uint8_t *dirty;   /* [n_leaves]: not interned since it changed. */
    uint32_t *ids[LEVELS_MAX];
    struct intern leaves, pairs, roots; /* A root is the number of its pair. */
};

static bool allocate(struct states *s)
{
    s->copy = calloc(s->n_leaves, LEAF_BYTES);
    s->dirty = malloc(s->n_leaves);
    bool ok = s->copy && s->dirty;
    for (uint32_t level = 0; level <= s->n_levels; level++) {
        s->ids[level] = calloc(s->n_leaves >> level, sizeof(uint32_t));
        ok = ok && s->ids[level];
    }
    if (ok)
        memset(s->dirty, 1, s->n_leaves);
    return ok;
}

struct states *states_create(size_t n_bytes, size_t max_bytes, struct err *err)
{
    struct states *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(err, STATUS_LIMIT, "out of memory");
        return NULL;
    }
    s->n_bytes = n_bytes;
    s->pages_first = n_bytes;
    s->max_bytes = max_bytes;
    s->n_leaves = PAGE_LEAVES;
    s->n_levels = 6;
    while ((size_t)s->n_leaves * LEAF_BYTES < n_bytes) {
        s->n_leaves *= 2;
        s->n_levels++;
    }
    assert(s->n_levels < LEVELS_MAX);
    intern_init(&s->leaves, LEAF_BYTES);
    intern_init(&s->pairs, sizeof(struct pair));
    intern_init(&s->roots, sizeof(uint32_t));
    if (!allocate(s)) {
        states_destroy(s);
        err_set(err, STATUS_LIMIT, "out of memory for states of %zu bytes", n_bytes);
        return NULL;
    }
    return s;
}

void states_destroy(struct states *s)
{
    if (!s)
        return;
    for (uint32_t level = 0; level < LEVELS_MAX; level++)
        free(s->ids[level]);
    free(s->copy);
    free(s->dirty);
    intern_free(&s->leaves);
    intern_free(&s->pairs);
    intern_free(&s->roots);
    free(s);
}

void states_note_pages(struct states *s, size_t first, uint32_t n, uint8_t *touched)
{
    assert(first % LEAF_BYTES == 0);
    assert(first + (size_t)n * PAGE_OF_LEAVES <= s->n_bytes);
    s->pages_first = first;
    s->n_pages = n;
    s->touched = touched;
}

static size_t at_most(size_t n, size_t limit)
{
    return n < limit ? n : limit;
}

/* memcmp() of a whole leaf, without the call: most of the time goes here. */
static bool leaf_differs(const uint8_t *a, const uint8_t *b)
{
    uint64_t x[LEAF_BYTES / 8], y[LEAF_BYTES / 8], all = 0;
    memcpy(x, a, LEAF_BYTES);
    memcpy(y, b, LEAF_BYTES);
    for (unsigned i = 0; i < LEAF_BYTES / 8; i++)
        all |= x[i] ^ y[i];
    return all != 0;
}

/* Copies the leaves of one page that changed, and marks them. */
static void copy_changes(struct states *s, const uint8_t *bytes, size_t at, size_t n)
{
    for (size_t i = at; i < at + n; i += LEAF_BYTES) {
        size_t k = at_most(LEAF_BYTES, at + n - i);
        bool differs = k == LEAF_BYTES ? leaf_differs(s->copy + i, bytes + i)
                                       : memcmp(s->copy + i, bytes + i, k) != 0;
        if (!differs)
            continue;
        memcpy(s->copy + i, bytes + i, k);
        s->dirty[i / LEAF_BYTES] = 1;
    }
}

static void find_changes_in(struct states *s, const uint8_t *bytes, size_t from,
                            size_t to)
{
    for (size_t at = from; at < to; at += PAGE_OF_LEAVES) {
        size_t n = at_most(PAGE_OF_LEAVES, to - at);
        if (memcmp(s->copy + at, bytes + at, n) != 0)
            copy_changes(s, bytes, at, n);
    }
}

/* Of the pages only those that the caller has touched can have changed. */
static void find_changes(struct states *s, const uint8_t *bytes)
{
    size_t at = s->pages_first;
    find_changes_in(s, bytes, 0, at);
    for (uint32_t i = 0; i < s->n_pages; i++, at += PAGE_OF_LEAVES) {
        if (s->touched[i])
            find_changes_in(s, bytes, at, at + PAGE_OF_LEAVES);
        s->touched[i] = 0;
    }
    find_changes_in(s, bytes, at, s->n_bytes);
}

/* Interns what is dirty below node 'i' of 'level'. */
static void intern_dirty(struct states *s, uint32_t level, uint32_t i)
{
    if (level == 0) {
        if (s->dirty[i])
            s->ids[0][i] = intern_put(&s->leaves, s->copy + (size_t)i * LEAF_BYTES);
        s->dirty[i] = 0;
        return;
    }
    if (!memchr(s->dirty + ((size_t)i << level), 1, (size_t)1 << level))
        return;
    intern_dirty(s, level - 1, 2 * i);
    intern_dirty(s, level - 1, 2 * i + 1);
    struct pair pair = {s->ids[level - 1][2 * i], s->ids[level - 1][2 * i + 1], level};
    s->ids[level][i] = intern_put(&s->pairs, &pair);
}

size_t states_bytes(const struct states *s)
{
    return intern_bytes(&s->leaves) + intern_bytes(&s->pairs) + intern_bytes(&s->roots);
}

bool states_put(struct states *s, const void *bytes, uint32_t *number, bool *full)
{
    *full = states_bytes(s) > s->max_bytes;
    if (*full)
        return false;
    find_changes(s, bytes);
    intern_dirty(s, s->n_levels, 0);
    uint32_t before = s->roots.n;
    *number = intern_put(&s->roots, &s->ids[s->n_levels][0]);
    return s->roots.n != before;
}

/* Makes the live subtree equal to node 'id'. */
static void fetch(struct states *s, uint32_t level, uint32_t i, uint32_t id,
                  uint8_t *bytes)
{
    if (s->ids[level][i] == id)
        return;
    s->ids[level][i] = id;
    if (level > 0) {
        struct pair pair;
        memcpy(&pair, intern_get(&s->pairs, id), sizeof pair);
        fetch(s, level - 1, 2 * i, pair.left, bytes);
        fetch(s, level - 1, 2 * i + 1, pair.right, bytes);
        return;
    }
    size_t at = (size_t)i * LEAF_BYTES;
    memcpy(s->copy + at, intern_get(&s->leaves, id), LEAF_BYTES);
    if (at < s->n_bytes)
        memcpy(bytes + at, s->copy + at, at_most(LEAF_BYTES, s->n_bytes - at));
}

void states_get(struct states *s, uint32_t number, void *bytes)
{
    assert(number < s->roots.n);
    uint32_t root;
    memcpy(&root, intern_get(&s->roots, number), sizeof root);
    fetch(s, s->n_levels, 0, root, bytes);
}

uint32_t states_count(const struct states *s)
{
    return s->roots.n;
}

/* A new state has at most some dozens of new nodes; of leaves and pairs far more
 * are allowed for than ever were seen. */
size_t states_bytes_with(const struct states *s, uint32_t n)
{
    return intern_bytes_with(&s->leaves, 64 * n) +
           intern_bytes_with(&s->pairs, 64 * s->n_levels * n) +
           intern_bytes_with(&s->roots, n);
}

/* ---- to a file and back ---------------------------------------------------------- */

static bool save_table(const struct intern *table, FILE *file)
{
    return fwrite(&table->n, sizeof table->n, 1, file) == 1 &&
           fwrite(table->records, table->record_bytes, table->n, file) == table->n;
}

bool states_save(const struct states *s, FILE *file)
{
    return save_table(&s->leaves, file) && save_table(&s->pairs, file) &&
           save_table(&s->roots, file);
}

/* Records come back in their order, so each gets the number that it had. */
static bool load_table(struct intern *table, FILE *file)
{
    uint32_t n;
    uint8_t record[LEAF_BYTES];
    assert(table->record_bytes <= sizeof record && table->n == 0);
    if (fread(&n, sizeof n, 1, file) != 1)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (fread(record, table->record_bytes, 1, file) != 1 ||
            intern_put(table, record) != i)
            return false;
    return true;
}

bool states_load(struct states *s, FILE *file)
{
    return load_table(&s->leaves, file) && load_table(&s->pairs, file) &&
           load_table(&s->roots, file);
}
