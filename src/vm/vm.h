/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * vm.h - the kernel of the simulated machine.
 *
 * Address spaces, objects with shadow chains, pages with a busy state, page
 * tables, fork, faults, copy-on-write protocols, TLB shootdown, a scheduler.
 * After FreeBSD 11/12 (reference names: vm_fault.c, vm_map.c, pmap.c,
 * mp_x86.c); where we simplify, docs/model.md says so.
 *
 * Kernel work is an activation: a program of steps, a position, a few
 * registers (DESIGN section 4).  Nothing happens inside a step; every place
 * where another core could interleave is a boundary between steps.
 *
 * Locks, in the order they are taken:
 *   map lock -> page busy -> pmap lock -> shootdown mutex
 */
#ifndef VM_VM_H
#define VM_VM_H

#include "base/arena.h"
#include "config/protocol.h"
#include "ipi/apic.h"
#include "mem/mem.h"
#include "mmu/mmu.h"
#include "sim/obs.h"
#include "vm/vm_config.h"

struct vm; /* Opaque; see vm_internal.h. */

/* What the kernel asks of a hardware thread; wire.c fills it from src/core. */
struct cpu_port {
    void *context;
    cycle_t (*invalidate)(void *context, unsigned cpu, const struct flush *flush,
                          struct mmu_dropped *dropped);
    void (*fault_drops)(void *context, unsigned cpu, va_t va,
                        struct mmu_dropped *dropped);
    void (*set_root)(void *context, unsigned cpu, pfn_t root);
    bool (*drained)(void *context, unsigned cpu);
};

/* One guest operation as the kernel sees it (vm does not know traces). */
enum vm_call {
    VM_CALL_BARRIER,
    VM_CALL_POST,
    VM_CALL_WAIT,
    VM_CALL_SPAWN,
    VM_CALL_JOIN,
    VM_CALL_FORK,
    VM_CALL_WAITPID,
    VM_CALL_EXIT,
    VM_CALL_EXIT_PROCESS,
    VM_CALL_MMAP,
    VM_CALL_MUNMAP,
    VM_CALL_MPROTECT,
    VM_CALL_MADVISE,
    VM_CALL_IMAGE,
    VM_CALL_SYSCALL,
    VM_CALL_PIN,
    VM_CALL_LOCK_GATE, /* Not a call: a lock operation waits for its turn. */
    VM_CALL_INVLPG,    /* These three: a guest in the kernel (litmus tests). */
    VM_CALL_IPI,
    VM_CALL_ACK,
};

/* Protection and kind of a mapping; the same bits as in traces. */
enum {
    VM_PROT_READ = 1u << 0,
    VM_PROT_WRITE = 1u << 1,
    VM_PROT_EXEC = 1u << 2,
    VM_MAP_SHARED = 1u << 3,
    VM_MAP_FILE = 1u << 4,
};

struct vm_request {
    enum vm_call call;
    uint32_t target;   /* Thread, protection, CPU, image: by the call. */
    uint32_t trace_op; /* For records: the trace's name of the operation. */
    uint64_t addr;
    uint64_t arg;   /* Length or count. */
    uint64_t seq;   /* Rank on its object in recorded order; 0: none. */
    uint64_t index; /* Of the operation in its stream. */
};

/* A segment of an image to map. */
struct vm_segment {
    uint64_t va, bytes;
    uint32_t prot;
};

struct vm_image {
    uint32_t n_segments;
    const struct vm_segment *segments;
};

struct vm_parts {
    const struct vm_config *config;
    const struct ipi_config *ipi_config;
    const struct topology_config *topology;
    const struct mem_config *mem_config;
    const struct protocol *protocol;
    struct mem *mem;
    struct apic *apic;
    struct obs_hub *obs;
    struct choice *choice;
    struct post post;
    struct cpu_port cpus;
    uint32_t n_cpus, n_smt, n_threads;
    const uint32_t *thread_process; /* [n_threads], of the trace. */
    const struct vm_image *images;
    uint32_t n_images;
    uint32_t pt_levels;
    cycle_t lookahead;
    uint32_t on_segv;  /* enum vm_on_segv */
    struct dist start; /* When root threads start. */
};

enum vm_on_segv { VM_SEGV_KILL, VM_SEGV_STOP, VM_SEGV_SKIP };

struct vm *vm_create(struct arena *arena, const struct vm_parts *parts);

/* Creates the spaces of root processes and makes 'tid' runnable in its
 * process's space. Called for every root thread before the run. */
void vm_start_root(struct vm *vm, uint32_t tid);

/* Chooses the first thread of every CPU. 'kick(context, cpu, at)' is called
 * for each CPU that has something to run. */
void vm_start(struct vm *vm, void (*kick)(void *context, unsigned cpu, cycle_t at),
              void *context);

