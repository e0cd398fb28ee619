/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program.c - see program.h.
 */
#include "base/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const char *dir, const char *const *argv, const char *log)
{
    if (dir && chdir(dir) != 0)
        _exit(126);
    int fd = log ? open(log, O_CREAT | O_TRUNC | O_WRONLY, 0666) : -1;
    if (fd >= 0) {
        dup2(fd, STDOUT_FILENO);
        dup2(fd, STDERR_FILENO);
    }
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(errno == ENOENT ? PROGRAM_NOT_THERE : 126);
}

int program_run(const char *dir, const char *const *argv, const char *log)
{
    int state;
    pid_t child = fork();
    if (child < 0)
        return -1;
    if (child == 0)
        become(dir, argv, log);
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}
