/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_base_arena.c - the memory of a machine (src/base/arena.h).
 *
 * A reset fills the pages that it keeps and drops the others, and which pages it
 * keeps depends on how many were touched and when.  So the rules about a reset
 * are tried with few pages and with many, and over several rounds.
 */
#include "base/arena.h"

#include <CUnit/Basic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SMALL ((size_t)4096)
#define LARGE ((size_t)8 << 20)

static const size_t sizes[] = {SMALL, LARGE};

static struct arena *filled(enum arena_part part, size_t bytes, uint8_t **taken)
{
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    *taken = arena_take(arena, part, bytes, 1);
    for (size_t i = 0; i < bytes; i++)
        (*taken)[i] = (uint8_t)(i * 7 + i / 4096);
    return arena;
}

static bool holds_the_fill(const uint8_t *taken, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        if (taken[i] != (uint8_t)(i * 7 + i / 4096))
            return false;
    }
    return true;
}

static void what_is_taken_is_zero_aligned_and_apart(void)
{
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    char *previous_end = arena_base(arena, ARENA_ARCH);
    for (size_t n = 1; n < 3000; n += 37) {
        char *taken = arena_take(arena, ARENA_ARCH, n, 3);
        CU_ASSERT_EQUAL((uintptr_t)taken % 64, 0);
        CU_ASSERT(taken >= previous_end);
        for (size_t i = 0; i < n * 3; i++)
            CU_ASSERT_EQUAL_FATAL(taken[i], 0);
        memset(taken, 0xff, n * 3);
        previous_end = taken + n * 3;
    }
    CU_ASSERT(previous_end <=
              (char *)arena_base(arena, ARENA_ARCH) + arena_used(arena, ARENA_ARCH));
    CU_ASSERT_EQUAL(arena_used(arena, ARENA_TIMING), 0);
    arena_destroy(arena);
}

static void taking_nothing_is_allowed(void)
{
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    CU_ASSERT_PTR_NOT_NULL(arena_take(arena, ARENA_ARCH, 0, 8));
    CU_ASSERT_EQUAL(arena_used(arena, ARENA_ARCH), 0);
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    arena_reset(arena);
    arena_destroy(arena);
}

static void a_freeze_changes_no_byte_and_no_address(void)
{
    for (int part = 0; part < ARENA_N_PARTS; part++) {
        for (size_t i = 0; i < 2; i++) {
            uint8_t *taken = NULL;
            struct arena *arena = filled((enum arena_part)part, sizes[i], &taken);
            CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
            CU_ASSERT_PTR_EQUAL(arena_base(arena, (enum arena_part)part), taken);
            CU_ASSERT(holds_the_fill(taken, sizes[i]));
            arena_destroy(arena);
        }
    }
}

static void a_reset_brings_back_every_byte(void)
{
    for (int part = ARENA_ARCH; part < ARENA_N_PARTS; part++) {
        for (size_t i = 0; i < 2; i++) {
            uint8_t *taken = NULL;
            struct arena *arena = filled((enum arena_part)part, sizes[i], &taken);
            CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
            for (int round = 0; round < 3; round++) {
                memset(taken, round, sizes[i]);
                arena_reset(arena);
                CU_ASSERT(holds_the_fill(taken, sizes[i]));
            }
            arena_destroy(arena);
        }
    }
}

/* More pages than a reset keeps: it must drop some. */
static void a_reset_of_more_pages_than_it_keeps_is_exact(void)
{
    const size_t bytes = (size_t)40 << 20;
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    uint8_t *taken = arena_take(arena, ARENA_ARCH, bytes, 1);
    taken[bytes - 1] = 9;
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    for (int round = 0; round < 4; round++) {
        arena_reset(arena);
        for (size_t i = 0; i + 1 < bytes; i += 4096)
            CU_ASSERT_EQUAL_FATAL(taken[i], 0);
        CU_ASSERT_EQUAL(taken[bytes - 1], 9);
        memset(taken, 1, bytes);
    }
    arena_destroy(arena);
}

/* What is kept is learned from what earlier rounds touched: a page that only
 * one late round touches, and pages with a content, must come back too. */
static void a_page_that_one_round_alone_touches_comes_back(void)
{
    const size_t pages = 64;
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    uint8_t *taken = arena_take(arena, ARENA_TIMING, pages, 4096);
    taken[5 * 4096] = 5;
    taken[6 * 4096 + 4095] = 6;
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    for (size_t round = 0; round < pages; round++) {
        arena_reset(arena);
        for (size_t i = 0; i < pages * 4096; i += 4095)
            CU_ASSERT_EQUAL(taken[i], i == 6 * 4096 + 4095 ? 6 : 0);
        CU_ASSERT_EQUAL(taken[5 * 4096], 5);
        CU_ASSERT_EQUAL(taken[6 * 4096 + 4095], 6);
        taken[round * 4096 + round] = 0xff;
        memset(taken + round * 37 % pages * 4096, 0xff, 4096);
    }
    arena_destroy(arena);
}

