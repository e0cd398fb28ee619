/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * race.c - data races of the guest: unordered conflicting accesses.
 *
 * They are no business of the protocol, so they are listed apart: once per
 * word and pair of threads.  Only watched words are seen, and per word the
 * newest stores and the last few readers, so the list is a hint, not a proof.
 *
 * Not a race: locked operations among each other; the words of locks, events
 * and barriers, which are unordered by nature.
 */
#include "check/state.h"

#define RACE_STORES 8u /* Newest stores of a word that are looked at. */

static void race_put(struct check *check, const struct check_access *access,
                     uint32_t other)
{
    const struct obs *record = access->record;
    uint64_t word = record->va & ~(uint64_t)(WORD_BYTES - 1);
    uint32_t low = other < record->tid ? other : record->tid;
    uint32_t high = other < record->tid ? record->tid : other;
    uint64_t pair = (uint64_t)record->space << 32 | low << 16 | high;
    if (check->race_map.n >= CHECK_RACE_KEYS_MAX ||
        check_map_find(&check->race_map, word, pair) != CHECK_MAP_NONE)
        return;
    check_map_put(&check->race_map, word, pair, 0);
    check->result.counts.races++;
    if (check->result.n_races < CHECK_RACES_MAX)
        check->races[check->result.n_races++] =
            (struct check_race){record->space, {low, high}, word, record->cycle};
}

static bool excused(const struct check *check, const struct check_access *access)
{
    const struct obs *record = access->record;
    return check_is_sync_word(check, record->space,
                              record->va & ~(uint64_t)(WORD_BYTES - 1));
}

static bool both_locked(const struct obs *record, uint16_t flags)
{
    return (record->flags & OBS_LOCKED) && (flags & OBS_LOCKED);
}

static bool conflicts(const struct check_access *access, uint32_t tid, uint64_t op,
                      uint8_t mask, uint16_t flags)
{
    const struct obs *record = access->record;
    return tid != record->tid && (mask & access->mask) && !both_locked(record, flags) &&
           !check_happens_before(access->thread, tid, op, record->tid, record->c);
}

static void with_stores(struct check *check, const struct check_access *access,
                        const struct check_word *word)
{
    for (uint32_t i = word->n, n = 0; i-- > 0 && n < RACE_STORES; n++) {
        const struct check_store *store = check_word_at(word, i);
        if (conflicts(access, store->tid, store->op, store->mask, store->flags))
            race_put(check, access, store->tid);
    }
}

static void note_reader(struct check_word *word, const struct check_access *access)
{
    const struct obs *record = access->record;
    uint32_t i = 0;
    while (i < word->n_readers && word->readers[i].tid != record->tid)
        i++;
    if (i == CHECK_READERS_MAX) { /* The oldest makes room. */
        for (i = 1; i < CHECK_READERS_MAX; i++)
            word->readers[i - 1] = word->readers[i];
        i = CHECK_READERS_MAX - 1;
    }
    if (i == word->n_readers)
        word->n_readers++;
    word->readers[i] = (struct check_reader){
        .op = record->c,
        .tid = record->tid,
        .flags = record->flags,
        .mask = access->mask,
    };
}

void check_race_load(struct check *check, struct check_access *access)
{
    struct check_word *word = check_word_get(access->page, access->word);
    if (word->n && !excused(check, access))
        with_stores(check, access, word);
    note_reader(word, access);
}

void check_race_store(struct check *check, struct check_access *access)
{
    struct check_word *word = check_word_find(access->page, access->word);
    if (!word || excused(check, access))
        return;
    with_stores(check, access, word);
    for (uint32_t i = 0; i < word->n_readers; i++) {
        const struct check_reader *reader = &word->readers[i];
        if (conflicts(access, reader->tid, reader->op, reader->mask, reader->flags))
            race_put(check, access, reader->tid);
    }
}
