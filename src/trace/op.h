/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * op.h - one operation of a guest thread, decoded.
 *
 * A trace is a set of streams, one per guest thread.  Time comes from the
 * simulation, control flow from the trace.
 *
 * 'seq' (0 = none) is the recorded order of operations on one object of a
 * process: a lock word, an event, a barrier, or the address space (for map
 * operations and FORK).  It is the rank of the operation on its object: 1, 2,
 * 3 ... without gaps, so that replay needs one counter per object and no look
 * into the future.  With recorded order an operation starts when the one
 * before it on its object has completed; plain accesses carry none.
 */
#ifndef TRACE_OP_H
#define TRACE_OP_H

#include "base/types.h"

/* The operations from PTE_SET on are what a kernel does, for litmus tests
 * (src/litmus): they run in explored machines only.
 *
 * OP(NAME, text name, operands, sentence). The operand letters, in the order
 * of the text form:
 *   s access size in bytes    a address (addr)       n count (arg)
 *   l length in bytes (arg)   v value (arg), optional
 *   t stream (target)         k kind / protection / advice ... (target)
 * Every operation may carry "pc ADDRESS" and "seq NUMBER". */
#define OP_LIST(OP)                                                               \
    OP(LOAD, "load", "sa", "reads memory")                                        \
    OP(STORE, "store", "sav", "writes memory")                                    \
    OP(RMW, "rmw", "sav", "locked read-modify-write")                             \
    OP(FENCE, "fence", "", "MFENCE: drains the store buffer")                     \
    OP(FETCH, "fetch", "a", "runs code at an address")                            \
    OP(COMPUTE, "compute", "n", "n cycles of work without memory")                \
    OP(LOAD_RANGE, "load_range", "al", "reads a range, line by line")             \
    OP(STORE_RANGE, "store_range", "al", "writes a range, line by line")          \
    OP(LOCK, "lock", "ak", "takes the lock whose word is at the address")         \
    OP(UNLOCK, "unlock", "ak", "releases it")                                     \
    OP(TRYLOCK, "trylock", "ak", "tries once; going on without it is no error")   \
    OP(BARRIER, "barrier", "an", "waits until n threads are there")               \
    OP(POST, "post", "a", "adds one to the event at the address")                 \
    OP(WAIT, "wait", "an", "waits until the event has been posted n times")       \
    OP(SPAWN, "spawn", "t", "starts a thread of this process")                    \
    OP(JOIN, "join", "t", "waits for the end of a thread")                        \
    OP(FORK, "fork", "t", "starts a process: a copy of this one")                 \
    OP(WAITPID, "waitpid", "t", "waits for the end of a process")                 \
    OP(EXIT, "exit", "", "ends this thread")                                      \
    OP(EXIT_PROCESS, "exit_process", "", "ends all threads of this process")      \
    OP(MMAP, "mmap", "alk", "maps a range; k: protection and kind of mapping")    \
    OP(MUNMAP, "munmap", "al", "unmaps a range")                                  \
    OP(MPROTECT, "mprotect", "alk", "changes the protection of a range")          \
    OP(MADVISE, "madvise", "alk", "drops the pages of a range (dontneed)")        \
    OP(IMAGE, "image", "ka", "maps the segments of image k at base a")            \
    OP(SYSCALL, "syscall", "k", "enters and leaves the kernel: only its cost")    \
    OP(PIN, "pin", "k", "binds this thread to hardware thread k")                 \
    OP(IRQ_OFF, "irq_off", "", "masks interrupts on this hardware thread")        \
    OP(IRQ_ON, "irq_on", "", "takes interrupts again")                            \
    OP(EVICT, "evict", "a", "the TLBs here forget the page of the address")       \
    OP(MARK, "mark", "k", "a name in the report")                                 \
    OP(ROI_BEGIN, "roi_begin", "", "statistics start here")                       \
    OP(ROI_END, "roi_end", "", "statistics end here")                             \
    OP(EXPECT, "expect", "kn", "rule k is expected n times (checked at the end)") \
    OP(PTE_SET, "pte_set", "ank",                                                 \
       "stores the entry of a: the page frame that n has, protection k")          \
    OP(PTE_GET, "pte_get", "a", "loads the page-table entry of an address")       \
    OP(INVLPG, "invlpg", "a", "invalidates the page on this hardware thread")     \
    OP(IPI, "ipi", "ak", "asks all others to; k: 1 without a drain first")        \
    OP(ACK, "ack", "", "waits until all others have")

enum op_kind {
#define OP(name, text, operands, sentence) OP_##name,
    OP_LIST(OP)
#undef OP
        OP_N_KINDS
};

/* 'target' of LOCK, UNLOCK, TRYLOCK. Text: mutex (default), read, write, spin. */
enum op_lock_kind { OP_LOCK_MUTEX, OP_LOCK_READ, OP_LOCK_WRITE, OP_LOCK_SPIN };

/* 'target' of MMAP and MPROTECT: bits. Text: r, w, x joined, then ",shared",
 * ",file" (content comes from a file: first touch costs a page-in). */
enum {
    OP_PROT_READ = 1u << 0,
    OP_PROT_WRITE = 1u << 1,
    OP_PROT_EXEC = 1u << 2,
    OP_MAP_SHARED = 1u << 3,
    OP_MAP_FILE = 1u << 4,
};

/* 'flags' of any operation. */
enum {
    OP_BY_KERNEL = 1u << 0, /* The kernel accesses for the thread (read(2)). */
    OP_HAS_VALUE = 1u << 1, /* 'arg' is the value stored (0 to 255). */
};

struct op {
    uint8_t kind; /* enum op_kind */
    uint8_t size; /* Bytes of a LOAD, STORE, RMW: 1 to 64. */
    uint16_t flags;
    uint32_t target; /* Stream, lock kind, protection, image, CPU, mark. */
    uint64_t addr;
    uint64_t pc;  /* 0: unknown. */
    uint64_t arg; /* Length, count or value. */
    uint64_t seq; /* Recorded order on the object; 0: none. */
};

_Static_assert(sizeof(struct op) == 40, "decoded operations are dense");

#endif
