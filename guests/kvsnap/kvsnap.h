/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvsnap.h - the parts of kvsnap: store, clients, snapshots.
 *
 * kvsnap is a key-value server in miniature that saves itself the way Redis
 * does: fork, and let the child write out what it sees.  The clients are
 * simulated inside the worker threads.  An ordinary C program: it knows
 * nothing of Shootdown.
 */
#ifndef KVSNAP_H
#define KVSNAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { PAGE_BYTES = 4096, N_SHARDS = 16, N_BUCKETS = 64, KEY_MAX = 24 };

/* ---- store.c: shards of a hash table ---- */

/* The lock is on a page of its own: a store to the lock must not be what
 * refreshes a stale translation of the data. */
struct shard_lock {
    pthread_mutex_t mutex;
} __attribute__((aligned(PAGE_BYTES)));

struct entry {
    struct entry *next;
    uint64_t hash;
    uint64_t sum; /* Of the value. */
    uint32_t n_value;
    char key[KEY_MAX];
    unsigned char *value;
};

struct shard {
    struct entry *buckets[N_BUCKETS];
    uint64_t n_entries;
    uint64_t sum; /* Of all sums: what a snapshot must find. */
};

struct store {
    struct shard_lock locks[N_SHARDS];
    struct shard shards[N_SHARDS];
};

struct store *store_create(void);
void store_destroy(struct store *store);

unsigned store_shard_of(const char *key);

/* The caller holds the shard's lock.  False: out of memory; not found; the
 * value does not have the sum that it was stored with. */
bool store_set(struct store *store, const char *key, const unsigned char *value,
               uint32_t n);
bool store_delete(struct store *store, const char *key);
bool store_get(const struct store *store, const char *key, bool *intact);

void store_lock_all(struct store *store);
void store_unlock_all(struct store *store);

/* Walks all entries; all locks are held or nobody else runs. */
struct survey {
    uint64_t n_entries, sum, n_broken;
};
struct survey store_survey(const struct store *store);
struct survey store_expected(const struct store *store);

/* ---- client.c: what the worker threads do ---- */

struct client {
    struct store *store;
    struct progress *progress;
    uint64_t random;
    uint64_t n_ops, n_keys;
    uint64_t n_sets, n_gets, n_hits, n_deletes; /* Done. */
    uint64_t n_broken;                          /* Values with a wrong sum. */
};

/* How far the workers are; snapshots happen at equal distances. */
struct progress {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t n_done;    /* Reported so far. */
    uint64_t n_running; /* Workers. */
};

void *client_run(void *client);

/* ---- snapshot.c ---- */

struct snapshots {
    struct store *store;
    struct progress *progress;
    uint64_t n, every; /* One after 'every' operations. */
    uint64_t n_taken, n_wrong;
};

void *snapshots_run(void *snapshots);

#endif
