/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * obs.h - observation records: the only way out of the model.
 *
 * The model emits records; listeners (checker, statistics, timelines, VCD)
 * read them.  No listener looks into a model structure.
 *
 * Order.  A core runs ahead of the others, so records come in unit by unit.
 * Each unit has a buffer of its own; obs_flush(before) merges all records
 * with cycle < before by (cycle, unit, order of emission) and hands them to
 * the listeners.  The engine's present bounds what can still come, so what
 * listeners see is in time order and does not depend on the look-ahead.
 *
 * Watching.  LOAD and STORE records would cost more than the simulation, so
 * they are emitted only for frames that are watched (a counter per frame).
 * The kernel model starts a watch on both frames of a page some time before
 * the translation changes; the checker ends it when no harm can come of the
 * page any more.  Records outside [WATCH_BEGIN, end] are ignored by the
 * checker, so an early start or a late end changes nothing
 * (docs/decisions/0003).  obs_watch_all() watches everything.
 */
#ifndef SIM_OBS_H
#define SIM_OBS_H

#include "base/status.h"

/*
 * OBS(NAME, meaning of va / a / b / c / d / id).  'cpu' is the hardware thread
 * where it happens, 'tid' the guest thread and 'space' the address space (its process)
 * it happens to (NO_... where there is none).
 */
#define OBS_LIST(OBS)                                                        \
    OBS(LOAD, "va, a=frame, b=version read, c=index of operation, "          \
              "d=cycle when the TLB entry was filled, id=bytes")             \
    OBS(STORE, "va, a=frame, b=version written, c=index of operation, "      \
               "d=cycle when the TLB entry was filled, id=bytes; emitted "   \
               "when the store leaves the store buffer")                     \
    OBS(LOCK, "va=lock word, a=frame, c=index of operation, "                \
              "id=enum obs_lock_kind; emitted when the lock is taken")       \
    OBS(UNLOCK, "va=lock word, a=frame, c=index of operation, "              \
                "id=enum obs_lock_kind; when the release is visible")        \
    OBS(SPIN_BEGIN, "va=lock word: waits for the lock")                      \
    OBS(SPIN_END, "va=lock word")                                            \
    OBS(POST, "va=event, c=index of operation")                              \
    OBS(WAIT, "va=event, c=index of operation; emitted when it goes on")     \
    OBS(BARRIER_ENTER, "va=barrier, c=index of operation")                   \
    OBS(BARRIER_LEAVE, "va=barrier, c=index of operation")                   \
    OBS(SPAWN, "id=new thread, c=index of operation")                        \
    OBS(THREAD_START, "first record of a thread; id=process")                \
    OBS(THREAD_EXIT, "last record of a thread, c=index of operation")        \
    OBS(JOIN, "id=thread that ended, c=index of operation")                  \
    OBS(FORK, "id=new thread, a=new space, c=index of operation")            \
    OBS(WAITPID, "id=first thread of the process that ended, "               \
                 "c=index of operation")                                     \
    OBS(FAULT_BEGIN, "va, a=error code, id=fault number")                    \
    OBS(FAULT_END, "va, a=enum obs_fault_outcome, id=fault number")          \
    OBS(BUSY_SLEEP, "va, a=frame: a fault sleeps on a busy page")            \
    OBS(STEP, "va, a=code of the protocol step, id=fault number")            \
    OBS(PTE_WRITE, "va, a=old entry, b=new entry, id=fault number or 0, "    \
                   "c=enum obs_pte_reason")                                  \
    OBS(TLB_FILL, "va, a=entry that was read; flag FETCH for the ITLB")      \
    OBS(TLB_INVAL, "va=first page, a=frame dropped (NO_FRAME if none was "   \
                   "there), b=number of pages, c=enum obs_inval_reason, "    \
                   "id=shootdown number or 0")                               \
    OBS(SHOOTDOWN_BEGIN, "va=first page, a=targets, b=number of pages, "     \
                         "id=shootdown number, c=fault number or 0")         \
    OBS(SHOOTDOWN_END, "id=shootdown number: the last acknowledgement came") \
    OBS(SHOOTDOWN_SKIP, "va, a=0 old entry not accessed, 1 no other CPU; "   \
                        "c=fault number or 0")                               \
    OBS(IPI_SEND, "a=target CPU, b=vector, id=shootdown number")             \
    OBS(IPI_ARRIVE, "b=vector, id=shootdown number")                         \
    OBS(IPI_HANDLER, "b=vector, id=shootdown number: first step of it")      \
    OBS(IPI_ACK, "a=initiating CPU, id=shootdown number")                    \
    OBS(FRAME_ALLOC, "a=frame, va=page it is for (0 for a table)")           \
    OBS(FRAME_COPY, "a=new frame, b=old frame, va, id=fault number")         \
    OBS(FRAME_FREE, "a=frame")                                               \
    OBS(WATCH_BEGIN, "va, a=old frame, b=new frame or NO_FRAME, "            \
                     "id=fault number")                                      \
    OBS(WATCH_QUIET, "va, a=old frame, id=fault number: the protocol says "  \
                     "that no CPU can reach the old frame here any more")    \
    OBS(SWITCH, "tid=thread that now runs on the CPU, or NO_THREAD")         \
    OBS(MODE, "a=enum obs_mode the CPU enters")                              \
    OBS(SYSCALL, "va, a=trace operation, b=length, id=0 enter, 1 leave")     \
    OBS(SIGSEGV, "va, a=error code, b=pc, c=index of operation")             \
    OBS(MARK, "id=mark, c=index of operation")                               \
    OBS(EXPECT, "id=rule expected, a=count, c=index of operation")

