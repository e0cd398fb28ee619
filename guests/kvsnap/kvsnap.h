/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kvsnap.h - the parts of kvsnap: cache, clients, cron.
 *
 * kvsnap is a cache server in miniature that saves itself the way Redis does:
 * fork, and let the child write out what it sees.  Its data are one table of
 * small entries, made at the start, in shards with a lock each.  The clients
 * are simulated inside the worker threads.  An ordinary C program: it knows
 * nothing of Shootdown.
 */
#ifndef KVSNAP_H
#define KVSNAP_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    PAGE_BYTES = 4096,
    LINE_BYTES = 64,
    N_SHARDS = 32,
    N_SLOTS = 20, /* Entries of a shard. */
};

/* ---- store.c: shards of a table ---- */

struct entry {
    uint64_t key; /* 0: free. */
    uint64_t value;
    uint64_t sum; /* Of key and value. */
};

/* Every answer tells of which revision of the shard it is, as etcd's do. A get
 * stores to nothing but the lock. */
struct shard {
    uint64_t revision; /* One more with every change. */
    uint64_t sum;      /* Of all sums: what a snapshot must find. */
    struct entry slots[N_SLOTS];
} __attribute__((aligned(LINE_BYTES)));

struct lock {
    pthread_mutex_t mutex;
} __attribute__((aligned(LINE_BYTES)));

/* What nobody asks for nowadays, and so most of what a cache holds. */
struct archive {
    size_t n_bytes;
    char *bytes;
};

/* The locks have a page to themselves: a store to a lock must not be what
 * refreshes a translation of the data. */
struct store {
    struct lock locks[N_SHARDS];
    struct shard shards[N_SHARDS] __attribute__((aligned(PAGE_BYTES)));
    struct archive archive;
};

struct store *store_create(size_t archive_bytes);
void store_destroy(struct store *store);

unsigned store_shard_of(uint64_t key);

struct answer {
    uint64_t revision; /* Of the shard. */
    uint64_t value;
    bool found, intact; /* Not intact: the sum is wrong. */
};

/* The caller holds the shard's lock; no key is 0.  store_set may evict another
 * entry. */
void store_set(struct store *store, uint64_t key, uint64_t value);
bool store_delete(struct store *store, uint64_t key);
struct answer store_get(struct store *store, uint64_t key);

void store_lock_all(struct store *store);
void store_unlock_all(struct store *store);

/* Looks at all entries; all locks are held or nobody else runs. */
struct survey {
    uint64_t n_entries, sum, n_broken;
};
struct survey store_survey(const struct store *store);
uint64_t store_expected_sum(const struct store *store);

/* Writes everything to a file; false if that fails. */
bool store_save(const struct store *store, int file);

/* ---- client.c: what the worker threads do ---- */

struct client {
    struct store *store;
    struct progress *progress;
    uint64_t random;
    uint64_t n_ops, n_keys;
    uint64_t writes; /* Sets and deletes among 1000 requests. */
    uint64_t n_sets, n_gets, n_hits, n_deletes; /* Done. */
    uint64_t n_broken;       /* Values with a wrong sum or from the past. */
    uint64_t seen[N_SHARDS]; /* The newest revision of each shard so far. */
};

/* How far the workers are; that is the server's clock. */
struct progress {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint64_t n_done;    /* Reported so far. */
    uint64_t n_running; /* Workers. */
};

void *client_run(void *client);

/* ---- cron.c ---- */

struct cron {
    struct store *store;
    struct progress *progress;
    int file;          /* Where snapshots go. */
    uint64_t n, every; /* A snapshot after 'every' operations, 'n' times. */
    uint64_t n_taken, n_wrong;
};

void *cron_run(void *cron);

#endif
