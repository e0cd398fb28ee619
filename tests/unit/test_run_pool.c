/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_run_pool.c - answers come in order, whoever made them (src/run/pool.h).
 *
 * Tasks are made to finish out of order: even ones sleep.
 */
#include "run/pool.h"

#include <CUnit/Basic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_TASKS 41u

struct scene {
    uint64_t next;        /* Task that must be delivered next. */
    uint64_t sum;         /* Of what was delivered, weighted by position. */
    uint64_t dies, fails; /* Tasks that go wrong; N_TASKS: none. */
    uint64_t enough;      /* Deliveries until no more are wanted. */
    size_t big;           /* Bytes behind each number. */
    unsigned n_deaths;
    bool in_order, stopped, all_die;
};

static struct scene scene_make(void)
{
    return (struct scene){
        .dies = N_TASKS, .fails = N_TASKS, .enough = N_TASKS + 1, .in_order = true};
}

static enum status perform(void *context, uint64_t task, struct pool_answer *answer,
                           struct err *err)
{
    const struct scene *scene = context;
    if (task % 2 == 0)
        usleep(2000);
    if (task == scene->dies || scene->all_die)
        raise(SIGKILL);
    if (task == scene->fails)
        return err_set(err, STATUS_TRACE, "task %u is wrong", (unsigned)task);
    answer->n = sizeof task + scene->big;
    answer->bytes = calloc(1, answer->n);
    memcpy(answer->bytes, &task, sizeof task);
    return STATUS_OK;
}

static bool deliver(void *context, uint64_t task, const void *bytes, size_t n)
{
    struct scene *scene = context;
    uint64_t told;
    memcpy(&told, bytes, sizeof told);
    scene->in_order = scene->in_order && task == scene->next && told == task &&
                      n == sizeof told + scene->big;
    scene->next++;
    scene->sum = scene->sum * 31 + told;
    return scene->next < scene->enough;
}

static bool stopped(void *context)
{
    return ((const struct scene *)context)->stopped;
}

static enum status run(struct scene *scene, unsigned n_workers, uint64_t *n_delivered,
                       struct err *err)
{
    const struct pool_work work = {scene, perform, deliver, stopped};
    return pool_run(&work, N_TASKS, n_workers, n_delivered, err);
}

static void answers_come_in_the_order_of_the_tasks(void)
{
    uint64_t sum = 0;
    for (unsigned n_workers = 1; n_workers <= 5; n_workers++) {
        struct scene scene = scene_make();
        uint64_t n;
        CU_ASSERT_EQUAL(run(&scene, n_workers, &n, NULL), STATUS_OK);
        CU_ASSERT_EQUAL(n, N_TASKS);
        CU_ASSERT(scene.in_order);
        CU_ASSERT(n_workers == 1 || scene.sum == sum);
        sum = scene.sum;
    }
}

