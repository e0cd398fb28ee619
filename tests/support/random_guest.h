/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * random_guest.h - guests without data races, drawn from a seed.
 *
 * A process of several threads that share pages under locks, keep words of
 * their own on the same pages, map and unmap memory of their own, meet at
 * barriers, and fork: children have threads of their own and may fork again.
 * Every shared word is touched under its lock only, so a correct kernel must
 * never be caught reading a stale one.  A child touches no lock that its parent
 * uses: it may have been copied while taken.
 *
 * The text form is used so that a failing seed can be looked at:
 * random_guest() is what the program would be given in a file.
 */
#ifndef SUPPORT_RANDOM_GUEST_H
#define SUPPORT_RANDOM_GUEST_H

#include <stdint.h>
#include <stdio.h>

#define GUEST_PAGES   4u
#define GUEST_LOCKS   3u /* Each guards the words of its number on every page. */
#define GUEST_THREADS 3u /* Of the first process, with main. */

struct guest_options {
    unsigned n_cpus;   /* PIN goes below this. */
    unsigned rounds;   /* Of each thread. */
    bool pins;         /* Threads may be bound. */
    bool kills;        /* A child may end with exit_process. */
    bool lock_on_page; /* Lock words lie on the shared pages. */
    bool quiet_forks;  /* main holds all locks while it forks: no child sees a word
                        * that somebody is writing, so not even fork races. */
};

struct guest_maker {
    FILE *out;
    uint64_t state;
    struct guest_options o;
    unsigned next_stream;
    unsigned next_process;
};

