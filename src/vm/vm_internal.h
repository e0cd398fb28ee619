/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm_internal.h - the kernel's state, for the files of this folder.
 *
 * All of it is plain bytes with indices.  It is touched only in steps, which
 * run in one total order; the exceptions say so.
 */
#ifndef VM_VM_INTERNAL_H
#define VM_VM_INTERNAL_H

#include "vm/vm.h"

#include <assert.h>
#include <string.h>

#define NO_INDEX 0xffffffffu

/* ---- locks (klock.c) ---------------------------------------------------- */

/* A kernel lock. Waiters queue and get it in turn; they spin on their CPU. */
struct klock {
    uint32_t owner;       /* Thread that has it exclusively, or NO_THREAD. */
    uint32_t n_shared;    /* Threads that share it. */
    uint32_t first, last; /* Queue of waiting threads. */
};

/* ---- pages, objects, maps ----------------------------------------------- */

struct page {        /* One per frame. */
    uint32_t object; /* NO_INDEX: free, or a page table. */
    uint32_t hash_next;
    uint32_t next, prev;  /* In its object; 'next' also links free frames. */
    uint32_t pv_first;    /* Mappings. */
    uint32_t sleep_first; /* Threads that sleep on the busy state. */
    uint64_t index;       /* Page number within the object. */
    uint8_t busy;
    uint8_t used;
};

struct pv {
    uint64_t vpn;
    uint32_t space;
    uint32_t next;
};

struct object {
    uint32_t refs;    /* Map entries and shadows. */
    uint32_t shadows; /* Objects that shadow this one. */
    uint32_t backing; /* NO_INDEX: none. */
    uint32_t first_page;
    uint32_t next_free;
    uint32_t n_pages;
    uint64_t backing_index; /* Page 0 here is that page of the backing. */
    uint8_t file;           /* First touch pages in. */
    uint8_t one_mapping;    /* OBJ_ONEMAPPING: one space maps each page at most. */
    uint8_t used;
};

struct map_entry {
    uint64_t start, end; /* Virtual page numbers; end exclusive. */
    uint64_t index;      /* Page number in 'object' of 'start'. */
    uint32_t object;     /* NO_INDEX until the first fault. */
    uint32_t prot;       /* VM_PROT_... and VM_MAP_SHARED */
    uint32_t next;
    uint8_t needs_copy; /* MAP_ENTRY_NEEDS_COPY */
    uint8_t used;
    uint8_t file;
};

struct space {
    uint32_t process; /* Of the trace. */
    uint32_t first_entry;
    uint32_t root;      /* Frame of the top table. */
    uint32_t n_threads; /* Live threads. */
    uint32_t timestamp; /* Changes with the map (FreeBSD map->timestamp). */
    uint8_t used;
    uint8_t exiting;      /* exit_process: its threads end at the next chance. */
    uint8_t stopped;      /* By a rendezvous: no CPU may come to it now. */
    uint32_t exit_waiter; /* Thread that waits for the others to end. */
    struct klock map_lock;
    struct klock pmap_lock;
    struct cpuset active; /* pm_active */
};

/* ---- activations --------------------------------------------------------- */

/* Programs: sequences of steps. See kernel.c for the tables. */
enum program {
    PROGRAM_NONE,
    PROGRAM_FAULT,
    PROGRAM_COPY,    /* The protocol's copy list, then the end of the fault. */
    PROGRAM_UPGRADE, /* The protocol's upgrade list. */
    PROGRAM_FORK,
    PROGRAM_MAP, /* mmap, munmap, madvise, mprotect. */
    PROGRAM_EXIT,
    PROGRAM_CALL,      /* Everything else: a gate, then one step. */
    PROGRAM_KERNEL_OP, /* An operation of a guest in the kernel. */
    PROGRAM_SHOOTDOWN_IRQ,
    PROGRAM_TIMER_IRQ,
    PROGRAM_NMI, /* Looks at nothing and returns. */
    N_PROGRAMS
};

