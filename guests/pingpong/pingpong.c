/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * pingpong.c - the smallest program that a copy-on-write fault can betray.
 *
 *   pingpong [rounds]
 *
 * Three threads share one page, 'board', and a lock that lies on another page.
 * Each round forks, so that the page is copy-on-write again:
 *
 *   A   stores to its own word of the page, without the lock: the fault
 *   B   under the lock: x = round
 *   C   under the lock: reads x twice; the two must be equal, and must not be
 *       older than what B stored before C took the lock
 *
 * After the three-thread litmus test with which the BSDs were checked for the
 * fault of FreeBSD PR 225584.  On a sane machine it never fails; simulated
 * under the protocol 'single_stage' it does.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096 };

struct board {
    volatile uint64_t x; /* B's, under the lock. */
    uint64_t pad[63];
    volatile uint64_t y; /* A's alone. */
};

/* Each on a page of its own. */
static struct {
    struct board board __attribute__((aligned(PAGE)));
    pthread_mutex_t lock __attribute__((aligned(PAGE)));
    pthread_barrier_t begin __attribute__((aligned(PAGE)));
    pthread_barrier_t end;
    uint64_t n_rounds;
    uint64_t written; /* What B stored last; under the lock. */
    uint64_t n_torn, n_stale;
} game;

static void *run_a(void *unused)
{
    (void)unused;
    for (uint64_t round = 1; round <= game.n_rounds; round++) {
        pthread_barrier_wait(&game.begin);
        game.board.y = round;
        pthread_barrier_wait(&game.end);
    }
    return NULL;
}

static void *run_b(void *unused)
{
    (void)unused;
    for (uint64_t round = 1; round <= game.n_rounds; round++) {
        pthread_barrier_wait(&game.begin);
        pthread_mutex_lock(&game.lock);
        game.board.x = round;
        game.written = round;
        pthread_mutex_unlock(&game.lock);
        pthread_barrier_wait(&game.end);
    }
    return NULL;
}

static void look(void)
{
    pthread_mutex_lock(&game.lock);
    uint64_t first = game.board.x, second = game.board.x;
    game.n_torn += first != second;
    game.n_stale += first != game.written;
    pthread_mutex_unlock(&game.lock);
}

static void *run_c(void *unused)
{
    (void)unused;
    for (uint64_t round = 1; round <= game.n_rounds; round++) {
        pthread_barrier_wait(&game.begin);
        for (unsigned i = 0; i < 4; i++)
            look();
        pthread_barrier_wait(&game.end);
    }
    return NULL;
}

/* The child keeps the old page alive for as long as the round lasts. */
static pid_t fork_round(int release[2])
{
    char byte;
    if (pipe(release) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(release[1]);
        uint64_t seen = game.board.x + game.board.y;
        (void)!read(release[0], &byte, 1);
        _exit(game.board.x + game.board.y == seen ? 0 : 1);
    }
    close(release[0]);
    return pid;
}

static int play_round(void)
{
    int release[2], status = 1;
    pid_t pid = fork_round(release);
    if (pid == -1) {
        perror("pingpong: fork");
        exit(1);
    }
    pthread_barrier_wait(&game.begin);
    pthread_barrier_wait(&game.end);
    close(release[1]);
    waitpid(pid, &status, 0);
    return status != 0;
}

int main(int argc, char **argv)
{
    static void *(*const parts[])(void *) = {run_a, run_b, run_c};
    pthread_t threads[3];
    uint64_t n_children_wrong = 0;
    game.n_rounds = argc > 1 ? strtoull(argv[1], NULL, 10) : 20;
    pthread_mutex_init(&game.lock, NULL);
    pthread_barrier_init(&game.begin, NULL, 4);
    pthread_barrier_init(&game.end, NULL, 4);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, parts[i], NULL);
    for (uint64_t round = 0; round < game.n_rounds; round++)
        n_children_wrong += (uint64_t)play_round();
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    printf("pingpong: %llu rounds, %llu torn, %llu stale, %llu children wrong\n",
           (unsigned long long)game.n_rounds, (unsigned long long)game.n_torn,
           (unsigned long long)game.n_stale, (unsigned long long)n_children_wrong);
    return game.n_torn + game.n_stale + n_children_wrong != 0;
}
