/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * process.c - the life of a guest process: start, fork, wait, end.
 *
 * Order of the handlers around fork.  Ours are registered first, so 'prepare'
 * runs after all of the guest's (what they do is the parent's) and 'in_child'
 * before all of the guest's (what they do is the child's):
 *
 *   parent   guest's prepare, FORK, [fork], guest's parent handlers
 *   child                           new stream, guest's child handlers
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "maps.h"
#include "object.h"
#include "real.h"
#include "rt.h"
#include "sched.h"
#include "sys.h"
#include "thread.h"

enum {
    CHILDREN = 4096,
    PATIENCE = 64, /* Turns for others before a seeded thread really waits. */
    POLLS = 4,     /* One in so many WNOHANG calls finds the child ended. */
};

/* A child that was not waited for yet. */
struct child {
    pid_t pid; /* 0: a free place. */
    uint32_t fork;
};

static struct child children[CHILDREN];

static void prepare(void)
{
    rt_cursor.hold++;
    if (rt_recording()) {
        uint32_t fork = atomic_fetch_add(&rt_process.n_forks, 1) + 1;
        rt_cursor.fork = fork;
        rt_emit(&(struct rt_event){.kind = OP_FORK,
                                   .target = fork,
                                   .seq = rt_next_seq(),
                                   .pc = rt_cursor.fork_pc});
    }
    rt_lock();
}

static void in_parent(void)
{
    rt_unlock();
    rt_cursor.hold--;
}

static void name_child(uint32_t fork)
{
    size_t at = sys_length(rt_process.path);
    at = sys_append(rt_process.path, at, RT_PATH_MAX, "-");
    sys_append_number(rt_process.path, at, RT_PATH_MAX, fork);
}

static void in_child(void)
{
    uint32_t fork = rt_cursor.fork;
    rt_unlock();
    rt_cursor.hold--;
    sys_fill(children, 0, sizeof children);
    if (!rt_recording())
        return;
    name_child(fork);
    atomic_store(&rt_process.n_threads, 1);
    atomic_store(&rt_process.n_forks, 0);
    object_forget_all();
    rt_stream_start(0);
    sched_start_child(fork);
    thread_start_child();
}

static void note_child(pid_t pid, uint32_t fork)
{
    rt_lock();
    for (uint32_t i = 0; i < CHILDREN; i++) {
        if (children[i].pid == 0) {
            children[i] = (struct child){pid, fork};
            break;
        }
    }
    rt_unlock();
}

static pid_t fork_guest(uint64_t pc)
{
    if (!rt_recording())
        return real()->fork();
    rt_cursor.fork_pc = pc;
    rt_cursor.hold++;
    pid_t pid = real()->fork();
    if (pid != 0) {
        uint32_t fork = rt_cursor.fork;
        rt_cursor.hold--;
        if (pid > 0)
            note_child(pid, fork);
    }
    return pid;
}

RT_PUBLIC pid_t fork(void)
{
    return fork_guest(RT_PC);
}

/* A child that shares memory with its parent would write into its stream. */
RT_PUBLIC pid_t vfork(void)
{
    return fork_guest(RT_PC);
}

/* ---- waiting ---- */

static struct child *oldest_child(pid_t pid)
{
    struct child *oldest = NULL;
    for (uint32_t i = 0; i < CHILDREN; i++) {
        struct child *child = &children[i];
        bool fits = child->pid != 0 && (pid <= 0 || child->pid == pid);
        if (fits && (oldest == NULL || child->fork < oldest->fork))
            oldest = child;
    }
    return oldest;
}

static void note_end(pid_t pid, uint64_t pc)
{
    struct child found = {0};
    rt_lock();
    struct child *child = oldest_child(pid);
    if (child != NULL) {
        found = *child;
        *child = (struct child){0};
    }
    rt_unlock();
    if (found.pid != 0 && rt_recording())
        rt_emit(&(struct rt_event){.kind = OP_WAITPID, .target = found.fork, .pc = pc});
}

/* With a seed: which child is found, and when, must not depend on how fast it
 * ran.  It is the oldest one, after others had some turns. */
