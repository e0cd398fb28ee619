/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * monitor.h - the checker's rules, for one state of an exploration.
 *
 * The checker (src/check) knows the whole past of a run.  An exploration
 * merges pasts that lead to the same state, so its monitor may remember only
 * what is part of the state: per logical word the version stored last, per
 * thread what it read in its present critical section, per lock the owner.
 * For guests whose shared words are guarded by locks that is enough: all
 * stores to a word are ordered, so the last one is the one to read.
 *
 * An alarm is not yet a verdict: the explorer makes the same schedule again
 * under the full checker, whose happens-before decides.
 *
 *   MON1  A load under lock returns the version stored last.        (STALE)
 *   MON2  Two loads of a word in one critical section agree, unless the
 *         thread stored between them.                               (TORN)
 *   MON3  A lock has one owner.                                     (MUTEX)
 *   MON4  A store under lock lands in the frame that the table maps. (LOST)
 *   MON5  No access reaches, through a stale translation, a frame that was freed
 *         or given to another page since.                           (REUSE)
 *
 * The checker's second form of LOST, a store over one that the thread's stale load
 * has missed, needs a stale load under lock before it: MON1 comes first.
 */
#ifndef EXPLORE_MONITOR_H
#define EXPLORE_MONITOR_H

#include "config/protocol.h"
#include "sim/obs.h"

#define MONITOR_WORDS   24u
#define MONITOR_THREADS 8u
#define MONITOR_LOCKS   8u
#define MONITOR_PAGES   24u
#define MONITOR_FRAMES  24u

struct monitor_word {
    uint64_t va;
    uint64_t last; /* Version. */
    uint32_t process;
    uint8_t used;
    uint8_t stored; /* Somebody has stored: 'last' is known. */
    uint8_t read;   /* Bit per thread: read in its critical section ... */
    uint8_t pad;
    uint64_t seen[MONITOR_THREADS]; /* ... and the version it read. */
};

struct monitor_lock {
    uint64_t va;
    uint32_t process;
    uint32_t owner; /* Thread + 1; 0: free. */
};

/* What the table of a process maps at a page; in the order of (process, va). */
struct monitor_page {
    uint64_t va;
    uint32_t process;
    uint32_t frame; /* + 1; 0: nothing. */
    uint32_t used;
    uint32_t pad;
};

/* A frame that some entry has pointed to: whose it is now; in their order. */
struct monitor_frame {
    uint64_t va;    /* Page that it was mapped at first ... */
    uint32_t frame; /* + 1; 0: this place is free. */
    uint32_t freed; /* ... or it went back to the kernel. */
};

/* Plain bytes, part of the explored state. */
struct monitor {
    uint8_t n_locks[MONITOR_THREADS]; /* Held by each thread. */
    struct monitor_word words[MONITOR_WORDS];
    struct monitor_lock locks[MONITOR_LOCKS];
    struct monitor_page pages[MONITOR_PAGES];
    struct monitor_frame frames[MONITOR_FRAMES];
    uint64_t outcomes[MONITOR_THREADS]; /* With 'observe': of all loads so far. */
};

enum monitor_alarm {
    MONITOR_QUIET,
    MONITOR_STALE,
    MONITOR_TORN,
    MONITOR_MUTEX,
    MONITOR_LOST,
    MONITOR_REUSE,
    MONITOR_FULL, /* More words, locks, pages or threads than it has room for. */
};

/* What a move set off; not part of the state. */
struct monitor_watch {
    struct monitor *monitor;
    enum monitor_alarm alarm;
    bool observe;                  /* What each load returned is part of the state. */
    uint64_t n_rule[MONITOR_FULL]; /* How often MON1 to MON3 had to be decided. */
    uint64_t n_steps[2][PROTOCOL_N_STEPS]; /* Protocol steps: upgrade, copy. */
};

/* A listener's on_record; 'context' is a struct monitor_watch. */
void monitor_on_record(void *context, const struct obs *record);

/* The kinds of record it wants. */
uint64_t monitor_kinds(void);

const char *monitor_alarm_text(enum monitor_alarm alarm);

#endif
