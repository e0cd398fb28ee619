/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * core_internal.h - the state of a core, for the files of this folder.
 */
#ifndef CORE_CORE_INTERNAL_H
#define CORE_CORE_INTERNAL_H

#include "core/core.h"
#include "core/store_buffer.h"

#include <string.h>

#define SMT_MAX 8u

enum hw_mode {
    HW_IDLE,   /* Halted. */
    HW_USER,   /* Runs the operations of 'tid'. */
    HW_KERNEL, /* Runs kernel steps. */
};

/* What a hardware thread waits for; then its clock stands at CYCLE_NEVER (but
 * for WAIT_COMPUTE). */
enum hw_wait {
    WAIT_NOTHING,
    WAIT_LINE,    /* A granted line. */
    WAIT_DRAIN,   /* An empty store buffer. */
    WAIT_SLOT,    /* A free store-buffer entry. */
    WAIT_SPIN,    /* The lock's line to be taken away. */
    WAIT_KERNEL,  /* A kernel wake-up. */
    WAIT_COMPUTE, /* The end of COMPUTE, at its clock; an interrupt ends it early. */
};

/* Where a user operation stands. Up to STAGE_ACCESS it can start over. */
enum op_stage {
    STAGE_ORDER,  /* Recorded order: may it start? Kernel state. */
    STAGE_FETCH,  /* Translate the code address. */
    STAGE_DATA,   /* Translate the data address. */
    STAGE_ACCESS, /* Have the line, perform. */
    STAGE_CALL,   /* Enter the kernel. Kernel state. */
    STAGE_SETTLE, /* Wait until the store buffer is empty. */
    STAGE_DONE,   /* Recorded order: it is done. Kernel state. */
};

/* Architectural part. */
struct hw {
    uint32_t cpu;
    uint32_t tid;
    uint32_t space;
    uint8_t mode;         /* enum hw_mode */
    uint8_t wait;         /* enum hw_wait */
    uint8_t stage;        /* enum op_stage */
    uint8_t walking;      /* A walk is under way for STAGE_FETCH or STAGE_DATA. */
    uint8_t have_pa;      /* 'pa' translates the data address of the piece. */
    uint8_t spinning;     /* A LOCK failed: looks before it tries again. */
    uint8_t entered_user; /* Its record is still to be made. */
    uint8_t irq_maybe;    /* An interrupt may be pending at the local APIC. */
    uint64_t code_page;   /* Page + 1 whose fetches need no new look-up. */
    pa_t pa;
    uint64_t spin_line; /* WAIT_SPIN: the line. */
    struct store_buffer sb;
};

/* Timing part. */
struct hw_clock {
    cycle_t time;         /* When it acts next. */
    cycle_t drain_at;     /* When the oldest store may leave; CYCLE_NEVER: none or
                           * its line is on the way. */
    cycle_t cost;         /* What the operation takes beyond its own cycle: it acts
                           * first, at 'time', and pays afterwards. */
    cycle_t filled_at;    /* Of the TLB entry behind 'pa'. */
    cycle_t compute_from; /* WAIT_COMPUTE: when this part of it began. */
    bool single;          /* Exploration: stop after one operation ... */
    bool single_done;     /* ... which has been completed. */
    bool drain_asked;     /* The line of the oldest store is on the way. */
};

struct core {
    const struct core_parts *parts;
    const struct core_config *config;
    struct mem *mem;
    struct mmu *mmu;
    struct guest *guest;
    struct apic *apic;
    struct obs_hub *obs;
    const uint8_t *watch;
    const struct kernel_port *kernel;
    struct inbox *inbox;
    unsigned number, n_smt;
    struct hw *hw;          /* ARCH, [n_smt] */
    struct hw_clock *clock; /* TIMING, [n_smt] */
};

/* Tags of line requests: who waits. */
enum line_tag { TAG_USER, TAG_DRAIN, TAG_KERNEL };

static inline unsigned hw_sibling(const struct core *core, const struct hw *hw)
{
    return (unsigned)(hw - core->hw);
}

static inline struct hw_clock *hw_clock_of(const struct core *core, const struct hw *hw)
{
    return &core->clock[hw - core->hw];
}

