/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scene.h - a witness as lanes, spans, marks and arrows; private to src/witness.
 *
 * The records say what happened at a moment.  A picture needs what lasted: a
 * kernel step until the next one, a frame in a TLB until it is dropped, a
 * lock until it is given back.  scene_create() works that out once; svg.c,
 * chrome.c, vcd.c and kanata.c only write it down.
 *
 *   scene.c        lanes, time, the calls of the parts below
 *   scene_cpu.c    what a CPU does: code, kernel, interrupts, waits, arrows
 *   scene_state.c  what holds: the entry, the TLBs, the owner of the lock
 *   scene_flat.c   one activity of a CPU at a time
 *
 * Times are cycles relative to the fault (or to what 'zero_text' says), and
 * may be negative.
 */
#ifndef WITNESS_SCENE_H
#define WITNESS_SCENE_H

#include "witness/witness.h"

#define SCENE_LANES_MAX  (CHECK_WITNESS_MAX + 4u)
#define SCENE_SPANS_MAX  (4u * CHECK_WITNESS_MAX)
#define SCENE_MARKS_MAX  (CHECK_WITNESS_MAX + 4u)
#define SCENE_ARROWS_MAX (CHECK_WITNESS_MAX + 4u)

/* Lanes that are no CPU. */
#define SCENE_LANE_PTE  (UINT32_MAX - 1) /* The entry of the page. */
#define SCENE_LANE_LOCK (UINT32_MAX - 2) /* Who owns the lock. */
#define SCENE_LANE_NONE UINT32_MAX

enum scene_span_kind {
    SCENE_FAULT,   /* A page fault, from the exception to its end. */
    SCENE_STEP,    /* A kernel step inside it. */
    SCENE_HANDLER, /* An interrupt, from its arrival to the acknowledgement. */
    SCENE_SPIN,    /* Waits for a lock. */
    SCENE_SLEEP,   /* A fault sleeps on a busy page. */
    SCENE_TLB,     /* The TLB maps the page to 'frame' (or to nothing). */
    SCENE_PTE,     /* The table does. */
    SCENE_OWNER,   /* Thread 'tid' owns the lock. */
    SCENE_N_SPAN_KINDS
};

/* Which frame it is in the story. */
enum scene_frame { SCENE_NOTHING, SCENE_OLD, SCENE_NEW, SCENE_OTHER };

struct scene_span {
    enum scene_span_kind kind;
    uint32_t lane, tid;
    int64_t t0, t1;
    bool open0, open1; /* Began before, ends after what the records tell. */
    enum scene_frame which;
    uint32_t frame;  /* SCENE_TLB, SCENE_PTE; NO_FRAME: nothing. */
    uint64_t value;  /* SCENE_STEP: code. SCENE_PTE: entry, if 'known'. */
    bool known;      /* SCENE_PTE: 'value' is the entry. */
    bool wait;       /* SCENE_STEP: the kernel waits for others. */
    uint32_t row;    /* Spans of one lane and kind that overlap: 0, 1, ... */
    uint64_t number; /* Of the fault or shootdown. */
    char label[96], brief[16], detail[160]; /* 'brief' may be "". */
};

enum scene_mark_kind {
    SCENE_LOAD,
    SCENE_STORE,
    SCENE_LOCK,
    SCENE_UNLOCK,
    SCENE_SYNC,  /* Events, barriers, life and death of threads. */
    SCENE_INVAL, /* The TLB drops the page. */
    SCENE_SEND,  /* An interrupt is sent. */
    SCENE_EVENT, /* Anything else of the kernel. */
    SCENE_N_MARK_KINDS
};

/* How much a mark matters; also the order in which labels get their place. */
enum scene_weight { SCENE_VERDICT, SCENE_KEY, SCENE_PLAIN, SCENE_BORING };

struct scene_mark {
    enum scene_mark_kind kind;
    enum scene_weight weight;
    uint32_t lane, tid;
    int64_t t;
    bool missed; /* The store that the verdict is about. */
    char label[112], detail[224];
};

enum scene_arrow_kind { SCENE_IPI, SCENE_ACK, SCENE_MISSED, SCENE_N_ARROW_KINDS };

struct scene_arrow {
    enum scene_arrow_kind kind;
    uint32_t from, to; /* Lanes. */
    int64_t t0, t1;
    bool open; /* Had not arrived when the witness ends. */
    uint64_t number;
    char detail[128];
};

struct scene_lane {
    uint16_t cpu;
    uint32_t tid; /* Or NO_THREAD. */
    bool story;   /* One of those that the sentence names. */
    char role[80];
};

struct scene {
    const struct witness *w;
    cycle_t zero;
    const char *zero_text; /* "cycles after the fault" */
    int64_t from, to, view_from, view_to;
    int64_t verdict; /* When the access happened. */
    uint32_t old_frame, new_frame;
    uint64_t lock_va;
    bool has_lock;
    uint32_t n_lanes, n_spans, n_marks, n_arrows;
    struct scene_lane lanes[SCENE_LANES_MAX];
    struct scene_span spans[SCENE_SPANS_MAX];
    struct scene_mark marks[SCENE_MARKS_MAX];
    struct scene_arrow arrows[SCENE_ARROWS_MAX];
};

/* Works the scene out, from malloc; null if memory ran out.  '*w' must live as
 * long as the scene. */
struct scene *scene_create(const struct witness *w);
void scene_destroy(struct scene *scene);

/* The lane of a CPU, or SCENE_LANE_NONE. */
uint32_t scene_lane(const struct scene *scene, uint64_t cpu);

/* The time of a record, or of any cycle. */
int64_t scene_time(const struct scene *scene, cycle_t cycle);

/* "T1#34": what operation 34 of thread 1 stored; "0": a fresh page. In 'text'
 * of 48 bytes, which it returns. */
const char *scene_version(uint64_t bits, char *text);

/* The last word on the access: "reads old frame 28: must be T3#887". */
void scene_verdict(const struct check_violation *v, char *text, size_t n);

/* True if the record is the violating access. */
bool scene_is_verdict(const struct check_violation *v, const struct obs *r);

/* The record of the load that returned v.earlier_version, or null. */
const struct obs *scene_earlier_load(const struct check_violation *v);

/* What 'frame' is in the story. */
enum scene_frame scene_which(const struct scene *scene, uint32_t frame);

/* What a CPU does, one thing at a time. */
#define SCENE_PIECES_MAX (2u * SCENE_SPANS_MAX)

struct scene_piece {
    int64_t t0, t1;
    const struct scene_span *span;
};

/* Cuts the activities of a lane into pieces that do not overlap, in the order
 * of time: an interrupt goes before a step, a step before its fault, a fault
 * before waiting.  'pieces' has room for SCENE_PIECES_MAX. Returns how many. */
uint32_t scene_flatten(const struct scene *scene, uint32_t lane,
                       struct scene_piece *pieces);

/* For the parts. Never null: what does not fit is put into the last place. */
struct scene_span *scene_span(struct scene *scene, enum scene_span_kind kind,
                              uint32_t lane, int64_t t0);
struct scene_mark *scene_mark(struct scene *scene, enum scene_mark_kind kind,
                              const struct obs *r);

void scene_add_cpus(struct scene *scene);
void scene_add_state(struct scene *scene);

#endif
