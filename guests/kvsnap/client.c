/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - one worker: what many clients of a cache ask for, one after
 * another.  Nearly all are gets; a get that finds nothing stores what the
 * database would have said.
 */
#include "kvsnap.h"

enum { REPORT_EVERY = 128 };

/* xorshift64: never 0, for its seed is not. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void set(struct client *client, uint64_t key, uint64_t random)
{
    store_set(client->store, key, random);
    client->n_sets++;
}

/* No answer may be of an older revision than one before it. */
static void get(struct client *client, uint64_t key, uint64_t random)
{
    struct answer answer = store_get(client->store, key);
    uint64_t *seen = &client->seen[store_shard_of(key)];
    client->n_broken += !answer.intact || answer.revision < *seen;
    *seen = answer.revision;
    client->n_gets++;
    client->n_hits += answer.found;
    if (!answer.found)
        set(client, key, random);
}

static void do_one(struct client *client)
{
    uint64_t random = draw(&client->random), choice = random % 1000;
    uint64_t key = 1 + draw(&client->random) % client->n_keys;
    pthread_mutex_t *mutex = &client->store->locks[store_shard_of(key)].mutex;
    pthread_mutex_lock(mutex);
    if (choice >= client->writes)
        get(client, key, random);
    else if (choice % 4 != 0)
        set(client, key, random);
    else
        client->n_deletes += store_delete(client->store, key);
    pthread_mutex_unlock(mutex);
}

static void report(struct progress *progress, uint64_t n, bool last)
{
    pthread_mutex_lock(&progress->mutex);
    progress->n_done += n;
    progress->n_running -= last;
    pthread_cond_signal(&progress->changed);
    pthread_mutex_unlock(&progress->mutex);
}

/* Works on a copy: counters of other clients are on the same cache line. */
void *client_run(void *argument)
{
    struct client client = *(struct client *)argument;
    uint64_t unreported = 0;
    for (uint64_t i = 0; i < client.n_ops; i++) {
        do_one(&client);
        if (++unreported == REPORT_EVERY) {
            report(client.progress, unreported, false);
            unreported = 0;
        }
    }
    *(struct client *)argument = client;
    report(client.progress, unreported, true);
    return NULL;
}