/* A program in progress: its position and registers. */
struct act {
    uint8_t program;
    uint8_t pc;      /* Step of the program. */
    uint8_t sub;     /* Position within a step that takes several calls. */
    uint8_t outcome; /* enum obs_fault_outcome */
    uint8_t retry_op;
    uint8_t access;      /* enum access */
    uint8_t acc_was_set; /* The replaced entry had A=1: invalidation needed. */
    uint8_t changed;     /* An entry lost rights: shootdown needed. */
    uint8_t quiet;       /* The old frame is unreachable for sure. */
    uint8_t watched;
    uint8_t recorded; /* The record of this protocol step is out. */
    uint8_t asked;    /* Lines were requested for this step. */
    uint32_t error_code;
    uint32_t entry;  /* Map entry. */
    uint32_t object; /* Top object. */
    uint32_t old_frame, new_frame;
    uint32_t line;   /* Progress of copy and zero. */
    uint32_t n_read; /* copy: lines that were read and not yet written. */
    uint32_t cursor; /* Progress of loops over entries. */
    uint32_t child;  /* fork: space. */
    uint32_t vector;
    uint64_t va;       /* Page-aligned fault address, or loop position. */
    uint64_t fault_va; /* As the hardware gave it. */
    uint64_t end;      /* Loop end. */
    uint64_t pc_va;
    uint64_t fault_id;
    uint64_t index_op;
    cycle_t since; /* When something began. */
    struct vm_request request;
};

enum thread_state {
    THREAD_NEW,
    THREAD_READY,   /* In a run queue. */
    THREAD_RUNNING, /* On a CPU (which may spin for it). */
    THREAD_ASLEEP,
    THREAD_DEAD,
};

enum sleep_reason {
    SLEEP_NONE,
    SLEEP_BUSY,  /* A busy page. */
    SLEEP_ORDER, /* Its turn in recorded order. */
    SLEEP_EVENT,
    SLEEP_BARRIER,
    SLEEP_JOIN,
    SLEEP_EXIT, /* exit_process: the other threads. */
    SLEEP_LOCK, /* Spins for a kernel lock. */
};

struct thread {
    uint8_t state;     /* enum thread_state */
    uint8_t why;       /* enum sleep_reason */
    uint8_t in_kernel; /* 'act' is in progress. */
    uint8_t pinned;
    uint8_t started;      /* THREAD_START was recorded. */
    uint8_t retry_op;     /* On return to user mode: run the operation again. */
    uint8_t lock_granted; /* A kernel lock was handed to it. */
    uint32_t space;
    uint32_t cpu;        /* Where it runs or ran last. */
    uint32_t next;       /* In a run queue or a queue of waiters. */
    uint64_t wait_addr;  /* What it waits on, for reports. */
    uint8_t wait_shared; /* SLEEP_LOCK: wants the lock shared. */
    struct act act;
};

/* ---- shootdowns (shootdown.c) -------------------------------------------- */

/* One invalidation in progress; each CPU initiates at most one at a time. */
struct shootdown {
    uint64_t id;
    uint32_t n_pending; /* Acknowledgements still to come. */
    uint32_t n_targets;
    uint32_t n_writes, next_write;
    uint8_t phase;
    uint8_t has_mutex;
    uint8_t vector;
    uint8_t released; /* Rendezvous: targets may go on. */
    cycle_t began;
    struct flush flush;
    struct cpuset targets;
};

/* A request that a target finds when its handler runs. */
struct request {
    uint64_t id;
    uint32_t from;
    uint32_t space;
    struct flush flush;
    bool stop; /* Rendezvous: wait for the release before invalidating. */
};

struct kcpu {
    uint32_t tid;   /* Current thread, or NO_THREAD. */
    uint32_t space; /* Whose tables CR3 points to, or NO_SPACE. */
    uint32_t ready_first, ready_last, n_ready;
    uint32_t n_assigned; /* Live threads that have this CPU as theirs. */
    uint8_t irq_depth;
    uint8_t interrupts_off;
    uint8_t resched; /* Its time slice is over. */
    uint8_t timer_armed;
    uint32_t n_requests, requests_first; /* Ring of requests. */
    struct request *requests;
    struct act irq[2];
    struct shootdown shoot;
    struct icr *writes; /* [n_cpus] of the shootdown in progress. */
    uint64_t *copied;   /* [copy_lines * words] A copy in progress: what it read. */
};

/* ---- guest synchronisation (sync.c) --------------------------------------- */

enum sync_class { SYNC_LOCK, SYNC_EVENT, SYNC_BARRIER, SYNC_SPACE };

struct sync_object {
    uint64_t addr;
    uint64_t next_rank; /* Recorded order: rank that may go next. */
    uint64_t n_posts;
    uint32_t process;
    uint8_t class_; /* enum sync_class */
    uint8_t used;
    uint32_t n_waiting; /* Barrier. */
    uint32_t first;     /* Threads that wait. */
};

/* ---- all of it ------------------------------------------------------------- */

struct vm {
    struct vm_parts parts;
    const struct vm_config *config;
    struct mem *mem;
    struct obs_hub *obs;
    struct protocol protocol;
    const struct shootdown_kind *shootdown;

    /* Fixed sizes. */
    uint32_t n_frames, n_hash, n_pv, n_sync, n_requests_max;