static void a_pointer_within_the_arena_survives_a_reset(void)
{
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    uint64_t *number = arena_take(arena, ARENA_TIMING, 1, LARGE);
    uint64_t **pointer = arena_take(arena, ARENA_ARCH, 1, sizeof *pointer);
    *number = 42;
    *pointer = number;
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    **pointer = 43;
    *pointer = NULL;
    arena_reset(arena);
    CU_ASSERT_PTR_EQUAL(*pointer, number);
    CU_ASSERT_EQUAL(**pointer, 42);
    arena_destroy(arena);
}

static void two_arenas_never_meet(void)
{
    uint8_t *a_bytes = NULL, *b_bytes = NULL;
    struct arena *a = filled(ARENA_ARCH, LARGE, &a_bytes);
    struct arena *b = filled(ARENA_ARCH, LARGE, &b_bytes);
    CU_ASSERT_EQUAL(arena_freeze(a, NULL), STATUS_OK);
    memset(a_bytes, 1, LARGE);
    CU_ASSERT(holds_the_fill(b_bytes, LARGE));
    CU_ASSERT_EQUAL(arena_freeze(b, NULL), STATUS_OK);
    memset(b_bytes, 2, LARGE);
    arena_reset(a);
    CU_ASSERT(holds_the_fill(a_bytes, LARGE));
    CU_ASSERT_EQUAL(b_bytes[LARGE - 1], 2);
    arena_destroy(a);
    CU_ASSERT_EQUAL(b_bytes[LARGE - 1], 2);
    arena_destroy(b);
}

/* Runs 'act' in a child. Returns the signal that ended it, or 0. */
static int signal_of(void (*act)(uint8_t *), uint8_t *taken)
{
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGBUS, SIG_DFL);
        act(taken);
        _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void write_one(uint8_t *taken)
{
    *(volatile uint8_t *)taken = 1;
}

static void the_fixed_part_cannot_be_written_after_the_freeze(void)
{
    uint8_t *taken = NULL;
    struct arena *arena = filled(ARENA_FIXED, SMALL, &taken);
    CU_ASSERT_EQUAL(signal_of(write_one, taken), 0);
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(signal_of(write_one, taken), SIGSEGV);
    arena_destroy(arena);
}

static void memory_behind_the_arena_cannot_be_touched(void)
{
    uint8_t *taken = NULL;
    struct arena *arena = filled(ARENA_ARCH, LARGE, &taken);
    CU_ASSERT_EQUAL(signal_of(write_one, taken + LARGE), SIGBUS);
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(signal_of(write_one, taken + LARGE), SIGSEGV);
    CU_ASSERT_EQUAL(signal_of(write_one, taken + LARGE - 1), 0);
    arena_destroy(arena);
}

/* What makes a thousand trials cheap: a reset deals with touched pages alone. */
static void a_reset_of_a_large_part_costs_what_was_touched(void)
{
    const size_t bytes = (size_t)64 << 20, pages = bytes / 4096;
    struct arena *arena = arena_create(NULL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(arena);
    uint8_t *taken = arena_take(arena, ARENA_ARCH, bytes, 1);
    CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
    for (int round = 0; round < 100; round++) {
        for (size_t i = 0; i < 20; i++)
            taken[(i * 7919 % pages) * 4096] = 1;
        arena_reset(arena);
        for (size_t i = 0; i < 20; i++)
            CU_ASSERT_EQUAL_FATAL(taken[(i * 7919 % pages) * 4096], 0);
    }
    arena_destroy(arena);
}

static CU_TestInfo tests[] = {
    {"what is taken is zero, aligned and apart",
     what_is_taken_is_zero_aligned_and_apart},
    {"taking nothing is allowed", taking_nothing_is_allowed},
    {"a freeze changes no byte and no address",
     a_freeze_changes_no_byte_and_no_address},
    {"a reset brings back every byte", a_reset_brings_back_every_byte},
    {"a reset of more pages than it keeps is exact",
     a_reset_of_more_pages_than_it_keeps_is_exact},
    {"a page that one round alone touches comes back",
     a_page_that_one_round_alone_touches_comes_back},
    {"a pointer within the arena survives a reset",
     a_pointer_within_the_arena_survives_a_reset},
    {"two arenas never meet", two_arenas_never_meet},
    {"the fixed part cannot be written after the freeze",
     the_fixed_part_cannot_be_written_after_the_freeze},
    {"memory behind the arena cannot be touched",
     memory_behind_the_arena_cannot_be_touched},
    {"a reset of a large part costs what was touched",
     a_reset_of_a_large_part_costs_what_was_touched},
    CU_TEST_INFO_NULL,
};

int main(void)
{
    CU_SuiteInfo suites[] = {{"arena", NULL, NULL, NULL, NULL, tests},
                             CU_SUITE_INFO_NULL};
    CU_initialize_registry();
    CU_register_suites(suites);
    CU_basic_run_tests();
    int failures = (int)CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures;
}
