/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * check.h - the checker: a second opinion on what the machine did.
 *
 * A listener of records (sim/obs.h) with its own, simpler idea of memory.  It
 * never looks into the model.  What it believes in: program order, locks,
 * events, barriers, life and death of threads give happens-before; a load must
 * not return a version older than a store that happens before it.
 *
 *   check_create -> check_listen -> (run -> check_finish -> check_result
 *                                    -> check_reset)* -> check_destroy
 *
 * Rules, windows and what is not seen: docs/checker.md.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H

#include "check/check_config.h"
#include "sim/obs.h"

/* RULE(NAME, sentence). The order is that of result.json. */
#define CHECK_RULE_LIST(RULE)                                                          \
    RULE(STALE, "a load missed a store that happens before it")                        \
    RULE(TORN, "two loads of one word in one critical section differ")                 \
    RULE(LOST, "a store under lock went to a dead frame or overwrote an unseen store") \
    RULE(MUTEX, "two threads own one lock at the same time")                           \
    RULE(REUSE, "an access reached a frame that was freed or given away")

enum check_rule_id {
#define RULE(name, sentence) CHECK_##name,
    CHECK_RULE_LIST(RULE)
#undef RULE
        CHECK_N_RULES
};

/* The name of a rule ("STALE") and one sentence about it. */
const char *check_rule_name(enum check_rule_id rule);
const char *check_rule_sentence(enum check_rule_id rule);

/* The most records that one witness holds. */
#define CHECK_WITNESS_MAX 256u

/* One violation that is kept, with all the facts a report needs. */
struct check_violation {
    enum check_rule_id rule;
    bool under_lock;      /* The lock that guards the word was held. */
    bool has_missed;      /* The 'missed_' fields mean something. */
    bool has_lock;        /* 'lock_va' means something. */
    bool has_earlier;     /* TORN: the first of the two loads is known. */
    bool witness_cut;     /* Records were left out of the middle. */
    bool shootdown_ended; /* At the time of the access. */
    uint16_t cpu, other_cpu;
    uint32_t tid, space;
    uint32_t other_tid; /* MUTEX: who owned the lock; else NO_THREAD. */
    cycle_t cycle;
    uint64_t va;
    uint32_t bytes;
    uint32_t kind;          /* enum obs_kind of the access. */
    uint32_t frame;         /* Frame reached. */
    uint32_t current_frame; /* What the table says; NO_FRAME: nothing. */
    cycle_t tlb_age;        /* Age of the translation, in cycles. */
    ver_t version;          /* Version read, or written (LOST, REUSE). */
    ver_t earlier_version;  /* TORN: what the first load returned. */
    ver_t missed_version;
    uint32_t missed_tid, missed_frame;
    uint16_t missed_cpu;
    cycle_t missed_cycle;
    uint64_t lock_va;
    uint64_t fault; /* Fault that changed the entry, or 0. */
    uint16_t fault_cpu;
    cycle_t change_cycle; /* When the entry changed. */
    uint32_t old_frame;   /* What the entry mapped before, or NO_FRAME. */
    uint64_t shootdown;   /* Shootdown of that change, or 0. */
    uint32_t acks, targets;
    char sentence[512];        /* In plain words, addresses in hexadecimal. */
    const struct obs *witness; /* Null beyond config.max_witnesses. */
    uint32_t n_witness;
};

/* A data race of the guest: not our business, but worth telling. */
struct check_race {
    uint32_t space, tid[2];
    uint64_t va; /* The word. */
    cycle_t cycle;
};

/* Numbers of one run, or of several added up. */
struct check_counts {
    uint64_t total[CHECK_N_RULES], under_lock[CHECK_N_RULES];
    uint64_t harmless, unordered; /* Stale reads that break no rule. */
    uint64_t races;               /* (word, pair of threads), each once. */
    uint64_t watches, watches_open;
    uint64_t loads, stores; /* Judged. */
};

void check_counts_add(struct check_counts *sum, const struct check_counts *more);
uint64_t check_counts_total(const struct check_counts *counts);
uint64_t check_counts_under_lock(const struct check_counts *counts);

struct check_result {
    struct check_counts counts;
    const struct check_violation *violations;
    uint32_t n_violations; /* Kept: at most config.max_violations. */
    const struct check_race *races;
    uint32_t n_races; /* Listed. */
};

struct check;

/* Creates a checker. 'hub' may be null (then no watch is ended);
 * 'n_threads_hint' sizes tables. 'config' is copied. */
struct check *check_create(const struct check_config *config, struct obs_hub *hub,
                           uint32_t n_threads_hint, struct err *err);
void check_destroy(struct check *check);

/* Registers at the hub for the kinds that it needs, and asks for all loads and
 * stores if config.watch says so.  Does nothing if checking is disabled. */
void check_listen(struct check *check);

/* Takes one record.  check_listen() arranges for it; tests call it. */
void check_record(struct check *check, const struct obs *record);

/* Forgets the run. */
void check_reset(struct check *check);

/* The run ended at 'end'. */
void check_finish(struct check *check, cycle_t end);

/* Valid until the next check_reset() or check_destroy(). */
const struct check_result *check_result(const struct check *check);

/* Gives an address a name, such as "table+0x18", in 'text' of 'n' bytes. */
struct check_names {
    void *context;
    void (*name)(void *context, uint32_t space, uint64_t va, char *text, size_t n);
};

/* Says in plain words what went wrong.  'names' may be null. */
void check_sentence(const struct check_violation *violation,
                    const struct check_names *names, char *text, size_t n);

#endif
