/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * record.c - sim-record: runs a guest that sim-cc built, and packs its trace.
 *
 *   sim-record [--seed N [--quantum N]] [-o trace.bin] program [arguments]
 *
 * The guest runs without address-space randomisation.  With a seed everything
 * else that could move its memory is fixed as well: the environment is empty
 * but for PATH, and what lies on the stack above main() always has the same
 * length, whatever the names of the directories.
 *
 * Exit status: the guest's; 125 when nothing could be recorded; 128 + n when
 * signal n ended the guest (what it had done is packed all the same).
 */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>

#include "raw.h"

enum {
    EXIT_NOT_RECORDED = 125,
    STACK_TEXT = 16384, /* Arguments and environment, with a seed. */
};

struct request {
    const char *output;
    const char *seed;    /* Null: run freely. */
    const char *quantum; /* Null: RAW_QUANTUM. */
    bool keep;
    char **argv; /* Of the guest. */
};

static const char usage[] =
    "usage: sim-record [--seed N [--quantum N]] [-o trace.bin] program [arguments]\n"
    "Runs a program that sim-cc built and writes its trace.\n"
    "  --seed N   one thread at a time, chosen by N: same seed, same bytes\n"
    "  --quantum N  with a seed: a thread runs for N records on average before\n"
    "             another may (default: 200)\n"
    "  -o FILE    the trace (default: trace.bin)\n"
    "  --keep     leave the raw recording behind and print where it is\n";

static void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void complain(const char *format, ...)
{
    va_list values;
    va_start(values, format);
    fputs("sim-record: ", stderr);
    vfprintf(stderr, format, values);
    fputs("\n", stderr);
    va_end(values);
}

static bool is_number(const char *text)
{
    char *end;
    errno = 0;
    strtoull(text, &end, 0);
    return *text != '\0' && *text != '-' && *end == '\0' && errno == 0;
}

static bool is_quantum(const char *text)
{
    uint64_t n = strtoull(text, NULL, 10);
    return is_number(text) && n >= 1 && n <= RAW_QUANTUM_MAX;
}

static bool parse(int argc, char **argv, struct request *request)
{
    int i = 1;
    *request = (struct request){.output = "trace.bin"};
    for (; i < argc && argv[i][0] == '-'; i++) {
        bool more = i + 1 < argc;
        if (strcmp(argv[i], "--seed") == 0 && more && is_number(argv[i + 1]))
            request->seed = argv[++i];
        else if (strcmp(argv[i], "--quantum") == 0 && more && is_quantum(argv[i + 1]))
            request->quantum = argv[++i];
        else if (strcmp(argv[i], "-o") == 0 && more)
            request->output = argv[++i];
        else if (strcmp(argv[i], "--keep") == 0)
            request->keep = true;
        else
            break;
    }
    request->argv = argv + i;
    bool complete = i < argc && argv[i][0] != '-';
    return complete && (request->quantum == NULL || request->seed != NULL);
}

/* A directory for the recording, absolute. */
static bool make_directory(char *dir, size_t size)
{
    const char *parent = getenv("TMPDIR");
    if (parent == NULL || parent[0] != '/')
        parent = "/tmp";
    if (snprintf(dir, size, "%s/shootdown-XXXXXX", parent) >= (int)size ||
        mkdtemp(dir) == NULL) {
        complain("cannot make a directory in %s: %s (set TMPDIR to a place with room)",
                 parent, strerror(errno));
        return false;
    }
    return true;
}

/* The kernel puts the program's name, the arguments and the environment above
 * the stack: padding makes their length the same everywhere. */
static void fix_environment(const struct request *request, const char *program,
                            const char *dir)
{
    static char padding[STACK_TEXT + 1];
    const char *path = getenv("PATH");
    char *kept = strdup(path != NULL ? path : "/usr/bin:/bin");
    size_t used = strlen(program) + strlen(dir) + strlen(request->seed) + strlen(kept);
    if (request->quantum != NULL)
        used += strlen(RAW_ENV_QUANTUM) + strlen(request->quantum) + 2;
    for (char **argument = request->argv; *argument != NULL; argument++)
        used += strlen(*argument) + 1;
    memset(padding, '.', used < STACK_TEXT ? STACK_TEXT - used : 0);
    clearenv();
    setenv("PATH", kept, 1);
    setenv("SHOOTDOWN_PADDING", padding, 1);
    free(kept);
}

