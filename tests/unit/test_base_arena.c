/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_base_arena.c - the memory of a machine (src/base/arena.h).
 *
 * A part is reset by copying when it is small and by dropping pages when it is
 * large, so each rule about a reset is tried with both sizes.
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

/* The byte before and behind the boundary between copying and dropping. */
static void a_reset_works_at_the_boundary_between_its_two_ways(void)
{
    const size_t boundary = (size_t)1 << 20;
    for (size_t bytes = boundary - 64; bytes <= boundary + 64; bytes += 64) {
        uint8_t *taken = NULL;
        struct arena *arena = filled(ARENA_ARCH, bytes, &taken);
        CU_ASSERT_EQUAL(arena_freeze(arena, NULL), STATUS_OK);
        taken[0] ^= 1;
        taken[bytes - 1] ^= 1;
        arena_reset(arena);
        CU_ASSERT(holds_the_fill(taken, bytes));
        arena_destroy(arena);
    }
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

/* What makes a thousand trials cheap: a reset gives back the touched pages,
 * and pages that nobody touched never were in memory. */
static void a_reset_keeps_no_page_that_was_written(void)
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
    {"a reset works at the boundary between its two ways",
     a_reset_works_at_the_boundary_between_its_two_ways},
    {"a pointer within the arena survives a reset",
     a_pointer_within_the_arena_survives_a_reset},
    {"two arenas never meet", two_arenas_never_meet},
    {"the fixed part cannot be written after the freeze",
     the_fixed_part_cannot_be_written_after_the_freeze},
    {"memory behind the arena cannot be touched",
     memory_behind_the_arena_cannot_be_touched},
    {"a reset keeps no page that was written", a_reset_keeps_no_page_that_was_written},
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