/* Verdicts of a step: the same meaning as enum kernel_verdict of src/core. */
enum vm_verdict {
    VM_STEP,
    VM_NEED_LINES,
    VM_DRAIN,
    VM_WAIT,
    VM_USER,
    VM_IDLE,
};

struct vm_result {
    enum vm_verdict verdict;
    cycle_t cost;
    pa_t pa;
    uint32_t n_lines;
    enum line_want want;
    uint32_t tid, space;
    bool retry_op;
};

void vm_fault(struct vm *vm, unsigned cpu, va_t va, uint32_t error_code, uint64_t pc,
              uint64_t op_index, cycle_t now);
void vm_syscall(struct vm *vm, unsigned cpu, const struct vm_request *request,
                cycle_t now);
void vm_interrupt(struct vm *vm, unsigned cpu, uint8_t vector, cycle_t now);
void vm_step(struct vm *vm, unsigned cpu, cycle_t now, struct vm_result *out);
bool vm_message(struct vm *vm, unsigned cpu, const struct msg *msg);
bool vm_interrupts_on(const struct vm *vm, unsigned cpu);

/* Recorded order of lock operations (see core/kernel_port.h). */
bool vm_gate(struct vm *vm, unsigned cpu, const struct vm_request *request,
             cycle_t now);
void vm_gate_done(struct vm *vm, unsigned cpu, const struct vm_request *request,
                  cycle_t now);

/* Litmus tests: where the leaf entry of 'va' lies in the space of the thread on
 * 'cpu', in tables that are made if need be; and an entry for the frame that
 * 'va' has, with protection 'prot' (VM_PROT_...; 0: not present).  A and D are
 * set, so that walkers need not. */
pa_t vm_entry_pa(struct vm *vm, unsigned cpu, va_t va);
pte_t vm_entry_of(const struct vm *vm, unsigned cpu, va_t va, uint32_t prot);

/* Why the kernel cannot go on. */
enum vm_failure {
    VM_OK,
    VM_FAIL_MEMORY, /* No free frame. */
    VM_FAIL_SPACES,
    VM_FAIL_MAP_ENTRIES,
    VM_FAIL_OBJECTS,
    VM_FAIL_PV,
    VM_FAIL_SYNC, /* Too many locks, events and barriers. */
    VM_FAIL_SEGV, /* A guest fault with on_segv = stop. */
    VM_FAIL_PIN,  /* PIN to a CPU that is not there. */
};
enum vm_failure vm_failed(const struct vm *vm);
const char *vm_failure_sentence(enum vm_failure failure);

/* Has the thread started, and not ended? */
bool vm_is_live(const struct vm *vm, uint32_t tid);

/* Threads that have started and not ended. */
uint32_t vm_n_live(const struct vm *vm);

/* What a live thread waits for, in words, into 'text'. Returns false if it
 * waits for nothing. */
bool vm_waits_for(const struct vm *vm, uint32_t tid, char *text, size_t n);

/* Where the tables of the thread's address space map 'va', whatever any TLB says;
 * false if they do not. */
bool vm_pa_of(const struct vm *vm, uint32_t tid, uint64_t va, pa_t *pa);

uint64_t vm_n_segvs(const struct vm *vm);
uint32_t vm_frames_used(const struct vm *vm);

/* Exploration: is there anything for 'cpu' to run?  What is its next step, in
 * words, and whose is it?  Does 'tid' wait for an event?  Zero what is remembered
 * without use, and number what has a number only as a name. */
bool vm_has_work(const struct vm *vm, unsigned cpu);
uint32_t vm_thread_on(const struct vm *vm, unsigned cpu);
bool vm_waits_for_event(const struct vm *vm, uint32_t tid);
/* Where the kernel stands on 'cpu', in 47 bits: which program is at which step,
 * and how far the CPU's shootdown and its requests are. */
uint64_t vm_position(const struct vm *vm, unsigned cpu);
void vm_describe_step(const struct vm *vm, unsigned cpu, char *text, size_t n);
void vm_canonical(struct vm *vm, struct msg *under_way, uint32_t n_under_way);

/* Exploration: with what does the next kernel step of 'cpu' commute?  See
 * movers.c.  'quiet_tlb': translations neither appear nor vanish by themselves.
 * That way back to user mode is local holds only while no thread is made to
 * end by another one (vm_ends_spaces()). */
enum vm_mover { VM_FIXED, VM_RIGHT, VM_LEFT, VM_BOTH };
enum vm_mover vm_mover(const struct vm *vm, unsigned cpu, bool quiet_tlb);
bool vm_ends_spaces(const struct vm *vm);

/* Checks the kernel's invariants (tests, exploration). */
void vm_assert(const struct vm *vm);

#endif
