/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * state.h - what the checker remembers; private to src/check.
 *
 *   struct check
 *     threads   clock, locks held, loads of the present critical section
 *     syncs     locks, events and barriers: a clock each, and lock owners
 *     pages     watched pages: mapping by the table, words, open watches
 *       words   the stores since the watch began, oldest first
 *     frames    since when a frame has its present owner
 *     rings     recent records, for witnesses
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include "check/check.h"
#include "check/clock.h"
#include "check/holders.h"
#include "check/map.h"

/* Bounds of the lists that hang on one object. What lies beyond is dropped,
 * which can only lose a report, never make one up. */
#define CHECK_LOCKS_MAX      8u     /* Locks in a lock set. */
#define CHECK_SEEN_MAX       64u    /* Loads remembered per critical section. */
#define CHECK_READERS_MAX    4u     /* Last loads of a word, for races. */
#define CHECK_RACES_MAX      256u   /* Races listed. */
#define CHECK_RACE_KEYS_MAX  65536u /* Races told apart. */
#define CHECK_SHOOTDOWNS_MAX 256u   /* Recent shootdowns remembered. */

/* The locks that a thread held at some moment, as indices of syncs. */
struct check_lockset {
    uint32_t n;
    uint32_t lock[CHECK_LOCKS_MAX];
};

/* One store to a watched word. */
struct check_store {
    cycle_t cycle;
    ver_t version;
    uint64_t va, op, filled;
    uint32_t tid, frame, bytes;
    uint16_t cpu, flags;
    uint8_t mask; /* Bytes of the word that it wrote. */
    struct check_lockset locks;
};

/* The last load of a word by one thread. */
struct check_reader {
    uint64_t op;
    uint32_t tid;
    uint16_t flags;
    uint8_t mask;
};

struct check_word {
    uint32_t n, first, capacity; /* A ring once it is full. */
    struct check_store *stores;
    uint32_t n_readers;
    struct check_reader readers[CHECK_READERS_MAX];
};

/* Why the entry of a page is what it is. */
struct check_change {
    uint64_t fault;
    cycle_t cycle;
    uint32_t old_frame;
    uint16_t cpu;
};

struct check_page {
    uint32_t space;
    uint64_t page;
    uint32_t n_watches; /* Open official watches. */
    uint32_t watch;     /* First of them, or CHECK_MAP_NONE. */
    bool harmful;       /* A stale access did harm: watched to the end. */
    bool known;         /* 'current' is known. */
    bool dropped;       /* The guest itself unmapped it. */
    uint32_t current;   /* Frame by the table, or NO_FRAME. */
    struct check_change change;
    uint32_t n_words, words_capacity;
    struct check_word *words;
    uint16_t index[WORDS_PER_PAGE]; /* Word number + 1 in 'words', or 0. */
};

/* One official watch, from WATCH_BEGIN until nobody can reach the old frame. */
struct check_window {
    struct check_page *page; /* Null: free. */
    uint32_t next;           /* On the same page, or of the free list. */
    uint32_t old_frame, new_frame;
    uint64_t fault;
    bool quiet;            /* WATCH_QUIET was seen. */
    struct cpuset pending; /* May still hold what the table lost. */
};

/* A load of the present critical section. */
struct check_seen {
    struct obs record;
    const struct check_page *page;
    uint16_t word;
    uint8_t mask;
    bool stale; /* 'missed' means something. */
    struct check_store missed;
};

struct check_thread {
    struct check_clock clock;
    uint32_t space;
    uint64_t n_ops; /* At its exit. */
    uint32_t barrier_phase;
    uint32_t n_held; /* Lock operations not undone. */
    struct check_lockset locks;
    uint32_t n_seen, next_seen;
    struct check_seen *seen;
};

enum check_sync_kind { CHECK_LOCK_WORD, CHECK_EVENT, CHECK_BARRIER };

struct check_owner {
    uint32_t tid, depth;
    uint16_t cpu;
    bool shared;
};

struct check_sync {
    uint64_t va;
    uint32_t space;
    struct check_clock clock;   /* Released by writers; posts; full barrier. */
    struct check_clock readers; /* Released by readers; barrier filling up. */
    uint32_t phase;             /* Of a barrier. */
    uint32_t n_owners, owners_capacity;
    struct check_owner *owners;
};

/* The present life of a frame. */
struct check_frame {
    cycle_t since;
    uint64_t page; /* It was given to, by number. */
    bool known, free, fresh;
};

struct check_shootdown {
    uint64_t number, fault, page, n_pages;
    uint32_t space, targets, acks;
    cycle_t begin;
    bool ended;
};

