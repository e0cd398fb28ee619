/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * store.c - a hash table in shards, each behind its own lock.
 */
#include <stdlib.h>
#include <string.h>

#include "kvsnap.h"

static uint64_t hash_of(const char *key)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *key != '\0'; key++)
        hash = (hash ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
    return hash;
}

static uint64_t sum_of(const unsigned char *value, uint32_t n)
{
    uint64_t sum = n;
    for (uint32_t i = 0; i < n; i++)
        sum = sum * 31 + value[i];
    return sum;
}

struct store *store_create(void)
{
    struct store *store = aligned_alloc(PAGE_BYTES, sizeof *store);
    if (store == NULL)
        return NULL;
    memset(store, 0, sizeof *store);
    for (unsigned i = 0; i < N_SHARDS; i++)
        pthread_mutex_init(&store->locks[i].mutex, NULL);
    return store;
}

static void free_entry(struct entry *entry)
{
    free(entry->value);
    free(entry);
}

void store_destroy(struct store *store)
{
    for (unsigned i = 0; i < N_SHARDS * N_BUCKETS; i++) {
        struct entry *entry = store->shards[i / N_BUCKETS].buckets[i % N_BUCKETS];
        while (entry != NULL) {
            struct entry *next = entry->next;
            free_entry(entry);
            entry = next;
        }
    }
    free(store);
}

unsigned store_shard_of(const char *key)
{
    return (unsigned)(hash_of(key) >> 32) % N_SHARDS;
}

/* Where the pointer to the entry is, or to the end of its bucket. */
static struct entry **find(struct store *store, const char *key)
{
    uint64_t hash = hash_of(key);
    struct shard *shard = &store->shards[(unsigned)(hash >> 32) % N_SHARDS];
    struct entry **at = &shard->buckets[hash % N_BUCKETS];
    while (*at != NULL && ((*at)->hash != hash || strcmp((*at)->key, key) != 0))
        at = &(*at)->next;
    return at;
}

static struct entry *make_entry(const char *key)
{
    struct entry *entry = malloc(sizeof *entry);
    if (entry == NULL)
        return NULL;
    *entry = (struct entry){.hash = hash_of(key)};
    strncpy(entry->key, key, KEY_MAX - 1);
    return entry;
}

bool store_set(struct store *store, const char *key, const unsigned char *value,
               uint32_t n)
{
    struct shard *shard = &store->shards[store_shard_of(key)];
    struct entry **at = find(store, key);
    unsigned char *copy = malloc(n);
    if (*at == NULL && copy != NULL && (*at = make_entry(key)) != NULL)
        shard->n_entries++;
    if (*at == NULL || copy == NULL) {
        free(copy);
        return false;
    }
    struct entry *entry = *at;
    memcpy(copy, value, n);
    free(entry->value);
    shard->sum -= entry->sum;
    entry->value = copy;
    entry->n_value = n;
    entry->sum = sum_of(copy, n);
    shard->sum += entry->sum;
    return true;
}

bool store_delete(struct store *store, const char *key)
{
    struct shard *shard = &store->shards[store_shard_of(key)];
    struct entry **at = find(store, key), *entry = *at;
    if (entry == NULL)
        return false;
    *at = entry->next;
    shard->n_entries--;
    shard->sum -= entry->sum;
    free_entry(entry);
    return true;
}

bool store_get(const struct store *store, const char *key, bool *intact)
{
    const struct entry *entry = *find((struct store *)(uintptr_t)store, key);
    if (entry == NULL)
        return false;
    *intact = sum_of(entry->value, entry->n_value) == entry->sum;
    return true;
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
    for (unsigned i = 0; i < N_SHARDS * N_BUCKETS; i++) {
        const struct entry *entry = store->shards[i / N_BUCKETS].buckets[i % N_BUCKETS];
        for (; entry != NULL; entry = entry->next) {
            uint64_t sum = sum_of(entry->value, entry->n_value);
            survey.n_entries++;
            survey.sum += sum;
            survey.n_broken += sum != entry->sum;
        }
    }
    return survey;
}

struct survey store_expected(const struct store *store)
{
    struct survey survey = {0};
    for (unsigned i = 0; i < N_SHARDS; i++) {
        survey.n_entries += store->shards[i].n_entries;
        survey.sum += store->shards[i].sum;
    }
    return survey;
}