    /* State that changes. */
    struct vm_state *state;
    struct page *pages;
    uint32_t *page_hash;
    struct pv *pvs;
    struct object *objects;
    struct map_entry *entries;
    struct space *spaces;
    struct thread *threads;
    struct kcpu *cpus;
    struct sync_object *syncs;
};

struct vm_state {
    uint32_t free_frame, n_free_frames, next_fresh_frame;
    /* Free lists; behind them lie those that were never used. So the tables are
     * all zero at first and a reset need not fill them. */
    uint32_t free_pv, free_entry, free_object;
    uint32_t n_used_pv, n_used_entry, n_used_object;
    uint32_t n_live;
    uint32_t failure; /* enum vm_failure */
    uint64_t n_segvs;
    uint64_t next_fault, next_shootdown;
    struct klock ipi_mutex; /* smp_ipi_mtx */
};

/* The context of one step. */
struct kctx {
    struct vm *vm;
    unsigned cpu;
    struct kcpu *kcpu;
    struct thread *thread; /* Current thread; null in an interrupt of idle. */
    uint32_t tid;
    struct act *act;
    cycle_t now;
    struct vm_result *out;
};

/* How a step ends. Each sets the result and the position. */
void k_next(struct kctx *k, cycle_t cost);                      /* Next step. */
void k_goto(struct kctx *k, unsigned pc, cycle_t cost);         /* That step. */
void k_again(struct kctx *k, cycle_t cost);                     /* This step again. */
void k_run(struct kctx *k, enum program program, cycle_t cost); /* Its step 0. */
void k_wait(struct kctx *k);                                    /* Spin: woken later. */
void k_sleep(struct kctx *k, enum sleep_reason why, uint64_t addr);
void k_end(struct kctx *k, cycle_t cost, bool retry_op); /* The call is over. */

/* True if this CPU has the line of 'pa' exclusively and its store buffer is
 * empty; otherwise the result asks for that and the step must return. */
bool k_own_line(struct kctx *k, pa_t pa);
/* How many of the 'n' lines from 'pa' on are there, the first ones: all of them,
 * or after a request those that the caches could hold.  0: the step must wait. */
unsigned k_have_lines(struct kctx *k, pa_t pa, unsigned n, enum line_want want);
bool k_drained(struct kctx *k);

uint32_t vm_process_of(const struct vm *vm, uint32_t space);

/* A record at 'k->now', the rest zero. */
struct obs k_record(const struct kctx *k, enum obs_kind kind);
void k_emit(const struct kctx *k, const struct obs *record);

void vm_fail(struct vm *vm, enum vm_failure failure);

/* klock.c: true if the lock was taken; otherwise the thread queues, and the
 * result says wait. */
bool klock_take(struct kctx *k, struct klock *lock);
bool klock_share(struct kctx *k, struct klock *lock);
void klock_drop(struct kctx *k, struct klock *lock);
void klock_downgrade(struct kctx *k, struct klock *lock); /* Owner to sharer. */
void klock_init(struct klock *lock);

/* page.c */
uint32_t page_alloc(struct vm *vm, unsigned cpu); /* NO_FRAME: none left. */
void page_free(struct kctx *k, uint32_t frame);
void page_insert(struct vm *vm, uint32_t frame, uint32_t object, uint64_t index);
void page_remove(struct vm *vm, uint32_t frame);
uint32_t page_find(const struct vm *vm, uint32_t object, uint64_t index);
void page_busy(struct vm *vm, uint32_t frame);
void page_unbusy(struct kctx *k, uint32_t frame);
void page_sleep(struct kctx *k, uint32_t frame); /* Adds the thread. */

/* object.c */
uint32_t object_create(struct vm *vm, bool file);
void object_ref(struct vm *vm, uint32_t object);
void object_deref(struct kctx *k, uint32_t object); /* May free its pages. */
uint32_t object_shadow(struct vm *vm, uint32_t source, uint64_t index);
unsigned object_collapse(struct kctx *k, uint32_t object); /* Pages moved. */

/* map.c */
uint32_t space_create(struct vm *vm, uint32_t process);
void space_destroy(struct kctx *k, uint32_t space);
uint32_t map_find(const struct vm *vm, uint32_t space, uint64_t vpn);
bool map_insert(struct vm *vm, uint32_t space, uint64_t start, uint64_t end,
                uint32_t prot, bool file);
bool map_clip(struct vm *vm, uint32_t space, uint64_t start, uint64_t end);
void map_remove(struct kctx *k, uint32_t space, uint64_t start, uint64_t end);
uint32_t map_next(const struct vm *vm, uint32_t space,
                  uint64_t vpn); /* First entry
                                  * that ends after 'vpn'. */