/* xorshift64*: enough to draw tests with. */
static inline unsigned guest_draw(struct guest_maker *g, unsigned n)
{
    g->state ^= g->state >> 12;
    g->state ^= g->state << 25;
    g->state ^= g->state >> 27;
    return (unsigned)((g->state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % n;
}

/* Level 0: the first process. Each level has locks of its own. */
static inline void guest_lock_address(struct guest_maker *g, unsigned level,
                                      unsigned lock)
{
    if (g->o.lock_on_page)
        fprintf(g->out, "@data+%u*4K+%u", lock % GUEST_PAGES,
                2048 + 256 * level + 64 * lock);
    else
        fprintf(g->out, "@locks+%u*4K+64*%u", level, lock);
}

static inline void guest_section(struct guest_maker *g, unsigned level)
{
    static const char *const kinds[] = {"mutex", "write", "read"};
    unsigned lock = guest_draw(g, GUEST_LOCKS);
    unsigned kind =
        lock == 2 ? 1 + guest_draw(g, 2) : 0; /* Lock 2: readers, writers. */
    fprintf(g->out, "  lock ");
    guest_lock_address(g, level, lock);
    fprintf(g->out, " %s\n", kinds[kind]);
    for (unsigned n = 1 + guest_draw(g, 4); n > 0; n--) {
        bool store = kind != 2 && guest_draw(g, 2);
        fprintf(g->out, "  %s 8 @data+%u*4K+%u\n", store ? "store" : "load",
                guest_draw(g, GUEST_PAGES), 64 * lock + 8 * guest_draw(g, 2));
    }
    fprintf(g->out, "  unlock ");
    guest_lock_address(g, level, lock);
    fprintf(g->out, " %s\n", kinds[kind]);
}

/* Words of the thread's own, on the shared pages. */
static inline void guest_own_words(struct guest_maker *g, unsigned stream)
{
    static const char *const ops[] = {"load", "store", "rmw"};
    for (unsigned n = 1 + guest_draw(g, 4); n > 0; n--)
        fprintf(g->out, "  %s 8 @data+%u*4K+%u\n", ops[guest_draw(g, 3)],
                guest_draw(g, GUEST_PAGES), 1024 + 8 * (stream % 64));
}

/* A mapping of the thread's own: comes, changes, goes. */
static inline void guest_own_map(struct guest_maker *g, unsigned stream)
{
    unsigned long long at = 0x600000000000ull + 0x100000ull * stream;
    const char *kind = guest_draw(g, 4) ? "rw" : "rw,file";
    fprintf(g->out, "  mmap 0x%llx 8K %s\n", at, kind);
    fprintf(g->out, "  store_range 0x%llx %u\n", at, 64 + 64 * guest_draw(g, 100));
    if (guest_draw(g, 2))
        fprintf(g->out, "  mprotect 0x%llx 4K r\n  load 8 0x%llx\n", at, at);
    if (guest_draw(g, 2))
        fprintf(g->out, "  mprotect 0x%llx 8K rw\n  store 8 0x%llx\n", at, at + 8);
    if (guest_draw(g, 3) == 0)
        fprintf(g->out, "  madvise 0x%llx 8K dontneed\n  store 8 0x%llx\n", at,
                at + 4096);
    if (guest_draw(g, 2))
        fprintf(g->out, "  load_range 0x%llx 8K\n", at);
    fprintf(g->out, "  munmap 0x%llx 8K\n", at);
}

static inline void guest_small_thing(struct guest_maker *g)
{
    switch (guest_draw(g, 5)) {
    case 0:
        fprintf(g->out, "  compute %u\n", 1 + guest_draw(g, 3000));
        return;
    case 1:
        fprintf(g->out, "  evict @data+%u*4K\n", guest_draw(g, GUEST_PAGES));
        return;
    case 2:
        fprintf(g->out, "  fence\n");
        return;
    case 3:
        fprintf(g->out, "  syscall 1\n");
        return;
    default:
        if (g->o.pins)
            fprintf(g->out, "  pin %u\n", guest_draw(g, g->o.n_cpus));
    }
}

static inline void guest_round(struct guest_maker *g, unsigned level, unsigned stream)
{
    switch (guest_draw(g, 6)) {
    case 0:
    case 1:
        guest_section(g, level);
        return;
    case 2:
    case 3:
        guest_own_words(g, stream);
        return;
    case 4:
        guest_own_map(g, stream);
        return;
    default:
        guest_small_thing(g);
    }
}

/* The operations of a thread that shares with others of its level. */
static inline void guest_thread(struct guest_maker *g, unsigned level, unsigned stream,
                                bool meets)
{
    for (unsigned i = 0; i < g->o.rounds; i++) {
        guest_round(g, level, stream);
        if (meets && i % 8 == 7)
            fprintf(g->out, "  barrier @locks+%u*4K+1024 %u\n", level, GUEST_THREADS);
    }
}

/* Takes ('op' is "lock") or gives back all locks of a level. */
static inline void guest_all_locks(struct guest_maker *g, unsigned level,
                                   const char *op)
{
    for (unsigned lock = 0; g->o.quiet_forks && lock < GUEST_LOCKS; lock++) {
        fprintf(g->out, "  %s ", op);
        guest_lock_address(g, level, lock);
        fprintf(g->out, " %s\n", lock == 2 ? "write" : "mutex");
    }
}

/* A process forked by 'parent'.  Returns its stream; it is written out later,
 * so the caller's stream is left and entered again. */
static inline unsigned guest_fork(struct guest_maker *g, unsigned level,
                                  unsigned parent)
{
    unsigned first = g->next_stream++, second = g->next_stream++;
    unsigned process = g->next_process++;
    guest_all_locks(g, level - 1, "lock");
    fprintf(g->out, "  fork %u\n", first);
    fprintf(g->out, "stream %u proc %u \"child\" forked by %u\n", first, process,
            parent);
    fprintf(g->out, "  spawn %u\n", second);
    unsigned rounds = g->o.rounds;
    g->o.rounds = rounds / 2;
    guest_thread(g, level, first, false);
    if (level < 2 && guest_draw(g, 2)) {
        unsigned grandchild = guest_fork(g, level + 1, first);
        guest_thread(g, level, first, false);
        fprintf(g->out, "  waitpid %u\n", grandchild);
    }
    if (g->o.kills && guest_draw(g, 2))
        fprintf(g->out, "  exit_process\n");
    else
        fprintf(g->out, "  join %u\n  exit\n", second);
    fprintf(g->out, "stream %u proc %u \"helper\" spawned by %u\n", second, process,
            first);
    guest_thread(g, level, second, false);
    fprintf(g->out, "  exit\n");
    g->o.rounds = rounds;
    fprintf(g->out, "stream %u\n", parent);
    guest_all_locks(g, level - 1, "unlock");
    return first;
}

static inline void guest_main(struct guest_maker *g)
{
    FILE *out = g->out;
    fprintf(out, "stream 0 proc 0 \"main\"\n  mmap @locks 12K rw\n");
    fprintf(out, "  mmap @data %u*4K rw\n  store_range @data %u*4K\n", GUEST_PAGES,
            GUEST_PAGES);
    for (unsigned level = 0; level < 3; level++)
        fprintf(out, "  store 8 @locks+%u*4K+2048\n", level);
    for (unsigned i = 0; i < 3 * GUEST_LOCKS && g->o.lock_on_page; i++) {
        fprintf(out, "  store 8 ");
        guest_lock_address(g, i / GUEST_LOCKS, i % GUEST_LOCKS);
        fprintf(out, " 0\n");
    }
    for (unsigned t = 1; t < GUEST_THREADS; t++)
        fprintf(out, "  spawn %u\n", t);
    unsigned children[4], n = 1 + guest_draw(g, 3);
    for (unsigned i = 0; i < n; i++) {
        children[i] = guest_fork(g, 1, 0);
        unsigned rounds = g->o.rounds;
        g->o.rounds = rounds / 2;
        guest_thread(g, 0, 0, false);
        g->o.rounds = rounds;
        if (guest_draw(g, 2))
            fprintf(out, "  waitpid %u\n", children[i]);
    }
    for (unsigned i = 0; i < g->o.rounds / 8; i++)
        fprintf(out, "  barrier @locks+0*4K+1024 %u\n", GUEST_THREADS);
    for (unsigned t = 1; t < GUEST_THREADS; t++)
        fprintf(out, "  join %u\n", t);
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "  waitpid %u\n", children[i]);
    fprintf(out, "  exit\n");
}

/* The text of a guest; the caller frees it. */
static inline char *random_guest(uint64_t seed, const struct guest_options *options)
{
    char *text = NULL;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    struct guest_maker g = {.out = out,
                            .state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1,
                            .o = *options,
                            .next_stream = GUEST_THREADS,
                            .next_process = 1};
    for (unsigned i = 0; i < 8; i++)
        guest_draw(&g, 2);
    fprintf(out, "let locks = 0x500000000000\nlet data = 0x510000000000\n");
    guest_main(&g);
    for (unsigned t = 1; t < GUEST_THREADS; t++) {
        fprintf(out, "stream %u proc 0 \"thread %u\" spawned by 0\n", t, t);
        guest_thread(&g, 0, t, true);
        fprintf(out, "  exit\n");
    }
    fclose(out);
    return text;
}

#endif