enum obs_kind {
#define OBS(name, sentence) OBS_##name,
    OBS_LIST(OBS)
#undef OBS
        OBS_N_KINDS
};

enum obs_lock_kind { OBS_LOCK_MUTEX, OBS_LOCK_READ, OBS_LOCK_WRITE, OBS_LOCK_SPIN };
enum obs_mode { OBS_MODE_IDLE, OBS_MODE_USER, OBS_MODE_KERNEL, OBS_MODE_IRQ };

/* What a fault turned out to be. MODEL section 7 counts them by these names. */
enum obs_fault_outcome {
    OBS_FAULT_COW_COPY,    /* Copied the page. */
    OBS_FAULT_COW_RENAME,  /* Took the page over from a dead sibling. */
    OBS_FAULT_UPGRADE,     /* Same frame, more permission. */
    OBS_FAULT_SPURIOUS,    /* The entry already allowed the access. */
    OBS_FAULT_SOFT,        /* Page was in memory, only not in the table. */
    OBS_FAULT_NOT_PRESENT, /* First touch: a new zeroed or filled page. */
    OBS_FAULT_RETRY,       /* Slept (busy page, changed map) and starts over. */
    OBS_FAULT_SEGV,        /* No entry of the map allows it. */
};

enum obs_pte_reason {
    OBS_PTE_FAULT,    /* A fault installs or upgrades. */
    OBS_PTE_COW,      /* A COW protocol step. */
    OBS_PTE_FORK,     /* fork write-protects the parent or fills the child. */
    OBS_PTE_UNMAP,    /* munmap, madvise, exit, remove_all. */
    OBS_PTE_PROTECT,  /* mprotect. */
    OBS_PTE_HARDWARE, /* The walker set A or D. */
    OBS_PTE_GUEST,    /* An operation of a litmus test. */
};

enum obs_inval_reason {
    OBS_INVAL_LOCAL,     /* INVLPG or CR3 by the initiator. */
    OBS_INVAL_IPI,       /* By a shootdown handler. */
    OBS_INVAL_BROADCAST, /* By hardware broadcast. */
    OBS_INVAL_FAULT,     /* By the page fault itself (rule R13). */
    OBS_INVAL_SWITCH,    /* CR3 load of a thread switch. */
    OBS_INVAL_EVICT,     /* Scenario operation EVICT, or replacement. */
};

/* Flags of LOAD, STORE, LOCK, TLB_FILL. */
enum {
    OBS_LOCKED = 1u << 0,    /* Part of a locked read-modify-write. */
    OBS_FORWARDED = 1u << 1, /* Load answered by the own store buffer. */
    OBS_KERNEL = 1u << 2,    /* By the kernel on behalf of the thread. */
    OBS_FETCH = 1u << 3,     /* Instruction side. */
};

struct obs {
    cycle_t cycle;
    uint16_t kind; /* enum obs_kind */
    uint16_t flags;
    uint16_t unit;
    uint16_t cpu;
    uint32_t tid;
    uint32_t space;
    uint64_t va, a, b, c, d;
    uint64_t id;
};

/* A tool that reads records. Called in time order. */
struct obs_listener {
    void *context;
    void (*on_record)(void *context, const struct obs *record);
};

#define OBS_LISTENERS_MAX 8u

struct obs_hub;

/* Creates a hub for 'n_units' units and 'n_frames' physical frames. */
struct obs_hub *obs_create(unsigned n_units, uint32_t n_frames, struct err *err);
void obs_destroy(struct obs_hub *hub);

/* Forgets buffered records and watches; listeners and obs_watch_all() stay. */
void obs_reset(struct obs_hub *hub);

/* Adds a listener for the kinds whose bit is set in 'kinds' (bit = kind). */
void obs_listen(struct obs_hub *hub, struct obs_listener listener, uint64_t kinds);

/* True if anybody listens to 'kind'. */
bool obs_wanted(const struct obs_hub *hub, enum obs_kind kind);

/* Takes a copy of 'record'.  record->unit must be set, and within one unit
 * cycles must not decrease.  Drops it at once if nobody listens. */
void obs_emit(struct obs_hub *hub, const struct obs *record);

/* Hands all records with cycle < 'before' to the listeners, in order.  After
 * that no record before 'before' may come in.  CYCLE_NEVER means everything. */
void obs_flush(struct obs_hub *hub, cycle_t before);

/* Hands every record out at once, in the order of emission, without regard to
 * cycles: for exploration, where there is no time. */
void obs_direct(struct obs_hub *hub, bool direct);

/* Watches: a counter per frame. */
void obs_watch(struct obs_hub *hub, pfn_t frame);
void obs_unwatch(struct obs_hub *hub, pfn_t frame);
void obs_watch_all(struct obs_hub *hub, bool all);
bool obs_watching_all(const struct obs_hub *hub);

/* One byte per frame: 0 = not watched.  The hot path reads it directly.  Valid
 * as long as the hub. */
const uint8_t *obs_watch_map(const struct obs_hub *hub);

/* The name of a kind ("LOAD") and what its fields mean. */
const char *obs_name(enum obs_kind kind);
const char *obs_meaning(enum obs_kind kind);

#endif
