/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.c - a program behind two pipes. See command.h.
 */
#include "slurm/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 200

extern char **environ;

/* A program in progress. */
struct child {
    pid_t pid;
    int out, err; /* Our ends; -1: it closed its own. */
    size_t n_said;
};

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A group of its own, and the signals of a fresh process: we ignore SIGPIPE. */
static int spawn(const char *const *argv, int out, int err, pid_t *pid)
{
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_t files;
    sigset_t signals;
    union {
        const char *const *in;
        char *const *out;
    } words = {argv}; /* posix_spawn() promises to change nothing. */
    posix_spawnattr_init(&attributes);
    posix_spawn_file_actions_init(&files);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes, &signals);
    sigaddset(&signals, SIGPIPE);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP |
                                              POSIX_SPAWN_SETSIGDEF |
                                              POSIX_SPAWN_SETSIGMASK);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, out, 1);
    posix_spawn_file_actions_adddup2(&files, err, 2);
    int wrong = posix_spawnp(pid, argv[0], &files, &attributes, words.out, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return wrong;
}

static enum status start(const struct command *c, struct child *child, struct err *err)
{
    int out[2], said[2];
    if (pipe2(out, O_CLOEXEC) != 0)
        return err_set(err, STATUS_CLUSTER, "%s: %s", c->argv[0], strerror(errno));
    if (pipe2(said, O_CLOEXEC) != 0) {
        err_set(err, STATUS_CLUSTER, "%s: %s", c->argv[0], strerror(errno));
        close(out[0]);
        close(out[1]);
        return err->status;
    }
    int wrong = spawn(c->argv, out[1], said[1], &child->pid);
    close(out[1]);
    close(said[1]);
    child->out = out[0];
    child->err = said[0];
    if (!wrong)
        return STATUS_OK;
    close(out[0]);
    close(said[0]);
    if (wrong == ENOENT)
        return err_set(err, STATUS_CLUSTER,
                       "%s is not on PATH: --engine slurm needs the commands of Slurm; "
                       "without them, -j N uses this machine, and --shard I/N by hand "
                       "any other scheduler",
                       c->argv[0]);
    return err_set(err, STATUS_CLUSTER, "%s: %s", c->argv[0], strerror(wrong));
}

static void add_said(struct command_answer *a, struct child *child, const char *bytes,
                     size_t n)
{
    for (size_t i = 0; i < n && child->n_said < sizeof a->said - 1; i++)
        a->said[child->n_said++] = bytes[i] == '\n' ? ' ' : bytes[i];
    a->said[child->n_said] = '\0';
}

/* Takes what one pipe has. */
static void take(int *fd, struct child *child, struct command_answer *a)
{
    char bytes[65536];
    ssize_t n = read(*fd, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR)
        return;
    if (n <= 0) {
        close(*fd);
        *fd = -1;
    } else if (fd == &child->out) {
        text_add_bytes(&a->out, bytes, (size_t)n);
    } else {
        add_said(a, child, bytes, (size_t)n);
    }
}

/* Until both pipes are closed. False: it has to be killed. */
static bool listen_to(const struct command *c, struct child *child,
                      struct command_answer *a)
{
    double until = now_seconds() + c->timeout_seconds;
    while (child->out >= 0 || child->err >= 0) {
        struct pollfd fds[2] = {{child->out, POLLIN, 0}, {child->err, POLLIN, 0}};
        int n = poll(fds, 2, POLL_MS);
        if (n > 0 && fds[0].revents)
            take(&child->out, child, a);
        if (n > 0 && fds[1].revents)
            take(&child->err, child, a);
        if ((c->stopped && c->stopped(c->context)) || now_seconds() > until)
            return false;
    }
    return true;
}

static int wait_for(pid_t pid)
{
    int how = 0;
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
}

enum status command_run(const struct command *c, struct command_answer *a,
                        struct err *err)
{
    struct child child = {0};
    if (start(c, &child, err))
        return err->status;
    bool ended = listen_to(c, &child, a);
    if (!ended)
        kill(-child.pid, SIGKILL);
    if (child.out >= 0)
        close(child.out);
    if (child.err >= 0)
        close(child.err);
    a->exit_code = wait_for(child.pid);
    for (size_t n = strlen(a->said); n > 0 && a->said[n - 1] == ' ';)
        a->said[--n] = '\0';
    if (ended)
        return STATUS_OK;
    if (c->stopped && c->stopped(c->context))
        return err_set(err, STATUS_INTERRUPTED, "%s: stopped by a signal", c->argv[0]);
    return err_set(err, STATUS_CLUSTER, "%s gives no answer in %u seconds", c->argv[0],
                   c->timeout_seconds);
}

void command_answer_free(struct command_answer *a)
{
    text_free(&a->out);
    *a = (struct command_answer){0};
}
