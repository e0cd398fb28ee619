/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test.h - a litmus test: a few threads, an initial state, a question.
 *
 *   litmus COW.single
 *   source SEED
 *   init   x=a:ro
 *   P0: WP x b; SHOOT x
 *   P1: W x 2 r0; W f 1
 *   P2: R f r0; R x r1
 *   exists 1:r0=ok & 2:r0=1 & 2:r1=0
 *   expect Allowed
 *
 * A name is one of three things.  A *page* has an entry that the test gives or
 * writes (x); a *frame* is memory that an entry may point to (a, b), reached
 * only so; every other name is a *variable*: plain memory, always mapped (f).
 * Grammar and meaning: docs/litmus.md.
 */
#ifndef LITMUS_TEST_H
#define LITMUS_TEST_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

#define LITMUS_THREADS 4u
#define LITMUS_OPS     24u /* Of a thread; SHOOT counts as three. */
#define LITMUS_REGS    10u
#define LITMUS_NAMES   16u
#define LITMUS_TERMS   16u
#define LITMUS_TEXT    160u
#define LITMUS_NONE    0xffu

enum litmus_role { LITMUS_VARIABLE, LITMUS_PAGE, LITMUS_FRAME };

/* LITMUS_OP(NAME, word, operands, sentence). Operands: n a name, v a value, e an
 * entry (FRAME, FRAME:ro, inv), r a register, q a register that may be left out. */
#define LITMUS_OP_LIST(OP)                                                       \
    OP(STORE, "W", "nvq", "stores; the register says whether it faulted")        \
    OP(LOAD, "R", "nr", "loads")                                                 \
    OP(EXCHANGE, "X", "nvr", "locked exchange: the register gets the old value") \
    OP(FENCE, "MF", "", "MFENCE")                                                \
    OP(PTE_STORE, "WP", "ne", "stores the page's entry")                         \
    OP(PTE_LOAD, "RP", "nr", "loads the page's entry")                           \
    OP(INVLPG, "INV", "n", "INVLPG of the page")                                 \
    OP(IPI, "IPI", "n", "requests the invalidation from all other CPUs")         \
    OP(IPIX, "IPIX", "n", "the same by x2APIC, without draining stores")         \
    OP(ACK, "ACK", "", "waits until all have acknowledged")                      \
    OP(SHOOT, "SHOOT", "n", "INV, IPI, ACK")

enum litmus_op_kind {
#define OP(name, word, operands, sentence) LITMUS_OP_##name,
    LITMUS_OP_LIST(OP)
#undef OP
        LITMUS_N_OPS
};

struct litmus_op {
    uint8_t kind;  /* enum litmus_op_kind */
    uint8_t name;  /* Index, or LITMUS_NONE. */
    uint8_t value; /* Stored. */
    uint8_t frame; /* PTE_STORE: index of the name; LITMUS_NONE: not present. */
    uint8_t read_only;
    uint8_t reg; /* Or LITMUS_NONE. */
};

/* What a register or a word of memory holds. Numbers are below LITMUS_FAULT. */
typedef uint32_t litmus_value_t;
#define LITMUS_FAULT    0x1000u /* "F" */
#define LITMUS_OK       0x1001u /* "ok" */
#define LITMUS_INVALID  0x1002u /* "inv": an entry that is not present. */
#define LITMUS_OTHER    0x1003u /* An entry for no frame of the test. */
#define LITMUS_ENTRY    0x2000u /* | frame's name << 1 | read-only */
#define LITMUS_NO_VALUE 0xffffffffu

struct litmus_name {
    char text[16];
    uint8_t role;  /* enum litmus_role */
    uint8_t frame; /* PAGE: initial frame, or LITMUS_NONE: not present. */
    uint8_t read_only;
    uint8_t value; /* VARIABLE, FRAME: initial content of its first word. */
};

/* One equation of the condition. */
struct litmus_term {
    uint8_t is_memory;
    uint8_t thread, reg; /* A register ... */
    uint8_t name;        /* ... or the first word of a variable, page or frame. */
    litmus_value_t value;
};

struct litmus_thread {
    uint8_t n_ops;
    struct litmus_op ops[LITMUS_OPS];
    uint16_t written; /* Bit per register. */
};

enum litmus_expect { LITMUS_ALLOWED, LITMUS_FORBIDDEN, LITMUS_UNKNOWN };

struct litmus_test {
    char name[LITMUS_TEXT], source[LITMUS_TEXT], about[LITMUS_TEXT];
    char mutants[LITMUS_TEXT];      /* Seeded faults that flip it, by commas. */
    char not_modelled[LITMUS_TEXT]; /* Why it cannot be run; "": it can. */
    char condition[LITMUS_TEXT];    /* As written. */
    struct litmus_name names[LITMUS_NAMES];
    struct litmus_thread threads[LITMUS_THREADS];
    struct litmus_term terms[LITMUS_TERMS];
    uint8_t n_names, n_threads, n_terms;
    uint8_t expect; /* enum litmus_expect */
    uint8_t quiet;  /* No spontaneous fills and evictions. */
};

/* Parses the 'n' bytes at 'text'; 'file' is for messages.  STATUS_TRACE:
 * "file:line:column: what is wrong; what to do". */
enum status litmus_parse(const char *text, size_t n, const char *file,
                         struct litmus_test *test, struct err *err);

/* "1", "F", "ok", "a:ro" ... into 'text' of at least 24 bytes. */
void litmus_value_text(const struct litmus_test *test, litmus_value_t value,
                       char *text);

bool litmus_has_pages(const struct litmus_test *test);

const char *litmus_expect_text(enum litmus_expect expect);

#endif
