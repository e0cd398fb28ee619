/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * main.c - kvsnap: options, threads, result.
 *
 *   kvsnap [-t threads] [-o operations] [-s snapshots] [-k keys] [-w writes]
 *          [-a archive] [-r seed]
 *
 * Prints one line.  Exit status 1: a value or a snapshot was inconsistent.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kvsnap.h"

enum { THREADS_MAX = 1024 };

struct options {
    uint64_t n_threads, n_ops, n_snapshots, n_keys, writes, archive_kb, seed;
};

static const char usage[] =
    "usage: kvsnap [-t threads] [-o operations per thread] [-s snapshots]\n"
    "              [-k keys] [-w writes of 1000 requests] [-a archive, KiB]\n"
    "              [-r seed]\n"
    "defaults: 8 threads, 200 operations, 4 snapshots, 320 keys, 30 writes,\n"
    "          64 KiB, seed 1\n";

static bool parse_number(const char *text, uint64_t min, uint64_t max, uint64_t *to)
{
    char *end;
    *to = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && *to >= min && *to <= max;
}

static bool parse_option(int letter, const char *text, struct options *options)
{
    switch (letter) {
    case 't':
        return parse_number(text, 1, THREADS_MAX, &options->n_threads);
    case 'o':
        return parse_number(text, 0, UINT32_MAX, &options->n_ops);
    case 's':
        return parse_number(text, 0, UINT32_MAX, &options->n_snapshots);
    case 'k':
        return parse_number(text, 1, UINT32_MAX, &options->n_keys);
    case 'w':
        return parse_number(text, 0, 1000, &options->writes);
    case 'a':
        return parse_number(text, 1, 1048576, &options->archive_kb);
    case 'r':
        return parse_number(text, 0, UINT64_MAX, &options->seed);
    default:
        return false;
    }
}

static void check(int error, const char *what)
{
    if (error == 0)
        return;
    fprintf(stderr, "kvsnap: cannot %s\n", what);
    exit(2);
}

static void run(const struct options *options, struct client *clients,
                struct cron *cron)
{
    pthread_t threads[THREADS_MAX + 1];
    for (uint64_t i = 0; i < options->n_threads; i++)
        check(pthread_create(&threads[i], NULL, client_run, &clients[i]),
              "start a thread");
    check(pthread_create(&threads[options->n_threads], NULL, cron_run, cron),
          "start a thread");
    for (uint64_t i = 0; i <= options->n_threads; i++)
        pthread_join(threads[i], NULL);
}

static int print_result(const struct options *options, const struct client *clients,
                        const struct cron *cron, const struct store *store)
{
    struct client all = {0};
    struct survey found = store_survey(store);
    for (uint64_t i = 0; i < options->n_threads; i++) {
        all.n_sets += clients[i].n_sets;
        all.n_gets += clients[i].n_gets;
        all.n_hits += clients[i].n_hits;
        all.n_deletes += clients[i].n_deletes;
        all.n_broken += clients[i].n_broken;
    }
    printf("kvsnap: %llu sets, %llu gets (%llu hits), %llu deletes, %llu keys left, "
           "%llu snapshots, %llu inconsistent, %llu broken values\n",
           (unsigned long long)all.n_sets, (unsigned long long)all.n_gets,
           (unsigned long long)all.n_hits, (unsigned long long)all.n_deletes,
           (unsigned long long)found.n_entries, (unsigned long long)cron->n_taken,
           (unsigned long long)cron->n_wrong,
           (unsigned long long)(all.n_broken + found.n_broken));
    return cron->n_wrong + all.n_broken + found.n_broken != 0;
}

int main(int argc, char **argv)
{
    struct options options = {8, 200, 4, 320, 30, 64, 1};
    int letter;
    while ((letter = getopt(argc, argv, "t:o:s:k:w:a:r:")) != -1) {
        if (!parse_option(letter, optarg, &options)) {
            fputs(usage, stderr);
            return 2;
        }
    }
    uint64_t every = options.n_threads * options.n_ops / (options.n_snapshots + 1) + 1;
    struct progress progress = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                                .changed = PTHREAD_COND_INITIALIZER,
                                .n_running = options.n_threads};
    struct client *clients = calloc(options.n_threads, sizeof *clients);
    struct store *store = store_create(options.archive_kb * 1024);
    int file = open("/dev/null", O_WRONLY);
    check(clients == NULL || store == NULL, "allocate memory");
    check(file == -1, "open /dev/null");
    for (uint64_t i = 0; i < options.n_threads; i++)
        clients[i] = (struct client){
            .store = store,
            .progress = &progress,
            .random = (options.seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + i * 7919 + 1,
            .n_ops = options.n_ops,
            .n_keys = options.n_keys,
            .writes = options.writes};
    struct cron cron = {.store = store,
                        .file = file,
                        .progress = &progress,
                        .n = options.n_snapshots,
                        .every = every};
    run(&options, clients, &cron);
    int result = print_result(&options, clients, &cron, store);
    store_destroy(store);
    free(clients);
    return result;
}
