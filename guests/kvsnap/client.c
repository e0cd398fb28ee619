/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * client.c - one worker: a seeded mix of 40 % set, 50 % get, 10 % delete.
 */
#include <string.h>

#include "kvsnap.h"

enum { VALUE_MAX = 200, REPORT_EVERY = 16 };

/* xorshift64: never 0, for its seed is not. */
static uint64_t draw(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void make_key(char *key, uint64_t number)
{
    memcpy(key, "key:", 4);
    for (unsigned i = 0; i < 8; i++)
        key[4 + i] = "0123456789abcdef"[(number >> (28 - 4 * i)) & 15];
    key[12] = '\0';
}

static void set(struct client *client, const char *key, uint64_t random)
{
    unsigned char value[VALUE_MAX];
    uint32_t n = 8 + (uint32_t)(random % (VALUE_MAX - 8));
    memset(value, (int)(random >> 32), n);
    client->n_sets += store_set(client->store, key, value, n);
}

static void get(struct client *client, const char *key)
{
    bool intact = true;
    client->n_hits += store_get(client->store, key, &intact);
    client->n_gets++;
    client->n_broken += !intact;
}

static void do_one(struct client *client)
{
    char key[KEY_MAX];
    uint64_t choice = draw(&client->random) % 10, random = draw(&client->random);
    make_key(key, draw(&client->random) % client->n_keys);
    pthread_mutex_t *mutex = &client->store->locks[store_shard_of(key)].mutex;
    pthread_mutex_lock(mutex);
    if (choice < 4)
        set(client, key, random);
    else if (choice < 9)
        get(client, key);
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

void *client_run(void *argument)
{
    struct client *client = argument;
    uint64_t unreported = 0;
    for (uint64_t i = 0; i < client->n_ops; i++) {
        do_one(client);
        if (++unreported == REPORT_EVERY) {
            report(client->progress, unreported, false);
            unreported = 0;
        }
    }
    report(client->progress, unreported, true);
    return NULL;
}