static pid_t wait_seeded(pid_t pid, int *status, int options, struct rusage *usage)
{
    const struct child *child = oldest_child(pid);
    if (child == NULL)
        return real()->wait4(pid, status, options, usage);
    pid = child->pid;
    if ((options & WNOHANG) != 0 && sched_draw() % POLLS != 0)
        return 0;
    if ((options & WNOHANG) == 0)
        for (uint64_t n = sched_draw() % PATIENCE; n > 0; n--)
            sched_pass();
    return real()->wait4(pid, status, options & ~WNOHANG, usage);
}

static pid_t wait_child(pid_t pid, int *status, int options, struct rusage *usage,
                        uint64_t pc)
{
    int own;
    int *result = status != NULL ? status : &own;
    pid_t ended = sched_active() ? wait_seeded(pid, result, options, usage)
                                 : real()->wait4(pid, result, options, usage);
    if (ended > 0 && status != NULL)
        rt_range(OP_STORE_RANGE, status, sizeof *status, pc, OP_BY_KERNEL);
    if (ended > 0 && (WIFEXITED(*result) || WIFSIGNALED(*result)))
        note_end(ended, pc);
    return ended;
}

RT_PUBLIC pid_t wait4(pid_t pid, int *status, int options, struct rusage *usage)
{
    return wait_child(pid, status, options, usage, RT_PC);
}

RT_PUBLIC pid_t wait3(int *status, int options, struct rusage *usage)
{
    return wait_child(-1, status, options, usage, RT_PC);
}

RT_PUBLIC pid_t waitpid(pid_t pid, int *status, int options)
{
    return wait_child(pid, status, options, NULL, RT_PC);
}

RT_PUBLIC pid_t wait(int *status)
{
    return wait_child(-1, status, 0, NULL, RT_PC);
}

/* ---- end ---- */

static void end_process(uint64_t pc)
{
    if (!rt_recording())
        return;
    rt_cursor.hold++;
    rt_emit(&(struct rt_event){.kind = OP_EXIT_PROCESS, .pc = pc});
    rt_stream_end();
    atomic_store(&rt_process.mode, RT_OFF);
}

/* Runs after all other destructors, for it belongs to the first constructor. */
__attribute__((destructor(101))) static void at_exit(void)
{
    end_process(0);
}

static _Noreturn void leave(int status, uint64_t pc)
{
    end_process(pc);
    for (;;)
        SYS_CALL(SYS_exit_group, status, 0, 0);
}

RT_PUBLIC void _exit(int status)
{
    leave(status, RT_PC);
}

RT_PUBLIC void _Exit(int status)
{
    leave(status, RT_PC);
}

/* ---- start ---- */

static bool read_environment(uint64_t *seed, uint64_t *quantum, bool *seeded)
{
    const char *turn = getenv(RAW_ENV_QUANTUM);
    const char *dir = getenv(RAW_ENV_DIR), *text = getenv(RAW_ENV_SEED);
    *seeded = text != NULL && *text != '\0';
    *seed = *seeded ? strtoull(text, NULL, 0) : 0;
    *quantum = turn != NULL ? strtoull(turn, NULL, 10) : 0;
    if (*quantum == 0)
        *quantum = RAW_QUANTUM;
    if (dir == NULL || dir[0] != '/' || sys_length(dir) >= RT_DIR_MAX)
        return false;
    sys_append(rt_process.dir, 0, RT_DIR_MAX, dir);
    /* A program that the guest starts is not part of the recording. */
    unsetenv(RAW_ENV_DIR);
    unsetenv(RAW_ENV_SEED);
    unsetenv(RAW_ENV_QUANTUM);
    return true;
}

/* Before all constructors of the guest. */
__attribute__((constructor(101))) static void begin(void)
{
    uint64_t seed, quantum;
    bool seeded;
    real();
    if (!read_environment(&seed, &quantum, &seeded)) {
        atomic_store(&rt_process.mode, RT_OFF);
        return;
    }
    sys_append(rt_process.path, 0, RT_PATH_MAX, "0");
    atomic_store(&rt_process.n_threads, 1);
    thread_start_first();
    pthread_atfork(prepare, in_parent, in_child);
    maps_start();
    atomic_store(&rt_process.mode, RT_ON);
    rt_stream_start(0);
    if (seeded)
        sched_start(seed, quantum);
}
