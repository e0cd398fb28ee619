/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - a set-associative table: a key belongs to one shard and lies in any
 * of its slots.  The shards lie next to each other, a few on a page.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kvsnap.h"

enum { WRITE_BYTES = 16384 };

/* SplitMix64's finish: all bits of 'x' reach all bits. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

static uint64_t sum_of(uint64_t key, uint64_t value)
{
    return mix(mix(key) ^ value);
}

static bool archive_init(struct archive *archive, size_t bytes)
{
    *archive = (struct archive){bytes, malloc(bytes)};
    if (archive->bytes == NULL)
        return false;
    memset(archive->bytes, 'a', bytes);
    return true;
}

struct store *store_create(size_t archive_bytes)
{
    struct store *store = aligned_alloc(PAGE_BYTES, sizeof *store);
    if (store == NULL)
        return NULL;
    memset(store, 0, sizeof *store);
    for (unsigned i = 0; i < N_SHARDS; i++)
        pthread_mutex_init(&store->locks[i].mutex, NULL);
    if (archive_init(&store->archive, archive_bytes))
        return store;
    free(store);
    return NULL;
}

void store_destroy(struct store *store)
{
    free(store->archive.bytes);
    free(store);
}

unsigned store_shard_of(uint64_t key)
{
    return (unsigned)mix(key) % N_SHARDS;
}

static struct entry *find(struct shard *shard, uint64_t key)
{
    for (unsigned i = 0; i < N_SLOTS; i++)
        if (shard->slots[i].key == key)
            return &shard->slots[i];
    return NULL;
}

static void write_entry(struct shard *shard, struct entry *entry, struct entry now)
{
    shard->revision++;
    shard->sum += now.sum - entry->sum;
    *entry = now;
}

/* Where the key is, a free slot, or one that another key has. */
static struct entry *place(struct shard *shard, uint64_t key)
{
    struct entry *entry = find(shard, key);
    if (entry == NULL)
        entry = find(shard, 0);
    return entry != NULL ? entry : &shard->slots[shard->revision % N_SLOTS];
}

void store_set(struct store *store, uint64_t key, uint64_t value)
{
    struct shard *shard = &store->shards[store_shard_of(key)];
    write_entry(shard, place(shard, key),
                (struct entry){key, value, sum_of(key, value)});
}

bool store_delete(struct store *store, uint64_t key)
{
    struct shard *shard = &store->shards[store_shard_of(key)];
    struct entry *entry = find(shard, key);
    if (entry == NULL)
        return false;
    write_entry(shard, entry, (struct entry){0});
    return true;
}

struct answer store_get(struct store *store, uint64_t key)
{
    struct shard *shard = &store->shards[store_shard_of(key)];
    const struct entry *entry = find(shard, key);
    struct answer answer = {.revision = shard->revision, .intact = true};
    if (entry == NULL)
        return answer;
    answer.found = true;
    answer.value = entry->value;
    answer.intact = sum_of(key, answer.value) == entry->sum;
    return answer;
}

void store_lock_all(struct store *store)
{
    for (unsigned i = 0; i < N_SHARDS; i++)
        pthread_mutex_lock(&store->locks[i].mutex);
}

void store_unlock_all(struct store *store)
{
    for (unsigned i = N_SHARDS; i-- > 0;)
        pthread_mutex_unlock(&store->locks[i].mutex);
}

struct survey store_survey(const struct store *store)
{
    struct survey survey = {0};
    for (unsigned i = 0; i < N_SHARDS * N_SLOTS; i++) {
        const struct entry *entry = &store->shards[i / N_SLOTS].slots[i % N_SLOTS];
        if (entry->key == 0)
            continue;
        survey.n_entries++;
        survey.sum += entry->sum;
        survey.n_broken += entry->sum != sum_of(entry->key, entry->value);
    }
    return survey;
}

uint64_t store_expected_sum(const struct store *store)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < N_SHARDS; i++)
        sum += store->shards[i].sum;
    return sum;
}

static bool write_all(int file, const void *bytes, size_t n)
{
    for (size_t done = 0; done < n;) {
        size_t piece = n - done < WRITE_BYTES ? n - done : WRITE_BYTES;
        ssize_t written = write(file, (const char *)bytes + done, piece);
        if (written <= 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

bool store_save(const struct store *store, int file)
{
    return write_all(file, store->shards, sizeof store->shards) &&
           write_all(file, store->archive.bytes, store->archive.n_bytes);
}
