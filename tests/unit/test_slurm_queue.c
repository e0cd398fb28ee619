/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * test_slurm_queue.c - what the queue is asked and what its answers mean
 * (src/slurm/queue.h), with programs of ours in the place of squeue and sbatch: for
 * answers that a real Slurm gives only when a node dies.
 */
#include "slurm/queue.h"

#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char dir[] = "/tmp/test_slurm_queue_XXXXXX";

/* From now on 'name' is a shell script with that text. */
static void put_program(const char *name, const char *text)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fprintf(file, "#!/bin/sh\n%s\n", text);
    fclose(file);
    chmod(path, 0755);
}

static void remove_program(const char *name)
{
    char path[100];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    unlink(path);
}

/* Looks at four tasks. */
static enum status look(struct queue_task tasks[4], struct err *err)
{
    return queue_look("sweep-1", tasks, 4, NULL, NULL, err);
}

static void states_are_told_apart(void)
{
    struct queue_task t[4];
    struct err err;
    put_program("squeue", "echo '7|0|PENDING|Resources'; echo '7|1|RUNNING|None'\n"
                          "echo '7|2|NODE_FAIL|None'; echo '9|77|RUNNING|None'");
    CU_ASSERT_EQUAL_FATAL(look(t, &err), STATUS_OK);
    CU_ASSERT_EQUAL(t[0].state, QUEUE_WAITING);
    CU_ASSERT_STRING_EQUAL(t[0].reason, "Resources");
    CU_ASSERT_EQUAL(t[1].state, QUEUE_RUNNING);
    CU_ASSERT_EQUAL(t[2].state, QUEUE_ENDED);
    CU_ASSERT_STRING_EQUAL(t[2].word, "NODE_FAIL");
    CU_ASSERT_EQUAL(t[3].state, QUEUE_ABSENT);
}

/* A word of a later Slurm must not make us submit what still runs. */
static void an_unknown_state_is_not_the_end(void)
{
    struct queue_task t[4];
    struct err err;
    put_program("squeue", "echo '7|0|TELEPORTING|None'");
    CU_ASSERT_EQUAL_FATAL(look(t, &err), STATUS_OK);
    CU_ASSERT_EQUAL(t[0].state, QUEUE_WAITING);
}

static void of_two_tasks_of_a_shard_the_living_one_counts(void)
{
    struct queue_task t[4];
    struct err err;
    put_program("squeue", "echo '9|0|RUNNING|None'; echo '7|0|NODE_FAIL|None'\n"
                          "echo '7|1|NODE_FAIL|None'; echo '9|1|PENDING|None'");
    CU_ASSERT_EQUAL_FATAL(look(t, &err), STATUS_OK);
    CU_ASSERT_EQUAL(t[0].state, QUEUE_RUNNING);
    CU_ASSERT_EQUAL(t[0].job, 9);
    CU_ASSERT_EQUAL(t[1].state, QUEUE_WAITING);
}

static void of_two_that_ended_the_newer_one_counts(void)
{
    struct queue_task t[4];
    struct err err;
    put_program("squeue", "echo '7|0|TIMEOUT|None'; echo '9|0|FAILED|None'\n"
                          "echo '9|1|FAILED|None'; echo '7|1|TIMEOUT|None'");
    CU_ASSERT_EQUAL_FATAL(look(t, &err), STATUS_OK);
    CU_ASSERT_STRING_EQUAL(t[0].word, "FAILED");
    CU_ASSERT_STRING_EQUAL(t[1].word, "FAILED");
}

static void an_error_has_the_words_of_slurm(void)
{
    struct queue_task t[4];
    struct err err;
    put_program("squeue", "echo 'squeue: error: no such' >&2; echo door >&2; exit 1");
    CU_ASSERT_EQUAL(look(t, &err), STATUS_CLUSTER);
    CU_ASSERT_STRING_EQUAL(err.message, "squeue: squeue: error: no such door");
}

static void a_program_that_is_not_there_is_an_error(void)
{
    struct queue_task t[4];
    struct err err;
    remove_program("squeue");
    CU_ASSERT_EQUAL(look(t, &err), STATUS_CLUSTER);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "squeue is not on PATH"));
}

static bool at_once(void *context)
{
    (void)context;
    return true;
}