static _Noreturn void run_guest(const struct request *request, const char *program,
                                const char *dir)
{
    if (personality(ADDR_NO_RANDOMIZE) == -1)
        complain("cannot switch off address-space randomisation: %s; addresses will "
                 "differ from run to run",
                 strerror(errno));
    if (request->seed != NULL) {
        fix_environment(request, program, dir);
        setenv(RAW_ENV_SEED, request->seed, 1);
        if (request->quantum != NULL)
            setenv(RAW_ENV_QUANTUM, request->quantum, 1);
    }
    setenv(RAW_ENV_DIR, dir, 1);
    execv(program, request->argv);
    complain("cannot run %s: %s", program, strerror(errno));
    _exit(EXIT_NOT_RECORDED);
}

/* The exit status of a shell for a process that ended like this. */
static int shell_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return shell_status(status);
}

/* Runs the tool 'name' from the directory of this program. */
static int run_tool(const char *name, char **argv)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 64);
    if (n <= 0)
        return EXIT_NOT_RECORDED;
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    strcpy(slash + 1, name);
    argv[0] = path;
    pid_t pid = fork();
    if (pid == 0) {
        execv(path, argv);
        complain("cannot run %s: %s", path, strerror(errno));
        _exit(EXIT_NOT_RECORDED);
    }
    return pid == -1 ? EXIT_NOT_RECORDED : wait_for(pid);
}

static int pack(const struct request *request, const char *dir, int status)
{
    size_t n = 0;
    char number[16];
    while (request->argv[n] != NULL)
        n++;
    char **argv = calloc(n + 6, sizeof *argv);
    if (argv == NULL)
        return EXIT_NOT_RECORDED;
    snprintf(number, sizeof number, "%d", status);
    argv[1] = (char *)(uintptr_t)dir;
    argv[2] = (char *)(uintptr_t)request->output;
    argv[3] = (char *)(uintptr_t)(request->seed != NULL ? request->seed : "-");
    argv[4] = number;
    memcpy(argv + 5, request->argv, n * sizeof *argv);
    int result = run_tool("sim-pack", argv);
    free(argv);
    return result;
}

static void remove_directory(const char *dir)
{
    char *argv[] = {(char *)(uintptr_t) "rm", (char *)(uintptr_t) "-rf",
                    (char *)(uintptr_t) "--", (char *)(uintptr_t)dir, NULL};
    pid_t pid = fork();
    if (pid == 0) {
        execvp("rm", argv);
        _exit(1);
    }
    if (pid > 0)
        wait_for(pid);
}

/* Ctrl-C is for the guest; what it did until then is packed. */
static int record(const struct request *request, const char *program, const char *dir)
{
    pid_t pid = fork();
    if (pid == -1) {
        complain("cannot start the guest: %s", strerror(errno));
        return EXIT_NOT_RECORDED;
    }
    if (pid == 0)
        run_guest(request, program, dir);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    int status = wait_for(pid);
    if (status > 128)
        complain(
            "the guest was ended by signal %d (%s); packing what it did until then",
            status - 128, strsignal(status - 128));
    return pack(request, dir, status) == 0 ? status : EXIT_NOT_RECORDED;
}

int main(int argc, char **argv)
{
    struct request request;
    char dir[RAW_DIR_MAX], program[PATH_MAX];
    if (!parse(argc, argv, &request)) {
        fputs(usage, stderr);
        return 2;
    }
    if (realpath(request.argv[0], program) == NULL) {
        complain("%s: %s", request.argv[0], strerror(errno));
        return EXIT_NOT_RECORDED;
    }
    if (!make_directory(dir, sizeof dir))
        return EXIT_NOT_RECORDED;
    int status = record(&request, program, dir);
    if (request.keep)
        fprintf(stderr, "sim-record: raw recording: %s\n", dir);
    else
        remove_directory(dir);
    return status;
}