/* A record about 'hw' at 'cycle', the rest zero. */
static inline struct obs core_record(const struct core *core, const struct hw *hw,
                                     enum obs_kind kind, cycle_t cycle)
{
    struct obs r = {.cycle = cycle,
                    .kind = (uint16_t)kind,
                    .unit = (uint16_t)core->number,
                    .cpu = (uint16_t)hw->cpu,
                    .tid = hw->tid,
                    .space = hw->space};
    return r;
}

/* user.c: executes operations of 'hw' from its clock on, before 'stop'.  Stops
 * early before anything ordered unless the clock is at 'now'. */
void user_run(struct core *core, struct hw *hw, cycle_t now, cycle_t stop);

/* True if what 'hw' does next touches shared kernel state. */
bool hw_is_ordered(const struct core *core, const struct hw *hw);

/* The stage in which the next operation of 'hw' starts. */
void user_begin(struct core *core, struct hw *hw);

/* access.c */
enum access_answer {
    ACCESS_DONE,
    ACCESS_STALLED, /* The clock or the wait says for how long. */
    ACCESS_FAULT,   /* The kernel has been called. */
};

/* Translates 'va' into hw->pa (data) or for the code side. */
enum access_answer access_translate(struct core *core, struct hw *hw, va_t va,
                                    enum access access, uint64_t pc, cycle_t stop);

/* Has the line of hw->pa with 'want', or requests it and waits. */
bool access_line(struct core *core, struct hw *hw, enum line_want want);

/* Sends a request for the line and lets spinning siblings look again: the
 * request may push their lock's line out of the cache they share. */
void core_request(struct core *core, struct hw *hw, pa_t pa, unsigned n_lines,
                  enum line_want want, enum line_tag tag, cycle_t at);

/* The piece of [va, va + bytes) up to the end of its line. */
unsigned access_piece(va_t va, uint64_t bytes);

void access_load(struct core *core, struct hw *hw, va_t va, unsigned bytes,
                 uint64_t op_index, unsigned flags);

/* Puts a store into the buffer. The caller has seen that there is room. */
void access_store(struct core *core, struct hw *hw, const struct store *store);

/* Writes the words of a store that becomes visible at 'cycle' and records it. */
void access_perform_store(struct core *core, struct hw *hw, const struct store *store,
                          cycle_t cycle, unsigned flags);

/* Lets the stores of 'hw' leave that can do so before 'until'. */
void store_drain_due(struct core *core, struct hw *hw, cycle_t until);

static inline void store_drain(struct core *core, struct hw *hw, cycle_t until)
{
    if (hw_clock_of(core, hw)->drain_at < until)
        store_drain_due(core, hw, until);
}

/* entry.c: PTE_SET (false: the store buffer is full) and PTE_GET; the store of
 * an entry becomes visible. */
bool entry_store(struct core *core, struct hw *hw, const struct op *op);
void entry_load(struct core *core, struct hw *hw, const struct op *op);
void entry_visible(struct core *core, struct hw *hw, const struct store *store,
                   cycle_t cycle);

/* lock.c: LOCK, TRYLOCK, UNLOCK at STAGE_ACCESS with hw->pa translated.  True
 * when the operation went on to its next stage. */
bool lock_attempt(struct core *core, struct hw *hw, const struct op *op);
bool lock_release(struct core *core, struct hw *hw, const struct op *op);

static inline void core_note(const struct core *core, const struct hw *hw,
                             enum core_event event, cycle_t now)
{
    const struct core_journal *journal = core->parts->journal;
    if (journal)
        journal->note(journal->context, event, hw->cpu, now);
}

/* core.c */
void hw_enter_kernel(struct core *core, struct hw *hw, enum obs_mode mode,
                     cycle_t cost);
/* COMPUTE has run until 'at'. */
void core_end_compute(struct core *core, struct hw *hw, cycle_t at);
void core_kernel_step(struct core *core, struct hw *hw);
void core_deliver(struct core *core, const struct msg *msg);
void core_record_user(struct core *core, struct hw *hw);
bool core_take_interrupt(struct core *core, struct hw *hw);
/* Siblings that spin on the line of 'pa' look again: it was taken or written. */
void core_line_changed(struct core *core, pa_t pa, cycle_t at);
void hw_forget_translations(struct hw *hw);

#endif