static void a_silent_controller_does_not_hold_us(void)
{
    struct queue_task t[4];
    struct err err;
    time_t before = time(NULL);
    put_program("squeue", "/bin/sleep 30");
    CU_ASSERT_EQUAL(queue_look("sweep-1", t, 4, at_once, NULL, &err),
                    STATUS_INTERRUPTED);
    CU_ASSERT(time(NULL) - before < 15);
}

/* Reads what the script 'sbatch' wrote: one word per line. */
static void read_words(char *words, size_t room)
{
    char path[100];
    snprintf(path, sizeof path, "%s/words", dir);
    FILE *file = fopen(path, "r");
    size_t n = file ? fread(words, 1, room - 1, file) : 0;
    words[n] = '\0';
    if (file)
        fclose(file);
}

static void sbatch_gets_words_as_they_are_and_ours_last(void)
{
    static const char *const own[] = {"--comment=a 'b' $c", "--job-name=theirs", NULL};
    const struct queue_job job = {.name = "sweep-1",
                                  .script = "/d i r/job.sh",
                                  .log = "/d i r/shard-%a.log",
                                  .indices = "0-3,7%2",
                                  .largest = 7,
                                  .cpus = 4,
                                  .own_args = own};
    char text[200], words[1000];
    uint64_t id = 0;
    struct err err;
    snprintf(text, sizeof text,
             "for w; do printf '%%s\\n' \"$w\"; done >%s/words; echo '41;east'", dir);
    put_program("sbatch", text);
    CU_ASSERT_EQUAL_FATAL(queue_submit(&job, &id, &err), STATUS_OK);
    CU_ASSERT_EQUAL(id, 41);
    read_words(words, sizeof words);
    CU_ASSERT_STRING_EQUAL(words, "--cpus-per-task=4\n--comment=a 'b' $c\n"
                                  "--job-name=theirs\n--parsable\n--job-name=sweep-1\n"
                                  "--output=/d i r/shard-%a.log\n"
                                  "--error=/d i r/shard-%a.log\n--array=0-3,7%2\n"
                                  "/d i r/job.sh\n");
}

static void an_sbatch_without_a_number_is_an_error(void)
{
    const struct queue_job job = {
        .name = "n", .script = "s", .log = "l", .indices = "0"};
    uint64_t id = 0;
    struct err err;
    put_program("sbatch", "echo hello");
    CU_ASSERT_EQUAL(queue_submit(&job, &id, &err), STATUS_CLUSTER);
    CU_ASSERT_PTR_NOT_NULL(strstr(err.message, "hello"));
}

#define TEST(function, sentence) \
    {                            \
        sentence, function       \
    }

static CU_TestInfo tests[] = {
    TEST(states_are_told_apart, "states are told apart"),
    TEST(an_unknown_state_is_not_the_end, "an unknown state is not the end"),
    TEST(of_two_tasks_of_a_shard_the_living_one_counts,
         "of two tasks of a shard the living one counts"),
    TEST(of_two_that_ended_the_newer_one_counts,
         "of two that ended the newer one counts"),
    TEST(an_error_has_the_words_of_slurm, "an error has the words of Slurm"),
    TEST(a_program_that_is_not_there_is_an_error,
         "a program that is not there is an error"),
    TEST(a_silent_controller_does_not_hold_us, "a silent controller does not hold us"),
    TEST(sbatch_gets_words_as_they_are_and_ours_last,
         "sbatch gets words as they are, and ours last"),
    TEST(an_sbatch_without_a_number_is_an_error,
         "an sbatch without a number is an error"),
    CU_TEST_INFO_NULL,
};

static CU_SuiteInfo suites[] = {
    {"queue", NULL, NULL, NULL, NULL, tests},
    CU_SUITE_INFO_NULL,
};

int main(void)
{
    if (!mkdtemp(dir) || setenv("PATH", dir, 1) != 0 || unsetenv("SLURM_CONF") != 0)
        return 1;
    if (CU_initialize_registry() || CU_register_suites(suites))
        return 1;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    remove_program("squeue");
    remove_program("sbatch");
    remove_program("words");
    rmdir(dir);
    return failures > 100 ? 100 : (int)failures;
}