struct check_ring_entry {
    uint64_t order;
    struct obs record;
};

struct check_ring {
    uint64_t n; /* Ever put. */
    uint32_t capacity;
    struct check_ring_entry *entries;
};

struct check {
    struct check_config config;
    struct obs_hub *hub;
    bool all; /* watch = all */

    uint32_t n_threads, threads_capacity;
    struct check_thread *threads;
    struct check_map sync_map;
    uint32_t n_syncs, syncs_capacity;
    struct check_sync *syncs;
    struct check_map page_map;
    uint32_t n_pages, pages_capacity;
    struct check_page **pages;
    uint32_t n_watches, watches_capacity, free_watch;
    struct check_window *watches;
    uint32_t n_frames, frames_capacity;
    struct check_frame *frames;
    struct check_shootdown shootdowns[CHECK_SHOOTDOWNS_MAX];
    struct check_holders holders;
    uint64_t order;
    struct check_ring control, accesses;
    struct check_map race_map;
    struct check_race races[CHECK_RACES_MAX];
    struct check_violation *violations;
    struct check_result result;
};

/* An access to a watched word, judged once for all rules. */
struct check_access {
    const struct obs *record;
    struct check_page *page;
    struct check_thread *thread;
    uint16_t word; /* Number within the page. */
    uint8_t mask;
    bool off_table;                   /* Not through the current mapping. */
    bool reused;                      /* The frame has another owner now. */
    bool unordered;                   /* A newer store, not ordered with it. */
    const struct check_store *missed; /* Newest store that it had to see. */
    const struct check_seen *earlier; /* Load of it in this section. */
};

/* sync.c: happens-before. */
struct check_thread *check_thread_get(struct check *check, uint32_t tid);
struct check_sync *check_sync_get(struct check *check, enum check_sync_kind kind,
                                  uint32_t space, uint64_t va);
bool check_is_sync_word(const struct check *check, uint32_t space, uint64_t va);
void check_sync_record(struct check *check, const struct obs *record);
bool check_happens_before(const struct check_thread *thread, uint32_t tid, uint64_t op,
                          uint32_t of_tid, uint64_t of_op);
bool check_locks_meet(const struct check_lockset *a, const struct check_lockset *b,
                      uint32_t *which);
void check_sync_reset(struct check *check);
void check_sync_free(struct check *check);

/* memory.c: the logical memory. */
struct check_page *check_page_find(const struct check *check, uint32_t space,
                                   uint64_t page);
struct check_page *check_page_get(struct check *check, uint32_t space, uint64_t page);
void check_page_forget(struct check_page *page);
struct check_word *check_word_find(struct check_page *page, unsigned word);
struct check_word *check_word_get(struct check_page *page, unsigned word);
const struct check_store *check_word_at(const struct check_word *word, uint32_t i);
void check_store_put(struct check *check, struct check_page *page, unsigned word,
                     const struct check_store *store);
void check_fork_pages(struct check *check, uint32_t parent, uint32_t child);
bool check_page_active(const struct check *check, const struct check_page *page);
void check_memory_reset(struct check *check);
void check_memory_free(struct check *check);

/* watch.c: official watches, the mapping by the table, frames, shootdowns. */
void check_table_record(struct check *check, const struct obs *record);
void check_watch_record(struct check *check, const struct obs *record);
void check_frame_record(struct check *check, const struct obs *record);
void check_shootdown_record(struct check *check, const struct obs *record);
const struct check_frame *check_frame_find(const struct check *check, uint64_t frame);
const struct check_shootdown *check_shootdown_of(const struct check *check,
                                                 const struct check_page *page);
void check_watch_reset(struct check *check);
void check_watch_free(struct check *check);

/* access.c: loads and stores. */
void check_load(struct check *check, const struct obs *record);
void check_stored(struct check *check, const struct obs *record);

/* race.c */
void check_race_load(struct check *check, struct check_access *access);
void check_race_store(struct check *check, struct check_access *access);

/* witness.c */
void check_ring_put(struct check *check, struct check_ring *ring,
                    const struct obs *record);

/* What a rule found; the rest is worked out from the records. */
struct check_finding {
    enum check_rule_id rule;
    bool under_lock;
    const struct obs *record;
    const struct obs *earlier;        /* TORN: the first load. */
    struct check_page *page;          /* Null for MUTEX. */
    const struct check_store *missed; /* Or null. */
    uint32_t lock;                    /* Sync, or CHECK_MAP_NONE. */
    const struct check_owner *owner;  /* MUTEX: the other one. */
};

/* Counts the violation, and keeps it with its witness while there is room. */
void check_report(struct check *check, const struct check_finding *finding);

#endif