/* pmap.c */
bool pmap_entry_pa(const struct vm *vm, uint32_t space, uint64_t vpn, pa_t *pa);
bool pmap_make_tables(struct kctx *k, uint32_t space, uint64_t vpn, bool walked,
                      pa_t *pa);
void pmap_free_tables(struct vm *vm, uint32_t space);
pte_t pmap_read(const struct vm *vm, pa_t pa);
void pmap_write(struct kctx *k, uint32_t space, uint64_t vpn, pa_t pa, pte_t pte,
                enum obs_pte_reason reason, uint64_t fault_id);
uint64_t pmap_skip(const struct vm *vm, uint32_t space, uint64_t vpn, uint64_t end);
bool pv_insert(struct vm *vm, uint32_t frame, uint32_t space, uint64_t vpn);
void pv_remove(struct vm *vm, uint32_t frame, uint32_t space, uint64_t vpn);

/* shootdown.c */
bool shootdown_send(struct kctx *k, uint32_t space, const struct flush *flush,
                    uint64_t fault_id); /* True: all requests are sent. */
bool shootdown_wait(struct kctx *k);    /* True: nothing is pending. */
/* The time to have 'n' lines from CPU 'from', one after the other. */
cycle_t shootdown_lines(struct kctx *k, unsigned from, uint32_t n);
void shootdown_local(struct kctx *k, const struct flush *flush,
                     enum obs_inval_reason why, uint64_t id, cycle_t *cost);
bool broadcast_send(struct kctx *k, uint32_t space, const struct flush *flush,
                    uint64_t fault_id);
bool rendezvous_stop(struct kctx *k, uint32_t space, const struct flush *flush,
                     uint64_t fault_id);
void rendezvous_resume(struct kctx *k, uint32_t space);
bool shootdown_ack_message(struct vm *vm, unsigned cpu, const struct msg *msg);
void broadcast_message(struct vm *vm, unsigned cpu, const struct msg *msg);
void shootdown_abandon(struct kctx *k);

/* sched.c */
void sched_wake(struct kctx *k, uint32_t tid);
void sched_enqueue(struct vm *vm, uint32_t tid, unsigned from_cpu, cycle_t now);
void sched_assign(struct vm *vm, uint32_t tid);
void sched_append(struct vm *vm, unsigned cpu, uint32_t tid); /* To its queue. */
void sched_poke(struct vm *vm, unsigned from_cpu, unsigned cpu, cycle_t now);
void sched_next(struct kctx *k); /* Switches or goes idle. */
void sched_end_slice(struct vm *vm, unsigned from_cpu, unsigned cpu, cycle_t now);
cycle_t sched_activate(struct kctx *k, uint32_t space);
cycle_t vm_transfer(struct vm *vm, unsigned from_cpu, unsigned to_cpu);

/* sync.c */
struct sync_object *sync_get(struct vm *vm, uint32_t process, enum sync_class class_,
                             uint64_t addr);
enum sync_class sync_class_of(enum vm_call call);
bool sync_may_go(struct vm *vm, uint32_t tid, const struct vm_request *request);
void sync_went(struct kctx *k, const struct vm_request *request);
/* The operation of rank 'seq' (0: none) has done its part: wakes who can go on. */
void sync_arrived(struct kctx *k, struct sync_object *object, uint64_t seq);
void sync_sleep(struct vm *vm, struct sync_object *object, uint32_t tid);
bool sync_gate(struct kctx *k); /* False: the thread sleeps until its turn. */
void sync_cancel(struct vm *vm, uint32_t tid); /* Out of all queues of waiters. */

/* The steps of the programs. */
typedef void step_fn(struct kctx *k);
extern step_fn *const fault_steps[], *const fork_steps[], *const map_steps[];
extern step_fn *const exit_steps[], *const call_steps[], *const kernel_op_steps[];
extern step_fn *const shootdown_irq_steps[];
extern step_fn *const timer_irq_steps[], *const nmi_steps[];
void protocol_step_run(struct kctx *k); /* PROGRAM_COPY, PROGRAM_UPGRADE. */
void protocol_advance(struct kctx *k, cycle_t cost); /* To the next of the list. */
void protocol_remove_all(struct kctx *k);            /* A step: remove_all.c */
uint64_t fault_leaf_flags(const struct kctx *k, bool write);
/* Another fault works on 'frame': sleep until it is done, then start over. */
void fault_blocked(struct kctx *k, uint32_t frame);
void fault_finish(struct kctx *k, enum obs_fault_outcome outcome, bool retry_op);

#endif