static void more_workers_than_tasks_are_not_started(void)
{
    struct scene scene = scene_make();
    uint64_t n;
    CU_ASSERT_EQUAL(run(&scene, 1000, &n, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(n, N_TASKS);
    CU_ASSERT(scene.in_order);
}

static void an_answer_larger_than_a_pipe_arrives_whole(void)
{
    struct scene scene = scene_make();
    uint64_t n;
    scene.big = 1000000;
    CU_ASSERT_EQUAL(run(&scene, 3, &n, NULL), STATUS_OK);
    CU_ASSERT(scene.in_order);
}

/* The task itself stands for its answer. */
static bool note_death(void *context, uint64_t task, const char *how)
{
    struct scene *scene = context;
    scene->n_deaths += strstr(how, "signal 9") != NULL;
    return deliver(context, task, &task, sizeof task);
}

static enum status survive(struct scene *scene, unsigned n_workers,
                           uint64_t *n_delivered, struct err *err)
{
    const struct pool_work work = {scene, perform, deliver, stopped};
    return pool_run_surviving(&work, note_death, N_TASKS, n_workers, n_delivered, err);
}

static void a_death_costs_one_task_with_any_number_of_workers(void)
{
    for (uint64_t dies = 0; dies < N_TASKS; dies += N_TASKS / 5)
        for (unsigned n_workers = 1; n_workers <= 4; n_workers++) {
            struct scene scene = scene_make();
            uint64_t n;
            scene.dies = dies;
            CU_ASSERT_EQUAL(survive(&scene, n_workers, &n, NULL), STATUS_OK);
            CU_ASSERT_EQUAL(n, N_TASKS);
            CU_ASSERT_EQUAL(scene.n_deaths, 1);
            CU_ASSERT(scene.in_order);
        }
}

static void workers_that_always_die_are_replaced_to_the_end(void)
{
    struct scene scene = scene_make();
    uint64_t n;
    scene.all_die = true;
    CU_ASSERT_EQUAL(survive(&scene, 3, &n, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(scene.n_deaths, N_TASKS);
    CU_ASSERT(scene.in_order);
}

static void no_worker_is_replaced_when_enough_is_there(void)
{
    struct scene scene = scene_make();
    uint64_t n;
    scene.all_die = true;
    scene.enough = 5;
    CU_ASSERT_EQUAL(survive(&scene, 2, &n, NULL), STATUS_OK);
    CU_ASSERT_EQUAL(n, 5);
    CU_ASSERT_EQUAL(scene.n_deaths, 5);
}

static void an_error_ends_the_pool_after_what_came_before_it(void)
{
    for (unsigned n_workers = 1; n_workers <= 3; n_workers++) {
        struct scene scene = scene_make();
        struct err err = {0};
        uint64_t n;
        scene.fails = 7;
        CU_ASSERT_EQUAL(run(&scene, n_workers, &n, &err), STATUS_TRACE);
        CU_ASSERT_EQUAL(n, 7);
        CU_ASSERT_STRING_EQUAL(err.message, "task 7 is wrong");
    }
}

static void a_worker_that_dies_is_told_with_its_task(void)
{
    struct scene scene = scene_make();
    struct err err = {0};
    uint64_t n;
    scene.dies = 9;
    CU_ASSERT_EQUAL(run(&scene, 2, &n, &err), STATUS_INTERNAL);
    CU_ASSERT_EQUAL(n, 9);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "trial 9"));
}

static void delivery_can_ask_for_no_more(void)
{
    for (unsigned n_workers = 1; n_workers <= 3; n_workers++) {
        struct scene scene = scene_make();
        uint64_t n;
        scene.enough = 5;
        CU_ASSERT_EQUAL(run(&scene, n_workers, &n, NULL), STATUS_OK);
        CU_ASSERT_EQUAL(n, 5);
        CU_ASSERT_EQUAL(scene.next, 5);
    }
}

static void a_stop_ends_the_pool_without_an_error(void)
{
    for (unsigned n_workers = 1; n_workers <= 3; n_workers++) {
        struct scene scene = scene_make();
        uint64_t n;
        scene.stopped = true;
        CU_ASSERT_EQUAL(run(&scene, n_workers, &n, NULL), STATUS_OK);
        CU_ASSERT_EQUAL(n, 0);
    }
}

#define TEST(function, sentence) \
    {                            \
        sentence, function       \
    }

static CU_TestInfo tests[] = {
    TEST(answers_come_in_the_order_of_the_tasks,
         "answers come in the order of the tasks"),
    TEST(more_workers_than_tasks_are_not_started,
         "more workers than tasks are not started"),
    TEST(an_answer_larger_than_a_pipe_arrives_whole,
         "an answer larger than a pipe arrives whole"),
    TEST(a_death_costs_one_task_with_any_number_of_workers,
         "a death costs one task with any number of workers"),
    TEST(workers_that_always_die_are_replaced_to_the_end,
         "workers that always die are replaced to the end"),
    TEST(no_worker_is_replaced_when_enough_is_there,
         "no worker is replaced when enough is there"),
    TEST(an_error_ends_the_pool_after_what_came_before_it,
         "an error ends the pool after what came before it"),
    TEST(a_worker_that_dies_is_told_with_its_task,
         "a worker that dies is told with its task"),
    TEST(delivery_can_ask_for_no_more, "delivery can ask for no more"),
    TEST(a_stop_ends_the_pool_without_an_error,
         "a stop ends the pool without an error"),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"pool", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (CU_initialize_registry() || CU_register_suites(suites))
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    return failures > 100 ? 100 : (int)failures;
}
