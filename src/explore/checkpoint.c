/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * checkpoint.c - a search in a file, to go on later.
 *
 *   magic | key | numbers | origins | states | sum
 *
 * Numbers are those of this program on this machine: the file is no exchange
 * format, and its key names the program.  It is written under another name and
 * renamed, so a file that is there is whole; the sum tells if it was changed.
 */
#include "explore/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAGIC    "shootdown-search-1"
#define KEY_ROOM 512u

/* What a search has counted. */
struct numbers {
    char magic[24], key[KEY_ROOM];
    uint64_t base; /* Where the states lie in memory: they hold pointers into it. */
    uint32_t next, n_states, depth, false_alarms, n_ends, n_stuck;
    uint64_t transitions, matched, ends;
    uint64_t by_kind[MOVE_N_KINDS];
    uint64_t n_rule[MONITOR_FULL];
    uint64_t n_steps[2][PROTOCOL_N_STEPS];
};

static struct numbers numbers_of(const struct search *s)
{
    const struct explore_result *r = s->result;
    struct numbers n;
    memset(&n, 0, sizeof n);
    snprintf(n.magic, sizeof n.magic, "%s", MAGIC);
    snprintf(n.key, sizeof n.key, "%s", s->options->key ? s->options->key : "");
    n.base = (uint64_t)(uintptr_t)s->bytes;
    n.next = s->next;
    n.n_states = states_count(s->states);
    n.depth = r->depth;
    n.false_alarms = r->false_alarms;
    n.n_ends = r->n_ends;
    n.n_stuck = r->n_stuck;
    n.transitions = r->transitions;
    n.matched = r->matched;
    n.ends = r->ends;
    memcpy(n.by_kind, r->by_kind, sizeof n.by_kind);
    memcpy(n.n_rule, s->watch.n_rule, sizeof n.n_rule);
    memcpy(n.n_steps, s->watch.n_steps, sizeof n.n_steps);
    return n;
}

static void take_numbers(struct search *s, const struct numbers *n)
{
    struct explore_result *r = s->result;
    s->next = n->next;
    r->depth = n->depth;
    r->false_alarms = n->false_alarms;
    r->n_ends = n->n_ends;
    r->n_stuck = n->n_stuck;
    r->transitions = n->transitions;
    r->matched = n->matched;
    r->ends = n->ends;
    memcpy(r->by_kind, n->by_kind, sizeof n->by_kind);
    memcpy(s->watch.n_rule, n->n_rule, sizeof n->n_rule);
    memcpy(s->watch.n_steps, n->n_steps, sizeof n->n_steps);
}

/* Of all bytes up to 'end'; the file stands behind them afterwards. */
static bool sum_of(FILE *file, long end, uint64_t *sum)
{
    uint8_t block[4096];
    *sum = UINT64_C(0x243f6a8885a308d3);
    rewind(file);
    for (long at = 0; at < end;) {
        size_t want =
            (size_t)(end - at) < sizeof block ? (size_t)(end - at) : sizeof block;
        if (fread(block, 1, want, file) != want)
            return false;
        for (size_t i = 0; i < want; i++)
            *sum = (*sum ^ block[i]) * UINT64_C(0x100000001b3);
        at += (long)want;
    }
    return true;
}

static bool write_all(const struct search *s, FILE *file)
{
    const struct numbers n = numbers_of(s);
    uint64_t sum;
    bool ok = fwrite(&n, sizeof n, 1, file) == 1 &&
              fwrite(s->origins, sizeof *s->origins, n.n_states, file) == n.n_states &&
              states_save(s->states, file) && fflush(file) == 0;
    long end = ftell(file);
    return ok && sum_of(file, end, &sum) && fseek(file, end, SEEK_SET) == 0 &&
           fwrite(&sum, sizeof sum, 1, file) == 1 && fflush(file) == 0 &&
           fsync(fileno(file)) == 0;
}

enum status search_save(const struct search *s)
{
    char temporary[4200];
    const char *path = s->options->checkpoint;
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w+b");
    bool ok = file && write_all(s, file);
    int reason = errno;
    if (file && fclose(file) != 0)
        ok = false;
    if (ok && rename(temporary, path) == 0)
        return STATUS_OK;
    unlink(temporary);
    return err_set(s->err, STATUS_STORE, "%s: the checkpoint cannot be written: %s",
                   path, strerror(reason));
}

static enum status bad_file(struct search *s, const char *what)
{
    return err_set(s->err, STATUS_TRACE, "%s: %s", s->options->resume, what);
}

static enum status check_whole(struct search *s, FILE *file)
{
    uint64_t sum, kept;
    if (fseek(file, 0, SEEK_END) != 0)
        return bad_file(s, "cannot be read");
    long end = ftell(file) - (long)sizeof sum;
    if (end < (long)sizeof(struct numbers) || !sum_of(file, end, &sum) ||
        fread(&kept, sizeof kept, 1, file) != 1 || kept != sum)
        return bad_file(s, "is no checkpoint, or was cut or changed; start the search "
                           "without --resume");
    rewind(file);
    return STATUS_OK;
}

static enum status read_all(struct search *s, FILE *file)
{
    struct numbers n;
    const struct numbers own = numbers_of(s);
    if (check_whole(s, file) != STATUS_OK)
        return s->err->status;
    if (fread(&n, sizeof n, 1, file) != 1 || memcmp(n.magic, own.magic, sizeof n.magic))
        return bad_file(s, "is no checkpoint of sim explore");
    if (memcmp(n.key, own.key, sizeof n.key) != 0)
        return bad_file(s, "belongs to another guest, configuration, set of options or "
                           "program; use the same ones, or start without --resume");
    if (n.base != own.base)
        return bad_file(s, "cannot be used here: the memory where its states belong is "
                           "not free in this process");
    if (n.n_states == 0 || !search_make_room(s, n.n_states))
        return bad_file(s, "holds more states than there is memory for");
    if (fread(s->origins, sizeof *s->origins, n.n_states, file) != n.n_states ||
        !states_load(s->states, file) || states_count(s->states) != n.n_states)
        return bad_file(s, "does not hold what it says");
    take_numbers(s, &n);
    return STATUS_OK;
}

enum status search_load(struct search *s)
{
    FILE *file = fopen(s->options->resume, "rb");
    if (!file)
        return bad_file(s, strerror(errno));
    enum status status = read_all(s, file);
    fclose(file);
    return status;
}
